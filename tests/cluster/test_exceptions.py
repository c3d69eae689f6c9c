"""One policy does not hold in one environment, for a time, because a security officer accepted the risk; everything else holds."""

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support import objects
from tests.support.cli import Citycloud
from tests.support.kube import Object, User, condition, eventually

from citycloud_dev.processes import ProcessError

Office = Callable[..., str]
Member = Callable[..., User]
SECURITY = "citycloud-security"
REGISTRY = "P04"
SECONDS_TO_LIVE = 25


def ready(admin: User, office: str, name: str) -> bool:
    return condition(admin.get("environment", name, f"org-{office}"), "Ready").get("status") == "True"


@pytest.fixture
def pair(admin: User, office: Office) -> str:
    """An organisation with two environments that are alike."""
    name = office()
    for environment in ("kho", "ben-canh"):
        admin.apply(objects.environment(name, environment))
    eventually(lambda: all(ready(admin, name, environment) for environment in ("kho", "ben-canh")), what="both to be Ready")
    return name


def exception(office: str, *, expires_at: datetime.datetime, **changes: Any) -> Object:
    spec = {
        "environment": "kho",
        "policy": REGISTRY,
        "reason": "Ảnh của nhà cung cấp chưa chuyển kịp",
        "compensatingMeasure": "Quét ảnh hằng ngày",
        "expiresAt": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    metadata = {"namespace": f"org-{office}", "name": "kho-anh"}
    return {"apiVersion": objects.API_VERSION, "kind": "PolicyException", "metadata": metadata, "spec": spec | changes}


def in_seconds(seconds: float) -> datetime.datetime:
    return datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(seconds=seconds)


def foreign(namespace: str, name: str, *, image: str = "registry.elsewhere.example/web@sha256:" + "0" * 64) -> Object:
    """A pod whose image comes from a registry that the city does not list."""
    pod = objects.pod(namespace, name)
    pod["spec"]["containers"][0]["image"] = image
    return pod


def status(admin: User, office: str) -> Object:
    found: Object = admin.get("policyexception", "kho-anh", f"org-{office}").get("status", {})
    return found


def waiting(admin: User, office: str) -> str:
    digest: str = eventually(lambda: status(admin, office).get("pending", {}).get("digest"), what="the exception to wait")
    return digest


def policies(admin: User, namespace: str) -> list[str]:
    listed: str = admin.get("namespace", namespace)["metadata"]["annotations"]["citycloud.dev/policies"]
    return listed.split(",")


def decision(office: str, name: str, *, digest: str, **changes: Any) -> Object:
    item = objects.approval(office, name, target="kho-anh", digest=digest, **changes)
    item["spec"]["target"]["kind"] = "PolicyException"
    return item


def admitted(user: User, pod: Object) -> bool:
    """Ask the API server, which stores nothing then."""
    try:
        user.run("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))
    except ProcessError as refusal:
        if f"{REGISTRY} " not in str(refusal):
            raise
        return False
    return True


def test_an_exception_loosens_one_policy_in_one_environment_until_it_ends(admin: User, pair: str, member: Member) -> None:
    namespace, neighbour = f"{pair}--kho--app", f"{pair}--ben-canh--app"
    clerk, worker = member("nhan-vien", f"{pair}-admins"), member("ky-thuat", f"{pair}-operators")
    assert f"{REGISTRY} " in worker.refused(foreign(namespace, "truoc"))
    before = policies(admin, namespace)
    ends = in_seconds(SECONDS_TO_LIVE)
    clerk.create(exception(pair, expires_at=ends))
    member("an-ninh", SECURITY).create(decision(pair, "chap-nhan", digest=waiting(clerk, pair)))
    eventually(lambda: status(clerk, pair).get("phase") == "Active", what="the decision to count")
    eventually(lambda: admitted(worker, foreign(namespace, "trong-han")), what="the policy to be left out")
    worker.create(foreign(namespace, "trong-han"))
    assert policies(admin, namespace) == [each for each in before if each != REGISTRY]

    assert "P06 " in worker.refused(foreign(namespace, "khac", image="registry.elsewhere.example/web:latest"))
    assert f"{REGISTRY} " in worker.refused(foreign(neighbour, "ben-canh"))
    assert policies(admin, neighbour) == before
    assert datetime.datetime.now(tz=datetime.UTC) < ends, "all of this has to be seen before the exception ends"

    eventually(lambda: status(clerk, pair).get("phase") == "Expired", what="the exception to end", seconds=SECONDS_TO_LIVE + 30)
    assert datetime.datetime.now(tz=datetime.UTC) >= ends.replace(microsecond=0)
    eventually(lambda: not admitted(worker, foreign(namespace, "sau")), what="the policy to hold again")
    assert policies(admin, namespace) == before
    assert admin.find("pod", "trong-han", namespace), "what runs is not touched"


@pytest.mark.parametrize("group", ["{}-admins", "citycloud-approvers"])
def test_nobody_but_a_security_officer_accepts_the_risk(admin: User, pair: str, member: Member, group: str) -> None:
    admin.create(exception(pair, expires_at=in_seconds(3600)))
    digest = waiting(admin, pair)
    refusal = member("khong-phai", group.format(pair)).refused(decision(pair, "tu-cho-phep", digest=digest))
    assert "orbidden" in refusal
    assert status(admin, pair)["phase"] == "AwaitingApproval"
    assert REGISTRY in policies(admin, f"{pair}--kho--app")


def test_an_officer_who_asked_does_not_decide(pair: str, admin: User, member: Member) -> None:
    both = member("kiem-nhiem", f"{pair}-admins", SECURITY)
    both.create(exception(pair, expires_at=in_seconds(3600)))
    both.create(decision(pair, "cua-minh", digest=waiting(both, pair)))
    judged = eventually(lambda: both.get("approval", "cua-minh", f"org-{pair}").get("status"), what="it to be judged")
    assert judged["valid"] is False
    void = Citycloud(both.kubeconfig)("approve", f"--exception={pair}/kho-anh", "--yes", "--wait=60", code=1).data
    assert void["valid"] is False
    assert "kiem-nhiem had a hand" in void["reason"]
    assert status(admin, pair)["phase"] == "AwaitingApproval"
    assert REGISTRY in policies(admin, f"{pair}--kho--app")


def test_a_risk_is_seen_and_accepted_on_the_command_line(
    admin: User, pair: str, clerk: Callable[[str], Citycloud], approver: Citycloud, member: Member
) -> None:
    ask, officer, place, named = (
        clerk(pair),
        Citycloud(member("an-ninh", SECURITY).kubeconfig),
        f"{pair}/kho",
        f"--exception={pair}/kho-anh",
    )
    member("nhan-vien", f"{pair}-admins").create(exception(pair, expires_at=in_seconds(3600)))
    digest = waiting(admin, pair)
    (waits,) = ask("why", place, "--lang=vi").data["exceptions"]
    assert (waits["phase"], waits["who"]) == ("AwaitingApproval", f"cán bộ an toàn thông tin: {SECURITY}")
    assert "Chờ cán bộ an toàn thông tin quyết định" in waits["text"]
    for nobody in (ask, approver):
        nobody("approve", named, "--yes", code=1)
    assert "add --yes" in officer("approve", named, code=2).stderr
    assert admin.list("approvals", namespace=f"org-{pair}") == []

    decided = officer("approve", named, "--yes").data
    assert (decided["digest"], decided["policy"], decided["environment"], decided["valid"]) == (digest, REGISTRY, place, True)
    assert (decided["compensatingMeasure"], decided["askedBy"]) == ("Quét ảnh hằng ngày", ["nhan-vien"])
    assert decided["title"]["vi"] != decided["title"]["en"]
    eventually(lambda: status(admin, pair).get("phase") == "Active", what="the decision to count")
    assert status(admin, pair)["approval"] == decided["approval"]
    eventually(lambda: REGISTRY not in policies(admin, f"{pair}--kho--app"), what="the policy to be left out")
    listed = {each["name"]: [one["phase"] for one in each["exceptions"]] for each in ask("status", pair, code=None).data["environments"]}
    assert listed == {"kho": ["Active"], "ben-canh": []}
    assert "waits for no decision (phase Active)" in officer("approve", named, "--yes", code=1).stderr


def test_a_risk_is_refused_on_the_command_line_with_a_reason(
    admin: User, pair: str, clerk: Callable[[str], Citycloud], member: Member
) -> None:
    officer, named = Citycloud(member("an-ninh", SECURITY).kubeconfig), f"--exception={pair}/kho-anh"
    member("nhan-vien", f"{pair}-admins").create(exception(pair, expires_at=in_seconds(3600)))
    waiting(admin, pair)
    assert "--reason" in officer("refuse", named, "--yes", code=2).stderr
    officer("refuse", named, "--reason=Hãy chuyển ảnh trước", "--yes")
    eventually(lambda: status(admin, pair).get("phase") == "Refused", what="the refusal to count")
    (told,) = clerk(pair)("why", f"{pair}/kho").data["exceptions"]
    assert "Hãy chuyển ảnh trước" in told["text"]
    assert REGISTRY in policies(admin, f"{pair}--kho--app")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policy": "P12"}, "P12 cannot be loosened"),
        ({"environment": "khong-co"}, "no Environment named khong-co"),
        ({"expiresAt": "2199-01-01T00:00:00Z"}, "at most 180 days"),
    ],
)
def test_what_nobody_could_grant_says_why(pair: str, member: Member, changes: dict[str, Any], words: str) -> None:
    clerk = member("nhan-vien", f"{pair}-admins")
    clerk.create(exception(pair, expires_at=in_seconds(3600), **changes))
    eventually(lambda: status(clerk, pair).get("phase") == "Refused", what="the refusal")
    assert words in condition(clerk.get("policyexception", "kho-anh", f"org-{pair}"), "Active")["message"]


