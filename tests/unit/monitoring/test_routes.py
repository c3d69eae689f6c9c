"""The command that writes routes: from what kubectl lists, for Alertmanager and for the Prometheus operator, and never a broken half."""

import io
import json
import pathlib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from tests.support.routing import ORGANISATIONS, settings

from citycloud.api.organisation import Contacts
from citycloud_monitoring.alertmanager import custom_resource, native
from citycloud_monitoring.catalogue import ROOT, load
from citycloud_monitoring.routes import main, read_organisations
from citycloud_monitoring.routing import routing
from citycloud_monitoring.routing_settings import Settings, is_mail

CITY = routing(settings=settings(), organisations=ORGANISATIONS, inhibitions=load().inhibitions)
EXAMPLE = ROOT / "routing.yaml"
HANOI = ROOT.parent / "examples" / "hanoi-2026" / "organisations.yaml"
SNAKE = {
    "groupBy": "group_by",
    "groupWait": "group_wait",
    "groupInterval": "group_interval",
    "repeatInterval": "repeat_interval",
    "sourceMatch": "source_matchers",
    "targetMatch": "target_matchers",
    "emailConfigs": "email_configs",
    "webhookConfigs": "webhook_configs",
    "sendResolved": "send_resolved",
}
SERVER = {"smarthost", "from", "requireTLS", "authUsername", "authPassword"}
BOUND = 1_000_000
"""Bytes: an object of Kubernetes may have about 1.5 million."""


def office(name: str, **contacts: str) -> dict[str, Any]:
    return {"kind": "Organisation", "metadata": {"name": name}, "spec": {"contacts": contacts}}


