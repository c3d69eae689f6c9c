"""Each approved environment is counted once: Ready in time or not, across restarts too."""

import datetime
from typing import Any, Final

from citycloud.engine.queue import Key
from citycloud.telemetry.deadlines import Deadlines

KEY: Final = Key("Environment", "org-so-y-te", "ho-so")
NOW: Final = datetime.datetime(2026, 9, 1, 3, tzinfo=datetime.UTC)


def at(seconds: float) -> datetime.datetime:
    return NOW + datetime.timedelta(seconds=seconds)


def status(*, approved: float | None = 0, ready: float | None = None) -> dict[str, Any]:
    written: dict[str, Any] = {"approved": {"at": at(approved).isoformat()}} if approved is not None else {}
    return written | ({"firstReadyAt": at(ready).isoformat()} if ready is not None else {})


def test_ready_in_time_is_counted_once_and_only_at_first() -> None:
    seen: list[str] = []
    deadlines = Deadlines(count=seen.append)
    for each in (status(approved=None), status(), status(ready=2), status(ready=2)):
        deadlines.look(key=KEY, status=each)
    deadlines.check(at(1000))

    assert seen == ["met"]


def test_what_is_approved_and_ready_at_once_is_counted_once() -> None:
    seen: list[str] = []
    deadlines = Deadlines(count=seen.append)
    deadlines.look(key=KEY, status=status(ready=2), was_ready=False)
    deadlines.look(key=KEY, status=status(ready=2))
    deadlines.check(at(1000))

    assert seen == ["met"]


def test_what_was_late_before_it_was_ready_is_not_met_afterwards() -> None:
    seen: list[str] = []
    deadlines = Deadlines(count=seen.append)
    deadlines.look(key=KEY, status=status(), was_ready=False)
    deadlines.check(at(121))
    deadlines.look(key=KEY, status=status(ready=130), was_ready=False)

    assert seen == ["missed"]


def test_what_never_becomes_ready_counts_when_it_is_due() -> None:
    seen: list[str] = []
    deadlines = Deadlines(count=seen.append)
    deadlines.look(key=KEY, status=status())
    deadlines.check(at(119))
    assert seen == []
    for seconds in (121, 122, 1000):
        deadlines.check(at(seconds))
        deadlines.look(key=KEY, status=status())
    deadlines.look(key=KEY, status=status(ready=2000))

    assert seen == ["missed"], "late is missed, and not met afterwards"


def test_what_was_purged_is_promised_anew() -> None:
    seen: list[str] = []
    deadlines = Deadlines(count=seen.append)
    for each in (status(), status(ready=1), status(approved=None), status(approved=5000), status(approved=5000, ready=5001)):
        deadlines.look(key=KEY, status=each)

    assert seen == ["met", "met"]


def test_what_came_due_under_an_earlier_leader_was_counted_by_that_one() -> None:
    seen: list[str] = []
    deadlines = Deadlines(count=seen.append)
    deadlines.restore(key=KEY, status=status(), since=at(500))
    deadlines.check(at(1000))
    assert seen == []


def test_what_came_due_while_nobody_led_is_counted_by_the_next() -> None:
    seen: list[str] = []
    deadlines = Deadlines(count=seen.append)
    deadlines.restore(key=KEY, status=status(), since=at(60))
    deadlines.restore(key=Key("Environment", "org-so-y-te", "xong"), status=status(ready=3), since=at(60))
    deadlines.check(at(1000))

    assert seen == ["missed"]
