"""Requests go to the API server that the cluster's own authority vouches for, and to nobody else."""

import asyncio
import dataclasses
import json
import os
import pathlib
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from aiohttp import web
from tests.unit.kube.conftest import Answer, Serve

from citycloud.kube import errors, transport
from citycloud.kube import session as session_module
from citycloud.kube.connection import Connection
from citycloud.kube.session import Session
from citycloud_dev.certificates import CertificateAuthority

PATH: Final = "/api/v1/pods"
A_MOMENT: Final = 0.02
Ask = Callable[[Connection], Awaitable[object]]


@pytest.fixture
def city(tmp_path: pathlib.Path) -> CertificateAuthority:
    return CertificateAuthority(folder=tmp_path / "city")


@pytest.fixture
def stranger(tmp_path: pathlib.Path) -> CertificateAuthority:
    return CertificateAuthority(folder=tmp_path / "stranger")


@pytest.fixture
async def server(city: CertificateAuthority, serve: Serve) -> str:
    """Serve whoever has a certificate of the city, and tell whose it is; `?slow` is never answered, `?elsewhere` is another place."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(city.files.certificate))
    context.verify_mode = ssl.CERT_REQUIRED
    pair = city.server(name="api", hosts=())
    context.load_cert_chain(certfile=pair.certificate, keyfile=pair.key)

    async def answer(request: web.Request) -> web.Response:
        if "slow" in request.query:
            await asyncio.Event().wait()
        if "elsewhere" in request.query:
            raise web.HTTPTemporaryRedirect(PATH)
        assert request.transport is not None
        subject = request.transport.get_extra_info("peercert")["subject"]
        user = dict(part for parts in subject for part in parts)["commonName"]
        return web.Response(text=json.dumps({"user": user}) + "\n", content_type="application/json")

    return await serve(PATH, answer, ssl_context=context)


def _connection(*, server: str, believes: CertificateAuthority | None, known_to: CertificateAuthority) -> Connection:
    pair = known_to.user(name="operator")
    return Connection(
        server=server,
        authority=b"" if believes is None else believes.files.certificate.read_bytes(),
        identity=pair.certificate.read_bytes() + pair.key.read_bytes(),
    )


async def _requests(connection: Connection) -> object:
    session = Session(connection=connection)
    try:
        return await session.request("GET", PATH, resource="pods")
    finally:
        await session.close()


async def _watches(connection: Connection) -> object:
    session = Session(connection=connection)
    try:
        return await anext(session.stream(PATH, resource="pods", params={}, headers={}, inactivity_seconds=5, rest_seconds=0))
    finally:
        await session.close()


EACH_WAY: Final = pytest.mark.parametrize("ask", [_requests, _watches])


@EACH_WAY
async def test_the_city_vouches_for_its_server_and_knows_its_operator(ask: Ask, server: str, city: CertificateAuthority) -> None:
    assert await ask(_connection(server=server, believes=city, known_to=city)) == {"user": "operator"}


@EACH_WAY
@pytest.mark.parametrize("is_first", [True, False])
async def test_while_authorities_change_each_of_a_bundle_vouches(
    ask: Ask, is_first: bool, server: str, city: CertificateAuthority, stranger: CertificateAuthority
) -> None:
    connection = _connection(server=server, believes=city, known_to=city)
    bundle = [connection.authority, b"# the other one, \xc4\x91\xc3\xa3 thay\n" + stranger.files.certificate.read_bytes()]
    bundle = bundle if is_first else bundle[::-1]
    assert await ask(dataclasses.replace(connection, authority=b"".join(bundle))) == {"user": "operator"}


@EACH_WAY
async def test_no_authority_of_the_system_vouches_for_an_api_server(
    ask: Ask, server: str, city: CertificateAuthority, stranger: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(city.files.certificate))
    assert await ask(_connection(server=server, believes=None, known_to=city)) == {"user": "operator"}  # so the system's are looked at

    with pytest.raises(errors.Unreachable):
        await ask(_connection(server=server, believes=stranger, known_to=city))


@EACH_WAY
async def test_who_has_no_certificate_of_the_city_gets_no_answer(
    ask: Ask, server: str, city: CertificateAuthority, stranger: CertificateAuthority
) -> None:
    with pytest.raises(errors.Unreachable):
        await ask(_connection(server=server, believes=city, known_to=stranger))


@pytest.mark.parametrize("before", [None, "of-the-system"])
def test_the_environment_is_as_it_was(before: str | None, city: CertificateAuthority, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in transport.SYSTEM_AUTHORITIES:
        if before is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, before)
    was = dict(os.environ)
    transport.open_client(connection=_connection(server="https://a", believes=city, known_to=city), headers={})
    assert dict(os.environ) == was


@EACH_WAY
async def test_no_proxy_of_the_environment_stands_in_between(
    ask: Ask, server: str, city: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert await ask(_connection(server=server, believes=city, known_to=city)) == {"user": "operator"}


async def test_nobody_is_sent_elsewhere(server: str, city: CertificateAuthority) -> None:
    session = Session(connection=_connection(server=server, believes=city, known_to=city))
    try:
        with pytest.raises(errors.ApiError) as refused:
            await session.request("GET", PATH, query="elsewhere", resource="pods")
        assert refused.value.code == 307
    finally:
        await session.close()


async def test_what_is_asked_for_is_asked_for_plainly_and_once(serve: Serve) -> None:
    """A list of a large city would be compressed by the API server, whose processor time is dearer than the wire beside it."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"accepted": request.headers.getall("Accept"), "encodings": request.headers.getall("Accept-Encoding", [])})

    session = Session(connection=Connection(server=await serve(PATH, echo)))
    try:
        told = await session.request("GET", PATH, resource="pods", headers={"Accept": "application/json;as=PartialObjectMetadata"})
        assert told == {"accepted": ["application/json;as=PartialObjectMetadata"], "encodings": []}
    finally:
        await session.close()


