"""Prometheus' own tool runs the recording rules over made series: each has the value that people would work out by hand."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.monitoring.promtool import doubled, run

from citycloud_monitoring.catalogue import Proof, load

CATALOGUE = load()
PROOFS = [pytest.param(proof, id=proof.says) for proof in CATALOGUE.proofs]
TOLD = [case for case, proof in zip(PROOFS, CATALOGUE.proofs, strict=True) if doubled(proof.series) != proof.series]
"""Those about the city, of which a leader tells."""
EXACT = "0.000001"


@pytest.mark.parametrize("proof", PROOFS)
def test_it_has_the_value_that_it_should(promtool: Path, rules: Path, tmp_path: Path, proof: Proof) -> None:
    path = tmp_path / "proof.yaml"
    path.write_text(yaml.safe_dump(as_promtool_wants(rules=rules, proof=proof), allow_unicode=True))
    run(promtool, "test", "rules", path)


@pytest.mark.parametrize("proof", TOLD)
def test_two_replicas_that_tell_the_same_change_no_value(promtool: Path, rules: Path, tmp_path: Path, proof: Proof) -> None:
    path = tmp_path / "proof.yaml"
    twice = proof.model_copy(update={"series": doubled(proof.series)})
    path.write_text(yaml.safe_dump(as_promtool_wants(rules=rules, proof=twice), allow_unicode=True))
    run(promtool, "test", "rules", path)


def as_promtool_wants(*, rules: Path, proof: Proof) -> dict[str, Any]:
    """Ask for each rule rounded, which takes its name away and no label."""
    asked = [
        {
            "expr": f"round({reading.record}, {EXACT})",
            "eval_time": reading.at,
            "exp_samples": [{"labels": _series(sample.labels), "value": sample.value} for sample in reading.samples],
        }
        for reading in proof.expect
    ]
    series = [{"series": name, "values": values} for name, values in proof.series.items()]
    return {
        "rule_files": [str(rules)],
        "evaluation_interval": proof.evaluate,
        "tests": [{"interval": proof.interval, "input_series": series, "promql_expr_test": asked}],
    }


def _series(labels: dict[str, str]) -> str:
    listed = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"{{{listed}}}"
