"""Who asks does not decide: what the city's rules do not let through waits for a decision on exactly what was looked at."""

from collections.abc import Callable
from typing import Any

from tests.support import objects
from tests.support.kube import User, condition, eventually

Office = Callable[..., str]


def pending(admin: User, office: str, name: str) -> dict[str, Any]:
    """Wait until an environment waits for somebody, and return what it waits for."""
    found: dict[str, Any] = eventually(
        lambda: admin.get("environment", name, f"org-{office}").get("status", {}).get("pending"), what=f"{name} to wait"
    )
    return found


def phase(admin: User, office: str, name: str) -> str | None:
    found: str | None = admin.get("environment", name, f"org-{office}").get("status", {}).get("phase")
    return found


def approver(member: Callable[..., User]) -> User:
    return member("lanh-dao", "citycloud-approvers")


def test_a_large_environment_waits_and_is_released_by_a_decision(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    admin.apply(objects.environment(name, "lon", size="l"))
    waiting = pending(admin, name, "lon")
    assert waiting["reasons"] == ["OverAutomaticSize"]
    assert waiting["waitingFor"] == ["citycloud-approvers"]
    message = condition(admin.get("environment", "lon", f"org-{name}"), "Approved")["message"]
    assert waiting["digest"] in message
    assert "cỡ l lớn hơn mức tự động m" in message
    approver(member).create(objects.approval(name, "duyet", target="lon", digest=waiting["digest"]))
    eventually(lambda: phase(admin, name, "lon") == "Ready", what="the decision to count")
    status = admin.get("environment", "lon", f"org-{name}")["status"]
    assert status["approved"]["approval"] == "duyet"
    assert "pending" not in status
    assert admin.get("approval", "duyet", f"org-{name}")["status"]["valid"] is True


def test_a_decision_on_something_else_does_not_count(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    admin.apply(objects.environment(name, "doi-y", size="l"))
    looked_at = pending(admin, name, "doi-y")["digest"]
    admin.apply(objects.environment(name, "doi-y", size="xl"))
    eventually(lambda: pending(admin, name, "doi-y")["digest"] != looked_at, what="the change to be seen")
    approver(member).create(objects.approval(name, "cu", target="doi-y", digest=looked_at))
    decision = eventually(lambda: admin.get("approval", "cu", f"org-{name}").get("status"), what="the decision to be judged")
    assert decision["valid"] is False
    assert "Mã băm không khớp" in decision["reason"]
    assert phase(admin, name, "doi-y") == "AwaitingApproval"


def test_a_refusal_says_why(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    admin.apply(objects.environment(name, "bi-tu-choi", size="l"))
    digest = pending(admin, name, "bi-tu-choi")["digest"]
    decider = approver(member)
    without_reason = objects.approval(name, "khong-ly-do", target="bi-tu-choi", digest=digest, decision="refuse")
    assert "từ chối thì phải ghi lý do" in decider.refused(without_reason)
    decider.create(objects.approval(name, "tu-choi", target="bi-tu-choi", digest=digest, decision="refuse", reason="Chưa cần cỡ này"))
    eventually(lambda: phase(admin, name, "bi-tu-choi") == "Refused", what="the refusal to count")
    message = condition(admin.get("environment", "bi-tu-choi", f"org-{name}"), "Ready")["message"]
    assert "Chưa cần cỡ này" in message
    admin.apply(objects.environment(name, "bi-tu-choi", size="m"))
    eventually(lambda: phase(admin, name, "bi-tu-choi") == "Ready", what="a smaller request to pass by itself")


def test_production_needs_dossier_and_number(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    admin.apply(objects.environment(name, "chinh-thuc", stage="production"))
    assert pending(admin, name, "chinh-thuc")["reasons"] == ["AwaitingDossier"]
    assert phase(admin, name, "chinh-thuc") == "AwaitingDossier"
    admin.apply(objects.system(name, dossier=objects.dossier(level=2)))
    eventually(lambda: admin.get("isys", "he-thong", f"org-{name}")["status"].get("dossier") == "insufficient", what="the level")
    admin.apply(objects.system(name, dossier=objects.dossier()))
    eventually(lambda: phase(admin, name, "chinh-thuc") == "AwaitingApproval", what="the dossier to be accepted")
    digest = pending(admin, name, "chinh-thuc")["digest"]
    decider = approver(member)
    decider.create(objects.approval(name, "thieu-so", target="chinh-thuc", digest=digest))
    judged = eventually(lambda: admin.get("approval", "thieu-so", f"org-{name}").get("status"), what="it to be judged")
    assert "decisionNo" in judged["reason"]
    assert phase(admin, name, "chinh-thuc") == "AwaitingApproval"
    decider.create(objects.approval(name, "du-so", target="chinh-thuc", digest=digest, decisionNo="45/QD-UBND"))
    eventually(lambda: phase(admin, name, "chinh-thuc") == "Ready", what="the decision to count")


def test_production_whose_dossier_lapses_runs_on_and_says_so(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    admin.apply(objects.system(name, dossier=objects.dossier()))
    admin.apply(objects.environment(name, "qua-han", stage="production"))
    digest = pending(admin, name, "qua-han")["digest"]
    approver(member).create(objects.approval(name, "duyet", target="qua-han", digest=digest, decisionNo="46/QD-UBND"))
    eventually(lambda: phase(admin, name, "qua-han") == "Ready", what="production")
    admin.apply(objects.system(name, dossier=objects.dossier(reviewDue="2026-06-30")))
    eventually(lambda: phase(admin, name, "qua-han") == "Degraded", what="the lapse to show")
    item = admin.get("environment", "qua-han", f"org-{name}")
    assert "quá hạn rà soát" in condition(item, "Accepted")["message"]
    assert condition(item, "AccessGranted")["status"] == "True"
    assert admin.get("isys", "he-thong", f"org-{name}")["status"]["dossier"] == "expired"


def test_a_change_that_waits_leaves_what_runs_as_it_was(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "dang-dung"))
    eventually(lambda: phase(admin, name, "dang-dung") == "Ready", what="the first size")
    admin.apply(objects.environment(name, "dang-dung", size="l"))
    pending(admin, name, "dang-dung")
    quota = admin.get("resourcequota", "citycloud", f"{name}--dang-dung--app")["spec"]["hard"]
    assert quota["requests.cpu"] == "2"
    assert admin.get("environment", "dang-dung", f"org-{name}")["status"]["approved"]["spec"]["size"] == "s"


def test_a_decision_cannot_be_edited(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    admin.apply(objects.environment(name, "bat-bien", size="l"))
    digest = pending(admin, name, "bat-bien")["digest"]
    admin.create(objects.approval(name, "mot-lan", target="bat-bien", digest=digest))
    refusal = admin.refused(
        objects.approval(name, "mot-lan", target="bat-bien", digest=digest, decision="refuse", reason="đổi ý"), verb="apply"
    )
    assert "một quyết định không sửa được" in refusal
