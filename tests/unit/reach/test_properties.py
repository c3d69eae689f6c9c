"""The algebra of NetworkPolicies, over random policy sets: they add up, in any order, and speak only of whom they select."""

import copy
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.policy_sets import PolicySet, ends, policy_sets

from citycloud.reach.evaluate import Kind, Verdict, may_connect
from citycloud.reach.manifests import read_policy

SELECTS_NOTHING = {"matchLabels": {"app": "nobody"}}
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=60, deadline=None)


def one(seed: int) -> PolicySet:
    (made,) = policy_sets(seed=seed, count=1)
    return made


def verdicts(made: PolicySet, policies: list[dict[str, Any]]) -> list[Verdict]:
    known, read = ends(made), [read_policy(each) for each in policies]
    return [
        may_connect(source=known[source], target=known[target], protocol=protocol, port=port, policies=read)
        for source, target, protocol, port in made.questions
    ]


def unselective(made: PolicySet, chance: random.Random) -> dict[str, Any]:
    """Take one of the policies and let it select nobody."""
    policy = copy.deepcopy(chance.choice(made.policies))
    policy["metadata"]["name"] = "another"
    policy["spec"]["podSelector"] = SELECTS_NOTHING
    return policy


@given(seed=seeds)
@quick
def test_a_policy_that_selects_nobody_changes_nothing(seed: int) -> None:
    made = one(seed)
    assert verdicts(made, [*made.policies, unselective(made, random.Random(seed))]) == verdicts(made, made.policies)


@given(seed=seeds)
@quick
def test_the_order_of_policies_changes_nothing(seed: int) -> None:
    made = one(seed)
    shuffled = random.Random(seed).sample(made.policies, len(made.policies))
    assert verdicts(made, shuffled) == verdicts(made, made.policies)


@given(seed=seeds, donor=seeds)
@quick
def test_a_further_rule_takes_no_connection_away_from_isolated_pods(seed: int, donor: int) -> None:
    """The first rule of a policy without policyTypes brings its direction with it, which isolates: so the types are said first."""
    made, chance = one(seed), random.Random(donor)
    richer = copy.deepcopy(made.policies)
    for policy in richer:
        spoken = read_policy(policy)
        policy["spec"]["policyTypes"] = ["Ingress"] * (spoken.ingress is not None) + ["Egress"] * (spoken.egress is not None)
        for direction in ("ingress", "egress"):
            offered = [rule for each in one(donor).policies for rule in each["spec"].get(direction, ())]
            policy["spec"][direction] = [*policy["spec"].get(direction, ()), *chance.sample(offered, min(1, len(offered)))]
    for before, after in zip(verdicts(made, made.policies), verdicts(made, richer), strict=True):
        assert after.allowed or not before.allowed


@given(seed=seeds)
@quick
def test_a_further_policy_takes_nothing_from_pods_that_were_isolated_both_ways(seed: int) -> None:
    made = one(seed)
    closing = [
        {"metadata": {"namespace": each["metadata"]["name"], "name": "closed"}, "spec": {"policyTypes": ["Ingress", "Egress"]}}
        for each in made.namespaces
    ]
    for before, after in zip(verdicts(made, closing), verdicts(made, [*closing, *made.policies]), strict=True):
        assert after.allowed or not before.allowed


@given(seed=seeds)
@quick
def test_a_closed_city_lets_through_only_what_a_rule_names(seed: int) -> None:
    made = one(seed)
    closing = [
        {"metadata": {"namespace": each["metadata"]["name"], "name": "closed"}, "spec": {"policyTypes": ["Ingress", "Egress"]}}
        for each in made.namespaces
    ]
    for verdict in verdicts(made, [*closing, *made.policies]):
        kinds = {verdict.egress.kind, verdict.ingress.kind}
        assert kinds <= {Kind.RULE, Kind.OUTSIDE} if verdict.allowed else Kind.ISOLATED in kinds


@given(seed=seeds)
@quick
def test_the_rule_that_is_named_lets_the_connection_through_by_itself(seed: int) -> None:
    made = one(seed)
    by_name = {f"{each['metadata']['namespace']}/{each['metadata']['name']}": each for each in made.policies}
    known = ends(made)
    for (source, target, protocol, port), verdict in zip(made.questions, verdicts(made, made.policies), strict=True):
        if verdict.ingress.kind is Kind.RULE and verdict.ingress.rule is not None:
            alone = copy.deepcopy(by_name[verdict.ingress.policies[0]])
            alone["spec"] = {
                "podSelector": alone["spec"]["podSelector"],
                "policyTypes": ["Ingress"],
                "ingress": [alone["spec"]["ingress"][verdict.ingress.rule - 1]],
            }
            again = may_connect(source=known[source], target=known[target], protocol=protocol, port=port, policies=[read_policy(alone)])
            assert again.ingress.kind is Kind.RULE
