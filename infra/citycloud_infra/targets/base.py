"""Which clouds there are; a cloud's own package is only imported when it is asked for."""

import importlib
from collections.abc import Callable
from typing import Final, Literal, get_args

from citycloud_infra.components.cloud import Cloud

Target = Literal["plan", "openstack"]
MODULES: Final = {"plan": "citycloud_infra.targets.plan", "openstack": "citycloud_infra.targets.openstack.cloud"}
EXTRAS: Final = {"openstack": "citycloud[infra,openstack]"}


class TargetMissing(Exception):
    """The target is unknown, or its package is not installed."""


def load_cloud(target: str) -> Cloud:
    """Return the cloud of a target. Raise TargetMissing."""
    if target not in get_args(Target):
        known = ", ".join(get_args(Target))
        raise TargetMissing(f"không có đích {target}; hãy dùng: {known} / there is no target {target}; use one of: {known}")
    try:
        module = importlib.import_module(MODULES[target])
    except ModuleNotFoundError as error:
        package = EXTRAS.get(target, "citycloud[infra]")
        raise TargetMissing(
            f"thiếu gói {error.name}: hãy chạy pip install '{package}' / the package {error.name} is missing: run pip install '{package}'"
        ) from error
    make: Callable[[], Cloud] = module.cloud
    return make()
