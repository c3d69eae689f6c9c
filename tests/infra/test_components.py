"""The components of the small city under strict mocks: what is made, what it depends on, what is protected and secret."""

import collections
import ipaddress

import pytest
from tests.infra.graphs import EVERYTHING, PLAIN, named, of, openstack, with_sites
from tests.infra.inventories import inventory, site

from citycloud_infra.components.layout import HubLayout
from citycloud_infra.model.plan import plan_city
from citycloud_infra.targets.plan import Graph, record
from citycloud_infra.targets.recording import Node

INTERFACE = "RouterInterface"


@pytest.fixture(scope="module")
def small() -> Graph:
    return openstack()


def feet(node: Node) -> set[str]:
    """Return the router interfaces that a node waits for."""
    return {urn for urn in node.dependencies if f":{INTERFACE}::" in urn}


def test_both_targets_make_the_same_city(small: Graph) -> None:
    planned = record(plan=plan_city(inventory()), settings=EVERYTHING)
    assert sorted(node.name for node in planned.all()) == sorted(node.name for node in small.all())
    assert planned.exports.keys() == small.exports.keys()


def test_nothing_that_needs_a_router_is_made_before_the_router_stands_in_the_network(small: Graph) -> None:
    waiting = of(small, "FloatingIp") + of(small, "Service") + of(small, "RouterRoute") + of(small, "Instance")
    assert {node.type.rpartition(":")[2] for node in waiting} == {"FloatingIp", "Service", "RouterRoute", "Instance"}
    assert [node.name for node in waiting if not feet(node)] == []


def test_a_connection_ends_at_a_service_that_waited_for_its_router(small: Graph) -> None:
    services = {f"Service:{node.name}" for node in of(small, "Service") if feet(node)}
    assert {node.inputs["vpnserviceId"] for node in of(small, "SiteConnection")} <= services


def test_data_centres_and_keys_are_protected_and_sites_are_not(small: Graph) -> None:
    assert {node.protect for node in small.nodes["wan-core"]} == {True}
    assert of(small, "Keypair") and of(small, "Hub")
    assert {node.protect for node in small.nodes["wan-sites-0"]} == {False}


def test_protection_can_be_switched_off() -> None:
    graph = openstack(settings=PLAIN.__class__(project="citycloud", gateway_flavor="gateway", protected=False))
    assert {node.protect for node in graph.all()} == {False}


def test_pre_shared_keys_are_secrets_and_each_connection_has_its_own(small: Graph) -> None:
    connections = of(small, "SiteConnection")
    assert len(connections) == 16
    assert {node.secrets for node in connections} == {frozenset({"psk"})}
    assert len({node.inputs["psk"] for node in connections}) == len(connections)


def test_no_two_things_of_a_kind_have_one_name(small: Graph) -> None:
    assert small.twice() == []
    names = collections.Counter((node.type, node.inputs["name"]) for node in small.all() if node.custom and "name" in node.inputs)
    assert [each for each, count in names.items() if count > 1] == []


def test_every_line_of_a_hub_has_its_address_from_the_inventory(small: Graph) -> None:
    given = {node.inputs.get("address") for node in of(small, "FloatingIp")}
    assert {"192.0.2.1", "198.51.100.1", "192.0.2.2", "198.51.100.2"} <= given
    assert named(small, "FloatingIp", "small-hub-dc-line-net").inputs["pool"] == "internet"


def test_a_hub_has_every_overlay_segment_in_both_families_and_no_other(small: Graph) -> None:
    hub = [node for node in of(small, "Subnet") if node.name.startswith("small-hub-dc-")]
    segments = {node.name for node in hub if node.name.rstrip("-46").removeprefix("small-hub-dc-") in ("office", "public-service", "guest")}
    assert segments == {"small-hub-dc-office-4", "small-hub-dc-office-6", "small-hub-dc-public-service-4", "small-hub-dc-public-service-6"}


def test_networks_of_a_hub_lie_apart_and_before_its_clusters() -> None:
    plan = plan_city(inventory())
    layout = HubLayout(hub=plan.addresses.hub(1))
    nets = [layout.line(position) for position in range(4)] + [layout.core().ipv4, layout.access().ipv4]
    nets += [layout.segment(number).ipv4 for number in (1, 5, 7, 15)]
    assert [(one, other) for one in nets for other in nets if one is not other and one.overlaps(other)] == []
    assert all(net.subnet_of(layout.own.ipv4) for net in nets)
    for cluster in plan.inventory.compute.clusters:
        assert not layout.own.ipv4.overlaps(ipaddress.IPv4Network(cluster.node_range))
        assert not layout.own.ipv6.overlaps(ipaddress.IPv6Network(cluster.node_range6))


def test_gateways_keep_apart_in_the_zones_of_their_hub(small: Graph) -> None:
    gateways = [node for node in of(small, "Instance") if "gateway" in node.name]
    assert [node.name for node in gateways] == [f"small-hub-{hub}-gateway-{number}" for hub in ("dc", "dr") for number in (1, 2)]
    assert {node.inputs["availabilityZone"] for node in gateways if "-dc-" in node.name} == {"dc-a"}
    assert named(small, "ServerGroup", "small-hub-dc-gateway").inputs["policies"] == "soft-anti-affinity"


