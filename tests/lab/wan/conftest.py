"""One laboratory of four sites for the tests of this folder: four kinds of site, both daemons, every segment, a line without IPv4."""

import os
from collections.abc import Iterator

import pytest

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_lab.wan.laboratory import OwnLaboratory, running_laboratory
from citycloud_lab.wan.reduce import reduced


@pytest.fixture(scope="package")
def lab(hanoi: Inventory, routers_can_run: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnLaboratory]:
    plan = plan_city(reduced(hanoi, sites=4, technique="vxlan"))
    with running_laboratory(plan=plan, folder=tmp_path_factory.mktemp("wan"), name=f"test-{os.getpid()}") as running:
        yield running
