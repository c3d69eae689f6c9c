"""Who hears whom: nobody but by the law, everybody by the law, and a hole is found."""

from citycloud_lab.wan.isolation import sweep_from_outside, sweep_inside
from citycloud_lab.wan.laboratory import OwnLaboratory
from citycloud_lab.wan.places import inside


def test_every_host_is_heard_by_whom_it_may_and_by_nobody_else(lab: OwnLaboratory) -> None:
    verdict = sweep_inside(lab)
    assert verdict.leaks == ()
    assert verdict.missing == ()
    assert verdict.allowed > 0


def test_nobody_inside_hears_a_carrier_or_the_internet(lab: OwnLaboratory) -> None:
    verdict = sweep_from_outside(lab)
    assert verdict.said > 0
    assert verdict.leaks == ()


def test_a_hole_between_two_segments_is_found(lab: OwnLaboratory) -> None:
    holed = {segment: lab.networks[inside(node="dc", segment=segment)] for segment in ("office", "public-service")}
    for network in holed.values():
        network.run("nft", "insert", "rule", "inet", "citycloud", "forward", "accept")
    try:
        leaks = sweep_inside(lab).leaks
    finally:
        for segment, network in holed.items():
            network.run("nft", "--file", str(lab.texts / "dc" / segment / "nftables.nft"))
    assert "public-service" in {each.said.source.split(".")[1] for each in leaks if each.at == "dc.office.host"}


def test_a_carrier_behind_an_open_underlay_is_found(lab: OwnLaboratory) -> None:
    underlay = lab.networks["dc.underlay"]
    underlay.run("nft", "insert", "rule", "inet", "citycloud", "input", "accept")
    try:
        assert {each.at for each in sweep_from_outside(lab).leaks} == {"dc.underlay"}
    finally:
        underlay.run("nft", "--file", str(lab.texts / "dc" / "underlay" / "nftables.nft"))
