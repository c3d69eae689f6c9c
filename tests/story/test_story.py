"""The whole life of one environment, as the people of a commune and its city live it. `docs/story.md` tells the same in words.

Days pass by ending one operator and starting the next with its clock further ahead; everything else is as real as in every other suite.
"""

import contextlib
import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support import objects
from tests.support.cli import Citycloud, waiting
from tests.support.kube import Object, User, condition, eventually

from citycloud_dev.cluster import Cluster
from citycloud_dev.install import NAMESPACE, start_operator

WARD: Final = "phuong-cua-nam"
HOME: Final = f"org-{WARD}"
NAME: Final = "mot-cua"
PLACE: Final = f"{WARD}/{NAME}"
LATER: Final = Path(__file__).parents[1] / "support" / "later.py"
HANOI: Final = datetime.timezone(datetime.timedelta(hours=7))
Ahead = Callable[[int], contextlib.AbstractContextManager[None]]


def day(ahead: int) -> str:
    """Write a day in the city, so many days from now."""
    return (datetime.datetime.now(tz=HANOI) + datetime.timedelta(days=ahead)).date().isoformat()


@pytest.fixture
def platform(quiet_cluster: Cluster) -> Iterator[User]:
    """The platform team; afterwards the next operator finds today's date where this story left another."""
    user = User(cluster=quiet_cluster, kubeconfig=quiet_cluster.layout.kubeconfig)
    user.apply(objects.city())
    yield user
    user.run("delete", "lease", "citycloud-operator", "-n", NAMESPACE)
    user.run("annotate", "city", "city", "citycloud.dev/clock-confirmed-")


@pytest.fixture
def ahead(quiet_cluster: Cluster) -> Ahead:
    """Let an operator run whose clock is so many days ahead."""

    @contextlib.contextmanager
    def run(days: int) -> Iterator[None]:
        process = start_operator(quiet_cluster, identity=f"day-{days}", program=[str(LATER), str(days)])
        try:
            yield
        finally:
            code = process.stop()
        assert code == 0, process.tail()

    return run


@pytest.fixture
def person(quiet_cluster: Cluster) -> Callable[..., Citycloud]:
    """Somebody at a command line, with a certificate of their own."""
    return lambda name, *groups: Citycloud(quiet_cluster.kubeconfig(user=name, groups=groups))


def look(platform: User) -> Object:
    return platform.get("environment", NAME, HOME)


def until(platform: User, phase: str) -> Object:
    """Wait until the environment is in a phase that speaks of its last spec."""

    def reached() -> Object | None:
        item = look(platform)
        current = item["status"]["observedGeneration"] == item["metadata"]["generation"]
        return item if current and item["status"]["phase"] == phase else None

    found: Object = eventually(reached, what=f"{PLACE} to be {phase}")
    return found


def notices(platform: User) -> int:
    found = [each for each in platform.list("events", namespace=HOME) if each["reason"] == "ExpiryNotice"]
    return len(found)


def confirm_the_clock(platform: User, *, days: int) -> None:
    """Say what the platform team says after a day without an operator: yes, it is that late."""
    eventually(lambda: condition(look(platform), "Accepted").get("reason") == "ClockJumped", what="expiry to be held up by the clock")
    assert look(platform)["status"]["phase"] not in ("Expired", "Purged"), "a clock that jumped ends nothing"
    platform.run("annotate", "--overwrite", "city", "city", f"citycloud.dev/clock-confirmed={day(days)}")


def test_the_life_of_a_wards_one_stop_point(platform: User, ahead: Ahead, person: Callable[..., Citycloud]) -> None:
    clerk = person("chi-lan", f"{WARD}-admins")
    approver, auditor = person("ong-minh", "citycloud-approvers"), person("ba-hoa", "citycloud-auditors")
    with ahead(0):
        declare(platform)
        it_is_asked_for_in_vietnamese(clerk)
        it_is_approved(platform, clerk=clerk, approver=approver, decision="12/QĐ-UBND")
        it_grows(platform, clerk=clerk, approver=approver)
        it_gets_no_more_than_its_budget(platform, clerk=clerk, approver=approver)
    with ahead(10):
        eventually(lambda: look(platform)["status"].get("notices") == [14], what="the first notice")
        eventually(lambda: notices(platform) == 1, what="its Event")
    with ahead(18):
        eventually(lambda: look(platform)["status"].get("notices") == [14, 3], what="the second notice")
        eventually(lambda: notices(platform) == 2, what="its Event")
    with ahead(22):
        confirm_the_clock(platform, days=22)
        until(platform, "Expired")
        it_is_renewed(platform, clerk=clerk, approver=approver)
        it_is_given_back_and_taken_up_again(platform, clerk=clerk)
    with ahead(53):
        confirm_the_clock(platform, days=53)
        item = until(platform, "Purged")
        left = platform.list("namespaces", selector=f"citycloud.dev/organisation={WARD}")
        assert [each["metadata"]["name"] for each in left] == [HOME]
        assert "approved" not in item["status"]
    the_auditor_proves_it(auditor)


