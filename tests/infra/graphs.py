"""Recorded cities for tests: the components over OpenStack under strict mocks, and over the target that makes nothing."""

from collections.abc import Iterable
from typing import Final

from tests.infra.inventories import Content, Edit, inventory, site
from tests.infra.strict import strict

from citycloud_infra.components.cloud import Settings
from citycloud_infra.model.plan import plan_city
from citycloud_infra.targets.openstack.cloud import OpenStack
from citycloud_infra.targets.plan import Graph, record
from citycloud_infra.targets.recording import Node

SEGMENTS: Final = ("office", "public-service", "management", "guest")
EVERYTHING: Final = Settings(
    project="citycloud",
    gateway_flavor="gateway",
    external={"net": "internet"},
    api_from=("203.0.113.0/24", "2001:db8:eeee::/48"),
    dns=("10.0.0.53", "2001:db8:1000::35"),
    ssh_key="ssh-ed25519 AAAA operations",
    node_class="transactions",
    bgp=True,
)
"""Settings that leave nothing out."""
PLAIN: Final = Settings(project="citycloud", gateway_flavor="gateway")


def openstack(*edits: Edit, settings: Settings = EVERYTHING) -> Graph:
    """Record the small sample after `edits` as OpenStack would be asked for it; every input is checked."""
    return record(plan=plan_city(inventory(*edits)), settings=settings, cloud=OpenStack(), check=strict)


def with_sites(numbers: Iterable[int]) -> Edit:
    """Replace the sites by like ones with these numbers."""

    def edit(content: Content) -> None:
        content["sites"] = [site(number, segments=SEGMENTS) for number in numbers]
        content["retired"] = []

    return edit


def of(graph: Graph, kind: str) -> list[Node]:
    """Return the nodes of a type, by its last word."""
    return [node for node in graph.all() if node.type.rpartition(":")[2] == kind]


def named(graph: Graph, kind: str, name: str) -> Node:
    """Return one node."""
    (found,) = (node for node in of(graph, kind) if node.name == name)
    return found
