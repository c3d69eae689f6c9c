"""The model as a network engineer relies on it: nothing overlaps, nothing moves when others come and go, packets come back as they went."""

import itertools

from hypothesis import given
from hypothesis import strategies as st
from tests.infra.inventories import Content, cities, inventory, site

from citycloud_infra.model.addresses import RESERVED_SEGMENTS, Addresses, Place
from citycloud_infra.model.base import Network
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import CityPlan, plan_city
from citycloud_infra.model.wan import AddressPlan

PLAN = AddressPlan(ipv4="10.0.0.0/8", ipv6="2001:db8:1000::/36")
SITES = st.integers(1, 255)
SEGMENTS = st.sampled_from([number for number in range(16) if number not in RESERVED_SEGMENTS])


def plan_of(content: Content) -> CityPlan:
    return plan_city(Inventory.model_validate(content))


def ranges(plan: CityPlan) -> tuple[list[Network], list[Network]]:
    """Return every range of the overlay, IPv4 and IPv6."""
    addresses, hubs, segments = plan.addresses, plan.inventory.hubs, plan.inventory.segments
    pairs = [plan.local(site=each.name, segment=name) for each in plan.inventory.sites for name in each.segments]
    pairs += [addresses.services(), *(addresses.hub(hub.id) for hub in hubs), *(tunnel.ends for tunnel in plan.tunnels)]
    pairs += [addresses.loopback(hub=hub.id, segment=each.id) for hub in hubs for each in segments]
    pairs += [addresses.loopback(site=each.id, segment=plan.segments[name].id) for each in plan.inventory.sites for name in each.segments]
    return [pair.ipv4 for pair in pairs], [pair.ipv6 for pair in pairs]


@given(cities())
def test_no_two_ranges_of_a_city_overlap(content: Content) -> None:
    for family in ranges(plan_of(content)):
        ordered = sorted(family, key=lambda network: (int(network.network_address), network.prefixlen))
        for one, other in itertools.pairwise(ordered):
            assert int(one.broadcast_address) < int(other.network_address), f"{one} and {other} overlap"


@given(cities(), st.randoms(use_true_random=False))
def test_the_order_of_the_file_means_nothing(content: Content, random: object) -> None:
    plan = plan_of(content)
    random.shuffle(content["sites"])  # type: ignore[attr-defined]
    other = plan_of(content)
    assert dict(plan.by_site) == dict(other.by_site)
    assert all(
        plan.local(site=name, segment=segment) == other.local(site=name, segment=segment)
        for name in plan.sites
        for segment in plan.sites[name].segments
    )


@given(cities(), st.data())
def test_a_site_that_goes_or_comes_moves_nobody_else(content: Content, data: st.DataObject) -> None:
    before = plan_of(content)
    gone = data.draw(st.sampled_from(content["sites"]))
    content["sites"].remove(gone)
    content["sites"].insert(0, site(251))
    after = plan_of(content)
    for name in after.sites.keys() & before.sites.keys():
        assert after.by_site[name] == before.by_site[name]


@given(SITES, SEGMENTS, st.integers(0, 2**12 - 1), st.integers(0, 2**76 - 1))
def test_either_familys_address_tells_site_and_segment(number: int, segment: int, low: int, low6: int) -> None:
    addresses = Addresses(PLAN)
    local = addresses.local(site=number, segment=segment)
    assert addresses.place4(local.ipv4.network_address + low) == Place(site=number, segment=segment)
    assert addresses.place6(local.ipv6.network_address + low6) == Place(site=number, segment=segment)


@given(st.integers(0, 2**24 - 1))
def test_an_address_of_no_site_is_told_from_one(low: int) -> None:
    addresses = Addresses(PLAN)
    address = addresses.block4.network_address + low
    place = addresses.place4(address)
    if place is None:
        assert low >> 20 in RESERVED_SEGMENTS or low >> 12 & 0xFF == 0
    else:
        assert address in addresses.local(site=place.site, segment=place.segment).ipv4


def test_every_segment_is_one_aggregate() -> None:
    addresses = Addresses(PLAN)
    aggregate = addresses.segment(7)
    assert all(addresses.local(site=number, segment=7).ipv4.subnet_of(aggregate) for number in range(1, 256))
    assert str(addresses.local(site=17, segment=1).ipv4) == "10.17.16.0/20"
    assert str(addresses.local(site=17, segment=1).ipv6) == "2001:db8:1011:1000::/52"


