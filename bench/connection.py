"""Bare HTTP to the API server as the administrator: what the loop, the load and the measuring need, and no more."""

import ssl
from typing import Final

import aiohttp

from citycloud_dev.cluster import MASTERS, Cluster

CONNECTIONS: Final = 64


def open_session(cluster: Cluster) -> aiohttp.ClientSession:
    """Open a session with 64 connections."""
    pair = cluster.authority.user(name="admin", groups=(MASTERS,))
    context = ssl.create_default_context(cafile=str(cluster.authority.files.certificate))
    context.load_cert_chain(certfile=pair.certificate, keyfile=pair.key)
    return aiohttp.ClientSession(
        base_url=cluster.server, connector=aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS), read_bufsize=2**20
    )


async def send(session: aiohttp.ClientSession, method: str, path: str, *, body: bytes, content_type: str) -> None:
    """Send one write and read the answer to its end; raise RuntimeError where it was not taken."""
    async with session.request(method, path, data=body, headers={"Content-Type": content_type}) as response:
        content = await response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
