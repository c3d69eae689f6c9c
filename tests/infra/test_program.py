"""What plain `pulumi up` runs: infra/__main__.py, with the stack's configuration and without an engine."""

import json
import pathlib
import runpy
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
import yaml
from tests.infra.graphs import PLAIN, openstack
from tests.infra.inventories import ROOT, Edit, small
from tests.infra.strict import strict

from citycloud_infra.targets.recording import Recorder, run_recorded


def ran(*, stack: str, config: Mapping[str, Any]) -> Recorder:
    """Run the program as Pulumi's language host does."""
    recorder = Recorder(name=stack, known={"organization/citycloud/wan-core": openstack(settings=PLAIN).exports["wan-core"]}, check=strict)
    plain = {f"citycloud:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}

    def program() -> None:
        pulumi.runtime.set_all_config(plain, ["citycloud:psk"])
        runpy.run_path(str(ROOT / "infra"), run_name="__main__")

    run_recorded(program=program, project="citycloud", name=stack, recorder=recorder)
    return recorder


def defaults(**changes: Any) -> dict[str, Any]:
    offered = yaml.safe_load((ROOT / "Pulumi.yaml").read_text("utf-8"))["config"]
    return {**{key: each["default"] for key, each in offered.items()}, **changes}


def test_out_of_the_box_a_stack_only_tells_what_there_would_be() -> None:
    told = ran(stack="wan-core", config=defaults())
    assert told.nodes == []
    assert set(told.exports["resources"]) == {"wan-core", "wan-sites-0", "compute"}
    assert all(count > 0 for count in told.exports["resources"].values())


@pytest.mark.parametrize("stack", ["wan-core", "wan-sites-0", "compute"])
def test_with_openstack_each_stack_is_built_by_its_name(stack: str) -> None:
    told = ran(stack=stack, config=defaults(target="openstack", psk="x" * 40))
    assert {node.urn for node in told.nodes} == {node.urn for node in openstack(settings=PLAIN).nodes[stack]}


def test_an_inventory_that_breaks_a_rule_builds_nothing(tmp_path: pathlib.Path) -> None:
    broken: Edit = lambda content: content["sites"][1].update(id=1)  # noqa: E731
    path = tmp_path / "inventory.yaml"
    path.write_text(yaml.safe_dump(small(broken), allow_unicode=True), "utf-8")
    with pytest.raises(pulumi.RunError, match="WAN001"):
        ran(stack="wan-core", config=defaults(inventory=str(path)))
