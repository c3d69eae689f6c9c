"""Inventories for tests: the small sample, changed in one place at a time, and cities of any number of sites by hypothesis."""

import copy
import functools
import pathlib
from collections.abc import Callable
from typing import Any, Final

import yaml
from hypothesis import strategies as st

from citycloud_infra.model.inventory import Inventory

ROOT: Final = pathlib.Path(__file__).resolve().parents[2]
SMALL: Final = ROOT / "examples" / "small" / "inventory.yaml"
Content = dict[str, Any]
Edit = Callable[[Content], object]
KINDS: Final = ("ward", "commune", "department", "branch", "service-point", "other")
SEGMENTS: Final = ("office", "public-service", "management", "guest")


@functools.cache
def _small() -> Content:
    content: Content = yaml.safe_load(SMALL.read_text("utf-8"))
    return content


def small(*edits: Edit) -> Content:
    """Return the small sample as data, after `edits`."""
    content = copy.deepcopy(_small())
    for edit in edits:
        edit(content)
    return content


def inventory(*edits: Edit) -> Inventory:
    """Return the small sample as an inventory, after `edits`."""
    return Inventory.model_validate(small(*edits))


def site(number: int, *, segments: tuple[str, ...] = ("office", "management"), kind: str = "other", first: str = "lease") -> Content:
    """Build a site with two lines; its number decides its name and its carrier addresses."""
    carriers = ("lease", "net") if first == "lease" else ("net", "lease")
    blocks = {"lease": ("192.0.2", "2001:db8:ffff:1"), "net": ("198.51.100", "2001:db8:ffff:2")}
    return {
        "id": number,
        "name": f"noi-{number}",
        "names": {"vi": f"Nơi {number}", "en": f"Place {number}"},
        "kind": kind,
        "segments": list(segments),
        "uplinks": [
            {
                "carrier": carrier,
                "role": role,
                "rateMbps": 100,
                "via": via,
                "ipv4": f"{blocks[carrier][0]}.{number}",
                "ipv6": f"{blocks[carrier][1]}::{number}",
            }
            for carrier, role, via in zip(carriers, ("primary", "backup"), ("north", "south"), strict=True)
        ],
    }


@st.composite
def cities(draw: st.DrawFn) -> Content:
    """Draw a city of up to twelve sites with any numbers, segments and order of carriers."""
    numbers = draw(st.lists(st.integers(20, 250), min_size=1, max_size=12, unique=True))
    sites = [
        site(
            number,
            segments=tuple(draw(st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=4, unique=True))),
            first=draw(st.sampled_from(("lease", "net"))),
        )
        for number in numbers
    ]
    return small(lambda content: content.update(sites=sites, tiers=[{"kind": "other", "uplinks": 2, "segments": []}]))
