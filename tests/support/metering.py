"""A Prometheus of a few lines: it knows what a city allocated and at which price at each moment, and answers the questions of a bill."""

import contextlib
import http.server
import json
import re
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Answer = tuple[int, bytes]
Respond = Callable[[str, int], Answer]
Labels = tuple[tuple[str, str], ...]
SUBQUERY = re.compile(r"(sum|count)_over_time\(\((.*)\)\[(\d+)s:(\d+)s\]\)")
CHOSEN = re.compile(r'organisation="([^"]*)"')


@contextlib.contextmanager
def answering(respond: Respond) -> Iterator[str]:
    """Serve what `respond` says of each expression and moment, on loopback; give the address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            status, body = respond(asked["query"][0], int(asked["time"][0]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Metered:
    """What was so at a moment: amounts by organisation, system and resource; prices by resource and currency, none where nobody saw."""

    def __init__(
        self,
        *,
        amounts: Callable[[int], Mapping[tuple[str, str, str], float]],
        prices: Callable[[int], Mapping[tuple[str, str], float]],
    ) -> None:
        self._amounts = amounts
        self._prices = prices
        self.asked: list[str] = []

    def __call__(self, expression: str, at: int) -> Answer:
        self.asked.append(expression)
        match = SUBQUERY.fullmatch(expression)
        assert match is not None, expression
        function, inner, seconds, step = match[1], match[2], int(match[3]), int(match[4])
        sums: dict[Labels, float] = {}
        first = -(-(at - seconds) // step) * step
        for moment in range(first, at + 1, step):
            for labels, value in self._at(inner, moment):
                sums[labels] = sums.get(labels, 0.0) + (value if function == "sum" else 1)
        return 200, vector([(dict(labels), value) for labels, value in sums.items()])

    def _at(self, expression: str, moment: int) -> Iterator[tuple[Labels, float]]:
        prices = self._prices(moment)
        if "system_allocated" not in expression:
            if prices and ("> 0" not in expression or any(prices.values())):
                yield (), 1
            return
        chosen = CHOSEN.search(expression)
        for (organisation, system, resource), amount in self._amounts(moment).items() if prices else ():
            labels = (("organisation", organisation), ("system", system), ("resource", resource))
            if chosen is not None and chosen[1] != organisation:
                continue
            if "unit_price" not in expression:
                yield labels, amount
            for (priced, currency), price in prices.items() if "unit_price" in expression else ():
                if priced == resource:
                    yield (*labels, ("currency", currency)), amount * price


def vector(series: list[tuple[dict[str, str], float]], **more: Any) -> bytes:
    """Write an answer as Prometheus does."""
    result = [{"metric": labels, "value": [0, str(value)]} for labels, value in series]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}, **more}).encode()
