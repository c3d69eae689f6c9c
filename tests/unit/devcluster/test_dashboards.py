"""The plain server behind the dashboards' page: what it gives, where links lead, what it hands on, and what it keeps to itself."""

import contextlib
import http.server
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from citycloud_dev.assets import AssetError
from citycloud_dev.dashboards import Site, demo_prometheus, serving
from citycloud_dev.processes import free_ports

ASKED = b"query=sum%28up%29"


class FakePrometheus(http.server.BaseHTTPRequestHandler):
    """Say back what was asked; refuse what is called broken."""

    def do_GET(self) -> None:
        self._say(b"")

    def do_POST(self) -> None:
        self._say(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_: object) -> None:
        pass

    def _say(self, body: bytes) -> None:
        self.send_response(400 if b"broken" in body else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps([self.command, self.path, self.headers.get("Content-Type"), body.decode()]).encode())


@pytest.fixture
def prometheus() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), FakePrometheus)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def site(tmp_path: Path, prometheus: str) -> Site:
    page, dashboards = tmp_path / "page", tmp_path / "dashboards"
    page.mkdir()
    dashboards.mkdir()
    (tmp_path / "secret").write_text("khóa")
    (page / "index.html").write_text("<title>citycloud</title>")
    for name, title in (("fleet-vi", "Đội máy"), ("fleet-en", "Fleet"), ("slo-vi", "Cam kết"), ("other-vi", "Lạ"), ("other-en", "Strange")):
        spec = {"display": {"name": title}, "links": ["@RUNBOOKS@/OperatorDown.md", "@DASHBOARDS@/slo"]}
        (dashboards / f"{name}.json").write_text(json.dumps({"spec": spec}))
    return Site(page=page, dashboards=dashboards, prometheus=prometheus)


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site) as running:
        yield running


def get(address: str, path: str) -> Any:
    with urllib.request.urlopen(f"{address}{path}", timeout=10) as answer:
        return json.load(answer)


def test_a_view_is_listed_once_both_languages_are_there(address: str) -> None:
    assert get(address, "/dashboards/index.json") == {"scrapeInterval": "1s", "views": [{"view": "fleet", "vi": "Đội máy", "en": "Fleet"}]}


def test_links_lead_to_this_server(address: str) -> None:
    assert get(address, "/dashboards/fleet-vi.json")["spec"]["links"] == ["/runbooks/OperatorDown.md", "/d/slo"]


@pytest.mark.parametrize(
    ("link", "place"),
    [
        ("control-plane", "/?view=control-plane&lang=vi"),
        ("fleet-en", "/?view=fleet&lang=en"),
        ("citycloud-control-plane-vi", "/?view=control-plane&lang=vi"),
    ],
)
def test_the_address_that_an_alert_carries_leads_to_its_view(address: str, link: str, place: str) -> None:
    with urllib.request.urlopen(f"{address}/d/{link}", timeout=10) as answer:
        assert answer.url == f"{address}{place}"
        assert answer.read() == b"<title>citycloud</title>"


def test_a_runbook_can_be_read(address: str) -> None:
    with urllib.request.urlopen(f"{address}/runbooks/OperatorDown.md", timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "OperatorDown" in answer.read().decode()


@pytest.mark.parametrize(
    "path",
    ["/d/nowhere", "/dashboards/other-vi.json", "/dashboards/fleet-fr.json", "/../secret", "/%2e%2e/secret", "/runbooks/../../LICENSE"],
)
def test_nothing_else_is_given(address: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        urllib.request.urlopen(f"{address}{path}", timeout=10)
    refused.value.close()


def test_questions_reach_prometheus_as_they_were_asked(address: str) -> None:
    asked = urllib.request.Request(f"{address}/proxy/api/v1/query_range?x=1", data=ASKED)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert json.load(answer) == ["POST", "/api/v1/query_range?x=1", "application/x-www-form-urlencoded", ASKED.decode()]
    assert get(address, "/proxy/api/v1/labels?match[]=up")[:2] == ["GET", "/api/v1/labels?match[]=up"]


def test_what_prometheus_refuses_is_told(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address}/proxy/api/v1/query", data=b"query=broken", timeout=10)
    with contextlib.closing(refused.value) as answer:
        assert answer.status == 400
        assert json.load(answer)[3] == "query=broken"


@pytest.mark.parametrize("path", ["/proxy/-/quit", "/dashboards/fleet-vi.json"])
def test_nothing_else_is_taken(address: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        urllib.request.urlopen(f"{address}{path}", data=ASKED, timeout=10)
    refused.value.close()


def test_a_prometheus_that_is_away_is_said_to_be(site: Site) -> None:
    away = Site(page=site.page, dashboards=site.dashboards, prometheus=f"http://127.0.0.1:{free_ports(1)[0]}")
    with serving(away) as address, pytest.raises(urllib.error.HTTPError, match="502") as refused:
        urllib.request.urlopen(f"{address}/proxy/api/v1/labels", timeout=10)
    with contextlib.closing(refused.value) as answer:
        assert away.prometheus in json.load(answer)["error"]


def test_without_a_demo_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="make demo"):
        demo_prometheus(folder=tmp_path)


def test_the_demos_prometheus_is_found(tmp_path: Path, prometheus: str) -> None:
    (tmp_path / "prometheus").mkdir()
    (tmp_path / "prometheus" / "address").write_text(prometheus)
    assert demo_prometheus(folder=tmp_path) == prometheus
