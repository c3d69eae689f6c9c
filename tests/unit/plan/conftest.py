"""A sample environment and a sample organisation for the builders, with any part of them replaced."""

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from citycloud.api.city import Location, PlatformNamespaces
from citycloud.api.environment import Member
from citycloud.api.organisation import Groups, OrganisationSpec
from citycloud.api.security_profile import SecurityProfileSpec
from citycloud.api.size_class import SizeClassSpec
from citycloud.plan.environment import plan_environment
from citycloud.plan.manifest import Manifest
from citycloud.plan.subject import HomeSubject, Subject

ROOT: Final = Path(__file__).parents[3]


def _spec(path: str) -> dict[str, Any]:
    content = yaml.load((ROOT / path).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    spec: dict[str, Any] = content["spec"]
    return spec


class Make:
    """Subjects of the sample: Hanoi's health department, a test of its file service, level 3."""

    def __init__(self) -> None:
        self.profile = SecurityProfileSpec.model_validate(_spec("policies/profiles/vn-2026-l3.yaml"))
        self.size = SizeClassSpec.model_validate(_spec("policies/sizes/s.yaml"))
        self.sample = Subject(
            organisation="so-y-te",
            environment="ho-so-test",
            namespace_prefix="so-y-te--ho-so-test",
            system="ho-so-hanh-nghe",
            stage="test",
            level=3,
            profile_name="vn-2026-l3",
            profile=self.profile,
            size_name="s",
            size=self.size,
            holds="cpu=2,memory=4Gi,storage=40Gi",
            zones=("dmz", "app", "data"),
            location=Location(name="municipal-cloud", node_selector={"citycloud.dev/location": "municipal-cloud"}, levels=(1, 2, 3)),
            platform=PlatformNamespaces(),
            registries=("registry.hanoi.example",),
            storage_classes=("standard", "encrypted"),
            priority_classes=("citycloud-background", "city-night"),
            hosts=("ho-so.so-y-te.hanoi.example",),
            groups=Groups(admins=("so-y-te-admins",), operators=("so-y-te-operators",), viewers=("so-y-te-viewers",)),
            members=(Member(kind="User", name="lan@so-y-te.hanoi.example", role="operator"),),
            approved_digest="sha256:" + "0" * 64,
            owner="lanh-dao@so-y-te.hanoi.example",
        )
        self.home_sample = HomeSubject(
            organisation="so-y-te",
            spec=OrganisationSpec.model_validate(_spec("examples/small/organisation.yaml")),
            approvers=("citycloud-approvers",),
            security_officers=("citycloud-security",),
            auditors=("citycloud-auditors",),
        )

    def subject(self, **changes: Any) -> Subject:
        """Change parts of the sample environment."""
        return dataclasses.replace(self.sample, **changes)

    def home(self, **changes: Any) -> HomeSubject:
        """Change parts of the sample organisation."""
        return dataclasses.replace(self.home_sample, **changes)

    def with_profile(self, **changes: Any) -> Subject:
        """Change parts of the sample's profile, named as in the API."""
        profile = {**self.profile.model_dump(by_alias=True), **changes}
        return self.subject(profile=SecurityProfileSpec.model_validate(profile))

    def size_of(self, quota: dict[str, str]) -> SizeClassSpec:
        """Make a size with this quota."""
        return self.size.model_copy(update={"quota": quota})

    def shipped_size(self, name: str) -> SizeClassSpec:
        """Read a shipped size."""
        return SizeClassSpec.model_validate(_spec(f"policies/sizes/{name}.yaml"))


@pytest.fixture(scope="session")
def make() -> Make:
    """Hand out the sample."""
    return Make()


Plan = Callable[[Subject], list[Manifest]]


@pytest.fixture(scope="session")
def plan() -> Plan:
    """Build every manifest of an environment, in the order of the steps."""
    return lambda subject: [manifest for manifests in plan_environment(subject=subject).values() for manifest in manifests]


Find = Callable[[Iterable[Manifest], str, str, str], Manifest]


@pytest.fixture(scope="session")
def find() -> Find:
    """Find the one manifest of a kind, namespace and name."""

    def one(manifests: Iterable[Manifest], kind: str, namespace: str, name: str) -> Manifest:
        wanted = (kind, namespace, name)
        (found,) = [each for each in manifests if (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]) == wanted]
        return found

    return one
