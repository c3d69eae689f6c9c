"""How an environment says it stands: phase, conditions and what waits, and not a word more while nothing happens."""

import copy
import datetime
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.unit.controllers.server import BY_NAME

from citycloud.api import Environment
from citycloud.controllers.acceptance import Grant, spec_digest
from citycloud.controllers.environment_status import environment_status
from citycloud.controllers.life import Life
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import resolve
from citycloud.controllers.verdict import Verdict
from citycloud.engine.applier import Applied, NotOurs
from citycloud.engine.observed import ChildKey
from citycloud.engine.world import World
from citycloud.kube import errors
from citycloud.plan.environment import NEEDS

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Sample

    from citycloud.controllers.texts import Texts

NOW: Final = datetime.datetime(2026, 9, 1, 3, tzinfo=datetime.UTC)
NOTHING: Final = Applied(completed=frozenset())
WHOLE: Final = Applied(completed=frozenset(NEEDS), writes=9)
HALF: Final = Applied(
    completed=frozenset({"namespaces", "limits", "workspace", "quota"}),
    error=errors.ServerError("trouble", code=500),
    failed=ChildKey("NetworkPolicy", "so-y-te--ho-so-test--app", "default-deny"),
)
TAKEN: Final = Applied(
    completed=frozenset(), error=NotOurs("so-y-te--ho-so-test--app"), failed=ChildKey("Namespace", "", "so-y-te--ho-so-test--app")
)
AUTOMATIC: Final = Grant(by="citycloud")
DECIDED: Final = Grant(by="lan", approval="yes")
STEPS: Final = ("NamespacesReady", "QuotaApplied", "NetworkIsolated", "MonitoringReady", "AccessGranted")
REASON: Final = re.compile(r"[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?")


def awaiting(key: str = "AwaitingApproval") -> Refusal:
    shared = {"groups": "a, b", "digest": "d", "reasons_vi": "x", "reasons_en": "y", "keys": ["OverAutomaticSize"]}
    dossier = {"system": "s", "state_vi": "chưa có", "state_en": "missing", "owner": "chu@hanoi.example"}
    return (
        Refusal(key, phase="AwaitingApproval", **shared) if key == "AwaitingApproval" else Refusal(key, phase="AwaitingDossier", **dossier)
    )


def over_budget() -> Refusal:
    return Refusal("OverBudget", organisation="so-y-te", wanted="9", left="1", resource="cpu")


class Desk:
    """Writes the status of one environment, again and again, as it would be stored and read back."""

    def __init__(self, *, sample: "Sample", texts: "Texts") -> None:
        self.texts = texts
        self.world = World(on_change=lambda *_: None)
        for body in sample.bodies():
            self.world.put(kind=BY_NAME[body["kind"]], body=body)
        self.body = sample.environment(expiresAt="2027-12-31T00:00:00+07:00", hosts=["ho-so"])
        self.now = NOW
        self.monitored = True

    @property
    def environment(self) -> Environment:
        return Environment.model_validate(self.body)

    def write(
        self, *, problem: Refusal | None = None, granted: Grant | None = None, applied: Applied = NOTHING, enforced: bool | None = None
    ) -> dict[str, Any]:
        """Write the status; what was granted is enforced unless said otherwise."""
        environment = self.environment
        found = resolve(environment=environment, spec=environment.spec, world=self.world, now=self.now)
        verdict = Verdict(
            digest=spec_digest(environment.spec),
            enforced=found if (granted is not None if enforced is None else enforced) else None,
            granted=granted,
            problem=problem,
            life=Life(expires_at=environment.spec.expires_at),
        )
        status = environment_status(
            environment=environment, verdict=verdict, applied=applied, now=self.now, texts=self.texts, monitored=self.monitored
        )
        self.body["status"] = copy.deepcopy(status)
        return status

    def later(self, **passed: float) -> "Desk":
        self.now += datetime.timedelta(**passed)
        return self


@pytest.fixture
def desk(sample: "Sample", texts: "Texts") -> Desk:
    return Desk(sample=sample, texts=texts)


def statuses(status: dict[str, Any]) -> dict[str, str]:
    return {each["type"]: each["status"] for each in status["conditions"]}


def reasons(status: dict[str, Any]) -> dict[str, str]:
    return {each["type"]: each["reason"] for each in status["conditions"]}


