"""Whose decision counts: never the asker's, never a forged one, and of two opposite ones the same whoever is read first."""

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support import objects
from tests.support.caller import Caller
from tests.support.cli import settled
from tests.support.kube import Object, User, condition, eventually

from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import ProcessError

Office = Callable[..., str]
Member = Callable[..., User]
APPROVERS = "citycloud-approvers"
STAMP = "citycloud.dev/requested-by"
SECONDS = 60


def environment(admin: User, office: str, name: str) -> Object:
    return admin.get("environment", name, f"org-{office}")


def phase(admin: User, office: str, name: str) -> str | None:
    found: str | None = environment(admin, office, name).get("status", {}).get("phase")
    return found


def waiting(admin: User, office: str, name: str) -> str:
    """Wait until an environment waits as it is now, and return the digest of what waits."""

    def look() -> str | None:
        item = environment(admin, office, name)
        status = item.get("status", {})
        seen = status.get("observedGeneration") == item["metadata"]["generation"]
        digest: str | None = status.get("pending", {}).get("digest") if seen else None
        return digest

    found: str = eventually(look, what=f"{name} to wait")
    return found


def judged(admin: User, office: str, name: str) -> Object:
    found: Object = eventually(lambda: admin.get("approval", name, f"org-{office}").get("status"), what=f"{name} to be judged")
    return found


def stamp(admin: User, office: str, name: str) -> str:
    return str(environment(admin, office, name)["metadata"]["annotations"].get(STAMP))


def test_who_asked_does_not_decide_with_whatever_rights(admin: User, office: Office, member: Member) -> None:
    name = office()
    both = member("kiem-nhiem", f"{name}-admins", APPROVERS)
    both.apply(objects.environment(name, "tu-duyet", size="l"))
    digest = waiting(admin, name, "tu-duyet")
    both.create(objects.approval(name, "cua-minh", target="tu-duyet", digest=digest))
    status = judged(admin, name, "cua-minh")
    assert status["valid"] is False
    assert "kiem-nhiem had a hand" in status["reason"]
    assert phase(admin, name, "tu-duyet") == "AwaitingApproval"


def test_who_changed_it_meanwhile_is_an_asker_too(admin: User, office: Office, member: Member) -> None:
    name = office()
    clerk, both = member("nhan-vien", f"{name}-admins"), member("kiem-nhiem", f"{name}-admins", APPROVERS)
    clerk.apply(objects.environment(name, "chung-tay", size="l"))
    waiting(admin, name, "chung-tay")
    both.patch("environment", "chung-tay", {"spec": {"justification": "Nhiều hồ sơ hơn"}}, f"org-{name}")
    assert stamp(admin, name, "chung-tay") == "nhan-vien,kiem-nhiem"
    digest = waiting(admin, name, "chung-tay")
    both.create(objects.approval(name, "dong-tac-gia", target="chung-tay", digest=digest))
    assert judged(admin, name, "dong-tac-gia")["valid"] is False
    member("lanh-dao", APPROVERS).create(objects.approval(name, "nguoi-khac", target="chung-tay", digest=digest))
    assert judged(admin, name, "nguoi-khac")["valid"] is True
    eventually(lambda: phase(admin, name, "chung-tay") == "Ready", what="the other decision to count")


def test_what_was_decided_is_asked_for_anew_by_whoever_changes_it(admin: User, office: Office, member: Member) -> None:
    name = office()
    first, second = member("mot", f"{name}-admins"), member("hai,%", f"{name}-admins")
    first.apply(objects.environment(name, "ke-tiep"))
    eventually(lambda: phase(admin, name, "ke-tiep") == "Ready", what="the first wish")
    second.patch("environment", "ke-tiep", {"spec": {"state": "active", "size": "l"}}, f"org-{name}")
    assert stamp(admin, name, "ke-tiep") == "hai%2C%25"
    digest = waiting(admin, name, "ke-tiep")
    decider = member("lanh-dao", APPROVERS)
    decider.create(objects.approval(name, "khong", target="ke-tiep", digest=digest, decision="refuse", reason="Chưa cần"))
    assert judged(admin, name, "khong")["valid"] is True
    eventually(lambda: condition(environment(admin, name, "ke-tiep"), "Ready").get("reason") == "RefusedByDecision", what="the refusal")
    first.patch("environment", "ke-tiep", {"spec": {"justification": "Thêm lý do"}}, f"org-{name}")
    assert stamp(admin, name, "ke-tiep") == "hai%2C%25,mot", "what was refused is still what the other one wished"


