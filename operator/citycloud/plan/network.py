"""The network policies of one zone: nothing in, nothing out, and then exactly what the profile lets through.

NetworkPolicy is additive, so the closing policy comes first and each opening is a policy of its own, named by its reason. Peers in the
cluster are named by labels that only the operator or the API server can set, so every rule holds for IPv4 and IPv6 alike (P34). Addresses
stand in one policy alone, that of the places of the wide area network, each with its range of both families; it lets in and never out.
"""

from typing import Any, Final

from citycloud.api.security_profile import Flow
from citycloud.plan import names
from citycloud.plan.manifest import Manifest, managed
from citycloud.plan.subject import Subject

DNS_PORTS: Final = ({"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53})
DNS_PODS: Final = {"k8s-app": "kube-dns"}
METRICS_PORTS: Final = ({"protocol": "TCP", "port": 9090}, {"protocol": "TCP", "port": 8080})
GATEWAY: Final = "ingress"
CLOSED: Final = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": []}
"""Both directions, no rule. The empty lists are said aloud: so they are ours, and a rule that somebody adds is seen and taken out."""


def default_deny(*, subject: Subject, zone: str) -> Manifest:
    """Build the policy that closes the zone in both directions."""
    return _policy(subject=subject, zone=zone, name="default-deny", spec=CLOSED)


def dns(*, subject: Subject, zone: str) -> Manifest:
    """Let pods ask the cluster's own DNS, and no other (P32)."""
    peer = {**_namespace(subject.platform.dns_namespace), "podSelector": {"matchLabels": dict(DNS_PODS)}}
    rule = {"to": [peer], "ports": [dict(port) for port in DNS_PORTS]}
    return _policy(subject=subject, zone=zone, name="allow-dns", spec={"policyTypes": ["Egress"], "egress": [rule]})


def own_zone(*, subject: Subject, zone: str) -> Manifest:
    """Let the pods of a zone talk to each other, in both directions."""
    peers: list[dict[str, Any]] = [{"podSelector": {}}]
    spec = {"policyTypes": ["Ingress", "Egress"], "ingress": [{"from": peers}], "egress": [{"to": peers}]}
    return _policy(subject=subject, zone=zone, name="allow-own-zone", spec=spec)


def flows(*, subject: Subject, zone: str) -> list[Manifest]:
    """Build both ends of every flow of the profile that this zone takes part in, and the way in from the gateway.

    The gateway is let in only where the environment holds a public host.
    """
    policies = []
    arriving = [flow for flow in subject.profile.flows if flow.to == zone and _origin_exists(subject=subject, flow=flow)]
    leaving = [flow for flow in subject.profile.flows if flow.origin == zone and flow.to in subject.zones]
    if arriving:
        rules = [{"from": [_origin(subject=subject, flow=flow)], "ports": _ports(flow)} for flow in arriving]
        policies.append(_policy(subject=subject, zone=zone, name="allow-flows-in", spec={"policyTypes": ["Ingress"], "ingress": rules}))
    if leaving:
        rules = [{"to": [_zone(subject=subject, zone=flow.to)], "ports": _ports(flow)} for flow in leaving]
        policies.append(_policy(subject=subject, zone=zone, name="allow-flows-out", spec={"policyTypes": ["Egress"], "egress": rules}))
    return policies


def sites(*, subject: Subject, zone: str) -> list[Manifest]:
    """Let in the places of the wide area network that the environment named for this zone; nothing where it named none."""
    rules = [
        {
            "from": [{"ipBlock": {"cidr": each}} for each in opening.ranges],
            "ports": [{"protocol": "TCP", "port": port} for port in opening.ports],
        }
        for opening in subject.openings
        if opening.zone == zone
    ]
    if not rules:
        return []
    return [_policy(subject=subject, zone=zone, name="allow-sites", spec={"policyTypes": ["Ingress"], "ingress": rules})]


def scraping(*, subject: Subject, zone: str) -> Manifest:
    """Let Prometheus of the platform scrape the zone."""
    peers = [_namespace(subject.platform.monitoring_namespace)]
    rule = {"from": peers, "ports": [dict(port) for port in METRICS_PORTS]}
    return _policy(subject=subject, zone=zone, name="allow-monitoring", spec={"policyTypes": ["Ingress"], "ingress": [rule]})


def _policy(*, subject: Subject, zone: str, name: str, spec: dict[str, Any]) -> Manifest:
    body = {"spec": {**CLOSED, **spec}}
    return managed(subject=subject, zone=zone, api_version="networking.k8s.io/v1", kind="NetworkPolicy", name=name, body=body)


def _origin_exists(*, subject: Subject, flow: Flow) -> bool:
    return bool(subject.hosts) if flow.origin == GATEWAY else flow.origin in subject.zones


def _origin(*, subject: Subject, flow: Flow) -> dict[str, Any]:
    if flow.origin == GATEWAY:
        return _namespace(subject.platform.ingress_namespace)
    return _zone(subject=subject, zone=flow.origin)


def _zone(*, subject: Subject, zone: str) -> dict[str, Any]:
    return _namespace(subject.namespace(zone))


def _namespace(name: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {names.NAMESPACE_NAME: name}}}


def _ports(flow: Flow) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in flow.ports]
