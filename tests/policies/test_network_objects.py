"""Attacks through services, endpoints, entries and network policies (T14 to T18, T20): each is refused and leaves no trace.

Where the tenant's own rights end before any policy is asked, the same is sent again by somebody with every right: the policies hold alone.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.policies.conftest import Bracket, Callers
from tests.support.attack import FORBIDDEN, refused_by, refused_by_rights
from tests.support.caller import Caller, Object
from tests.support.kube import eventually

NAMESPACE, NEIGHBOUR = "so-y-te--ho-so--app", "so-tai-chinh--ho-so--app"
HOST, OTHER_HOST = "ho-so.so-y-te.test.example", "ho-so.so-tai-chinh.test.example"
SERVICES = f"/api/v1/namespaces/{NAMESPACE}/services"
ENDPOINTS = f"/api/v1/namespaces/{NAMESPACE}/endpoints"
SLICES = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
INGRESSES = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses"
POLICIES = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies"
NGINX = "nginx.ingress.kubernetes.io"


def service(name: str, **spec: Any) -> Object:
    body = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]} | spec
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": body}


def ingress(host: str = HOST, *, namespace: str = NAMESPACE, path: str = "/", annotations: dict[str, str] | None = None) -> Object:
    backend = {"service": {"name": "web", "port": {"number": 8443}}}
    rule: Object = {"http": {"paths": [{"path": path, "pathType": "ImplementationSpecific", "backend": backend}]}}
    spec: Object = {"rules": [rule]}
    if host:
        rule["host"] = host
        spec["tls"] = [{"hosts": [host], "secretName": "web-tls"}]
    metadata = {"name": "attack", "namespace": namespace, "annotations": annotations or {}}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def network_policy(*peers: Object, direction: str = "ingress", port: int | None = 8080) -> Object:
    rule: Object = {"from" if direction == "ingress" else "to": list(peers)} if peers else {}
    if port:
        rule["ports"] = [{"protocol": "TCP", "port": port}]
    metadata = {"name": "attack", "namespace": NAMESPACE}
    spec = {"podSelector": {}, "policyTypes": [direction.capitalize()], direction: [rule]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


EXPOSURES: dict[str, Object] = {
    "a port on every node": {"type": "NodePort"},
    "an address of the outside": {"type": "LoadBalancer"},
    "the same without ports on nodes": {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False},
    "other people's traffic": {"externalIPs": ["203.0.113.10"]},
}


@pytest.fixture(scope="module")
def web(place: str, callers: Callers) -> Iterator[str]:
    """A service of the tenant's own that is in order, with the endpoints that its controller wrote."""
    operator = callers("operator")
    assert operator.call("POST", SERVICES, service("web")).code == 201
    eventually(lambda: operator.call("GET", f"{ENDPOINTS}/web").code == 200 and _slices(operator), what="the endpoints of the service")
    yield f"{SERVICES}/web"
    assert operator.call("DELETE", f"{SERVICES}/web").code == 200
    eventually(lambda: operator.call("GET", f"{ENDPOINTS}/web").code == 404 and not _slices(operator), what="the endpoints to go")


def _slices(operator: Caller) -> list[Object]:
    items: list[Object] = operator.call("GET", SLICES, query="labelSelector=kubernetes.io/service-name%3Dweb").body["items"]
    return items


@pytest.mark.attack("T14")
@pytest.mark.parametrize("case", EXPOSURES)
def test_no_service_opens_itself_to_the_outside(bracket: Bracket, callers: Callers, web: str, case: str) -> None:
    """At creation and by update."""
    with bracket("operator", service("control")) as operator:
        refused_by(operator.call("POST", SERVICES, service("attack", **EXPOSURES[case])), "P20")
        refused_by(operator.call("PATCH", web, {"spec": EXPOSURES[case]}), "P20")
        refused_by(callers("platform").call("PATCH", web, {"spec": EXPOSURES[case]}), "P20")


@pytest.mark.attack("T14")
def test_no_address_comes_in_through_the_status(bracket: Bracket, callers: Callers, web: str) -> None:
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}}
    with bracket("operator", service("control")) as operator:
        refused_by_rights(operator.call("PATCH", f"{web}/status", status))
        answer = callers("platform").call("PATCH", f"{web}/status", status)
        assert answer.code in FORBIDDEN
        assert "may only be used when `spec.type` is 'LoadBalancer'" in answer.message


