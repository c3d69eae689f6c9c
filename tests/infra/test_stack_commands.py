"""The commands that run stacks, as an engineer uses them where no engine is installed."""

import pathlib

import pytest
from tests.infra.inventories import SMALL
from typer.testing import CliRunner, Result

from citycloud_infra.cli.app import build


def run(
    action: str, *, folder: pathlib.Path, settings: str = "{target: openstack, gatewayFlavor: m1}", more: tuple[str, ...] = ()
) -> Result:
    path = folder / "cloud.yaml"
    path.write_text(settings, "utf-8")
    arguments = [action, str(SMALL), "--settings", str(path), "--state", str(folder / "state"), "--lang", "en", *more]
    return CliRunner().invoke(build(), arguments, env={"PATH": "/nowhere", "COLUMNS": "300"})


@pytest.mark.parametrize("action", ["up", "preview", "refresh", "destroy"])
def test_without_the_pulumi_command_a_run_says_how_to_get_it_and_touches_nothing(action: str, tmp_path: pathlib.Path) -> None:
    outcome = run(action, folder=tmp_path)
    assert outcome.exit_code == 1
    assert "the command pulumi is not found" in outcome.output
    assert not (tmp_path / "state").exists()


def test_wrong_settings_are_named_by_their_field(tmp_path: pathlib.Path) -> None:
    outcome = run("up", folder=tmp_path, settings="{target: openstack, gatewayFlavour: m1}")
    assert outcome.exit_code == 1
    assert "gatewayFlavor: Field required" in outcome.output
    assert "gatewayFlavour: Extra inputs are not permitted" in outcome.output


def test_a_secret_that_others_may_read_is_refused(tmp_path: pathlib.Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x" * 40, "utf-8")
    secret.chmod(0o644)
    outcome = run("up", folder=tmp_path, more=("--secret", str(secret)))
    assert outcome.exit_code == 1
    assert "chmod 600" in outcome.output
