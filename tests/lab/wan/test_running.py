"""What runs is what was rendered, also after a site came, which disturbs nobody."""

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_lab.wan.daemon_running import daemon_differences
from citycloud_lab.wan.laboratory import OwnLaboratory
from citycloud_lab.wan.reduce import reduced
from citycloud_lab.wan.running import kernel_differences


def test_the_kernel_runs_what_was_rendered(lab: OwnLaboratory) -> None:
    assert kernel_differences(lab, lab.nodes()) == []


def test_the_daemons_run_what_was_rendered(lab: OwnLaboratory) -> None:
    assert daemon_differences(lab, lab.nodes()) == []


def test_what_somebody_changed_by_hand_is_found(lab: OwnLaboratory) -> None:
    hub = lab.router(node="dc", segment="office")
    lab.control.ask(hub, "configure terminal", "ip prefix-list HUBS seq 999 permit 0.0.0.0/0")
    lab.networks["dc.office"].run("nft", "insert", "rule", "inet", "citycloud", "forward", "accept")
    lab.networks["dc.underlay"].run("tc", "class", "change", "dev", "tslcd2", "classid", "1:3e", "htb", "rate", "1mbit", "ceil", "1mbit")
    try:
        found = kernel_differences(lab, ["dc"]) + daemon_differences(lab, ["dc"])
        assert any(each.startswith("dc/office: frr.conf: no ip prefix-list HUBS seq 999") for each in found)
        assert "dc.office: rules of nftables: not rendered: accept" in found
        assert any(each.startswith("dc.underlay: queues: not rendered: tslcd2") for each in found)
    finally:
        lab.control.ask(hub, "configure terminal", "no ip prefix-list HUBS seq 999")
        lab.load(["dc"])


def test_a_site_that_comes_disturbs_no_session(lab: OwnLaboratory, hanoi: Inventory) -> None:
    before, known = lab.begun(), set(lab.nodes())
    lab.change(plan_city(reduced(hanoi, sites=5, technique="vxlan")))
    lab.wait_until_settled()
    after = lab.begun()
    assert len(after) > len(before)
    assert {end: after[end] for end in before} == before
    touched = [*lab.plan.hubs, *(set(lab.nodes()) - known)]
    assert kernel_differences(lab, touched) + daemon_differences(lab, touched) == []
