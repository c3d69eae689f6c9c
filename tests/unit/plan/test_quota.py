"""What an environment may use: its size, split over its zones, and never more."""

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.plan.limits import zone_limits
from citycloud.plan.manifest import Manifest
from citycloud.plan.quantity import parse
from citycloud.plan.quota import zone_quota
from citycloud.plan.subject import Subject

if TYPE_CHECKING:
    from tests.unit.plan.conftest import Make

ZONES: Final = ("dmz", "app", "data", "management")
RESOURCES: Final = ("requests.cpu", "limits.cpu", "requests.memory", "limits.memory", "requests.storage", "pods", "count/jobs.batch")
quotas = st.dictionaries(
    st.sampled_from(RESOURCES),
    st.builds("{}{}".format, st.integers(0, 999), st.sampled_from(("", "m", "Ki", "Mi", "Gi", "Ti"))),
    min_size=1,
)


def hard(subject: Subject, zone: str) -> dict[str, str]:
    found: dict[str, str] = zone_quota(subject=subject, zone=zone)["spec"]["hard"]
    return found


@given(quota=quotas, count=st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_the_zones_together_never_exceed_the_size(make: "Make", quota: dict[str, str], count: int) -> None:
    subject = make.subject(zones=ZONES[:count], size=make.size_of(quota))
    shares = [hard(subject, zone) for zone in subject.zones]

    for resource, whole in quota.items():
        assert sum(parse(share[resource]) for share in shares) <= parse(whole)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("size", ["s", "m", "l", "xl"])
def test_every_shipped_size_splits_evenly_and_names_every_resource_in_every_zone(make: "Make", size: str, count: int) -> None:
    """Name each resource in each zone: one that were missing would be unlimited there."""
    subject = make.subject(zones=ZONES[:count], size=make.shipped_size(size))
    shares = [hard(subject, zone) for zone in subject.zones]

    assert all(share == shares[0] for share in shares)
    assert shares[0].keys() == subject.size.quota.keys()
    assert all(parse(shares[0][resource]) * count <= parse(whole) for resource, whole in subject.size.quota.items())


def test_one_zone_gets_the_whole_size(make: "Make") -> None:
    share = hard(make.subject(zones=("app",)), "app")

    assert {resource: parse(amount) for resource, amount in share.items()} == {
        resource: parse(amount) for resource, amount in make.size.quota.items()
    }


def test_a_third_of_the_small_size_reads_well(make: "Make") -> None:
    share = hard(make.subject(), "app")

    assert {key: share[key] for key in ("requests.cpu", "requests.memory", "pods", "services.nodeports", "requests.storage")} == {
        "requests.cpu": "666m",
        "requests.memory": "1365Mi",
        "pods": "8",
        "services.nodeports": "0",
        "requests.storage": "13653Mi",
    }


@pytest.mark.parametrize("builder", [zone_quota, zone_limits])
def test_quota_and_limits_are_found_by_one_name(make: "Make", builder: object) -> None:
    assert callable(builder)
    manifest: Manifest = builder(subject=make.subject(), zone="data")

    assert manifest["apiVersion"] == "v1"
    assert manifest["metadata"]["namespace"] == "so-y-te--ho-so-test--data"
    assert manifest["metadata"]["name"] == "citycloud"


def test_a_container_that_asks_for_nothing_gets_the_defaults_of_its_size(make: "Make") -> None:
    limits = zone_limits(subject=make.subject(), zone="app")

    assert limits["kind"] == "LimitRange"
    assert limits["spec"]["limits"] == [
        {
            "type": "Container",
            "default": {"cpu": "150m", "memory": "256Mi", "ephemeral-storage": "1Gi"},
            "defaultRequest": {"cpu": "50m", "memory": "128Mi", "ephemeral-storage": "128Mi"},
            "max": {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "6Gi"},
        }
    ]
