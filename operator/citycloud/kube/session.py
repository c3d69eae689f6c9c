"""One session to the API server for all of the operator's own calls: requests by `transport`, watches by aiohttp, whose buffers rest."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import orjson
from pyreqwest.exceptions import RequestError

from citycloud.kube import errors
from citycloud.kube.connection import Connection, TokenFile
from citycloud.kube.transport import open_client, send

REQUESTS_AT_A_TIME: Final = 64
"""Enough for every worker; a burst opens no connection an environment."""
STREAM_CONNECTIONS: Final = 80
LONGEST_WATCH_LINE: Final = 16 * 1024 * 1024

OnRequest = Callable[[str, str, int, float], None]
"""Told of each request: verb, resource, status code (0 without an answer), seconds."""


def ignore_request(verb: str, resource: str, code: int, seconds: float) -> None:
    """Take no notice of a request."""


def skip_nothing(line: bytes) -> bool:
    """Read every line."""
    del line
    return False


class Session:
    """Requests as JSON dictionaries; failures as `errors.ApiError`."""

    def __init__(self, *, connection: Connection, on_request: OnRequest = ignore_request, acts_as: Mapping[str, str] | None = None) -> None:
        """Take the headers of impersonation as `acts_as`, where calls are made in the name of somebody else."""
        self.connection = connection
        self._on_request = on_request
        self._headers = {"User-Agent": "citycloud", "Accept": "application/json", **(acts_as or {})}
        self._client = open_client(connection=connection, headers=self._headers)
        self._places = asyncio.Semaphore(REQUESTS_AT_A_TIME)
        self._http = self._open()

    def new_http(self) -> aiohttp.ClientSession:
        """Open another pool of connections with the same credentials, for requests of others; whoever asks for it closes it."""
        token = self.connection.token
        return self._open() if token is None else self._open(_authorization(token))

    def _open(self, *middlewares: aiohttp.ClientMiddlewareType) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=self.connection.ssl_context, limit=STREAM_CONNECTIONS, keepalive_timeout=60, ttl_dns_cache=60)
        return aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=middlewares,
            read_bufsize=2**18,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()
        await self._client.close()

    async def request(
        self, verb: str, path: str, *, resource: str, body: bytes | None = None, query: str = "", headers: Mapping[str, str] | None = None
    ) -> Any:
        """Send one request and return the decoded answer; `resource` is what metrics call the target.

        Paths and queries are made of names that need no escaping.
        """
        started = time.perf_counter()
        code = 0
        address = self.connection.server + path
        try:
            request = self._client.request(verb, f"{address}?{query}" if query else address).headers(self._signed(headers))
            async with self._places:
                response = await send((request if body is None else request.body_bytes(body)).build())
            code = response.status
            content = memoryview(await response.bytes())
            if code >= HTTPStatus.MULTIPLE_CHOICES:  # an API server sends nobody elsewhere
                raise self._failure(code=code, content=content, retry_after=response.get_header("Retry-After"))
            return orjson.loads(content)
        except RequestError as error:
            raise errors.Unreachable(f"no answer to {verb} {path}: {type(error).__name__}") from error
        finally:
            self._on_request(verb, resource, code, time.perf_counter() - started)

    async def stream(
        self,
        path: str,
        *,
        resource: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        inactivity_seconds: float,
        rest_seconds: float,
        skip: Callable[[bytes], bool] = skip_nothing,
    ) -> AsyncIterator[Any]:
        """Yield the JSON lines of a watch; end quietly where the server closes it, raise Unreachable where it falls silent.

        What was read is told after `rest_seconds`, and what came meanwhile is then taken at once. A line that `skip` names says
        nothing new and is not decoded.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=inactivity_seconds)
        self._on_request("WATCH", resource, 200, 0.0)
        try:
            address = self.connection.server + path
            async with self._http.get(address, params=params, headers=self._signed(headers), timeout=timeout) as response:
                if response.status >= 400:
                    after = response.headers.get("Retry-After")
                    raise self._failure(code=response.status, content=await response.read(), retry_after=after)
                async for line in _lines(response.content, rest_seconds=rest_seconds):
                    if not skip(line):
                        yield orjson.loads(line)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise errors.Unreachable(f"the watch of {resource} broke: {type(error).__name__}") from error

    def _signed(self, headers: Mapping[str, str] | None) -> Mapping[str, str]:
        """Add the token by hand: a middleware takes twice the instructions of all else that is done here for a request."""
        signed = headers or {}
        return signed if self.connection.token is None else {**signed, **_bearer(self.connection.token)}

    def _failure(self, *, code: int, content: bytes | memoryview, retry_after: str | None) -> errors.ApiError:
        if code == HTTPStatus.UNAUTHORIZED and self.connection.token is not None:
            self.connection.token.expire()
        return errors.from_answer(code=code, body=bytes(content), retry_after=retry_after)


def _bearer(token: TokenFile) -> dict[str, str]:
    return {"Authorization": f"Bearer {token()}"}


def _authorization(token: TokenFile) -> aiohttp.ClientMiddlewareType:
    """Send the token with each request; read it again where it was refused."""

    async def authorize(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        request.headers.update(_bearer(token))
        response = await handler(request)
        if response.status == HTTPStatus.UNAUTHORIZED:
            token.expire()
        return response

    return authorize


async def _lines(content: aiohttp.StreamReader, *, rest_seconds: float) -> AsyncIterator[bytes]:
    """Split a stream into lines of any length: aiohttp's own reader refuses long ones.

    What comes during a rest gathers in the connection's buffer, which wakes nobody. The rest comes before the lines are told and not after,
    for the first come while their owner is still being written, which they would delay, and often before the answers whose echo they are.
    """
    pending = b""
    async for chunk in content.iter_any():
        await asyncio.sleep(rest_seconds)
        pending += chunk
        start = 0
        while (end := pending.find(b"\n", start)) >= 0:  # split() looks at each byte by itself, which takes longer than all else here
            if end > start:
                yield pending[start:end]
            start = end + 1
        pending = pending[start:]
        if len(pending) > LONGEST_WATCH_LINE:
            raise errors.ServerError("a watch event is longer than any object may be")
