"""The texts as a network team relies on them: known whole, moved by nobody else's change, without secrets."""

import ipaddress
import json
import pathlib
import re
import stat
import xml.etree.ElementTree as ET
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from tests.infra.inventories import ROOT, Content, cities, inventory, site, small
from tests.infra.rendered import GOLDEN, golden, plan_of, render, technique

from citycloud_infra.model.plan import plan_city
from citycloud_infra.render.city import render_city
from citycloud_infra.render.cloud_init import CERTIFICATES, TOKEN, node_user_data
from citycloud_infra.render.facts import facts_document, inventory_hash
from citycloud_infra.render.interfaces import Unrenderable
from citycloud_infra.render.keys import KeyFolder, MissingKey, ends, make_keys

CLOUD_LIMIT = 16 * 1024
"""Bytes: a quarter of what OpenStack takes as user data."""
HUBS = ("dc/", "dr/")


def test_every_golden_text_is_as_it_was() -> None:
    kept = {str(path.relative_to(GOLDEN)): path.read_text("utf-8") for path in GOLDEN.rglob("*") if path.is_file()}
    fresh = dict(golden())
    assert sorted(kept) == sorted(fresh), "python -m tests.infra.rendered"
    assert {name for name in kept if kept[name] != fresh[name]} == set(), "python -m tests.infra.rendered, then read the difference"


@given(cities())
@settings(deadline=None, max_examples=12)
def test_a_new_site_changes_no_other_site_and_only_adds_lines_at_the_hubs(content: Content) -> None:
    before = render(content)
    content["sites"].insert(0, site(19, segments=("office", "public-service", "management", "guest")))
    after = render(content)
    for name, text in before.items():
        if name in ("facts.json", "wan.svg") or name.startswith("prometheus/targets/"):
            continue
        if name.startswith(HUBS):
            assert _is_within(text.splitlines(), after[name].splitlines()), name
        else:
            assert after[name] == text, name
    assert {name.partition("/")[0] for name in after.keys() - before.keys()} <= {"noi-19", "dc", "dr"}


@given(cities())
@settings(deadline=None, max_examples=10)
def test_the_order_of_the_file_changes_no_text(content: Content) -> None:
    before = render(content)
    content["sites"].reverse()
    after = render(content)
    differing = {name for name in before if before[name] != after[name]}
    assert differing <= {"facts.json"}
    assert json.loads(before["facts.json"]) | {"inventoryHash": ""} == json.loads(after["facts.json"]) | {"inventoryHash": ""}


@pytest.mark.parametrize("name", ["wireguard", "vxlan"])
def test_no_text_holds_a_private_key(tmp_path: pathlib.Path, name: str) -> None:
    plan = plan_of(technique(name))
    make_keys(plan=plan, folder=tmp_path)
    texts = "\n".join(render_city(plan, keys=KeyFolder(tmp_path)).values())
    private = [path.read_text("ascii").strip() for path in tmp_path.rglob("*.key")]
    assert len(private) == len(set(ends(plan)))
    assert [key for key in private if key in texts] == []
    assert not re.search(r"^\s*PrivateKey", texts, re.MULTILINE)


def test_keys_are_for_nobody_else_and_stay_as_they_are(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "keys"
    plan = plan_city(inventory())
    assert make_keys(plan=plan, folder=folder) == len(set(ends(plan)))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {stat.S_IMODE(path.stat().st_mode) for path in before} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *(each for each in folder.iterdir()))} == {0o700}
    more = plan_of(small(lambda content: content["sites"].append(site(30))))
    assert make_keys(plan=more, folder=folder) == len(set(ends(more)) - set(ends(plan)))
    assert {path: path.read_bytes() for path in before} == before


