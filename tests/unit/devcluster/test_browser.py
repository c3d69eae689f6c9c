"""A machine that cannot look at pages says what it lacks."""

import shutil

import pytest

from citycloud_dev import browser


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Run nothing and note what would run; no font has the letters."""
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> str:
        asked.append(command)
        return ""

    monkeypatch.setattr(browser, "run_tool", run)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "chromium" else f"/usr/bin/{name}")
    return asked


def test_what_is_missing_is_named_by_its_package(commands: list[list[str]]) -> None:
    assert browser.missing() == ["install the Debian packages chromium, fonts-noto-core"]


def test_letters_that_are_there_are_not_missing(commands: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "run_tool", lambda *_, **__: "Noto Sans\n")
    assert browser.missing_packages() == ["chromium"]
