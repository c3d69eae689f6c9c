"""The tree of routes as Alertmanager reads it, and as the Prometheus operator does.

One of the two is enough for a city. Both say the same; but the operator's object only takes alerts that name an audience, because others
have routes of their own there, and it says the mail server at each receiver, because it has no global part.
"""

from typing import Any, Final

from citycloud_monitoring.catalogue import Inhibition
from citycloud_monitoring.routing import Matcher, Receiver, Route, Routing
from citycloud_monitoring.routing_settings import MailServer, Settings, is_mail

ONLY_OURS: Final = Matcher("audience", "=~", ".+")
SUBJECT: Final = (
    '{{ if eq .Status "firing" }}Cảnh báo / Alert{{ else }}Đã hết / Over{{ end }} ({{ len .Alerts }}): '
    "{{ with (index .Alerts 0).Annotations.summary }}{{ . }}{{ else }}{{ (index $.Alerts 0).Labels.alertname }}{{ end }}"
)
"""Of each mail: the headline in both languages instead of label values."""


def native(*, routing: Routing, settings: Settings) -> dict[str, Any]:
    """Write Alertmanager's own configuration."""
    return {
        "global": _global(settings.mail),
        "route": _native_route(routing.root),
        "inhibit_rules": [_native_inhibition(each) for each in routing.inhibitions],
        "receivers": [_native_receiver(each) for each in routing.receivers],
    }


def custom_resource(*, routing: Routing, settings: Settings) -> dict[str, Any]:
    """Write the one AlertmanagerConfig, for an Alertmanager with the strategy OnNamespaceExceptForAlertmanagerNamespace."""
    resource = settings.resource
    metadata: dict[str, Any] = {"name": resource.name, "namespace": resource.namespace}
    if resource.labels:
        metadata["labels"] = resource.labels
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": metadata,
        "spec": {
            "route": {**_custom_route(routing.root), "matchers": [_custom_matcher(ONLY_OURS)]},
            "inhibitRules": [_custom_inhibition(each) for each in routing.inhibitions],
            "receivers": [_custom_receiver(each, mail=settings.mail) for each in routing.receivers],
        },
    }


def _global(mail: MailServer) -> dict[str, Any]:
    return {
        "smtp_smarthost": mail.smarthost,
        "smtp_from": mail.sender,
        "smtp_require_tls": mail.tls,
        **({"smtp_auth_username": mail.user, "smtp_auth_password_file": mail.password_file} if mail.user else {}),
    }


def _native_route(route: Route) -> dict[str, Any]:
    pace = route.pace
    timing = {"group_wait": pace.wait, "group_interval": pace.interval, "repeat_interval": pace.repeat} if pace else {}
    return {
        "receiver": route.receiver,
        **({"matchers": [_native_matcher(each) for each in route.matchers]} if route.matchers else {}),
        **({"group_by": list(route.group_by)} if route.group_by else {}),
        **timing,
        **({"continue": True} if route.goes_on else {}),
        **({"routes": [_native_route(each) for each in route.routes]} if route.routes else {}),
    }


def _custom_route(route: Route) -> dict[str, Any]:
    pace = route.pace
    timing = {"groupWait": pace.wait, "groupInterval": pace.interval, "repeatInterval": pace.repeat} if pace else {}
    return {
        "receiver": route.receiver,
        **({"matchers": [_custom_matcher(each) for each in route.matchers]} if route.matchers else {}),
        **({"groupBy": list(route.group_by)} if route.group_by else {}),
        **timing,
        **({"continue": True} if route.goes_on else {}),
        **({"routes": [_custom_route(each) for each in route.routes]} if route.routes else {}),
    }


def _native_matcher(matcher: Matcher) -> str:
    value = matcher.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{matcher.label}{matcher.operator}"{value}"'


def _custom_matcher(matcher: Matcher) -> dict[str, str]:
    return {"name": matcher.label, "matchType": matcher.operator, "value": matcher.value}


def _matchers(inhibition: Inhibition) -> tuple[Matcher, Matcher]:
    return Matcher("alertname", "=", inhibition.alert), Matcher("alertname", "=~", "|".join(inhibition.silences))


def _native_inhibition(inhibition: Inhibition) -> dict[str, Any]:
    source, target = (_native_matcher(each) for each in _matchers(inhibition))
    return {"source_matchers": [source], "target_matchers": [target], **({"equal": list(inhibition.same)} if inhibition.same else {})}


def _custom_inhibition(inhibition: Inhibition) -> dict[str, Any]:
    source, target = (_custom_matcher(each) for each in _matchers(inhibition))
    return {"sourceMatch": [source], "targetMatch": [target], **({"equal": list(inhibition.same)} if inhibition.same else {})}


def _native_receiver(receiver: Receiver) -> dict[str, Any]:
    mails, hooks = _split(receiver)
    end = {"send_resolved": receiver.hears_the_end}
    return {
        "name": receiver.name,
        **({"email_configs": [{"to": each, "headers": {"Subject": SUBJECT}, **end} for each in mails]} if mails else {}),
        **({"webhook_configs": [{"url": each, **end} for each in hooks]} if hooks else {}),
    }


def _custom_receiver(receiver: Receiver, *, mail: MailServer) -> dict[str, Any]:
    mails, hooks = _split(receiver)
    end = {"sendResolved": receiver.hears_the_end}
    secret = mail.password_secret
    server = {
        "smarthost": mail.smarthost,
        "from": mail.sender,
        "requireTLS": mail.tls,
        **({"authUsername": mail.user, "authPassword": {"name": secret.name, "key": secret.key}} if mail.user and secret else {}),
        "headers": [{"key": "Subject", "value": SUBJECT}],
    }
    return {
        "name": receiver.name,
        **({"emailConfigs": [{"to": each, **server, **end} for each in mails]} if mails else {}),
        **({"webhookConfigs": [{"url": each, **end} for each in hooks]} if hooks else {}),
    }


def _split(receiver: Receiver) -> tuple[list[str], list[str]]:
    """Part the addresses into mail and webhooks."""
    return [each for each in receiver.addresses if is_mail(each)], [each for each in receiver.addresses if not is_mail(each)]
