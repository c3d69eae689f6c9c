"""The services as processes of this one: how each is started, and whether it answers."""

import pathlib
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from citycloud_dev.processes import Process, wait_until
from citycloud_lab.openstack.configuration import configurations
from citycloud_lab.openstack.installation import Installation
from citycloud_lab.openstack.layout import Layout, write_secret

APIS: Final[Mapping[str, tuple[str, str]]] = {
    "keystone": ("keystone.wsgi.api", "keystone.conf"),
    "placement": ("placement.wsgi.api", "placement.conf"),
    "glance": ("glance.wsgi.api", "glance-api.conf"),
    "neutron": ("neutron.wsgi.api", "neutron.conf;ml2.ini"),
}
"""From a service to the module of its API and its configuration files."""
THREADS: Final = 8
"""Requests that a service answers at once; with SQLite more would only wait for each other."""
START_SECONDS: Final = 120.0
ASK_SECONDS: Final = 2.0
MULTIPLE_CHOICES: Final = 300
"""What an API answers that names its versions; some say 200 instead."""


def configure(layout: Layout, *, installation: Installation) -> None:
    """Write every configuration file."""
    for path, text in configurations(layout, environment=installation.environment).items():
        write_secret(layout.settings / path, text=text)


def start_api(name: str, *, layout: Layout, installation: Installation) -> Process:
    """Start one of the services that are nothing but an API."""
    module, files = APIS[name]
    prefix = f"OS_{name.upper()}_CONFIG"
    variables = {f"{prefix}_DIR": str(layout.settings / name), f"{prefix}_FILES": files}
    arguments = ["citycloud_lab.openstack.services.wsgi", module, str(layout.ports[name]), str(THREADS)]
    return _started(name=name, arguments=arguments, variables=variables, layout=layout, installation=installation)


def start_machines(hosts: Sequence[str], *, layout: Layout, installation: Installation) -> Process:
    """Start Nova with its hosts."""
    path = layout.settings / "nova" / "nova.conf"
    arguments = ["citycloud_lab.openstack.services.machines", str(path), str(layout.ports["nova"]), *hosts]
    return _started(name="nova", arguments=arguments, variables={}, layout=layout, installation=installation)


def await_answers(processes: Iterable[Process], *, layout: Layout) -> None:
    """Wait until every one of these services answers. Raise ProcessError where one ends or takes too long."""
    for process in processes:
        wait_until(lambda each=process: answers(each, layout=layout), what=f"{process.name} to answer", seconds=START_SECONDS)  # type: ignore[misc]


def answers(process: Process, *, layout: Layout) -> bool:
    """Tell whether a service answers. Raise ProcessError where it has ended."""
    process.check()
    try:
        with urllib.request.urlopen(layout.url(process.name), timeout=ASK_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        return error.code == MULTIPLE_CHOICES
    except OSError:
        return False


def _started(*, name: str, arguments: Sequence[str], variables: Mapping[str, str], layout: Layout, installation: Installation) -> Process:
    log: pathlib.Path = layout.logs / f"{name}.out"
    command = [str(installation.python), "-m", *arguments]
    return Process(name=name, command=command, log=log, environment=installation.variables(variables))
