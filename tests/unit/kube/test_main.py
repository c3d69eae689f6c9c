"""What the operator sets for its whole process is what the libraries read."""

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol

import pytest

from citycloud.__main__ import TLS_BUFFER_BYTES


async def test_a_connection_takes_as_much_memory_for_reading_as_we_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SSLProtocol, "max_size", TLS_BUFFER_BYTES)
    loop = asyncio.get_running_loop()
    protocol = SSLProtocol(loop, asyncio.Protocol(), ssl.create_default_context(), loop.create_future())
    buffer = protocol.get_buffer(-1)
    protocol._get_app_transport().abort()  # type: ignore[attr-defined]  # not in typeshed
    assert len(buffer) == TLS_BUFFER_BYTES
