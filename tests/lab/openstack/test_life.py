"""A town from the first run to the last: the real engine, OpenStack's own services, and the stacks as the command line runs them."""

from collections.abc import Iterator
from typing import Final

import pytest
from tests.infra.inventories import Content
from tests.lab.openstack.towns import MASTER, Town

from citycloud_infra.targets.automation import opened
from citycloud_infra.targets.plan import record
from citycloud_lab.openstack.laboratory import Laboratory
from citycloud_lab.openstack.leftovers import leftovers

STACKS: Final = ("wan-core", "wan-sites-0", "compute")
NOTHING: Final[dict[str, dict[str, int]]] = {name: {} for name in STACKS}
FASTER: Final = 20_000
"""Mbit/s of the main data centre's first line after the change."""
pytestmark = pytest.mark.timeout(600)  # a run of two hundred things takes minutes in a slow hour


def rate(content: Content) -> None:
    content["hubs"][0]["uplinks"][0]["rateMbps"] = FASTER


@pytest.fixture(scope="module")
def life(cloud: Laboratory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town whose tests follow one another; the engine writes its state once a run, for nobody kills it here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_EXPERIMENTAL", "1")
        patch.setenv("PULUMI_SKIP_CHECKPOINTS", "true")
        yield Town(name="life", folder=tmp_path_factory.mktemp("life"), cloud=cloud)


def test_the_first_run_makes_what_the_plan_counts(life: Town) -> None:
    city = life.run().city
    planned = record(plan=city.plan, settings=city.settings, user_data=city.user_data).nodes
    made = life.perform("up")
    stack_itself = 1
    assert made == {name: {"create": len(nodes) + stack_itself} for name, nodes in planned.items()}
    with life.cloud.connect() as connection:
        zones = {server.name: server.availability_zone for server in connection.compute.servers()}
        assert zones["life-hub-dr-gateway-1"] == "dr-a"
        assert {server.status for server in connection.compute.servers()} == {"ACTIVE"}


def test_then_there_is_nothing_to_do_and_nothing_that_differs(life: Town) -> None:
    assert life.perform("preview") == NOTHING
    assert life.perform("refresh") == NOTHING


def test_no_secret_is_written_down_in_clear_text(life: Town) -> None:
    keys = [value for name in STACKS[1:2] for value in opened(run=life.run(), name=name).outputs()["keys"].value.values()]
    assert len(keys) == 32
    for secret in (MASTER, *keys):
        holding = [path for path in life.folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
        assert holding == []


def test_a_change_of_one_rate_changes_two_things_and_the_cloud_has_it(life: Town) -> None:
    foreseen = life.perform("preview", rate)
    assert foreseen == {**NOTHING, "wan-core": {"update": 2}}  # the limit, and the policy whose description tells it
    assert life.perform("up", rate) == foreseen
    with life.cloud.connect() as connection:
        policy = connection.network.find_qos_policy("life-hub-dc-line-lease", ignore_missing=False)
        (limit,) = connection.network.qos_bandwidth_limit_rules(policy)
        assert limit.max_kbps == FASTER * 1000


def test_what_somebody_deleted_in_the_cloud_is_found_and_made_again(life: Town) -> None:
    with life.cloud.connect() as connection:
        network = connection.network
        network.delete_vpn_ipsec_site_connection(
            network.find_vpn_ipsec_site_connection("life-site-noi-20-management-dc-lease", ignore_missing=False)
        )
        server = connection.compute.find_server("life-k8s-main-cloud-a-1", ignore_missing=False)
        connection.compute.delete_server(server)
        connection.compute.wait_for_delete(server)
    found = {"wan-core": {}, "wan-sites-0": {"delete": 1}, "compute": {"delete": 1}}
    assert life.perform("refresh", rate) == found
    missing = {"wan-core": {}, "wan-sites-0": {"create": 1}, "compute": {"create": 1}}
    assert life.perform("preview", rate) == missing
    assert life.perform("up", rate) == missing


def test_in_the_end_everything_can_be_removed(life: Town) -> None:
    life.perform("destroy", rate)
    with life.cloud.connect() as connection:
        assert leftovers(connection) == {}
