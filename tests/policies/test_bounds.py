"""Attacks on what is shared and on what is another's (T26 to T29): bombs, reading across, requests and names."""

import functools
import signal
import time
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from tests.policies.conftest import Bracket, Callers
from tests.support import objects
from tests.support.attack import refused_by, refused_by_rights
from tests.support.caller import Answer, Caller, Object
from tests.support.kube import User, condition, eventually

from citycloud_dev.processes import Process

Office = Callable[..., str]
TENANT = "so-y-te--ho-so--app"
OTHER = "so-tai-chinh--ho-so--app"
HOME = f"/apis/{objects.API_VERSION}/namespaces/org-so-y-te"


def _config_map(namespace: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "control", "namespace": namespace}}


CONTROL = _config_map(TENANT)
FEW = {"configmaps": 8, "pods": 2, "count/pods": 5}
BURST = 200
"""What policies/control-plane/event-rate-limit.yaml lets one namespace write at once."""


@pytest.fixture(scope="module")
def small_size(admin: User, city: None) -> Iterator[str]:
    """A size with few objects, so that a bomb is small."""
    size = admin.get("sizeclass", "s")
    quota = size["spec"]["quota"] | {kind: str(count) for kind, count in FEW.items()}
    admin.apply({**size, "metadata": {"name": "rat-nho"}, "spec": {**size["spec"], "order": 1, "quota": quota}})
    yield "rat-nho"
    admin.delete("sizeclass", "rat-nho")


@pytest.fixture
def small_place(admin: User, office: Office, small_size: str) -> str:
    """An organisation of its own with one environment of that size, ready and counted; return the organisation."""
    name = office()
    admin.apply(objects.environment(name, "thu", size=small_size))
    eventually(lambda: condition(admin.get("environment", "thu", f"org-{name}"), "Ready").get("status") == "True", what="the environment")
    quota = functools.partial(admin.get, "resourcequota", "citycloud", f"{name}--thu--app")
    eventually(lambda: quota().get("status", {}).get("used", {}).get("configmaps"), what="its quota to count")
    return name


def _until_refused(create: Callable[[int], Answer], *, most: int) -> tuple[int, Answer]:
    """Create one after another and return how many got in, and the refusal; fail where more than `most` did."""
    for number in range(most + 1):
        answer = create(number)
        if answer.code != 201:
            return number, answer
    pytest.fail(f"more than {most} got in")


@pytest.mark.attack("T26")
def test_config_maps_end_at_the_quota(small_place: str, bracket: Bracket, callers_of: Callable[[str, str], Caller]) -> None:
    """Not 5,000 of them."""
    namespace = f"{small_place}--thu--app"
    tenant = callers_of("bom", f"{small_place}-operators")

    def create(number: int) -> Answer:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"b-{number}"}}
        return tenant.call("POST", f"/api/v1/namespaces/{namespace}/configmaps", body)

    with bracket("operator", CONTROL, besides=small_place):
        made, refusal = _until_refused(create, most=FEW["configmaps"])
    assert made > 0
    assert refusal.code == 403
    assert "exceeded quota" in refusal.message


@pytest.mark.attack("T26")
def test_finished_pods_are_counted_too(
    small_place: str, bracket: Bracket, callers_of: Callable[[str, str], Caller], callers: Callers
) -> None:
    """Pods that ended free their place to run, and still no more than a bounded number stays in the store."""
    namespace = f"{small_place}--thu--app"
    tenant = callers_of("bom", f"{small_place}-operators")
    pods = f"/api/v1/namespaces/{namespace}/pods"

    def end(name: str) -> None:
        """Let it run on its fake node first, which would make it Running again."""
        eventually(lambda: tenant.call("GET", f"{pods}/{name}").body["status"].get("phase") == "Running", what=f"{name} to run")
        assert callers("platform").call("PATCH", f"{pods}/{name}/status", {"status": {"phase": "Succeeded"}}).code == 200

    def create(number: int) -> Answer:
        def attempt() -> Answer | None:
            answer = tenant.call("POST", pods, objects.pod(namespace, f"b-{number}"))
            still_counted = answer.code == 403 and "count/pods" not in answer.message  # the place to run is given back a moment later
            return None if still_counted else answer

        answer: Answer = eventually(attempt, what="the place of a finished pod to be free")
        if answer.code == 201:
            end(f"b-{number}")
        return answer

    with bracket("operator", CONTROL, besides=small_place):
        made, refusal = _until_refused(create, most=FEW["count/pods"])
    assert made == FEW["count/pods"] > FEW["pods"]
    assert "exceeded quota" in refusal.message
    assert "count/pods" in refusal.message


@pytest.mark.attack("T26")
def test_events_are_cut_off_in_one_namespace_and_go_on_in_another(bracket: Bracket, callers: Callers) -> None:
    """Not 500 a second; whoever floods loses events of that namespace only."""
    platform = callers("platform")
    with bracket("operator", CONTROL, events=2 * BURST):
        started = time.monotonic()
        codes = [_event(platform, namespace=TENANT, number=number).code for number in range(2 * BURST)]
        per_second = 2 * BURST / (time.monotonic() - started)
        assert 429 in codes, f"{per_second:.0f} events a second all got in"
        assert codes[:10] == [201] * 10
        assert _event(platform, namespace=OTHER, number=0).code == 201
        refused_by_rights(_event(callers("operator"), namespace=TENANT, number=1000))


def _event(caller: Caller, *, namespace: str, number: int) -> Answer:
    about = {"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": "web"}
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"test-flood-{number}", "namespace": namespace},
        "involvedObject": about,
        "reason": "Flood",
    }
    return caller.call("POST", f"/api/v1/namespaces/{namespace}/events", body)


