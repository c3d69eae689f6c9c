"""An environment that needs no human is there, closed by default, with everything its owner needs."""

from collections.abc import Callable
from typing import Any

from tests.support import objects
from tests.support.kube import User, condition, eventually

Office = Callable[..., str]


def ready(admin: User, office: str, name: str) -> dict[str, Any]:
    """Wait until an environment is Ready and return it."""

    def look() -> dict[str, Any] | None:
        item = admin.get("environment", name, f"org-{office}")
        return item if item.get("status", {}).get("phase") == "Ready" else None

    item: dict[str, Any] = eventually(look, what=f"{name} to be Ready")
    return item


def test_a_test_environment_needs_no_human(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "thu-nghiem"))
    item = ready(admin, name, "thu-nghiem")
    assert item["status"]["level"] == 3
    assert item["status"]["profile"] == "vn-2026-l3"
    assert item["status"]["approved"]["by"] == "citycloud"
    assert item["status"]["observedGeneration"] == item["metadata"]["generation"]
    assert {each["status"] for each in item["status"]["conditions"]} == {"True"}
    assert all(" / " in each["message"] for each in item["status"]["conditions"])


def test_kubectl_wait_works(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "cho-doi"))
    admin.run("wait", "--for=condition=Ready", "--timeout=30s", "environment/cho-doi", "-n", f"org-{name}")


def test_each_zone_is_a_closed_namespace(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "ba-vung", zones=["dmz", "app", "data"], hosts=["ba-vung"]))
    ready(admin, name, "ba-vung")
    for zone in ("dmz", "app", "data"):
        namespace = f"{name}--ba-vung--{zone}"
        labels = admin.get("namespace", namespace)["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
        assert labels["pod-security.kubernetes.io/enforce-version"] == "v1.36"
        assert (labels["citycloud.dev/zone"], labels["citycloud.dev/level"]) == (zone, "3")
        deny = admin.get("networkpolicy", "default-deny", namespace)["spec"]
        assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        assert admin.get("serviceaccount", "default", namespace)["automountServiceAccountToken"] is False
        facts = admin.get("configmap", "citycloud-environment", namespace)["data"]
        assert facts["hosts"] == f"ba-vung.{name}.test.example"


def test_the_zones_share_the_size_and_never_exceed_it(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "chia-se", zones=["dmz", "app", "data"]))
    ready(admin, name, "chia-se")
    quotas = [admin.get("resourcequota", "citycloud", f"{name}--chia-se--{zone}")["spec"]["hard"] for zone in ("dmz", "app", "data")]
    assert [quota["requests.cpu"] for quota in quotas] == ["666m"] * 3
    assert sum(int(quota["pods"]) for quota in quotas) <= 24


def test_only_the_gateway_reaches_the_dmz_and_only_the_dmz_reaches_the_app(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "luong", zones=["dmz", "app", "data"], hosts=["luong"]))
    ready(admin, name, "luong")

    def peers(zone: str) -> set[str]:
        rules = admin.get("networkpolicy", "allow-flows-in", f"{name}--luong--{zone}")["spec"]["ingress"]
        return {peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for rule in rules for peer in rule["from"]}

    assert peers("dmz") == {"ingress"}
    assert peers("data") == {f"{name}--luong--app"}
    assert f"{name}--luong--dmz" in peers("app")
    every = admin.list("networkpolicies", selector=f"citycloud.dev/organisation={name}")
    assert not any("ipBlock" in str(policy["spec"]) for policy in every), "no rule names an address: all hold for IPv4 and IPv6"


def test_an_environment_without_hosts_is_not_reached_from_the_gateway(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "noi-bo"))
    ready(admin, name, "noi-bo")
    policies = admin.list("networkpolicies", namespace=f"{name}--noi-bo--app")
    assert {policy["metadata"]["name"] for policy in policies} == {"default-deny", "allow-dns", "allow-own-zone", "allow-monitoring"}


def test_a_pod_runs_where_the_environment_says(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    admin.apply(objects.environment(name, "chay-thu"))
    ready(admin, name, "chay-thu")
    namespace = f"{name}--chay-thu--app"
    clerk = member("clerk", f"{name}-operators")
    clerk.create(objects.pod(namespace, "web"))
    pod = eventually(lambda: _running(clerk, namespace), what="the pod to run")
    assert pod["spec"]["nodeName"].startswith("municipal-cloud")
    assert pod["spec"]["containers"][0]["resources"]["limits"]["cpu"], "the limit range gave it limits"


def _running(user: User, namespace: str) -> dict[str, Any] | None:
    pod = user.get("pod", "web", namespace)
    return pod if pod["status"].get("phase") == "Running" else None


def test_the_organisation_tells_what_it_holds_of_its_budget(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "mot"), objects.environment(name, "hai", size="m"))
    allocated = eventually(
        lambda: _allocated(admin, name) if _allocated(admin, name).get("environments") == 2 else None, what="both to be counted"
    )
    assert allocated == {"environments": 2, "cpu": "10", "memory": "20Gi", "storage": "240Gi"}
    assert f"{name}   department   True    2              10/200" in admin.run("get", "org", name)


def _allocated(admin: User, name: str) -> dict[str, Any]:
    allocated: dict[str, Any] = admin.get("organisation", name)["status"].get("allocated", {})
    return allocated


def test_members_get_access_until_their_last_day(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    members = [
        {"kind": "Group", "name": "nha-thau", "role": "operator", "until": "2100-01-01"},
        {"kind": "User", "name": "nguoi-cu@test.example", "role": "admin", "until": "2020-01-01"},
    ]
    admin.apply(objects.environment(name, "thanh-vien", members=members))
    ready(admin, name, "thanh-vien")
    namespace = f"{name}--thanh-vien--app"
    member("tho", "nha-thau").run("get", "pods", "-n", namespace)
    member("nguoi-cu@test.example").forbidden("get", "pods", "-n", namespace)


def test_a_changed_group_is_changed_in_every_zone(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    admin.apply(objects.environment(name, "doi-nhom"))
    ready(admin, name, "doi-nhom")
    groups = {"admins": ["nhom-moi"], "operators": [], "viewers": []}
    admin.patch("organisation", name, {"spec": {"groups": groups}})
    namespace = f"{name}--doi-nhom--app"
    eventually(lambda: len(admin.list("rolebindings", namespace=namespace)) == 1, what="the old bindings to go")
    member("moi", "nhom-moi").run("get", "pods", "-n", namespace)
    member("cu", f"{name}-operators").forbidden("get", "pods", "-n", namespace)


def test_the_level_follows_from_the_facts(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.system(name, "noi-bo", type="a", handlesProcedures=False, personalData={"kind": "none", "subjects": 0}))
    item = eventually(
        lambda: (found := admin.get("isys", "noi-bo", f"org-{name}")).get("status") and found, what="the level to be computed"
    )
    assert (item["status"]["computedLevel"], item["status"]["dossier"]) == (1, "missing")
    assert "art " in item["status"]["matchedCriteria"][0]["article"]
    assert condition(item, "DossierApproved")["reason"] == "DossierMissing"
