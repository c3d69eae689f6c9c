"""Two departments become one while their pods run: nothing restarts, the old groups are out, the new ones are in."""

from collections.abc import Callable
from typing import Any

from tests.support import objects
from tests.support.cli import Citycloud
from tests.support.kube import Object, User, condition, eventually

Office = Callable[..., str]
Member = Callable[..., User]
SECONDS = 60.0


def change(name: str, **spec: Any) -> Object:
    """Write a merger that is carried out at once."""
    wanted = {"action": "merge", "effectiveDate": "2025-03-01", "dryRun": False, "legalBasis": {"id": "12/NQ-HDND"}}
    return {"apiVersion": objects.API_VERSION, "kind": "OrgChange", "metadata": {"name": name}, "spec": wanted | spec}


def decide(member: Member, admin: User, name: str, decision: str = "approve") -> None:
    """Decide as an approver of the city, on exactly what waits."""
    digest = eventually(lambda: admin.get("orgchange", name).get("status", {}).get("pending", {}).get("digest"), what=f"{name} to wait")
    spec = {"target": {"kind": "OrgChange", "name": name}, "digest": digest, "decision": decision, "reason": "Theo nghị quyết"}
    metadata = {"namespace": "citycloud-system", "name": name}
    member("lanh-dao", "citycloud-approvers").create(
        {"apiVersion": objects.API_VERSION, "kind": "Approval", "metadata": metadata, "spec": spec}
    )


def reaches(admin: User, name: str, phase: str) -> Object:
    """Wait until a re-organisation is in a phase and return it."""

    def look() -> Object | None:
        item = admin.get("orgchange", name)
        return item if item.get("status", {}).get("phase") == phase else None

    found: Object = eventually(look, what=f"{name} to be {phase}", seconds=SECONDS)
    return found


def ready(admin: User, office: str, name: str) -> Object:
    def look() -> Object | None:
        item = admin.find("environment", name, f"org-{office}")
        return item if item is not None and condition(item, "Ready").get("status") == "True" else None

    found: Object = eventually(look, what=f"{name} of {office} to be Ready", seconds=SECONDS)
    return found


def runs(clerk: User, namespace: str) -> Object:
    """Start a pod and wait until it runs."""
    clerk.create(objects.pod(namespace, "web"))

    def look() -> Object | None:
        pod = clerk.get("pod", "web", namespace)
        return pod if pod["status"].get("phase") == "Running" else None

    found: Object = eventually(look, what=f"the pod of {namespace} to run")
    return found


def own_binding(namespace: str, group: str) -> Object:
    """What an admin of a department may give to a group of it."""
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "citycloud-tenant-viewer"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}
    metadata = {"namespace": namespace, "name": "tu-cap"}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": reference,
        "subjects": [subject],
    }


def life_of(pod: Object) -> tuple[str, str, Any]:
    """Say what a restart would change."""
    statuses = pod["status"].get("containerStatuses", [])
    return (
        pod["metadata"]["uid"],
        pod["status"]["startTime"],
        [(each["name"], each["restartCount"], each.get("state")) for each in statuses],
    )


