"""A site that announces what is not its own: its router is given another text for a while, as whoever breaks into it would.

Only BIRD's sites are taken: their text is easily bent, and what is tried are the hubs, which are FRR's. That the hubs heard of it is seen
by the updates that they count; without that, a refusal would prove nothing.
"""

import contextlib
import dataclasses
import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Final

from citycloud_dev.processes import wait_until
from citycloud_infra.render.view import Router
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.routing import Session

OWN: Final = re.compile(r"^(protocol static own(4|6) \{\n  ipv.;\n)", re.MULTILINE)
FILTER: Final = re.compile(r" && net ~ OWN[46]")
HEARD_SECONDS: Final = 60.0
EVERY_SECONDS: Final = 0.3
FLOOD: Final = 2000
BLOCK4: Final = ipaddress.IPv4Network("198.18.0.0/15")
BLOCK6: Final = ipaddress.IPv6Network("2001:2::/48")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Announced:
    """What became of announcements at the hubs: in how many updates they came, what is believed, the site's sessions before and after."""

    networks: int
    updates: int
    believed: tuple[str, ...]
    before: tuple[Session, ...]
    after: tuple[Session, ...]

    @property
    def refused(self) -> bool:
        """Tell whether all of it was heard and refused, and the sessions stand as they stood."""
        return self.updates > 0 and not self.believed and self.before == self.after


def foreign(lab: Laboratory, router: Router) -> list[str]:
    """Return networks of others: of another site, of a service, of the whole segment, and everything, in both families."""
    addresses, segment = lab.plan.addresses, router.segment.id
    other = next(each.id for each in lab.plan.inventory.sites if each.name != router.node)
    services = [lab.plan.addresses.service(each.id) for each in lab.plan.inventory.services[:1]]
    pairs = [addresses.local(site=other, segment=segment), router.realm.aggregate, *services]
    return [str(each) for pair in pairs for each in (pair.ipv4, pair.ipv6)] + ["0.0.0.0/0", "::/0"]


def flood() -> list[str]:
    """Return more networks than any site has."""
    four, six = list(BLOCK4.subnets(new_prefix=26)), list(BLOCK6.subnets(new_prefix=60))
    return [str(each) for each in [*four[:FLOOD], *six[:FLOOD]]]


def announce(lab: Laboratory, router: Router, networks: Sequence[str]) -> Announced:
    """Let a site's router announce networks beside its own, and look at the hubs when they have heard all of it."""
    hubs = [each for each in lab.hubs() if each.segment.name == router.segment.name]
    ends = {str(peer.own[0]) for peer in router.peers}
    before, counts = _sessions(lab, hubs, ends), [_updates(lab, hubs, ends)]

    def heard() -> bool:
        counts.append(_updates(lab, hubs, ends))
        return counts[-1] == counts[-2] and counts[-1] > counts[0]

    with _bent(lab, router, networks):
        wait_until(heard, what=f"announcements of {router.folder}", seconds=HEARD_SECONDS, every=EVERY_SECONDS)
        believed = {each for hub in hubs for end in ends for each in lab.control.heard_from(hub, end)} & set(networks)
        after = _sessions(lab, hubs, ends)
    return Announced(networks=len(networks), updates=counts[-1] - counts[0], believed=tuple(sorted(believed)), before=before, after=after)


@contextlib.contextmanager
def _bent(lab: Laboratory, router: Router, networks: Sequence[str]) -> Iterator[None]:
    """Let a router announce these networks past its own filters, for the length of a block."""
    text = FILTER.sub("", lab.control.text(router).read_text("utf-8"))
    rows = {"4": "", "6": ""}
    for each in networks:
        rows["6" if ":" in each else "4"] += f"  route {each} unreachable;\n"
    bent = lab.control.sockets(router) / "bent.conf"
    bent.write_text(OWN.sub(lambda found: found.group(1) + rows[found.group(2)], text), "utf-8")
    lab.control.reload(router, text=bent)
    try:
        yield
    finally:
        lab.control.reload(router)


def _updates(lab: Laboratory, hubs: Sequence[Router], ends: set[str]) -> int:
    return sum(count for hub in hubs for end, count in lab.control.updates(hub).items() if end in ends)


def _sessions(lab: Laboratory, hubs: Sequence[Router], ends: set[str]) -> tuple[Session, ...]:
    return tuple(session for hub in hubs for end, session in sorted(lab.sessions(hub).items()) if end in ends)
