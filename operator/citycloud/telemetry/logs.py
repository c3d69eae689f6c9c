"""Logs as one JSON object a line, with stable event names; no secret ever reaches them, because no object's data does."""

import datetime
import json
import logging
import sys
from typing import Final

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON: time, level, logger, event, and whatever was passed as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Format one record."""
        content = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        content |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            content["exception"] = self.formatException(record.exc_info)
        return json.dumps(content, default=str, ensure_ascii=False)


def configure(*, level: str) -> None:
    """Send all logs of the process to standard error as JSON; kopf speaks only from warnings upwards."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("kopf", "aiohttp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
