"""The target that makes nothing: it records what the city's stacks would ask a cloud for, by the same components as a real one.

It needs no cloud, no command line of Pulumi and no rights. The stacks are run in their order, and each sees what the ones before it export,
so that a name that one reads and none exports is found here.
"""

import collections
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from citycloud_infra.components.cloud import Cloud, Keys, Settings, UserData
from citycloud_infra.components.kinds import Thing
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.stacks import LARGEST, reference, stacks
from citycloud_infra.render.cloud_init import node_user_data
from citycloud_infra.targets.program import City, build
from citycloud_infra.targets.recording import Check, Node, Recorder, identity, run_recorded


class Recorded(pulumi.CustomResource):
    """A thing that is only written down; its inputs are the thing's own fields."""

    address: pulumi.Output[str]

    def __init__(self, thing: Thing, *, opts: pulumi.ResourceOptions) -> None:
        fields = {field.name: _plain(getattr(thing, field.name)) for field in dataclasses.fields(thing)}
        super().__init__(f"citycloud:plan:{type(thing).__name__}", thing.name, {"address": None, **fields}, opts)


class PlanCloud:
    """A cloud that writes down what it is asked for."""

    def make(self, thing: Thing, *, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
        """Write it down."""
        return Recorded(thing, opts=opts)

    def external(self, name: str) -> pulumi.Input[str]:
        """Take a carrier's network to be there."""
        return identity(type_="Network", name=name)

    def address(self, floating: pulumi.CustomResource) -> pulumi.Output[str]:
        """Return an address for documentation."""
        return pulumi.Output.from_input(getattr(floating, "address", ""))


class NoKeys:
    """Keys where nothing is made: secret like true ones, and good for nothing."""

    def psk(self, name: str) -> pulumi.Output[str]:
        """Return the connection's name as its secret."""
        return pulumi.Output.secret(f"no-key-of-{name}")

    def token(self, cluster: str) -> pulumi.Output[str]:
        """Return the cluster's name as its secret."""
        return pulumi.Output.secret(f"no-token-of-{cluster}")

    def certificates(self, cluster: str) -> pulumi.Output[str]:
        """Return the cluster's name as its secret."""
        return pulumi.Output.secret(f"no-certificates-of-{cluster}")


def cloud() -> Cloud:
    """Return the cloud of this target (targets/base.py)."""
    return PlanCloud()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Graph:
    """What the stacks ask for, and what they export."""

    nodes: Mapping[str, Sequence[Node]]
    exports: Mapping[str, Mapping[str, Any]]

    def all(self) -> list[Node]:
        """Return every node of every stack."""
        return [node for nodes in self.nodes.values() for node in nodes]

    def by_type(self) -> dict[str, int]:
        """Count the nodes of each type, components among them."""
        return dict(collections.Counter(node.type for node in self.all()).most_common())

    def too_large(self) -> list[str]:
        """Name the stacks that have grown beyond what one run should change."""
        return [name for name, nodes in self.nodes.items() if len(nodes) > LARGEST]

    def twice(self) -> list[tuple[str, str]]:
        """Name what stands twice, as type and name: an object that was lost could not be told from its namesake."""
        counted = collections.Counter((node.type, node.name) for node in self.all())
        return sorted(each for each, count in counted.items() if count > 1)


def record(
    *,
    plan: CityPlan,
    settings: Settings,
    cloud: Cloud | None = None,
    keys: Keys | None = None,
    user_data: UserData = node_user_data,
    check: Check | None = None,
) -> Graph:
    """Run the program of every stack against nobody; by default with the cloud and the keys of this target."""
    city = City(plan=plan, settings=settings, cloud=cloud or PlanCloud(), keys=lambda: keys or NoKeys(), user_data=user_data)
    nodes: dict[str, Sequence[Node]] = {}
    exports: dict[str, Mapping[str, Any]] = {}
    for name in stacks(plan.inventory):
        known = {reference(project=settings.project, stack=before): told for before, told in exports.items()}
        recorder = Recorder(name=name, known=known, check=check)
        run_recorded(program=lambda stack=name: build(stack=stack, city=city), project=settings.project, name=name, recorder=recorder)  # type: ignore[misc]
        nodes[name], exports[name] = tuple(recorder.nodes), recorder.exports
    return Graph(nodes=nodes, exports=exports)


def _plain(value: Any) -> Any:
    """Turn nested parts into mappings, as inputs have to be."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
