"""The build of the dashboards' page: what it needs is said, it happens once, and its packages are pinned."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from citycloud_dev import perses
from citycloud_dev.assets import AssetError

Commands = list[list[str]]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    """Run nothing, note what would run, and pretend that it worked."""
    asked: Commands = []

    def run(command: list[str], *, folder: Path, seconds: float) -> str:
        asked.append([Path(command[0]).name, *command[1:2]])
        if command[1] == "build":
            (folder / "partial").mkdir()
        return "v20.19.0\n"

    monkeypatch.setattr(perses, "_run", run)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return asked


def test_it_is_built_once(commands: Commands) -> None:
    first = perses.find_page()
    assert first.is_dir()
    assert perses.find_page() == first
    assert commands == [["node", "--version"], ["npm", "ci"], ["vite", "build"]]


def test_another_page_is_built_with_the_same_packages(commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = perses.find_page()
    changed = tmp_path / "sources"
    shutil.copytree(perses.PAGE, changed)
    (changed / "words.js").write_text("// khác")
    monkeypatch.setattr(perses, "PAGE", changed)
    assert perses.find_page() != first
    assert commands == [["node", "--version"], ["npm", "ci"], ["vite", "build"], ["node", "--version"], ["vite", "build"]]


@pytest.mark.parametrize("lacking", ["node", "npm"])
def test_what_is_missing_is_named(commands: Commands, monkeypatch: pytest.MonkeyPatch, lacking: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == lacking else f"/usr/bin/{name}")
    with pytest.raises(AssetError, match=rf"no {lacking} here: install Node.js 20.19"):
        perses.find_page()


@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.3"])
def test_an_old_node_is_refused(commands: Commands, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(perses, "_run", lambda *_, **__: version)
    with pytest.raises(AssetError, match=f"{version} is too old"):
        perses.find_page()


def test_every_source_is_part_of_the_page() -> None:
    assert {path.name for path in perses.PAGE.iterdir()} == {*perses.PARTS, *perses.PACKAGES}


def test_packages_are_pinned_and_their_lock_names_no_server() -> None:
    wanted, lock = (json.loads((perses.PAGE / name).read_text()) for name in perses.PACKAGES)
    packages: dict[str, Any] = {name: each for name, each in lock["packages"].items() if name}
    assert [name for name, each in packages.items() if "resolved" in each or "integrity" not in each] == []
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[f"node_modules/{name}"]["version"] == version
