"""What cannot be right is refused at once, by the API server itself, by field, and in both languages where a department may meet it."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support import objects
from tests.support.kube import User

Office = Callable[..., str]

BAD_NAMES = ["a--b", "a" * 25, "Hoa", "ab", "-ab", "ab-", "1ab", "so_y_te"]
BAD_SPECS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown stage": ({"stage": "live"}, "spec.stage"),
    "a zone that is no slug": ({"zones": ["a--b"]}, "spec.zones[0]"),
    "a zone that is too long": ({"zones": ["abcdefghijkl"]}, "spec.zones[0]"),
    "the same zone twice": ({"zones": ["app", "app"]}, "spec.zones[1]"),
    "a host with a dot": ({"hosts": ["ho-so.com"]}, "spec.hosts[0]"),
    "a host of somebody else": ({"hosts": ["*"]}, "spec.hosts[0]"),
    "a system group as member": (
        {"members": [{"kind": "Group", "name": "system:masters", "role": "admin"}]},
        "spec.members",
    ),
    "an unknown role": ({"members": [{"kind": "User", "name": "a", "role": "owner"}]}, "spec.members[0].role"),
    "a last day that is none": (
        {"members": [{"kind": "User", "name": "a", "role": "viewer", "until": "hôm nay"}]},
        "spec.members[0].until",
    ),
    "a member named twice": (
        {"members": [{"kind": "User", "name": "an", "role": role} for role in ("viewer", "admin")]},
        "spec.members[1]: Duplicate value",
    ),
    "a name with a line break": ({"members": [{"kind": "User", "name": "an\nbinh", "role": "viewer"}]}, "spec.members"),
    "a name that colours a terminal": ({"members": [{"kind": "User", "name": "\x1b[31man", "role": "viewer"}]}, "spec.members"),
    "a name that turns the direction": ({"members": [{"kind": "User", "name": "an\u202enimda", "role": "viewer"}]}, "spec.members"),
    "500 members": ({"members": [{"kind": "User", "name": f"u{n}", "role": "viewer"} for n in range(500)]}, "spec.members"),
    "a megabyte of reasons": ({"justification": "x" * 1_048_576}, "spec.justification"),
    "a port that is none": (
        {"allowFrom": [{"site": "a", "segment": "office", "zone": "app", "ports": [70000]}]},
        "spec.allowFrom[0].ports[0]",
    ),
}
BILINGUAL = {
    "500 members",
    "a megabyte of reasons",
    "a host with a dot",
    "a system group as member",
    "a zone that is no slug",
    "a name with a line break",
    "a name that colours a terminal",
    "a name that turns the direction",
}
BAD_QUANTITIES = ["-1", "1e3", "0.1m", "1.5", "9" * 30, "10Pi", "99999Ti", "1G", " 1", "", "01"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_of_an_organisation_is_refused_in_both_languages(admin: User, name: str) -> None:
    refusal = admin.refused(objects.organisation(name))
    if "RFC 1123" not in refusal:  # what is no name for Kubernetes at all is refused before our rules are asked
        assert "tên gồm" in refusal
        assert "a name has" in refusal


@pytest.mark.parametrize("name", ["Sở-y-tế", "so-y-té", "sở", "đống-đa"])
def test_vietnamese_letters_are_no_part_of_a_name(admin: User, name: str) -> None:
    assert "metadata.name" in admin.refused(objects.organisation(name))


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_of_an_environment_is_refused(admin: User, office: Office, name: str) -> None:
    assert "name" in admin.refused(objects.environment(office(), name))


@pytest.mark.parametrize("case", BAD_SPECS)
def test_a_bad_spec_is_refused_by_its_field(admin: User, office: Office, case: str) -> None:
    changes, field = BAD_SPECS[case]
    refusal = admin.refused(objects.environment(office(), "sai", **changes))
    assert field in refusal
    if case in BILINGUAL:
        assert " / " in refusal


def test_an_unknown_field_is_refused_by_its_name(admin: User, office: Office) -> None:
    assert 'unknown field "sizee"' in admin.refused(objects.environment(office(), "sai", sizee="m"))


def test_an_object_over_the_limit_of_a_request_is_refused(admin: User, office: Office) -> None:
    refusal = admin.refused(objects.environment(office(), "qua-lon", justification="x" * 4_000_000))
    assert "too large" in refusal or "Too long" in refusal or "size" in refusal


@pytest.mark.parametrize("quantity", BAD_QUANTITIES)
def test_a_quantity_that_cannot_be_counted_is_refused(admin: User, quantity: str) -> None:
    size = {
        "apiVersion": objects.API_VERSION,
        "kind": "SizeClass",
        "metadata": {"name": "sai"},
        "spec": {
            "order": 1,
            "quota": {"requests.cpu": quantity},
            "container": {"default": {"cpu": "1"}, "defaultRequest": {"cpu": "1"}, "max": {"cpu": "1"}},
        },
    }
    refusal = admin.refused(size)
    assert "requests.cpu" in refusal
    assert "lượng là số nguyên" in refusal


@pytest.mark.parametrize("quantity", BAD_QUANTITIES)
def test_a_budget_that_cannot_be_counted_is_refused(admin: User, quantity: str) -> None:
    budget = {"environments": 1, "cpu": quantity, "memory": "1Gi", "storage": "1Gi"}
    assert "spec.budget.cpu" in admin.refused(objects.organisation("ngan-sach-sai", budget=budget))


@pytest.mark.parametrize("budget", [{"environments": -1}, {"environments": 10**12}])
def test_a_number_of_environments_out_of_range_is_refused(admin: User, budget: dict[str, int]) -> None:
    whole = {"environments": 1, "cpu": "1", "memory": "1Gi", "storage": "1Gi"} | budget
    assert "spec.budget.environments" in admin.refused(objects.organisation("ngan-sach-sai", budget=whole))


def test_system_stage_and_zones_do_not_change(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "giu-nguyen", zones=["app", "data"]))
    for changes, words in (
        ({"system": "khac"}, "spec.system"),
        ({"stage": "development"}, "stage"),
        ({"zones": ["app"]}, "zones"),
    ):
        refusal = admin.refused(objects.environment(name, "giu-nguyen", **{"zones": ["app", "data"], **changes}), verb="apply")
        assert words in refusal
        assert " / " in refusal


def test_there_is_only_one_city(admin: User, city: None) -> None:
    other = objects.city()
    other["metadata"]["name"] = "hai-phong"
    assert "chỉ có một City" in admin.refused(other)


def test_the_code_of_an_organisation_does_not_change(admin: User, office: Office) -> None:
    name = office()
    refusal = admin.refused(objects.organisation(name, code="H26.KHAC"), verb="apply")
    assert "spec.code" in refusal
    assert "OrgChange" in refusal


@pytest.mark.parametrize("code", ["h26", "H2", "H26.x1", "H26..1", "000.00.01.H26", "H26." + "A" * 40])
def test_a_code_has_the_form_of_the_decision(admin: User, code: str) -> None:
    assert "20/2020" in admin.refused(objects.organisation("ma-sai", code=code))


def test_facts_that_contradict_each_other_are_refused(admin: User, office: Office) -> None:
    name = office()
    assert "subjects" in admin.refused(objects.system(name, "mau-thuan", personalData={"kind": "none", "subjects": 5}))
    assert "worksGrade" in admin.refused(objects.system(name, "mau-thuan", worksGrade="i"))


def test_a_profile_is_named_after_its_level(admin: User) -> None:
    profile = admin.get("securityprofile", "vn-2026-l3")
    profile["metadata"] = {"name": "vn-2026-l4"}
    assert "<khung>-l<cấp>" in admin.refused(profile, verb="apply")
