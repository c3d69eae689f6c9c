"""What every part of the inventory shares: the base model and the field types with their bounds.

Bounds and shapes are held here, by the schema; what concerns two parts at once is held by a named rule (`rules/`).
"""

import ipaddress
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SLUG: Final = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
HIGHEST_SITE: Final = 255
"""A site has 1/256 of a segment's /12: a /20 (model/addresses.py)."""
HIGHEST_HUB: Final = 3
HIGHEST_UPLINK: Final = 2
"""A tunnel's number has one bit for the line (model/addresses.py)."""
HIGHEST_HUB_UPLINK: Final = 4


class Part(BaseModel):
    """One part of the inventory: camelCase in the file, snake_case in the program, frozen, without unknown fields."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid")


def field(description: str, **options: Any) -> Any:
    """Describe one field."""
    return Field(description=description, **options)


def _ipv4(value: str) -> str:
    return str(ipaddress.IPv4Address(value))


def _ipv6(value: str) -> str:
    return str(ipaddress.IPv6Address(value))


def _ipv4_network(value: str) -> str:
    return str(ipaddress.IPv4Network(value))


def _ipv6_network(value: str) -> str:
    return str(ipaddress.IPv6Network(value))


Name = Annotated[str, StringConstraints(pattern=SLUG, min_length=2, max_length=40)]
"""A name in the inventory: a slug, so that it may be part of a Kubernetes name, a label and a file name."""
IPv4Text = Annotated[str, StringConstraints(max_length=15), AfterValidator(_ipv4)]
IPv6Text = Annotated[str, StringConstraints(max_length=45), AfterValidator(_ipv6)]
IPv4NetworkText = Annotated[str, StringConstraints(max_length=18), AfterValidator(_ipv4_network)]
"""An IPv4 network without host bits."""
IPv6NetworkText = Annotated[str, StringConstraints(max_length=49), AfterValidator(_ipv6_network)]
"""An IPv6 network without host bits, in its shortest form (RFC 5952)."""
Mbps = Annotated[int, Field(ge=1, le=400_000)]
"""A rate in Mbit/s."""
Percent = Annotated[int, Field(ge=0, le=100)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Names(Part):
    """The same name in two languages."""

    vi: str = field("Vietnamese, with diacritics.", min_length=1, max_length=200)
    en: str = field("English.", min_length=1, max_length=200)
