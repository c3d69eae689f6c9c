"""The facts document: one versioned JSON object that says every place, link, shared service and cluster of the network.

A field that is not known here is refused: it may mean that something else is meant by those that are. What concerns more than one field is
in `rules`. Names are those of the API, in camelCase.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints

from citycloud.api.common import SLUG, Model, Port, Segment
from citycloud.api.site import SiteKind
from citycloud.api.wan_link import LinkRole

SCHEMA: Final = "citycloud.dev/facts/v1"

Name = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=SLUG)]
ShortName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=SLUG)]
Organisation = Annotated[str, StringConstraints(min_length=3, max_length=24, pattern=SLUG)]
Hash = Annotated[str, StringConstraints(pattern="^sha256:[0-9a-f]{64}$")]
RangeV4 = Annotated[str, StringConstraints(max_length=18, pattern=r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$")]
RangeV6 = Annotated[str, StringConstraints(max_length=43, pattern=r"^[0-9a-fA-F:.]{2,39}/[0-9]{1,3}$")]
Range = Annotated[str, StringConstraints(max_length=43, pattern=r"^[0-9a-fA-F:.]{2,39}/[0-9]{1,3}$")]
Url = Annotated[str, StringConstraints(max_length=300, pattern=r"^https://[^\s]+$")]


class FactsModel(Model):
    """Refuse what is not known."""

    model_config = ConfigDict(extra="forbid")


class FactsNames(FactsModel):
    vi: str = Field(min_length=1, max_length=200, description="Vietnamese, with diacritics.")
    en: str = Field(min_length=1, max_length=200, description="English.")


class Aggregate(FactsModel):
    """What all ranges of one segment lie in."""

    name: Segment = Field(description="The segment.")
    ipv4: RangeV4 = Field(description="The IPv4 range of the segment in the whole city.")
    ipv6: RangeV6 | None = Field(default=None, description="The same in IPv6, where one range holds it all.")


class FactsSegment(FactsModel):
    name: Segment = Field(description="The segment.")
    ipv4: RangeV4 = Field(description="Its IPv4 range at this site.")
    ipv6: RangeV6 = Field(description="Its IPv6 range at this site.")


class FactsSite(FactsModel):
    name: Name = Field(description="Name of the site, for ever.")
    kind: SiteKind = Field(description="What sort of place it is.")
    organisation: Organisation | None = Field(default=None, description="The Organisation that works there, where there is one.")
    names: FactsNames = Field(description="What people call it.")
    hubs: tuple[ShortName, ...] = Field(default=(), max_length=10, description="Hubs it is joined to, the preferred one first.")
    segments: tuple[FactsSegment, ...] = Field(default=(), max_length=6, description="Its networks, each once.")


class Slo(FactsModel):
    availability: float = Field(ge=0, le=1, description="Share of the time that the link works.")
    latency_ms: int = Field(ge=1, le=10_000, description="Longest time there and back, in milliseconds.")


class FactsLink(FactsModel):
    name: Name = Field(description="Name of the link.")
    site: Name = Field(description="The site at this end.")
    hub: ShortName = Field(description="The hub at the other.")
    carrier: ShortName = Field(description="Whose line it is.")
    role: LinkRole = Field(description="Whether it carries the traffic, or waits for the other to fail.")
    contract_mbps: int = Field(ge=1, le=1_000_000, description="Contracted rate in each direction, in Mbit/s.")
    slo: Slo = Field(description="What was promised for it.")


class ServicePort(FactsModel):
    protocol: Literal["TCP", "UDP"] = Field(description="Protocol.")
    port: Port = Field(description="Port.")


class FactsService(FactsModel):
    name: Name = Field(description="Name of the shared service.")
    segment: Segment = Field(description="The segment that reaches it.")
    ipv4: RangeV4 = Field(description="Its IPv4 address, as a /32.")
    ipv6: RangeV6 = Field(description="Its IPv6 address, as a /128.")
    ports: tuple[ServicePort, ...] = Field(min_length=1, max_length=20, description="Its ports.")


class FactsCluster(FactsModel):
    name: Name = Field(description="Name of the cluster.")
    hub: ShortName = Field(description="The hub it stands at.")
    locations: tuple[ShortName, ...] = Field(default=(), max_length=20, description="Locations of the City that its nodes make up.")
    api_endpoint: Url = Field(description="Where its API server is.")
    node_cidrs: tuple[Range, ...] = Field(default=(), max_length=20, alias="nodeCIDRs", description="Addresses of its nodes.")
    pod_cidrs: tuple[Range, ...] = Field(default=(), max_length=20, alias="podCIDRs", description="Addresses of its pods.")
    service_cidrs: tuple[Range, ...] = Field(default=(), max_length=20, alias="serviceCIDRs", description="Addresses of its Services.")


class Facts(FactsModel):
    """What infra knows of the network and the cluster has to know."""

    version: Literal["citycloud.dev/facts/v1"] = Field(alias="schema", description="Version of this document's form.")
    serial: int = Field(ge=1, le=2**53, description="Rises with every publication; a lower one is refused.")
    inventory_hash: Hash = Field(description="Digest of the inventory that this was computed from.")
    city: ShortName = Field(description="Whose network this is.")
    segments: tuple[Aggregate, ...] = Field(max_length=6, description="The segments of the network, each once.")
    sites: tuple[FactsSite, ...] = Field(max_length=2_000, description="Every place.")
    links: tuple[FactsLink, ...] = Field(default=(), max_length=5_000, description="Every link.")
    services: tuple[FactsService, ...] = Field(default=(), max_length=500, description="Shared services of the network.")
    clusters: tuple[FactsCluster, ...] = Field(default=(), max_length=50, description="Kubernetes clusters of the city.")

    def as_data(self) -> dict[str, Any]:
        """Write the document as JSON has it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
