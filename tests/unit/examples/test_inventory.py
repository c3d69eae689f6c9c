"""The inventory of the sample city is true to its organisations, keeps its numbers, and no single failure cuts a site off."""

import collections
import csv
import functools
import ipaddress
import pathlib
import shutil
import subprocess
import sys
from typing import Final

import pytest
import yaml
from tests.support import hanoi

from citycloud.api import City, InformationSystem, SizeClass
from citycloud.levels import compute_level, effective_level, load_framework
from citycloud.plan import quantity
from citycloud_infra.model.base import Network
from citycloud_infra.model.capacity import capacities
from citycloud_infra.model.failures import CARRIER, HUB, HUB_LINE, LINE, POINT, unreached
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.load import read_inventory
from citycloud_infra.model.plan import CityPlan, plan_city
from citycloud_infra.model.wan import Hub, Site
from citycloud_infra.rules.check import check_inventory
from citycloud_infra.rules.finding import load_texts

FILE: Final = "inventory.yaml"
DATA: Final = hanoi.ROOT / "examples" / "data" / "hanoi-2026"
DOCUMENTATION: Final = [ipaddress.ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8:ffff::/48")]
SEGMENTS: Final = {"office": 1, "camera-iot": 3, "guest": 4, "management": 5, "public-service": 7, "conferencing": 8}
HIGHEST: Final = 255
LONGEST_LINE: Final = 140
A_WORD: Final = 12
LONGEST_SITE: Final = 12
GIB: Final = 2**30


def read(path: pathlib.Path) -> Inventory:
    """Read an inventory as its users do."""
    return read_inventory(text=path.read_text("utf-8"), file=path.name).inventory


@functools.cache
def city() -> CityPlan:
    """Plan the network of the sample city."""
    return plan_city(read(hanoi.NOW / FILE))


def places() -> list[Hub | Site]:
    """Give the data centres and the sites."""
    return [*city().inventory.hubs, *city().inventory.sites]


def rows(path: pathlib.Path) -> list[dict[str, str]]:
    """Read the hand-kept rows about sites."""
    return list(csv.DictReader(line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")))


def without(*, clusters: set[str]) -> Inventory:
    """Give the inventory without the machines of some clusters."""
    compute = city().inventory.compute
    gone = {pool for cluster in compute.clusters if cluster.name in clusters for pool in cluster.pools}
    pools = tuple(pool for pool in compute.pools if pool.name not in gone)
    return city().inventory.model_copy(update={"compute": compute.model_copy(update={"pools": pools})})


def asked(*, stages: set[str] | None = None) -> dict[str, tuple[float, float]]:
    """Sum what the environments of the sample city may hold by their sizes, in cores and GiB, by location."""
    (spec,) = [City.model_validate(each).spec for each in hanoi.read(hanoi.NOW / "city.yaml")]
    systems = [InformationSystem.model_validate(each) for each in hanoi.read(hanoi.NOW / "systems.yaml")]
    framework, levels = load_framework(name="vn-2026"), {}
    for each in systems:
        computed = compute_level(facts=each.spec.model_dump(mode="json", by_alias=True), framework=framework)
        levels[each.metadata.namespace, each.metadata.name] = effective_level(computed=computed.level, proposed=each.spec.proposed_level)
    files = (hanoi.ROOT / "policies" / "sizes").glob("*.yaml")
    sizes = {each.metadata.name: each.spec.quota for path in files for each in map(SizeClass.model_validate, hanoi.read(path))}
    cpu, memory = collections.Counter[str](), collections.Counter[str]()
    for wish in hanoi.environments(hanoi.NOW).values():
        level, quota = levels[wish.metadata.namespace, wish.spec.system], sizes[wish.spec.size]
        location = wish.spec.location or next(place.name for place in spec.locations if level in place.levels)
        if stages is None or wish.spec.stage in stages:
            cpu[location] += quantity.whole(quota["requests.cpu"])
            memory[location] += quantity.whole(quota["requests.memory"])
    return {location: (cores, memory[location] / GIB) for location, cores in cpu.items()}


def test_every_department_branch_point_ward_and_commune_is_a_site() -> None:
    kinds = collections.Counter(site.kind for site in city().inventory.sites)
    assert kinds == {"department": 15, "other": 2, "branch": 12, "service-point": 30, "ward": 51, "commune": 75}
    organisations = hanoi.organisations(hanoi.NOW)
    own = {site.name for site in city().inventory.sites if site.name == site.organisation}
    assert organisations.keys() - own == {"dang-uy-long-bien"}, "a Party committee works where its ward does"
    for site in city().inventory.sites:
        assert site.organisation in organisations, site.name
        if site.name in organisations:
            spec = organisations[site.name].spec
            assert (site.organisation, site.names.vi, site.names.en) == (site.name, spec.names.vi, spec.names.en)
            assert site.kind == {"board": "other", "centre": "other"}.get(spec.kind, spec.kind)
        else:
            assert (site.organisation, site.kind in ("branch", "service-point")) == ("trung-tam-pv-hcc", True)


def test_every_number_stands_in_the_data_once() -> None:
    given = rows(DATA / "sites.csv")
    numbers = {row["name"]: int(row["id"]) for row in given}
    assert len(numbers) == len({*numbers.values()}) == len(given)
    assert all(1 <= number <= HIGHEST for number in numbers.values())
    assert {site.name: site.id for site in city().inventory.sites} == numbers
    assert {segment.name: segment.id for segment in city().inventory.segments} == SEGMENTS


def test_a_site_that_goes_moves_nobody_and_neither_does_the_order_of_the_list(tmp_path: pathlib.Path) -> None:
    copy = shutil.copytree(hanoi.ROOT / "examples", tmp_path / "examples")
    path = copy / "data" / "hanoi-2026" / "sites.csv"
    heading, *sites = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    path.write_text("\n".join([heading, *reversed(sites[1:])]) + "\n", "utf-8")
    subprocess.run([sys.executable, str(copy / "generate.py")], check=True, timeout=60)
    after = {site.name: site for site in read(copy / "hanoi-2026" / FILE).sites}
    before = {site.name: site for site in city().inventory.sites}
    assert after == {name: site for name, site in before.items() if site.id != int(sites[0].split(",")[0])}


def test_the_first_line_runs_through_the_former_district_that_most_of_a_commune_lay_in() -> None:
    districts = {row["code"]: row["organisation"] for row in hanoi.rows("districts")}
    lay: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for row in hanoi.rows("communes"):
        for successor in row["successors"].split():
            lay[successor][districts[row["district"]]] += 1
    communes = [site for site in city().inventory.sites if site.kind in ("ward", "commune")]
    for site in communes:
        assert lay[site.name][site.uplinks[0].via or ""] == max(lay[site.name].values()), site.name
    assert (
        {each.name for each in city().inventory.points_of_presence} == set(districts.values()) == {site.uplinks[0].via for site in communes}
    )


def test_no_single_failure_cuts_a_site_off_from_any_segment() -> None:
    plan = city()
    assert unreached(inventory=plan.inventory, tunnels=plan.tunnels) == []
    failures = plan.failures()
    assert [(each.element.name, each.lost) for each in failures if each.lost] == []
    taken = collections.Counter(each.element.kind for each in failures)
    between_hubs = 1
    assert taken == {HUB: 2, CARRIER: 4, POINT: 30, LINE: 370 + between_hubs, HUB_LINE: 8}


def test_the_two_lines_of_a_site_share_neither_carrier_nor_point_of_presence() -> None:
    for site in city().inventory.sites:
        first, second = site.uplinks
        assert (first.role, second.role) == ("primary", "backup")
        assert first.carrier != second.carrier, site.name
        assert first.via, site.name
        assert second.via, site.name
        assert first.via != second.via, site.name


def test_every_site_has_what_its_kind_has_to_have() -> None:
    tiers = {tier.kind: tier for tier in city().inventory.tiers}
    for site in city().inventory.sites:
        assert len(site.uplinks) >= tiers[site.kind].uplinks, site.name
        assert set(site.segments) >= set(tiers[site.kind].segments), site.name
        assert not site.rooms or "conferencing" in site.segments, site.name
        assert not site.phones or "office" in site.segments, site.name


def test_meetings_and_calls_of_all_three_levels_fit_every_line() -> None:
    plan = city()
    budgets = plan.budgets()
    assert [(each.place, each.carrier, each.traffic_class) for each in budgets if not each.fits] == []
    video = {(each.place, each.carrier) for each in budgets if each.traffic_class == "meeting-video"}
    meeting = [place for place in places() if isinstance(place, Hub) or place.rooms]
    assert video == {(place.name, line.carrier) for place in meeting for line in place.uplinks}
    levels = {site.kind for site in plan.inventory.sites if site.rooms}
    assert levels >= {"department", "branch", "ward", "commune"}, "city, former district, commune"
    assert sum(each.share for each in plan.inventory.classes) == 100


def test_it_breaks_no_rule() -> None:
    assert [str(finding) for finding in check_inventory(city().inventory, texts=load_texts())] == []


def test_services_and_crossings_lead_from_a_segment_into_another() -> None:
    services = {service.name: service for service in city().inventory.services}
    assert len({service.id for service in services.values()}) == len(services)
    assert services["meet"].segment == "conferencing"
    local = {segment.name for segment in city().inventory.segments if segment.transport == "local"}
    for crossing in city().inventory.crossings:
        assert services[crossing.service].segment != crossing.origin, crossing
        assert crossing.origin not in local, crossing


def test_only_addresses_for_documentation_stand_for_those_of_carriers() -> None:
    plan = city()
    kinds = {carrier.name: carrier.kind for carrier in plan.inventory.carriers}
    seen: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = []
    for place in places():
        for line in place.uplinks:
            given = [ipaddress.ip_address(each) for each in (line.ipv4, line.ipv6) if each]
            assert len(given) == (0 if kinds[line.carrier] == "mobile" and place.name in plan.sites else 2), place.name
            seen += given
    assert len(set(seen)) == len(seen)
    assert all(any(address in block for block in DOCUMENTATION) for address in seen)
    assert not any(address in block for address in seen for block in (plan.addresses.block4, plan.addresses.block6))


def test_the_machines_suffice_without_the_largest_zone() -> None:
    demand = {each.location: each for each in city().inventory.compute.demand}
    for location, (cpu, memory) in asked().items():
        assert (demand[location].cpu >= cpu, demand[location].memory_gib >= memory) == (True, True), location
    assert [each.location for each in city().capacities() if each.suffices] == ["data-centre", "municipal-cloud"]
    assert [each.location for each in capacities(without(clusters={"backup"}).compute) if each.suffices] == [
        "data-centre",
        "municipal-cloud",
    ]


def test_the_backup_carries_production() -> None:
    left = {each.location: each for each in capacities(without(clusters={"prod"}).compute)}
    for location, (cpu, memory) in asked(stages={"production"}).items():
        assert (left[location].cpu >= cpu, left[location].memory_gib >= memory) == (True, True), location


@pytest.mark.parametrize("name", ["prod", "backup"])
def test_a_cluster_keeps_its_control_plane_when_a_zone_fails_and_serves_both_locations(name: str) -> None:
    compute = city().inventory.compute
    zones = {zone.name: zone.hub for zone in compute.zones}
    (cluster,) = [each for each in compute.clusters if each.name == name]
    pools = [pool for pool in compute.pools if pool.name in cluster.pools]
    assert [pool.count for pool in pools if "control-plane" in pool.roles] == [1, 1, 1]
    assert len({pool.zone for pool in pools if "control-plane" in pool.roles}) == 3
    assert {zones[pool.zone] for pool in pools} == {cluster.hub}
    workers = [pool for pool in pools if "worker" in pool.roles]
    (spec,) = [City.model_validate(each).spec for each in hanoi.read(hanoi.NOW / "city.yaml")]
    restricted = {place.name for place in spec.locations if place.tolerations}
    assert {(pool.location, pool.restricted) for pool in workers} == {(place.name, place.name in restricted) for place in spec.locations}


def test_the_ranges_of_clusters_lie_in_their_data_centre_or_outside_the_network() -> None:
    plan = city()
    taken: list[Network] = [plan.addresses.block4, plan.addresses.block6]
    for cluster in plan.inventory.compute.clusters:
        own = plan.addresses.hub(plan.hubs[cluster.hub].id)
        assert ipaddress.IPv4Network(cluster.node_range).subnet_of(own.ipv4)
        assert ipaddress.IPv6Network(cluster.node_range6).subnet_of(own.ipv6)
        for text in (cluster.pod_range, cluster.pod_range6, cluster.service_range, cluster.service_range6):
            network = ipaddress.ip_network(text)
            assert network.is_private
            assert not any(network.version == other.version and network.overlaps(other) for other in taken), text
            taken.append(network)


def test_the_file_is_short_to_read_and_says_what_is_invented() -> None:
    text = (hanoi.NOW / FILE).read_text("utf-8")
    assert max(map(len, text.splitlines())) <= LONGEST_LINE + A_WORD, "a folded text ends with the word that passes the limit"
    _, _, sites = text.partition("\nsites:\n")
    assert all(len(site.splitlines()) <= LONGEST_SITE for site in sites.split("\n- "))
    assert "Invented: " in yaml.safe_load(text)["note"]


def test_the_readme_counts_right() -> None:
    readme, plan = (hanoi.ROOT / "examples" / "README.md").read_text("utf-8"), city()
    compute, sites = plan.inventory.compute, plan.inventory.sites
    hub_lines = sum(len(hub.uplinks) for hub in plan.inventory.hubs)
    assert f"| sites | {len(sites)}: " in readme
    assert f"| points of presence | {len(plan.inventory.points_of_presence)}, " in readme
    assert f"| lines | {sum(len(site.uplinks) for site in sites)} of sites, two each, and {hub_lines} of the two data centres |" in readme
    assert f"| machines | {sum(pool.count for pool in compute.pools)} in {len(compute.pools)} pools, " in readme
    offices = plan.local(site="phuong-hoan-kiem", segment="office").ipv4
    assert f"`phuong-hoan-kiem` is {plan.sites['phuong-hoan-kiem'].id}, so its offices have\n`{offices}`" in readme
