"""The brackets around an attack notice every trace, of whatever kind and wherever, and a control that was refused."""

from collections.abc import Callable, Iterator

import pytest
from tests.conftest import Office
from tests.policies.conftest import Bracket, Callers
from tests.support import objects
from tests.support.caller import Caller, Object
from tests.support.kube import User
from tests.support.snapshot import Store, differences

NAMESPACE = "so-y-te--ho-so--app"
CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
ENVIRONMENT = f"/apis/{objects.API_VERSION}/namespaces/org-so-y-te/environments/ho-so"
CONTROL: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "control", "namespace": NAMESPACE}}
VOLUME: Object = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "trace"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
        "csi": {"driver": "csi.test.example", "volumeHandle": "trace"},
    },
}
NODE = "/api/v1/nodes/municipal-cloud-1"


def _noted(caller: Caller, path: str) -> None:
    """Change something and put it back."""
    for note in ("x", None):
        assert caller.call("PATCH", path, {"metadata": {"annotations": {"example/note": note}}}).code == 200


def _marked(caller: Caller) -> None:
    assert caller.call("PATCH", NODE, {"metadata": {"labels": {"example/mark": "x"}}}).code == 200


TRACES: dict[str, tuple[Callable[[Caller], object], str]] = {
    "something new": (lambda caller: caller.call("POST", CONFIG_MAPS, CONTROL), f"new: configmaps/{NAMESPACE}/control"),
    "something of no namespace": (lambda caller: caller.call("POST", "/api/v1/persistentvolumes", VOLUME), "new: persistentvolumes/trace"),
    "something put back": (lambda caller: _noted(caller, ENVIRONMENT), "changed: citycloud.dev/environments/org-so-y-te/ho-so"),
    "something elsewhere": (lambda caller: _noted(caller, "/api/v1/namespaces/kube-system"), "changed: namespaces/kube-system"),
    "something that moves anyway": (_marked, "changed: minions//municipal-cloud-1"),
}


@pytest.fixture
def cleared(place: str, admin: User, callers: Callers) -> Iterator[None]:
    """Take back what the traces below left."""
    yield
    admin.run("delete", "configmap/control", "--ignore-not-found", "-n", NAMESPACE)
    admin.run("delete", "pv/trace", "--ignore-not-found")
    callers("platform").call("PATCH", NODE, {"metadata": {"labels": {"example/mark": None}}})


@pytest.mark.parametrize("trace", TRACES)
def test_a_trace_is_named(trace: str, cleared: None, bracket: Bracket) -> None:
    leave, named = TRACES[trace]
    with pytest.raises(AssertionError, match=named), bracket("platform", CONTROL) as platform:
        leave(platform)


def test_an_attack_proves_nothing_where_its_user_may_do_nothing(bracket: Bracket) -> None:
    with pytest.raises(AssertionError, match="proves nothing"), bracket("viewer", CONTROL):
        pytest.fail("not reached")


def test_what_waits_to_be_judged_is_judged_before_the_attack_begins(bracket: Bracket, office: Office, admin: User) -> None:
    name = office()
    admin.create(objects.approval(name, "con-cho", target="khong-co", digest="sha256:" + "0" * 64))
    with bracket("platform", CONTROL):
        assert admin.get("approval", "con-cho", f"org-{name}")["status"]["valid"] is False


def test_what_is_judged_while_the_cluster_is_looked_at_belongs_to_before(
    place: str, store: Store, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments = [ENVIRONMENT]

    def answered_a_moment_before() -> bool:
        while environments:
            _noted(callers("platform"), environments.pop())
        return False

    monkeypatch.setattr(store, "_is_decision_open", answered_a_moment_before)
    assert not differences(store.settled(), store.snapshot())
