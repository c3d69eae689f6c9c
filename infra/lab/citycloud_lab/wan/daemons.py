"""Routing daemons as processes: FRR's three, or BIRD, for each router, in its namespace.

Each is a child of whoever made the laboratory and cannot outlive it. In a city something starts a daemon again that has ended (watchfrr,
systemd); here `revive` does, when it is called.
"""

import pathlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from citycloud_dev.processes import Process, wait_until
from citycloud_infra.render.view import Router
from citycloud_lab.wan.lifeline import Lifeline
from citycloud_lab.wan.networks import Networks
from citycloud_lab.wan.parallel import side_by_side
from citycloud_lab.wan.places import inside
from citycloud_lab.wan.routing import FRR, PROCESS, Control

FRR_FIRST: Final = ("zebra",)
FRR_THEN: Final = ("bgpd", "bfdd")
CLIENTS: Final = {"bgp", "bfd"}
"""By what names zebra knows them."""
SOCKET: Final = "zserv.api"
FRR_USER: Final = "frr"
"""As whom Debian's FRR runs, once it has what only root may have."""
SECONDS: Final = 60.0


class Daemons:
    """The daemons of a laboratory. Only the thread that lives as long as they do may start them: they end with it."""

    def __init__(self, *, networks: Networks, control: Control, logs: pathlib.Path) -> None:
        self._networks = networks
        self._control = control
        self._logs = logs
        self._lifeline: Lifeline | None = None
        self._processes: dict[str, list[Process]] = {}

    def start(self, routers: Sequence[Router], *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Start the daemons of these routers and give them their texts; `meanwhile` brings up what those speak of."""
        large = [each for each in routers if each.daemon == "frr"]
        for router in large:
            self._run(router, FRR_FIRST)
        meanwhile()
        for router in large:
            self._wait(router, self._listens, what="zebra")
            self._run(router, FRR_THEN)
        for router in routers:
            if router.daemon == "bird":
                self._run(router, ("bird",))
        side_by_side(self._teach, large)
        for router in routers:
            if router.daemon == "bird":
                self._wait(router, self._listens, what="bird")

    def revive(self, routers: Iterable[Router]) -> list[Router]:
        """Start anew each of these routers that lost a daemon, and return them."""
        dead = [each for each in routers if not all(process.running for process in self._processes[each.folder])]
        for router in dead:
            self._stop(router.folder)
            shutil.rmtree(self._control.sockets(router))
        self.start(dead)
        return dead

    def stop(self) -> None:
        """End all of them."""
        if self._lifeline is not None:
            self._lifeline.cut()
        for folder in list(self._processes):
            self._stop(folder)

    def _stop(self, folder: str) -> None:
        for process in self._processes.pop(folder):
            process.stop(gracefully=False)

    def _run(self, router: Router, names: Sequence[str]) -> None:
        place = self._control.sockets(router)
        place.mkdir(parents=True, exist_ok=True)
        if router.daemon == "frr":
            shutil.chown(place, FRR_USER, FRR_USER)
        log = self._logs / f"{place.name}.log"
        running = self._processes.setdefault(router.folder, [])
        self._lifeline = self._lifeline or Lifeline(log=self._logs / "lifeline.log")
        with self._networks[inside(node=router.node, segment=router.segment.name)].entered(), self._lifeline.entered():
            for name in names:
                command = _bird(place=place, text=self._control.text(router)) if name == "bird" else _frr(place=place, name=name)
                process = Process(name=f"{name} of {router.folder}", command=command, log=log)
                (place / f"{name}{PROCESS}").write_text(str(process.pid))
                running.append(process)

    def _wait(self, router: Router, condition: Callable[[Router], bool], *, what: str) -> None:
        def checked() -> bool:
            for process in self._processes[router.folder]:
                process.check()
            return condition(router)

        wait_until(checked, what=f"{what} of {router.folder}", seconds=SECONDS)

    def _teach(self, router: Router) -> None:
        self._wait(router, self._joined, what="bgpd and bfdd")
        self._control.teach(router)

    def _listens(self, router: Router) -> bool:
        place = self._control.sockets(router)
        return all((place / name).exists() for name in (("bird.ctl",) if router.daemon == "bird" else (SOCKET, "zebra.vty")))

    def _joined(self, router: Router) -> bool:
        """Tell whether zebra knows the others: until then BGP knows no interfaces and refuses what it hears."""
        place = self._control.sockets(router)
        if not all((place / f"{name}.vty").exists() for name in FRR_THEN):
            return False
        clients = {line.split()[0] for line in self._control.ask(router, "show zebra client summary").splitlines() if line.strip()}
        return clients >= CLIENTS


def _frr(*, place: pathlib.Path, name: str) -> list[str]:
    """Return the command of one of FRR's daemons."""
    return [
        str(FRR / name),
        *("--vty_port", "0", "--log", "stdout", "--log-level", "warnings"),
        *("--vty_socket", str(place), "--pid_file", str(place / f"{name}.pid"), "--socket", str(place / SOCKET)),
        *(("--bfdctl", str(place / "bfdd.sock")) if name == "bfdd" else ()),
    ]


def _bird(*, place: pathlib.Path, text: pathlib.Path) -> list[str]:
    return ["bird", "-f", "-c", str(text), "-s", str(place / "bird.ctl"), "-P", str(place / "bird.pid")]
