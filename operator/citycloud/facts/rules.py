"""What the parts of a facts document have to fit: names that are unique and known, ranges that lie where they may and nowhere twice.

Each fault names its field, so that whoever publishes facts finds it in their inventory. All faults are found at once; a document with one
is not applied at all.
"""

import collections
import dataclasses
import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from citycloud.facts.document import Facts, FactsCluster
from citycloud.facts.protected import Network, protected_range


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that does not fit: a key of the text catalogue, the field, and what else is to be said."""

    key: str
    where: str
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class _Placed:
    where: str
    network: Network


@dataclasses.dataclass(frozen=True)
class _Ranges:
    """Every range that could be read, by what it is a range of."""

    aggregates: list[_Placed]
    sites: list[_Placed]
    services: list[_Placed]
    clusters: list[_Placed]


def faults_of(facts: Facts) -> list[Fault]:
    """List every fault of a document, in the order of its fields."""
    found = [*_duplicates(facts), *_unknown_sites(facts)]
    ranges = _Ranges(aggregates=[], sites=[], services=[], clusters=[])
    found += _read(facts, ranges)
    found += _outside(facts)
    found += _overlaps(ranges.aggregates)
    found += _overlaps([*ranges.sites, *ranges.services], quiet=frozenset(each.where for each in ranges.services))
    found += _in_clusters(ranges)
    return found


def _duplicates(facts: Facts) -> Iterator[Fault]:
    for field in ("segments", "sites", "links", "services", "clusters"):
        yield from _twice(field, (each.name for each in getattr(facts, field)))
    for index, site in enumerate(facts.sites):
        yield from _twice(f"sites[{index}].segments", (each.name for each in site.segments))
        yield from _twice(f"sites[{index}].hubs", site.hubs, part="")


def _twice(field: str, names: Iterable[str], *, part: str = ".name") -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if first.setdefault(name, index) != index:
            yield Fault("FactsNameTwice", f"{field}[{index}]{part}", {"name": name, "other": f"{field}[{first[name]}]{part}"})


def _unknown_sites(facts: Facts) -> Iterator[Fault]:
    known = {site.name for site in facts.sites}
    for index, link in enumerate(facts.links):
        if link.site not in known:
            yield Fault("FactsSiteUnknown", f"links[{index}].site", {"site": link.site})


def _read(facts: Facts, ranges: _Ranges) -> Iterator[Fault]:
    """Read every range into `ranges`, and tell of those that are none, have host bits or touch what is protected."""
    for placed, where, text, version in _texts(facts, ranges):
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            yield _unreadable(where, text)
            continue
        protected = protected_range(network)
        if version not in (None, network.version):
            yield Fault("FactsFamily", where, {"range": text, "version": version})
        elif protected is not None:
            yield Fault("FactsProtected", where, {"range": text, "protected": protected})
        else:
            placed.append(_Placed(where, network))


def _unreadable(where: str, text: str) -> Fault:
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return Fault("FactsNoRange", where, {"range": text})
    return Fault("FactsHostBits", where, {"range": text, "meant": meant})


def _texts(facts: Facts, ranges: _Ranges) -> Iterator[tuple[list[_Placed], str, str, int | None]]:
    """List every range of a document: where it belongs, its field, its text, and its family where the field says it."""
    for index, aggregate in enumerate(facts.segments):
        yield ranges.aggregates, f"segments[{index}].ipv4", aggregate.ipv4, 4
        if aggregate.ipv6 is not None:
            yield ranges.aggregates, f"segments[{index}].ipv6", aggregate.ipv6, 6
    for index, site in enumerate(facts.sites):
        for number, segment in enumerate(site.segments):
            yield ranges.sites, f"sites[{index}].segments[{number}].ipv4", segment.ipv4, 4
            yield ranges.sites, f"sites[{index}].segments[{number}].ipv6", segment.ipv6, 6
    for index, service in enumerate(facts.services):
        yield ranges.services, f"services[{index}].ipv4", service.ipv4, 4
        yield ranges.services, f"services[{index}].ipv6", service.ipv6, 6
    for index, cluster in enumerate(facts.clusters):
        for field, text in _cluster_texts(cluster):
            yield ranges.clusters, f"clusters[{index}].{field}", text, None


def _cluster_texts(cluster: FactsCluster) -> Iterator[tuple[str, str]]:
    for field, texts in (("nodeCIDRs", cluster.node_cidrs), ("podCIDRs", cluster.pod_cidrs), ("serviceCIDRs", cluster.service_cidrs)):
        for index, text in enumerate(texts):
            yield f"{field}[{index}]", text


def _outside(facts: Facts) -> Iterator[Fault]:
    """Tell of ranges of sites that do not lie in their segment's; where that has none in IPv6, any will do."""
    aggregates = {each.name: each for each in facts.segments}
    for index, site in enumerate(facts.sites):
        for number, segment in enumerate(site.segments):
            where = f"sites[{index}].segments[{number}]"
            aggregate = aggregates.get(segment.name)
            if aggregate is None:
                yield Fault("FactsSegmentUnknown", f"{where}.name", {"segment": segment.name, "known": ", ".join(aggregates) or "–"})
                continue
            for field, text, within in (("ipv4", segment.ipv4, aggregate.ipv4), ("ipv6", segment.ipv6, aggregate.ipv6)):
                if within is not None and not _lies_in(text, within):
                    said = {"range": text, "segment": segment.name, "aggregate": within}
                    yield Fault("FactsOutsideSegment", f"{where}.{field}", said)


def _lies_in(text: str, within: str) -> bool:
    """Tell whether one range lies in another; what is no range is told of elsewhere."""
    try:
        inner, outer = ipaddress.ip_network(text), ipaddress.ip_network(within)
    except ValueError:
        return True
    return inner.version != outer.version or _covers(outer, inner)


def _overlaps(placed: list[_Placed], *, quiet: frozenset[str] = frozenset()) -> Iterator[Fault]:
    """Tell of ranges that lie in one another; two of `quiet` may.

    Two ranges are apart or one holds the other, so in the order of their addresses it is enough to keep those that are still open.
    """
    by_family: dict[int, list[_Placed]] = collections.defaultdict(list)
    for each in placed:
        by_family[each.network.version].append(each)
    for members in by_family.values():
        open_: list[_Placed] = []
        for each in sorted(members, key=lambda one: (int(one.network.network_address), one.network.prefixlen)):
            open_ = [other for other in open_ if _covers(other.network, each.network)]
            other = next((one for one in reversed(open_) if not (one.where in quiet and each.where in quiet)), None)
            if other is not None:
                yield Fault("FactsOverlap", each.where, {"range": each.network, "other": other.where, "taken": other.network})
            open_.append(each)


def _in_clusters(ranges: _Ranges) -> Iterator[Fault]:
    """Tell of sites whose addresses are those of nodes, pods or Services: a rule for such a site would open the way for them."""
    for site in ranges.sites:
        for own in ranges.clusters:
            if own.network.version == site.network.version and own.network.overlaps(site.network):
                yield Fault("FactsOverlap", site.where, {"range": site.network, "other": own.where, "taken": own.network})


def _covers(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and outer.prefixlen <= inner.prefixlen and inner.network_address in outer
