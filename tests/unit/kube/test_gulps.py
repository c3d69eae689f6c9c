"""What comes while a watch rests is taken at once: one that took an event a rest would fall minutes behind in a burst."""

import asyncio
from typing import Final

import pytest
from aiohttp import web
from tests.unit.kube.conftest import Serve

from citycloud.kube import session
from citycloud.kube.connection import Connection

EVENTS: Final = 200
A_FEW: Final = 20
PATIENCE_SECONDS: Final = 30.0
REST_SECONDS: Final = 0.25
real_sleep = asyncio.sleep


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Write down each rest, which is a real moment and no more."""
    taken: list[float] = []

    async def rest(seconds: float) -> None:
        taken.append(seconds)
        await real_sleep(0.01)

    monkeypatch.setattr(asyncio, "sleep", rest)
    return taken


@pytest.fixture
async def address(serve: Serve) -> str:
    """Serve a burst: each event is a piece of its own, as the API server sends them."""

    async def watch(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for number in range(EVENTS):
            await response.write(b'{"number": %d}\n' % number)
            await real_sleep(0)
        return response

    return await serve("/watch", watch)


async def test_a_burst_takes_a_few_rests(address: str, rests: list[float]) -> None:
    connected = session.Session(connection=Connection(server=address))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            stream = connected.stream(
                "/watch", resource="pods", params={}, headers={}, inactivity_seconds=PATIENCE_SECONDS, rest_seconds=REST_SECONDS
            )
            assert [event["number"] async for event in stream] == list(range(EVENTS))
    finally:
        await connected.close()
    assert len(rests) <= A_FEW
