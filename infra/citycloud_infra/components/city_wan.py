"""The backbone of the city: what all data centres share, and the data centres."""

import dataclasses

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud, Part, Settings
from citycloud_infra.components.hub import Hub, HubArgs
from citycloud_infra.components.links import CLASSES, output_of
from citycloud_infra.model.plan import CityPlan


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CityWanArgs:
    """The city."""

    plan: CityPlan
    settings: Settings


class CityWan(Part):
    """The backbone, all of it protected: whoever wants to remove a data centre or a key takes the protection off first."""

    def __init__(self, *, args: CityWanArgs, cloud: Cloud) -> None:
        city, settings = args.plan.inventory.city, args.settings
        super().__init__(kind="CityWan", name=city, cloud=cloud, protect=settings.protected)
        ike = self.make(kinds.IkePolicy(name=city))
        ipsec = self.make(kinds.IpsecPolicy(name=city))
        key = key_of(city=city, settings=settings)
        if key is not None:
            self.make(kinds.Keypair(name=key, public_key=settings.ssh_key))
        self.hubs = {
            hub.name: Hub(
                name=f"{city}-hub-{hub.name}",
                args=HubArgs(plan=args.plan, hub=hub, ike=ike.id, ipsec=ipsec.id, key=key, settings=settings),
                cloud=cloud,
                parent=self,
            )
            for hub in args.plan.inventory.hubs
        }
        self.classes = self._classes(city=city, args=args)
        self.register_outputs({})

    def export(self) -> None:
        """Export what other stacks need."""
        pulumi.export(CLASSES, self.classes)
        for name, hub in self.hubs.items():
            pulumi.export(output_of(name), hub.links.outputs())

    def _classes(self, *, city: str, args: CityWanArgs) -> dict[str, pulumi.Output[str]]:
        """Make a policy for each class of traffic: a port takes it where all that it sends is of one class, such as a meeting server's."""
        policies = {}
        for each in args.plan.inventory.classes:
            name = f"{city}-class-{each.name}"
            policy = self.make(kinds.QosPolicy(name=name, description=f"DSCP {each.dscp}"))
            self.make(kinds.QosMark(name=name, policy=policy.id, dscp=each.dscp))
            policies[each.name] = policy.id
        return policies


def key_of(*, city: str, settings: Settings) -> str | None:
    """Return the name of people's key, in every stack the same; None where the settings give none."""
    return f"{city}-operations" if settings.ssh_key else None
