"""The policy pack says what the command line says, in the environment that Pulumi's policy library asks for."""

import json
import pathlib
import subprocess
from typing import Any

import pytest
import yaml
from tests.infra.inventories import ROOT, SMALL, Content, small
from tests.support.environments import interpreter

pytestmark = pytest.mark.timeout(600)  # the first time on a machine its environment is made
ANSWERS = pathlib.Path(__file__).with_name("pack_answers.py")
SECONDS = 60


def asked(file: pathlib.Path) -> dict[str, Any]:
    command = [str(interpreter("policy-pack")), str(ANSWERS), str(ROOT / "infra" / "policy" / "__main__.py"), str(file)]
    answered = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert answered.returncode == 0, answered.stderr[-3000:]
    answer: dict[str, Any] = json.loads(answered.stdout)
    return answer


def written(folder: pathlib.Path, content: Content) -> pathlib.Path:
    path = folder / "inventory.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def test_a_good_inventory_is_let_through() -> None:
    assert asked(SMALL) == {"level": "mandatory", "reported": []}


def test_a_broken_rule_stops_the_run_with_its_name_and_line(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, small(lambda content: content["sites"][3].update(id=9)))
    line = next(number for number, text in enumerate(path.read_text().splitlines(), start=1) if text == "- id: 9")
    (reported,) = asked(path)["reported"]
    assert reported.startswith(f"{path}:{line}: WAN003: sites[3].id: số 9 từng là của phuong-cu")


def test_an_unreadable_inventory_stops_the_run(tmp_path: pathlib.Path) -> None:
    (reported,) = asked(written(tmp_path, small(lambda content: content["hubs"][0].pop("preference"))))["reported"]
    assert "hubs[0].preference" in reported
