"""What the routing daemons run against what was rendered: FRR compares by its own tool, BIRD is asked for each part of its text.

FRR tells no value that it would have anyway; the tool takes each of those for one that is still to be set. BIRD tells nobody its
configuration. It knows whether a set is the one that it has under a name, which sessions it has and what it announces of its own.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from citycloud_infra.render.view import Router
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.parallel import side_by_side

UNTOLD: Final = re.compile(
    r"frr version .*|(no )?hostname .*|bgp network import-check|(transmit|receive)-interval 300|detect-multiplier 3|"  # FRR's own
    r"bfd|profile overlay|router bgp \d+|"  # what says where such a line belongs
    r"Lines To (Add|Delete)|=+|",
)
ROUTE: Final = re.compile(r"route (\S+) unreachable;")
NOWHERE: Final = re.compile(r"^(\S+)\s+unreachable", re.MULTILINE)
RUNNING: Final = re.compile(r"^(\w+)\s+BGP\s", re.MULTILINE)
SETS: Final = re.compile(r"^define (\w+) = \[$(.*?)^\];$", re.MULTILINE | re.DOTALL)
SESSIONS: Final = re.compile(r"^protocol bgp (\w+) from hub \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
ANNOUNCED: Final = re.compile(r"^protocol static (\w+) \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
TOLD: Final[Mapping[str, tuple[str, str]]] = {
    "description": (r'description "(.*)";', r"Description: +(.*)"),
    "interface": (r'interface "(.*)";', r"Neighbor address: \S+%(\S+)"),
    "neighbour": (r"neighbor (\S+) as \d+;", r"Neighbor address: ([^%\s]+)"),
    "AS number": (r"neighbor \S+ as (\d+);", r"Neighbor AS: +(\d+)"),
    "own address": (r"local (\S+);", r"Source address: +(\S+)"),
}
"""Each part of a session, in the text and as BIRD tells it."""


def daemon_differences(lab: Laboratory, nodes: Collection[str]) -> list[str]:
    """Name everything in which the routing daemons of these nodes run something else than the rendered texts."""
    here = [each for each in lab.routers.values() if each.node in nodes]
    found = side_by_side(lambda router: list(_of_bird(lab, router) if router.daemon == "bird" else _of_frr(lab, router)), here)
    return [each for differences in found for each in differences]


def _of_frr(lab: Laboratory, router: Router) -> Iterator[str]:
    for line in lab.control.compare(router).splitlines():
        if not UNTOLD.fullmatch(line.strip()):
            yield f"{router.folder}: frr.conf: {line.strip()}"


def _of_bird(lab: Laboratory, router: Router) -> Iterator[str]:
    text = lab.control.text(router).read_text("utf-8")
    for name, members in SETS.findall(text):
        if "TRUE" not in lab.control.ask(router, "eval", f"{name} = [{' '.join(members.split())}]"):
            yield f"{router.folder}: {name} is another set"
    for name, body in ANNOUNCED.findall(text):
        wanted, found = ROUTE.findall(body), NOWHERE.findall(lab.control.ask(router, "show", "static", name))
        if sorted(wanted) != sorted(found):
            yield f"{router.folder}: {name} announces {found}, not {wanted}"
    sessions = dict(SESSIONS.findall(text))
    running = RUNNING.findall(lab.control.ask(router, "show", "protocols"))
    if sorted(sessions) != sorted(running):
        yield f"{router.folder}: the sessions are {running}, not {list(sessions)}"
    for name, body in sessions.items():
        told = lab.control.ask(router, "show", "protocols", "all", name)
        for part, (written, spoken) in TOLD.items():
            wanted, found = (pattern.findall(where) for pattern, where in ((re.compile(written), body), (re.compile(spoken), told)))
            if wanted != found:
                yield f"{router.folder}: {name}: {part} is {found}, not {wanted}"
