"""Policies in every shape that the API knows, over three pods and two addresses: for the evaluator and the packets to agree on.

Each shape has a corner of its own, with two pods that its policies may select. So all can be there at once, and none is asked about in what
another has left behind. The third pod and the two addresses look at every corner.

Of one shape they do not, and that is the controller's fault: where a policy selects both ends and speaks of both directions, kube-router
1.6 lets its rules for what comes in stand for what goes out as well. By the API they do not, so the evaluator is right.
"""

import dataclasses
import itertools
from collections.abc import Iterator

import yaml
from tests.support import objects
from tests.support.kube import Object
from tests.support.packet_law import OUTSIDE, PORTS, Question

NEIGHBOUR = "quy-tac-b"
STRANGER, STRANGER_ADDRESS = "stranger", "203.0.113.77"
OTHER = f"{NEIGHBOUR}/web"

SHAPES: dict[str, list[Object]] = yaml.safe_load("""
everything is refused:
- {podSelector: {}, policyTypes: [Ingress, Egress]}
only ingress, as an absent policyTypes means:
- {podSelector: {matchLabels: {app: web}}}
any peer on one port:
- {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{ports: [{port: 5432}]}]}
one protocol on any port:
- {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}], ports: [{protocol: UDP}]}]}
a range of ports:
- {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{protocol: TCP, port: 8080, endPort: 9090}]}]}
a port by its name, another number for each pod:
- {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: public}]}]}
a port of the receiver by its name, on the way out:
- {podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: public}]}]}
an address block with an exception, on the way out:
- podSelector: {}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.64/26]}}], ports: [{port: 8443}]}]
every address but those of pods, on the way in:
- {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.244.0.0/16]}}]}]}
an address block that pods are in:
- {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 10.244.0.0/16}}]}]}
pods of other namespaces by their labels:
- podSelector: {}
  policyTypes: [Ingress]
  ingress:
  - from:
    - namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [quy-tac-b, other]}]}
      podSelector: {matchLabels: {app: web}}
pods by what they are not:
- podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [database]}]}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}]}]
every namespace:
- {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {}}]}]}
two policies add up:
- {podSelector: {}, policyTypes: [Ingress]}
- {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: database}}}]}]}
- {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{ports: [{protocol: UDP, port: 53}]}]}
both ends must agree:
- {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 5432}, {port: 6379}]}]}
- {podSelector: {matchLabels: {app: database}}, policyTypes: [Ingress], ingress: [{ports: [{port: 6379}, {port: 8443}]}]}
""")

MISTAKEN = "both ends and both directions"
SHAPES_ALL = SHAPES | {
    MISTAKEN: [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{"ports": [{"port": 5432}]}]}]
}


@dataclasses.dataclass(frozen=True)
class Corner:
    """The namespace of one shape."""

    namespace: str
    shape: str

    @property
    def web(self) -> str:
        return f"{self.namespace}/web"

    @property
    def database(self) -> str:
        return f"{self.namespace}/database"

    def pods(self) -> list[Object]:
        return [_pod(self.web, public=8443), _pod(self.database, public=8080, tier="back")]

    def policies(self) -> list[Object]:
        return [
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"namespace": self.namespace, "name": f"shape-{number}"},
                "spec": spec,
            }
            for number, spec in enumerate(SHAPES_ALL[self.shape], start=1)
        ]

    def questions(self) -> Iterator[Question]:
        for source, target in itertools.permutations((self.web, self.database, OTHER, OUTSIDE, STRANGER), 2):
            for port in PORTS:
                yield Question(source=source, target=target, port=port)


CORNERS = {shape: Corner(namespace=f"quy-tac-a{number}", shape=shape) for number, shape in enumerate(SHAPES_ALL, start=1)}


def onlooker() -> Object:
    """Make the pod of another namespace that looks at every corner."""
    return _pod(OTHER, public=9999)


def _pod(name: str, *, public: int, **labels: str) -> Object:
    namespace, _, app = name.partition("/")
    pod = objects.pod(namespace, app)
    pod["metadata"]["labels"] = {"app": app} | labels
    pod["spec"]["containers"][0]["ports"] = [{"name": "public", "containerPort": public}]
    return pod
