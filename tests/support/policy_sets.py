"""Random policy sets over three namespaces of three pods each, which use every construct of NetworkPolicy often; the same for one seed."""

import dataclasses
import ipaddress
import random
from typing import Any

from citycloud.reach.manifests import read_pod
from citycloud.reach.model import Outside, Pod

Object = dict[str, Any]
Question = tuple[str, str, str, int]
NAMESPACES = ("ns-a", "ns-b", "ns-c")
PODS = ("x", "y", "z")
NAMESPACE_NAME = "kubernetes.io/metadata.name"
VALUES = {"app": ("web", "db"), "tier": ("front", "back", ""), "team": ("red", "blue", ""), "city": ("hn", "")}
POD_KEYS = ("app", "tier")
NAMESPACE_KEYS = ("team", "city")
PORT_NAMES = ("http", "dns")
OUTSIDE = ("192.0.2.1", "192.0.2.129", "198.51.100.7", "203.0.113.200", "2001:db8:1::5", "2001:db8:2::5")
BLOCKS = {
    "0.0.0.0/0": ("192.0.2.0/24", "198.51.100.0/25", "10.244.0.0/16"),
    "192.0.2.0/24": ("192.0.2.128/25", "192.0.2.0/30"),
    "198.51.100.7/32": (),
    "203.0.113.0/24": ("203.0.113.192/26",),
    "10.244.0.0/16": ("10.244.1.0/24", "10.244.2.2/32"),
    "::/0": ("2001:db8:1::/48", "fd00:244::/32"),
    "2001:db8:1::/48": ("2001:db8:1::/64",),
    "fd00:244:1::/48": (),
}
CONNECTIONS = tuple((protocol, port) for protocol in ("TCP", "UDP", "SCTP") for port in (53, 80, 81, 8080))


@dataclasses.dataclass(frozen=True)
class PolicySet:
    """A small cluster with its policies, and what is asked about it."""

    namespaces: list[Object]
    pods: list[Object]
    policies: list[Object]
    questions: list[Question]


def policy_sets(*, seed: int, count: int) -> list[PolicySet]:
    """Make `count` sets."""
    chance = random.Random(seed)
    return [_set(chance) for _ in range(count)]


def ends(given: PolicySet) -> dict[str, Pod | Outside]:
    """Read everybody whom the questions of a set name."""
    labels = {each["metadata"]["name"]: each["metadata"]["labels"] for each in given.namespaces}
    pods = [read_pod(each, namespace_labels=labels[each["metadata"]["namespace"]]) for each in given.pods]
    return {pod.full_name: pod for pod in pods} | {address: Outside(ipaddress.ip_address(address)) for address in OUTSIDE}


def _set(chance: random.Random) -> PolicySet:
    namespaces = [{"metadata": {"name": each, "labels": _labels(chance, NAMESPACE_KEYS) | {NAMESPACE_NAME: each}}} for each in NAMESPACES]
    pods = [_pod(chance, namespace=namespace, name=name) for namespace in NAMESPACES for name in PODS]
    policies = [_policy(chance, name=f"p{number}") for number in range(chance.randint(1, 6))]
    names = [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in pods]
    everybody = (*names, *OUTSIDE)
    asked = [(one, other) for one in everybody for other in everybody if one != other and not {one, other} <= set(OUTSIDE)]
    questions = [(*pair, *connection) for connection in chance.sample(CONNECTIONS, 3) for pair in asked]
    return PolicySet(namespaces=namespaces, pods=pods, policies=policies, questions=questions)


def _labels(chance: random.Random, keys: tuple[str, ...]) -> dict[str, str]:
    return {key: chance.choice(VALUES[key]) for key in keys if chance.random() < 0.7}


def _pod(chance: random.Random, *, namespace: str, name: str) -> Object:
    row, column = NAMESPACES.index(namespace) + 1, PODS.index(name) + 1
    ports = [
        {"name": port, "containerPort": chance.choice((53, 80, 81, 8080)), "protocol": chance.choice(("TCP", "UDP"))}
        for port in PORT_NAMES
        if chance.random() < 0.6
    ]
    return {
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, "labels": _labels(chance, POD_KEYS)},
        "spec": {"containers": [{"name": "main", "ports": ports}]},
        "status": {"podIPs": [{"ip": f"10.244.{row}.{column}"}, {"ip": f"fd00:244:{row}::{column}"}]},
    }


def _policy(chance: random.Random, *, name: str) -> Object:
    spec: Object = {"podSelector": _selector(chance, POD_KEYS, empty=0.4)}
    types = chance.choice((None, ["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    if types is not None:
        spec["policyTypes"] = types
    for direction, word in (("ingress", "from"), ("egress", "to")):
        if chance.random() < 0.75:
            spec[direction] = [_rule(chance, word) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
    metadata = {"namespace": chance.choice(NAMESPACES), "name": name}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def _rule(chance: random.Random, word: str) -> Object:
    rule: Object = {}
    if chance.random() < 0.85:
        rule[word] = [_peer(chance) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
    if chance.random() < 0.6:
        rule["ports"] = [_port(chance) for _ in range(chance.choice((0, 1, 1, 2)))]
    return rule


def _peer(chance: random.Random) -> Object:
    kind = chance.randrange(4)
    if kind == 0:
        block = chance.choice(tuple(BLOCKS))
        exceptions = chance.sample(BLOCKS[block], chance.randint(0, len(BLOCKS[block])))
        return {"ipBlock": {"cidr": block, **({"except": exceptions} if exceptions else {})}}
    pods = {"podSelector": _selector(chance, POD_KEYS, empty=0.2)} if kind != 1 else {}
    namespaces = {"namespaceSelector": _selector(chance, (*NAMESPACE_KEYS, NAMESPACE_NAME), empty=0.2)} if kind != 2 else {}
    return pods | namespaces


def _port(chance: random.Random) -> Object:
    port: Object = {} if chance.random() < 0.4 else {"protocol": chance.choice(("TCP", "UDP", "SCTP"))}
    kind = chance.randrange(4)
    if kind == 0:
        port["port"] = chance.choice(PORT_NAMES)
    elif kind == 1:
        port |= {"port": chance.choice((1, 53, 80)), "endPort": chance.choice((80, 81, 9000))}
    elif kind == 2:
        port["port"] = chance.choice((53, 80, 81, 8080))
    return port


def _selector(chance: random.Random, keys: tuple[str, ...], *, empty: float) -> Object:
    if chance.random() < empty:
        return {}
    if chance.random() < 0.5:
        key = chance.choice(keys)
        return {"matchLabels": {key: chance.choice(_values(key))}}
    return {"matchExpressions": [_expression(chance, chance.choice(keys)) for _ in range(chance.choice((1, 1, 2)))]}


def _expression(chance: random.Random, key: str) -> Object:
    operator = chance.choice(("In", "NotIn", "Exists", "DoesNotExist"))
    if operator in ("Exists", "DoesNotExist"):
        return {"key": key, "operator": operator}
    values = _values(key)
    return {"key": key, "operator": operator, "values": chance.sample(values, chance.randint(1, len(values)))}


def _values(key: str) -> tuple[str, ...]:
    return NAMESPACES if key == NAMESPACE_NAME else VALUES[key]
