"""What the kernel runs against what was rendered.

The kernel is asked twice. A namespace apart is given a text and nothing else, and says what it made of it; the laboratory's has to say the
same. So neither how a rule is written nor in which order it is told counts as a difference, and what was lost, or added by hand, does. What
daemons put into the kernel is theirs (`daemon_running.py`), and so are addresses and routes of lines, which no text holds.
"""

import contextlib
import json
import pathlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from citycloud_dev.packet_networks import Network
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.loading import batch, load_segment, load_underlay
from citycloud_lab.wan.parallel import side_by_side
from citycloud_lab.wan.places import inside, underlay

DEVICE: Final = re.compile(r" dev (\S+)")
SEPARATOR: Final = re.compile(r"[,\n]")
AFFAIR: Final = re.compile(r" (refcnt|direct_qlen|direct_packets_stat) \d+")
"""What a queue tells of its interface and not of itself."""
SETTING: Final = re.compile(r"^(\w+) = (.*)$", re.MULTILINE)
OWN_TO_MACHINE: Final = ("link", "ifindex", "link_index", "link_netnsid")
Said = Mapping[str, frozenset[str]]
"""What a namespace says of each of its parts."""


def kernel_differences(lab: Laboratory, nodes: Sequence[str]) -> list[str]:
    """Name everything in which the kernel's state at these nodes is another than that of the rendered texts."""
    found = side_by_side(lambda node: list(_of_node(lab, node)), nodes)
    return [each for differences in found for each in differences]


def _of_node(lab: Laboratory, node: str) -> Iterator[str]:
    yield from _of_underlay(lab, node)
    for host in lab.hosts.values():
        if host.node == node:
            yield from _of_segment(lab, node=node, segment=host.segment)


def _of_underlay(lab: Laboratory, node: str) -> Iterator[str]:
    folder, running = lab.texts / node / "underlay", lab.networks[underlay(node)]
    with _twin(folder) as twin:
        load_underlay(twin, folder=folder)
        yield from _compare(place=underlay(node), wanted=_says(twin, folder), found=_says(running, folder))
        if lab.wireguard is not None:
            return
        batch(twin, "ip", file=folder / "links.batch")
        wanted = _tunnels(twin)
    found = [_tunnels(lab.networks[inside(node=node, segment=each.segment)]) for each in lab.hosts.values() if each.node == node]
    yield from _compare(place=underlay(node), wanted={"tunnels": wanted}, found={"tunnels": frozenset().union(*found)})


def _of_segment(lab: Laboratory, *, node: str, segment: str) -> Iterator[str]:
    folder, place = lab.texts / node / segment, inside(node=node, segment=segment)
    with _twin(folder) as twin:
        load_segment(twin, folder=folder)
        yield from _compare(place=place, wanted=_says(twin, folder), found=_says(lab.networks[place], folder))
    for text in (folder / "wireguard").glob("*.conf"):
        yield from _of_wireguard(lab, place=place, text=text)


def _of_wireguard(lab: Laboratory, *, place: str, text: pathlib.Path) -> Iterator[str]:
    """Compare one end; where an address changes, its peer's is not in the text but learned."""
    if lab.wireguard is None:
        return
    wanted = _settings(text.read_text("utf-8"))
    found = _settings(lab.wireguard.shown(lab.networks[place], text.stem))
    learned = {"Endpoint", "PrivateKey"} - wanted.keys()
    told = {name: value for name, value in found.items() if name not in learned}
    if told != wanted:
        yield f"{place}: {text.stem}: {told}, not {wanted}"


def _settings(text: str) -> dict[str, str]:
    return dict(SETTING.findall(text))


def _compare(*, place: str, wanted: Said, found: Said) -> Iterator[str]:
    for part, said in wanted.items():
        yield from (f"{place}: {part}: not there: {each}" for each in sorted(said - found[part]))
        yield from (f"{place}: {part}: not rendered: {each}" for each in sorted(found[part] - said))


@contextlib.contextmanager
def _twin(folder: pathlib.Path) -> Iterator[Network]:
    """Lend a namespace with nothing but the interfaces that the texts of a folder name."""
    twin = Network.made()
    try:
        twin.ip(
            "link set lo up",
            *(f"link add {each} type veth peer name far{number}" for number, each in enumerate(_devices(folder)) if each != "lo"),
        )
        yield twin
    finally:
        twin.close()


def _devices(folder: pathlib.Path, names: str = "*.batch") -> list[str]:
    return sorted({name for path in folder.glob(names) for name in DEVICE.findall(path.read_text("utf-8"))})


def _says(network: Network, folder: pathlib.Path) -> Said:
    """Ask a namespace for everything that the texts of a folder decide."""
    links = {each["ifname"]: each for each in _json(network, "ip", "-json", "address", "show")}
    text = "".join(path.read_text("utf-8") for path in folder.glob("interfaces.batch"))
    settings = [line.partition(" = ") for line in (folder / "sysctl.conf").read_text("utf-8").splitlines()]
    return {
        "rules of nftables": frozenset(each.strip() for each in SEPARATOR.split(network.run("nft", "--stateless", "list", "ruleset"))),
        "queues": frozenset(f"{each}: {row}" for each in _devices(folder) for row in _queues(network, each)),
        "addresses": frozenset(f"{name} {row}" for name in _devices(folder, "interfaces.batch") for row in _addresses(links[name], text)),
        "routes": frozenset(row for family in ("-4", "-6") for row in _routes(network, family)),
        "routing rules": frozenset(row for family in ("-4", "-6") for row in network.run("ip", family, "rule").splitlines()),
        "settings": frozenset(f"{name} = {network.run('sysctl', '-n', name).strip()}" for name, _, _ in settings),
    }


def _queues(network: Network, device: str) -> list[str]:
    shown = [network.run("tc", kind, "show", "dev", device) for kind in ("qdisc", "class")]
    return [AFFAIR.sub("", line).strip() for text in shown for line in text.splitlines() if "noqueue" not in line]


def _addresses(link: dict[str, Any], text: str) -> Iterator[str]:
    """Return what stands on an interface; a link-local address only where the text has one, for the kernel gives some unasked."""
    state = "up" if "UP" in link["flags"] else "down"
    yield f"mtu {link['mtu']} group {link.get('group', 'default')} {state}"
    for each in link["addr_info"]:
        if each["scope"] != "link" or each["local"] in text:
            yield f"{each['local']}/{each['prefixlen']} peer {each.get('address', '-')}"


def _routes(network: Network, family: str) -> Iterator[str]:
    """Return the routes that somebody set, by their place and their way; whether an interface has a carrier is no part of them."""
    for each in _json(network, "ip", family, "-json", "route", "show", "table", "all", "proto", "boot"):
        yield " ".join(f"{key} {each[key]}" for key in ("type", "dst", "gateway", "dev", "metric", "table") if key in each)


def _tunnels(network: Network) -> frozenset[str]:
    links = _json(network, "ip", "-json", "-details", "link", "show", "type", "vxlan")
    return frozenset(
        f"{each['ifname']} " + json.dumps({key: value for key, value in each["linkinfo"]["info_data"].items() if key not in OWN_TO_MACHINE})
        for each in links
    )


def _json(network: Network, *command: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(network.run(*command) or "[]")
    return [each for each in found if each]