def test_a_gateway_sends_the_contracted_rate_and_no_more(small: Graph) -> None:
    assert named(small, "QosBandwidthLimitRule", "small-hub-dc-line-lease").inputs["maxKbps"] == 10_000_000
    assert named(small, "Port", "small-hub-dc-gateway-1-lease").inputs["qosPolicyId"] == "QosPolicy:small-hub-dc-line-lease"


def test_each_class_of_traffic_has_its_mark(small: Graph) -> None:
    marks = {node.name.removeprefix("small-class-"): node.inputs["dscpMark"] for node in of(small, "QosDscpMarkingRule")}
    assert marks == {each.name: each.dscp for each in inventory().classes}


def test_a_site_is_let_in_at_the_ports_of_its_tunnels_and_from_its_lines_only(small: Graph) -> None:
    rule = named(small, "SecGroupRule", "small-site-phuong-mot-dc-lease").inputs
    ports = [t.port for t in plan_city(inventory()).by_site["phuong-mot"] if (t.hub, t.carrier) == ("dc", "lease")]
    assert (rule["portRangeMin"], rule["portRangeMax"]) == (min(ports), max(ports))
    assert (rule["remoteIpPrefix"], rule["protocol"], rule["securityGroupId"]) == ("192.0.2.12/32", "udp", "SecGroup:small-hub-dc-edge")


def test_a_line_whose_address_changes_is_let_in_from_everywhere_and_has_no_connection() -> None:
    graph = openstack(lambda content: content["sites"][1]["uplinks"][1].pop("ipv4"))
    assert "remoteIpPrefix" not in named(graph, "SecGroupRule", "small-site-phuong-mot-dc-net").inputs
    connections = [node.name for node in of(graph, "SiteConnection") if "phuong-mot" in node.name]
    assert connections == ["small-site-phuong-mot-management-dc-lease", "small-site-phuong-mot-management-dr-lease"]


def test_a_service_is_open_to_its_segment_and_to_a_crossing_only(small: Graph) -> None:
    rules = [node for node in of(small, "SecGroupRule") if node.name.startswith("small-hub-dc-public-service-mot-cua")]
    assert {node.inputs["remoteIpPrefix"] for node in rules} == {"10.112.0.0/12", "10.16.0.0/12", "2001:db8:1000::/36"}
    assert {(node.inputs["protocol"], node.inputs["portRangeMin"]) for node in rules} == {("tcp", 443)}


def test_nodes_have_ports_in_the_range_of_their_cluster_and_the_control_plane_the_address_of_the_api(small: Graph) -> None:
    control = named(small, "Port", "small-k8s-main-control-a-1").inputs
    worker = named(small, "Port", "small-k8s-main-cloud-a-1").inputs
    assert [each["subnetId"] for each in worker["fixedIps"]] == ["Subnet:small-k8s-main-4", "Subnet:small-k8s-main-6"]
    assert [each["ipAddress"] for each in control["allowedAddressPairs"]] == ["10.1.16.5", "2001:db8:1f01:10::5"]
    assert "allowedAddressPairs" not in worker
    assert worker["qosPolicyId"] == "QosPolicy:small-class-transactions"


def test_a_machine_is_not_replaced_because_an_image_or_a_first_instruction_changed(small: Graph) -> None:
    assert {node.ignored for node in of(small, "Instance")} == {frozenset({"imageId", "imageName", "userData"})}


def test_the_clusters_api_has_a_floating_address_only_where_somebody_outside_is_named(small: Graph) -> None:
    assert named(small, "FloatingIp", "small-k8s-main-api").inputs["portId"] == "Port:small-k8s-main-api"
    closed = openstack(settings=PLAIN)
    assert [node.name for node in of(closed, "FloatingIp") if "k8s" in node.name] == []
    assert "floating" not in closed.exports["compute"]["cluster-main"]


def test_the_cloud_speaks_bgp_to_its_gateways_only_where_it_is_asked_to(small: Graph) -> None:
    assert {node.inputs["peerIp"] for node in of(small, "BgpPeerV2") if "-dc-" in node.name} == {"10.1.0.130", "10.1.0.131"}
    assert of(openstack(settings=PLAIN), "BgpSpeakerV2") == []


def test_a_city_without_the_second_way_has_no_ipsec_ends() -> None:
    graph = openstack(settings=PLAIN.__class__(project="citycloud", gateway_flavor="gateway", access=()))
    assert of(graph, "Service") == of(graph, "SiteConnection") == of(graph, "EndpointGroup") == []


def test_a_site_that_comes_changes_nothing_else() -> None:
    before, after = openstack(), openstack(lambda content: content["sites"].insert(0, site(40)))
    old, new = ({node.urn: node for node in graph.all()} for graph in (before, after))
    assert {urn: node for urn, node in new.items() if urn in old} == old
    assert {new[urn].stack for urn in new.keys() - old.keys()} == {"wan-sites-1"}


def test_a_site_that_goes_takes_only_its_own() -> None:
    before, after = openstack(with_sites((1, 2, 3))), openstack(with_sites((1, 3)))
    old, new = ({node.urn: node for node in graph.all()} for graph in (before, after))
    assert {urn: node for urn, node in old.items() if urn in new} == new
    assert all("noi-2" in urn for urn in old.keys() - new.keys())
