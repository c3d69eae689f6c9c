"""status, why, quota, diff: what is told of environments, in words and for programs."""

import json
import pathlib
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import objects, recorded
from tests.support.recorded import OFFICE, ROOT, Recorded

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

PLACE = "so-y-te/ho-so"
EVENTS = "/api/v1/namespaces/so-y-te--ho-so--app/events?fieldSelector=reason%3DFailedCreate"
REFUSED = "is forbidden: ValidatingAdmissionPolicy 'x' with binding 'x' denied request: P04 containers: ảnh lạ / a foreign image"


def event(message: str, *, at: str, name: str = "web", count: int = 3) -> dict[str, Any]:
    owner = {"kind": "ReplicaSet", "name": name, "namespace": "so-y-te--ho-so--app"}
    return {"involvedObject": owner, "message": message, "lastTimestamp": at, "count": count}


def test_status_of_one_exits_with_whether_it_is_ready(ask: "Run", department: Recorded) -> None:
    department.put(recorded.ready())
    assert ask("status", PLACE).exit_code == 0
    department.put(recorded.waiting(size="l"))
    result = ask("status", PLACE)
    assert result.exit_code == 1
    (shown,) = json.loads(result.stdout)["environments"]
    assert (shown["phase"], shown["ready"], shown["pending"]["waitingFor"]) == ("AwaitingApproval", False, ["citycloud-approvers"])
    assert "spec" not in shown.get("approved", {})


def test_status_of_all_leaves_out_what_shall_not_run(ask: "Run", department: Recorded) -> None:
    resting = recorded.waiting("nghi", state="suspended")
    for body in (recorded.ready("mot"), recorded.ready("hai"), resting):
        department.put(body)
    result = ask("status", OFFICE)
    assert result.exit_code == 0
    assert [each["name"] for each in json.loads(result.stdout)["environments"]] == ["hai", "mot", "nghi"]
    table = ask("status", OFFICE, "--output=table", "--lang=vi").stdout
    assert "so-y-te: 3 môi trường" in table
    assert "citycloud-approvers (OverAutomaticSize)" in table


@pytest.mark.parametrize(("language", "said"), [("vi", "Chờ duyệt."), ("en", "Waiting.")])
def test_why_says_one_language_and_who_has_to_act(ask: "Run", department: Recorded, language: str, said: str) -> None:
    department.put(recorded.waiting(size="l"))
    result = ask("why", PLACE, "--lang", language)
    assert result.exit_code == 1
    condition = json.loads(result.stdout)["conditions"][0]
    assert condition["text"] == said
    assert "citycloud-approvers" in condition["who"]
    table = ask("why", PLACE, "--lang", language, "--output=table").stdout
    assert said in table
    assert "citycloud-approvers" in table


def test_why_names_decisions_that_do_not_count(ask: "Run", department: Recorded) -> None:
    department.put(recorded.waiting(size="l"))
    void = objects.approval(OFFICE, "cu", target="ho-so", digest="sha256:" + "0" * 64)
    void["metadata"]["annotations"] = {"citycloud.dev/decided-by": "lanh-dao"}
    department.put(void | {"status": {"valid": False, "reason": "Đã cũ. / Stale."}})
    department.put(objects.approval(OFFICE, "khac", target="khac", digest="sha256:" + "0" * 64) | {"status": {"valid": False}})
    (decision,) = json.loads(ask("why", PLACE).stdout)["voidDecisions"]
    assert decision == {"approval": "cu", "decision": "approve", "by": "lanh-dao", "text": "Stale."}