def declare(platform: User) -> None:
    platform.apply(objects.organisation(WARD, budget={"environments": 2, "cpu": "16", "memory": "64Gi", "storage": "500Gi"}))
    eventually(lambda: platform.find("resourcequota", "citycloud", HOME), what="the ward's home")
    eventually(lambda: platform.get("resourcequota", "citycloud", HOME)["status"]["hard"], what="its quota to be counted")
    platform.apply(objects.system(WARD, dossier=objects.dossier()))
    eventually(lambda: platform.get("isys", "he-thong", HOME)["status"]["effectiveLevel"], what="the system's level")


def it_is_asked_for_in_vietnamese(clerk: Citycloud) -> None:
    wish = ("--system=he-thong", "--stage=pilot", "--size=s", "--zone=app", f"--until={day(20)}")
    asked = clerk("request", PLACE, *wish, "--yes", "--lang", "vi").data
    assert asked["written"] is True
    assert asked["decision"]["by"] == ["citycloud-approvers"]
    eventually(lambda: clerk("status", PLACE, code=None).data["environments"][0]["phase"] == "AwaitingApproval", what="it to wait")
    why = clerk("why", PLACE, "--lang", "vi", code=1).data
    approved = next(each for each in why["conditions"] if each["type"] == "Approved")
    assert "giai đoạn pilot cần người duyệt" in approved["text"]
    assert approved["who"] == "người duyệt: citycloud-approvers"


def it_is_approved(platform: User, *, clerk: Citycloud, approver: Citycloud, decision: str) -> dict[str, Any]:
    waiting(platform, WARD, NAME)
    assert clerk("approve", PLACE, "--yes", code=1), "who asks does not decide"
    decided = approver("approve", PLACE, f"--decision-no={decision}", "--yes").data
    assert decided["valid"] is True
    until(platform, "Ready")
    return decided


def it_grows(platform: User, *, clerk: Citycloud, approver: Citycloud) -> None:
    before = platform.get("resourcequota", "citycloud", f"{WARD}--{NAME}--app")["spec"]["hard"]
    clerk("request", PLACE, "--size=m", "--yes")
    waiting(platform, WARD, NAME)
    assert platform.get("resourcequota", "citycloud", f"{WARD}--{NAME}--app")["spec"]["hard"] == before, "what was approved stays enforced"
    it_is_approved(platform, clerk=clerk, approver=approver, decision="15/QĐ-UBND")
    assert platform.get("resourcequota", "citycloud", f"{WARD}--{NAME}--app")["spec"]["hard"] != before


def it_gets_no_more_than_its_budget(platform: User, *, clerk: Citycloud, approver: Citycloud) -> None:
    """Be refused by the command line before anything is sent, and by the operator where somebody goes round it and even has it approved."""
    told = clerk("request", PLACE, "--size=xl", "--yes", code=1)
    assert "16" in told.stdout + told.stderr, "what is left, or the whole budget"
    kubectl = User(cluster=platform.cluster, kubeconfig=clerk.kubeconfig)
    kubectl.patch("environment", NAME, {"spec": {"size": "xl"}}, HOME)
    waiting(platform, WARD, NAME)
    approver("approve", PLACE, "--decision-no=16/QĐ-UBND", "--yes")
    refused = eventually(lambda: condition(look(platform), "Accepted").get("reason") == "OverBudget" and look(platform), what="the refusal")
    assert condition(refused, "Accepted")["message"].count(WARD) == 2, "in both languages"
    kubectl.patch("environment", NAME, {"spec": {"size": "m"}}, HOME)
    until(platform, "Ready")


def it_is_renewed(platform: User, *, clerk: Citycloud, approver: Citycloud) -> None:
    clerk("renew", PLACE, f"--until={day(365)}", "--yes")
    it_is_approved(platform, clerk=clerk, approver=approver, decision="98/QĐ-UBND")


def it_is_given_back_and_taken_up_again(platform: User, *, clerk: Citycloud) -> None:
    namespace = f"{WARD}--{NAME}--app"
    for taken_up in (True, False):
        clerk("retire", PLACE, "--yes")
        item = until(platform, "Retired")
        kept = datetime.datetime.fromisoformat(item["status"]["purgeAt"]) - datetime.datetime.fromisoformat(item["status"]["retiredAt"])
        assert kept == datetime.timedelta(days=30)
        assert not platform.list("rolebindings", namespace=namespace), "nobody may enter"
        assert platform.find("resourcequota", "citycloud", namespace) is not None, "nothing is lost"
        if taken_up:
            clerk("resume", PLACE, "--yes")
            until(platform, "Ready")


def the_auditor_proves_it(auditor: Citycloud) -> None:
    assert auditor("ledger", "verify", WARD).code == 0
    listed = auditor("ledger", "export", WARD).data["entries"]
    assert [each["decisionNo"] for each in listed] == ["12/QĐ-UBND", "15/QĐ-UBND", "16/QĐ-UBND", "98/QĐ-UBND"]
    assert {each["decidedBy"] for each in listed} == {"ong-minh"}
    table = auditor("ledger", "export", WARD, "--format=csv").stdout
    assert table.count("chi-lan") == len(listed), "each says who asked"
