"""Facts of the network on the real API server: from the document to the rules of exactly those environments that name a place."""

import copy
import ipaddress
import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.support import objects, sites
from tests.support.cli import Citycloud, ready
from tests.support.kube import User, condition, eventually
from tests.support.sites import OTHER, SERVED, document, link, opening, place, segment

Office = Callable[..., str]
Apply = Callable[..., Any]
ENDS = ("SitesFound", "Ready")


@pytest.fixture
def serials(admin: User) -> Callable[[], int]:
    """Give serials above all that this cluster has seen."""
    return lambda: 1 + max([int(each["spec"]["serial"]) for each in admin.list("sites")] + [noted(admin)])


def noted(admin: User) -> int:
    note = admin.find("configmap", "citycloud-facts", "citycloud-system")
    return int(note["data"]["serial"]) if note else 0


@pytest.fixture
def pipeline(member: Callable[..., User]) -> Citycloud:
    """Be the pipeline that brings facts in."""
    return Citycloud(member("facts-pipeline", "citycloud-facts").kubeconfig)


@pytest.fixture
def bring(pipeline: Citycloud, tmp_path: pathlib.Path) -> Apply:
    """Apply a facts document."""

    def run(data: Any, *options: str, code: int = 0) -> Any:
        file = tmp_path / "facts.json"
        file.write_text(json.dumps(data))
        return pipeline("facts", "apply", str(file), *options, code=code)

    return run


def policy(admin: User, office: str, name: str) -> Any:
    return admin.find("networkpolicy", "allow-sites", f"{office}--{name}--app")


def blocks(admin: User, office: str, name: str) -> list[str]:
    found = policy(admin, office, name)
    return [peer["ipBlock"]["cidr"] for rule in found["spec"]["ingress"] for peer in rule["from"]] if found else []


def both(number: int, name: str = "office") -> list[str]:
    return [segment(name, number=number)[family] for family in ("ipv4", "ipv6")]


def versions(admin: User) -> dict[tuple[str, str], str]:
    policies = admin.list("networkpolicies", selector="app.kubernetes.io/managed-by=citycloud")
    return {(each["metadata"]["namespace"], each["metadata"]["name"]): each["metadata"]["resourceVersion"] for each in policies}


def site_versions(admin: User) -> dict[str, tuple[str, int]]:
    return {each["metadata"]["name"]: (each["metadata"]["uid"], each["metadata"]["generation"]) for each in admin.list("sites,wanlinks")}


def test_facts_become_sites_and_links_and_say_nothing_twice(admin: User, bring: Apply, serials: Callable[[], int]) -> None:
    data = document(serial=serials())
    shown = bring(data, "--dry-run").data
    assert not shown["written"]
    assert noted(admin) < data["serial"]

    assert bring(data).data["written"]
    assert admin.get("site", SERVED)["spec"]["segments"] == data["sites"][0]["segments"]
    assert admin.get("wanlink", f"{SERVED}-tslcd2")["spec"] == {key: value for key, value in data["links"][0].items() if key != "name"}
    note = admin.get("configmap", "citycloud-facts", "citycloud-system")
    assert (note["data"]["serial"], note["data"]["state"]) == (str(data["serial"]), "complete")

    before, again = site_versions(admin), bring(data).data
    assert (again["written"], again["sites"]["unchanged"], again["links"]["unchanged"]) == (False, 2, 3)
    assert admin.get("configmap", "citycloud-facts", "citycloud-system")["metadata"] == note["metadata"]
    assert bring(data | {"serial": data["serial"] + 1}).data["sites"] == {"added": [], "changed": [], "removed": [], "unchanged": 2}
    assert site_versions(admin) == before
    assert noted(admin) == data["serial"] + 1


def test_what_was_cut_off_in_the_middle_is_finished_by_the_same_command(admin: User, bring: Apply, serials: Callable[[], int]) -> None:
    first = document(serial=serials())
    bring(first)
    second = document(serial=first["serial"] + 1, sites=[place(SERVED, number=30), place(OTHER, number=31), place("moi", number=32)])
    half = admin.get("configmap", "citycloud-facts", "citycloud-system")["data"] | {"serial": str(second["serial"]), "state": "applying"}
    bring(second)
    complete = admin.get("configmap", "citycloud-facts", "citycloud-system")["data"]
    admin.patch("configmap", "citycloud-facts", {"data": {**half, "digest": complete["digest"]}}, "citycloud-system")
    admin.delete("site", "moi")

    assert f"{second['serial']}" in bring(first, code=1).stderr, "facts that were begun count, whether or not they were finished"
    other = copy.deepcopy(second)
    other["sites"][0]["names"]["en"] = "Another"
    assert "same serial" in bring(other, code=1).stderr
    assert bring(second).data["sites"]["added"] == ["moi"]
    assert admin.get("configmap", "citycloud-facts", "citycloud-system")["data"] == complete
    third, before = document(serial=second["serial"] + 1), site_versions(admin)
    assert bring(third, "--dry-run").data["sites"]["removed"] == ["moi"]
    assert site_versions(admin) == before
    bring(third)
    assert admin.find("site", "moi") is None


