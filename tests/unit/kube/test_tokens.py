"""A token that the server no longer takes is read again, by our own requests, by watches and by kopf's."""

import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import pytest
from aiohttp import web
from tests.unit.kube.conftest import Serve

from citycloud.kube import errors
from citycloud.kube.connection import Connection, TokenFile
from citycloud.kube.session import Session

OLD, NEW = "of-yesterday", "of-today"
PATH: Final = "/api/v1/pods"


@pytest.fixture
async def server(serve: Serve) -> str:
    """Serve whoever shows the new token, and tell what header came."""

    async def answer(request: web.Request) -> web.Response:
        shown = request.headers.getall("Authorization", [])
        return web.json_response({"shown": shown}, status=200 if shown == [f"Bearer {NEW}"] else 401)

    return await serve(PATH, answer)


@pytest.fixture
async def session(server: str, tmp_path: pathlib.Path) -> AsyncIterator[Session]:
    """Hold the old token in memory while the file has the new one already."""
    file = tmp_path / "token"
    file.write_text(OLD)
    token = TokenFile(file, monotonic=lambda: 0.0)
    assert token() == OLD
    file.write_text(NEW)
    opened = Session(connection=Connection(server=server, token=token))
    yield opened
    await opened.close()


async def _requests(session: Session) -> None:
    assert await session.request("GET", PATH, resource="pods") == {"shown": [f"Bearer {NEW}"]}


async def _watches(session: Session) -> None:
    stream = session.stream(PATH, resource="pods", params={}, headers={}, inactivity_seconds=5.0, rest_seconds=0.0)
    assert [line async for line in stream] == []


async def _asks_as_kopf(session: Session) -> None:
    async with session.new_http() as http, http.get(session.connection.server + PATH) as response:
        if response.status != 200:
            raise errors.Unauthorized("", code=response.status)


@pytest.mark.parametrize("ask", [_requests, _watches, _asks_as_kopf])
async def test_after_a_refusal_the_token_is_read_again(session: Session, ask: Callable[[Session], Awaitable[None]]) -> None:
    with pytest.raises(errors.Unauthorized):
        await ask(session)
    await ask(session)


async def test_without_a_token_none_is_shown(server: str) -> None:
    session = Session(connection=Connection(server=server))
    try:
        with pytest.raises(errors.Unauthorized, match=r'"shown": \[\]'):
            await _requests(session)
    finally:
        await session.close()
