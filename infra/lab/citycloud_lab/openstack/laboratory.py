"""One cloud on this machine: five services that live as long as whoever started them, in a folder that holds all they know.

Nothing of it needs root, and nobody but this machine reaches it. Machines, routers and tunnels are only entries in its databases: what a
client is told is as real as in any cloud, and no packet ever flows.
"""

import contextlib
import pathlib
from collections.abc import Iterator, Sequence
from typing import Final

from openstack.connection import Connection

from citycloud_dev.processes import Process, ProcessError
from citycloud_lab.openstack.identity import change_passwords, connect
from citycloud_lab.openstack.installation import find_installation
from citycloud_lab.openstack.layout import Layout, new_layout, write_clouds
from citycloud_lab.openstack.running import APIS, await_answers, configure, start_api, start_machines
from citycloud_lab.openstack.templates import copy_templates, find_templates

ZONES: Final = ("dc", "dr")
"""Availability zones where no city says which it needs."""
SAMPLE: Final = "citycloud-warm-up"


class Laboratory:
    """A cloud with a host of machines in each of `zones`."""

    def __init__(self, *, folder: pathlib.Path, zones: Sequence[str] = ZONES) -> None:
        self._folder = folder
        self._zones = tuple(zones)
        self._layout: Layout | None = None
        self._processes: list[Process] = []

    @property
    def layout(self) -> Layout:
        """Return where everything lies. Raise ProcessError where it was not started."""
        if self._layout is None:
            raise ProcessError(f"the laboratory in {self._folder} was not started")
        return self._layout

    def start(self) -> None:
        """Start with nothing in it and return when every service has answered. Raise AssetError, ProcessError."""
        installation = find_installation()
        templates = find_templates(installation)
        layout = self._layout = new_layout(self._folder)
        password = copy_templates(templates, layout=layout)
        configure(layout, installation=installation)
        apis = {name: start_api(name, layout=layout, installation=installation) for name in APIS}
        self._processes.extend(apis.values())
        await_answers([apis["keystone"]], layout=layout)
        write_clouds(layout, password=password)
        with connect(layout.clouds) as connection:
            change_passwords(connection, layout=layout)
        write_clouds(layout, password=layout.administrator)
        self._processes.append(start_machines(self._zones, layout=layout, installation=installation))
        await_answers(self._processes, layout=layout)
        with self.connect() as connection:
            _warm_up(connection)
            _make_zones(connection, zones=self._zones)

    def connect(self) -> Connection:
        """Return a client with the administrator's rights."""
        return connect(self.layout.clouds)

    def check(self) -> None:
        """Raise ProcessError where a service has ended by itself."""
        for process in self._processes:
            process.check()

    def stop(self) -> None:
        """End every service; what they wrote stays."""
        for process in reversed(self._processes):
            process.stop()
        self._processes.clear()


@contextlib.contextmanager
def running(*, folder: pathlib.Path, zones: Sequence[str] = ZONES) -> Iterator[Laboratory]:
    """Keep a laboratory up for as long as the context lasts."""
    laboratory = Laboratory(folder=folder, zones=zones)
    try:
        laboratory.start()
        yield laboratory
    finally:
        laboratory.stop()


def _warm_up(connection: Connection) -> None:
    """Ask each service one thing after another: they read their policies at the first request, and refuse others that come meanwhile."""
    network = connection.network
    for asked in (network.qos_policies(), network.vpn_ike_policies(), connection.compute.flavors(), connection.image.images()):
        list(asked)
    network.delete_network(network.create_network(name=SAMPLE))


def _make_zones(connection: Connection, *, zones: Sequence[str]) -> None:
    """Put each host into a zone of its own name; before the first machine, for afterwards it cannot change."""
    for zone in zones:
        aggregate = connection.compute.create_aggregate(name=zone, availability_zone=zone)
        connection.compute.add_host_to_aggregate(aggregate, zone)
