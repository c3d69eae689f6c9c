"""Every alert is whole: it speaks of what exists, says what to do in both languages, and is proven to fire, to be silent and to end."""

import itertools
import re
from pathlib import Path

import pytest

from citycloud_monitoring.catalogue import ROOT, Alert, Recording, load, span
from citycloud_monitoring.expressions import selections, unknown
from citycloud_monitoring.outputs import runbook

CATALOGUE = load()
ALERTS = [pytest.param(alert, id=alert.name) for alert in CATALOGUE.alerts]
RECORDINGS = [pytest.param(each, id=each.record) for each in CATALOGUE.recordings]
LABEL = re.compile(r"\$labels\.(\w+)")
LANGUAGES = ("vi", "en")


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_speaks_of_what_is_exported(alert: Alert) -> None:
    assert unknown(alert.expression, known=CATALOGUE.known) == []


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_recording_speaks_of_what_is_exported(recording: Recording) -> None:
    assert unknown(recording.expression, known=CATALOGUE.known) == []


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
    named = {label for words in (alert.summary, alert.description) for label in LABEL.findall(words.vi + words.en)}
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


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_its_page(alert: Alert) -> None:
    page = ROOT.parent / "docs" / "runbooks" / f"{alert.name}.md"

    assert page.read_text(encoding="utf-8") == runbook(alert)
    assert "{{" not in runbook(alert)


def test_each_page_has_its_alert() -> None:
    pages = {path.stem for path in Path(ROOT.parent / "docs" / "runbooks").glob("*.md")}

    assert pages == {alert.name for alert in CATALOGUE.alerts}
