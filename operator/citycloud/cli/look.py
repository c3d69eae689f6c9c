"""What the doctor looks at, with the rights of whoever asks: every object it judges, and two dry runs that static policies have to refuse.

What may not be read is kept as Unseen with the right that it takes. Only a server that does not answer at all ends the command.
"""

import datetime
from collections.abc import Sequence
from typing import Any, Final

from citycloud.cli.connection import Acting, Connection
from citycloud.cli.failure import Failure, Forbidden
from citycloud.doctor.facts import ADMISSION, MONITORING, NEEDED, WANTED, Facts, Listing, Manifest, Outcome, Probe, Unseen, Wanted
from citycloud.doctor.guards import MASTERS, PLATFORM

FIRST_REFUSAL: Final = 300
REFUSED: Final = (403, 422)
NO_RIGHT: Final = (" cannot create resource ", " cannot impersonate ")
"""What authorization says, which is asked before admission."""
POLICY: Final[dict[str, Any]] = {
    "apiVersion": ADMISSION,
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "citycloud-doctor-probe.citycloud.dev"},
    "spec": {
        "matchConstraints": {
            "resourceRules": [{"apiGroups": ["citycloud.dev"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["probes"]}]
        },
        "validations": [{"expression": "true"}],
    },
}
KIND: Final[dict[str, Any]] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "probes.citycloud.dev"},
    "spec": {
        "group": "citycloud.dev",
        "scope": "Cluster",
        "names": {"kind": "Probe", "plural": "probes", "singular": "probe", "listKind": "ProbeList"},
        "versions": [{"name": "v1alpha1", "served": False, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
    },
}


def look(*, connection: Connection, namespace: str) -> Facts:
    """Gather everything that the doctor judges; raise Failure where the API server does not answer."""
    return Facts(
        now=connection.now(),
        here=datetime.datetime.now(tz=datetime.UTC),
        namespace=namespace,
        version=str(connection.read("/version", what="version")["gitVersion"]),
        served={place: _served(connection=connection, place=place) for place in (*NEEDED, MONITORING)},
        objects={wanted.plural: _read(connection=connection, wanted=wanted, namespace=namespace) for wanted in WANTED},
        probes=probe_guards(connection),
    )


def _read(*, connection: Connection, wanted: Wanted, namespace: str) -> Listing:
    try:
        answer = connection.read(wanted.path(namespace=namespace), what=wanted.plural)
    except Failure as failure:
        return _unseen(failure=failure, right=wanted.right(namespace=namespace)) or ()
    return (answer,) if wanted.name else tuple(answer["items"])


def _served(*, connection: Connection, place: str) -> frozenset[str] | Unseen:
    """List the kinds that are served under a group and version; none where there is no such group."""
    path = f"/apis/{place}" if "/" in place else f"/api/{place}"
    try:
        resources = connection.read(path, what=path)["resources"]
    except Failure as failure:
        return _unseen(failure=failure, right=f"get {path}") or frozenset()
    return frozenset(each["kind"] for each in resources if "/" not in each["name"])


def _unseen(*, failure: Failure, right: str) -> Unseen | None:
    """Tell what may not be read, or could not be, from what is not there (None); pass on that nobody answers."""
    if isinstance(failure, Forbidden):
        return Unseen(right)
    if failure.key == "ServerTrouble":
        return Unseen(right, trouble=f"{failure.parameters['code']} {failure.parameters['error']}")
    if failure.key == "NotFound":
        return None
    raise failure


def probe_guards(connection: Connection) -> dict[str, Probe]:
    """Try to write what only the platform group may, as somebody outside of it: oneself, or one's own name in the administrators' group.

    Administrators, for whom RBAC does not exist, are past every other check; so what refuses them is a static policy.
    """
    name, groups = connection.myself()
    identities = ([] if PLATFORM in groups else [None]) + [Acting(user=name, group=MASTERS)]
    return {
        what: _probe(connection=connection, manifest=manifest, name=name, identities=identities)
        for what, manifest in (("validatingadmissionpolicies", POLICY), ("customresourcedefinitions", KIND))
    }


def _probe(*, connection: Connection, manifest: Manifest, name: str, identities: Sequence[Acting | None]) -> Probe:
    """Ask as each identity in turn until one gets past authorization; what admission said to it is the answer."""
    last = Probe(outcome="not allowed", asked_as=name)
    for acting in identities:
        code, message = connection.try_to_create(manifest, acting=acting)
        last = Probe(outcome=_outcome(code=code, message=message), message=message, asked_as=f"{name} ({acting.group})" if acting else name)
        if last.outcome != "not allowed":
            break
    return last


def _outcome(*, code: int, message: str) -> Outcome:
    if code < FIRST_REFUSAL:
        return "admitted"
    if code not in REFUSED:
        return "no answer"
    return "not allowed" if any(words in message for words in NO_RIGHT) else "refused"