def test_two_opposite_decisions_at_once_end_as_the_rule_says(admin: User, office: Office, member: Member) -> None:
    name = office()
    admin.apply(objects.environment(name, "trai-nguoc", size="l"))
    digest = waiting(admin, name, "trai-nguoc")
    decider = member("lanh-dao", APPROVERS)
    decider.create(
        objects.approval(name, "a-duyet", target="trai-nguoc", digest=digest),
        objects.approval(name, "z-tu-choi", target="trai-nguoc", digest=digest, decision="refuse", reason="Chưa cần"),
    )
    valid = {each: judged(admin, name, each)["valid"] for each in ("a-duyet", "z-tu-choi")}
    times = {each: admin.get("approval", each, f"org-{name}")["metadata"]["creationTimestamp"] for each in valid}
    at_once = times["a-duyet"] == times["z-tu-choi"]
    assert valid == {"a-duyet": not at_once, "z-tu-choi": at_once}
    eventually(lambda: phase(admin, name, "trai-nguoc") == ("Refused" if at_once else "Ready"), what="the decision to count")


@pytest.fixture
def seasonal(admin: User, city: None) -> Iterator[str]:
    """A group that decides beside the others, for as long as the City says so."""
    access = objects.city()["spec"]["access"]
    admin.apply(objects.city(access={**access, "approvers": [*access["approvers"], "thoi-vu"]}))
    yield "thoi-vu"
    admin.apply(objects.city())


def test_an_approver_who_lost_the_right_decides_nothing_more(admin: User, office: Office, member: Member, seasonal: str) -> None:
    name = office()
    admin.apply(objects.environment(name, "mat-quyen", size="l"))
    digest = waiting(admin, name, "mat-quyen")
    decider = member("tam-thoi", seasonal)
    eventually(lambda: may_decide(decider, name), what="the right to decide")
    admin.apply(objects.city())
    eventually(lambda: not may_decide(decider, name), what="the right to end")
    assert "forbidden" in decider.refused(objects.approval(name, "qua-muon", target="mat-quyen", digest=digest))
    assert phase(admin, name, "mat-quyen") == "AwaitingApproval"


def may_decide(user: User, office: str) -> bool:
    try:
        return user.run("auth", "can-i", "approve", "environments.citycloud.dev", "-n", f"org-{office}").strip() == "yes"
    except ProcessError:
        return False


@pytest.fixture
def caller(cluster: Cluster) -> Iterator[Callable[..., Caller]]:
    """Make somebody who sends plain requests; the administrator where no name is given."""
    made: list[Caller] = []

    def make(name: str = "", *groups: str) -> Caller:
        kubeconfig = cluster.kubeconfig(user=name, groups=groups) if name else cluster.layout.kubeconfig
        made.append(Caller(kubeconfig=kubeconfig))
        return made[-1]

    yield make
    for each in made:
        each.close()


FORGED = {"metadata": {"annotations": {STAMP: "nguoi-khac"}}}
PATHS: dict[str, tuple[str, Any]] = {
    "merge patch": ("PATCH", {**FORGED, "spec": {"justification": "một"}}),
    "merge patch of the stamp alone": ("PATCH", FORGED),
    "taking the stamp away": ("PATCH", {"metadata": {"annotations": {STAMP: None}}}),
    "taking all annotations away": ("PATCH", {"metadata": {"annotations": None}}),
    "json patch": ("JSONPATCH", [{"op": "replace", "path": "/metadata/annotations/citycloud.dev~1requested-by", "value": "nguoi-khac"}]),
    "apply": ("APPLY", {"apiVersion": objects.API_VERSION, "kind": "Environment", **FORGED, "spec": {"justification": "hai"}}),
    "update": ("PUT", None),
}


def test_no_path_forges_who_asked(admin: User, office: Office, caller: Callable[..., Caller]) -> None:
    name = office()
    clerk = caller("nhan-vien", f"{name}-admins")
    collection = f"/apis/{objects.API_VERSION}/namespaces/org-{name}/environments"
    asked = objects.environment(name, "mao-danh", size="l")
    asked["metadata"]["annotations"] = {STAMP: "nguoi-khac"}
    assert clerk.call("POST", collection, asked).code == 201
    assert stamp(admin, name, "mao-danh") == "nhan-vien"
    path = f"{collection}/mao-danh"
    for what, (method, body) in PATHS.items():
        sent = body
        if method == "PUT":
            eventually(lambda: settled(admin, name, "mao-danh"), what="the operator to have written what it will")
            sent = clerk.call("GET", path).body
            sent["metadata"]["annotations"] = FORGED["metadata"]["annotations"]
        answer = clerk.call(method, path, sent)
        assert answer.code == 200, f"{what}: {answer.message}"
        assert stamp(admin, name, "mao-danh") == "nhan-vien", what
    forbidden = clerk.call("PATCH", f"{path}/status", {**FORGED, "status": {"pending": None}})
    assert forbidden.code == 403
    refused = caller().call("PATCH", f"{path}/status", {**FORGED, "status": {"phase": "Ready"}})
    assert "P31 " in refused.message
    assert stamp(admin, name, "mao-danh") == "nhan-vien"