def test_two_departments_merge_and_not_one_pod_restarts(admin: User, office: Office, member: Member) -> None:
    first, second, heir = office(), office(), office()
    admin.apply(objects.system(second, "thue-dat"))
    admin.apply(objects.environment(first, "ho-so", zones=["dmz", "app"], hosts=["ho-so"]))
    admin.apply(objects.environment(second, "thue", system="thue-dat"))
    admin.delete("informationsystem", "he-thong", f"org-{second}")
    admin.delete("informationsystem", "he-thong", f"org-{heir}")
    before = {place: ready(admin, *place) for place in ((first, "ho-so"), (second, "thue"))}
    zones = {f"{first}--ho-so--dmz": first, f"{first}--ho-so--app": first, f"{second}--thue--app": second}
    pods = {zone: life_of(runs(member("clerk", f"{owner}-operators"), zone)) for zone, owner in zones.items()}
    namespaces = {zone: admin.get("namespace", zone)["metadata"]["uid"] for zone in zones}
    given_away = f"{first}--ho-so--app"
    member("quan-tri", f"{first}-admins").create(own_binding(given_away, f"{first}-viewers"))
    member("xem", f"{first}-viewers").run("get", "pods", "-n", given_away)
    entries = {each["metadata"]["name"] for each in admin.list("ledgerentries")}
    name = f"sap-nhap-{heir}"
    admin.apply(change(name, **{"from": [first, second], "to": [heir]}))
    decide(member, admin, name)
    done = reaches(admin, name, "Done")

    assert {step["state"] for step in done["status"]["steps"]} == {"Done"}
    for (owner, environment), item in before.items():
        moved = ready(admin, heir, environment)
        assert admin.find("environment", environment, f"org-{owner}") is None
        assert moved["status"]["approved"] == item["status"]["approved"]
        assert moved["status"]["firstReadyAt"] == item["status"]["firstReadyAt"]
        assert [each["name"] for each in moved["status"]["namespaces"]] == [each["name"] for each in item["status"]["namespaces"]]
        assert moved["status"].get("hosts") == item["status"].get("hosts")
    for zone, owner in zones.items():
        namespace = admin.get("namespace", zone)["metadata"]
        assert (namespace["uid"], namespace["labels"]["citycloud.dev/organisation"]) == (namespaces[zone], heir)
        assert life_of(member("moi", f"{heir}-operators").get("pod", "web", zone)) == pods[zone]
        member("clerk", f"{owner}-operators").forbidden("get", "pods", "-n", zone)
    member("xem", f"{first}-viewers").forbidden("get", "pods", "-n", given_away)
    assert entries <= {each["metadata"]["name"] for each in admin.list("ledgerentries")}, "what was decided stands as it stood"
    assert any(each["metadata"]["name"].startswith("city.") for each in admin.list("ledgerentries")), "and so does this decision"


def test_what_was_merged_is_counted_once_and_its_names_stay(admin: User, office: Office, member: Member) -> None:
    old, heir = office(), office()
    admin.delete("informationsystem", "he-thong", f"org-{heir}")
    admin.apply(objects.environment(old, "ho-so"))
    ready(admin, old, "ho-so")
    name = f"doi-ten-{heir}"
    admin.apply(change(name, action="rename", **{"from": [old], "to": [heir]}))
    decide(member, admin, name)
    reaches(admin, name, "Done")
    ready(admin, heir, "ho-so")

    def allocated(each: str) -> int:
        return int(admin.get("organisation", each)["status"].get("allocated", {}).get("environments", -1))

    eventually(lambda: (allocated(old), allocated(heir)) == (0, 1), what="both totals")
    ended = admin.get("organisation", old)["spec"]
    assert (ended["validTo"], ended["successors"]) == ("2025-02-28", [heir])
    admin.forbidden("delete", "organisation", old)
    assert "P30" in admin.refused(objects.organisation(old, validTo="2099-12-31"), verb="apply")
    late = member("cu", f"{old}-admins")
    late.apply(objects.system(old, "moi"), objects.environment(old, "moi", system="moi"))
    eventually(
        lambda: condition(admin.get("environment", "moi", f"org-{old}"), "Ready").get("reason") == "OrganisationClosed",
        what="the late request to be refused",
    )


def test_a_split_that_forgets_a_system_is_reported_and_moves_nothing(admin: User, office: Office, member: Member) -> None:
    old, one, other = office(), office(), office()
    for each in (one, other):
        admin.delete("informationsystem", "he-thong", f"org-{each}")
    admin.apply(objects.system(old, "quen"), objects.environment(old, "ho-so"))
    ready(admin, old, "ho-so")
    name = f"chia-{old}"
    spec: dict[str, Any] = {"action": "split", "from": [old], "to": [one, other]}
    admin.apply(change(name, **spec, mapping=[{"system": f"{old}/he-thong", "to": one}]))
    reported = reaches(admin, name, "Reported")
    blocked = [step for step in reported["status"]["steps"] if step["state"] == "Blocked"]
    assert [(step["what"], step["object"]) for step in blocked] == [("CopySystem", f"{old}/quen")]
    assert "pending" not in reported["status"], "nobody is asked to decide what cannot be done"
    mapping = [{"system": f"{old}/he-thong", "to": one}, {"system": f"{old}/quen", "to": other}]
    admin.apply(change(name, **spec, mapping=mapping))
    decide(member, admin, name)
    reaches(admin, name, "Done")
    ready(admin, one, "ho-so")
    assert admin.find("informationsystem", "quen", f"org-{other}") is not None
    assert "cannot be changed" in admin.refused(change(name, **spec, mapping=mapping[:1]), verb="apply")


