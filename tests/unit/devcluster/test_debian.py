"""Packages are named by the programs that are missing, and installed by root alone."""

import os
import shutil

import pytest

from citycloud_dev import debian

PROGRAMS = {"ip": "iproute2", "tc": "iproute2", "ipset": "ipset", "true": "coreutils"}


def test_a_package_is_missing_once_where_any_of_its_programs_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/true" if name == "true" else None)
    assert debian.missing_packages(PROGRAMS) == ["iproute2", "ipset"]


@pytest.mark.parametrize(
    ("user", "apt", "packages", "asked"),
    [
        (0, True, ["ipset"], [["update"], ["install", "-y", "--no-install-recommends", "ipset"]]),
        (1000, True, ["ipset"], []),
        (0, False, ["ipset"], []),
        (0, True, [], []),
    ],
    ids=["root on a Debian", "nobody in particular", "another system", "nothing to do"],
)
def test_only_root_on_a_debian_installs(
    user: int, apt: bool, packages: list[str], asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(debian, "run_tool", lambda command, **_: commands.append(command))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if apt else None)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    debian.install(packages)
    assert [command[1:] for command in commands] == asked
    assert {command[0] for command in commands} <= {"apt-get"}