def test_no_path_forges_who_decided(admin: User, office: Office, caller: Callable[..., Caller]) -> None:
    name = office()
    admin.apply(objects.environment(name, "gia-chu-ky", size="l"))
    digest = waiting(admin, name, "gia-chu-ky")
    collection = f"/apis/{objects.API_VERSION}/namespaces/org-{name}/approvals"
    forged = objects.approval(name, "ky-thay", target="gia-chu-ky", digest=digest)
    forged["metadata"]["annotations"] = {"citycloud.dev/decided-by": "chu-tich"}
    assert caller("lanh-dao", APPROVERS).call("POST", collection, forged).code == 201
    assert judged(admin, name, "ky-thay")["valid"] is True
    status = eventually(lambda: environment(admin, name, "gia-chu-ky")["status"].get("approved"), what="the decision to count")
    assert status["by"] == "lanh-dao"
    masters = caller()
    for method, body in (
        ("PATCH", {"metadata": {"annotations": {"citycloud.dev/decided-by": "chu-tich"}}}),
        ("PATCH", {"metadata": {"annotations": None}}),
        ("APPLY", {**forged, "spec": None}),
    ):
        assert masters.call(method, f"{collection}/ky-thay", body).refused
    assert "P41 " in masters.call("DELETE", f"{collection}/ky-thay").message
    assert "P41 " in masters.call("DELETE", collection).message


def test_a_wish_that_is_taken_back_waits_no_more_and_what_is_approved_stays(admin: User, office: Office, member: Member) -> None:
    name = office()
    clerk = member("nhan-vien", f"{name}-admins")
    clerk.apply(objects.environment(name, "rut-lai"))
    eventually(lambda: phase(admin, name, "rut-lai") == "Ready", what="the first size")
    quota = admin.get("resourcequota", "citycloud", f"{name}--rut-lai--app")
    approved = environment(admin, name, "rut-lai")["status"]["approved"]["digest"]
    clerk.apply(objects.environment(name, "rut-lai", size="l"))
    digest = waiting(admin, name, "rut-lai")
    assert environment(admin, name, "rut-lai")["status"]["approved"]["digest"] == approved
    clerk.apply(objects.environment(name, "rut-lai"))
    eventually(lambda: "pending" not in environment(admin, name, "rut-lai")["status"], what="nothing to wait any more")
    eventually(lambda: phase(admin, name, "rut-lai") == "Ready", what="it to be Ready as before")
    member("lanh-dao", APPROVERS).create(objects.approval(name, "thua", target="rut-lai", digest=digest))
    assert judged(admin, name, "thua")["valid"] is False
    after = admin.get("resourcequota", "citycloud", f"{name}--rut-lai--app")
    assert after["metadata"]["uid"] == quota["metadata"]["uid"]
    assert after["spec"] == quota["spec"]
    assert environment(admin, name, "rut-lai")["status"]["approved"]["digest"] == approved


def test_an_auditor_verifies_the_ledger_and_takes_it_home(
    admin: User, office: Office, member: Member, cluster: Cluster, tmp_path: pathlib.Path
) -> None:
    name = office()
    decider = member("lanh-dao", APPROVERS)
    for number, decision in enumerate(("approve", "refuse")):
        admin.apply(objects.environment(name, f"so-{number}", size="l"))
        digest = waiting(admin, name, f"so-{number}")
        decider.create(
            objects.approval(name, f"lan-{number}", target=f"so-{number}", digest=digest, decision=decision, reason='=1+1 "\n\x1b[31m')
        )
        assert judged(admin, name, f"lan-{number}")["ledger"]["index"] == number
    auditor = cluster.kubeconfig(user="kiem-toan", groups=("citycloud-auditors",))
    verified = ledger(auditor, "verify", "--output", "json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    found = {each["organisation"]: each for each in json.loads(verified.stdout)["ledgers"]}
    assert (found[name]["entries"], found[name]["approvals"], found[name]["whole"]) == (2, 2, True)
    exported = json.loads(ledger(auditor, "export", name).stdout)
    assert [(each["decidedBy"], each["decision"]) for each in exported["entries"]] == [("lanh-dao", "approve"), ("lanh-dao", "refuse")]
    nowhere, file = tmp_path / "no-cluster", tmp_path / "export.json"
    for document, code, fault in ((exported, 0, None), (backdated(exported), 1, "wrongHash")):
        file.write_text(json.dumps(document))
        answered = ledger(nowhere, "verify", "--file", str(file), "--output", "json")
        (walked,) = json.loads(answered.stdout)["ledgers"]
        assert (answered.returncode, (walked["break"] or {}).get("fault")) == (code, fault)
    table = ledger(auditor, "export", name, "--format", "csv").stdout
    assert "\x1b" not in table
    assert len(table.splitlines()) == 3
    clerk = cluster.kubeconfig(user="nhan-vien", groups=(f"{name}-admins",))
    assert ledger(clerk, "verify", name).returncode == 2


def backdated(exported: dict[str, Any]) -> dict[str, Any]:
    """Say of a decision that it was made a year earlier."""
    first, *others = exported["entries"]
    year = int(first["decidedAt"][:4])
    return exported | {"entries": [first | {"decidedAt": f"{year - 1}{first['decidedAt'][4:]}"}, *others]}


def ledger(kubeconfig: object, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "citycloud.cli.app", "ledger", *arguments]
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
