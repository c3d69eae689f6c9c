"""Access that lingers (T30): whoever is taken off a list is out within seconds, by whichever door they came in."""

import functools
from collections.abc import Callable

import pytest
from tests.policies.conftest import Bracket, Callers
from tests.support import objects
from tests.support.caller import Answer, Caller, Object
from tests.support.kube import User, eventually

Office = Callable[..., str]
RBAC = "rbac.authorization.k8s.io"
GONE_SECONDS = 10.0
"""How long access may linger after it was taken away."""


def control(namespace: str) -> Object:
    """Make what somebody who stays may create before and after."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "control", "namespace": namespace}}


def _gone_within(check: Callable[[], Answer]) -> None:
    eventually(lambda: check().code == 403, what="the access to be gone", seconds=GONE_SECONDS)


@pytest.mark.attack("T30")
def test_a_member_who_is_taken_off_the_list_is_out(
    bracket: Bracket, admin: User, office: Office, callers_of: Callable[[str, str], Caller]
) -> None:
    name = office()
    member = {"kind": "User", "name": "nha-thau", "role": "operator"}
    admin.apply(objects.environment(name, "thau", members=[member]))
    contractor = callers_of("nha-thau", "contractors")
    pods = functools.partial(contractor.call, "GET", f"/api/v1/namespaces/{name}--thau--app/pods")
    eventually(lambda: pods().code == 200, what="the access")
    with bracket(callers_of("o-lai", f"{name}-operators"), control(f"{name}--thau--app"), besides=name):
        admin.apply(objects.environment(name, "thau", members=[]))
        _gone_within(pods)
    assert not [each for each in admin.list("rolebindings", namespace=f"{name}--thau--app") if "member" in each["metadata"]["name"]]


@pytest.mark.attack("T30")
def test_a_member_who_let_themselves_in_by_another_door_is_out_too(
    bracket: Bracket, admin: User, office: Office, callers_of: Callable[[str, str], Caller]
) -> None:
    """An admin's own binding was lawful when it was written; it goes with the membership."""
    name = office()
    admin.apply(objects.environment(name, "sau", members=[{"kind": "User", "name": "cua-sau", "role": "admin"}]))
    namespace = f"{name}--sau--app"
    contractor = callers_of("cua-sau", "contractors")
    secrets = functools.partial(contractor.call, "GET", f"/api/v1/namespaces/{namespace}/secrets")
    eventually(lambda: secrets().code == 200, what="the access")
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "citycloud-tenant-admin"}
    subjects = [{"apiGroup": RBAC, "kind": "User", "name": "cua-sau"}]
    door = {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": {"name": "door"}, "roleRef": role, "subjects": subjects}
    assert contractor.call("POST", f"/apis/{RBAC}/v1/namespaces/{namespace}/rolebindings", door).code == 201
    with bracket(callers_of("o-lai", f"{name}-operators"), control(namespace), besides=name):
        admin.apply(objects.environment(name, "sau", members=[]))
        _gone_within(secrets)


@pytest.mark.attack("T30")
def test_a_group_that_is_taken_off_the_department_is_out_everywhere(
    bracket: Bracket, admin: User, office: Office, callers_of: Callable[[str, str], Caller]
) -> None:
    name = office()
    admin.apply(objects.environment(name, "nhom"))
    operator, viewer = callers_of("cu", f"{name}-operators"), callers_of("xem", f"{name}-viewers")
    namespace = f"{name}--nhom--app"
    work = functools.partial(operator.call, "GET", f"/api/v1/namespaces/{namespace}/pods")
    stays = functools.partial(viewer.call, "GET", f"/api/v1/namespaces/{namespace}/pods")
    requests = functools.partial(operator.call, "GET", f"/apis/{objects.API_VERSION}/namespaces/org-{name}/environments")
    eventually(lambda: (work().code, requests().code) == (200, 200), what="the access")
    groups = {"admins": [f"{name}-admins"], "operators": [], "viewers": [f"{name}-viewers"]}
    with bracket(viewer, stays, besides=name):
        admin.apply(objects.organisation(name, groups=groups))
        _gone_within(work)
        _gone_within(requests)


@pytest.mark.attack("T30")
def test_a_department_that_is_deleted_is_out_everywhere_and_what_it_runs_goes_on(
    bracket: Bracket, admin: User, break_glass: User, office: Office, callers_of: Callable[[str, str], Caller], callers: Callers
) -> None:
    name = office()
    admin.apply(objects.environment(name, "mat"))
    namespace = f"{name}--mat--app"
    administrator = callers_of("chu", f"{name}-admins")
    pods = functools.partial(administrator.call, "GET", f"/api/v1/namespaces/{namespace}/pods")
    requests = functools.partial(administrator.call, "GET", f"/apis/{objects.API_VERSION}/namespaces/org-{name}/environments")
    eventually(lambda: (pods().code, requests().code) == (200, 200), what="the access")
    with bracket(callers("operator"), control("so-y-te--ho-so--app"), besides=name):
        break_glass.delete("organisation", name)
        _gone_within(pods)
        _gone_within(requests)
    assert admin.get("namespace", namespace)["status"]["phase"] == "Active"

    admin.apply(objects.organisation(name))
    eventually(lambda: (pods().code, requests().code) == (200, 200), what="the access to come back with the department")
