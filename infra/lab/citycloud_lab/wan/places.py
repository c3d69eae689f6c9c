"""What the laboratory's namespaces are called: `<node>.<segment>` and `<node>.underlay` are a router, `….host` stands in its network."""

from typing import Final

INTERNET: Final = "internet"


def underlay(node: str) -> str:
    """Name the namespace in which a node's lines end."""
    return f"{node}.underlay"


def inside(*, node: str, segment: str) -> str:
    """Name the namespace of a node's segment."""
    return f"{node}.{segment}"


def beside(place: str) -> str:
    """Name the namespace of the host in a network."""
    return f"{place}.host"


def carried_by(carrier: str) -> str:
    """Name the namespace of a carrier."""
    return f"carrier.{carrier}"
