"""`citycloud evidence`: for each control of an environment's profile, who enforces it and the live proof, or what is missing."""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Final

import rich.table
import typer
from rich.markup import escape

from citycloud.api import Environment, InformationSystem, PolicyException, SecurityProfile
from citycloud.cli.connection import Connection, connect
from citycloud.cli.failure import Failure, Forbidden
from citycloud.cli.options import TEXTS, ContextOption, FormatOption, KubeconfigOption, LanguageOption
from citycloud.cli.output import NO, YES, Screen
from citycloud.evidence.facts import AcceptedRisk, Canary, Facts, Record, ZoneFacts
from citycloud.evidence.force import in_force
from citycloud.evidence.judge import Line, Proof, judge
from citycloud.evidence.shipped import ShippedPolicy, shipped
from citycloud.plan.names import home_namespace

CITYCLOUD: Final = "/apis/citycloud.dev/v1alpha1"
ADMISSION: Final = "/apis/admissionregistration.k8s.io/v1"
OBJECTS: Final = {
    "ResourceQuota": "/api/v1/namespaces/{}/resourcequotas",
    "LimitRange": "/api/v1/namespaces/{}/limitranges",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
}
STYLES: Final = {"proven": "green", "missing": "red", "excepted": "magenta", "unseen": "yellow", "manual": "cyan", "untried": "dim"}