async def test_nothing_is_asked_of_a_server_that_is_not_there() -> None:
    with pytest.raises(errors.Unreachable, match="no answer to GET /api/v1/pods: ConnectError"):
        await _requests(Connection(server="http://127.0.0.1:1"))


async def test_a_server_that_does_not_answer_in_time_is_unreachable(
    server: str, city: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "REQUEST_TIMEOUT", transport.REQUEST_TIMEOUT / 100)
    session = Session(connection=_connection(server=server, believes=city, known_to=city))
    try:
        with pytest.raises(errors.Unreachable, match=r"no answer to GET /api/v1/pods: .*Timeout"):
            await session.request("GET", PATH, query="slow", resource="pods")
    finally:
        await session.close()


async def _answers(request: web.Request) -> web.StreamResponse:
    response = web.Response(text="{}")
    await response.prepare(request)
    await response.write_eof()
    return response


async def _hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    return web.Response()


def _let_the_client_notice() -> None:
    """Stop the event loop, which is told at its next turn."""
    time.sleep(A_MOMENT)


@pytest.mark.parametrize("end", [_answers, _hangs_up])
async def test_whoever_is_cancelled_when_a_request_has_ended_is_cancelled(end: Answer, serve: Serve) -> None:
    """A worker that went on would write for a leader that is none, and the group that it belongs to would never end."""
    asking: list[asyncio.Task[object]] = []

    async def end_and_cancel(request: web.Request) -> web.StreamResponse:
        response = await end(request)
        _let_the_client_notice()
        asking[-1].cancel()
        return response

    session = Session(connection=Connection(server=await serve(PATH, end_and_cancel)))
    try:
        for _ in range(20):
            asking.append(asyncio.create_task(session.request("GET", PATH, resource="pods")))
            await asyncio.wait(asking[-1:], timeout=5)
    finally:
        await session.close()
    assert [each.cancelled() for each in asking] == [True] * 20


async def test_a_request_that_is_given_up_gives_its_place_back(
    server: str, city: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "REQUESTS_AT_A_TIME", 1)
    session = Session(connection=_connection(server=server, believes=city, known_to=city))
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await session.request("GET", PATH, query="slow", resource="pods")
        async with asyncio.timeout(5):
            assert await session.request("GET", PATH, resource="pods") == {"user": "operator"}
    finally:
        await session.close()
