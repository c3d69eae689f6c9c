"""One laboratory of four sites for the tests of this folder: four kinds of site, both daemons, every segment, a line without IPv4."""

import os
import pathlib
from collections.abc import Iterator

import pytest

from citycloud_dev import router_needs
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.load import read_inventory
from citycloud_infra.model.plan import plan_city
from citycloud_lab.wan.laboratory import OwnLaboratory, running_laboratory
from citycloud_lab.wan.reduce import reduced

HANOI = pathlib.Path(__file__).resolve().parents[3] / "examples" / "hanoi-2026" / "inventory.yaml"


@pytest.fixture(scope="package")
def hanoi() -> Inventory:
    return read_inventory(text=HANOI.read_text("utf-8"), file=str(HANOI)).inventory


@pytest.fixture(scope="package")
def routers_can_run() -> None:
    """See that this machine has the programs; in CI it must."""
    lacking = router_needs.missing()
    if lacking:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"no routers here: {'; '.join(lacking)}")


@pytest.fixture(scope="package")
def lab(hanoi: Inventory, routers_can_run: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnLaboratory]:
    plan = plan_city(reduced(hanoi, sites=4, technique="vxlan"))
    with running_laboratory(plan=plan, folder=tmp_path_factory.mktemp("wan"), name=f"test-{os.getpid()}") as running:
        yield running
