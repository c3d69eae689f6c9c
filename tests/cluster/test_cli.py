"""The command line as a clerk of a department and an approver of the city use it, each with their own rights and no more."""

import datetime
from collections.abc import Callable

from tests.support import objects
from tests.support.cli import Citycloud, quota_of, ready, settled, spec_of, waiting
from tests.support.kube import User, condition, eventually

Office = Callable[..., str]
NEXT_YEAR = (datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(days=365)).date().isoformat()


def test_the_way_from_a_request_to_its_end(admin: User, office: Office, clerk: Callable[[str], Citycloud], approver: Citycloud) -> None:
    """Request, why, approve, Ready, renew, suspend, resume, retire: every step by the one whose step it is."""
    name = office()
    ask, place = clerk(name), f"{name}/thi-diem"
    asked = ask("request", place, "--system=he-thong", "--stage=pilot", "--size=m", "--zone=dmz", "--zone=app", "--yes").data
    assert asked["written"] is True
    assert asked["namespaces"] == {"dmz": f"{name}--thi-diem--dmz", "app": f"{name}--thi-diem--app"}
    assert (asked["level"], asked["profile"]) == (3, "vn-2026-l3")
    assert asked["budgetLeft"]["environments"] == 19
    assert int(asked["budgetLeft"]["cpu"]) == 200 - int(quota_of("m")["requests.cpu"])
    assert asked["decision"] == {"reasons": ["StageNeedsApproval"], "by": ["citycloud-approvers"]}

    digest = waiting(admin, name, "thi-diem")["digest"]
    told = ask("why", place, "--lang", "vi", code=1).data
    approved = next(each for each in told["conditions"] if each["type"] == "Approved")
    assert "giai đoạn pilot cần người duyệt" in approved["text"]
    assert "needs a decision" not in approved["text"]
    assert approved["who"] == "người duyệt: citycloud-approvers"
    assert "You have no right to do this" in ask("approve", place, "--yes", code=1).stderr

    decided = approver("approve", place, "--yes").data
    assert (decided["digest"], decided["decided"]) == (digest, "approve")
    stored = admin.get("approval", decided["approval"], f"org-{name}")
    assert stored["spec"]["target"] == {"kind": "Environment", "name": "thi-diem"}
    assert (stored["spec"]["digest"], stored["spec"]["decision"]) == (digest, "approve")
    ready(admin, name, "thi-diem")
    assert ask("status", place).data["environments"][0]["phase"] == "Ready"
    assert "waits for no decision" in approver("approve", place, "--yes", code=1).stderr

    renewed = ask("renew", place, "--until", NEXT_YEAR, "--yes").data
    assert [each["path"] for each in renewed["changes"]] == ["expiresAt"]
    assert spec_of(admin, name, "thi-diem")["expiresAt"].endswith("T17:00:00Z"), "the end of the day in the city"
    for command, state in (("suspend", "suspended"), ("resume", "active"), ("retire", "retired"), ("resume", "active")):
        assert ask(command, place, "--yes").data["written"] is True
        assert spec_of(admin, name, "thi-diem")["state"] == state


def test_without_a_yes_nothing_is_sent(admin: User, office: Office, clerk: Callable[[str], Citycloud]) -> None:
    name = office()
    ask = clerk(name)
    answered = ask("request", f"{name}/chua-gui", "--system=he-thong", code=2)
    assert "add --yes" in answered.stderr
    assert ask("request", f"{name}/chua-gui", "--system=he-thong", "--dry-run").data["written"] is False
    assert admin.find("environment", "chua-gui", f"org-{name}") is None


def test_a_new_system_is_created_with_the_facts_that_were_given(admin: User, office: Office, clerk: Callable[[str], Citycloud]) -> None:
    name = office()
    ask, place = clerk(name), f"{name}/moi-thu"
    missing = ask("request", place, "--system=dat-lich", "--yes", code=2)
    assert "--system-name, --system-type and --personal-data" in missing.stderr
    facts = ("--system-name=Đặt lịch hẹn", "--system-type=procedures", "--personal-data=sensitive:500")
    asked = ask("request", place, "--system=dat-lich", *facts, "--yes").data
    assert asked["creates"] == ["InformationSystem/dat-lich", "Environment/moi-thu"]
    spec = admin.get("informationsystem", "dat-lich", f"org-{name}")["spec"]
    assert (spec["names"]["vi"], spec["type"], spec["handlesProcedures"]) == ("Đặt lịch hẹn", "b", True)
    assert (spec["personalData"]["kind"], spec["personalData"]["subjects"]) == ("sensitive", 500)
    assert spec["contacts"]["owner"] == f"owner@{name}.example"
    ready(admin, name, "moi-thu")
    assert admin.get("environment", "moi-thu", f"org-{name}")["status"]["level"] == asked["level"]


def test_a_refusal_of_the_api_server_is_shown_as_it_is_and_before_any_write(
    admin: User, office: Office, clerk: Callable[[str], Citycloud]
) -> None:
    name = office()
    ask = clerk(name)
    answered = ask("request", f"{name}/ten-xau", "--system=he-thong", "--host=a.b", "--yes", code=1)
    assert "tên máy gồm a–z, 0–9" in answered.stderr
    assert "a host label has a-z, 0-9" in answered.stderr
    assert answered.stderr.count("\n") == 1
    assert admin.find("environment", "ten-xau", f"org-{name}") is None


