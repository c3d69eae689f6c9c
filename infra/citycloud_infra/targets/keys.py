"""Pre-shared keys and join tokens, from one secret that only the stack's encrypted configuration holds.

Each is worked out from it and from a name (HMAC, RFC 2104), so that a site that is added brings a key and changes nobody else's, no file of
keys has to be kept, and one that leaks tells nothing of the others. Site routers get theirs from the stack's export `keys`, which is a
secret too.
"""

import base64
import hashlib
import hmac
import pathlib
import stat
from typing import Final

import pulumi

from citycloud_infra.targets.settings import PROJECT

MASTER: Final = "psk"
"""The configuration key: `pulumi config set --secret citycloud:psk`."""
SHORTEST: Final = 32
"""Characters: below, guessing the secret would be easier than guessing a key."""
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyRefused(Exception):
    """The file of the secret cannot be used as it is."""


class ConfiguredKeys:
    """Keys that follow from the stack's secret; asked within a program."""

    def __init__(self) -> None:
        self._master: pulumi.Output[str] = pulumi.Config(PROJECT).require_secret(MASTER)

    def psk(self, name: str) -> pulumi.Output[str]:
        """Return the key of a connection: 43 characters that every router's configuration takes."""
        return self._master.apply(lambda master: base64.urlsafe_b64encode(derived(master=master, name=f"psk {name}")).decode().rstrip("="))

    def token(self, cluster: str) -> pulumi.Output[str]:
        """Return a cluster's token in the form that kubeadm asks for; k3s takes any."""
        return self._master.apply(lambda master: _token(derived(master=master, name=f"token {cluster}").hex()))

    def certificates(self, cluster: str) -> pulumi.Output[str]:
        """Return the key of a cluster's certificates: 32 bytes in hexadecimal digits, as kubeadm asks for."""
        return self._master.apply(lambda master: derived(master=master, name=f"certificates {cluster}").hex())


def derived(*, master: str, name: str) -> bytes:
    """Work out the 32 bytes of a name."""
    return hmac.digest(master.encode(), name.encode(), hashlib.sha256)


def read_master(path: pathlib.Path) -> str:
    """Read the secret from a file that only its owner may read. Raise KeyRefused."""
    try:
        if path.stat().st_mode & OTHERS:
            raise KeyRefused(f"{path}: người khác đọc được; hãy chạy chmod 600 {path} / others may read it: run chmod 600 {path}")
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyRefused(f"{path}: không đọc được / cannot be read: {error}") from error
    if len(secret) < SHORTEST:
        raise KeyRefused(f"{path}: cần ít nhất {SHORTEST} ký tự / at least {SHORTEST} characters are needed: openssl rand -base64 48")
    return secret


def _token(digits: str) -> str:
    return f"{digits[:6]}.{digits[6:22]}"