def test_who_asked_for_a_re_organisation_does_not_decide_it(admin: User, office: Office, cluster: Any, member: Member) -> None:
    old, heir = office(), office()
    name = f"tu-duyet-{old}"
    both = member("kiem-nhiem", "citycloud-platform", "citycloud-approvers", "system:masters")
    both.apply(change(name, **{"from": [old], "to": [heir], "mapping": [{"system": f"{old}/he-thong", "to": heir}]}))
    reported = reaches(admin, name, "Reported")
    assert any("exists already" in step.get("note", "") for step in reported["status"]["steps"])
    admin.delete("informationsystem", "he-thong", f"org-{heir}")
    digest = reaches(admin, name, "AwaitingApproval")["status"]["pending"]["digest"]
    spec = {"target": {"kind": "OrgChange", "name": name}, "digest": digest, "decision": "approve"}
    metadata = {"namespace": "citycloud-system", "name": name}
    both.create({"apiVersion": objects.API_VERSION, "kind": "Approval", "metadata": metadata, "spec": spec})
    judged = eventually(lambda: admin.get("approval", name, "citycloud-system").get("status"), what="the decision to be judged")
    assert judged["valid"] is False
    void = Citycloud(both.kubeconfig)("approve", f"--org-change={name}", "--yes", "--wait=60", code=1).data
    assert void["valid"] is False
    assert "kiem-nhiem had a hand" in void["reason"]
    assert admin.get("orgchange", name)["status"]["phase"] == "AwaitingApproval"


def test_a_re_organisation_is_decided_on_the_command_line(
    admin: User, office: Office, clerk: Callable[[str], Citycloud], approver: Citycloud
) -> None:
    old, heir = office(), office()
    admin.delete("informationsystem", "he-thong", f"org-{heir}")
    name = f"quyet-{heir}"
    wanted = change(name, action="rename", **{"from": [old], "to": [heir]})
    admin.apply(wanted | {"spec": wanted["spec"] | {"dryRun": True}})
    reaches(admin, name, "Reported")
    assert "waits for no decision (phase Reported)" in approver("approve", f"--org-change={name}", "--yes", code=1).stderr
    admin.apply(wanted)
    digest = reaches(admin, name, "AwaitingApproval")["status"]["pending"]["digest"]
    assert "may not read" in clerk(old)("approve", f"--org-change={name}", "--yes", code=2).stderr

    decided = approver("approve", f"--org-change={name}", "--yes", "--decision-no=12/NQ-HDND").data
    assert (decided["digest"], decided["valid"]) == (digest, True)
    assert (decided["action"], decided["from"], decided["to"], decided["effectiveDate"]) == ("rename", [old], [heir], "2025-03-01")
    assert ("CopySystem", f"{old}/he-thong → {heir}/he-thong") in [(each["what"], each["object"]) for each in decided["steps"]]
    assert decided["legalBasis"]["id"] == "12/NQ-HDND"
    done = reaches(admin, name, "Done")
    assert done["status"]["approval"] == decided["approval"]
    stored = admin.get("approval", decided["approval"], "citycloud-system")
    assert stored["spec"]["target"] == {"kind": "OrgChange", "name": name}


def test_a_re_organisation_is_refused_on_the_command_line(admin: User, office: Office, approver: Citycloud) -> None:
    old, heir = office(), office()
    admin.delete("informationsystem", "he-thong", f"org-{heir}")
    name = f"tu-choi-{heir}"
    admin.apply(change(name, action="rename", **{"from": [old], "to": [heir]}))
    reaches(admin, name, "AwaitingApproval")
    assert "--reason" in approver("refuse", f"--org-change={name}", "--yes", code=2).stderr
    approver("refuse", f"--org-change={name}", "--reason=Chưa có nghị quyết", "--yes")
    failed = reaches(admin, name, "Failed")
    assert "Chưa có nghị quyết" in condition(failed, "Approved")["message"]
    assert admin.find("informationsystem", "he-thong", f"org-{old}") is not None
