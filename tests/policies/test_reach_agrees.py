"""Our evaluator and NP-Guard's network-config-analyzer judge the same random policy sets; every difference has a name and a reason.

Needs no cluster: what the API server makes of a policy is compared in tests/cluster/test_reach.py.
"""

from collections.abc import Iterator

import pytest
from tests.support import npguard
from tests.support.policy_sets import PolicySet, Question, ends, policy_sets

from citycloud.reach.evaluate import Verdict, may_connect
from citycloud.reach.manifests import read_policy

pytestmark = pytest.mark.timeout(300)  # the first time on a machine NP-Guard is installed
SEED, SETS = 14423, 600
SMALLEST_SHARE = 0.1
"""Of the questions, as many at least are answered each way: sets that let everything through, or nothing, would prove nothing."""


@pytest.fixture(scope="module")
def sets() -> list[PolicySet]:
    return policy_sets(seed=SEED, count=SETS)


@pytest.fixture(scope="module")
def theirs(sets: list[PolicySet]) -> list[list[bool]]:
    return npguard.answers(sets)


def ours(given: PolicySet) -> Iterator[tuple[Question, Verdict]]:
    """Answer every question of a set."""
    known = ends(given)
    policies = [read_policy(each) for each in given.policies]
    for source, target, protocol, port in given.questions:
        yield (
            (source, target, protocol, port),
            may_connect(source=known[source], target=known[target], protocol=protocol, port=port, policies=policies),
        )


def allowed(given: PolicySet) -> list[bool]:
    return [verdict.allowed for _, verdict in ours(given)]


def test_both_say_the_same_but_for_the_known_differences(sets: list[PolicySet], theirs: list[list[bool]]) -> None:
    for given, answers in zip(sets, theirs, strict=True):
        for (question, verdict), answer in zip(ours(npguard.as_npguard_reads(given)), answers, strict=True):
            assert verdict.allowed == answer, f"{question}: {verdict}\n{given.policies}\n{given.pods}\n{given.namespaces}"


@pytest.mark.parametrize("name", npguard.DIFFERENCES)
def test_each_known_difference_is_one(sets: list[PolicySet], theirs: list[list[bool]], name: str) -> None:
    """Where NP-Guard mends one, this fails, and the difference is to be taken off the list."""
    assert any(allowed(npguard.as_npguard_reads(given, but=name)) != answers for given, answers in zip(sets, theirs, strict=True))


def test_the_sets_prove_something(theirs: list[list[bool]]) -> None:
    answers = [each for answered in theirs for each in answered]
    share = sum(answers) / len(answers)
    assert SMALLEST_SHARE < share < 1 - SMALLEST_SHARE
