"""A small wide area network: a facts document of two wards and a hub, and Sites as they stand in a cluster."""

import copy
from typing import Any

API_VERSION = "citycloud.dev/v1alpha1"
Document = dict[str, Any]
SERVED = "phuong-hoan-kiem"
OTHER = "xa-ba-vi"


def segment(name: str, *, number: int) -> Document:
    """Give one network of the site with this number, as the address plan does."""
    first = {"office": 16, "public-service": 112}[name]
    zone = {"office": 1, "public-service": 6}[name]
    second, third = first + (number >> 4), (number & 15) << 4
    return {"name": name, "ipv4": f"10.{second}.{third}.0/20", "ipv6": f"2001:db8:{0x1000 + number:x}:{zone:x}000::/52"}


def place(name: str, *, number: int, segments: tuple[str, ...] = ("office", "public-service"), kind: str = "ward") -> Document:
    """Give one place of a facts document."""
    return {
        "name": name,
        "kind": kind,
        "names": {"vi": f"Phường {name}", "en": f"Ward {name}"},
        "hubs": ["dc", "dr"],
        "segments": [segment(each, number=number) for each in segments],
    }


def link(site: str, *, carrier: str = "tslcd2", role: str = "primary") -> Document:
    return {
        "name": f"{site}-{carrier}",
        "site": site,
        "hub": "dc",
        "carrier": carrier,
        "role": role,
        "contractMbps": 100,
        "slo": {"availability": 0.995, "latencyMs": 20},
    }


def document(*, serial: int = 41, **changes: Any) -> Document:
    """Give a whole document that fits; a test changes what it is about."""
    whole = {
        "schema": "citycloud.dev/facts/v1",
        "serial": serial,
        "inventoryHash": f"sha256:{serial:064x}",
        "city": "hanoi",
        "segments": [
            {"name": "office", "ipv4": "10.16.0.0/12", "ipv6": None},
            {"name": "public-service", "ipv4": "10.112.0.0/12"},
        ],
        "sites": [place(SERVED, number=17), place(OTHER, number=18, kind="commune")],
        "links": [link(SERVED), link(SERVED, carrier="vnpt-net", role="backup"), link(OTHER)],
        "services": [
            {
                "name": "meet",
                "segment": "conferencing",
                "ipv4": "10.0.0.10/32",
                "ipv6": "2001:db8:1000::a/128",
                "ports": [{"protocol": "UDP", "port": 10000}],
            }
        ],
        "clusters": [
            {
                "name": "prod-dc",
                "hub": "dc",
                "locations": ["municipal-cloud"],
                "apiEndpoint": "https://api.prod-dc.hanoi.example:6443",
                "nodeCIDRs": ["10.1.0.0/24", "2001:db8:1001::/64"],
                "podCIDRs": ["172.16.0.0/16"],
                "serviceCIDRs": ["172.24.0.0/16"],
            }
        ],
    }
    return copy.deepcopy(whole | changes)


def site(name: str, *, number: int = 17, serial: int = 1, **spec: Any) -> Document:
    """Give a Site as the facts would make it."""
    said = {key: value for key, value in place(name, number=number).items() if key != "name"}
    return {"apiVersion": API_VERSION, "kind": "Site", "metadata": {"name": name}, "spec": {"serial": serial, **said, **spec}}


def opening(site_name: str = SERVED, *, segment: str = "office", zone: str = "app", ports: tuple[int, ...] = (8443,)) -> Document:
    """Give one entry of allowFrom."""
    return {"site": site_name, "segment": segment, "zone": zone, "ports": list(ports)}
