"""The shipped sizes: valid, growing in every figure, and with room for the platform's own objects in every zone."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from citycloud.api.common import API_VERSION, QUANTITY
from citycloud.api.size_class import SizeClass

FOLDER = Path(__file__).parents[3] / "policies" / "sizes"
NAMES = ("s", "m", "l", "xl")
MOST_ZONES: Final = 4
"""As many zones as a shipped profile offers; a count is split over them and rounded down."""
UNITS: Final = {"m": 1, "": 1000, "Ki": 1000 * 2**10, "Mi": 1000 * 2**20, "Gi": 1000 * 2**30, "Ti": 1000 * 2**40}
OPERATORS_OWN: Final = {
    "count/networkpolicies.networking.k8s.io": 8,
    "count/rolebindings.rbac.authorization.k8s.io": 6,
    "count/serviceaccounts": 3,
    "configmaps": 3,
    "count/limitranges": 1,
    "resourcequotas": 1,
}
"""What every zone holds before a department makes anything, the cluster's own `default` account and root certificate included."""

each_size = pytest.mark.parametrize("name", NAMES)
each_step = pytest.mark.parametrize(("smaller", "larger"), tuple(pairwise(NAMES)))


def raw(name: str) -> dict[str, Any]:
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def size(name: str) -> SizeClass:
    return SizeClass.model_validate(raw(name))


def amount(quantity: str) -> int:
    """Read a quantity in thousandths of its unit."""
    found = re.fullmatch(r"(\d+)(m|Ki|Mi|Gi|Ti|)", quantity)
    assert found, quantity
    return int(found[1]) * UNITS[found[2]]


def test_the_four_sizes_are_shipped() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(NAMES)


@each_size
def test_a_size_is_valid_named_like_its_file_and_no_field_of_it_is_lost(name: str) -> None:
    content, read = raw(name), size(name)

    assert (content["apiVersion"], content["kind"]) == (API_VERSION, "SizeClass")
    assert read.metadata.name == name
    assert read.spec.model_dump(mode="json", by_alias=True, exclude_unset=True) == content["spec"]


@each_size
def test_every_figure_is_a_quantity_that_the_api_takes(name: str) -> None:
    spec = size(name).spec

    for group in (spec.quota, spec.container.default, spec.container.default_request, spec.container.max):
        assert all(re.fullmatch(QUANTITY.strip("^$"), value) for value in group.values())


@each_size
def test_no_size_opens_a_way_past_the_gateway(name: str) -> None:
    quota = size(name).spec.quota

    assert quota["services.nodeports"] == quota["services.loadbalancers"] == "0"


@each_size
def test_many_kinds_of_objects_are_counted(name: str) -> None:
    assert len([key for key in size(name).spec.quota if key.startswith("count/")]) >= 14


@each_size
def test_four_zones_leave_room_beside_the_platforms_own_objects(name: str) -> None:
    quota = size(name).spec.quota

    for key, own in OPERATORS_OWN.items():
        assert int(quota[key]) // MOST_ZONES >= 2 * own, key
    for key, value in quota.items():
        assert value == "0" or amount(value) // 1000 // MOST_ZONES >= 1 or key.endswith("cpu"), key


@each_size
def test_a_container_that_names_nothing_fits_its_zone(name: str) -> None:
    """Hold the defaults to a quarter of the quota, so that one bare container can always start."""
    spec = size(name).spec

    for resource, quantity in spec.container.default.items():
        assert amount(spec.container.default_request[resource]) <= amount(quantity) <= amount(spec.container.max[resource])
        assert MOST_ZONES * amount(quantity) <= amount(spec.quota[f"limits.{resource}"])
        assert MOST_ZONES * amount(spec.container.default_request[resource]) <= amount(spec.quota[f"requests.{resource}"])


@each_size
def test_what_is_limited_has_a_default(name: str) -> None:
    spec = size(name).spec
    limited = {key.removeprefix("limits.") for key in spec.quota if key.startswith("limits.")}

    assert limited == set(spec.container.default) == set(spec.container.default_request)


@each_step
def test_a_larger_size_holds_at_least_as_much_of_everything(smaller: str, larger: str) -> None:
    small, large = size(smaller).spec, size(larger).spec

    assert small.order < large.order
    assert small.quota.keys() == large.quota.keys()
    assert all(amount(small.quota[key]) <= amount(large.quota[key]) for key in small.quota)
    assert all(amount(small.container.max[key]) < amount(large.container.max[key]) for key in small.container.max)


def test_m_is_what_the_documentation_promises() -> None:
    quota = size("m").spec.quota

    assert {key: quota[key] for key in ("requests.cpu", "limits.cpu", "requests.memory", "limits.memory", "requests.storage")} == {
        "requests.cpu": "8",
        "limits.cpu": "12",
        "requests.memory": "16Gi",
        "limits.memory": "24Gi",
        "requests.storage": "200Gi",
    }
    assert (quota["pods"], quota["services"]) == ("60", "30")
