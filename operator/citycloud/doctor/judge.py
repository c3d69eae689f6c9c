"""Every finding, in the order in which a person reads them: what all the rest stands on first."""

from collections.abc import Sequence

from citycloud.doctor.clocks import judge_clocks
from citycloud.doctor.facts import Facts, Manifest
from citycloud.doctor.findings import Finding
from citycloud.doctor.guards import judge_guards
from citycloud.doctor.installation import (
    judge_catalogue,
    judge_definitions,
    judge_flow,
    judge_priorities,
    judge_server,
)
from citycloud.doctor.monitoring import judge_monitoring
from citycloud.doctor.network import judge_network
from citycloud.doctor.operator import OperatorRules, judge_operator, judge_rights
from citycloud.doctor.policies import judge_policies
from citycloud.doctor.shipped import Shipped


def judge(*, facts: Facts, shipped: Shipped, definitions: Sequence[Manifest], rules: OperatorRules) -> tuple[Finding, ...]:
    """Judge everything that was seen of one cluster by what is shipped; `definitions` are the CRDs of our own kinds."""
    return (
        *judge_server(facts),
        *judge_definitions(facts=facts, definitions=definitions),
        *judge_policies(facts=facts, shipped=shipped),
        *judge_guards(facts=facts, shipped=shipped),
        *judge_operator(facts),
        *judge_rights(facts=facts, rules=rules),
        *judge_clocks(facts),
        *judge_network(facts),
        *judge_flow(facts),
        *judge_catalogue(facts=facts, shipped=shipped),
        *judge_priorities(facts),
        *judge_monitoring(facts),
    )
