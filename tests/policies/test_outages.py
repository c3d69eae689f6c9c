"""The policies hold without anybody: while the operator is down, and from the first request that an API server takes after a restart."""

import signal
from collections.abc import Iterator

import pytest
from tests.policies.conftest import Callers, Crash
from tests.support.cases import Case, cases
from tests.support.kube import eventually

from citycloud_dev.processes import Process

BAD = [case for case in cases("bad") if case.policy.manifests and case.verb != "connect"]
"""What would be stored if it were let in; a connection has no kubelet to end at here, so nothing tells a refusal from a failure."""

pytestmark = pytest.mark.usefixtures("matrix_objects")


@pytest.fixture
def frozen_operator(operator: Process) -> Iterator[None]:
    """The operator does nothing: frozen, so that the suites after this one go on with it."""
    operator.send(signal.SIGSTOP)
    yield
    operator.send(signal.SIGCONT)


def test_nothing_bad_gets_in_while_the_operator_is_down(frozen_operator: None, callers: Callers) -> None:
    assert _admitted(callers) == []


def test_nothing_bad_gets_in_at_the_first_moment_after_a_restart(frozen_operator: None, crash: Crash, callers: Callers) -> None:
    for case in BAD:  # looked up now, so that nothing is asked before the bad ones
        callers(case.role).resource(case.body["apiVersion"], case.body["kind"])
    crash()
    early: list[int] = []
    eventually(lambda: _ready_after(BAD[0], callers=callers, codes=early), what="the API server", seconds=60)
    assert _admitted(callers) == []
    assert all(code >= 400 for code in early), early


def _ready_after(case: Case, *, callers: Callers, codes: list[int]) -> bool:
    """Send a bad one before asking whether the server is ready, and note what it was answered."""
    try:
        codes.append(case.send(callers(case.role)).code)
        return callers("platform").call("GET", "/readyz").code == 200
    except ConnectionError:
        return False


def _admitted(callers: Callers) -> list[str]:
    return [case.name for case in BAD if case.send(callers(case.role)).code < 400]
