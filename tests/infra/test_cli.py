"""The command line as an engineer uses it: what is printed, what is written, and how it ends."""

import json
import pathlib
from typing import Any

import pytest
import yaml
from tests.infra.inventories import SMALL, Edit, site, small
from typer.testing import CliRunner, Result

from citycloud_infra.cli.app import build

GROWN: list[Edit] = [lambda content: content.update(serial=2), lambda content: content["sites"].append(site(40))]
ARCHIVE_RETIRED: list[Edit] = [
    lambda content: content.update(serial=2),
    lambda content: content["sites"].pop(3),
    lambda content: content["retired"].append({"id": 17, "name": "kho-luu-tru", "since": "2026-11-01"}),
]


def run(*arguments: str | pathlib.Path) -> Result:
    return CliRunner().invoke(build(), [*map(str, arguments), "--lang", "en"], env={"COLUMNS": "200"})


def changed(folder: pathlib.Path, *edits: Edit) -> pathlib.Path:
    """Write the sample after `edits` into a file."""
    path = folder / "inventory.yaml"
    path.write_text(yaml.safe_dump(small(*edits), allow_unicode=True, sort_keys=False), "utf-8")
    return path


def test_check_agrees_with_the_sample() -> None:
    result = run("check", SMALL)
    assert result.exit_code == 0, result.output
    assert "0 broken, 0 warnings" in result.stdout


def test_check_names_file_line_rule_and_field(tmp_path: pathlib.Path) -> None:
    path = changed(tmp_path, lambda content: content["sites"][3].update(id=9))
    result = run("check", path)
    line = next(number for number, text in enumerate(path.read_text().splitlines(), start=1) if text == "- id: 9")
    assert result.exit_code == 1
    assert f"{path}:{line}: WAN003 error: sites[3].id: number 9 was that of phuong-cu" in result.stdout


def test_check_against_the_one_in_force_refuses_what_is_in_use(tmp_path: pathlib.Path) -> None:
    usage = tmp_path / "usage.json"
    sites = [{"name": "kho-luu-tru", "environments": ["so-thu/luu-tru-prod"]}]
    usage.write_text(json.dumps({"schema": "citycloud.dev/facts-usage/v1", "sites": sites}))
    path = changed(tmp_path, *ARCHIVE_RETIRED)
    assert run("check", path, "--against", SMALL).exit_code == 0
    result = run("check", path, "--against", SMALL, "--usage", usage)
    assert result.exit_code == 1
    assert "CHG010 error: sites: kho-luu-tru is let in by so-thu/luu-tru-prod" in result.stdout


@pytest.mark.parametrize("content", ["{}", '{"schema": "citycloud.dev/facts-usage/v9", "sites": []}', "nothing"])
def test_an_unknown_usage_is_not_taken_for_no_usage(tmp_path: pathlib.Path, content: str) -> None:
    usage = tmp_path / "usage.json"
    usage.write_text(content)
    assert run("check", SMALL, "--against", SMALL, "--usage", usage).exit_code == 2


def test_an_unreadable_file_ends_without_an_answer(tmp_path: pathlib.Path) -> None:
    path = changed(tmp_path, lambda content: content["hubs"][0].pop("preference"))
    result = run("plan", path)
    assert result.exit_code == 2
    assert "hubs[0].preference: this field is missing; add it" in result.stderr
    assert run("plan", tmp_path / "nothing.yaml").exit_code == 2


def test_nothing_follows_from_an_inventory_that_breaks_a_rule(tmp_path: pathlib.Path) -> None:
    path = changed(tmp_path, lambda content: content["sites"][1]["uplinks"].pop())
    for command in (("plan",), ("facts",), ("render", "--into", tmp_path / "out")):
        result = run(command[0], path, *command[1:])
        assert result.exit_code == 1
        assert "WAN013" in result.stderr
    assert not (tmp_path / "out").exists()


def test_plan_shows_the_whole_city(tmp_path: pathlib.Path) -> None:
    drawing = tmp_path / "wan.svg"
    result = run("plan", SMALL, "--sites", "--drawing", drawing)
    assert result.exit_code == 0, result.output
    for part in ("10.17.16.0/20", "2001:db8:1011:1000::/52", "Single failures", "Resources of each stack", "wan-core"):
        assert part in result.stdout
    assert "phuong-mot" in drawing.read_text("utf-8")


def test_diff_says_that_a_new_site_touches_the_hubs_and_nobody_else(tmp_path: pathlib.Path) -> None:
    result = run("diff", SMALL, changed(tmp_path, *GROWN))
    assert result.exit_code == 0, result.output
    rows = {
        cells[0]: cells[1:] for line in result.stdout.splitlines() if len(cells := [cell.strip() for cell in line.split("│")[1:-1]]) == 3
    }
    assert rows["new sites"] == ["1", "noi-40"]
    assert rows["sites with another text"][0] == "0"
    assert rows["hubs with another text"] == ["2", "dc, dr"]
    assert rows["sites as they are"][0] == "4"


def test_diff_refuses_a_change_that_renumbers(tmp_path: pathlib.Path) -> None:
    path = changed(tmp_path, lambda content: content.update(serial=2), lambda content: content["sites"][3].update(id=18))
    result = run("diff", SMALL, path)
    assert result.exit_code == 1
    assert "CHG002 error: sites[3].id: kho-luu-tru changes its number from 17 to 18" in result.stdout


def test_render_writes_once_and_then_nothing(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    assert run("render", SMALL, "--into", out).exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    result = run("render", SMALL, "--into", out)
    assert " 0 written, 0 removed" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before
    result = run("render", changed(tmp_path, *ARCHIVE_RETIRED), "--into", out)
    assert not (out / "kho-luu-tru").exists() or not any((out / "kho-luu-tru").rglob("*.conf"))


def test_render_does_not_touch_a_folder_that_it_did_not_make(tmp_path: pathlib.Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    assert run("render", SMALL, "--into", tmp_path).exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_render_makes_keys_beside_the_texts_and_never_among_them(tmp_path: pathlib.Path) -> None:
    out, keys = tmp_path / "out", tmp_path / "keys"
    assert run("render", SMALL, "--into", out, "--keys", keys).exit_code == 0
    text = (out / "phuong-mot" / "office" / "wireguard" / "u266.conf").read_text("utf-8")
    assert (keys / "dc" / "d266.pub").read_text("ascii").strip() in text
    result = run("render", SMALL, "--into", out, "--keys", out / "keys")
    assert result.exit_code == 2
    assert not (out / "keys").exists()


def test_facts_are_one_document_of_the_shared_schema() -> None:
    result = run("facts", SMALL)
    assert result.exit_code == 0, result.output
    facts: dict[str, Any] = json.loads(result.stdout)
    assert (facts["schema"], facts["serial"], facts["city"]) == ("citycloud.dev/facts/v1", 1, "small")
    (archive,) = [each for each in facts["sites"] if each["name"] == "kho-luu-tru"]
    assert {"name": "office", "ipv4": "10.17.16.0/20", "ipv6": "2001:db8:1011:1000::/52"} in archive["segments"]
    assert not any(segment["name"] == "guest" for each in facts["sites"] for segment in each["segments"])


def test_usage_shows_free_numbers(tmp_path: pathlib.Path) -> None:
    result = run("usage", SMALL)
    assert "numbers: 4 taken, 1 retired, 250 free (4–8, 10–16, 18–255)" in result.stdout
