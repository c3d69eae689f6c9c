"""Rendered texts for tests, with keys that are nobody's; and the golden ones: `python -m tests.infra.rendered` writes them anew.

Golden are whole files of the small sample: a hub, a site of each routing daemon and everything that is of no node; for the other technique
what differs of one site. Read the difference before committing it: it is what a network team would load.
"""

import base64
import hashlib
import pathlib
import shutil
from collections.abc import Mapping
from typing import Final

from tests.infra.inventories import Content, inventory, small

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import CityPlan, plan_city
from citycloud_infra.render.city import render_city

GOLDEN: Final = pathlib.Path(__file__).resolve().parent / "golden"
KEPT: Final = {
    "wireguard": (
        "dc/office/",
        "dc/public-service/",
        "dc/underlay/",
        "so-thu/management/",
        "phuong-mot/office/",
        "phuong-mot/guest/",
        "phuong-mot/underlay/",
        "prometheus/",
        "machines/",
        "facts.json",
        "wan.svg",
    ),
    "vxlan": ("phuong-mot/underlay/", "phuong-mot/office/tc.batch", "phuong-mot/office/nftables.nft"),
}


class PublicKeys:
    """A public key for every end that depends on nothing but its name."""

    def public(self, *, node: str, interface: str) -> str:
        """Return it."""
        return base64.b64encode(hashlib.sha256(f"{node} {interface}".encode()).digest()).decode()


def plan_of(content: Content) -> CityPlan:
    """Plan a city from data."""
    return plan_city(Inventory.model_validate(content))


def render(content: Content | None = None) -> dict[str, str]:
    """Render a city from data, or the small sample."""
    plan = plan_city(inventory()) if content is None else plan_of(content)
    return render_city(plan, keys=PublicKeys())


def technique(name: str) -> Content:
    """Return the small sample with one technique."""
    return small(lambda content: content["overlay"].update(technique=name))


def golden() -> Mapping[str, str]:
    """Render what is kept, by path below the folder of golden files."""
    return {
        f"{name}/{path}": text for name, kept in KEPT.items() for path, text in render(technique(name)).items() if path.startswith(kept)
    }


def main() -> None:
    """Write the golden files anew."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for name, text in golden().items():
        (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
        (GOLDEN / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
