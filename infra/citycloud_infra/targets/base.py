"""Which clouds there are; a cloud's own packages are only imported when it is asked for."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Protocol, get_args

from citycloud_infra.components.cloud import Cloud
from citycloud_infra.targets.recovery import Pending

Target = Literal["plan", "openstack"]
MODULES: Final = {"plan": "citycloud_infra.targets.plan", "openstack": "citycloud_infra.targets.openstack.cloud"}
READERS: Final = {"openstack": "citycloud_infra.targets.openstack.reader"}
EXTRAS: Final = {"openstack": "citycloud[infra,openstack]"}


class Reader(Protocol):
    """Asks a cloud what has to be known before a run; each question raises CloudSilent where there is no answer."""

    def allowance(self) -> Mapping[str, int]:
        """Return the limit of each quota of the city's project (targets/quota.py)."""

    def identify(self, things: Sequence[Pending], /) -> Mapping[str, str]:
        """Return the ids of what a killed run asked for and the cloud has, by URN (targets/recovery.py)."""


class TargetMissing(Exception):
    """The target is unknown, or its package is not installed."""


class CloudSilent(Exception):
    """The cloud gives no answer that a run could go by."""


def load_cloud(target: str) -> Cloud:
    """Return the cloud of a target. Raise TargetMissing."""
    if target not in get_args(Target):
        known = ", ".join(get_args(Target))
        raise TargetMissing(f"không có đích {target}; hãy dùng: {known} / there is no target {target}; use one of: {known}")
    made: Cloud = _module(MODULES[target], target=target).cloud()
    return made


def load_reader(target: str) -> Reader | None:
    """Return what asks the cloud of a target; None where there is nobody to ask. Raise TargetMissing."""
    if target not in READERS:
        return None
    made: Reader = _module(READERS[target], target=target).Reader()
    return made


def _module(name: str, *, target: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = EXTRAS.get(target, "citycloud[infra]")
        raise TargetMissing(
            f"thiếu gói {error.name}: hãy chạy pip install '{package}' / the package {error.name} is missing: run pip install '{package}'"
        ) from error
