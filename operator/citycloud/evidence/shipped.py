"""What the command line knows of the catalogue without its folders: generated into `shipped.yaml` beside this module."""

import functools
import importlib.resources
from collections.abc import Mapping
from typing import Any

import yaml

from citycloud.api.common import Model, Names


class ShippedPolicy(Model):
    """One policy: its name for people, what enforces it, the admission policies it consists of, and a request that it refuses."""

    id: str
    title: Names
    remedy: Names
    enforced_by: tuple[str, ...]
    enforced_in: str = ""
    admission: tuple[str, ...] = ()
    tenants_only: bool = False
    canary: dict[str, Any] | None = None


@functools.cache
def shipped() -> Mapping[str, ShippedPolicy]:
    """Read every policy, by id."""
    content = importlib.resources.files(__package__).joinpath("shipped.yaml").read_text()
    policies = [ShippedPolicy.model_validate(each) for each in yaml.safe_load(content)]
    return {policy.id: policy for policy in policies}
