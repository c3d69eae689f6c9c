"""A stack's state as the engine keeps it, copied out and put back with its secrets encrypted as they are.

The Automation API's own export decrypts them, so the command is asked itself.
"""

import datetime
import json
import pathlib
from typing import Any, Final

from pulumi import automation

PRIVATE: Final = 0o700
SECRET: Final = 0o600
KEPT: Final = 20
"""Copies of a stack's state."""


def back_up(*, stack: automation.Stack, folder: pathlib.Path, moment: datetime.datetime) -> pathlib.Path:
    """Copy a stack's state and let go of the oldest copies."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    path = folder / f"{stack.name}-{moment.astimezone(datetime.UTC):%Y%m%dT%H%M%S%f}.json"
    path.touch(mode=SECRET)
    _command(stack, "export", path)
    for old in sorted(folder.glob(f"{stack.name}-[0-9]*T*.json"))[:-KEPT]:
        old.unlink()
    return path


def read_state(path: pathlib.Path) -> dict[str, Any]:
    """Return a copy's content: version and deployment, as `pulumi stack export` has them."""
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def put_back(*, stack: automation.Stack, content: dict[str, Any], path: pathlib.Path) -> None:
    """Write a state to `path`, and make it the stack's. Raise CommandError where the engine finds it inconsistent."""
    path.touch(mode=SECRET)
    path.write_text(json.dumps(content), "utf-8")
    _command(stack, "import", path)


def _command(stack: automation.Stack, verb: str, path: pathlib.Path) -> None:
    work = stack.workspace
    arguments = ["stack", verb, "--file", str(path.absolute()), "--stack", stack.name]
    work.pulumi_command.run(arguments, work.work_dir, dict(work.env_vars))