@pytest.mark.attack("T14")
def test_a_service_from_before_the_policy_gets_no_address_either(bracket: Bracket, scratch: str, callers: Callers) -> None:
    """Through its status, where Kubernetes itself would take it; the rest of such a service can still be kept in order."""
    glass, platform = callers("break-glass"), callers("platform")
    path = f"/api/v1/namespaces/{scratch}/services"
    old = service("old", type="LoadBalancer") | {"metadata": {"name": "old", "namespace": scratch}}
    assert glass.call("POST", path, old).code == 201
    with bracket("operator", service("control")):
        refused_by(platform.call("PATCH", f"{path}/old/status", {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}}), "P20")
        refused_by(platform.call("PATCH", f"{path}/old", {"spec": {"externalIPs": ["203.0.113.10"]}}), "P20")
    assert platform.call("PATCH", f"{path}/old", {"metadata": {"labels": {"seen": "yes"}}}).code == 200


ADDRESSES = {
    "a pod of a neighbour": ("10.244.7.8", ""),
    "the API server": ("10.0.0.1", ""),
    "the pod's own machine": ("127.0.0.1", "loopback"),
    "the metadata of the cloud": ("169.254.169.254", "link-local"),
}
"""Each address, and Kubernetes' own word for it where it refuses it by itself."""


