"""What a host notices when something fails. How long it took is measured elsewhere (`lab test`, `make lab-scale`) and judged nowhere."""

import math

import pytest

from citycloud_lab.wan.laboratory import OwnLaboratory
from citycloud_lab.wan.outages import (
    Watch,
    at_home,
    hub_crash,
    hub_loss,
    line_flap,
    loss_of_all_hubs,
    preferred_hub,
    site_loss,
    watches,
)


@pytest.fixture
def watch(lab: OwnLaboratory) -> Watch:
    """A site's host that asks for a service over both families."""
    return next(watches(lab))


def test_a_site_that_loses_its_hub_reaches_the_services_at_the_other(lab: OwnLaboratory, watch: Watch) -> None:
    outage = hub_loss(lab, watch)
    assert all(0 < each < math.inf for each in outage.seconds)
    assert all(each > 0 for each in outage.lost_percent), "nothing was lost: the cut was none"


def test_a_hub_whose_daemons_crash_is_left_and_taken_again(lab: OwnLaboratory, watch: Watch) -> None:
    revived: list[str] = []
    outage = hub_crash(lab, watch, revive=lambda: revived.extend(each.node for each in lab.revive()))
    assert outage.longest < math.inf
    assert set(revived) == {preferred_hub(lab)}


def test_a_line_that_comes_and_goes_leaves_a_city_that_settles(lab: OwnLaboratory, watch: Watch) -> None:
    outage = line_flap(lab, watch)
    assert outage.longest < math.inf
    assert all(each > 0 for each in outage.lost_percent)
    assert lab.settled()


def test_a_site_without_any_hub_keeps_its_network_and_its_guests_the_internet(lab: OwnLaboratory) -> None:
    home = list(at_home(lab))
    assert {each.host.node for each in home} == set(lab.plan.sites)
    assert any(lab.plan.segments[each.host.segment].transport == "local" for each in home)
    assert {each.lost_percent for each in loss_of_all_hubs(lab, home)} == {(0.0, 0.0)}


def test_nobody_notices_that_another_site_is_gone(lab: OwnLaboratory) -> None:
    gone, *_ = lab.plan.sites
    before = lab.begun()
    outages = site_loss(lab, gone)
    assert len(outages) == sum(each.host.node != gone for each in watches(lab))
    assert {each.lost_percent for each in outages} == {(0.0, 0.0)}
    of_gone = {f"{hub.folder} {peer.other[0]}" for hub in lab.hubs() for peer in hub.peers if peer.name == gone}
    assert {end for end, times in lab.begun().items() if times != before[end]} == of_gone
