"""Bare HTTP to the API server: what the loop, the load and the measuring need, and no more."""

import dataclasses
import pathlib
import ssl
from typing import Final

import aiohttp

from citycloud_dev.access import MASTERS
from citycloud_dev.certificates import KeyPair
from citycloud_dev.cluster import Cluster

CONNECTIONS: Final = 64
BREAK_GLASS: Final = "citycloud-break-glass"
"""The loop writes what only the operator may."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Identity:
    """Where to go and as whom: what another process needs to open a session."""

    server: str
    authority: pathlib.Path
    pair: KeyPair


def identity(cluster: Cluster, *, name: str, groups: tuple[str, ...]) -> Identity:
    """Issue a certificate for a user."""
    pair = cluster.authority.user(name=name, groups=groups)
    return Identity(server=cluster.server, authority=cluster.authority.files.certificate, pair=pair)


def open_session(cluster: Cluster) -> aiohttp.ClientSession:
    """Open a session with 64 connections as who may do everything."""
    return session_of(identity(cluster, name="bench", groups=(MASTERS, BREAK_GLASS)), connections=CONNECTIONS)


def session_of(who: Identity, *, connections: int) -> aiohttp.ClientSession:
    """Open a session as anybody."""
    context = ssl.create_default_context(cafile=str(who.authority))
    context.load_cert_chain(certfile=who.pair.certificate, keyfile=who.pair.key)
    return aiohttp.ClientSession(base_url=who.server, connector=aiohttp.TCPConnector(ssl=context, limit=connections), read_bufsize=2**20)


async def send(session: aiohttp.ClientSession, method: str, path: str, *, body: bytes, content_type: str) -> None:
    """Send one write and read the answer to its end; raise RuntimeError where it was not taken."""
    async with session.request(method, path, data=body, headers={"Content-Type": content_type}) as response:
        content = await response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