def test_why_names_what_policies_refused(ask: "Run", department: Recorded) -> None:
    department.put(recorded.ready())
    items = [
        event(f'pods "web-2" {REFUSED}', at="2026-08-02T00:00:00Z", count=9),
        event(f'pods "web-1" {REFUSED}', at="2026-08-01T00:00:00Z"),
        event('pods "x" is forbidden: violates PodSecurity "restricted:v1.36": privileged', at="2026-08-01T00:00:00Z", name="x"),
        event("some other failure", at="2026-08-03T00:00:00Z", name="y"),
        {
            **event(f'pods "z" {REFUSED}', at="2026-08-01T00:00:00Z", name="z"),
            "lastTimestamp": None,
            "eventTime": "2026-08-01T00:00:00.000000Z",
        },
    ]
    department.others[EVENTS] = {"items": items}
    result = ask("why", PLACE)
    assert result.exit_code == 0
    found = {each["owner"]: each for each in json.loads(result.stdout)["workloadRefusals"]}
    assert {owner: each["policy"] for owner, each in found.items()} == {
        "ReplicaSet/web": "P04",
        "ReplicaSet/x": "P01",
        "ReplicaSet/z": "P04",
    }
    assert (found["ReplicaSet/web"]["count"], found["ReplicaSet/web"]["text"]) == (9, "a foreign image")
    assert "→" in found["ReplicaSet/x"]["text"], "English only: the remedy of the policy is added"
    table = ask("why", PLACE, "--output=table", "--lang=vi").stdout
    assert "P04: " in table


def test_why_says_whose_events_it_may_not_read(ask: "Run", department: Recorded) -> None:
    department.put(recorded.ready())
    department.forbidden.add(EVENTS)
    assert json.loads(ask("why", PLACE).stdout)["namespacesNotReadable"] == ["so-y-te--ho-so--app"]
    assert "You may not read events in so-y-te--ho-so--app" in ask("why", PLACE, "--output=table").stdout


def test_why_of_what_nobody_looked_at_yet(ask: "Run", department: Recorded) -> None:
    body = recorded.environment()
    del body["status"]
    department.put(body)
    result = ask("why", PLACE, "--output=table")
    assert result.exit_code == 1
    assert "has not looked at it yet" in result.stdout


EXCEPTIONS = "/apis/citycloud.dev/v1alpha1/namespaces/org-so-y-te/policyexceptions"


@pytest.fixture
def excepted(department: Recorded) -> Recorded:
    """Two environments, one with an exception that holds and one that waits, the other with one of its own."""
    department.others[EVENTS] = {"items": []}
    for name in ("ho-so", "khac"):
        department.put(recorded.ready(name))
    department.put(recorded.exception("cho-duyet"))
    active = [recorded.condition("Active", holds=True, reason="ExceptionActive", message="Đang nới. / It is loosened.")]
    department.put(recorded.exception("bat-dau", phase="Active", pending=None, conditions=active))
    department.put(recorded.exception("cua-khac", environment="khac"))
    return department


def test_status_lists_exceptions_of_what_was_asked_for(ask: "Run", excepted: Recorded) -> None:
    (shown,) = json.loads(ask("status", PLACE).stdout)["environments"]
    assert shown["exceptions"] == [
        {"name": "bat-dau", "policy": "P04", "phase": "Active", "expires": "2027-02-01T17:00:00+00:00"},
        {"name": "cho-duyet", "policy": "P04", "phase": "AwaitingApproval", "expires": "2027-02-01T17:00:00+00:00"},
    ]
    every = {each["name"]: [one["name"] for one in each["exceptions"]] for each in json.loads(ask("status", OFFICE).stdout)["environments"]}
    assert every == {"ho-so": ["bat-dau", "cho-duyet"], "khac": ["cua-khac"]}
    table = ask("status", PLACE, "--output=table", "--lang=vi").stdout
    assert "P04: Ảnh" in table
    assert "2027-02-01" in table
    assert "cua-khac" not in table
    assert "cua-khac" in ask("status", OFFICE, "--output=table").stdout


@pytest.mark.parametrize(
    ("language", "said", "officers"),
    [
        ("vi", "Chờ cán bộ an toàn thông tin.", "cán bộ an toàn thông tin: citycloud-security"),
        ("en", "Waiting for a security officer.", "the security officers: citycloud-security"),
    ],
)
def test_why_says_whom_an_exception_waits_for(ask: "Run", excepted: Recorded, language: str, said: str, officers: str) -> None:
    result = ask("why", PLACE, "--lang", language)
    assert result.exit_code == 0, "an exception that waits keeps nobody from being Ready"
    active, waits = json.loads(result.stdout)["exceptions"]
    assert (active["name"], active["phase"], active["who"]) == ("bat-dau", "Active", "")
    assert (waits["name"], waits["text"], waits["who"]) == ("cho-duyet", said, officers)
    table = ask("why", PLACE, "--lang", language, "--output=table", COLUMNS="400").stdout
    assert said in table
    assert officers in table


