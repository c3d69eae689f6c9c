"""What runs is what was rendered, also after a site came, which disturbs nobody."""

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_lab.wan.daemon_running import daemon_differences
from citycloud_lab.wan.laboratory import OwnLaboratory
from citycloud_lab.wan.reduce import reduced
from citycloud_lab.wan.running import kernel_differences


def test_the_kernel_runs_what_was_rendered(lab: OwnLaboratory) -> None:
    assert list(kernel_differences(lab)) == []


def test_the_daemons_run_what_was_rendered(lab: OwnLaboratory) -> None:
    assert list(daemon_differences(lab)) == []


def test_what_somebody_changed_by_hand_is_found(lab: OwnLaboratory) -> None:
    hub = lab.router(node="dc", segment="office")
    lab.control.ask(hub, "configure terminal", "ip prefix-list HUBS seq 999 permit 0.0.0.0/0")
    lab.networks["dc.office"].run("nft", "insert", "rule", "inet", "citycloud", "forward", "accept")
    lab.networks["dc.underlay"].run("tc", "class", "change", "dev", "tslcd2", "classid", "1:3e", "htb", "rate", "1mbit", "ceil", "1mbit")
    try:
        found = [*kernel_differences(lab), *daemon_differences(lab)]
        assert any(each.startswith("dc/office: frr.conf: no ip prefix-list HUBS seq 999") for each in found)
        assert "dc.office: rules of nftables: not rendered: accept" in found
        assert any(each.startswith("dc.underlay: queues: not rendered: tslcd2") for each in found)
    finally:
        lab.control.ask(hub, "configure terminal", "no ip prefix-list HUBS seq 999")
        lab.load(["dc"])


def test_a_site_that_comes_disturbs_no_session(lab: OwnLaboratory, hanoi: Inventory) -> None:
    before = {hub.folder: {end: each.since for end, each in lab.sessions(hub).items()} for hub in lab.hubs()}
    lab.change(plan_city(reduced(hanoi, sites=5, technique="vxlan")))
    lab.wait_until_settled()
    after = {hub.folder: lab.sessions(hub) for hub in lab.hubs()}
    assert sum(map(len, after.values())) > sum(map(len, before.values()))
    assert {hub: {end: after[hub][end].since for end in ends} for hub, ends in before.items()} == before
    assert [*kernel_differences(lab), *daemon_differences(lab)] == []
