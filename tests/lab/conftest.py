"""What the laboratories need of the machine, and the part of Hanoi that they are made of."""

import pathlib

import pytest
from tests.support import needs

from citycloud_dev import router_needs
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.load import read_inventory
from citycloud_lab.wan.reduce import Technique
from citycloud_lab.wan.wireguard import usual_technique

HANOI = pathlib.Path(__file__).parents[2] / "examples" / "hanoi-2026" / "inventory.yaml"


@pytest.fixture(scope="session")
def routers_can_run() -> None:
    """See that this machine can run routers; in CI it must."""
    needs.have(router_needs.missing(), what="routers")


@pytest.fixture(scope="session")
def hanoi() -> Inventory:
    """The whole city's inventory, as it is committed."""
    return read_inventory(text=HANOI.read_text("utf-8"), file=str(HANOI)).inventory


@pytest.fixture(scope="session")
def technique() -> Technique:
    """How tunnels are made here."""
    return usual_technique()
