"""Every alert is whole: it speaks of what exists, says what to do in both languages, and is proven to fire, to be silent and to end."""

import datetime
import itertools
import re
from pathlib import Path
from typing import get_args

import pytest

from citycloud.api.environment import Phase
from citycloud.controllers.environment_status import STEPS_OF_CONDITION
from citycloud.telemetry.city import STATES
from citycloud_monitoring.catalogue import ROOT, Alert, Recording, load, span
from citycloud_monitoring.expressions import selections, unknown
from citycloud_monitoring.outputs import rule_groups, runbook

CATALOGUE = load()
ALERTS = [pytest.param(alert, id=alert.name) for alert in CATALOGUE.alerts]
RECORDINGS = [pytest.param(each, id=each.record) for each in CATALOGUE.recordings]
LABEL = re.compile(r"\$labels\.(\w+)")
LANGUAGES = ("vi", "en")
STALE = datetime.timedelta(minutes=5)
"""How long a sample counts."""
NAMED_BY_US = {
    "phase": set(get_args(Phase)),
    "condition": {"Accepted", "Approved", "Ready"} | {name for name, _ in STEPS_OF_CONDITION},
    "state": {state for states in STATES.values() for state in states.values()} | {"new"},
}
"""Values of labels that stand in the operator's code."""


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_speaks_of_what_is_exported(alert: Alert) -> None:
    assert unknown(alert.expression, known=CATALOGUE.known) == []


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_recording_speaks_of_what_is_exported(recording: Recording) -> None:
    assert unknown(recording.expression, known=CATALOGUE.known) == []


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_recording_is_proven_to_have_a_value_and_the_labels_that_it_declares(recording: Recording) -> None:
    read = [reading for proof in CATALOGUE.proofs for reading in proof.expect if reading.record == recording.record]
    samples = [sample for reading in read for sample in reading.samples]

    assert samples
    assert {frozenset(sample.labels) for sample in samples} == {frozenset(recording.labels)}


def test_each_proof_is_about_a_recording_that_exists_and_is_asked_when_it_is_evaluated() -> None:
    for proof in CATALOGUE.proofs:
        assert {reading.record for reading in proof.expect} <= {each.record for each in CATALOGUE.recordings}
        for reading in proof.expect:
            assert span(reading.at) % span(proof.evaluate) < STALE, "nothing is there between two evaluations"


@pytest.mark.parametrize("label", NAMED_BY_US)
def test_what_a_rule_selects_by_name_is_what_the_operator_says(label: str) -> None:
    """A phase that was renamed would never fire and never complain."""
    rules = [alert.expression for alert in CATALOGUE.alerts] + [recording.expression for recording in CATALOGUE.recordings]
    named = {value for rule in rules for found in re.findall(rf'\b{label}=~?"([^"]*)"', rule) for value in found.split("|")}

    assert named
    assert named <= NAMED_BY_US[label]


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_to_do_in_both_languages(alert: Alert) -> None:
    for words in (alert.summary, alert.description, *alert.steps):
        assert words.vi != words.en
        assert {len(LABEL.findall(getattr(words, language))) for language in LANGUAGES} == {len(LABEL.findall(words.vi))}
    assert not alert.summary.en.endswith("."), "a summary is a headline"
    for step in alert.steps:
        assert step.vi.endswith((".", ":", ")"))
        assert step.en.endswith((".", ":", ")"))
        assert step.run or len(alert.steps) > 1 or alert.severity == "none", "at least one thing to type"


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_names_labels_that_its_series_have(alert: Alert) -> None:
    """What a text names is there when it fires, or it would read `of organisation <nothing>`."""
    texts = [words.vi + words.en for words in (alert.summary, alert.description, *alert.steps)] + [step.run for step in alert.steps]
    named = {label for text in texts for label in LABEL.findall(text)}
    fired = [labels for trial in CATALOGUE.trials[alert.name] for moment in trial.expect for labels in moment.firing]

    assert fired
    assert all(named <= set(labels) for labels in fired)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_proven_to_fire_to_be_silent_and_to_end(alert: Alert) -> None:
    """One trial goes through all three, and one more stays silent all along; an alert that always fires has no end to prove."""
    if alert.severity == "none":
        return
    trials = CATALOGUE.trials[alert.name]
    courses = [[bool(moment.firing) for moment in trial.expect] for trial in trials]

    assert any([state for state, _ in itertools.groupby(course)] == [False, True, False] for course in courses)
    assert any(not any(course) for course in courses)
    for trial in trials:
        times = [span(moment.at) for moment in trial.expect]
        assert times == sorted(times)


def test_each_alert_that_watches_a_replica_watches_all_of_them() -> None:
    """Two replicas are scraped: what each of them counts is added up or compared, never told twice."""
    own = {name for name, each in CATALOGUE.known.items() if name.startswith("citycloud_") and not each & {"organisation", "environment"}}
    for alert in CATALOGUE.alerts:
        bare = {each.metric for each in selections(alert.expression)} & own
        assert not bare or re.search(r"\b(sum|max|min|count|absent|histogram_quantile)\b", alert.expression), alert.name


def test_a_message_holds_the_commands_of_its_steps() -> None:
    """Who reads it in a mail has no page beside it."""
    rules = {rule["alert"]: rule for rule in rule_groups(CATALOGUE)["groups"][1]["rules"]}
    for alert in CATALOGUE.alerts:
        assert all(step.run in rules[alert.name]["annotations"]["remedy"] for step in alert.steps)


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_its_page(alert: Alert) -> None:
    page = ROOT.parent / "docs" / "runbooks" / f"{alert.name}.md"

    assert page.read_text(encoding="utf-8") == runbook(alert)
    assert "{{" not in runbook(alert)


def test_each_page_has_its_alert() -> None:
    pages = {path.stem for path in Path(ROOT.parent / "docs" / "runbooks").glob("*.md")}

    assert pages == {alert.name for alert in CATALOGUE.alerts}