def test_a_lost_public_key_comes_back_from_its_private_one(tmp_path: pathlib.Path) -> None:
    plan = plan_city(inventory())
    make_keys(plan=plan, folder=tmp_path)
    node, interface = next(iter(ends(plan)))
    keys = KeyFolder(tmp_path)
    public = keys.public(node=node, interface=interface)
    (tmp_path / node / f"{interface}.pub").unlink()
    with pytest.raises(MissingKey, match=f"{node} has no key for {interface}"):
        keys.public(node=node, interface=interface)
    assert make_keys(plan=plan, folder=tmp_path) == 0
    assert keys.public(node=node, interface=interface) == public


def test_without_keys_everything_but_wireguard_is_written() -> None:
    plan = plan_city(inventory())
    without = render_city(plan)
    assert {name for name in render() if name not in without} == {name for name in render() if "/wireguard/" in name}


def test_vxlan_towards_a_changing_address_is_refused_with_the_tunnel() -> None:
    content = technique("vxlan")
    line = content["sites"][3]["uplinks"][0]
    del line["ipv4"], line["ipv6"]
    with pytest.raises(Unrenderable, match="kho-luu-tru over net needs fixed addresses"):
        render(content)


def test_a_site_whose_address_changes_calls_and_keeps_calling() -> None:
    content = small(lambda content: [content["sites"][3]["uplinks"][0].pop(family) for family in ("ipv4", "ipv6")])
    texts = render(content)
    caller = texts["kho-luu-tru/office/wireguard/u2186.conf"]
    hub = texts["dc/office/wireguard/d2186.conf"]
    assert "Endpoint = 198.51.100.1:22186\nPersistentKeepalive = 25\n" in caller
    assert "Endpoint" not in hub
    assert '"net" . 22186,' in texts["dc/underlay/nftables.nft"]


def test_a_site_with_ipv6_alone_is_called_by_it() -> None:
    content = small(lambda content: content["sites"][3]["uplinks"][0].pop("ipv4"))
    assert "Endpoint = [2001:db8:ffff:2::17]:22186\n" in render(content)["dc/office/wireguard/d2186.conf"]


@given(cities())
@settings(deadline=None, max_examples=10)
def test_both_ends_of_a_tunnel_agree_about_the_order_of_ways(content: Content) -> None:
    texts, plan = render(content), plan_of(content)
    for tunnel in (each for each in plan.tunnels if each.site):
        hub = texts[f"{tunnel.hub}/{tunnel.segment}/frr.conf"]
        applied = re.findall(rf"^  neighbor {tunnel.ends.ipv4[1]} (prefix-list|route-map) (\S+) in$", hub, re.MULTILINE)
        assert applied[:2] == applied[2:] == [("prefix-list", f"SITE-{plan.sites[tunnel.site].id}"), applied[1]]
        entry = rf"^route-map {applied[1][1]} permit 10\n(?: .*\n)*? set local-preference (\d+)"
        (preference,) = re.findall(entry, hub, re.MULTILINE)
        bird = texts[f"{tunnel.site}/{tunnel.segment}/bird.conf"]
        session = bird[bird.index(f"protocol bgp {tunnel.site_interface} ") :]
        assert re.findall(r"bgp_local_pref = (\d+)", session)[:2] == [preference, preference]


