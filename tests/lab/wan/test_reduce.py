"""A part of a city: which sites it has, and that nothing that stays is another than in the whole."""

import pytest

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_infra.render.city import router_texts
from citycloud_lab.wan.reduce import reduced


def test_a_few_sites_are_a_cross_section(hanoi: Inventory) -> None:
    part = reduced(hanoi, sites=4)
    assert len({site.kind for site in part.sites}) == 4
    assert {site.router for site in part.sites} == {"frr", "bird"}
    assert {name for site in part.sites for name in site.segments} == {each.name for each in hanoi.segments}


def test_more_sites_hold_the_fewer(hanoi: Inventory) -> None:
    assert {each.id for each in reduced(hanoi, sites=4).sites} < {each.id for each in reduced(hanoi, sites=9).sites}


def test_the_texts_of_a_site_are_those_of_the_whole_city(hanoi: Inventory) -> None:
    whole, part = plan_city(hanoi), plan_city(reduced(hanoi, sites=4))
    texts = router_texts(plan=whole, keys=None)
    of_sites = {path: text for path, text in router_texts(plan=part, keys=None).items() if path.split("/")[0] in part.sites}
    assert of_sites
    assert of_sites == {path: texts[path] for path in of_sites}


def test_segments_that_are_left_out_take_their_services_along(hanoi: Inventory) -> None:
    part = reduced(hanoi, sites=126, segments=["office"])
    assert {service.segment for service in part.services} == {"office"}
    assert part.crossings == ()
    assert all(site.segments == ("office",) for site in part.sites)


def test_with_vxlan_every_line_has_an_address(hanoi: Inventory) -> None:
    part = reduced(hanoi, sites=185, technique="vxlan")
    assert all(line.ipv4 or line.ipv6 for site in part.sites for line in site.uplinks)
    addresses = [each for site in part.sites for line in site.uplinks for each in (line.ipv4, line.ipv6) if each]
    assert len(addresses) == len(set(addresses))


def test_there_are_not_more_sites_than_there_are(hanoi: Inventory) -> None:
    with pytest.raises(ValueError, match="not 186"):
        reduced(hanoi, sites=186)