@pytest.mark.parametrize("broken", ["lower serial", "same serial", "unknown schema", "overlap"])
def test_facts_that_are_not_to_be_had_leave_the_last_good_ones(admin: User, bring: Apply, serials: Callable[[], int], broken: str) -> None:
    good = document(serial=serials())
    bring(good)
    before = site_versions(admin)
    data = document(serial=good["serial"] + 1, sites=[place(SERVED, number=50), place("la", number=51)], links=[link(SERVED)])
    if broken == "lower serial":
        data["serial"] = good["serial"] - 1
    elif broken == "same serial":
        data["serial"] = good["serial"]
    elif broken == "unknown schema":
        data["schema"] = "citycloud.dev/facts/v2"
    else:
        data["sites"][1]["segments"] = [segment("office", number=50)]

    refusal = bring(data, code=1)
    assert refusal.stderr.count("\n") == 1
    assert {"unknown schema": "facts/v1", "overlap": "sites[1].segments[0].ipv4"}.get(broken, str(good["serial"])) in refusal.stderr
    assert site_versions(admin) == before


def test_places_become_rules_of_those_who_name_them_and_of_nobody_else(
    admin: User, office: Office, bring: Apply, serials: Callable[[], int], member: Callable[..., User]
) -> None:
    bring(document(serial=serials()))
    name = office()
    admin.apply(objects.environment(name, "mot-cua", allowFrom=[opening(ports=(8443, 443))]))
    admin.apply(objects.environment(name, "khac", allowFrom=[opening(OTHER)]), objects.environment(name, "rieng"))
    for each in ("mot-cua", "khac", "rieng"):
        ready(admin, name, each)
    assert (blocks(admin, name, "mot-cua"), blocks(admin, name, "khac"), blocks(admin, name, "rieng")) == (both(17), both(18), [])
    users = {"organisation": name, "environment": "mot-cua"}
    eventually(lambda: users in admin.get("site", SERVED)["status"]["inUseBy"], what="the site to say who relies on it")

    before = versions(admin)
    bring(document(serial=serials(), sites=[place(SERVED, number=40), place(OTHER, number=18)]))
    eventually(lambda: blocks(admin, name, "mot-cua") == both(40), what="the other range")
    after = versions(admin)
    assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == {(f"{name}--mot-cua--app", "allow-sites")}

    clerk = Citycloud(member("nhan-vien", f"{name}-operators").kubeconfig)
    namespace = f"{name}--mot-cua--app"
    User(cluster=admin.cluster, kubeconfig=clerk.kubeconfig).create(objects.pod(namespace, "web"))
    for text in both(40):
        inside = str(ipaddress.ip_network(text)[9])
        assert clerk("reach", inside, f"{namespace}/web", "--port", "443").data["ingress"]["policies"] == [f"{namespace}/allow-sites"]
        assert not clerk("reach", inside, f"{namespace}/web", "--port", "5432", code=1).data["allowed"]
    assert not clerk("reach", str(ipaddress.ip_network(both(18)[0])[9]), f"{namespace}/web", "--port", "443", code=1).data["allowed"]