def test_an_exception_that_nobody_looked_at_yet_says_so(ask: "Run", department: Recorded) -> None:
    department.put(recorded.ready())
    department.others[EVENTS] = {"items": []}
    body = recorded.exception()
    del body["status"]
    department.put(body)
    (told,) = json.loads(ask("why", PLACE).stdout)["exceptions"]
    assert (told["phase"], told["who"]) == (None, "")
    assert "has not looked at it yet" in told["text"]


def test_no_exception_is_told_from_one_that_may_not_be_read(ask: "Run", department: Recorded) -> None:
    department.put(recorded.ready())
    department.others[EVENTS] = {"items": []}
    for command in ("status", "why"):
        assert "policyexceptions" not in ask(command, PLACE, "--output=table").stdout
    assert json.loads(ask("why", PLACE).stdout)["exceptions"] == []
    department.forbidden.add(EXCEPTIONS)
    for command in ("status", "why"):
        assert "You may not read the exceptions from policies" in ask(command, PLACE, "--output=table").stdout
    assert json.loads(ask("why", PLACE).stdout)["exceptions"] is None


def test_quota_tells_budget_hold_and_cost(ask: "Run", department: Recorded) -> None:
    body = objects.organisation(OFFICE)
    department.put(body | {"status": {"allocated": {"environments": 1, "cpu": "2", "memory": "4Gi", "storage": "50Gi"}}})
    department.put(recorded.ready())
    department.put(recorded.waiting("cho", size="l"))
    answer = json.loads(ask("quota", OFFICE).stdout)
    assert answer["left"] == {"environments": 19, "cpu": "198", "memory": "396Gi", "storage": "4046Gi"}
    assert [(each["name"], each["monthlyCost"]) for each in answer["environments"]] == [("cho", 0), ("ho-so", recorded.cost("s"))]
    assert answer["monthlyCost"]["amount"] == recorded.cost("s")
    assert f"{recorded.cost('s'):,} ₫".replace(",", ".") in ask("quota", OFFICE, "--output=table", "--lang=vi").stdout
    assert ask("quota", PLACE).exit_code == 2


def test_a_budget_below_what_runs_is_shown_below_zero(ask: "Run", department: Recorded) -> None:
    body = objects.organisation(OFFICE, budget={"environments": 0, "cpu": "1", "memory": "0", "storage": "0"})
    department.put(body | {"status": {"allocated": {"environments": 1, "cpu": "2500m", "memory": "4Gi", "storage": "0"}}})
    assert json.loads(ask("quota", OFFICE).stdout)["left"] == {"environments": -1, "cpu": "-1500m", "memory": "-4Gi", "storage": "0"}


def test_diff_shows_fields_objects_and_what_follows(ask: "Run", department: Recorded) -> None:
    department.put(recorded.ready())
    result = ask("diff", PLACE, "--size=m", "--add-zone=data")
    assert result.exit_code == 0, result.stderr
    (compared,) = json.loads(result.stdout)["environments"]
    assert [each["path"] for each in compared["fields"]] == ["size", "zones"]
    added = {(each["kind"], each["namespace"]) for each in compared["objects"] if each["how"] == "added"}
    assert ("ResourceQuota", "so-y-te--ho-so--data") in added
    changed = {each["kind"] for each in compared["objects"] if each["how"] == "changed"}
    assert "ResourceQuota" in changed, "half of a larger size is another share"
    assert compared["foresight"]["namespaces"]["data"] == "so-y-te--ho-so--data"
    table = ask("diff", PLACE, "--size=m", "--output=table").stdout
    assert "spec.hard.requests.cpu: 2 → 8" in table
    assert department.sent == []


