"""Who is called: one tree of routes, from the addresses of the city's teams and the contacts of its organisations.

The tree asks first how urgent an alert is, because that decides how soon and how often; then, for each audience that the alert names, who
that is; and where that depends on it, which organisation it is about. What nobody else answers for goes to the platform team. The same
tree is then written down for Alertmanager and for the Prometheus operator (citycloud_monitoring.alertmanager).
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from citycloud.api.organisation import Contacts
from citycloud_monitoring.catalogue import Audience, Inhibition
from citycloud_monitoring.routing_settings import Pace, Settings, Team, is_mail

Organisations = Mapping[str, Contacts | None]
"""The contacts of each organisation by its name; None where they cannot be read."""
Urgency = Literal["critical", "info", "warning"]
SEVERITIES: Final[tuple[Urgency, ...]] = ("critical", "info", "warning")
NOBODY: Final = "nobody"
"""A receiver without an address: who is meant has been told by another route, or there is nobody to tell."""
HEARTBEAT: Final = "heartbeat"
WATCHDOG: Final = "Watchdog"
BY_ALERT: Final = ("alertname",)
BY_SEVERITY: Final = ("severity",)
"""All that one receiver is told at this severity, in one message."""


@dataclasses.dataclass(frozen=True)
class Matcher:
    """One question about a label; a label that an alert lacks is empty."""

    label: str
    operator: Literal["=", "=~", "!~"]
    value: str


@dataclasses.dataclass(frozen=True)
class Route:
    """One node: the first child that matches takes the alert, and later ones too where it goes on; without any, the node's receiver."""

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    goes_on: bool = False
    routes: tuple["Route", ...] = ()
    group_by: tuple[str, ...] = ()
    pace: Pace | None = None


@dataclasses.dataclass(frozen=True)
class Receiver:
    """Who is told, and whether also of the end."""

    name: str
    addresses: tuple[str, ...] = ()
    hears_the_end: bool = True


@dataclasses.dataclass(frozen=True)
class Routing:
    """The whole tree."""

    root: Route
    receivers: tuple[Receiver, ...]
    inhibitions: tuple[Inhibition, ...]


def routing(*, settings: Settings, organisations: Organisations, inhibitions: tuple[Inhibition, ...]) -> Routing:
    """Build the tree; the order of the organisations makes no difference."""
    technical = {name: address for name in sorted(organisations) if (address := technical_contact(organisations[name]))}
    security = {name: address for name in sorted(organisations) if (address := security_contact(organisations[name]))}
    branches = [_branch(severity=each, settings=settings, technical=technical, security=security) for each in SEVERITIES]
    return Routing(
        root=Route(receiver="platform", group_by=BY_ALERT, pace=settings.paces.warning, routes=(_sign_of_life(settings), *branches)),
        receivers=_receivers(settings=settings, technical=technical, security=security),
        inhibitions=inhibitions,
    )


def reached(routing: Routing, labels: Mapping[str, str]) -> list[str]:
    """Return the receivers of an alert in order, found as Alertmanager finds them: what checks ask, which amtool confirms."""
    return _through(routing.root, labels)


def _through(route: Route, labels: Mapping[str, str]) -> list[str]:
    if not all(_holds(each, labels) for each in route.matchers):
        return []
    found: list[str] = []
    for child in route.routes:
        below = _through(child, labels)
        found += below
        if below and not child.goes_on:
            break
    return found or [route.receiver]