def test_the_facts_fit_the_schema_that_the_operator_publishes() -> None:
    facts = facts_document(plan_city(inventory()))
    schema = json.loads((ROOT / "infra" / "citycloud_infra" / "facts.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(facts)
    archive = next(each for each in facts["links"] if each["name"] == "kho-luu-tru-net")
    assert (archive["hub"], archive["role"], archive["contractMbps"]) == ("dc", "primary", 50)
    assert facts["clusters"][0]["apiEndpoint"] == "https://10.1.16.5:6443"
    assert "guest" not in json.dumps(facts)


def test_the_digest_is_of_what_the_inventory_says() -> None:
    one, other = inventory(), inventory(lambda content: content["sites"][0].update(rooms=3))
    assert inventory_hash(one) == inventory_hash(inventory())
    assert inventory_hash(one) != inventory_hash(other)


def test_every_line_of_every_site_is_probed_from_every_hub_in_both_families() -> None:
    texts = render()
    groups = [group for hub in ("dc", "dr") for group in json.loads(texts[f"prometheus/targets/sites-{hub}.json"])]
    seen = {tuple(group["labels"][name] for name in ("site", "carrier", "hub", "family")) for group in groups}
    sites = ("so-thu", "phuong-mot", "phuong-hai", "kho-luu-tru")
    assert seen == {(name, line, hub, f) for name in sites for line in ("lease", "net") for hub in ("dc", "dr") for f in ("ipv4", "ipv6")}
    targets = [target for group in groups for target in group["targets"]]
    assert len(targets) == len(set(targets)) == len(groups)
    assert {ipaddress.ip_address(target).version for target in targets} == {4, 6}


def test_probes_carry_the_labels_that_dashboards_and_alerts_ask_for() -> None:
    asked = yaml.safe_load((ROOT / "monitoring" / "external.yaml").read_text("utf-8"))["probe_success"]["labels"]
    (group, *_) = json.loads(render()["prometheus/targets/sites-dc.json"])
    assert set(asked) <= set(group["labels"])


@pytest.mark.parametrize("distribution", ["k3s", "kubeadm"])
def test_a_node_is_labelled_and_told_apart_and_holds_no_secret(distribution: str) -> None:
    plan = plan_city(
        inventory(
            lambda content: content["compute"]["clusters"][0].update(distribution=distribution),
            lambda content: content["compute"]["pools"][1].update(restricted=True),
        )
    )
    (cluster,), (control, worker, _) = plan.inventory.compute.clusters, plan.inventory.compute.pools
    text = node_user_data(cluster, worker, 1)
    assert "citycloud.dev/location=municipal-cloud" in text
    assert "citycloud.dev/pool=cloud-a" in text
    assert "citycloud.dev/restricted" in text
    assert "citycloud.dev/restricted" not in node_user_data(cluster, control, 0)
    assert _files(text)["/etc/citycloud/join-token"] == ("0600", f"{TOKEN}\n")
    assert (CERTIFICATES in node_user_data(cluster, control, 0)) == (distribution == "kubeadm")


def test_only_the_first_machine_of_a_control_plane_may_begin_a_cluster() -> None:
    plan = plan_city(inventory())
    (cluster,), (control, worker, _) = plan.inventory.compute.clusters, plan.inventory.compute.pools
    machines = ((control, 0), (control, 1), (worker, 0))
    scripts = [_files(node_user_data(cluster, pool, index))["/usr/local/sbin/citycloud-join"][1] for pool, index in machines]
    assert ["! answers && true" in script for script in scripts] == [True, False, False]


def test_first_instructions_are_small_however_large_the_city_is() -> None:
    texts = render(small(lambda content: content["sites"].extend(site(number) for number in range(20, 120))))
    assert max(len(text.encode()) for name, text in texts.items() if name.startswith("machines/")) < CLOUD_LIMIT


def test_the_drawing_is_svg_that_shows_every_hub_and_site() -> None:
    drawn = ET.fromstring(render()["wan.svg"])
    titles = {each.text for each in drawn.iter("{http://www.w3.org/2000/svg}title")}
    assert {"Phường Một / First Ward (phuong-mot)", "Kho lưu trữ / Archive (kho-luu-tru)"} <= titles
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}circle"))) == 4 + 3


def _files(text: str) -> dict[str, tuple[str, str]]:
    content: dict[str, Any] = yaml.safe_load(text)
    return {each["path"]: (each["permissions"], each["content"]) for each in content["write_files"]}


def _is_within(old: list[str], new: list[str]) -> bool:
    """Tell whether `new` is `old` with lines put in between."""
    lines = iter(new)
    return all(line in lines for line in old)
