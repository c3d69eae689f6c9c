"""What tools wait for and people read beside the status: `kubectl wait`, kstatus (as Helm 4 waits), and Events."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support import objects
from tests.support.kube import Object, User, eventually

from citycloud_dev.cluster import Cluster
from citycloud_dev.install import helm
from citycloud_dev.processes import ProcessError

Office = Callable[..., str]


def package(folder: Path, *items: Object) -> Path:
    """Write a chart that holds these objects and nothing else."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: sample\nversion: 0.1.0\n")
    for number, item in enumerate(items):
        (folder / "templates" / f"{number}.json").write_text(json.dumps(item))
    return folder


def told(admin: User, namespace: str, name: str) -> list[Object]:
    """List the Events about one of our objects, as they came."""
    found = [each for each in admin.list("events", namespace=namespace) if each["involvedObject"]["name"] == name]
    return sorted(found, key=lambda each: (str(each["firstTimestamp"]), int(each["metadata"]["resourceVersion"])))


def reasons(admin: User, namespace: str, name: str) -> list[tuple[str, str]]:
    return [(each["type"], each["reason"]) for each in told(admin, namespace, name)]


def test_kubectl_waits_for_ready(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "cho-xong"))

    assert "condition met" in admin.run("wait", "environment/cho-xong", "-n", f"org-{name}", "--for=condition=Ready", "--timeout=30s")


def test_kstatus_waits_for_what_is_granted(admin: User, cluster: Cluster, office: Office, tmp_path: Path) -> None:
    """Install with `helm --wait`: it returns once the environment is Ready, and not before."""
    name = office()
    chart = package(tmp_path / "sample", objects.environment(name, "theo-git"))
    helm(cluster, "install", "theo-git", str(chart), "--namespace", "default", "--wait", "--timeout", "30s")

    assert admin.get("environment", "theo-git", f"org-{name}")["status"]["phase"] == "Ready"


def test_kstatus_does_not_take_a_waiting_request_for_done(cluster: Cluster, office: Office, tmp_path: Path) -> None:
    name = office()
    chart = package(tmp_path / "sample", objects.environment(name, "cho-duyet", size="l"))
    with pytest.raises(ProcessError, match=r"InProgress|deadline|not ready"):
        helm(cluster, "install", "cho-duyet", str(chart), "--namespace", "default", "--wait", "--timeout", "4s")


def test_what_nobody_has_looked_at_says_so(admin: User) -> None:
    """The API server itself writes it, before any operator: here there is none for this name."""
    answer = json.loads(
        admin.run("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(objects.organisation("chua-xem")))
    )

    assert answer["status"] == {"observedGeneration": -1}


def test_each_transition_is_one_event_in_both_languages_with_who_asked(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    home = f"org-{name}"
    clerk, approver = member("nhan-vien", f"{name}-admins"), member("lanh-dao", "citycloud-approvers")
    clerk.apply(objects.environment(name, "ke-lai", size="l"))
    pending = eventually(lambda: admin.get("environment", "ke-lai", home)["status"]["pending"], what="it to wait")
    eventually(lambda: reasons(admin, home, "ke-lai") == [("Normal", "AwaitingApproval")], what="an Event that says it waits")
    (waits,) = told(clerk, home, "ke-lai")
    assert pending["digest"] in waits["message"]
    assert "asked by nhan-vien" in waits["message"]
    assert "người yêu cầu: nhan-vien" in waits["message"]
    assert waits["reportingComponent"] == "citycloud"

    approver.create(objects.approval(name, "duyet", target="ke-lai", digest=pending["digest"]))
    granted = [("Normal", "AwaitingApproval"), ("Normal", "ApprovedByDecision"), ("Normal", "Ready")]
    eventually(lambda: reasons(admin, home, "ke-lai") == granted, what="Events of the decision and of Ready")
    eventually(lambda: reasons(admin, home, "duyet") == [("Normal", "DecisionCounts")], what="an Event of the Approval")

    clerk.patch("environment", "ke-lai", {"spec": {"state": "suspended"}}, home)
    eventually(lambda: reasons(admin, home, "ke-lai") == [*granted, ("Normal", "Suspended")], what="an Event of its rest")


def test_a_refusal_is_a_warning_and_nobody_else_reads_it(admin: User, office: Office, member: Callable[..., User]) -> None:
    name, other = office(), office()
    admin.apply(objects.environment(name, "sai-vung", zones=["khong-co"]))
    eventually(lambda: reasons(admin, f"org-{name}", "sai-vung") == [("Warning", "ZoneUnknown")], what="a Warning")

    member("nguoi-khac", f"{other}-admins").forbidden("get", "events", "-n", f"org-{name}")


def test_events_of_an_organisation_are_the_platform_s(admin: User, office: Office) -> None:
    name = office()

    eventually(lambda: ("Normal", "Ready") in reasons(admin, "default", name), what="an Event of the organisation")
