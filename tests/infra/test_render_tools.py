"""What the programs themselves say of the texts: FRR, BIRD, nftables, tc and ip take them as they are; WireGuard does in tests/lab/wan."""

import pathlib
import re
from collections.abc import Callable, Iterator

import pytest
from tests.infra.rendered import render, technique
from tests.support import needs

from citycloud_dev import router_needs
from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import run_tool

SECONDS = 20.0
Write = Callable[[str], pathlib.Path]


@pytest.fixture(scope="module", autouse=True)
def routers_can_run() -> None:
    """See that this machine has the programs; in CI it must."""
    needs.have(router_needs.missing(), what="routers")


@pytest.fixture(scope="module", params=["wireguard", "vxlan"])
def texts(request: pytest.FixtureRequest) -> dict[str, str]:
    return render(technique(request.param))


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network.made()
    yield made
    made.close()


def ending(texts: dict[str, str], name: str) -> dict[str, str]:
    found = {path: text for path, text in texts.items() if path.endswith(f"/{name}")}
    assert found
    return found


def devices(text: str) -> list[str]:
    """Name the interfaces of a batch that somebody else makes."""
    return sorted({name for name in re.findall(r" dev (\S+)", text) if name != "lo"})


def make_devices(network: Network, names: list[str]) -> None:
    network.run("ip", "link", "set", "lo", "up")
    for number, name in enumerate(names):
        network.run("ip", "link", "add", name, "type", "veth", "peer", "name", f"far{number}")


def test_frr_takes_every_configuration(texts: dict[str, str], tmp_path: pathlib.Path) -> None:
    for name, text in ending(texts, "frr.conf").items():
        path = tmp_path / "frr.conf"
        path.write_text(text)
        run_tool(["vtysh", "-C", "-f", str(path)], name=f"vtysh -C, {name}", seconds=SECONDS)


def test_bird_takes_every_configuration(texts: dict[str, str], tmp_path: pathlib.Path) -> None:
    for name, text in ending(texts, "bird.conf").items():
        path = tmp_path / "bird.conf"
        path.write_text(text)
        run_tool(["bird", "-p", "-c", str(path)], name=f"bird -p, {name}", seconds=SECONDS)


def test_the_kernel_takes_every_ruleset_twice(texts: dict[str, str], network: Network) -> None:
    for text in ending(texts, "nftables.nft").values():
        network.run("nft", "-f", "-", stdin=text)
        first = network.run("nft", "list", "ruleset")
        network.run("nft", "-f", "-", stdin=text)
        assert network.run("nft", "list", "ruleset") == first


@pytest.mark.parametrize("place", ["dc/office", "so-thu/office", "phuong-mot/guest"])
def test_the_kernel_takes_addresses_and_routes_again_and_again(texts: dict[str, str], network: Network, place: str) -> None:
    text = texts[f"{place}/interfaces.batch"]
    make_devices(network, devices(text))
    network.run("ip", "-batch", "-", stdin=text)
    addresses, routes = network.run("ip", "-brief", "address"), network.run("ip", "route")
    network.run("ip", "-batch", "-", stdin=text)
    assert (network.run("ip", "-brief", "address"), network.run("ip", "route")) == (addresses, routes)


@pytest.mark.parametrize("place", ["dc/office", "dc/underlay", "phuong-mot/office", "phuong-mot/underlay"])
def test_the_kernel_takes_every_tree_of_queues(texts: dict[str, str], network: Network, place: str) -> None:
    text = texts[f"{place}/tc.batch"]
    make_devices(network, devices(text))
    network.run("tc", "-batch", "-", stdin=text)
    for name in devices(text):
        assert "htb 1: root" in network.run("tc", "qdisc", "show", "dev", name)


def test_the_kernel_takes_the_tunnels_of_vxlan_and_the_rules_of_lines(network: Network) -> None:
    texts = render(technique("vxlan"))
    make_devices(network, ["lease", "net"])
    network.run("ip", "-batch", "-", stdin=texts["phuong-mot/underlay/links.batch"])
    assert network.run("ip", "-brief", "link", "show", "type", "vxlan").count("\n") == 12
    for family in ("-4", "-6"):
        network.run("ip", family, "-batch", "-", stdin=texts["phuong-mot/underlay/rules.batch"])
        assert "fwmark 0x2/0xff lookup 102" in network.run("ip", family, "rule")
