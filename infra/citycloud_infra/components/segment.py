"""One segment's network in a data centre, and the firewall of the services in it.

The firewall opens what the inventory says and nothing else: each service's ports, to its own segment and to those that a crossing lets in.
In IPv4 a segment is one aggregate. In IPv6 it is not (model/addresses.py), so there the whole city may knock, and it is the gateways'
firewall that tells segments apart.
"""

import dataclasses
from collections.abc import Iterator
from typing import Literal

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud, Part
from citycloud_infra.components.layout import FIRST, HubLayout, address, chosen
from citycloud_infra.model import wan
from citycloud_infra.model.plan import CityPlan

PROTOCOLS: dict[str, Literal["tcp", "udp"]] = {"TCP": "tcp", "UDP": "udp"}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SegmentArgs:
    """A segment, and the data centre's networks."""

    plan: CityPlan
    segment: wan.Segment
    layout: HubLayout


class Segment(Part):
    """A segment in a data centre; its hosts send to the gateways' shared address."""

    def __init__(self, *, name: str, args: SegmentArgs, cloud: Cloud, parent: pulumi.Resource) -> None:
        super().__init__(kind="Segment", name=name, cloud=cloud, parent=parent)
        self.number = args.segment.id
        self.network = self.make(kinds.Network(name=name, mtu=args.plan.inventory.overlay.mtu))
        pair = args.layout.segment(args.segment.id)
        self.subnet4 = self.make(
            kinds.Subnet(
                name=f"{name}-4",
                network=self.network.id,
                cidr=str(pair.ipv4),
                gateway=address(pair.ipv4, FIRST),
                pool=chosen(pair.ipv4),
                dhcp=False,
            )
        )
        self.subnet6 = self.make(
            kinds.Subnet(
                name=f"{name}-6",
                network=self.network.id,
                cidr=str(pair.ipv6),
                gateway=address(pair.ipv6, FIRST),
                pool=chosen(pair.ipv6),
                dhcp=False,
            )
        )
        group = self.make(kinds.SecurityGroup(name=name, description=args.segment.names.en))
        for rule in _openings(name=name, group=group.id, args=args):
            self.make(rule)
        self.register_outputs({})


def _openings(*, name: str, group: pulumi.Input[str], args: SegmentArgs) -> Iterator[kinds.SecurityRule]:
    plan, segment = args.plan, args.segment.name
    yield kinds.SecurityRule(name=f"{name}-out-4", group=group, family="IPv4", direction="egress")
    yield kinds.SecurityRule(name=f"{name}-out-6", group=group, family="IPv6", direction="egress")
    for service in (each for each in plan.inventory.services if each.segment == segment):
        asking = [segment, *(each.origin for each in plan.inventory.crossings if each.service == service.name)]
        for port in service.ports:
            opening = f"{name}-{service.name}-{PROTOCOLS[port.protocol]}-{port.port}"
            ports, protocol = (port.port, port.port), PROTOCOLS[port.protocol]
            for origin in asking:
                remote = str(plan.addresses.segment(plan.segments[origin].id))
                yield kinds.SecurityRule(
                    name=f"{opening}-{origin}", group=group, family="IPv4", protocol=protocol, ports=ports, remote=remote
                )
            block = str(plan.addresses.block6)
            yield kinds.SecurityRule(name=f"{opening}-6", group=group, family="IPv6", protocol=protocol, ports=ports, remote=block)
