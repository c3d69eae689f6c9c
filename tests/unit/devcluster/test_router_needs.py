"""A machine that cannot run routers says what it lacks."""

import os
import shutil

import pytest

from citycloud_dev import router_needs


def test_without_root_it_says_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert [each.partition(":")[0] for each in router_needs.missing()] == ["root"]


def test_missing_programs_are_named_by_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None if name in ("vtysh", "bird", "tc") else f"/usr/sbin/{name}")
    assert router_needs.missing() == ["programs: install the Debian packages bird2, frr, iproute2"]
