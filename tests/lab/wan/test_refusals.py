"""What a hub makes of a site that announces what is not its own, and what fits through a tunnel."""

import pytest

from citycloud_infra.render.view import Router
from citycloud_lab.wan.laboratory import OwnLaboratory
from citycloud_lab.wan.outages import watches
from citycloud_lab.wan.packets import passes
from citycloud_lab.wan.refusals import announce, flood, foreign


@pytest.fixture
def rogue(lab: OwnLaboratory) -> Router:
    """A site's router that somebody has broken into."""
    return next(each for each in lab.routers.values() if each.daemon == "bird" and each.segment.name == "office")


def test_a_hub_does_not_believe_a_site_about_others(lab: OwnLaboratory, rogue: Router) -> None:
    announced = announce(lab, rogue, foreign(lab, rogue))
    assert announced.updates > 0
    assert announced.believed == ()
    assert announced.before == announced.after


def test_a_flood_of_networks_is_refused_and_disturbs_no_session(lab: OwnLaboratory, rogue: Router) -> None:
    before = lab.begun()
    announced = announce(lab, rogue, flood())
    assert announced.updates > 0
    assert announced.believed == ()
    assert announced.before == announced.after
    assert lab.begun() == before


@pytest.mark.parametrize("family", [0, 1], ids=["ipv4", "ipv6"])
def test_what_the_inventory_says_fits_a_tunnel_does_and_a_byte_more_does_not(lab: OwnLaboratory, family: int) -> None:
    watch, mtu = next(watches(lab)), lab.plan.inventory.overlay.mtu
    network, address = lab.networks[watch.host.network], watch.addresses[family]
    assert passes(network, address=address, size=mtu)
    assert not passes(network, address=address, size=mtu + 1)
