"""A proxy between the operator and the real API server that can cut, delay, refuse and count.

It speaks TLS on both sides with certificates of the cluster's own authority and passes the operator's token through, so nothing about
the operator is changed but the address it talks to.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import free_ports

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "host"})


class Answer(Exception):
    """Answer with this instead of asking the API server."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers or {}


Hook = Callable[[str, str], None]
"""Told of each request before it is sent on, or of each answer before it is given: method and path. May raise Answer."""


class Proxy:
    """Serves in a thread of its own; hooks may be exchanged at any time."""

    def __init__(self, *, cluster: Cluster) -> None:
        self.cluster = cluster
        self.port = free_ports(1)[0]
        self.before: Hook = lambda method, path: None
        self.after: Hook = lambda method, path: None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._open: set[web.StreamResponse] = set()

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()
        self._do(self._start())

    def stop(self) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def cut_streams(self) -> None:
        """Break every open watch."""
        self._do(self._cut())

    def _do(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=20)

    async def _start(self) -> None:
        authority = self.cluster.authority
        upstream = ssl.create_default_context(cafile=str(authority.files.certificate))
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=upstream, limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            skip_auto_headers=("Accept-Encoding",),  # whoever asks says whether the answer may be compressed
        )
        pair = authority.server(name="proxy", hosts=())
        downstream = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        downstream.load_cert_chain(certfile=pair.certificate, keyfile=pair.key)
        application = web.Application(client_max_size=2**24)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=downstream).start()

    async def _stop(self) -> None:
        await self._cut()
        await self._runner.cleanup()
        await self._session.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _cut(self) -> None:
        for response in list(self._open):
            transport = response._req.transport if response._req is not None else None
            if transport is not None:
                transport.abort()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {key: value for key, value in request.headers.items() if key.lower() not in HOP_BY_HOP}
        try:
            await asyncio.to_thread(self.before, request.method, request.raw_path)
        except Answer as answer:
            return web.json_response({"kind": "Status", "code": answer.status}, status=answer.status, headers=answer.headers)
        url = self.cluster.server + request.raw_path
        async with self._session.request(request.method, url, headers=headers, data=body or None) as upstream:
            passed = {key: value for key, value in upstream.headers.items() if key.lower() not in HOP_BY_HOP}
            if "watch=true" in request.raw_path:
                return await self._stream(request=request, upstream=upstream, headers=passed)
            content = await upstream.read()
            await asyncio.to_thread(self.after, request.method, request.raw_path)
            return web.Response(status=upstream.status, headers=passed, body=content)

    async def _stream(self, *, request: web.Request, upstream: aiohttp.ClientResponse, headers: dict[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(status=upstream.status, headers=headers)
        await response.prepare(request)
        self._open.add(response)
        try:
            async for chunk in upstream.content.iter_any():
                await response.write(chunk)
        except (aiohttp.ClientError, ConnectionError):
            pass
        finally:
            self._open.discard(response)
        return response
