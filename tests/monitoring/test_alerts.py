"""Prometheus' own tool runs every rule over made series: each alert fires when it should, is silent when it should, and ends."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.monitoring.promtool import doubled, only, run

from citycloud_monitoring.catalogue import Alert, Trial, load
from citycloud_monitoring.outputs import constant_labels, rule_groups

CATALOGUE = load()
TRIALS = [(alert, trial) for alert in CATALOGUE.alerts for trial in CATALOGUE.trials[alert.name]]
CASES = [pytest.param(alert, trial, id=f"{alert.name}: {trial.says}") for alert, trial in TRIALS]
TOLD = [case for case, (_, trial) in zip(CASES, TRIALS, strict=True) if doubled(trial.series) != trial.series]
"""Those about the city, of which a leader tells."""


def test_prometheus_takes_every_rule(promtool: Path, rules: Path) -> None:
    said = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", rules)

    assert f"SUCCESS: {len(CATALOGUE.alerts) + len(CATALOGUE.recordings)} rules found" in said


@pytest.mark.parametrize(("alert", "trial"), CASES)
def test_it_fires_is_silent_and_ends(promtool: Path, tmp_path: Path, alert: Alert, trial: Trial) -> None:
    run(promtool, "test", "rules", written(folder=tmp_path, alert=alert, trial=trial))


@pytest.mark.parametrize(("alert", "trial"), TOLD)
def test_two_replicas_that_tell_the_same_call_nobody_twice(promtool: Path, tmp_path: Path, alert: Alert, trial: Trial) -> None:
    twice = trial.model_copy(update={"series": doubled(trial.series)})
    run(promtool, "test", "rules", written(folder=tmp_path, alert=alert, trial=twice))


def written(*, folder: Path, alert: Alert, trial: Trial) -> Path:
    """Write a trial beside the rules that it needs, which are evaluated far more quickly than all."""
    rules, path = folder / "rules.yaml", folder / "trial.yaml"
    rules.write_text(yaml.safe_dump(rule_groups(only(CATALOGUE, alert=alert)), allow_unicode=True))
    path.write_text(yaml.safe_dump(as_promtool_wants(rules=rules, alert=alert, trial=trial), allow_unicode=True))
    return path


def as_promtool_wants(*, rules: Path, alert: Alert, trial: Trial) -> dict[str, Any]:
    """Ask for the series ALERTS: it is what an alert is to Prometheus, without the texts."""
    expression = f'ALERTS{{alertname="{alert.name}", alertstate="firing"}}'
    asked = [
        {
            "expr": expression,
            "eval_time": moment.at,
            "exp_samples": [{"labels": _series({**labels, **_always(alert)}), "value": 1} for labels in moment.firing],
        }
        for moment in trial.expect
    ]
    series = [{"series": name, "values": values} for name, values in trial.series.items()]
    return {
        "rule_files": [str(rules)],
        "evaluation_interval": trial.evaluate,
        "tests": [{"interval": trial.interval, "input_series": series, "promql_expr_test": asked}],
    }


def _always(alert: Alert) -> dict[str, str]:
    return {"alertname": alert.name, "alertstate": "firing", **constant_labels(alert)}


def _series(labels: dict[str, str]) -> str:
    listed = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"ALERTS{{{listed}}}"