@given(cities())
def test_every_site_is_reached_under_any_single_failure(content: Content) -> None:
    for failure in plan_of(content).failures():
        assert not failure.lost, f"{failure.element}: {failure.lost}"


@given(cities())
def test_segments_share_no_tunnel_and_guests_have_none(content: Content) -> None:
    tunnels = plan_of(content).tunnels
    assert len({tunnel.number for tunnel in tunnels}) == len(tunnels)
    assert len({tunnel.hub_interface for tunnel in tunnels} | {tunnel.site_interface for tunnel in tunnels}) == 2 * len(tunnels)
    assert not any(tunnel.segment == "guest" for tunnel in tunnels)


@given(cities())
def test_both_ends_use_tunnels_in_the_same_order(content: Content) -> None:
    """One rank a tunnel, known to both ends; within a segment no two of a site are alike."""
    plan = plan_of(content)
    for tunnels in plan.by_site.values():
        for segment in {tunnel.segment for tunnel in tunnels}:
            ranks = [tunnel.rank for tunnel in tunnels if tunnel.segment == segment]
            assert ranks == sorted(set(ranks))
            first = next(tunnel for tunnel in tunnels if tunnel.segment == segment)
            assert (first.hub, first.role) == ("dc", "primary")


@given(cities())
def test_what_is_kept_for_a_class_is_within_the_contract(content: Content) -> None:
    for budget in plan_of(content).budgets():
        assert budget.needed <= budget.kept
        assert budget.contract is None or budget.kept <= budget.contract


def test_the_loss_of_a_hub_moves_everybody_and_loses_nobody() -> None:
    failures = {(failure.element.kind, failure.element.name): failure for failure in plan_city(inventory()).failures()}
    lost_hub = failures["hub", "dc"]
    assert {name for name, _ in lost_hub.moved} == {"so-thu", "phuong-mot", "phuong-hai", "kho-luu-tru"}
    assert lost_hub.lost == ()
    assert failures["hub", "dr"].moved == ()


def test_a_site_with_one_line_is_lost_with_its_carrier_its_point_and_itself() -> None:
    plan = plan_city(inventory(lambda content: content["sites"][3]["uplinks"].pop()))
    lost_by = {(failure.element.kind, failure.element.name) for failure in plan.failures() if ("kho-luu-tru", "office") in failure.lost}
    assert lost_by == {("carrier", "net"), ("point-of-presence", "north"), ("line", "kho-luu-tru-net")}


def test_a_mobile_line_meets_the_internet_but_no_private_network() -> None:
    def mobile(content: Content) -> None:
        content["carriers"][1]["kind"] = "mobile"
        for hub in content["hubs"]:
            hub["uplinks"][1]["carrier"] = "lease2"
        content["carriers"].append({**content["carriers"][0], "name": "lease2", "kind": "internet"})

    tunnels = plan_city(inventory(mobile)).by_site["kho-luu-tru"]
    assert {(tunnel.carrier, tunnel.hub_carrier) for tunnel in tunnels} == {("net", "lease2"), ("lease", "lease")}


def test_capacity_is_told_without_the_largest_zone() -> None:
    (capacity,) = plan_city(inventory()).capacities()
    assert (capacity.machines, capacity.cpu, capacity.cpu_after_zone_loss, capacity.suffices) == (4, 14.4, 7.2, True)


@given(st.integers(1, 3), SEGMENTS)
def test_a_segments_network_in_a_data_centre_lies_in_the_hubs_own_range_and_is_nobody_elses(hub: int, segment: int) -> None:
    addresses = Addresses(PLAN)
    own, front = addresses.hub(hub), addresses.front(hub=hub, segment=segment)
    assert front.ipv4.subnet_of(own.ipv4)
    assert front.ipv6.subnet_of(own.ipv6)
    others = [addresses.front(hub=hub, segment=number) for number in range(1, 16) if number != segment]
    assert not any(front.ipv4.overlaps(other.ipv4) or front.ipv6.overlaps(other.ipv6) for other in others)
