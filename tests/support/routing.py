"""Who is called, as tests see it: Alertmanager's way through a tree, a small city, and who picks up: a mailbox and webhooks on loopback."""

import collections
import contextlib
import email.policy
import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

from citycloud.api.organisation import Contacts
from citycloud_monitoring.routing import Organisations
from citycloud_monitoring.routing_settings import Settings

ORGANISATIONS: Organisations = {
    "so-y-te": Contacts(owner="lanh-dao@y-te.example", technical="cntt@y-te.example", security="attt@y-te.example"),
    "so-tu-phap": Contacts(owner="lanh-dao@tu-phap.example"),
    "phuong-ba-dinh": Contacts(owner="chung@ba-dinh.example", security="chung@ba-dinh.example"),
    "xa-khong-thu": Contacts(owner="không có", technical="{{ .x }}@xa.example"),
    "xa-khong-doc": None,
}
"""With contacts of their own for everything, with one, with one for both, with none that mail can be sent to, and unreadable."""


def settings(**changes: Any) -> Settings:
    """A city whose teams have one address each, and where whoever is on call for platform and security is called by webhook."""
    pace = {"wait": "1s", "interval": "1s", "repeat": "1h"}
    content = {
        "teams": {
            "platform": {"addresses": ["platform@city.example"], "on_call": ["http://127.0.0.1:9/on-call"]},
            "security": {"addresses": ["security@city.example"], "on_call": ["http://127.0.0.1:9/on-call"]},
            "approvers": {"addresses": ["approvers@city.example"]},
            "network": {"addresses": ["network@city.example"]},
        },
        "heartbeat": "http://127.0.0.1:9/heartbeat",
        "mail": {"smarthost": "127.0.0.1:9", "sender": "citycloud@city.example", "tls": False},
        "paces": {"critical": pace, "warning": pace, "info": pace, "heartbeat": pace},
        "resource": {"namespace": "monitoring", "name": "citycloud"},
    }
    return Settings.model_validate(content | changes)


class Mailbox:
    """Takes every mail, and keeps it by address."""

    def __init__(self) -> None:
        self.mails: dict[str, list[EmailMessage]] = collections.defaultdict(list)
        self.port = 0


class Hooks:
    """Takes what is posted, and keeps the alerts by the last part of the path, in order and as often as they came."""

    def __init__(self) -> None:
        self.alerts: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
        self.port = 0


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Listen for mail (RFC 5321, as much of it as one sender without a password needs)."""
    box = Mailbox()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            receivers: list[str] = []
            self.wfile.write(b"220 mailbox\r\n")
            while line := self.rfile.readline().decode().strip():
                verb = line.upper()
                if verb.startswith("RCPT TO:"):
                    receivers.append(line[line.index("<") + 1 : line.index(">")])
                elif verb == "DATA":
                    self.wfile.write(b"354 go on\r\n")
                    message = email.message_from_bytes(self._message(), policy=email.policy.default)
                    for each in receivers:
                        box.mails[each].append(message)
                elif verb == "QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                self.wfile.write(b"250 yes\r\n")

        def _message(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            return b"".join(lines)

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)) as box.port:
        yield box


@contextlib.contextmanager
def hooks() -> Iterator[Hooks]:
    """Listen for webhooks."""
    heard = Hooks()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.alerts[self.path.rsplit("/", 1)[-1]] += body["alerts"]
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the standard library's name)
            """Stay silent."""

    with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)) as heard.port:
        yield heard


@contextlib.contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        port: int = server.socket.getsockname()[1]
        yield port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
