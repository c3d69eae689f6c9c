"""Prometheus as the command line reads it: one question, one vector of numbers, and a failure for whatever is not exactly that.

A bill is added up from the answers, so half an answer is none: warnings (which is how Thanos and its like say that a store did not answer),
what is not a number, and a redirect to somewhere else all end the command.
"""

import dataclasses
import json
import math
import urllib.parse
from typing import Any, Final

import urllib3

from citycloud.cli.failure import Failure

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 120.0
"""As long as Prometheus itself lets a question take."""
LONGEST_ANSWER: Final = 64 * 2**20
"""Bytes; a vector of a full city has two."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """One series of an answer."""

    labels: dict[str, str]
    value: float


class Prometheus:
    """Asks one Prometheus, or what speaks its language."""

    def __init__(self, url: str) -> None:
        if not _is_address(url):
            raise Failure("NoPrometheus", url=url)
        self._url = url.rstrip("/")
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        self._pool = urllib3.PoolManager(retries=False, timeout=timeout)

    def ask(self, expression: str, *, at: int) -> list[Sample]:
        """Evaluate an expression at a moment; raise Failure where there is no whole answer."""
        try:
            answer = self._pool.request(
                "POST",
                f"{self._url}/api/v1/query",
                fields={"query": expression, "time": str(at)},
                encode_multipart=False,
                redirect=False,
                preload_content=False,
            )
            body = answer.read(LONGEST_ANSWER + 1)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise Failure("PrometheusUnreachable", url=self._url, error=_one_line(error)) from error
        if len(body) > LONGEST_ANSWER:
            answer.close()
            raise Failure("PrometheusNotUnderstood", url=self._url)
        if answer.status != 200:
            raise Failure("PrometheusRefuses", url=self._url, code=answer.status, error=_reason(body))
        return self._samples(body)

    def _samples(self, body: bytes) -> list[Sample]:
        try:
            answer = json.loads(body)
            if answer["status"] != "success" or answer["data"]["resultType"] != "vector":
                raise ValueError(answer["status"])
            found = [_sample(each) for each in answer["data"]["result"]]
            warnings = answer.get("warnings")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Failure("PrometheusNotUnderstood", url=self._url) from error
        if warnings:
            raise Failure("PrometheusPartial", url=self._url, error=_one_line(warnings))
        return found


def _is_address(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
        rest = (parts.username, parts.query, parts.fragment)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not any(rest)
    except ValueError:
        return False


def _sample(series: Any) -> Sample:
    value = float(series["value"][1])
    if not math.isfinite(value) or value < 0:
        raise ValueError(value)
    return Sample(labels={str(name): str(text) for name, text in series["metric"].items()}, value=value)


def _reason(body: bytes) -> str:
    try:
        return _one_line(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return _one_line(body[:1000].decode(errors="replace")) or "–"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]
