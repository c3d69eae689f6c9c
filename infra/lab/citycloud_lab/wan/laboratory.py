"""The laboratory: a city's network on this machine, to be looked at, cut and mended.

    plan = plan_city(reduced(inventory, sites=4, technique="vxlan"))
    with running_laboratory(plan=plan, folder=folder, name="mine") as lab:
        host = lab.hosts["xa-soc-son.office.host"]
        lab.networks[host.network].run("ping", "-c", "1", "10.0.0.11")
        lab.cut("dc")

`Laboratory` works on one that another process keeps (state.py); `OwnLaboratory` is one that this process makes, keeps and changes.
"""

import contextlib
import pathlib
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from citycloud_dev.processes import ProcessError, wait_until
from citycloud_infra.cli.render import write
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.city import render_city
from citycloud_infra.render.keys import KeyFolder, make_keys
from citycloud_infra.render.view import Peer, Router, routers
from citycloud_lab.wan.assembly import Assembly
from citycloud_lab.wan.carriers import BRIDGE, Line, lines
from citycloud_lab.wan.daemons import Daemons
from citycloud_lab.wan.hosts import Host, hosts
from citycloud_lab.wan.limits import raise_limits
from citycloud_lab.wan.networks import Networks, run_folder, sweep
from citycloud_lab.wan.parallel import side_by_side
from citycloud_lab.wan.places import carried_by
from citycloud_lab.wan.routing import Control, Session
from citycloud_lab.wan.wireguard import WireGuard

SETTLE_SECONDS: Final = 180.0


class Laboratory:
    """One laboratory; `plan` is the city as it stands in it."""

    def __init__(self, *, plan: CityPlan, folder: pathlib.Path, name: str) -> None:
        self.name = name
        self.folder = folder
        self.texts, self.keys, self.logs = folder / "rendered", folder / "keys", folder / "logs"
        self.networks = Networks(lab=name)
        self.control = Control(folder=run_folder(name), texts=self.texts)
        encrypted = plan.inventory.overlay.technique == "wireguard"
        self.wireguard = WireGuard(run=run_folder(name), keys=self.keys, logs=self.logs) if encrypted else None
        self._take(plan)

    def router(self, *, node: str, segment: str) -> Router:
        """Return one router."""
        return self.routers[f"{node}/{segment}"]

    def nodes(self) -> list[str]:
        """Return the names of the hubs and of the sites."""
        return [*self.plan.hubs, *self.plan.sites]

    def hubs(self) -> list[Router]:
        """Return the hubs' routers."""
        return [each for each in self.routers.values() if each.is_hub]

    def cut(self, node: str, *, carrier: str | None = None) -> None:
        """Cut a node's lines, or the one to a carrier, as a digger would: neither end is told."""
        self._turn(node=node, carrier=carrier, how="nomaster")

    def mend(self, node: str, *, carrier: str | None = None) -> None:
        """Mend what was cut."""
        self._turn(node=node, carrier=carrier, how=f"master {BRIDGE}")

    def sessions(self, router: Router) -> dict[str, Session]:
        """Return the sessions of a hub's router, by the address of the other end."""
        return self.control.sessions(router)

    def begun(self) -> dict[str, int]:
        """Return how often each session of the hubs came up, by the hub's router and the other end: unchanged where none was disturbed."""
        return {f"{hub.folder} {end}": each.begun for hub in self.hubs() for end, each in self.sessions(hub).items()}

    def settled(self) -> bool:
        """Tell whether every tunnel of every hub carries what both ends have to say."""
        return not any(self._silent(each) for each in self.hubs())

    def wait_until_settled(self) -> None:
        """Return when it is settled; raise ProcessError where it does not become so.

        Sites that run BIRD are told to try again at once: by themselves they wait twice as long after each failure, up to half a minute.
        """
        waiting = {each.folder: each for each in self.hubs()}

        def done() -> bool:
            for folder, router in list(waiting.items()):
                silent = self._silent(router)
                self._hurry(router, silent)
                if not silent:
                    del waiting[folder]
            return not waiting

        wait_until(done, what="every session of the hubs", seconds=SETTLE_SECONDS, every=0.5)

    def close(self) -> None:
        """Let go of the namespaces."""
        self.networks.close()

    def _silent(self, router: Router) -> list[Peer]:
        """Return the other ends with which a hub's router has not settled; all of them where its daemons do not answer yet."""
        try:
            found = self.sessions(router)
        except ProcessError:
            return list(router.peers)
        return [each for each in router.peers if str(each.other[0]) not in found or not found[str(each.other[0])].carries]

    def _hurry(self, hub: Router, peers: Sequence[Peer]) -> None:
        for peer in peers:
            router = self.routers[f"{peer.name}/{hub.segment.name}"]
            if router.daemon == "bird":
                self.control.try_again(router, peer.tunnel.site_interface)

    def _turn(self, *, node: str, carrier: str | None, how: str) -> None:
        for line in self.lines:
            if line.node == node and carrier in (None, line.carrier.name):
                self.networks[carried_by(line.carrier.name)].ip(f"link set {line.port} {how}")

    def _take(self, plan: CityPlan) -> None:
        self.plan = plan
        self.lines: list[Line] = lines(plan)
        self.hosts: dict[str, Host] = {each.network: each for each in hosts(plan)}
        self.routers: dict[str, Router] = {each.folder: each for each in routers(plan)}