def evidence(
    environment: Annotated[str, typer.Argument(metavar="ORGANISATION/ENVIRONMENT", help=TEXTS.say("HelpEnvironment"))],
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Prove each control, or say what is missing; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        organisation, _, name = environment.partition("/")
        if not organisation or not name:
            raise Failure("NoEnvironment", environment=environment)
        connection = connect(kubeconfig=kubeconfig, context=context)
        lines = prove(
            connection=connection, home=home_namespace(organisation), name=name, today=datetime.datetime.now(tz=datetime.UTC).date()
        )
        screen.show(data=as_data(screen=screen, environment=environment, lines=lines), people=as_table(screen, environment, lines))
    raise typer.Exit(NO if any(line.state == "missing" for line in lines) else YES)


def prove(*, connection: Connection, home: str, name: str, today: datetime.date) -> tuple[Line, ...]:
    """Gather what the user may see of one environment, and judge it; raise Failure where it has no profile yet."""
    found = Environment.model_validate(
        connection.read(f"{CITYCLOUD}/namespaces/{home}/environments/{name}", what=f"environments/{name} -n {home}")
    )
    if found.status.profile is None:
        raise Failure("NoProfile", environment=name)
    profile = SecurityProfile.model_validate(
        connection.read(f"{CITYCLOUD}/securityprofiles/{found.status.profile}", what=f"securityprofiles/{found.status.profile}")
    )
    system = InformationSystem.model_validate(
        connection.read(
            f"{CITYCLOUD}/namespaces/{home}/informationsystems/{found.spec.system}", what=f"informationsystems/{found.spec.system}"
        )
    )
    policies = shipped()
    zones = [each.name for each in found.status.namespaces]
    facts = Facts(
        zones=tuple(_zone(connection, zone) for zone in zones),
        bound=_bound(connection),
        roles=_names(connection, "/apis/rbac.authorization.k8s.io/v1/clusterroles"),
        definitions=_definitions(connection),
        canaries={id_: _canary(connection=connection, policy=policy, namespace=zones[0]) for id_, policy in policies.items() if zones},
        records={each.control: Record(date=each.date, reference=each.reference) for each in system.spec.evidence},
        excepted=_excepted(connection=connection, home=home, environment=name),
    )
    return judge(profile=profile.spec, policies=policies, facts=facts, today=today)


def as_data(*, screen: Screen, environment: str, lines: tuple[Line, ...]) -> dict[str, Any]:
    """Write the answer for programs."""
    controls = [
        {
            "control": line.control.id,
            "title": line.control.title.model_dump(),
            "by": line.control.by,
            "state": line.state,
            "proofs": [{"state": proof.state, "key": proof.key, **proof.parameters, "text": _text(screen, proof)} for proof in line.proofs],
        }
        for line in lines
    ]
    return {"environment": environment, "controls": controls}


def as_table(screen: Screen, environment: str, lines: tuple[Line, ...]) -> rich.table.Table:
    """Write the answer for people."""
    proven = sum(line.state == "proven" for line in lines)
    table = rich.table.Table(title=f"{escape(environment)}: {screen.say('EvidenceSum', proven=proven, all=len(lines))}", show_lines=True)
    for key in ("ColumnControl", "ColumnBy", "ColumnState", "ColumnProof"):
        table.add_column(screen.say(key))
    for line in lines:
        title = getattr(line.control.title, screen.language.value)
        shown = [f"[{STYLES[proof.state]}]{escape(_text(screen, proof))}[/]" for proof in line.proofs]
        state = f"[{STYLES[line.state]}]{screen.say('State' + line.state.capitalize())}[/]"
        table.add_row(
            f"[bold]{escape(line.control.id)}[/]\n{escape(title)}", screen.say("By" + line.control.by.capitalize()), state, "\n".join(shown)
        )
    return table


def _text(screen: Screen, proof: Proof) -> str:
    return screen.say(f"Proof{proof.key}", **proof.parameters)


def _zone(connection: Connection, name: str) -> ZoneFacts:
    metadata = connection.read(f"/api/v1/namespaces/{name}", what=f"namespaces/{name}")["metadata"]
    found: set[tuple[str, str]] | None = set()
    for kind, path in OBJECTS.items():
        names = _names(connection, path.format(name))
        found = None if found is None or names is None else found | {(kind, each) for each in names}
    objects = None if found is None else frozenset(found)
    return ZoneFacts(name=name, labels=metadata.get("labels", {}), annotations=metadata.get("annotations", {}), objects=objects)


def _names(connection: Connection, path: str) -> frozenset[str] | None:
    try:
        return frozenset(each["metadata"]["name"] for each in connection.read(path, what=path)["items"])
    except Forbidden:
        return None


def _bound(connection: Connection) -> frozenset[tuple[str, str]] | None:
    found: frozenset[tuple[str, str]] = frozenset()
    for kind in ("validating", "mutating"):
        try:
            policies, bindings = (
                connection.read(f"{ADMISSION}/{kind}admissionpolic{end}", what=f"{kind}admissionpolic{end}")["items"]
                for end in ("ies", "ybindings")
            )
        except Forbidden:
            return None
        found |= in_force(policies=policies, bindings=bindings)
    return found


def _definitions(connection: Connection) -> frozenset[str] | None:
    try:
        return frozenset(each["kind"] for each in connection.read(CITYCLOUD, what=CITYCLOUD)["resources"] if "/" not in each["name"])
    except Forbidden:
        return None


def _excepted(*, connection: Connection, home: str, environment: str) -> dict[str, AcceptedRisk]:
    """Find by policy what is in force for an environment; whoever may not look sees the policy that is not demanded, and no reason."""
    path = f"{CITYCLOUD}/namespaces/{home}/policyexceptions"
    try:
        found = [PolicyException.model_validate(each) for each in connection.read(path, what=path)["items"]]
    except Forbidden:
        return {}
    return {
        each.spec.policy: AcceptedRisk(
            name=each.metadata.name,
            decision=each.status.approval or "–",
            ends=each.spec.expires_at,
            measure=each.spec.compensating_measure,
        )
        for each in found
        if each.spec.environment == environment and each.status.phase == "Active"
    }


def _canary(*, connection: Connection, policy: ShippedPolicy, namespace: str) -> Canary:
    """Send what the policy has to refuse, as a dry run; a refusal by anything else proves nothing about it."""
    if policy.canary is None:
        return "not tried"
    metadata: Mapping[str, Any] = {**policy.canary["metadata"], "namespace": namespace}
    code, message = connection.try_to_create({**policy.canary, "metadata": metadata})
    if code < 300:
        return "admitted"
    return "refused" if f"{policy.id} " in message else "not tried"
