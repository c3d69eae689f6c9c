"""What other stacks need of the backbone: ids that it exports under fixed names, and that they read through a stack reference."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pulumi

from citycloud_infra.components.kinds import Id

CLASSES: Final = "classes"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HubLinks:
    """The ids of one data centre; `services` and `local` are empty where the cloud's own routers reach no site."""

    edge: Id
    core: Id
    core4: Id
    core6: Id
    local: Id
    ike: Id
    ipsec: Id
    services: Mapping[str, Id]

    def outputs(self) -> dict[str, Any]:
        """Return them as a stack exports them."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def output_of(hub: str) -> str:
    """Return the name under which a data centre's ids are exported."""
    return f"hub-{hub}"


class Backbone:
    """The backbone's exports as another stack sees them."""

    def __init__(self, *, stack: str) -> None:
        self._reference = pulumi.StackReference(stack)

    def hub(self, *, name: str, carriers: Iterable[str]) -> HubLinks:
        """Return the ids of a data centre whose lines have these carriers."""
        told = self._reference.require_output(output_of(name))
        services = told.apply(lambda links: links["services"])
        plain = {each.name: _item(told, each.name) for each in dataclasses.fields(HubLinks) if each.name != "services"}
        return HubLinks(**plain, services={carrier: _item(services, carrier) for carrier in carriers})

    def traffic_class(self, name: str) -> pulumi.Output[str]:
        """Return the id of the policy that marks packets as of this class."""
        return _item(self._reference.require_output(CLASSES), name)


def _item(told: pulumi.Output[Any], name: str) -> pulumi.Output[str]:
    return told.apply(lambda items: str(items.get(name, "")))
