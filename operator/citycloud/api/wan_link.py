"""A link of the wide area network: which site it joins to which hub, by whose line, and what was promised for it.

Written from the facts of the network. The operator decides nothing by it; it is there for people, dashboards and contracts.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from citycloud.api.common import Column, Definition, Kind, Model, name_rule, rules, slug_rule
from citycloud.api.site import HubName

LinkRole = Literal["primary", "backup"]
CarrierName = Annotated[str, StringConstraints(max_length=63), Field(json_schema_extra=rules(slug_rule(longest=40)))]
SiteName = Annotated[str, StringConstraints(max_length=63), Field(json_schema_extra=rules(slug_rule(longest=63)))]


class LinkObjective(Model):
    """What the carrier promised."""

    availability: float = Field(ge=0, le=1, description="Share of the time that it works, 0.995 for 99.5 %.")
    latency_ms: int = Field(ge=1, le=10_000, description="Longest time there and back, in milliseconds.")


class WanLinkSpec(Model):
    site: SiteName = Field(description="The Site at this end.")
    hub: HubName = Field(description="The hub at the other.")
    carrier: CarrierName = Field(description="Whose line it is.")
    role: LinkRole = Field(description="Whether it carries the traffic, or waits for the other to fail.")
    contract_mbps: int = Field(ge=1, le=1_000_000, description="Contracted rate in each direction, in Mbit/s.")
    slo: LinkObjective = Field(description="What was promised for it.")


class WanLink(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="WanLink",
        plural="wanlinks",
        short_names=("wanlink",),
        namespaced=False,
        columns=(
            Column(name="Site", path=".spec.site"),
            Column(name="Hub", path=".spec.hub"),
            Column(name="Carrier", path=".spec.carrier"),
            Column(name="Role", path=".spec.role"),
            Column(name="Mbps", path=".spec.contractMbps", type="integer"),
        ),
        rules=(name_rule(longest=63),),
        has_status=False,
        watched=False,
    )

    spec: WanLinkSpec = Field(description="What the facts of the network say of it.")
