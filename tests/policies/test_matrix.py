"""Every good and bad manifest of the catalogue, sent as the user it speaks of to the live API server."""

import pytest
from tests.policies.conftest import Callers
from tests.support.cases import Case, cases, catalogue
from tests.support.kube import User

from citycloud.policies.catalogue import Policy

GOOD, BAD = cases("good"), cases("bad")
POLICIES = catalogue().policies
FEWEST_GOOD, FEWEST_BAD = 2, 3


pytestmark = pytest.mark.usefixtures("matrix_objects")


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_what_is_in_order_passes(case: Case, callers: Callers) -> None:
    answer = case.send(callers(case.role))

    assert not answer.refused, answer.message
    assert answer.code < 300 or case.verb == "connect", answer.message


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_what_is_not_is_refused_with_id_and_remedy_in_both_languages(case: Case, callers: Callers) -> None:
    answer = case.send(callers(case.role))

    assert answer.refused, f"{answer.code} {answer.message}"
    text = case.policy.text
    if text.refusal and text.refusal in answer.message:
        return  # a mechanism of Kubernetes that speaks for itself: Pod Security, RBAC, quota
    assert f"{case.policy.id} " in answer.message
    assert text.remedy.vi in answer.message
    assert text.remedy.en in answer.message


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_each_policy_is_shown_good_and_bad(policy: Policy) -> None:
    assert len(policy.good) >= FEWEST_GOOD
    assert len(policy.bad) >= FEWEST_BAD


def test_the_catalogue_holds_every_policy_that_a_profile_demands(admin: User) -> None:
    known = {policy.id for policy in POLICIES}
    for profile in admin.list("securityprofiles"):
        for control in profile["spec"]["controls"]:
            missing = sorted(set(control.get("policies", ())) - known)
            assert not missing, (
                f"{profile['metadata']['name']} {control['id']} names {', '.join(missing)}: policies/admission has no such folder"
            )


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_profile_demands_a_policy_from_its_level_on(policy: Policy, admin: User) -> None:
    for profile in admin.list("securityprofiles"):
        demanded = {each for control in profile["spec"]["controls"] for each in control.get("policies", ())}
        assert (policy.id in demanded) == (profile["spec"]["level"] >= policy.text.level), profile["metadata"]["name"]
