"""`/metrics`, `/healthz` and `/readyz`, served from a thread of their own.

A thread, so that a scrape of a large city does not hold up the event loop, and so that liveness can see an event loop that hangs: the loop
writes down the time, the thread compares (kopf's own probe runs inside the loop and proves only that it still turns).
"""

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import make_wsgi_app

HANGING_SECONDS: Final = 30.0
SILENT_SECONDS: Final = 10.0


@dataclasses.dataclass
class Health:
    """What the probes answer; the event loop beats, the thread looks."""

    ready: bool = False
    beat_at: float = dataclasses.field(default_factory=time.monotonic)

    def beat(self) -> None:
        """Say that the event loop turns."""
        self.beat_at = time.monotonic()

    @property
    def alive(self) -> bool:
        """Tell whether the event loop turned lately."""
        return time.monotonic() - self.beat_at < HANGING_SECONDS


class _Server(ThreadingMixIn, WSGIServer):
    """One thread a connection: somebody who connects and says nothing must not hold up the probes."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    timeout = SILENT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Log no scrape."""


StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def serve(*, address: str, port: int, registry: CollectorRegistry, health: Health) -> WSGIServer:
    """Serve in a daemon thread; `shutdown` of the returned server ends it."""
    metrics = make_wsgi_app(registry)

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            content: Iterable[bytes] = metrics(environ, start_response)
            return content
        answers = {"/healthz": health.alive, "/readyz": health.alive and health.ready}
        status = "404 Not Found" if path not in answers else "200 OK" if answers[path] else "503 Service Unavailable"
        start_response(status, [("Content-Type", "text/plain")])
        return [status.encode() + b"\n"]

    server = make_server(address, port, application, server_class=_Server, handler_class=_Silent)
    threading.Thread(target=server.serve_forever, name="telemetry", daemon=True).start()
    return server