class OwnLaboratory(Laboratory):
    """A laboratory that this process makes and keeps."""

    def __init__(self, *, plan: CityPlan, folder: pathlib.Path, name: str) -> None:
        super().__init__(plan=plan, folder=folder, name=name)
        self.logs.mkdir(parents=True, exist_ok=True)
        self._daemons = Daemons(networks=self.networks, control=self.control, logs=self.logs)

    def start(self) -> None:
        """Render, load, and start everything; raise ProcessError where something is refused."""
        sweep()
        if self.networks.taken():
            raise ProcessError(f"another process keeps a laboratory called {self.name}")
        raise_limits(self.plan)
        self._render()
        assembly = Assembly(networks=self.networks, plan=self.plan, texts=self.texts, wireguard=self.wireguard)
        assembly.add(self.nodes())
        self._daemons.start(list(self.routers.values()), meanwhile=lambda: assembly.load(self.nodes()))

    def load(self, nodes: Collection[str]) -> None:
        """Load the texts of these nodes once more, but for their daemons'."""
        Assembly(networks=self.networks, plan=self.plan, texts=self.texts, wireguard=self.wireguard).load(nodes)

    def change(self, plan: CityPlan) -> None:
        """Become another city: nodes come, texts change and are loaded in place; none goes, as the city's loaders take nothing away."""
        known = set(self.nodes())
        self._take(plan)
        changed = {pathlib.PurePosixPath(path).parts[0] for path in self._render()}
        new = [each for each in plan.sites if each not in known]
        assembly = Assembly(networks=self.networks, plan=plan, texts=self.texts, wireguard=self.wireguard)
        assembly.add(new)
        assembly.load([each for each in self.nodes() if each in changed])
        self._daemons.start([each for each in self.routers.values() if each.node in new])
        side_by_side(self.control.reload, [each for each in self.routers.values() if each.node in changed and each.node not in new])

    def revive(self) -> list[Router]:
        """Start the daemons that have ended anew, and return the routers that had lost one."""
        return self._daemons.revive(self.routers.values())

    def close(self) -> None:
        """End everything."""
        self._daemons.stop()
        if self.wireguard is not None:
            self.wireguard.stop()
        super().close()
        sweep()

    def _render(self) -> list[str]:
        """Write the texts, and return the paths of those that differ from what stood there."""
        keys = None
        if self.wireguard is not None:
            make_keys(plan=self.plan, folder=self.keys)
            keys = KeyFolder(self.keys)
        files = render_city(self.plan, keys=keys)
        changed = [path for path, text in files.items() if not self._stands(path, text)]
        write(folder=self.texts, files=files)
        return changed

    def _stands(self, path: str, text: str) -> bool:
        file = self.texts / path
        return file.exists() and file.read_text("utf-8") == text


@contextlib.contextmanager
def running_laboratory(*, plan: CityPlan, folder: pathlib.Path, name: str) -> Iterator[OwnLaboratory]:
    """Keep a laboratory up, and settled at first, for the length of a block; ask `router_needs.missing` before."""
    lab = OwnLaboratory(plan=plan, folder=folder, name=name)
    try:
        lab.start()
        lab.wait_until_settled()
        yield lab
    finally:
        lab.close()