def _holds(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    value = labels.get(matcher.label, "")
    if matcher.operator == "=":
        return value == matcher.value
    return bool(re.fullmatch(matcher.value, value)) == (matcher.operator == "=~")


def technical_contact(contacts: Contacts | None) -> str | None:
    """Return who runs an organisation's systems or else who answers for them; None where neither can be written to."""
    return _usable([contacts.technical, contacts.owner] if contacts else [])


def security_contact(contacts: Contacts | None) -> str | None:
    """Return who is told of an organisation's incidents; None where nobody is named who can be written to."""
    return _usable([contacts.security] if contacts else [])


def _usable(addresses: Iterable[str | None]) -> str | None:
    return next((address for address in addresses if address and is_mail(address)), None)


def _sign_of_life(settings: Settings) -> Route:
    """Send on what always fires: whoever waits for it notices that it stops."""
    receiver = HEARTBEAT if settings.heartbeat else NOBODY
    return Route(receiver=receiver, matchers=(Matcher("alertname", "=", WATCHDOG),), pace=settings.paces.heartbeat)


def _branch(*, severity: Urgency, settings: Settings, technical: Mapping[str, str], security: Mapping[str, str]) -> Route:
    """Build what one severity calls; a severity that nobody knows is a warning."""
    known = Matcher("severity", "!~", "critical|info") if severity == "warning" else Matcher("severity", "=", severity)
    called = {audience: _called(audience=audience, team=team, severity=severity) for audience, team in settings.teams}
    teams = [
        Route(receiver=called[audience], matchers=(_calls(audience),), goes_on=True) for audience in ("platform", "approvers", "network")
    ]
    return Route(
        receiver=called["platform"],
        matchers=(known,),
        group_by=BY_SEVERITY if severity == "info" else BY_ALERT,
        pace=getattr(settings.paces, severity),
        routes=(
            *teams,
            _security(team=called["security"], technical=technical, security=security),
            _organisations(technical=technical, otherwise=called["platform"]),
        ),
    )


def _security(*, team: str, technical: Mapping[str, str], security: Mapping[str, str]) -> Route:
    """Call the city's security team always, and the organisation's own contact where it has one that is not called already."""
    called = {name: (_calls_not("organisation"),) if technical.get(name) == address else () for name, address in security.items()}
    own = [Route(receiver=_of_security(name), matchers=(_about(name), *unless)) for name, unless in called.items()]
    return Route(receiver=team, matchers=(_calls("security"),), goes_on=True, routes=(Route(receiver=team, goes_on=True), *own))


def _organisations(*, technical: Mapping[str, str], otherwise: str) -> Route:
    """Call the organisation that it is about; where there is none to call, the platform team, but not a second time."""
    own = [Route(receiver=_of_organisation(name), matchers=(_about(name),)) for name in technical]
    told = Route(receiver=NOBODY, matchers=(_calls("platform"),))
    return Route(receiver=otherwise, matchers=(_calls("organisation"),), goes_on=True, routes=(*own, told))


def _receivers(*, settings: Settings, technical: Mapping[str, str], security: Mapping[str, str]) -> tuple[Receiver, ...]:
    teams: dict[str, tuple[str, ...]] = {}
    for audience, team in settings.teams:
        teams[audience] = team.addresses
        teams[_called(audience=audience, team=team, severity="critical")] = tuple(dict.fromkeys(team.addresses + team.on_call))
    heartbeat = [Receiver(name=HEARTBEAT, addresses=(settings.heartbeat,), hears_the_end=False)] if settings.heartbeat else []
    return (
        *(Receiver(name=name, addresses=addresses) for name, addresses in teams.items()),
        *heartbeat,
        Receiver(name=NOBODY),
        *(Receiver(name=_of_organisation(name), addresses=(address,)) for name, address in technical.items()),
        *(Receiver(name=_of_security(name), addresses=(address,)) for name, address in security.items()),
    )


def _called(*, audience: str, team: Team, severity: str) -> str:
    return f"{audience}-on-call" if severity == "critical" and team.on_call else audience


def _of_organisation(name: str) -> str:
    return f"organisation:{name}"


def _of_security(name: str) -> str:
    return f"security-contact:{name}"


def _about(organisation: str) -> Matcher:
    return Matcher("organisation", "=", organisation)


def _calls(audience: Audience) -> Matcher:
    return Matcher("audience", "=~", _among(audience))


def _calls_not(audience: Audience) -> Matcher:
    return Matcher("audience", "!~", _among(audience))


def _among(audience: Audience) -> str:
    """Match one of several, comma-separated; Alertmanager anchors both ends."""
    return f"(.*,)?{audience}(,.*)?"