def test_evidence_names_the_exception_instead_of_a_proof(admin: User, pair: str, member: Member) -> None:
    ends = in_seconds(3600)
    member("nhan-vien", f"{pair}-admins").create(exception(pair, expires_at=ends))
    member("an-ninh", SECURITY).create(decision(pair, "chap-nhan", digest=waiting(admin, pair)))
    eventually(lambda: REGISTRY not in policies(admin, f"{pair}--kho--app"), what="the policy to be left out")
    auditor = Citycloud(member("kiem-toan", "citycloud-auditors").kubeconfig)
    states = {}
    for environment in ("kho", "ben-canh"):
        controls = auditor("evidence", f"{pair}/{environment}", code=None).data["controls"]
        proofs = [(control["state"], proof) for control in controls for proof in control["proofs"] if proof.get("policy") == REGISTRY]
        states[environment] = {state for state, _ in proofs}
        said = [proof for _, proof in proofs if proof["key"] == "Excepted"]
        assert [each["name"] for each in said] == (["kho-anh"] if environment == "kho" else [])
        assert all("Quét ảnh hằng ngày" in each["text"] and each["date"].startswith(f"{ends:%Y-%m-%dT%H:%M:%S}") for each in said)
    assert states == {"kho": {"excepted"}, "ben-canh": {"proven"}}
