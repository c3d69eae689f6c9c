"""The operator is killed before and after every single write of a provisioning; each time it ends in the same state, closed all along."""

import re
import threading
from collections.abc import Callable

import pytest
from tests.support import objects
from tests.support.kube import Object, User, eventually
from tests.support.proxy import WRITES, Answer, Proxy

from citycloud_dev.processes import Process

StartOperator = Callable[..., Process]
KINDS = "namespaces,resourcequotas,limitranges,networkpolicies,rolebindings,configmaps,serviceaccounts"
WRITES_OF_ONE_ZONE = 12
STATUS_WRITES = 1


def children(platform: User, desk: str, name: str) -> list[Object]:
    return platform.list(KINDS, selector=f"citycloud.dev/organisation={desk},citycloud.dev/environment={name}")


def state(platform: User, desk: str, name: str) -> list[str]:
    """Write what exists, without what differs between two environments of the same spec."""
    texts = (objects.without_volatile(item) for item in children(platform, desk, name))
    return sorted(re.sub(r'"citycloud.dev/[a-z-]*digest": "[^"]*"', "", text.replace(name, "NAME")) for text in texts)


def is_closed(items: list[Object]) -> bool:
    """Tell whether nobody has access to anything that has no bounds or no closing policy yet, and nothing is opened that was not closed."""
    present = {(item["kind"], item["metadata"]["name"]) for item in items}
    has_access = any(kind == "RoleBinding" for kind, _ in present)
    has_opening = any(kind == "NetworkPolicy" and name != "default-deny" for kind, name in present)
    closed = {("LimitRange", "citycloud"), ("NetworkPolicy", "default-deny")} <= present
    if has_access:
        return closed and ("ResourceQuota", "citycloud") in present
    return closed or not has_opening


class CutPoint:
    """Kill a process at its n-th write to anything but leases and events, before it is sent or before its answer arrives.

    `concerns` says which writes count, by a part of their path.
    """

    def __init__(self, *, number: int, sent: bool, concerns: str = "") -> None:
        self.number = number
        self.sent = sent
        self.concerns = concerns
        self.process: Process | None = None
        self.reached = threading.Event()
        self._count = 0
        self._lock = threading.Lock()

    def before(self, method: str, path: str) -> None:
        if self._counts(method, path):
            with self._lock:
                self._count += 1
                hit = self._count == self.number
            if hit and not self.sent:
                self._kill()
                raise Answer(503)  # nobody is left to hear it; what matters is that the API server never hears the write

    def after(self, method: str, path: str) -> None:
        if self._counts(method, path) and self.sent and self._count >= self.number:
            self._kill()

    def _counts(self, method: str, path: str) -> bool:
        return method in WRITES and "/leases" not in path and "/events" not in path and self.concerns in path

    def _kill(self) -> None:
        if self.process is not None and not self.reached.is_set():
            self.process.stop(gracefully=False)
            self.reached.set()


@pytest.fixture(scope="session")
def reference() -> dict[str, list[str]]:
    """What an undisturbed provisioning ends in, noted by the first test."""
    return {}


@pytest.mark.parametrize("sent", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, WRITES_OF_ONE_ZONE + STATUS_WRITES + 1))
def test_killed_at_any_write_it_ends_in_the_same_state(
    platform: User, desk: str, start: StartOperator, proxy: Proxy, reference: dict[str, list[str]], number: int, sent: bool
) -> None:
    name = f"cat-{number}-{'sau' if sent else 'truoc'}"
    cut = CutPoint(number=number, sent=sent)
    platform.apply(objects.environment(desk, name))
    proxy.before, proxy.after = cut.before, cut.after
    cut.process = start()
    assert cut.reached.wait(timeout=30), "the cut point was reached"
    assert is_closed(children(platform, desk, name)), f"closed after write {number}"
    proxy.before = proxy.after = lambda method, path: None
    start()
    eventually(lambda: platform.get("environment", name, f"org-{desk}").get("status", {}).get("phase") == "Ready", what="the second try")
    ended = state(platform, desk, name)
    assert len(ended) == WRITES_OF_ONE_ZONE
    assert ended == reference.setdefault("state", ended)
