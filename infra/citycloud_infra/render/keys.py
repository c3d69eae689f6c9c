"""The keys of WireGuard's tunnels: made once, kept in a folder that nobody else may read, never part of any rendered text.

`<folder>/<node>/<interface>.key` is a private key and `….pub` its public one, mode 0600 in folders of mode 0700. Making keys again makes
what is missing and leaves the rest, so a site that comes gets keys and nobody else's tunnel is disturbed. The curve is X25519
(RFC 7748); `cryptography` is only needed to make keys.
"""

import base64
import os
import pathlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.wireguard import key_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


class MissingKey(Exception):
    """A tunnel's end has no key yet."""


class KeyFolder:
    """Keys in a folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def public(self, *, node: str, interface: str) -> str:
        """Return the public key of an end. Raise MissingKey."""
        path = (self._folder / key_file(node=node, interface=interface)).with_suffix(".pub")
        try:
            return path.read_text("ascii").strip()
        except FileNotFoundError as error:
            raise MissingKey(f"{node} has no key for {interface}: make keys first ({path} is not there)") from error


def make_keys(*, plan: CityPlan, folder: pathlib.Path) -> int:
    """Make the keys that are missing, and return how many."""
    made = 0
    for node, interface in ends(plan):
        path = folder / key_file(node=node, interface=interface)
        if not path.exists():
            _closed_folders(folder, path.parent)
            _write(path, _fresh())
            made += 1
        public = path.with_suffix(".pub")
        if not public.exists() or public.stat().st_mtime_ns < path.stat().st_mtime_ns:
            _write(public, _public_of(path.read_text("ascii")))
    return made


def ends(plan: CityPlan) -> Iterator[tuple[str, str]]:
    """Return every tunnel's two ends, as node and interface."""
    for tunnel in plan.tunnels:
        yield tunnel.hub, tunnel.hub_interface
        yield tunnel.site or tunnel.other_hub, tunnel.site_interface


def _closed_folders(*folders: pathlib.Path) -> None:
    for each in folders:
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
        each.chmod(0o700)


def _fresh() -> str:
    return _text(_curve().generate().private_bytes_raw())


def _public_of(private: str) -> str:
    return _text(_curve().from_private_bytes(base64.b64decode(private)).public_key().public_bytes_raw())


def _curve() -> "type[X25519PrivateKey]":
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415 (only whoever makes keys needs it)

    return X25519PrivateKey


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _write(path: pathlib.Path, text: str) -> None:
    """Write a file that was never readable to anybody else; a crash leaves the old one or the new one."""
    fresh = path.with_suffix(f"{path.suffix}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
    fresh.rename(path)
