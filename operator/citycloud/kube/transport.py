"""The client that carries every request but watches.

It is a library in Rust, for half of what the operator did in a burst was its HTTP client's before (decision 29). What it was given it
sends, even if whoever asked is cancelled meanwhile; so nothing may wait in it for a connection: `session` bounds what it is given.
"""

import asyncio
import contextlib
import datetime
import os
from collections.abc import Iterator, Mapping
from typing import Final

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.request import ConsumedRequest
from pyreqwest.response import Response

from citycloud.kube.connection import Connection

REQUEST_TIMEOUT: Final = datetime.timedelta(seconds=30)
CONNECT_TIMEOUT: Final = datetime.timedelta(seconds=5)
IDLE_TIMEOUT: Final = datetime.timedelta(seconds=60)
SYSTEM_AUTHORITIES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Where the library looks for them; named in the environment they replace what the system has."""


def open_client(*, connection: Connection, headers: Mapping[str, str]) -> Client:
    """Open a pool of connections that sends `headers` with each request; whoever asks for it closes it.

    Raises ValueError where certificates or keys cannot be used.
    """
    builder = (
        ClientBuilder()
        .http1_only()  # over a few connections of HTTP/2 the same writes took longer, here and in the API server
        .timeout(REQUEST_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .follow_redirects(False)
        .no_proxy()
        .default_headers(headers)
    )
    # The API server is near, and its processor time is dearer than the wire.
    builder = builder.gzip(False).deflate(False).brotli(False).zstd(False)
    if connection.identity:
        builder = builder.identity_pem(connection.identity)
    if not connection.authority:
        return builder.build()
    with _no_system_authorities():
        return builder.add_root_certificate_pem(connection.authority).build()


async def send(request: ConsumedRequest) -> Response:
    """Send a request and return its answer.

    Where a cancellation comes together with the answer or a failure, the library tells of one of the two, by chance. Whoever is cancelled
    ends: a worker that went on would write for a leader that is none.
    """
    task = asyncio.current_task()
    asked = task.cancelling() if task else 0
    try:
        return await request.send()
    finally:
        if task and task.cancelling() > asked:
            raise asyncio.CancelledError


@contextlib.contextmanager
def _no_system_authorities() -> Iterator[None]:
    """Have the library find none: it adds an authority to the system's, and no public one may vouch for an API server."""
    before = {name: os.environ.get(name) for name in SYSTEM_AUTHORITIES}
    os.environ.update(dict.fromkeys(SYSTEM_AUTHORITIES, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
