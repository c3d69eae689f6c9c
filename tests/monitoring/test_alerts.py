"""Prometheus' own tool runs every rule over made series: each alert fires when it should, is silent when it should, and ends."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from citycloud_monitoring.catalogue import Alert, Trial, load
from citycloud_monitoring.outputs import constant_labels, rule_groups

CATALOGUE = load()
CASES = [
    pytest.param(alert, trial, id=f"{alert.name}: {trial.says}") for alert in CATALOGUE.alerts for trial in CATALOGUE.trials[alert.name]
]
SECONDS = 60


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(yaml.safe_dump(rule_groups(CATALOGUE), allow_unicode=True))
    return path


def run(*command: str | Path) -> str:
    result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    return said


def test_prometheus_takes_every_rule(promtool: Path, rules: Path) -> None:
    said = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", rules)

    assert f"SUCCESS: {len(CATALOGUE.alerts) + len(CATALOGUE.recordings)} rules found" in said


@pytest.mark.parametrize(("alert", "trial"), CASES)
def test_it_fires_is_silent_and_ends(promtool: Path, rules: Path, tmp_path: Path, alert: Alert, trial: Trial) -> None:
    path = tmp_path / "trial.yaml"
    path.write_text(yaml.safe_dump(as_promtool_wants(rules=rules, alert=alert, trial=trial), allow_unicode=True))
    run(promtool, "test", "rules", path)


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
        "evaluation_interval": "1m",
        "tests": [{"interval": trial.interval, "input_series": series, "promql_expr_test": asked}],
    }


def _always(alert: Alert) -> dict[str, str]:
    return {"alertname": alert.name, "alertstate": "firing", **constant_labels(alert)}


def _series(labels: dict[str, str]) -> str:
    listed = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"ALERTS{{{listed}}}"
