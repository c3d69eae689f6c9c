"""`make dashboards`: the project's dashboards over a Prometheus, on loopback, without Grafana and without Perses' server.

One plain server gives the built page, the dashboards as the chart ships them, the runbooks that they link to, and hands what the page asks
on to Prometheus.
"""

import argparse
import contextlib
import dataclasses
import functools
import http.client
import http.server
import json
import mimetypes
import os
import pathlib
import re
import sys
import threading
import typing
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Final

from citycloud_dev.assets import AssetError
from citycloud_dev.install import CHARTS
from citycloud_dev.layout import default_folder
from citycloud_dev.perses import find_page
from citycloud_dev.prometheus import ADDRESS, SCRAPE_SECONDS
from citycloud_monitoring.catalogue import View
from citycloud_monitoring.links import DASHBOARDS, RUNBOOKS

SHIPPED: Final = CHARTS / "citycloud" / "files" / "dashboards" / "perses"
RUNBOOK_PAGES: Final = CHARTS.parent / "docs" / "runbooks"
VIEWS: Final[tuple[str, ...]] = typing.get_args(View)
LANGUAGES: Final = ("vi", "en")
PROXY: Final = "/proxy"
ASK_SECONDS: Final = 60
CITY_SCRAPE_SECONDS: Final = 30
"""As the chart's ServiceMonitor asks."""
LONGEST_QUESTION: Final = 1 << 20
"""Bytes: a page asks in kilobytes."""
_LINK: Final = re.compile(r"(?:citycloud-)?(?P<view>[a-z-]+?)(?:-(?P<language>vi|en))?")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Site:
    """What is served: the built page, the folder of dashboards, and the address of Prometheus with how often it scrapes."""

    page: pathlib.Path
    dashboards: pathlib.Path
    prometheus: str
    scrape_seconds: int = SCRAPE_SECONDS

    def dashboard(self, *, view: str, language: str) -> str | None:
        """Return a dashboard with its links leading here; None where there is none."""
        path = self.dashboards / f"{view}-{language}.json"
        if view not in VIEWS or language not in LANGUAGES or not path.is_file():
            return None
        return path.read_text(encoding="utf-8").replace(RUNBOOKS, "/runbooks").replace(DASHBOARDS, "/d")

    def views(self) -> list[dict[str, str]]:
        """List the views that there are, each with its title in both languages."""
        texts = {view: {each: self.dashboard(view=view, language=each) for each in LANGUAGES} for view in VIEWS}
        titles = {
            view: {each: json.loads(text)["spec"]["display"]["name"] for each, text in both.items() if text} for view, both in texts.items()
        }
        return [{"view": view, **both} for view, both in titles.items() if len(both) == len(LANGUAGES)]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answer one request."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: typing.Any, site: Site) -> None:
        self.site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Give a file, a dashboard or an answer of Prometheus."""
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        first, _, rest = path.removeprefix("/").partition("/")
        if path.startswith(f"{PROXY}/api/v1/"):
            self._pass_on()
        elif path == "/dashboards/index.json":
            index = {"scrapeInterval": f"{self.site.scrape_seconds}s", "views": self.site.views()}
            self._give(json.dumps(index, ensure_ascii=False).encode(), kind="application/json")
        elif first == "dashboards":
            view, _, language = rest.removesuffix(".json").rpartition("-")
            text = self.site.dashboard(view=view, language=language)
            self._give(text.encode() if text else None, kind="application/json")
        elif first == "d":
            self._lead(rest)
        elif first == "runbooks":
            self._file(folder=RUNBOOK_PAGES, name=rest, kind="text/plain; charset=utf-8")
        else:
            self._file(folder=self.site.page, name=path.removeprefix("/") or "index.html", keep=first == "assets")

    def do_POST(self) -> None:
        """Ask Prometheus; nothing else takes anything."""
        if urllib.parse.urlsplit(self.path).path.startswith(f"{PROXY}/api/v1/"):
            self._pass_on()
        else:
            self._give(None)

    def log_message(self, *_: object) -> None:
        """Say nothing about each request."""

    def _lead(self, link: str) -> None:
        """Lead from the address that alerts and panels carry to the page."""
        match = _LINK.fullmatch(link)
        if match is None or match["view"] not in VIEWS:
            self._give(None)
            return
        self.send_response(http.HTTPStatus.FOUND)
        self.send_header("Location", f"/?view={match['view']}&lang={match['language'] or LANGUAGES[0]}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _file(self, *, folder: pathlib.Path, name: str, kind: str = "", keep: bool = False) -> None:
        """Give a file of a folder; one that is named by its hash may be kept."""
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve()) and path.is_file()
        kind = kind or mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._give(path.read_bytes() if inside else None, kind=kind, keep=keep)

    def _give(self, body: bytes | None, *, kind: str = "text/plain", status: int = http.HTTPStatus.OK, keep: bool = False) -> None:
        self.send_response(http.HTTPStatus.NOT_FOUND if body is None else status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "max-age=31536000, immutable" if keep and body is not None else "no-cache")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def _pass_on(self) -> None:
        """Hand a question on to Prometheus and its answer back; its refusals are answers too."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_QUESTION:
            self._give(b"", status=http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        target = urllib.parse.urlsplit(self.site.prometheus)
        connection = http.client.HTTPConnection(target.netloc, timeout=ASK_SECONDS)
        headers = {"Content-Type": self.headers.get("Content-Type", "")} if length else {}
        try:
            connection.request(
                self.command, target.path.rstrip("/") + self.path.removeprefix(PROXY), body=self.rfile.read(length), headers=headers
            )
            answer = connection.getresponse()
            self._give(answer.read(), kind=answer.headers.get("Content-Type", "application/json"), status=answer.status)
        except OSError as error:
            told = json.dumps({"status": "error", "errorType": "unavailable", "error": f"{self.site.prometheus}: {error}"})
            self._give(told.encode(), kind="application/json", status=http.HTTPStatus.BAD_GATEWAY)
        finally:
            connection.close()


@contextlib.contextmanager
def serving(site: Site, *, port: int = 0) -> Iterator[str]:
    """Serve on loopback; yield the address. Port 0 takes a free one."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Handler, site=site))
    thread = threading.Thread(target=server.serve_forever, name="dashboards", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def chosen_site(arguments: argparse.Namespace) -> Site:
    """Return the shipped dashboards over the Prometheus that was asked for; raise AssetError where one of them cannot be had."""
    if arguments.prometheus:
        return Site(page=find_page(), dashboards=SHIPPED, prometheus=arguments.prometheus, scrape_seconds=CITY_SCRAPE_SECONDS)
    return Site(page=find_page(), dashboards=SHIPPED, prometheus=demo_prometheus(folder=arguments.dir))


def choice(description: str | None) -> argparse.ArgumentParser:
    """Build the parser of what may be asked for: some Prometheus, or that of a demo."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--prometheus", default=os.environ.get("PROMETHEUS"), help="address of Prometheus; without it, the demo's")
    parser.add_argument("--dir", type=pathlib.Path, default=default_folder(name="demo"), help="data folder of the demo")
    return parser


def demo_prometheus(*, folder: pathlib.Path) -> str:
    """Return the address of the demo's Prometheus; raise AssetError where none answers there."""
    try:
        address = (folder / "prometheus" / ADDRESS).read_text().strip()
        with urllib.request.urlopen(f"{address}/-/ready", timeout=ASK_SECONDS):
            return address
    except OSError as error:
        raise AssetError(f"no Prometheus of a demo answers ({error}): start `make demo` elsewhere, or set PROMETHEUS=http://…") from error


def main() -> int:
    """Serve until Ctrl-C."""
    parser = choice(__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on loopback; without it, a free one")
    arguments = parser.parse_args()
    try:
        site = chosen_site(arguments)
    except AssetError as error:
        print(f"dashboards: {error}", file=sys.stderr)
        return 1
    with serving(site, port=arguments.port) as address:
        print(f"dashboards over {site.prometheus}; Ctrl-C ends it", file=sys.stderr)
        for each in site.views():
            print(f"  {address}/?view={each['view']}&lang=vi  {each['vi']} / {each['en']}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
