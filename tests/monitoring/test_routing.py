"""Alertmanager itself takes the routes, calls for each alert whom it should, keeps silent where it should, and is heard by those called."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.kube import eventually
from tests.support.routing import ORGANISATIONS, Hooks, Mailbox, hooks, mailbox, settings

from citycloud_dev.alertmanager import Alertmanager, start_alertmanager
from citycloud_monitoring.alertmanager import native
from citycloud_monitoring.catalogue import ROOT, Alert, Inhibition, load
from citycloud_monitoring.outputs import constant_labels
from citycloud_monitoring.routes import read_organisations
from citycloud_monitoring.routing import WATCHDOG, reached, routing
from citycloud_monitoring.routing_settings import Settings

CATALOGUE = load()
ALERTS = [pytest.param(alert, id=alert.name) for alert in CATALOGUE.alerts]
PAIRS = [
    pytest.param(each, silenced, id=f"{each.alert} silences {silenced}") for each in CATALOGUE.inhibitions for silenced in each.silences
]
CITY = routing(settings=settings(), organisations=ORGANISATIONS, inhibitions=CATALOGUE.inhibitions)
TEAMS = ("platform", "approvers", "network", "security")
ON_CALL = ("platform", "security")
CALLED = {
    "so-y-te": {"organisation": "organisation:so-y-te", "security": "security-contact:so-y-te"},
    "so-tu-phap": {"organisation": "organisation:so-tu-phap"},
    "xa-khong-thu": {},
    "khong-ai-biet": {},
    'a "b" \\ c': {},
    "so-y-te\nso-tu-phap": {},
    "x" * 10_000: {},
}
"""By organisation, who of its own people is called, for each audience that they belong to."""
SECONDS = 60
Start = Callable[[Settings], Alertmanager]


@pytest.fixture(scope="module")
def amtool(programs: Mapping[str, Path]) -> Path:
    return programs["amtool"]


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("routes") / "alertmanager.yaml"
    path.write_text(yaml.safe_dump(native(routing=CITY, settings=settings()), allow_unicode=True))
    return path


@pytest.fixture
def start(programs: Mapping[str, Path], tmp_path: Path) -> Iterator[Start]:
    running: list[Alertmanager] = []

    def begin(chosen: Settings) -> Alertmanager:
        tree = routing(settings=chosen, organisations=ORGANISATIONS, inhibitions=CATALOGUE.inhibitions)
        program = programs["prometheus-alertmanager"]
        running.append(start_alertmanager(program=program, folder=tmp_path, configuration=native(routing=tree, settings=chosen)))
        return running[-1]

    yield begin
    for each in running:
        each.process.stop()


@pytest.fixture
def mails() -> Iterator[Mailbox]:
    with mailbox() as box:
        yield box


@pytest.fixture
def calls() -> Iterator[Hooks]:
    with hooks() as heard:
        yield heard


def run(*command: str | Path) -> str:
    result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def as_argument(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{name}="{escaped}"'


def expected(alert: Alert, organisation: str) -> list[str]:
    """Whom this alert has to call, from what its folder says and not from the tree."""
    if alert.name == WATCHDOG:
        return ["heartbeat"]
    on_call = ON_CALL if alert.severity == "critical" else ()
    teams = {team: f"{team}-on-call" if team in on_call else team for team in TEAMS}
    own = CALLED[organisation]
    found = [teams[team] for team in TEAMS if team in alert.audience]
    if "security" in alert.audience and "security" in own:
        found.append(own["security"])
    if "organisation" in alert.audience:
        found.append(own.get("organisation") or ("nobody" if "platform" in alert.audience else teams["platform"]))
    return found


def test_alertmanager_takes_the_routes_of_the_whole_city(amtool: Path, tmp_path: Path) -> None:
    example = Settings.model_validate(yaml.safe_load((ROOT / "routing.yaml").read_text(encoding="utf-8")))
    organisations = read_organisations((ROOT.parent / "examples" / "hanoi-2026" / "organisations.yaml").read_text(encoding="utf-8"))
    tree = routing(settings=example, organisations=organisations, inhibitions=CATALOGUE.inhibitions)
    (tmp_path / "alertmanager.yaml").write_text(yaml.safe_dump(native(routing=tree, settings=example), allow_unicode=True))
    said = run(amtool, "check-config", tmp_path / "alertmanager.yaml")

    assert f"{len(tree.receivers)} receivers" in said
    assert f"{len(CATALOGUE.inhibitions)} inhibit rules" in said


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_calls_exactly_its_audience(amtool: Path, configuration: Path, alert: Alert) -> None:
    for organisation in CALLED:
        labels = {"alertname": alert.name, **constant_labels(alert), "organisation": organisation}
        called = expected(alert, organisation)
        arguments = [as_argument(name, value) for name, value in labels.items()]
        run(amtool, "config", "routes", "test", f"--config.file={configuration}", f"--verify.receivers={','.join(called)}", *arguments)

        assert reached(CITY, labels) == called, "the tests' own way through the tree is Alertmanager's"


def test_amtool_notices_a_wrong_receiver(amtool: Path, configuration: Path) -> None:
    """The proof above can fail."""
    command = [
        str(amtool),
        "config",
        "routes",
        "test",
        f"--config.file={configuration}",
        "--verify.receivers=network",
        'audience="platform"',
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)

    assert result.returncode != 0
    assert "did not match" in result.stdout + result.stderr


@pytest.mark.parametrize(("inhibition", "silenced"), PAIRS)
def test_while_one_fires_the_other_is_silent(start: Start, inhibition: Inhibition, silenced: str) -> None:
    """And only that: not where the labels that have to be equal differ, and nothing that it is not about."""
    running = start(settings())
    here, there = (dict.fromkeys(inhibition.same, place) for place in ("here", "there"))
    elsewhere = [{"alertname": silenced, **there}] if inhibition.same else []
    others = [*elsewhere, {"alertname": "Unrelated", **here}]
    running.fire([{"alertname": silenced, **here}, *others])
    assert silence(running) == {}

    running.fire([{"alertname": inhibition.alert, **here}])
    silences = eventually(lambda: silence(running), what="silence")

    assert silences == {frozenset({"alertname": silenced, **here}.items()): inhibition.alert}
    assert len(running.alerts()) == len(others) + 2


def silence(running: Alertmanager) -> dict[frozenset[tuple[str, str]], str]:
    """Return what is silenced, by its labels, and the name of what silences it."""
    known = running.alerts()
    names = {each["fingerprint"]: each["labels"]["alertname"] for each in known}
    silenced = [each for each in known if each["status"]["inhibitedBy"]]
    return {frozenset(each["labels"].items()): ",".join(names[by] for by in each["status"]["inhibitedBy"]) for each in silenced}


def by_hook(calls: Hooks, mails: Mailbox) -> Settings:
    """Call every team by webhook and every organisation by mail."""
    return settings(
        teams={team: {"addresses": [f"http://127.0.0.1:{calls.port}/{team}"]} for team in TEAMS},
        heartbeat=f"http://127.0.0.1:{calls.port}/heartbeat",
        mail={"smarthost": f"127.0.0.1:{mails.port}", "sender": "citycloud@city.example", "tls": False},
    )


def about(organisation: str, *, name: str, audience: str, severity: str = "warning") -> dict[str, str]:
    return {"alertname": name, "severity": severity, "audience": audience, "organisation": organisation}


def told(alerts: list[dict[str, Any]]) -> list[str]:
    return [each["labels"]["alertname"] for each in alerts]


def test_an_alert_about_an_organisation_arrives_there_and_nowhere_else(start: Start, calls: Hooks, mails: Mailbox) -> None:
    running = start(by_hook(calls, mails))
    summary = "Hạn mức đã hết / The quota is used up"
    running.fire(
        [
            about("so-y-te", name="QuotaFull", audience="organisation"),
            about("so-tu-phap", name="Expiring", audience="organisation,security", severity="info"),
            about("khong-ai-biet", name="Stuck", audience="platform,organisation"),
        ],
        annotations={"summary": summary},
    )
    eventually(lambda: set(mails.mails) == {"cntt@y-te.example", "lanh-dao@tu-phap.example"}, what="both mails")
    eventually(lambda: set(calls.alerts) == {"platform", "security"}, what="both webhooks")
    running.fire([about("", name="Last", audience="network")])
    eventually(lambda: calls.alerts["network"], what="what was sent last")

    assert {address: len(each) for address, each in mails.mails.items()} == {"cntt@y-te.example": 1, "lanh-dao@tu-phap.example": 1}
    assert {name: told(each) for name, each in calls.alerts.items()} == {
        "platform": ["Stuck"],
        "security": ["Expiring"],
        "network": ["Last"],
    }
    (mail,) = mails.mails["cntt@y-te.example"]
    body = mail.get_body(("html",))
    assert mail["Subject"] == f"Cảnh báo / Alert (1): {summary}"
    assert body is not None
    assert "so-y-te" in body.get_content()
    assert "so-tu-phap" not in mail.as_string()


def test_what_is_silenced_is_not_sent_and_what_always_fires_is_a_sign_of_life(start: Start, calls: Hooks, mails: Mailbox) -> None:
    running = start(by_hook(calls, mails))
    running.fire([{"alertname": "OperatorDown", "severity": "critical", "audience": "platform"}])
    running.fire([{"alertname": WATCHDOG, "severity": "none", "audience": "platform"}])
    eventually(lambda: told(calls.alerts["platform"]) == ["OperatorDown"], what="the alarm")
    running.fire([{"alertname": name, "severity": "warning", "audience": "platform"} for name in ("NoLeader", "Unrelated")])
    eventually(lambda: "Unrelated" in told(calls.alerts["platform"]), what="the alert that it is not about")
    eventually(lambda: told(calls.alerts["heartbeat"]) == [WATCHDOG], what="the sign of life")

    assert told(calls.alerts["platform"]) == ["OperatorDown", "Unrelated"]
    assert mails.mails == {}
