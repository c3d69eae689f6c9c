"""Asking, changing and killing the routing daemons of a router: by their sockets and process ids, so from any process of this machine."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
from typing import Any, Final

from citycloud_dev.processes import run_tool
from citycloud_infra.render.view import Router

FRR: Final = pathlib.Path("/usr/lib/frr")
SECONDS: Final = 30.0
LARGE_SECONDS: Final = 180.0
"""A hub of a whole city has thousands of lines."""
PROCESS: Final = ".process"
"""How files end that hold a daemon's process id; its own pid file holds that of the namespace that it was born in."""
WAITING: Final = re.compile(r"^\w+\s+BGP\s+\S+\s+start\s+\S+\s+Idle\b", re.MULTILINE)
ESTABLISHED: Final = "Established"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One BGP session as a hub sees it; of what is received and sent, the fewer of the two families; `begun` is how often it came up."""

    state: str
    begun: int
    received: int
    sent: int
    beats: bool
    """Whether BFD hears the other end."""

    @property
    def carries(self) -> bool:
        """Tell whether everything that can be said has been: established, watched, with what either end has."""
        return self.state == ESTABLISHED and self.beats and self.received > 0 and self.sent > 0


class Control:
    """The daemons of one laboratory's routers; `folder` has a folder for each router and in it their sockets."""

    def __init__(self, *, folder: pathlib.Path, texts: pathlib.Path) -> None:
        self._folder = folder
        self._texts = texts

    def sockets(self, router: Router) -> pathlib.Path:
        """Return the folder of a router's sockets and process ids."""
        return self._folder / f"{router.node}.{router.segment.name}"

    def text(self, router: Router) -> pathlib.Path:
        """Return the file of a router's rendered text."""
        return self._texts / router.folder / f"{router.daemon}.conf"

    def ask(self, router: Router, *command: str) -> str:
        """Return what a router answers to commands of `vtysh` or `birdc`."""
        place = self.sockets(router)
        if router.daemon == "bird":
            return run_tool(["birdc", "-r", "-s", str(place / "bird.ctl"), *command], name=router.folder, seconds=SECONDS)
        asked = [part for each in command for part in ("-c", each)]
        return run_tool(["vtysh", "--vty_socket", str(place), *asked], name=router.folder, seconds=SECONDS)

    def teach(self, router: Router) -> None:
        """Give FRR's daemons, which know nothing yet, their text."""
        command = ["vtysh", "--vty_socket", str(self.sockets(router)), "-f", str(self.text(router))]
        run_tool(command, name=router.folder, seconds=LARGE_SECONDS)

    def reload(self, router: Router, *, text: pathlib.Path | None = None) -> None:
        """Bring a running router to a text, its own by default; sessions that it leaves as they are stay up."""
        place, file = str(self.sockets(router)), str(text or self.text(router))
        if router.daemon == "bird":
            run_tool(["birdc", "-s", f"{place}/bird.ctl", "configure", f'"{file}"'], name=router.folder, seconds=SECONDS)
        else:
            self._frr_reload(router, "--reload", file)

    def compare(self, router: Router) -> str:
        """Return what FRR's own tool would take away from and add to the running configuration to make it the router's text."""
        return self._frr_reload(router, "--test", str(self.text(router)))

    def _frr_reload(self, router: Router, *arguments: str) -> str:
        place = str(self.sockets(router))
        command = [str(FRR / "frr-reload.py"), "--stdout", "--vty_socket", place, "--rundir", place, *arguments]
        return run_tool(command, name=router.folder, seconds=LARGE_SECONDS)

    def try_again(self, router: Router, session: str) -> None:
        """Have BIRD begin a session anew that it only waits to begin; whatever else it does is left alone."""
        control = ["birdc", "-s", str(self.sockets(router) / "bird.ctl")]
        if WAITING.search(run_tool([*control, "show", "protocols", session], name=router.folder, seconds=SECONDS)):
            run_tool([*control, "restart", session], name=router.folder, seconds=SECONDS)

    def sessions(self, router: Router) -> dict[str, Session]:
        """Return the sessions of a router that runs FRR, by the address of the other end."""
        names = ("show bgp ipv4 unicast summary json", "show bgp ipv6 unicast summary json", "show bfd peers brief json")
        four, six, beats = (json.loads(self.ask(router, each) or "{}") for each in names)
        alive = {each["peer"] for each in beats if each["status"] == "up"}
        others = six.get("peers", {})
        return {
            address: Session(
                state=peer["state"],
                begun=_count(peer, "connectionsEstablished"),
                received=min(_count(each, "pfxRcd") for each in (peer, others.get(address, {}))),
                sent=min(_count(each, "pfxSnt") for each in (peer, others.get(address, {}))),
                beats=address in alive,
            )
            for address, peer in four.get("peers", {}).items()
        }

    def heard_from(self, router: Router, end: str) -> set[str]:
        """Return the networks that a router which runs FRR believes of another end, in both families."""
        found: set[str] = set()
        for family in ("ipv4", "ipv6"):
            answer = json.loads(self.ask(router, f"show bgp {family} unicast neighbors {end} routes json") or "{}")
            found |= set(answer.get("routes", {}))
        return found

    def updates(self, router: Router) -> dict[str, int]:
        """Return how many updates a router that runs FRR has got, by the address of the other end."""
        found = json.loads(self.ask(router, "show bgp neighbors json"))
        return {
            address: peer["messageStats"]["updatesRecv"]
            for address, peer in found.items()
            if isinstance(peer, dict) and "messageStats" in peer
        }

    def process_ids(self, router: Router) -> dict[str, int]:
        """Return the process ids of a router's daemons, by the daemons' names; without those that are not there."""
        found: dict[str, int] = {}
        for path in self.sockets(router).glob(f"*{PROCESS}"):
            with contextlib.suppress(OSError, ValueError):
                number = int(path.read_text())
                if pathlib.Path(f"/proc/{number}/comm").read_text().strip() == path.stem:
                    found[path.stem] = number
        return found

    def crash(self, router: Router) -> None:
        """Kill a router's daemons as a bug would, all of them."""
        for number in self.process_ids(router).values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


def _count(peer: dict[str, Any], name: str) -> int:
    return int(peer.get(name, 0))
