"""A member of one department works in their own environments, sees their own requests, and nothing of another's."""

import functools
from collections.abc import Callable

import pytest
from tests.support import objects
from tests.support.kube import User, eventually

from citycloud_dev.processes import ProcessError

Office = Callable[..., str]
SECRET_KINDS = ("secrets", "pods", "configmaps", "rolebindings", "environments", "informationsystems", "approvals")


def _works(admin: User, name: str) -> bool:
    return bool(admin.get("environment", "lam-viec", f"org-{name}").get("status", {}).get("phase") == "Ready")


def _at_work(admin: User, *names: str) -> None:
    for name in names:
        admin.apply(objects.environment(name, "lam-viec"))
    for name in names:
        eventually(functools.partial(_works, admin, name), what=f"the environment of {name}")


@pytest.fixture(scope="module")
def two_offices(admin: User, office: Office) -> tuple[str, str]:
    """Two organisations with one environment each, for those who look and try in vain: nobody changes anything there."""
    names = (office(), office())
    _at_work(admin, *names)
    return names


@pytest.fixture
def mine(admin: User, office: Office) -> str:
    """An organisation with one environment, for one test alone."""
    name = office()
    _at_work(admin, name)
    return name


def test_a_member_works_in_their_own_environment(mine: str, member: Callable[..., User]) -> None:
    clerk = member("nhan-vien", f"{mine}-operators")
    namespace = f"{mine}--lam-viec--app"
    clerk.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "khoa", "namespace": namespace}, "stringData": {"a": "b"}})
    assert clerk.get("secret", "khoa", namespace)["metadata"]["name"] == "khoa"
    clerk.create(objects.pod(namespace, "web"))


def test_a_member_lists_their_own_requests(mine: str, member: Callable[..., User]) -> None:
    clerk = member("nhan-vien", f"{mine}-admins")
    assert [item["metadata"]["name"] for item in clerk.list("environments", namespace=f"org-{mine}")] == ["lam-viec"]
    clerk.apply(objects.environment(mine, "xin-them"))


@pytest.mark.parametrize("kind", SECRET_KINDS)
def test_a_member_sees_nothing_of_another_department(two_offices: tuple[str, str], member: Callable[..., User], kind: str) -> None:
    mine, other = two_offices
    clerk = member("nhan-vien", f"{mine}-admins", f"{mine}-operators")
    clerk.forbidden("get", kind, "-n", f"{other}--lam-viec--app")
    clerk.forbidden("get", kind, "-n", f"org-{other}")
    clerk.forbidden("get", kind, "-A")


def test_a_member_sees_no_organisation_and_no_namespace_list(two_offices: tuple[str, str], member: Callable[..., User]) -> None:
    mine, _ = two_offices
    clerk = member("nhan-vien", f"{mine}-admins")
    clerk.forbidden("get", "organisations")
    clerk.forbidden("get", "namespaces")


@pytest.mark.parametrize("role", ["viewers", "operators", "admins"])
def test_a_member_sees_the_namespaces_of_their_own_environments_and_changes_none(
    two_offices: tuple[str, str], member: Callable[..., User], role: str
) -> None:
    mine, other = two_offices
    own = f"{mine}--lam-viec--app"
    clerk = member("nhan-vien", f"{mine}-{role}")
    assert clerk.get("namespace", own)["metadata"]["labels"]["citycloud.dev/organisation"] == mine
    for foreign in (f"{other}--lam-viec--app", f"org-{other}", "kube-system"):
        clerk.forbidden("get", "namespace", foreign)
    clerk.forbidden("get", "namespaces", "--watch")
    clerk.forbidden("get", "namespace", own, "--subresource=status")
    clerk.forbidden("label", "namespace", own, "team=own")
    clerk.forbidden("delete", "namespace", own)


def test_everybody_sees_what_can_be_asked_for(member: Callable[..., User], cluster: object) -> None:
    assert "vn-2026-l3" in member("ai-do").run("get", "securityprofiles,sizeclasses")


