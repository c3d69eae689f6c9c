"""The operator is killed before and after each write of a decision: it is never lost and never doubled, and all ends the same."""

import functools
import re
from collections.abc import Callable

import pytest
from tests.faults.test_cut_points import CutPoint
from tests.support import objects
from tests.support.kube import Object, User, condition, eventually
from tests.support.proxy import Proxy

from citycloud.api import Approval
from citycloud.controllers.decidable import ledger_of
from citycloud.ledger.verify import Claim, places, verify
from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import Process, ProcessError

StartOperator = Callable[..., Process]
ENTRY, JUDGEMENT, OUTCOME = "/ledgerentries", "/approvals/{}/status", "/environments/{}/status"
"""The writes of a decision in their order; the last says who approved, after all is there that was approved, or who refused."""


@pytest.fixture(scope="session")
def decider(quiet_cluster: Cluster) -> User:
    """An approver of the city."""
    return User(cluster=quiet_cluster, kubeconfig=quiet_cluster.kubeconfig(user="lanh-dao", groups=("citycloud-approvers",)))


@pytest.fixture(scope="session")
def ends() -> dict[str, str]:
    """What an undisturbed decision ends in, noted by the first test of each kind."""
    return {}


@pytest.fixture
def asked(platform: User, desk: str, start: StartOperator, request: pytest.FixtureRequest) -> str:
    """An environment that waits for a decision, seen by an operator that is gone again; its name."""
    name = re.sub("[^a-z0-9]+", "-", f"{request.node.callspec.id}").strip("-")
    first = start()
    platform.apply(objects.environment(desk, name, size="l"))
    eventually(lambda: pending(platform, desk, name), what=f"{name} to wait")
    assert first.stop() == 0, first.tail()
    return name


def pending(platform: User, desk: str, name: str) -> str | None:
    found: str | None = platform.get("environment", name, f"org-{desk}").get("status", {}).get("pending", {}).get("digest")
    return found


def settled(platform: User, desk: str, name: str, decision: str) -> bool:
    ready = condition(platform.get("environment", name, f"org-{desk}"), "Ready")
    judged: Object = platform.get("approval", name, f"org-{desk}").get("status", {})
    return bool(judged.get("valid")) and ready.get("reason") == ("Ready" if decision == "approve" else "RefusedByDecision")


def entries_of(platform: User, uid: str) -> list[Object]:
    return [each for each in platform.list("ledgerentries") if each["spec"]["approval"]["uid"] == uid]


def assert_whole(platform: User, desk: str) -> None:
    """Walk the ledger as an auditor does."""
    claims = []
    for approval in (Approval.model_validate(each) for each in platform.list("approvals", namespace=f"org-{desk}")):
        place = approval.status.ledger
        assert ledger_of(approval) == desk
        if approval.status.valid and place is not None:
            claims.append(Claim(name=approval.metadata.name, uid=approval.metadata.uid, index=place.index, hash=place.hash))
    found = places(platform.list("ledgerentries"))[desk]
    assert verify(organisation=desk, entries=found, claims=claims) is None
    assert len(found) == len(claims), "an entry for each decision that counts, and no more"


def end_state(platform: User, desk: str, name: str) -> str:
    """Write what a decision ends in, without what differs between two of the same kind."""
    item, approval = platform.get("environment", name, f"org-{desk}"), platform.get("approval", name, f"org-{desk}")
    (entry,) = entries_of(platform, approval["metadata"]["uid"])
    assert approval["status"]["ledger"] == {key: entry["spec"][key] for key in ("index", "previous", "hash")}
    status = {key: item["status"].get(key) for key in ("phase", "pending", "namespaces", "level")}
    approved = {key: value for key, value in item["status"].get("approved", {}).items() if key != "at"}
    said = {key: entry["spec"].get(key) for key in ("decision", "decidedBy", "requestedBy", "reason", "digest", "content")}
    return str((status, approved, approval["status"]["reason"], said)).replace(name, "NAME")


@pytest.mark.parametrize("sent", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", [ENTRY, JUDGEMENT, OUTCOME], ids=["entry", "judgement", "outcome"])
@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_killed_at_any_write_of_a_decision_it_ends_in_the_same_state(
    platform: User,
    decider: User,
    desk: str,
    start: StartOperator,
    proxy: Proxy,
    asked: str,
    ends: dict[str, str],
    decision: str,
    write: str,
    sent: bool,
) -> None:
    cut = CutPoint(number=1, sent=sent, concerns=write.format(asked))
    digest = str(pending(platform, desk, asked))
    decider.create(objects.approval(desk, asked, target=asked, digest=digest, decision=decision, reason="Vì dân"))
    uid = platform.get("approval", asked, f"org-{desk}")["metadata"]["uid"]
    proxy.before, proxy.after = cut.before, cut.after
    cut.process = start()
    assert cut.reached.wait(timeout=30), "the cut point was reached"
    kept = len(entries_of(platform, uid))
    assert kept == (0 if (write, sent) == (ENTRY, False) else 1), "what was sent is there, once"
    if write != OUTCOME and not sent:
        assert not platform.list("namespaces", selector=f"citycloud.dev/environment={asked}"), "nothing is enforced before it is kept"
    proxy.before = proxy.after = lambda method, path: None
    start()
    eventually(lambda: settled(platform, desk, asked, decision), what="the second try")
    assert_whole(platform, desk)
    ended = end_state(platform, desk, asked)
    assert ended == ends.setdefault(decision, ended)


def test_decisions_while_nobody_works_are_all_kept_in_the_order_they_were_made(
    platform: User, decider: User, desk: str, start: StartOperator
) -> None:
    names = [f"lan-luot-{number}" for number in range(4)]
    first = start()
    platform.apply(*(objects.environment(desk, name, size="l") for name in names))
    digests = {}
    for name in names:
        digests[name] = eventually(functools.partial(pending, platform, desk, name), what=name)
    assert first.stop() == 0, first.tail()
    for name in names:
        decider.create(objects.approval(desk, name, target=name, digest=digests[name]))
    with pytest.raises(ProcessError):
        decider.delete("approval", names[0], f"org-{desk}")
    start()
    for name in names:
        eventually(functools.partial(settled, platform, desk, name, "approve"), what=name)
    assert_whole(platform, desk)
