"""SQLite under services that expect a database server: writers wait for each other instead of failing.

SQLAlchemy begins a transaction as a reader, and two readers that both want to write block each other for good. So a transaction takes the
writer's place when it begins. One that a thread begins while another of its own is open (Neutron reads a port that has a quality of service
in two sessions) begins as a reader after all, for it would wait for itself.
"""

import sqlite3
import threading
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

WAIT_MILLISECONDS = 60_000


class Transactions(threading.local):
    """The transactions that this thread has open."""

    def __init__(self) -> None:
        self._connections: list[sqlite3.Connection] = []

    def begin(self, connection: sqlite3.Connection) -> str:
        """Say how a transaction on this connection begins."""
        self._connections = [each for each in self._connections if _is_open(each)]
        alone = not self._connections
        self._connections.append(connection)
        return "BEGIN IMMEDIATE" if alone else "BEGIN"


def let_writers_wait() -> None:
    """Change how SQLAlchemy uses SQLite in this process."""
    transactions = Transactions()

    def connected(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA busy_timeout={WAIT_MILLISECONDS}")
        connection.execute("PRAGMA synchronous=OFF")  # nothing here has to outlive the machine

    def executing(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> tuple[str, Any]:  # noqa: ARG001  # SQLAlchemy's own
        if statement == "BEGIN":
            statement = transactions.begin(connection.connection.dbapi_connection)
        return statement, parameters

    event.listen(Engine, "connect", connected)
    event.listen(Engine, "before_cursor_execute", executing, retval=True)


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        return connection.in_transaction
    except sqlite3.ProgrammingError:  # closed by the pool
        return False