def test_an_organisation_and_the_city_are_read_by_name_and_never_changed(two_offices: tuple[str, str], member: Callable[..., User]) -> None:
    mine, _ = two_offices
    clerk = member("nhan-vien", f"{mine}-admins")
    assert clerk.get("organisation", mine)["spec"]["budget"]
    assert clerk.get("city", "city")["spec"]["approval"]
    clerk.forbidden("get", "cities")
    clerk.forbidden("patch", "organisation", mine, "--type=merge", "-p", '{"spec":{"budget":{"environments":99}}}')
    clerk.forbidden("patch", "city", "city", "--type=merge", "-p", '{"spec":{"approval":{}}}')


def test_a_viewer_looks_and_changes_nothing(two_offices: tuple[str, str], member: Callable[..., User]) -> None:
    mine, _ = two_offices
    viewer = member("nguoi-xem", f"{mine}-viewers")
    namespace = f"{mine}--lam-viec--app"
    viewer.run("get", "pods,networkpolicies,resourcequotas", "-n", namespace)
    viewer.forbidden("get", "secrets", "-n", namespace)
    viewer.forbidden("delete", "networkpolicies", "--all", "-n", namespace)
    viewer.run("get", "environments", "-n", f"org-{mine}")


@pytest.mark.parametrize(
    "attempt",
    [
        ("create", "token", "default"),
        ("auth", "can-i", "impersonate", "serviceaccounts", "--quiet"),
        ("auth", "can-i", "get", "pods", "--subresource=proxy", "--quiet"),
        ("auth", "can-i", "escalate", "roles", "--quiet"),
        ("auth", "can-i", "bind", "roles", "--quiet"),
    ],
)
def test_an_admin_of_a_department_has_no_side_doors(
    two_offices: tuple[str, str], member: Callable[..., User], attempt: tuple[str, ...]
) -> None:
    mine, _ = two_offices
    with pytest.raises(ProcessError):
        member("quan-tri", f"{mine}-admins").run(*attempt, "-n", f"{mine}--lam-viec--app")


def test_who_asks_cannot_decide(mine: str, member: Callable[..., User]) -> None:
    asker = member("nhan-vien", f"{mine}-admins")
    asker.apply(objects.environment(mine, "xin-lon", size="l"))
    digest = eventually(
        lambda: asker.get("environment", "xin-lon", f"org-{mine}").get("status", {}).get("pending", {}).get("digest"), what="it to wait"
    )
    assert "forbidden" in asker.refused(objects.approval(mine, "tu-duyet", target="xin-lon", digest=digest))
    asker.forbidden("patch", "environment", "xin-lon", "-n", f"org-{mine}", "--subresource=status", "--type=merge", "-p", '{"status":{}}')


def test_an_approver_sees_requests_and_no_tenant_namespace(two_offices: tuple[str, str], member: Callable[..., User]) -> None:
    mine, _ = two_offices
    decider = member("lanh-dao", "citycloud-approvers")
    decider.run("get", "environments,informationsystems,approvals", "-n", f"org-{mine}")
    decider.forbidden("get", "pods", "-n", f"{mine}--lam-viec--app")
    decider.forbidden("delete", "environment", "lam-viec", "-n", f"org-{mine}")


def test_the_operator_is_no_administrator(cluster: object, admin: User, operator: object) -> None:
    me = "system:serviceaccount:citycloud-system:citycloud-operator"
    for attempt in (
        ("get", "secrets"),
        ("create", "clusterroles"),
        ("create", "pods"),
        ("escalate", "clusterroles"),
        ("impersonate", "users"),
        ("patch", "environments.citycloud.dev"),
        ("*", "*"),
    ):
        with pytest.raises(ProcessError):
            admin.run("auth", "can-i", *attempt, "-A", f"--as={me}", "--quiet")
    with pytest.raises(ProcessError):
        admin.run("auth", "can-i", "bind", "clusterroles/cluster-admin", "-A", f"--as={me}", "--quiet")