def test_a_place_in_use_cannot_be_taken_away_and_infra_is_told(
    admin: User, office: Office, bring: Apply, serials: Callable[[], int], pipeline: Citycloud
) -> None:
    used = "xa-dang-dung"
    bring(document(serial=serials(), sites=[*document()["sites"], place(used, number=60)]))
    name = office()
    admin.apply(objects.environment(name, "mot-cua", allowFrom=[opening(used)]))
    ready(admin, name, "mot-cua")
    usage = pipeline("facts", "usage").data
    assert usage["schema"] == "citycloud.dev/facts-usage/v1"
    assert {"name": used, "environments": [f"{name}/mot-cua"]} in usage["sites"]

    before = site_versions(admin)
    without = document(serial=serials())
    smaller = document(serial=serials(), sites=[*without["sites"], place(used, number=60, segments=("public-service",))])
    for data in (without, smaller):
        assert f"{used}: {name}/mot-cua. " in bring(data, code=1).stderr
    assert site_versions(admin) == before

    admin.patch("environment", "mot-cua", {"spec": {"allowFrom": []}}, f"org-{name}")
    eventually(lambda: blocks(admin, name, "mot-cua") == [], what="the way in to close")
    assert [each["name"] for each in bring(smaller).data["sites"]["changed"]] == [used]
    assert "inUseBy" not in eventually(lambda: _unused(admin, used), what="the site to be nobody's")["status"]


def _unused(admin: User, name: str) -> Any:
    found = admin.get("site", name)
    return found if found["status"]["environments"] == 0 else None


def test_a_place_that_is_deleted_by_hand_lets_nobody_in(
    admin: User, office: Office, bring: Apply, serials: Callable[[], int], member: Callable[..., User]
) -> None:
    bring(document(serial=serials(), sites=[*document()["sites"], place("xa-mat", number=60)]))
    name = office()
    admin.apply(objects.environment(name, "mot-cua", allowFrom=[opening("xa-mat"), opening()]))
    ready(admin, name, "mot-cua")
    admin.delete("site", "xa-mat")

    eventually(lambda: blocks(admin, name, "mot-cua") == both(17), what="the range to go")
    found = eventually(lambda: _degraded(admin, name), what="the environment to say so")
    assert {condition(found, type_)["reason"] for type_ in ENDS} == {"SiteUnknown"}
    why = Citycloud(member("nhan-vien", f"{name}-admins").kubeconfig)("why", f"{name}/mot-cua", "--lang", "en", code=1).data
    told = next(each for each in why["conditions"] if each["type"] == "SitesFound")
    assert "network team" in told["who"]


def _degraded(admin: User, office: str) -> Any:
    found = admin.get("environment", "mot-cua", f"org-{office}")
    return found if found["status"]["phase"] == "Degraded" else None


def test_a_place_that_is_not_there_is_refused_in_both_languages(
    admin: User, office: Office, bring: Apply, serials: Callable[[], int]
) -> None:
    bring(document(serial=serials()))
    name = office()
    admin.apply(objects.environment(name, "nham", allowFrom=[opening("phuong-hoan-kiem-x")]))
    said = eventually(lambda: condition(admin.get("environment", "nham", f"org-{name}"), "Ready").get("message"), what="a refusal")
    assert all(SERVED in part for part in said.split(" / "))


def test_a_member_reads_places_and_only_the_pipeline_writes_them(
    admin: User, office: Office, bring: Apply, serials: Callable[[], int], member: Callable[..., User]
) -> None:
    bring(document(serial=serials()))
    name = office()
    clerk = member("nhan-vien", f"{name}-admins", f"{name}-operators")
    assert SERVED in {each["metadata"]["name"] for each in clerk.list("sites")}
    assert f"{SERVED}-tslcd2" in {each["metadata"]["name"] for each in clerk.list("wanlinks")}
    assert "cannot create" in clerk.refused(sites.site("phuong-gia", number=70))
    clerk.forbidden("delete", "site", SERVED)
    clerk.forbidden("patch", "site", SERVED, "--type=merge", "-p", '{"spec":{"serial":99}}')
    pipeline = member("facts-pipeline", "citycloud-facts")
    assert "cannot create" in pipeline.refused(objects.organisation("co-quan-la"))
    pipeline.forbidden("get", "secrets", "-A")


def test_a_serial_never_falls_and_a_range_has_no_host_bits(admin: User, serials: Callable[[], int]) -> None:
    number = serials()
    admin.apply(sites.site("phuong-thu", number=80, serial=number))
    assert "spec.serial" in admin.refused(sites.site("phuong-thu", number=80, serial=number - 1), verb="apply")
    for family, text in (("ipv4", "10.20.0.1/20"), ("ipv4", "2001:db8::/52"), ("ipv6", "10.20.0.0/20"), ("ipv4", "x")):
        refusal = admin.refused(sites.site("phuong-sai", number=81, segments=[segment("office", number=81) | {family: text}]))
        assert f"spec.segments[0].{family}" in refusal
        assert " / " in refusal
    admin.delete("site", "phuong-thu")
