"""The same texts with WireGuard's tunnels, also over a line whose address the hub does not know before it is called."""

import os
from collections.abc import Iterator

import pytest

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_lab.wan.isolation import sweep_from_outside, sweep_inside
from citycloud_lab.wan.laboratory import OwnLaboratory, running_laboratory
from citycloud_lab.wan.outages import hub_loss, watches
from citycloud_lab.wan.reduce import reduced
from citycloud_lab.wan.running import kernel_differences


@pytest.fixture(scope="module")
def encrypted(hanoi: Inventory, routers_can_run: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnLaboratory]:
    plan = plan_city(reduced(hanoi, sites=3, technique="wireguard", segments=["public-service", "guest"]))
    assert any(line.ipv4 is None and line.ipv6 is None for site in plan.inventory.sites for line in site.uplinks)
    with running_laboratory(plan=plan, folder=tmp_path_factory.mktemp("encrypted"), name=f"encrypted-{os.getpid()}") as running:
        yield running


def test_segments_are_apart_and_each_carries(encrypted: OwnLaboratory) -> None:
    assert sweep_inside(encrypted).holds
    assert sweep_from_outside(encrypted).holds


def test_what_runs_is_what_was_rendered(encrypted: OwnLaboratory) -> None:
    assert kernel_differences(encrypted, encrypted.nodes()) == []


def test_a_site_that_loses_its_hub_reaches_the_services_at_the_other(encrypted: OwnLaboratory) -> None:
    outage = hub_loss(encrypted, next(watches(encrypted)))
    assert all(each > 0 for each in outage.lost_percent)


def test_no_rendered_text_holds_a_private_key(encrypted: OwnLaboratory) -> None:
    keys = [path.read_text("ascii").strip() for path in encrypted.keys.rglob("*.key")]
    texts = [path.read_text("utf-8") for path in encrypted.texts.rglob("*") if path.is_file()]
    assert keys
    assert not any(key in text for key in keys for text in texts)