def test_diff_without_a_wish_shows_what_waits(ask: "Run", department: Recorded) -> None:
    department.put(recorded.waiting(before={"system": "he-thong", "stage": "test", "size": "s", "zones": ["app"]}, size="l"))
    (compared,) = json.loads(ask("diff", PLACE).stdout)["environments"]
    assert [(each["path"], each["before"], each["after"]) for each in compared["fields"]] == [("size", "s", "l")]
    assert {each["kind"] for each in compared["objects"]} == {"Namespace", "ResourceQuota", "LimitRange", "ConfigMap"}


def test_a_diff_that_cannot_be_says_so(ask: "Run", department: Recorded) -> None:
    department.put(recorded.ready())
    for wish, reason in (("--size=xxl", "SizeMissing"), ("--add-zone=la", "ZoneUnknown")):
        result = ask("diff", PLACE, wish)
        assert result.exit_code == 1
        assert json.loads(result.stdout)["environments"][0]["refused"]["reason"] == reason


def changed_profile(folder: pathlib.Path, old: str, new: str) -> str:
    text = (ROOT / "policies" / "profiles" / "vn-2026-l3.yaml").read_text()
    assert old in text
    file = folder / "profile.yaml"
    file.write_text(text.replace(old, new))
    return str(file)


def test_another_profile_is_compared_wherever_it_holds(ask: "Run", department: Recorded, tmp_path: pathlib.Path) -> None:
    for name in ("mot", "hai"):
        department.put(recorded.ready(name, zones=["dmz", "app"]))
    department.put(recorded.waiting("cho", size="l"))
    department.put(objects.system(OFFICE, "noi-bo", type="a", handlesProcedures=False, personalData={"kind": "none"}))
    department.put(recorded.ready("thap", system="noi-bo"))
    file = changed_profile(tmp_path, "ports: [8443]", "ports: [9443]")
    result = ask("diff", "--profile", file)
    assert result.exit_code == 0, result.stderr
    compared = json.loads(result.stdout)["environments"]
    assert [each["environment"] for each in compared] == ["so-y-te/hai", "so-y-te/mot"]
    assert {(each["kind"], each["how"]) for one in compared for each in one["objects"]} == {("NetworkPolicy", "changed")}
    assert "2 environments are concerned" in ask("diff", "--profile", file, "--output=table").stdout
    assert [each["environment"] for each in json.loads(ask("diff", "so-y-te/mot", "--profile", file).stdout)["environments"]] == [
        "so-y-te/mot"
    ]


def test_a_profile_that_takes_an_environment_its_zone_is_a_no(ask: "Run", department: Recorded, tmp_path: pathlib.Path) -> None:
    department.put(recorded.ready())
    result = ask("diff", OFFICE, "--profile", changed_profile(tmp_path, "zones: [dmz, app, data, management]", "zones: [dmz, data]"))
    assert result.exit_code == 1
    assert json.loads(result.stdout)["environments"][0]["refused"]["reason"] == "ZoneUnknown"


def test_a_profile_that_nobody_has_concerns_nobody(ask: "Run", department: Recorded, tmp_path: pathlib.Path) -> None:
    department.put(recorded.ready())
    file = changed_profile(tmp_path, "name: vn-2026-l3", "name: khac")
    assert json.loads(ask("diff", OFFICE, "--profile", file).stdout) == {"environments": []}
    assert "No environment is concerned." in ask("diff", OFFICE, "--profile", file, "--output=table").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("diff",), "Name one environment"),
        (("diff", OFFICE, "--size=l"), "Name one environment"),
        (("diff", PLACE, "--size=l", "--size-class=x.yaml"), "Compare either"),
        (("diff", OFFICE, "--size-class=/nowhere/x.yaml"), "cannot be read"),
        (("status", ".."), ".. is no name of an organisation"),
        (("why", OFFICE), "so-y-te is not ORGANISATION/ENVIRONMENT"),
        (("why", "so-y-te/khong-co"), "There is no environments/khong-co -n org-so-y-te"),
        (("quota", "khong-co"), "There is no organisations/khong-co"),
        (("renew", PLACE, "--until=mai"), "mai is no day"),
        (("members", PLACE, "--add=an"), "an does not read user:NAME:ROLE"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(ask: "Run", arguments: tuple[str, ...], said: str) -> None:
    result = ask(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
