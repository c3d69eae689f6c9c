"""The shipped security profiles: valid, readable in both languages, and stricter from level to level."""

import re
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from citycloud.api.common import API_VERSION, SLUG
from citycloud.api.security_profile import SecurityProfile
from citycloud.levels import framework_names

FOLDER = Path(__file__).parents[3] / "policies" / "profiles"
FILES = sorted(FOLDER.glob("*.yaml"))
LEVELS = range(1, 6)
POLICY = re.compile(r"^P(0[1-9]|[1-3][0-9]|4[01])$")
LONGEST_TEXT = 200
"""The limit that the API puts on a text in `Names`; the server holds it, the model only a wider one."""

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
each_framework = pytest.mark.parametrize("framework", framework_names())
each_step = pytest.mark.parametrize(
    ("lower", "higher"), [(f"{name}-l{low}", f"{name}-l{high}") for name in framework_names() for low, high in pairwise(LEVELS)]
)


def raw(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def profile(name: str) -> SecurityProfile:
    return SecurityProfile.model_validate(raw(FOLDER / f"{name}.yaml"))


def policies_of(name: str) -> set[str]:
    return {policy for control in profile(name).spec.controls for policy in control.policies}


def test_every_level_of_every_framework_is_shipped() -> None:
    assert [path.stem for path in FILES] == [f"{framework}-l{level}" for framework in framework_names() for level in LEVELS]


@each_file
def test_a_profile_is_valid_and_no_field_of_it_is_lost(path: Path) -> None:
    content = raw(path)
    read = SecurityProfile.model_validate(content)

    assert (content["apiVersion"], content["kind"]) == (API_VERSION, "SecurityProfile")
    assert read.spec.model_dump(mode="json", by_alias=True, exclude_unset=True) == content["spec"]


@each_file
def test_a_profile_is_named_like_its_file_and_its_level(path: Path) -> None:
    read = profile(path.stem)

    assert read.metadata.name == path.stem == f"{read.spec.framework}-l{read.spec.level}"
    assert re.match(SLUG, read.spec.backup_class)


@each_file
def test_a_profile_says_where_it_comes_from_and_that_a_lawyer_must_confirm_it(path: Path) -> None:
    source = profile(path.stem).spec.source

    assert "a lawyer must confirm" in path.read_text(encoding="utf-8")
    assert all((source.title, source.clause))
    assert source.retrieved is not None
    assert source.note.startswith("Secondary source")


@each_file
def test_a_profile_is_readable_in_both_languages(path: Path) -> None:
    spec = profile(path.stem).spec

    for names in (spec.names, *(control.title for control in spec.controls)):
        assert names.vi != names.en
        assert not names.vi.isascii()
        assert names.en.isascii()
        assert 0 < len(names.vi) <= LONGEST_TEXT
        assert 0 < len(names.en) <= LONGEST_TEXT
        assert unicodedata.is_normalized("NFC", names.vi)


@each_file
def test_the_controls_of_a_profile_name_policies_that_exist(path: Path) -> None:
    controls = profile(path.stem).spec.controls

    assert 8 <= len(controls) <= 25
    assert len({control.id for control in controls}) == len(controls)
    assert all(POLICY.match(policy) for control in controls for policy in control.policies)
    assert all(control.policies for control in controls if control.by == "admission")


@each_file
def test_flows_join_zones_that_an_environment_may_have(path: Path) -> None:
    spec = profile(path.stem).spec

    assert {flow.origin for flow in spec.flows} <= {*spec.zones, "ingress"}
    assert {flow.to for flow in spec.flows} <= set(spec.zones)
    assert len({(flow.origin, flow.to) for flow in spec.flows}) == len(spec.flows)


@each_file
def test_a_single_zone_environment_can_be_reached(path: Path) -> None:
    spec = profile(path.stem).spec

    assert "app" in spec.zones
    assert ("ingress", "app") in {(flow.origin, flow.to) for flow in spec.flows}


@each_file
def test_nothing_but_the_application_and_its_keepers_reaches_the_data(path: Path) -> None:
    assert {flow.origin for flow in profile(path.stem).spec.flows if flow.to == "data"} == {"app", "management"}


@each_file
def test_production_needs_a_dossier_at_every_level(path: Path) -> None:
    spec = profile(path.stem).spec

    assert spec.requires == ("approvedDossier",)
    assert spec.pod_security == "restricted"


@each_step
def test_a_higher_level_never_asks_for_less(lower: str, higher: str) -> None:
    low, high = profile(lower).spec, profile(higher).spec

    assert len(low.controls) < len(high.controls)
    assert policies_of(lower) <= policies_of(higher)
    assert low.access_review_days >= high.access_review_days
    assert low.log_retention_days <= high.log_retention_days
    assert low.images.digest_required <= high.images.digest_required
    assert low.encryption.at_rest <= high.encryption.at_rest
    assert low.encryption.in_transit <= high.encryption.in_transit
    assert (low.egress.internet, high.egress.internet) != ("none", "listed")


@each_framework
def test_every_policy_is_asked_for_from_level_three(framework: str) -> None:
    assert policies_of(f"{framework}-l3") == {f"P{number:02}" for number in range(1, 42)}


def test_the_two_frameworks_keep_level_four_apart_differently() -> None:
    isolation = {framework: [profile(f"{framework}-l{level}").spec.isolation for level in LEVELS] for framework in framework_names()}

    assert isolation == {
        "vn-2016": ["shared", "shared", "logical", "dedicatedCluster", "offPlatform"],
        "vn-2026": ["shared", "shared", "logical", "dedicatedNodes", "offPlatform"],
    }


@each_framework
def test_logs_are_kept_as_long_as_the_level_says(framework: str) -> None:
    assert [profile(f"{framework}-l{level}").spec.log_retention_days for level in LEVELS] == [0, 30, 90, 180, 365]


@each_framework
def test_access_is_reviewed_as_often_as_the_level_says(framework: str) -> None:
    assert [profile(f"{framework}-l{level}").spec.access_review_days for level in LEVELS] == [365, 365, 180, 90, 30]
