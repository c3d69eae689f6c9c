"""What policies refused in a namespace of late: a controller that may not make its pods says so in an Event, and nowhere a person looks."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, Final

from citycloud.cli.bilingual import in_language
from citycloud.cli.connection import Connection, Manifest
from citycloud.cli.output import Screen
from citycloud.cli.policy_words import policy_text
from citycloud.evidence.shipped import shipped

NAMED: Final = re.compile(r"\b(P\d\d) ")
UNNAMED: Final = {"violates PodSecurity": "P01", "exceeded quota": "P16"}
"""What Kubernetes itself refuses on our behalf, by the words of its refusal."""


@dataclasses.dataclass(frozen=True)
class WorkloadRefusal:
    """One thing that one policy refused to one owner, and how often."""

    namespace: str
    owner: str
    policy: str
    message: str
    count: int
    last: str

    def policy_text(self, screen: Screen) -> str:
        """Name the policy with its title."""
        return policy_text(screen, self.policy)

    def text(self, screen: Screen) -> str:
        """Say what was refused and what to do, in one language; what Kubernetes said in English only comes with the policy's remedy."""
        half = in_language(self.message, screen.language)
        known = shipped().get(self.policy)
        return half if half != self.message or known is None else f"{half} → {getattr(known.remedy, screen.language.value)}"

    def as_data(self, screen: Screen) -> dict[str, Any]:
        """Write it for programs."""
        return {**dataclasses.asdict(self), "text": self.text(screen)}


def read_refusals(connection: Connection, *, namespace: str) -> list[WorkloadRefusal]:
    """Read the refusals of one namespace, the latest of each owner and policy."""
    path = f"/api/v1/namespaces/{namespace}/events?fieldSelector=reason%3DFailedCreate"
    events = connection.read(path, what=f"events -n {namespace}")["items"]
    found: dict[tuple[str, str], WorkloadRefusal] = {}
    for event in sorted(events, key=_moment):
        for refusal in _refusals_of(event):
            found[refusal.owner, refusal.policy] = refusal
    return list(found.values())


def _refusals_of(event: Manifest) -> Iterator[WorkloadRefusal]:
    message = " ".join(event.get("message", "").split())
    policies = dict.fromkeys(NAMED.findall(message)) or [policy for words, policy in UNNAMED.items() if words in message]
    owner = event["involvedObject"]
    for policy in policies:
        yield WorkloadRefusal(
            namespace=owner.get("namespace", ""),
            owner=f"{owner['kind']}/{owner['name']}",
            policy=policy,
            message=message,
            count=(event.get("series") or {}).get("count") or event.get("count") or 1,
            last=_moment(event),
        )


def _moment(event: Manifest) -> str:
    """Return when an event happened last, as the API server writes it; either generation of events."""
    return (event.get("series") or {}).get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or ""
