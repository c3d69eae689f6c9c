"""Who may do what in one zone: the last thing that is given and the first that is taken away.

The roles are our own, not the built-in `admin`, which may impersonate service accounts and mint their tokens (P11). Names say the role
and, for members, who it is: a person reads them in an audit.
"""

import hashlib
from typing import Final

from citycloud.api.environment import TENANT_ROLES, Member
from citycloud.plan.manifest import Manifest, managed, managed_home
from citycloud.plan.subject import HomeSubject, Subject

RBAC: Final = "rbac.authorization.k8s.io"
REQUESTER: Final = "citycloud-requester"
READER: Final = "citycloud-reader"
APPROVER: Final = "citycloud-approver"
SECURITY_OFFICER: Final = "citycloud-security-officer"
HOME_ROLES: Final = (REQUESTER, READER, APPROVER, SECURITY_OFFICER)
"""The ClusterRoles of a home namespace: who asks, who looks, who decides about environments, who about exceptions."""


def zone_access(*, subject: Subject, zone: str) -> list[Manifest]:
    """Build one binding per role for the organisation's groups, and one per member."""
    groups = {"admin": subject.groups.admins, "operator": subject.groups.operators, "viewer": subject.groups.viewers}
    bindings = []
    for role, cluster_role in TENANT_ROLES.items():
        if groups[role]:
            subjects = [_subject(kind="Group", name=name) for name in groups[role]]
            body = _binding(role=cluster_role, subjects=subjects)
            bindings.append(_managed(subject=subject, zone=zone, name=f"citycloud-{role}s", body=body))
    for member in {_member_name(member): member for member in subject.members}.values():
        body = _binding(role=TENANT_ROLES[member.role], subjects=[_subject(kind=member.kind, name=member.name)])
        bindings.append(_managed(subject=subject, zone=zone, name=_member_name(member), body=body))
    return bindings


def home_access(*, subject: HomeSubject) -> list[Manifest]:
    """Build who may ask, who may look and who may decide in a home namespace."""
    groups = subject.spec.groups
    wanted = (
        ("citycloud-requesters", REQUESTER, groups.admins),
        ("citycloud-readers", READER, (*groups.operators, *groups.viewers)),
        ("citycloud-approvers", APPROVER, subject.approvers),
        ("citycloud-security-officers", SECURITY_OFFICER, subject.security_officers),
        ("citycloud-auditors", READER, subject.auditors),
    )
    return [
        managed_home(
            subject=subject,
            api_version=f"{RBAC}/v1",
            kind="RoleBinding",
            name=name,
            body=_binding(role=role, subjects=[_subject(kind="Group", name=group) for group in members]),
        )
        for name, role, members in wanted
        if members
    ]


def _managed(*, subject: Subject, zone: str, name: str, body: Manifest) -> Manifest:
    return managed(subject=subject, zone=zone, api_version=f"{RBAC}/v1", kind="RoleBinding", name=name, body=body)


def _binding(*, role: str, subjects: list[Manifest]) -> Manifest:
    return {"roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}, "subjects": subjects}


def _subject(*, kind: str, name: str) -> Manifest:
    return {"apiGroup": RBAC, "kind": kind, "name": name}


def _member_name(member: Member) -> str:
    """Name a member's binding: role and a short hash, for names of people may hold what an object's name may not."""
    digest = hashlib.sha256(f"{member.kind}/{member.name}/{member.role}".encode()).hexdigest()[:10]
    return f"citycloud-member-{member.role}-{digest}"