def run(text: str, *, output: str = "native", config: pathlib.Path = EXAMPLE) -> tuple[int, str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    asked = ["--from", "-", "--settings", str(config), "--output", output]
    return main(asked, stdin=io.StringIO(text), stdout=stdout, stderr=stderr), stdout.getvalue(), stderr.getvalue()


def as_native(value: Any) -> Any:
    """Write what the Prometheus operator reads as Alertmanager reads it."""
    if isinstance(value, list):
        return [as_native(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"name", "matchType", "value"}:
        return f"{value['name']}{value['matchType']}{json.dumps(value['value'])}"
    if "headers" in value:
        value = {**value, "headers": {each["key"]: each["value"] for each in value["headers"]}}
    return {SNAKE.get(key, key): as_native(each) for key, each in value.items() if key not in SERVER}


def test_both_outputs_say_the_same() -> None:
    """Apart from the alerts of others, which the operator's object leaves to others."""
    ours, theirs = native(routing=CITY, settings=settings()), custom_resource(routing=CITY, settings=settings())["spec"]
    route = as_native(theirs["route"])

    assert route.pop("matchers") == ['audience=~".+"']
    assert route == ours["route"]
    assert as_native(theirs["inhibitRules"]) == ours["inhibit_rules"]
    assert as_native(theirs["receivers"]) == ours["receivers"]


@pytest.mark.parametrize("output", ["native", "alertmanagerconfig"])
def test_the_whole_city_is_written(output: str) -> None:
    code, stdout, stderr = run(HANOI.read_text(encoding="utf-8"), output=output)
    organisations = read_organisations(HANOI.read_text(encoding="utf-8"))

    assert (code, stderr) == (0, "")
    assert len(organisations) > 100
    assert all(f"organisation:{name}\n" in stdout for name in organisations)
    assert len(stdout.encode()) < BOUND


def test_what_kubectl_lists_is_read_as_json_and_as_yaml() -> None:
    items = [office("so-y-te", owner="a@y-te.example"), office("so-noi-vu", owner="b@noi-vu.example", technical="c@noi-vu.example")]
    whole = {"apiVersion": "v1", "kind": "List", "items": items}
    read = read_organisations(json.dumps(whole))

    assert read == {
        "so-y-te": Contacts(owner="a@y-te.example"),
        "so-noi-vu": Contacts(owner="b@noi-vu.example", technical="c@noi-vu.example"),
    }
    assert read == read_organisations(yaml.safe_dump(whole)) == read_organisations(yaml.safe_dump_all([*items, None, {"kind": "City"}]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no Organisation was given"),
        ('{"kind": "List", "items": []}', "no Organisation was given"),
        ("Error from server (Forbidden)", "no Organisation was given"),
        ("{", "nothing is written"),
        ("a: [", "nothing is written"),
        (json.dumps(office("")), "'' is no name"),
        (json.dumps(office("A\nB")), "is no name"),
        (json.dumps({"items": [office("so-y-te"), office("so-y-te")]}), "two Organisations are called so-y-te"),
    ],
)
def test_nothing_is_written_where_it_would_not_be_whole(text: str, said: str) -> None:
    code, stdout, stderr = run(text)

    assert (code, stdout) == (1, "")
    assert said in stderr


def test_wrong_settings_write_nothing(tmp_path: pathlib.Path) -> None:
    text = json.dumps(office("so-y-te", owner="a@y-te.example"))
    (tmp_path / "wrong.yaml").write_text("teams: {}")

    assert run(text, config=tmp_path / "wrong.yaml")[:2] == (1, "")
    assert run(text, config=tmp_path / "missing.yaml")[:2] == (1, "")


def test_who_cannot_be_called_is_named() -> None:
    offices = [office("so-y-te", owner="a@y-te.example"), office("xa-mot", owner="không có"), {**office("xa-hai"), "spec": None}]
    code, stdout, stderr = run(json.dumps({"items": offices}))

    assert code == 0
    assert [line.split(":")[0] for line in stderr.splitlines()] == ["xa-hai", "xa-mot"]
    assert "organisation:so-y-te" in stdout
    assert "organisation:xa" not in stdout


def test_the_password_is_read_elsewhere() -> None:
    text = json.dumps(office("so-y-te", owner="a@y-te.example"))
    ours, theirs = yaml.safe_load(run(text)[1]), yaml.safe_load(run(text, output="alertmanagerconfig")[1])
    mails = [each for receiver in theirs["spec"]["receivers"] for each in receiver.get("emailConfigs", ())]

    assert "smtp_auth_password" not in ours["global"]
    assert ours["global"]["smtp_auth_password_file"] == "/etc/alertmanager/secrets/citycloud-mail/password"
    assert mails
    assert all(each["authPassword"] == {"name": "citycloud-mail", "key": "password"} for each in mails)


@limits(max_examples=25, deadline=None)
@given(owner=st.text(max_size=40) | st.sampled_from(["a@b", "a@b\n- to: c@d", "no", "!!python/object:x", "*a", "&a", "'", "a@b #"]))
def test_no_contact_breaks_what_is_written(owner: str) -> None:
    example = Settings.model_validate(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))
    organisations = read_organisations(json.dumps({"items": [office("so-y-te", owner="a@y-te.example"), office("xa-mot", owner=owner)]}))
    tree = routing(settings=example, organisations=organisations, inhibitions=())

    for content in (native(routing=tree, settings=example), custom_resource(routing=tree, settings=example)):
        assert yaml.safe_load(yaml.safe_dump(content, allow_unicode=True)) == content
    called = {each.name: each.addresses for each in tree.receivers}
    assert called["organisation:so-y-te"] == ("a@y-te.example",)
    assert called.get("organisation:xa-mot") == ((owner,) if is_mail(owner) else None)


def test_matchers_are_quoted() -> None:
    tree = routing(settings=settings(), organisations={'a"b\\c\nd': ORGANISATIONS["so-y-te"]}, inhibitions=())

    assert r"organisation=\"a\\\"b\\\\c\\nd\"" in json.dumps(native(routing=tree, settings=settings()))
