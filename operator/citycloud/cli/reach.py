"""`citycloud reach`: may this pod talk to that one, and which rule says so, from the NetworkPolicies as they are now."""

import dataclasses
import enum
import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

import rich.table
import typer
from rich.markup import escape

from citycloud.cli.connection import Connection, connect
from citycloud.cli.failure import Failure, Forbidden
from citycloud.cli.options import TEXTS, ContextOption, FormatOption, KubeconfigOption, LanguageOption
from citycloud.cli.output import NO, YES, Screen
from citycloud.plan.names import NAMESPACE_NAME
from citycloud.reach.evaluate import Kind, Reason, Verdict, may_connect, might_connect
from citycloud.reach.manifests import UnreadablePolicy, read_pod, read_policy
from citycloud.reach.model import LARGEST_PORT, SMALLEST_PORT, NetworkPolicy, Outside, Pod

DEFAULT_PORT: Final = 8443
"""What the shipped profiles open between zones."""
POD: Final = re.compile(r"([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)/([a-z0-9](?:[-.a-z0-9]*[a-z0-9])?)")
"""Namespace and name; a range of addresses is none, for a namespace has no dots and colons."""
REASONS: Final = {
    Kind.RULE: "ReachRule",
    Kind.NOT_ISOLATED: "ReachNotIsolated",
    Kind.ISOLATED: "ReachIsolated",
    Kind.OUTSIDE: "ReachOutside",
    Kind.ITSELF: "ReachItself",
}


class Protocol(enum.StrEnum):
    """A protocol that NetworkPolicies speak of."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, with everything read that the answer needs."""

    source: Pod | Outside
    target: Pod | Outside
    protocol: str
    port: int
    policies: tuple[NetworkPolicy, ...]


def reach(
    source: Annotated[str, typer.Argument(metavar="FROM", help=TEXTS.say("HelpEnd"))],
    target: Annotated[str, typer.Argument(metavar="TO", help=TEXTS.say("HelpEnd"))],
    port: Annotated[int, typer.Option(min=SMALLEST_PORT, max=LARGEST_PORT, help=TEXTS.say("HelpPort"))] = DEFAULT_PORT,
    protocol: Annotated[Protocol, typer.Option(case_sensitive=False, help=TEXTS.say("HelpProtocol"))] = Protocol.TCP,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Answer one question; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        ends = (_end(source), _end(target))
        if all(isinstance(end, Outside) for end in ends):
            raise Failure("NoPod", source=source, target=target)
        connection = connect(kubeconfig=kubeconfig, context=context)
        first, second = (end if isinstance(end, Outside) else _read_pod(connection, *end) for end in ends)
        question = Question(
            source=first, target=second, protocol=protocol.value, port=port, policies=_read_policies(connection, first, second)
        )
        verdict = judge(question)
        screen.show(data=as_data(screen=screen, question=question, verdict=verdict), people=as_table(screen, question, verdict))
    raise typer.Exit(YES if verdict.allowed else NO)


def judge(question: Question) -> Verdict:
    """Judge what is known; raise Failure where labels that may not be read would decide."""
    asked = {field.name: getattr(question, field.name) for field in dataclasses.fields(question)}
    verdict = may_connect(**asked)
    if verdict.allowed:
        return verdict
    doubt = might_connect(**asked)
    if not doubt.allowed:
        return verdict
    changed = [after for before, after in ((verdict.egress, doubt.egress), (verdict.ingress, doubt.ingress)) if before != after]
    pods = [end for end in (question.source, question.target) if isinstance(end, Pod) and not end.namespace_labels_complete]
    raise Failure(
        "Undecided",
        policies=", ".join(sorted({name for reason in changed for name in reason.policies})),
        namespaces=", ".join(sorted({pod.namespace for pod in pods})),
    )


def as_data(*, screen: Screen, question: Question, verdict: Verdict) -> dict[str, Any]:
    """Write an answer for programs."""
    ends = {"from": question.source.full_name, "to": question.target.full_name}
    sides = {
        name: {
            "allowed": reason.allowed,
            "reason": reason.kind.value,
            "policies": list(reason.policies),
            "rule": reason.rule,
            "text": _text(screen, reason),
        }
        for name, reason in (("egress", verdict.egress), ("ingress", verdict.ingress))
    }
    return {**ends, "protocol": question.protocol, "port": question.port, "allowed": verdict.allowed, **sides}


def as_table(screen: Screen, question: Question, verdict: Verdict) -> rich.table.Table:
    """Write an answer for people."""
    word, style = ("Allowed", "green") if verdict.allowed else ("Refused", "red")
    asked = f"{question.source.full_name} → {question.target.full_name} {question.protocol} {question.port}"
    table = rich.table.Table(title=f"{escape(asked)}: [bold {style}]{screen.say(word)}[/]", title_justify="left", show_header=False)
    for _ in range(4):
        table.add_column(overflow="fold")  # a name that is cut short cannot be copied
    for side, end, reason in (("Egress", question.source, verdict.egress), ("Ingress", question.target, verdict.ingress)):
        says = screen.say("Passes" if reason.allowed else "Stops")
        table.add_row(screen.say(side), escape(end.full_name), says, escape(_text(screen, reason)))
    return table


def _text(screen: Screen, reason: Reason) -> str:
    return screen.say(REASONS[reason.kind], policies=", ".join(reason.policies), rule=reason.rule)


def _end(text: str) -> Outside | tuple[str, str]:
    try:
        return Outside(ipaddress.ip_address(text))
    except ValueError:
        match = POD.fullmatch(text)
        if match is None:
            raise Failure("NoEnd", end=text) from None
        return match[1], match[2]


def _read_pod(connection: Connection, namespace: str, name: str) -> Pod:
    pod = connection.read(f"/api/v1/namespaces/{namespace}/pods/{name}", what=f"pods/{name} -n {namespace}")
    if pod["spec"].get("hostNetwork"):
        raise Failure("HostNetwork", pod=f"{namespace}/{name}")
    labels, complete = _namespace_labels(connection, namespace)
    return read_pod(pod, namespace_labels=labels, namespace_labels_complete=complete)


def _namespace_labels(connection: Connection, namespace: str) -> tuple[Mapping[str, str], bool]:
    """Read the labels of a namespace; where that is forbidden, only the one that the API server itself sets is known."""
    try:
        found = connection.read(f"/api/v1/namespaces/{namespace}", what=f"namespaces/{namespace}")
    except Forbidden:
        return {NAMESPACE_NAME: namespace}, False
    return found["metadata"].get("labels") or {}, True


def _read_policies(connection: Connection, *ends: Pod | Outside) -> tuple[NetworkPolicy, ...]:
    namespaces = sorted({end.namespace for end in ends if isinstance(end, Pod)})
    try:
        return tuple(
            read_policy(each)
            for namespace in namespaces
            for each in connection.read(
                f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies", what=f"networkpolicies -n {namespace}"
            )["items"]
        )
    except UnreadablePolicy as error:
        raise Failure("PolicyUnreadable", error=error) from error