@pytest.mark.attack("T15")
@pytest.mark.parametrize("case", ADDRESSES)
def test_no_endpoint_is_written_by_hand(bracket: Bracket, callers: Callers, web: str, case: str) -> None:
    """New and changed, in the old kind and the new one."""
    ip, word = ADDRESSES[case]
    head = {"metadata": {"name": "attack", "namespace": NAMESPACE, "labels": {"kubernetes.io/service-name": "web"}}}
    slice_ = head | {"addressType": "IPv4", "endpoints": [{"addresses": [ip]}], "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}
    subsets = {"subsets": [{"addresses": [{"ip": ip}], "ports": [{"port": 80}]}]}
    with bracket("operator", service("control")) as operator:
        for method, path, body in (
            ("POST", SLICES, slice_),
            ("POST", ENDPOINTS, head | subsets),
            ("PATCH", f"{ENDPOINTS}/web", subsets),
        ):
            refused_by_rights(operator.call(method, path, body))
            answer = callers("platform").call(method, path, body)
            if word and word in answer.message:
                assert answer.code in FORBIDDEN
            else:
                refused_by(answer, "P22")


@pytest.mark.attack("T16")
@pytest.mark.parametrize("name", [f"web.{NEIGHBOUR}.svc.cluster.local", "metadata.google.internal", "kubernetes.default.svc"])
def test_no_service_is_a_name_for_somebody_elses(bracket: Bracket, web: str, name: str) -> None:
    spec = {"type": "ExternalName", "externalName": name}
    with bracket("operator", service("control")) as operator:
        refused_by(operator.call("POST", SERVICES, service("attack", **spec)), "P21")
        refused_by(operator.call("POST", SERVICES, service("attack", selector=None, ports=None, **spec)), "P21")
        refused_by(operator.call("PATCH", web, {"spec": spec | {"selector": None}}), "P21")


HOSTS: dict[str, Object] = {
    "another department's host": ingress(OTHER_HOST),
    "the same with another path": ingress(OTHER_HOST, path="/ho-so"),
    "every host of the city": ingress("*.test.example"),
    "every host of one's own": ingress("*.so-y-te.test.example"),
    "a host below one's own": ingress(f"x.{HOST}"),
    "no host": ingress(""),
    "a host in an annotation": ingress(annotations={f"{NGINX}/server-alias": OTHER_HOST}),
    "a host in another annotation": ingress(annotations={"external-dns.alpha.kubernetes.io/hostname": OTHER_HOST}),
    "a virtual host of the backend": ingress(annotations={f"{NGINX}/upstream-vhost": OTHER_HOST}),
}


@pytest.fixture(scope="module")
def first_owner(place: str, callers: Callers) -> Iterator[None]:
    """The neighbour's entry, there before the attack."""
    path = INGRESSES.replace(NAMESPACE, NEIGHBOUR)
    assert callers("neighbour").call("POST", path, ingress(OTHER_HOST, namespace=NEIGHBOUR)).code == 201
    yield
    assert callers("neighbour").call("DELETE", f"{path}/attack").code == 200


@pytest.mark.attack("T17")
@pytest.mark.usefixtures("first_owner")
@pytest.mark.parametrize("case", HOSTS)
def test_nobody_takes_a_host_that_is_not_theirs(bracket: Bracket, case: str) -> None:
    with bracket("operator", ingress()) as operator:
        refused_by(operator.call("POST", INGRESSES, HOSTS[case]), "P23")


SNIPPETS: dict[str, tuple[str, str]] = {
    "a snippet": (f"{NGINX}/configuration-snippet", "return 200;"),
    "a snippet of the server": (f"{NGINX}/server-snippet", "return 200;"),
    "a snippet of authentication": (f"{NGINX}/auth-snippet", "return 200;"),
    "somebody else's login": (f"{NGINX}/auth-url", "https://elsewhere.example/"),
    "a login page elsewhere": (f"{NGINX}/auth-signin", "https://elsewhere.example/"),
    "a secret of a neighbour": (f"{NGINX}/auth-tls-secret", f"{NEIGHBOUR}/web-tls"),
    "a common name with a line of its own": (f"{NGINX}/auth-tls-match-cn", "CN=a\n}\nload_module x;"),
    "a mirror": (f"{NGINX}/mirror-target", "https://elsewhere.example/"),
    "a redirect": (f"{NGINX}/permanent-redirect", "https://elsewhere.example/"),
    "a rewrite": (f"{NGINX}/rewrite-target", "/$1"),
    "a harmless one with a line of its own": (f"{NGINX}/proxy-body-size", "8m;\nreturn 200"),
    "an unencrypted entry": (f"{NGINX}/ssl-redirect", "false"),
    "a middleware of Traefik": ("traefik.ingress.kubernetes.io/router.middlewares", f"{NEIGHBOUR}-auth@kubernetescrd"),
    "a snippet of HAProxy": ("haproxy.org/backend-config-snippet", "http-request deny"),
    "a snippet of the other HAProxy": ("haproxy-ingress.github.io/config-backend", "http-request deny"),
}
PATHS = ["/a{}", "/a;b", "/a\nreturn 200;", "/(.*)", "/a b", '/"', "/a#b", "/$host", "/a\\b", "/%0a", "/a/../b", "/..", "//", "/a//b", "/ộ"]


@pytest.mark.attack("T18")
@pytest.mark.parametrize("case", SNIPPETS)
def test_nobody_writes_into_the_configuration_of_the_gateway(bracket: Bracket, case: str) -> None:
    key, value = SNIPPETS[case]
    with bracket("operator", ingress(annotations={f"{NGINX}/proxy-body-size": "8m"})) as operator:
        refused_by(operator.call("POST", INGRESSES, ingress(annotations={key: value})), "P23")


@pytest.mark.attack("T18")
@pytest.mark.parametrize("path", PATHS)
def test_no_path_is_a_piece_of_a_configuration(bracket: Bracket, path: str) -> None:
    with bracket("operator", ingress(path="/ho-so/nop.html")) as operator:
        refused_by(operator.call("POST", INGRESSES, ingress(path=path)), "P23")


EVERY_NAMESPACE: Object = {"namespaceSelector": {}}
OPENINGS: dict[str, Object] = {
    "everybody": network_policy(),
    "everybody, every port": network_policy(port=None),
    "everybody on the way out": network_policy(direction="egress", port=None),
    "every IPv4 address": network_policy({"ipBlock": {"cidr": "0.0.0.0/0"}}),
    "every IPv6 address": network_policy({"ipBlock": {"cidr": "::/0"}}),
    "every IPv4 address on the way out": network_policy({"ipBlock": {"cidr": "0.0.0.0/0"}}, direction="egress"),
    "all but one address": network_policy({"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}, direction="egress"),
    "every namespace": network_policy(EVERY_NAMESPACE),
    "every namespace on the way out": network_policy(EVERY_NAMESPACE, direction="egress"),
    "a neighbour": network_policy({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NEIGHBOUR}}}),
    "every port of one's own pods": network_policy({"podSelector": {}}, port=None),
}


@pytest.mark.attack("T20")
@pytest.mark.parametrize("case", OPENINGS)
def test_no_network_policy_opens_the_environment(bracket: Bracket, callers: Callers, case: str) -> None:
    with bracket("admin", network_policy({"podSelector": {}})) as admin:
        refused_by(admin.call("POST", POLICIES, OPENINGS[case]), "P14")
        refused_by(callers("platform").call("POST", POLICIES, OPENINGS[case]), "P14")
