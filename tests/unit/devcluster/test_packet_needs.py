"""A machine that cannot send packets says what it lacks."""

import os
import shutil

import pytest

from citycloud_dev import packet_needs
from citycloud_dev.packet_networks import Network


def test_without_root_it_says_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert [each.partition(":")[0] for each in packet_needs.missing()] == ["root"]


def test_missing_programs_are_named_by_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None if name in ("ipset", "iptables-save") else f"/usr/sbin/{name}")
    assert packet_needs.missing() == ["programs: install the Debian packages ipset, iptables"]


def test_a_kernel_that_lends_no_namespaces_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Network:
        raise OSError(1, "making a network namespace: Operation not permitted")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/sbin/{name}")
    monkeypatch.setattr(Network, "made", staticmethod(refuse))
    assert packet_needs.missing() == ["network namespaces: [Errno 1] making a network namespace: Operation not permitted"]
