"""Pods and policies read from their manifests, as the API server hands them out or as they stand in a file.

A field that is not known here may change what a policy means, so it is an error and never passed over.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final, get_args

from citycloud.reach.model import (
    LARGEST_PORT,
    PROTOCOLS,
    SMALLEST_PORT,
    Block,
    Direction,
    NamedPort,
    Network,
    NetworkPolicy,
    Operator,
    Pod,
    Pods,
    PortName,
    PortRange,
    Requirement,
    Rule,
    Selector,
)

Manifest = Mapping[str, Any]
PEERS: Final[dict[Direction, str]] = {"ingress": "from", "egress": "to"}
TYPES: Final[dict[Direction, str]] = {"ingress": "Ingress", "egress": "Egress"}
WITH_VALUES: Final = frozenset({"In", "NotIn"})


class UnreadablePolicy(ValueError):
    """The manifest is no NetworkPolicy that the API server would take; the text names policy and field."""


def read_pod(manifest: Manifest, *, namespace_labels: Mapping[str, str], namespace_labels_complete: bool = True) -> Pod:
    """Read a pod; one that has not started yet has no addresses."""
    metadata, spec = manifest["metadata"], manifest["spec"]
    sidecars = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
    return Pod(
        namespace=metadata["namespace"],
        name=metadata["name"],
        labels=dict(metadata.get("labels") or {}),
        namespace_labels=dict(namespace_labels),
        namespace_labels_complete=namespace_labels_complete,
        ips=tuple(ipaddress.ip_address(each["ip"]) for each in manifest.get("status", {}).get("podIPs") or ()),
        ports=tuple(
            NamedPort(name=port["name"], protocol=port.get("protocol") or "TCP", number=port["containerPort"])
            for container in (*spec.get("containers", ()), *sidecars)
            for port in container.get("ports") or ()
            if port.get("name")
        ),
    )


def read_policy(manifest: Manifest) -> NetworkPolicy:
    """Read a policy and fill in what the API server would; raise UnreadablePolicy where it would refuse it."""
    metadata, spec = manifest["metadata"], manifest.get("spec") or {}
    try:
        known = _known(spec, "podSelector", "policyTypes", "ingress", "egress")
        types = known.get("policyTypes") or ["Ingress", *(["Egress"] if known.get("egress") else [])]
        rules = {direction: _rules(known, direction) if TYPES[direction] in types else None for direction in TYPES}
        selector = _selector(known.get("podSelector") or {})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadablePolicy(f"NetworkPolicy {metadata['namespace']}/{metadata['name']}: {error!r}") from error
    return NetworkPolicy(namespace=metadata["namespace"], name=metadata["name"], pods=selector, **rules)


def _rules(spec: Manifest, direction: Direction) -> tuple[Rule, ...]:
    return tuple(_rule(each, number=number, peers=PEERS[direction]) for number, each in enumerate(spec.get(direction) or (), start=1))


def _rule(rule: Manifest, *, number: int, peers: str) -> Rule:
    known = _known(rule, peers, "ports")
    return Rule(
        number=number,
        peers=tuple(_peer(each) for each in known.get(peers) or ()),
        ports=tuple(_port(each) for each in known.get("ports") or ()),
    )


def _peer(peer: Manifest) -> Pods | Block:
    known = _known(peer, "podSelector", "namespaceSelector", "ipBlock")
    if "ipBlock" in known:
        if len(known) > 1:
            raise ValueError("a peer is named by ipBlock or by selectors, not by both")
        return _block(known["ipBlock"])
    if not known:
        raise ValueError("a peer is named by a selector or by ipBlock")
    namespaces = _selector(known["namespaceSelector"]) if "namespaceSelector" in known else None
    return Pods(pods=_selector(known.get("podSelector", {})), namespaces=namespaces)


def _block(block: Manifest) -> Block:
    known = _known(block, "cidr", "except")
    return Block(network=_network(known["cidr"]), exceptions=tuple(_network(each) for each in known.get("except") or ()))


def _network(text: str) -> Network:
    return ipaddress.ip_network(text, strict=False)


def _port(port: Manifest) -> PortRange | PortName:
    known = _known(port, "protocol", "port", "endPort")
    protocol, first, last = known.get("protocol", "TCP"), known.get("port"), known.get("endPort")
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol {protocol} is not one of {', '.join(PROTOCOLS)}")
    if isinstance(first, str) and last is None:
        return PortName(protocol=protocol, name=first)
    if first is None and last is None:
        return PortRange(protocol=protocol)
    if not isinstance(first, int) or not SMALLEST_PORT <= first <= (first if last is None else last) <= LARGEST_PORT:
        raise ValueError(f"port {first} with endPort {last} is no range of ports")
    return PortRange(protocol=protocol, first=first, last=first if last is None else last)


def _selector(selector: Manifest) -> Selector:
    known = _known(selector, "matchLabels", "matchExpressions")
    labels = [Requirement(key=key, operator="In", values=frozenset({value})) for key, value in (known.get("matchLabels") or {}).items()]
    return Selector((*labels, *(_requirement(each) for each in known.get("matchExpressions") or ())))


def _requirement(expression: Manifest) -> Requirement:
    known = _known(expression, "key", "operator", "values")
    operator, values = known["operator"], frozenset(known.get("values") or ())
    if operator not in get_args(Operator) or bool(values) != (operator in WITH_VALUES):
        raise ValueError(f"{known['key']} {operator} {sorted(values)} is no requirement")
    return Requirement(key=known["key"], operator=operator, values=values)


def _known(part: Manifest, *fields: str) -> dict[str, Any]:
    """Return the fields that are set; null is the same as absent."""
    unknown = sorted(set(part) - set(fields))
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not known here")
    return {key: value for key, value in part.items() if value is not None}