CASES: Final[list[tuple[str, bool, dict[str, Any], str, str]]] = [
    ("granted and whole", False, {"granted": AUTOMATIC, "applied": WHOLE}, "Ready", "Ready"),
    ("decided and whole", False, {"granted": DECIDED, "applied": WHOLE}, "Ready", "Ready"),
    ("granted, not yet written", False, {"granted": AUTOMATIC}, "Provisioning", "NotYet"),
    ("granted, a write failed", False, {"granted": AUTOMATIC, "applied": HALF}, "Provisioning", "ApplyFailed"),
    ("ready before, a write failed", True, {"granted": AUTOMATIC, "applied": HALF}, "Degraded", "ApplyFailed"),
    ("the name is taken", False, {"granted": AUTOMATIC, "applied": TAKEN}, "Refused", "NamespaceTaken"),
    ("refused", False, {"problem": over_budget()}, "Refused", "OverBudget"),
    ("a change is refused", True, {"problem": over_budget(), "enforced": True, "applied": WHOLE}, "Degraded", "OverBudget"),
    ("waits for a decision", False, {"problem": awaiting()}, "AwaitingApproval", "AwaitingApproval"),
    ("a change waits", True, {"problem": awaiting(), "enforced": True, "applied": WHOLE}, "AwaitingApproval", "AwaitingApproval"),
    ("waits for its dossier", False, {"problem": awaiting("AwaitingDossier")}, "AwaitingDossier", "AwaitingDossier"),
    (
        "the dossier ran out",
        True,
        {"granted": DECIDED, "problem": awaiting("AwaitingDossier"), "applied": WHOLE},
        "Degraded",
        "AwaitingDossier",
    ),
    ("the city is gone", True, {"problem": Refusal("CityMissing")}, "Degraded", "CityMissing"),
]
each_case = pytest.mark.parametrize(
    ("ready_before", "case", "phase", "reason"), [each[1:] for each in CASES], ids=[each[0] for each in CASES]
)


@each_case
def test_the_phase_and_the_reason_say_where_it_stands(
    desk: Desk, ready_before: bool, case: dict[str, Any], phase: str, reason: str
) -> None:
    if ready_before:
        desk.write(granted=AUTOMATIC, applied=WHOLE)
    status = desk.write(**case)

    assert (status["phase"], reasons(status)["Ready"]) == (phase, reason)
    assert (statuses(status)["Ready"] == "True") == (phase == "Ready")
    assert list(statuses(status)) == ["Accepted", "Approved", *STEPS, "Ready"]


@each_case
def test_saying_it_again_later_changes_not_a_letter(desk: Desk, ready_before: bool, case: dict[str, Any], phase: str, reason: str) -> None:
    """Compare with the text as stored: any difference would be a write, and each write another look."""
    if ready_before:
        desk.write(granted=AUTOMATIC, applied=WHOLE)
    first = desk.later(hours=1).write(**case)

    assert desk.later(days=3).write(**case) == first
    assert desk.later(days=3).write(**case) == first


@each_case
def test_the_api_server_stores_what_was_said_and_adds_nothing(
    desk: Desk, as_stored: Callable[..., dict[str, Any]], ready_before: bool, case: dict[str, Any], phase: str, reason: str
) -> None:
    if ready_before:
        desk.write(granted=AUTOMATIC, applied=WHOLE)
    status = desk.write(**case)

    assert as_stored(kind=Environment, status=status) == status
    assert desk.environment.status.phase == phase
    for condition in status["conditions"]:
        assert REASON.fullmatch(condition["reason"])
        assert len(condition["message"]) <= 8192
        assert " / " in condition["message"]


@pytest.mark.parametrize(
    ("applied", "holding"),
    [
        (HALF, {"NamespacesReady", "QuotaApplied"}),
        (WHOLE, {*STEPS, "Ready"}),
        (Applied(completed=frozenset({"namespaces", "limits", "workspace", "isolation"})), {"NamespacesReady"}),
        (Applied(completed=frozenset({"namespaces", "limits", "workspace", "isolation", "quota"})), {"NamespacesReady", "QuotaApplied"}),
        (NOTHING, set()),
    ],
)
def test_each_step_has_its_condition_and_isolation_holds_only_with_its_openings(desk: Desk, applied: Applied, holding: set[str]) -> None:
    status = desk.write(granted=AUTOMATIC, applied=applied)

    assert {type_ for type_, value in statuses(status).items() if value == "True"} == {"Accepted", "Approved", *holding}


@pytest.mark.parametrize(("monitored", "reason"), [(True, "Applied"), (False, "MonitorsAbsent")])
def test_a_cluster_without_the_kinds_of_prometheus_is_as_ready_and_says_so(desk: Desk, monitored: bool, reason: str) -> None:
    desk.monitored = monitored
    status = desk.write(granted=AUTOMATIC, applied=WHOLE)
    found = {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]}

    assert found["MonitoringReady"] == ("True", reason)
    assert found["Ready"][0] == "True"


def test_the_object_that_could_not_be_written_is_named(desk: Desk) -> None:
    status = desk.write(granted=AUTOMATIC, applied=HALF)
    message = next(each["message"] for each in status["conditions"] if each["type"] == "NetworkIsolated")

    assert "NetworkPolicy so-y-te--ho-so-test--app/default-deny" in message
    assert "500" in message


