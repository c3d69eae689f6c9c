"""What components ask of a target, and what all of them share: the cloud, the settings, the keys, the base class."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Protocol

import pulumi

from citycloud_infra.components.kinds import Thing
from citycloud_infra.model.compute import Cluster, Pool

UserData = Callable[[Cluster, Pool, int], str]
"""From a cluster, one of its pools and a machine's number in it to its first instructions, with marks where secrets belong
(render/cloud_init.py)."""


class Cloud(Protocol):
    """Something that makes things: a real cloud, or one that only remembers what it was asked."""

    def make(self, thing: Thing, *, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
        """Make one thing."""

    def external(self, name: str) -> pulumi.Input[str]:
        """Return the id of a carrier's network, which is there before the city is."""

    def address(self, floating: pulumi.CustomResource) -> pulumi.Output[str]:
        """Return the address that a FloatingAddress got."""


class Keys(Protocol):
    """Where secrets come from: the same for the same name, whenever it is asked for."""

    def psk(self, name: str) -> pulumi.Output[str]:
        """Return the pre-shared key of a connection."""

    def token(self, cluster: str) -> pulumi.Output[str]:
        """Return that by which nodes join a cluster."""

    def certificates(self, cluster: str) -> pulumi.Output[str]:
        """Return that by which control planes of kubeadm hand their certificates to each other."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What is no fact of the city but of this cloud and this run.

    `external` tells the external network of a carrier where it does not have the carrier's name. `access` names the segments that the
    cloud's own routers reach at every site, without the gateways. `api_from` are ranges outside the city from which the clusters' API is
    reached; without any it has no floating address. `node_class` names the class of traffic that nodes' packets are marked with, if any.
    `protected` things are removed only after somebody took the protection off.
    """

    project: str
    gateway_flavor: str
    gateways: int = 2
    external: dict[str, str] = dataclasses.field(default_factory=dict)
    access: tuple[str, ...] = ("management",)
    api_from: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    ssh_key: str = ""
    node_class: str = ""
    bgp: bool = False
    protected: bool = True

    def external_of(self, carrier: str) -> str:
        """Return the name of a carrier's external network."""
        return self.external.get(carrier, carrier)


class Part(pulumi.ComponentResource):
    """A component of the city: its things are its children, so that they are shown, protected and removed with it."""

    def __init__(self, *, kind: str, name: str, cloud: Cloud, parent: pulumi.Resource | None = None, protect: bool | None = None) -> None:
        super().__init__(f"citycloud:infra:{kind}", name, None, pulumi.ResourceOptions(parent=parent, protect=protect))
        self.cloud = cloud

    def make(self, thing: Thing, *, after: Iterable[pulumi.Resource] = ()) -> pulumi.CustomResource:
        """Make a thing of this part; `after` are things that it needs without naming them, and that must outlive it."""
        return self.cloud.make(thing, opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)))
