"""What is missing is said in both languages, harms nobody else, and is made good without a restart."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support import objects
from tests.support.kube import User, condition, eventually

Office = Callable[..., str]


def waits(admin: User, office: str, name: str, reason: str) -> dict[str, Any]:
    """Wait until an environment says `reason` and return its Ready condition."""

    def look() -> dict[str, Any] | None:
        found = condition(admin.get("environment", name, f"org-{office}"), "Ready")
        return found if found.get("reason") == reason else None

    found: dict[str, Any] = eventually(look, what=f"{name} to say {reason}")
    assert found["status"] == "False"
    assert " / " in found["message"], "the reason is said in Vietnamese and English"
    return found


def becomes_ready(admin: User, office: str, name: str) -> None:
    eventually(
        lambda: admin.get("environment", name, f"org-{office}").get("status", {}).get("phase") == "Ready",
        what=f"{name} to become Ready",
    )


def has_nothing(admin: User, office: str, name: str) -> bool:
    return not admin.list("namespaces", selector=f"citycloud.dev/organisation={office},citycloud.dev/environment={name}")


def test_an_unknown_system_is_named_and_made_good_by_declaring_it(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "thieu", system="chua-co"))
    assert "chua-co" in waits(admin, name, "thieu", "SystemMissing")["message"]
    assert has_nothing(admin, name, "thieu")
    admin.apply(objects.system(name, "chua-co"))
    becomes_ready(admin, name, "thieu")


def test_an_unknown_size_is_answered_with_those_there_are(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "co-la", size="khong-lo"))
    assert "s, m, l, xl" in waits(admin, name, "co-la", "SizeMissing")["message"]
    admin.apply(objects.environment(name, "co-la", size="s"))
    becomes_ready(admin, name, "co-la")


def test_an_unknown_zone_is_answered_with_those_there_are(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "vung-la", zones=["ngoai"]))
    assert "dmz" in waits(admin, name, "vung-la", "ZoneUnknown")["message"]


def test_a_location_that_does_not_take_the_level_is_refused(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.system(name, "cap-bon", type="c", serves="nation", alwaysOn=True))
    admin.apply(objects.environment(name, "sai-cho", system="cap-bon", location="municipal-cloud"))
    assert "data-centre" in waits(admin, name, "sai-cho", "LocationUnfit")["message"]
    admin.apply(objects.environment(name, "cho-la", location="mat-trang"))
    waits(admin, name, "cho-la", "LocationUnknown")


def test_a_level_that_may_not_share_a_cluster_is_refused_with_an_explanation(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.system(name, "an-ninh", criticalList=True))
    admin.apply(objects.environment(name, "cap-nam", system="an-ninh"))
    assert "tách biệt vật lý" in waits(admin, name, "cap-nam", "LevelOffPlatform")["message"]
    assert has_nothing(admin, name, "cap-nam")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"template": "mau"}, "TemplateUnknown"),
        ({"egress": [{"endpoint": "dan-cu", "port": 443}]}, "EndpointUnknown"),
        ({"allowFrom": [{"site": "phuong", "segment": "office", "zone": "app", "ports": [8443]}]}, "SiteUnknown"),
        ({"framework": "vn-1999"}, "FrameworkUnknown"),
    ],
)
def test_what_is_not_there_is_refused_and_never_ignored(admin: User, office: Office, changes: dict[str, Any], reason: str) -> None:
    name = office()
    admin.apply(objects.environment(name, "chua-co", **changes))
    waits(admin, name, "chua-co", reason)
    assert has_nothing(admin, name, "chua-co")


def test_an_abolished_organisation_keeps_running_and_accepts_nothing_new(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "dang-chay"))
    becomes_ready(admin, name, "dang-chay")
    admin.apply(objects.organisation(name, validTo="2026-01-31"))
    admin.apply(objects.environment(name, "moi"))
    assert "2026-01-31" in waits(admin, name, "moi", "OrganisationClosed")["message"]
    assert admin.get("environment", "dang-chay", f"org-{name}")["status"]["phase"] == "Ready"


@pytest.fixture
def kept(admin: User) -> Iterator[Callable[[str, str], None]]:
    """Delete cluster-wide objects, and put them back afterwards whatever happens."""
    removed: list[dict[str, Any]] = []

    def remove(kind: str, name: str) -> None:
        item = admin.get(kind, name)
        item["metadata"] = {"name": name}
        item.pop("status", None)
        removed.append(item)
        admin.delete(kind, name)

    yield remove
    admin.apply(*removed)


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [("securityprofile", "vn-2026-l3", "ProfileMissing"), ("sizeclass", "s", "SizeMissing"), ("city", "city", "CityMissing")],
)
def test_what_is_deleted_later_takes_nothing_away_and_is_missed_until_it_returns(
    admin: User, office: Office, kept: Callable[[str, str], None], kind: str, name: str, reason: str
) -> None:
    owner = office()
    admin.apply(objects.environment(owner, "con-chay"))
    becomes_ready(admin, owner, "con-chay")
    before = _everything(admin, f"{owner}--con-chay--app")
    kept(kind, name)
    waits(admin, owner, "con-chay", reason)
    assert _everything(admin, f"{owner}--con-chay--app") == before
    kept_back = objects.city() if kind == "city" else None
    if kept_back:
        admin.apply(kept_back)
        becomes_ready(admin, owner, "con-chay")


def _everything(admin: User, namespace: str) -> list[str]:
    kinds = "resourcequotas,limitranges,networkpolicies,rolebindings,configmaps,serviceaccounts"
    return sorted(objects.without_volatile(item) for item in admin.list(kinds, namespace=namespace))


def test_a_namespace_of_somebody_else_is_never_touched(admin: User, break_glass: User, office: Office) -> None:
    name = office()
    namespace = f"{name}--cua-ai--app"
    break_glass.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"owner": "khac"}}})
    before = admin.get("namespace", namespace)
    admin.apply(objects.environment(name, "cua-ai"))
    assert namespace in waits(admin, name, "cua-ai", "NamespaceTaken")["message"]
    after = admin.get("namespace", namespace)
    assert after == before, "byte for byte as it was"
    assert {item["kind"] for item in admin.list("configmaps,serviceaccounts,networkpolicies,rolebindings", namespace=namespace)} <= {
        "ConfigMap",
        "ServiceAccount",
    }


def test_names_that_look_alike_never_meet_in_one_namespace(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "a-b"), objects.environment(name, "a-b-app"))
    for environment in ("a-b", "a-b-app"):
        becomes_ready(admin, name, environment)
    namespaces = {item["metadata"]["name"] for item in admin.list("namespaces", selector=f"citycloud.dev/organisation={name}")}
    assert {f"{name}--a-b--app", f"{name}--a-b-app--app"} <= namespaces


def test_an_organisation_that_vanishes_takes_nothing_along(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "o-lai"))
    becomes_ready(admin, name, "o-lai")
    admin.delete("organisation", name)
    assert name in waits(admin, name, "o-lai", "OrganisationMissing")["message"]
    assert admin.get("namespace", f"{name}--o-lai--app")["status"]["phase"] == "Active"
    admin.apply(objects.organisation(name))
    becomes_ready(admin, name, "o-lai")
