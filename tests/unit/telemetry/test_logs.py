"""Logs are one JSON object a line, whatever is said in them."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from citycloud.telemetry.logs import JsonFormatter, configure


def formatted(message: str, *args: Any, level: int = logging.INFO, exc_info: Any = None, **extra: Any) -> dict[str, Any]:
    """Format one record and read it back."""
    record = logging.getLogger("citycloud.test").makeRecord("citycloud.test", level, "file.py", 1, message, args, exc_info, extra=extra)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    content: dict[str, Any] = json.loads(line)
    return content


def test_a_record_says_when_how_bad_where_and_what() -> None:
    content = formatted("reconcile_failed", level=logging.WARNING)

    assert {key: content[key] for key in ("level", "logger", "event")} == {
        "level": "warning",
        "logger": "citycloud.test",
        "event": "reconcile_failed",
    }
    assert content["time"].endswith("+00:00")
    assert content.keys() == {"time", "level", "logger", "event"}


def test_what_was_passed_beside_the_event_stands_beside_it() -> None:
    content = formatted("watch_failed", resource="configmaps", code=503, error="no\nanswer")

    assert (content["resource"], content["code"], content["error"]) == ("configmaps", 503, "no\nanswer")


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", ValueError("x"), ("a", "tuple")], ids=lambda value: type(value).__name__)
def test_anything_can_be_logged(value: object) -> None:
    assert "value" in formatted("event", value=value)


def test_vietnamese_is_written_as_it_is_read() -> None:
    record = logging.getLogger("x").makeRecord("x", logging.INFO, "f", 1, "Sở Y tế", (), None)

    assert '"Sở Y tế"' in JsonFormatter().format(record)


def test_a_message_with_arguments_is_put_together() -> None:
    assert formatted("%s of %d", "one", 2)["event"] == "one of 2"


def test_an_exception_is_one_field() -> None:
    try:
        raise KeyError("a fault")
    except KeyError:
        content = formatted("reconcile_crashed", level=logging.ERROR, exc_info=sys.exc_info())

    assert content["exception"].startswith("Traceback")
    assert content["exception"].endswith("KeyError: 'a fault'")


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """Put the handlers and levels back that a test replaces."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    levels = {name: logging.getLogger(name).level for name in ("kopf", "aiohttp")}
    logger.handlers.clear()
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def test_the_process_logs_to_standard_error_and_kopf_only_its_warnings(root: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    configure(level="info")
    logging.getLogger("citycloud").info("started", extra={"port": 8080})
    logging.getLogger("citycloud").debug("hidden")
    logging.getLogger("kopf").info("hidden")
    logging.getLogger("kopf").warning("shown")

    written = capsys.readouterr()
    assert written.out == ""
    assert [json.loads(line)["event"] for line in written.err.splitlines()] == ["started", "shown"]
