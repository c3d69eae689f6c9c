"""What Argo CD thinks of citycloud's kinds: the Lua that we ship, run as Argo CD runs it (Lua 5.1, `obj` in, a table out)."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from lupa import lua51

from citycloud.api import KINDS, Environment, OrgChange, PolicyException
from citycloud.controllers.texts import Texts

ROOT: Final = Path(__file__).parents[3]
PREFIX: Final = "resource.customizations.health.citycloud.dev_"
CHECKS: Final[dict[str, str]] = {
    key.removeprefix(PREFIX): text
    for key, text in yaml.safe_load((ROOT / "docs" / "gitops" / "argocd-cm.yaml").read_text(encoding="utf-8"))["data"].items()
}


def health(kind: str, item: dict[str, Any]) -> tuple[str, str]:
    """Run the check of one kind; Argo CD opens no other library than those for tables, strings and numbers."""
    runtime = lua51.LuaRuntime(unpack_returned_tuples=False)
    runtime.globals()["obj"] = runtime.table_from(item, recursive=True)
    for library in ("os", "io", "debug", "package", "require", "python"):
        runtime.globals()[library] = None
    answer: Any = runtime.execute(CHECKS[kind])
    return answer["status"], answer["message"]


def item(*, ready: str | None, reason: str = "Ready", phase: str | None = None, seen: int = 3, type_: str = "Ready") -> dict[str, Any]:
    accepted = {"type": "Accepted", "status": "True", "reason": "Accepted", "message": "in order"}
    said = {"type": type_, "status": ready, "reason": reason, "message": f"because {reason}"}
    status = {"observedGeneration": seen, "conditions": [accepted, said] if ready is not None else []} | ({"phase": phase} if phase else {})
    return {"metadata": {"name": "ho-so", "generation": 3}, "status": status}


def test_every_kind_with_conditions_has_a_check() -> None:
    statuses = {
        kind.definition.kind: kind.model_json_schema(by_alias=True)["$defs"].get(f"{kind.definition.kind}Status", {}) for kind in KINDS
    }
    with_conditions = {kind for kind, schema in statuses.items() if "conditions" in schema.get("properties", {})}

    assert set(CHECKS) == with_conditions


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_nobody_has_looked_yet(kind: str) -> None:
    assert health(kind, {"metadata": {"name": "ho-so", "generation": 1}})[0] == "Progressing"
    assert health(kind, {"metadata": {"name": "ho-so", "generation": 1}, "status": {"observedGeneration": -1}})[0] == "Progressing"
    assert health(kind, item(ready="True", seen=2))[0] == "Progressing", "what was true of an earlier spec says nothing of this one"


@pytest.mark.parametrize(
    ("phase", "ready", "expected"),
    [
        ("Ready", "True", "Healthy"),
        ("Provisioning", "False", "Progressing"),
        ("AwaitingDossier", "False", "Suspended"),
        ("AwaitingApproval", "False", "Suspended"),
        ("Suspended", "False", "Suspended"),
        ("Expired", "False", "Suspended"),
        ("Retired", "False", "Suspended"),
        ("Purged", "False", "Suspended"),
        ("Refused", "False", "Degraded"),
        ("Degraded", "False", "Degraded"),
    ],
)
def test_an_environment_is_what_its_phase_says(phase: str, ready: str, expected: str) -> None:
    assert health("Environment", item(ready=ready, reason="Why", phase=phase)) == (expected, "because Why")


def test_no_phase_is_forgotten() -> None:
    """A phase that is added has to be looked at here: an unknown one counts as broken."""
    phases = {
        name: set(model.model_json_schema(by_alias=True)["$defs"][f"{name}Status"]["properties"]["phase"]["anyOf"][0]["enum"])
        for name, model in (("Environment", Environment), ("PolicyException", PolicyException), ("OrgChange", OrgChange))
    }
    broken = {
        kind: {each for each in known if health(kind, item(ready="False", phase=each))[0] == "Degraded"} for kind, known in phases.items()
    }

    assert broken["Environment"] == {"Refused", "Degraded", "Ready"}
    assert broken["PolicyException"] == {"Refused", "Active"}
    assert broken["OrgChange"] == {"Failed", "Done"}


def test_an_exception_holds_or_waits() -> None:
    assert health("PolicyException", item(ready="True", type_="Active", phase="Active"))[0] == "Healthy"
    assert health("PolicyException", item(ready="False", type_="Active", phase="AwaitingApproval"))[0] == "Suspended"


@pytest.mark.parametrize("reason", ["DossierMissing", "DossierInsufficient", "DossierExpired"])
def test_a_dossier_is_people_s_work(reason: str) -> None:
    assert reason in Texts.load().keys(), "a reason that the operator gives"  # noqa: SIM118  # Texts is no mapping
    assert health("InformationSystem", item(ready="False", reason=reason))[0] == "Suspended"


def test_an_organisation_whose_home_is_taken_is_broken() -> None:
    assert health("Organisation", item(ready="False", reason="NamespaceTaken"))[0] == "Degraded"
    assert health("Organisation", item(ready="False", reason="NotYet"))[0] == "Progressing"
