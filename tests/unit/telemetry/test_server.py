"""The probes: alive while the event loop turns, ready when told, and an answer whatever else is going on."""

import http.client
import socket
import time
from collections.abc import Iterator
from typing import Final
from wsgiref.simple_server import WSGIServer

import pytest

from citycloud.telemetry.metrics import Metrics
from citycloud.telemetry.server import HANGING_SECONDS, Health, serve

LOCALHOST: Final = "127.0.0.1"
PATIENCE_SECONDS: Final = 1.0
"""As long as a kubelet waits for a probe."""


@pytest.fixture(scope="module")
def health() -> Health:
    return Health()


@pytest.fixture(scope="module")
def server(health: Health) -> Iterator[WSGIServer]:
    """Serve on a free port for all tests of this file: it takes half a second to stop."""
    serving = serve(address=LOCALHOST, port=0, registry=Metrics(version="1.2.3").registry, health=health)
    yield serving
    serving.shutdown()
    serving.server_close()


@pytest.fixture(autouse=True)
def fresh(health: Health) -> None:
    health.ready = False
    health.beat()


def get(server: WSGIServer, path: str, *, method: str = "GET") -> tuple[int, str]:
    """Ask as a kubelet or Prometheus does."""
    connection = http.client.HTTPConnection(LOCALHOST, server.server_port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def hang(health: Health) -> None:
    """Let the event loop have turned for the last time a while ago."""
    health.beat_at = time.monotonic() - HANGING_SECONDS - 1


def test_a_scrape_gets_the_metrics(server: WSGIServer) -> None:
    status, text = get(server, "/metrics")

    assert status == 200
    assert 'citycloud_build_info{version="1.2.3"} 1.0' in text


@pytest.mark.parametrize(
    ("ready", "hanging", "path", "status"),
    [
        (False, False, "/healthz", 200),
        (True, False, "/healthz", 200),
        (False, False, "/readyz", 503),
        (True, False, "/readyz", 200),
        (True, True, "/healthz", 503),
        (True, True, "/readyz", 503),
        (True, True, "/metrics", 200),
        (True, False, "/", 404),
        (True, False, "/healthz/x", 404),
        (True, False, "/readyz?verbose", 200),
    ],
)
def test_the_probes_say_how_it_stands(server: WSGIServer, health: Health, ready: bool, hanging: bool, path: str, status: int) -> None:
    health.ready = ready
    if hanging:
        hang(health)

    assert get(server, path)[0] == status


def test_a_loop_that_turns_again_is_alive_again(server: WSGIServer, health: Health) -> None:
    hang(health)
    assert get(server, "/healthz")[0] == 503
    health.beat()

    assert get(server, "/healthz")[0] == 200


@pytest.mark.parametrize(("silent", "alive"), [(0.0, True), (HANGING_SECONDS - 1, True), (HANGING_SECONDS, False)])
def test_half_a_minute_of_silence_is_a_hanging_loop(silent: float, alive: bool) -> None:
    assert Health(beat_at=time.monotonic() - silent).alive is alive


def test_a_client_that_says_nothing_does_not_keep_the_kubelet_waiting(server: WSGIServer) -> None:
    """Hold the line open without a request: a probe that waited for it would have the operator killed."""
    with socket.create_connection((LOCALHOST, server.server_port)):
        time.sleep(0.01)
        assert get(server, "/healthz")[0] == 200


def test_a_scrape_is_not_logged(server: WSGIServer, capsys: pytest.CaptureFixture[str]) -> None:
    get(server, "/metrics")

    assert capsys.readouterr().err == ""
