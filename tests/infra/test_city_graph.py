"""A city of 190 sites and two data centres, every stack under strict mocks: how large, and how far the stacks are apart."""

import gc

import pytest
from tests.infra.graphs import PLAIN, openstack, with_sites
from tests.infra.inventories import Content, inventory

from citycloud_infra.components.cloud import Settings
from citycloud_infra.model.plan import plan_city
from citycloud_infra.model.stacks import BACKBONE, COMPUTE, LARGEST, UnknownStack, group_of, reference, sites_of, stacks
from citycloud_infra.targets.openstack.cloud import OpenStack
from citycloud_infra.targets.plan import Graph, NoKeys, record
from citycloud_infra.targets.program import City, build
from citycloud_infra.targets.recording import Recorder, UnknownExports, run_recorded

SITES = range(1, 191)


@pytest.fixture(scope="module")
def city() -> Graph:
    return openstack(with_sites(SITES), settings=PLAIN)


def test_the_whole_city_is_recorded_and_checked(city: Graph) -> None:
    assert len(city.all()) > len(SITES) * 10


def test_no_stack_is_too_large_for_one_run(city: Graph) -> None:
    assert city.too_large() == []
    assert max(map(len, city.nodes.values())) < LARGEST
    assert list(city.nodes) == [BACKBONE, *(f"wan-sites-{group}" for group in range(6)), COMPUTE]


def test_the_largest_group_that_the_model_allows_is_not_too_large() -> None:
    """Three hubs of four lines, sites of two lines in all segments: the most that a site can have."""

    def edit(content: Content) -> None:
        with_sites(range(32, 64))(content)
        third = {**content["hubs"][1], "id": 3, "name": "third"}
        content["hubs"].append(third)

    graph = record(plan=plan_city(inventory(edit)), settings=PLAIN)
    assert len(graph.nodes["wan-sites-1"]) < LARGEST
    assert len(graph.nodes[BACKBONE]) < LARGEST


def test_nothing_stands_twice_in_the_city(city: Graph) -> None:
    assert city.twice() == []


def test_what_a_stack_needs_is_its_own_or_exported(city: Graph) -> None:
    graph = city
    for name, nodes in graph.nodes.items():
        prefix = f"urn:pulumi:{name}::"
        assert all(urn.startswith(prefix) for node in nodes for urn in (node.parent, *node.dependencies))


def test_a_stack_is_built_by_itself_from_what_the_backbone_exports(city: Graph) -> None:
    graph = city
    known = {reference(project="citycloud", stack=BACKBONE): graph.exports[BACKBONE]}
    recorder = Recorder(name="wan-sites-3", known=known)
    whole = City(
        plan=plan_city(inventory(with_sites(SITES))), settings=PLAIN, cloud=OpenStack(), keys=NoKeys, user_data=lambda *_: "#cloud-config\n"
    )
    run_recorded(program=lambda: build(stack="wan-sites-3", city=whole), project="citycloud", name="wan-sites-3", recorder=recorder)
    assert {node.urn: node for node in recorder.nodes} == {node.urn: node for node in graph.nodes["wan-sites-3"]}


@pytest.mark.filterwarnings(r"ignore:coroutine 'Output\.\w+' was never awaited:RuntimeWarning")
def test_a_stack_is_not_built_before_the_backbone() -> None:
    """Pulumi leaves three coroutines of a reference that fails; they are collected here, where their warning is expected."""
    _refused_without_the_backbone()
    gc.collect()


def _refused_without_the_backbone() -> None:
    recorder = Recorder(name=COMPUTE, known={})
    small = City(plan=plan_city(inventory()), settings=PLAIN, cloud=OpenStack(), keys=NoKeys, user_data=lambda *_: "")
    with pytest.raises(UnknownExports, match="organization/citycloud/wan-core"):
        run_recorded(program=lambda: build(stack=COMPUTE, city=small), project="citycloud", name=COMPUTE, recorder=recorder)


def test_a_group_stays_until_its_retired_numbers_are_forgotten() -> None:
    """A stack that nobody runs any more keeps what it made."""

    def edit(content: Content) -> None:
        with_sites((1, 2))(content)
        content["retired"] = [{"id": 70, "name": "noi-70", "since": "2026-11-01"}]

    assert stacks(inventory(edit)) == (BACKBONE, "wan-sites-0", "wan-sites-2", COMPUTE)
    assert sites_of(inventory=inventory(edit), stack="wan-sites-2") == ()


def test_a_sites_group_follows_from_its_number_alone() -> None:
    assert [group_of(number) for number in (1, 31, 32, 255)] == ["wan-sites-0", "wan-sites-0", "wan-sites-1", "wan-sites-7"]


def test_an_unknown_stack_is_refused() -> None:
    with pytest.raises(UnknownStack, match="there is no stack wan-cor: use"):
        sites_of(inventory=inventory(), stack="wan-cor")


def test_a_retired_group_builds_nothing() -> None:
    recorder = Recorder(name="wan-sites-5", known={})
    settings = Settings(project="citycloud", gateway_flavor="gateway")
    empty = City(plan=plan_city(inventory()), settings=settings, cloud=OpenStack(), keys=NoKeys, user_data=lambda *_: "")
    run_recorded(program=lambda: build(stack="wan-sites-5", city=empty), project="citycloud", name="wan-sites-5", recorder=recorder)
    assert recorder.nodes == []