def test_what_cannot_be_is_foreseen_and_not_sent(admin: User, office: Office, clerk: Callable[[str], Citycloud]) -> None:
    name = office(budget={"environments": 1, "cpu": "4", "memory": "64Gi", "storage": "1Ti"})
    ask = clerk(name)
    over = ask("request", f"{name}/qua-lon", "--system=he-thong", "--size=m", "--yes", "--lang=vi", code=1).data
    assert over["refused"]["reason"] == "OverBudget"
    assert "cần 8, còn 4 (cpu)" in over["refused"]["text"]
    nowhere = ask("request", f"{name}/khong-dau", "--system=he-thong", "--location=sao-hoa", "--yes", code=1).data
    assert "municipal-cloud, data-centre" in nowhere["refused"]["text"]
    assert admin.list("environments", namespace=f"org-{name}") == []


def test_a_grown_environment_is_shown_before_and_after(
    admin: User, office: Office, clerk: Callable[[str], Citycloud], approver: Citycloud
) -> None:
    name = office()
    ask, place = clerk(name), f"{name}/lon-len"
    ask("request", place, "--system=he-thong", "--yes")
    ready(admin, name, "lon-len")

    seen = ask("diff", place, "--size=l", "--add-host=mot-cua").data["environments"][0]
    assert {each["path"]: (each["before"], each["after"]) for each in seen["fields"]} == {"size": ("s", "l"), "hosts": (None, "mot-cua")}
    quota = next(each for each in seen["objects"] if each["kind"] == "ResourceQuota")
    cpu = next(each for each in quota["changes"] if each["path"] == "spec.hard.requests.cpu")
    wanted = [quota_of(size)["requests.cpu"] for size in ("s", "l")]
    assert (quota["how"], cpu["before"], cpu["after"]) == ("changed", *wanted)

    ask("request", place, "--size=l", "--host=mot-cua", "--justification=Thêm người dùng", "--yes")
    eventually(lambda: settled(admin, name, "lon-len"), what="the change to be seen")
    waiting(admin, name, "lon-len")
    assert approver("status", name, code=1).data["environments"][0]["pending"]["waitingFor"] == ["citycloud-approvers"]
    refused = approver("refuse", place, "--reason", "Chưa cần cỡ này", "--yes").data
    assert {each["path"] for each in refused["changes"]} == {"size", "hosts", "justification"}
    assert refused["holdsNow"] == {name: quota_of("s")[f"requests.{name}"] for name in ("cpu", "memory", "storage")}
    eventually(
        lambda: condition(admin.get("environment", "lon-len", f"org-{name}"), "Ready").get("reason") == "RefusedByDecision",
        what="the refusal to count",
    )
    told = ask("why", place, code=1).data
    assert any("Chưa cần cỡ này" in each["text"] for each in told["conditions"])


def test_production_needs_a_number_and_a_refusal_a_reason(
    admin: User, office: Office, clerk: Callable[[str], Citycloud], approver: Citycloud
) -> None:
    name = office()
    admin.apply(objects.system(name, dossier=objects.dossier()))
    ask, place = clerk(name), f"{name}/chinh-thuc"
    asked = ask("request", place, "--system=he-thong", "--stage=production", "--yes").data
    assert asked["dossier"] == "approved"
    waiting(admin, name, "chinh-thuc")
    assert "--decision-no" in approver("approve", place, "--yes", code=2).stderr
    assert "--reason" in approver("refuse", place, "--yes", code=2).stderr
    assert admin.list("approvals", namespace=f"org-{name}") == []
    approver("approve", place, "--decision-no=45/QĐ-UBND", "--yes")
    (decision,) = admin.list("approvals", namespace=f"org-{name}")
    assert decision["spec"]["decisionNo"] == "45/QĐ-UBND"


def test_members_come_change_and_go(admin: User, office: Office, clerk: Callable[[str], Citycloud]) -> None:
    name = office()
    ask, place = clerk(name), f"{name}/thanh-vien"
    ask("request", place, "--system=he-thong", "--yes")
    ask("members", place, f"--add=user:oidc:an@ngoai.example:operator:{NEXT_YEAR}", "--add=group:nha-thau:viewer", "--yes")
    ask("members", place, "--add=group:nha-thau:operator", "--yes")
    eventually(lambda: settled(admin, name, "thanh-vien"), what="the change to be seen")
    listed = ask("members", place).data["members"]
    beyond = [(each["kind"], each["name"], each["role"], each["until"]) for each in listed if each["from"] == "environment"]
    assert beyond == [("User", "oidc:an@ngoai.example", "operator", NEXT_YEAR), ("Group", "nha-thau", "operator", None)]
    assert [each["name"] for each in listed if each["from"] == "organisation"] == [f"{name}-admins", f"{name}-operators", f"{name}-viewers"]
    assert "is not on the list" in ask("members", place, "--remove=user:ai-do", "--yes", code=2).stderr
    ask("members", place, "--remove=group:nha-thau", "--yes")
    assert [each["name"] for each in spec_of(admin, name, "thanh-vien")["members"]] == ["oidc:an@ngoai.example"]
    assert "system:" in ask("members", place, "--add=group:system:masters:admin", "--yes", code=1).stderr
