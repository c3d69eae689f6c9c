"""The inventory as a whole: the one file from which network and compute follow, and its JSON Schema."""

from typing import Any, Literal

from citycloud_infra.model.base import Name, Part, field
from citycloud_infra.model.compute import Compute
from citycloud_infra.model.wan import (
    AddressPlan,
    Carrier,
    Crossing,
    Hub,
    Media,
    Overlay,
    PointOfPresence,
    Retired,
    Segment,
    Service,
    Site,
    Tier,
    TrafficClass,
)

SCHEMA_ID = "https://citycloud.dev/schemas/inventory-v1alpha1.json"


class Limits(Part):
    """How much may change at once."""

    removals: int = field("The most sites that may go in one change.", ge=0, le=255)


class Inventory(Part):
    """The city's network and compute."""

    api_version: Literal["citycloud.dev/v1alpha1"] = field("The version of this format.")
    kind: Literal["Inventory"] = field("What this file is.")
    serial: int = field("Rises with every change that is to be applied.", ge=1, le=2_000_000_000)
    city: Name = field("The city.")
    note: str = field("For people: which figures are invented.", default="", max_length=2000)
    limits: Limits = field("How much may change at once.")
    address_plan: AddressPlan = field("Where addresses come from.")
    overlay: Overlay = field("How sites are tied to hubs.")
    segments: tuple[Segment, ...] = field("The networks that are kept apart.", min_length=1, max_length=6)
    classes: tuple[TrafficClass, ...] = field("Classes of traffic.", min_length=1, max_length=16)
    media: Media = field("What meetings and calls need.")
    tiers: tuple[Tier, ...] = field("What a kind of site has to have.", default=(), max_length=8)
    carriers: tuple[Carrier, ...] = field("Who carries packets.", min_length=1, max_length=20)
    points_of_presence: tuple[PointOfPresence, ...] = field("Where lines run together.", default=(), max_length=100)
    hubs: tuple[Hub, ...] = field("Data centres.", min_length=1, max_length=3)
    sites: tuple[Site, ...] = field("Places.", default=(), max_length=255)
    retired: tuple[Retired, ...] = field("Numbers that are nobody's again.", default=(), max_length=255)
    services: tuple[Service, ...] = field("What is reached at the hubs.", default=(), max_length=500)
    crossings: tuple[Crossing, ...] = field("The only ways between segments.", default=(), max_length=100)
    compute: Compute = field("What runs workloads.")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an inventory."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **Inventory.model_json_schema(by_alias=True)}