def test_a_time_moves_only_with_its_status(desk: Desk) -> None:
    first = desk.write(granted=AUTOMATIC, applied=HALF)
    second = desk.later(hours=1).write(granted=AUTOMATIC, applied=WHOLE)
    moved = {
        new["type"]
        for old, new in zip(first["conditions"], second["conditions"], strict=True)
        if old["lastTransitionTime"] != new["lastTransitionTime"]
    }

    assert moved == {"NetworkIsolated", "MonitoringReady", "AccessGranted", "Ready"}


def test_what_was_approved_keeps_its_moment_until_another_spec_is(desk: Desk) -> None:
    first = desk.write(granted=DECIDED, applied=WHOLE)["approved"]
    assert (first["by"], first["approval"], first["at"]) == ("lan", "yes", "2026-09-01T03:00:00Z")
    desk.body["spec"]["size"] = "m"
    desk.later(hours=1).write(problem=awaiting(), enforced=True, applied=WHOLE)
    assert desk.body["status"]["approved"] == first

    second = desk.later(hours=1).write(granted=AUTOMATIC, applied=WHOLE)["approved"]
    assert (second["at"], second["spec"]["size"], second["digest"] != first["digest"]) == ("2026-09-01T05:00:00Z", "m", True)


def test_a_name_that_is_taken_approves_nothing(desk: Desk) -> None:
    assert "approved" not in desk.write(granted=AUTOMATIC, applied=TAKEN)


@pytest.mark.parametrize(
    ("problem", "reasons_", "waiting_for"),
    [
        (awaiting(), ["OverAutomaticSize"], ["a", "b"]),
        (awaiting("AwaitingDossier"), ["AwaitingDossier"], ["chu@hanoi.example"]),
    ],
)
def test_what_waits_says_since_when_and_for_whom(desk: Desk, problem: Refusal, reasons_: list[str], waiting_for: list[str]) -> None:
    first = desk.write(problem=problem)["pending"]
    again = desk.later(days=2).write(problem=problem)["pending"]

    assert first == again
    assert (first["since"], first["reasons"], first["waitingFor"]) == ("2026-09-01T03:00:00Z", reasons_, waiting_for)
    assert first["digest"] == spec_digest(desk.environment.spec)


def test_another_wish_waits_from_its_own_beginning(desk: Desk) -> None:
    desk.write(problem=awaiting())
    desk.body["spec"]["size"] = "xl"

    assert desk.later(days=2).write(problem=awaiting())["pending"]["since"] == "2026-09-03T03:00:00Z"


@pytest.mark.parametrize("case", [{"granted": AUTOMATIC, "applied": WHOLE}, {"problem": over_budget()}])
def test_what_is_decided_waits_no_longer(desk: Desk, case: dict[str, Any]) -> None:
    desk.write(problem=awaiting())

    assert "pending" not in desk.write(**case)


def test_the_first_time_ready_is_kept_for_ever(desk: Desk) -> None:
    assert "firstReadyAt" not in desk.write(granted=AUTOMATIC, applied=HALF)
    assert desk.later(hours=1).write(granted=AUTOMATIC, applied=WHOLE)["firstReadyAt"] == "2026-09-01T04:00:00Z"
    assert desk.later(hours=1).write(granted=AUTOMATIC, applied=HALF)["firstReadyAt"] == "2026-09-01T04:00:00Z"


def test_what_was_found_is_told(desk: Desk) -> None:
    status = desk.write(granted=AUTOMATIC, applied=WHOLE)

    assert {key: status[key] for key in ("level", "profile", "location", "hosts", "namespaces", "observedGeneration")} == {
        "level": 3,
        "profile": "vn-2026-l3",
        "location": "municipal-cloud",
        "hosts": ["ho-so.so-y-te.hanoi.example"],
        "namespaces": [{"zone": "app", "name": "so-y-te--ho-so-test--app", "ready": True}],
        "observedGeneration": 1,
    }


@pytest.mark.parametrize("field", ["level", "profile", "location", "hosts", "namespaces", "expiresAt"])
def test_while_a_part_of_the_city_is_missing_what_was_known_stays(desk: Desk, field: str) -> None:
    before = desk.write(granted=AUTOMATIC, applied=WHOLE)[field]

    assert desk.write(problem=Refusal("CityMissing")).get(field) == before


def test_while_a_part_of_the_city_is_missing_what_was_in_place_is_still_in_place(desk: Desk) -> None:
    desk.write(granted=AUTOMATIC, applied=WHOLE)
    status = statuses(desk.write(problem=Refusal("CityMissing")))

    assert {type_ for type_, value in status.items() if value == "False"} == {"Accepted", "Approved", "Ready"}
