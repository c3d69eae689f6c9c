"""What a run that was killed leaves behind: its lock, and things that the cloud was asked for and whose ids nobody wrote down.

The engine notes in the state what it is about to do before it does it. So what the last run was doing when it died is known; whether the
cloud did it is found by name, for every name is unique in the city and follows from the inventory. What is there is taken over, with the
inputs it was asked for with; what is not there is forgotten, and the next run makes it. Nothing else can depend on such a thing yet, since
its id was never told.

A request that was on its way when the run died may still be carried out: who runs again at once would find nothing, make a twin, or be
refused because the first one holds the port. So for half a minute from the dead run's last word, what is missing is looked up again.

The engine's own `refresh --import-pending-creates` only notes the id, and with the end of that run the note is gone as well.
"""

import dataclasses
import datetime
import json
import pathlib
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import psutil
from pulumi import automation

from citycloud_infra.targets.settings import PROJECT
from citycloud_infra.targets.state import put_back, read_state

CREATING: Final = "creating"
ON_ITS_WAY: Final = datetime.timedelta(seconds=30)
"""How long a cloud may take to carry out what nobody waits for any more."""
LOOK_AGAIN_SECONDS: Final = 2.0
Tell = Callable[[str], None]


class Locked(Exception):
    """Somebody else is running the stack, or may be."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pending:
    """Something that a cloud was asked to make; `type` is its type token, `inputs` are as the state has them, secrets encrypted."""

    urn: str
    type: str
    inputs: Mapping[str, Any]


Identify = Callable[[Sequence[Pending]], Mapping[str, str]]
"""From things to the ids by which the provider knows those that the cloud has, by URN."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Search:
    """How what a killed run asked for is looked up: again and again until it is there or cannot come any more."""

    identify: Identify
    now: Callable[[], datetime.datetime]
    rest: Callable[[float], None]

    def find(self, things: Sequence[Pending], *, died: datetime.datetime, tell: Tell) -> dict[str, str]:
        """Return the ids of what the cloud has, by URN; `died` is when the killed run last wrote its state."""
        found = dict(self.identify(things))
        until = died + ON_ITS_WAY
        if len(found) < len(things) and self.now() < until:
            tell(
                f"chờ đến {until:%H:%M:%S} UTC những gì lần chạy bị ngắt đã yêu cầu mà chưa thấy / "
                f"waiting until {until:%H:%M:%S} UTC for what the killed run asked for and is not there yet"
            )
        while len(found) < len(things) and self.now() < until:
            self.rest(LOOK_AGAIN_SECONDS)
            found |= self.identify([each for each in things if each.urn not in found])
        return found


def last_word(*, stack: automation.Stack, state: pathlib.Path) -> datetime.datetime:
    """Return when a stack's state was last written."""
    path = state / ".pulumi" / "stacks" / PROJECT / f"{stack.name}.json"
    return datetime.datetime.fromtimestamp(path.stat().st_mtime, tz=datetime.UTC)


def unlock(*, stack: automation.Stack, state: pathlib.Path, tell: Tell) -> None:
    """Take a dead run's lock away. Raise Locked where whoever holds it lives, or is on another machine."""
    locks = state / ".pulumi" / "locks" / "organization" / PROJECT / stack.name
    holders = [json.loads(path.read_text("utf-8")) for path in sorted(locks.glob("*.json"))]
    for holder in holders:
        if holder["hostname"] != socket.gethostname() or _alive(holder["pid"]):
            who = f"{holder['username']}@{holder['hostname']}, pid {holder['pid']}, {holder['timestamp']}"
            raise Locked(
                f"{stack.name} đang có người chạy ({who}); hãy đợi, hoặc nếu chắc chắn không còn ai thì xóa {locks} / "
                f"{stack.name} is being run ({who}); wait, or where nobody is there any more remove {locks}"
            )
    if holders:
        stack.cancel()
        tell(f"{stack.name}: đã bỏ khóa của lần chạy bị ngắt / took away the lock of a run that was killed")


def resume(*, stack: automation.Stack, copy: pathlib.Path, search: Search, died: datetime.datetime, parallel: int, tell: Tell) -> None:
    """Take over what a run that `died` then began; `copy` is the state as it is. Raise CommandError."""
    content = read_state(copy)
    deployment = content["deployment"]
    begun = deployment.get("pending_operations") or []
    if not begun:
        return
    asked = [each["resource"] for each in begun if each["type"] == CREATING and each["resource"]["custom"]]
    known = search.find([Pending(urn=each["urn"], type=each["type"], inputs=each["inputs"]) for each in asked], died=died, tell=tell)
    for each in asked:
        tell(_told(each["urn"], known=known))
    found = [{**each, "id": known[each["urn"]], "outputs": each["inputs"]} for each in asked if each["urn"] in known]
    looked = [each["resource"]["urn"] for each in begun if each["type"] != CREATING] + [each["urn"] for each in found]
    deployment["resources"] = [*deployment["resources"], *found]
    deployment["pending_operations"] = []
    put_back(stack=stack, content=content, path=copy.with_suffix(".resumed"))
    if looked:
        stack.refresh(target=looked, parallel=parallel, on_output=tell)


def _told(urn: str, *, known: Mapping[str, str]) -> str:
    name = urn.rpartition("::")[2]
    if urn in known:
        return f"{name}: đã có trên đám mây, tiếp quản {known[urn]} / is there already, taken over as {known[urn]}"
    return f"{name}: chưa được tạo, sẽ tạo lại / was not made, will be"


def _alive(pid: int) -> bool:
    """Tell whether a process lives; one that has ended and waits for its parent does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
