"""Who may be heard by whom, by the inventory's own words, and who is: every host, router, line and carrier against every other.

The law is written here once more, from what the inventory says of segments, services and crossings and not from the rendered rules, so that
the two can disagree. What the law lets through has to arrive as well: a network that carries nothing keeps everything apart.
"""

import contextlib
import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from citycloud_dev.packet_exchange import Port
from citycloud_dev.packet_networks import Network
from citycloud_infra.model.addresses import Pair
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.wan import Service
from citycloud_infra.render.nftables import MANAGEMENT
from citycloud_infra.render.view import first, routers
from citycloud_lab.wan.carriers import ABROAD, BRIDGE, Line, meets
from citycloud_lab.wan.hosts import Host, hosts
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.places import INTERNET, beside, carried_by, inside, underlay
from citycloud_lab.wan.sweep import Heard, Said, sweep_all

ANY: Final = Port("UDP", 7777)
"""A port of no service, on which everybody listens."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a sweep found: how many words were said, what was heard against the law, and what the law lets through and nobody heard."""

    said: int
    allowed: int
    leaks: tuple[Heard, ...]
    missing: tuple[Heard, ...]

    @property
    def holds(self) -> bool:
        """Tell whether everything was heard that may be, and nothing else."""
        return not self.leaks and not self.missing


def sweep_inside(lab: Laboratory) -> Verdict:
    """Let every host speak to every address of the city, of its carriers and of the Internet."""
    everywhere = [*_inside(lab.plan), *_outside(lab)]
    words = [Said(host.network, address, ANY) for host in lab.hosts.values() for address in everywhere if address not in host.addresses]
    words += [
        Said(host.network, address, port)
        for host in lab.hosts.values()
        for service in lab.plan.inventory.services
        if service.name not in {each.name for each, _ in host.services}
        for address in _both(lab.plan, service)
        for port in (*_ports(service), ANY)
    ]
    return _judge(lab=lab, words=words, law=set(_law(lab)))


def sweep_from_outside(lab: Laboratory) -> Verdict:
    """Let the carriers and the Internet speak to every line, and the carriers to all that is behind each by that line: nobody may hear."""
    sources = [INTERNET, *(carried_by(each.name) for each in lab.plan.inventory.carriers)]
    words = [Said(source, address, ANY) for source in sources for line in lab.lines for address in line.addresses]
    with contextlib.ExitStack() as ways:
        for carrier in lab.plan.inventory.carriers:
            known = {address: line for line in lab.lines if line.carrier.name == carrier.name for address in _of_node(lab.plan, line.node)}
            words += [Said(carried_by(carrier.name), address, ANY) for address in known]
            ways.enter_context(_ways_in(network=lab.networks[carried_by(carrier.name)], known=known))
        return _judge(lab=lab, words=words, law=set())


def _judge(*, lab: Laboratory, words: Sequence[Said], law: Collection[Heard]) -> Verdict:
    ears = {name: [ANY] for name in (INTERNET, *(carried_by(each.name) for each in lab.plan.inventory.carriers))}
    ears |= {underlay(node): [ANY] for node in (*lab.plan.hubs, *lab.plan.sites)}
    for host in lab.hosts.values():
        ears[host.place] = [ANY]
        ears[host.network] = [ANY, *sorted({port for service, _ in host.services for port in _ports(service)})]
    heard = sweep_all(networks={name: lab.networks[name] for name in {*ears, *(each.source for each in words)}}, ears=ears, words=words)
    return Verdict(said=len(words), allowed=len(law), leaks=tuple(sorted(heard - set(law))), missing=tuple(sorted(set(law) - heard)))


def _law(lab: Laboratory) -> Iterator[Heard]:
    """Return everything that may be heard inside, and has to be."""
    for segment in lab.plan.inventory.segments:
        here = [each for each in lab.hosts.values() if each.segment == segment.name]
        sites = [each for each in here if each.node in lab.plan.sites]
        if segment.transport == "local":
            yield from (_to_internet(each, address) for each in sites if _has_internet(lab, each.node) for address in _pair(ABROAD))
        callers = sites if segment.between_sites else []
        if segment.name == MANAGEMENT:
            callers = [*callers, *(each for each in here if each.node in lab.plan.hubs)]
        for one, other in itertools.product(callers, sites):
            if one != other:
                yield from (Heard(Said(one.network, address, ANY), other.network) for address in other.addresses)
    yield from _services_law(lab)


def _services_law(lab: Laboratory) -> Iterator[Heard]:
    """Return what sites may ask of services, which the hub answers that is preferred: those of their segment, and of the crossings."""
    hub = max(lab.plan.inventory.hubs, key=lambda each: each.preference).name
    crossings = {(each.origin, each.service) for each in lab.plan.inventory.crossings}
    for service in lab.plan.inventory.services:
        for host in lab.hosts.values():
            if host.node in lab.plan.sites and (host.segment == service.segment or (host.segment, service.name) in crossings):
                at = beside(inside(node=hub, segment=service.segment))
                yield from (
                    Heard(Said(host.network, address, port), at) for address in _both(lab.plan, service) for port in _ports(service)
                )


def _to_internet(host: Host, address: str) -> Heard:
    return Heard(Said(host.network, address, ANY), INTERNET)


def _has_internet(lab: Laboratory, node: str) -> bool:
    return any(meets(line.carrier) for line in lab.lines if line.node == node)


def _inside(plan: CityPlan) -> list[str]:
    return [address for node in (*plan.hubs, *plan.sites) for address in _of_node(plan, node)]


def _of_node(plan: CityPlan, node: str) -> list[str]:
    """Return every inner address of a node: of its routers, their ends of tunnels, and its hosts."""
    found = [address for host in hosts(plan) if host.node == node for address in host.addresses]
    for router in routers(plan):
        if router.node == node:
            found += [*_pair(router.loopback), first(router.lan.ipv4), first(router.lan.ipv6)]
            found += [str(end) for peer in router.peers for end in peer.own]
    return found


def _outside(lab: Laboratory) -> list[str]:
    return [*_pair(ABROAD), *(address for line in lab.lines for address in line.addresses)]


def _both(plan: CityPlan, service: Service) -> tuple[str, str]:
    return _pair(plan.addresses.service(service.id))


def _pair(pair: Pair) -> tuple[str, str]:
    return str(pair.ipv4.network_address), str(pair.ipv6.network_address)


def _ports(service: Service) -> list[Port]:
    return [Port(each.protocol, each.port) for each in service.ports]


@contextlib.contextmanager
def _ways_in(*, network: Network, known: Mapping[str, Line]) -> Iterator[None]:
    """Give a carrier a way to each of these inner addresses, by a line's outer one, as no honest carrier has."""
    routes = [
        f"{address} via {'inet6 ' if ':' in line.addresses[-1] else ''}{line.addresses[-1]} dev {BRIDGE}" for address, line in known.items()
    ]
    network.ip(*(f"route add {each}" for each in routes))
    try:
        yield
    finally:
        network.ip(*(f"route del {each}" for each in routes))