ACROSS = [
    f"/api/v1/namespaces/{OTHER}/secrets",
    f"/api/v1/namespaces/{OTHER}/pods?watch=true",
    f"/api/v1/namespaces/{OTHER}/configmaps/citycloud",
    f"/api/v1/namespaces/{OTHER}",
    "/api/v1/namespaces",
    "/api/v1/secrets?limit=1",
    f"/api/v1/secrets?fieldSelector=metadata.namespace%3D{TENANT}",
    "/api/v1/pods?watch=true&timeoutSeconds=1",
    "/api/v1/nodes",
    "/api/v1/persistentvolumes",
    f"/apis/{objects.API_VERSION}/environments",
    f"/apis/{objects.API_VERSION}/environments?labelSelector=citycloud.dev%2Forganisation%3Dso-y-te",
    f"/apis/{objects.API_VERSION}/namespaces/org-so-tai-chinh/environments/ho-so",
    f"/apis/{objects.API_VERSION}/namespaces/org-so-tai-chinh/approvals?watch=true",
    f"/apis/{objects.API_VERSION}/organisations",
    f"/apis/rbac.authorization.k8s.io/v1/namespaces/{OTHER}/rolebindings",
    "/metrics",
    "/debug/pprof/",
    "/logs/",
]


@pytest.mark.attack("T27")
def test_nobody_reads_across(bracket: Bracket) -> None:
    """Lists, watches, single objects, selectors and paths outside any API."""
    for role in ("operator", "admin"):
        with bracket(role, CONTROL) as tenant:
            assert tenant.call("GET", f"/api/v1/namespaces/{TENANT}/secrets").code == 200
            for path in ACROSS:
                answer = tenant.call("GET", path)
                assert answer.code == 403, f"{path}: {answer.code} {answer.message}"
            dry = tenant.call("DELETE", f"/api/v1/namespaces/{OTHER}/secrets", dry_run=True)
            refused_by_rights(dry)


TAMPERING: dict[str, tuple[str, Object]] = {
    "a status": ("environments/ho-so/status", {"status": {"phase": "Purged"}}),
    "an approved spec": ("environments/ho-so/status", {"status": {"approved": None}}),
    "a level": ("informationsystems/he-thong/status", {"status": {"effectiveLevel": 1}}),
    "a decision": ("approvals/ho-so-1/status", {"status": {"valid": True}}),
}


@pytest.mark.attack("T28")
@pytest.mark.parametrize("case", TAMPERING)
def test_results_are_not_written_by_hand(bracket: Bracket, callers: Callers, case: str) -> None:
    """Neither by the department nor by the platform team."""
    path, patch = TAMPERING[case]
    asked = objects.environment("so-y-te", "kiem-tra")
    with bracket("admin", asked) as admin:
        refused_by_rights(admin.call("PATCH", f"{HOME}/{path}", patch))
        refused_by(callers("platform").call("PATCH", f"{HOME}/{path}", patch), "P31")


@pytest.mark.attack("T28")
def test_a_request_keeps_its_level_its_department_and_its_name(bracket: Bracket) -> None:
    asked = objects.environment("so-y-te", "kiem-tra")
    with bracket("admin", asked) as admin:
        refused_by(admin.call("PATCH", f"{HOME}/informationsystems/he-thong", {"spec": {"proposedLevel": 1}}), "P31")
        for change in ({"metadata": {"name": "khac"}}, {"metadata": {"namespace": "org-so-tai-chinh"}}):
            assert admin.call("PATCH", f"{HOME}/environments/ho-so", change).code in (400, 403, 422)
        for field, value in (("system", "khac"), ("stage", "test")):
            answer = admin.call("PATCH", f"{HOME}/environments/ho-so", {"spec": {field: value}})
            assert (answer.code, "cannot be changed" in answer.message) == (422, True), answer.message
        moved = admin.call("POST", f"/apis/{objects.API_VERSION}/namespaces/org-so-tai-chinh/environments", asked)
        assert moved.code in (400, 403), moved.message
        refused_by(admin.call("DELETE", f"{HOME}/environments/ho-so"), "P30")


@pytest.fixture
def frozen_operator(operator: Process) -> Iterator[None]:
    """The operator does nothing for a moment, so that a status written in its name stays."""
    operator.send(signal.SIGSTOP)
    yield
    operator.send(signal.SIGCONT)


def test_an_environment_that_was_purged_may_be_deleted(place: str, frozen_operator: None, callers: Callers) -> None:
    """The other side of T28: until the operator says so, the same request is refused."""
    admin, city_operator = callers("admin"), callers("city-operator")
    environment = f"{HOME}/environments/ho-so"
    phase = admin.call("GET", environment).body["status"]["phase"]
    refused_by(admin.call("DELETE", environment, dry_run=True), "P30")
    assert city_operator.call("PATCH", f"{environment}/status", {"status": {"phase": "Purged"}}).code == 200
    answer = admin.call("DELETE", environment, dry_run=True)
    assert city_operator.call("PATCH", f"{environment}/status", {"status": {"phase": phase}}).code == 200
    assert answer.code == 200, answer.message


DECOMPOSED = unicodedata.normalize("NFD", "sở-y-tế")
NAMES = ["Sở Y tế", "So Y Te", "so-y--te", "so-y-te--ho-so", DECOMPOSED, "a" * 64, "so_y_te", "so-y-te.", "-so-y-te"]


@pytest.mark.attack("T29")
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_could_be_read_as_another_is_refused(bracket: Bracket, name: str) -> None:
    """So two departments never share a namespace."""
    with bracket("platform", objects.organisation("so-moi")) as platform:
        answer = platform.call("POST", f"/apis/{objects.API_VERSION}/organisations", objects.organisation(name))
        assert answer.code == 422, f"{answer.code} {answer.message}"
