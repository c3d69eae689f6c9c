"""One laboratory of four sites for the tests of this folder: four kinds of site, both daemons, every segment, a line without IPv4."""

import os
from collections.abc import Iterator
from typing import Final

import pytest

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_lab.wan.laboratory import OwnLaboratory, running_laboratory
from citycloud_lab.wan.reduce import reduced

NARROW_MBPS: Final = 20
"""The rate of the sites' lines here: where two cores are busy with other tests, a load that is to fill a wider one comes too slowly."""


@pytest.fixture(scope="package")
def lab(hanoi: Inventory, routers_can_run: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnLaboratory]:
    plan = plan_city(_narrowed(reduced(hanoi, sites=4, technique="vxlan")))
    with running_laboratory(plan=plan, folder=tmp_path_factory.mktemp("wan"), name=f"test-{os.getpid()}") as running:
        yield running


def _narrowed(inventory: Inventory) -> Inventory:
    sites = (
        site.model_copy(update={"uplinks": tuple(line.model_copy(update={"rate_mbps": NARROW_MBPS}) for line in site.uplinks)})
        for site in inventory.sites
    )
    return inventory.model_copy(update={"sites": tuple(sites)})
