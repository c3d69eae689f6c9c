"""The stacks' runs over Pulumi's Automation API: the program is this process's own, so that the `pulumi` command is all that is needed.

State lies in a folder (the file backend), encrypted with a passphrase from the environment. One writer at a time: the backend locks. Before
a run that changes anything the state is copied beside it, for a state that is lost or broken is the one thing that no second run mends; and
what an earlier run left when it was killed is put in order (recovery.py), so that resuming means to run again.
"""

import dataclasses
import datetime
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi import automation

from citycloud_infra.model.stacks import BACKBONE, PARALLEL, Action, stacks
from citycloud_infra.targets.keys import MASTER
from citycloud_infra.targets.plan import record
from citycloud_infra.targets.program import City, build
from citycloud_infra.targets.quota import needs, short
from citycloud_infra.targets.recovery import Search, Tell, last_word, resume, unlock
from citycloud_infra.targets.settings import PROJECT
from citycloud_infra.targets.state import PRIVATE, back_up

PASSPHRASES: Final = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
PROGRAMS: Final = ("up", "preview")
"""Actions that run the program; the others go by the state."""
WHOLE_FILES: Final = "metadata=skip"
"""Else the backend keeps each file's MIME type in a second file, written in place: a run killed then leaves a state that cannot be read."""
Allowance = Callable[[], Mapping[str, int]]
"""Returns the limit of each quota of the city's project; asked once, before the first change."""


class NotReady(Exception):
    """A run cannot begin; the message says what to do, in both languages."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """Where a city's state lies, and how its stacks are run."""

    city: City
    folder: pathlib.Path
    now: Callable[[], datetime.datetime]
    parallel: int = PARALLEL
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    allowance: Allowance | None = None
    search: Search | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one stack's run did: how many resources were created, updated, deleted, left as they are."""

    stack: str
    changes: Mapping[str, int]


def perform(*, run: Run, action: Action, only: Sequence[str], master: str | None, tell: Tell) -> Iterator[Outcome]:
    """Run the stacks in their order, from the last when they are destroyed; `only` narrows them down.

    Raise NotReady, Locked, CloudSilent, CommandError.

    `master` is the secret of the keys where the stacks do not have it yet (targets/keys.py).
    """
    names = chosen(run=run, action=action, only=only)
    ready(os.environ)
    if action == "up" and run.allowance is not None:
        allow(city=run.city, limits=run.allowance())
    for name in names:
        if action == "preview" and name != BACKBONE and not opened(run=run, name=BACKBONE).outputs():
            tell(f"{name}: {BACKBONE} chưa có, chưa xem trước được / {BACKBONE} is not there yet, so nothing can be foreseen")
            continue
        stack = opened(run=run, name=name)
        if action in PROGRAMS:
            give_secret(stack=stack, name=name, master=master)
        if action != "preview":
            _put_in_order(run=run, stack=stack, tell=tell)
        yield Outcome(stack=name, changes=_changes(_act(stack=stack, action=action, parallel=run.parallel, tell=tell)))


def chosen(*, run: Run, action: Action, only: Sequence[str]) -> list[str]:
    """Return the stacks of a run in their order. Raise NotReady for one that the city does not have."""
    known = stacks(run.city.plan.inventory)
    for name in only:
        if name not in known:
            raise NotReady(f"không có ngăn xếp {name}; hãy dùng: {', '.join(known)} / there is no stack {name}; use: {', '.join(known)}")
    names = [name for name in known if not only or name in only]
    return names[::-1] if action == "destroy" else names


def ready(environment: Mapping[str, str]) -> None:
    """Raise NotReady where the `pulumi` command or the passphrase is missing."""
    if shutil.which("pulumi", path=environment.get("PATH", "")) is None:
        raise NotReady(
            "không tìm thấy lệnh pulumi: hãy cài theo https://www.pulumi.com/docs/iac/download-install/ và thêm vào PATH; "
            "`check`, `plan` và `render` không cần lệnh này / the command pulumi is not found: install it as "
            "https://www.pulumi.com/docs/iac/download-install/ says and put it on the PATH; `check`, `plan` and `render` do without"
        )
    if not any(environment.get(name) for name in PASSPHRASES):
        raise NotReady(
            f"chưa có mật khẩu của trạng thái: hãy đặt {' hoặc '.join(PASSPHRASES)} / "
            f"the state's passphrase is missing: set {' or '.join(PASSPHRASES)}"
        )


def allow(*, city: City, limits: Mapping[str, int]) -> None:
    """Raise NotReady where the cloud allows less than the whole city needs; the project is the city's alone, so nothing else counts."""
    graph = record(plan=city.plan, settings=city.settings, user_data=city.user_data)
    lacking = short(needed=needs(nodes=graph.all(), flavors=city.plan.inventory.compute.flavors), limits=limits)
    if lacking:
        told = ", ".join(f"{name} {count} > {limit}" for name, (count, limit) in lacking.items())
        raise NotReady(f"hạn mức không đủ (cần > cho phép): {told} / quotas do not suffice (needed > allowed): {told}")


def opened(*, run: Run, name: str) -> automation.Stack:
    """Open a stack, or make it."""
    work, state = run.folder / "settings", run.folder / "state"
    for folder in (run.folder, work, state):
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    options = automation.LocalWorkspaceOptions(
        work_dir=str(work),
        secrets_provider="passphrase",
        project_settings=automation.ProjectSettings(
            name=PROJECT, runtime="python", backend=automation.ProjectBackend(url=f"file://{state.resolve()}?{WHOLE_FILES}")
        ),
        env_vars={"PULUMI_SKIP_UPDATE_CHECK": "true", **run.environment},
    )
    return automation.create_or_select_stack(name, project_name=PROJECT, program=lambda: build(stack=name, city=run.city), opts=options)


def give_secret(*, stack: automation.Stack, name: str, master: str | None) -> None:
    """Put the secret of the keys into a stack that has keys, encrypted. Raise NotReady where it has none and none is given."""
    if name == BACKBONE:
        return
    key = f"{PROJECT}:{MASTER}"
    if master is not None:
        stack.set_config(key, automation.ConfigValue(value=master, secret=True))
    elif key not in stack.get_all_config():
        raise NotReady(
            f"{name} chưa có bí mật của khóa: hãy chạy lại với --secret TỆP / "
            f"{name} lacks the secret of its keys: run again with --secret FILE"
        )


def _put_in_order(*, run: Run, stack: automation.Stack, tell: Tell) -> None:
    state = run.folder / "state"
    unlock(stack=stack, state=state, tell=tell)
    copy = back_up(stack=stack, folder=run.folder / "backups", moment=run.now())
    if run.search is not None:
        died = last_word(stack=stack, state=state)
        resume(stack=stack, copy=copy, search=run.search, died=died, parallel=run.parallel, tell=tell)


def _act(*, stack: automation.Stack, action: Action, parallel: int, tell: Tell) -> Any:
    if action == "preview":
        return stack.preview(parallel=parallel, on_output=tell)
    return getattr(stack, action)(parallel=parallel, on_output=tell)


def _changes(result: Any) -> dict[str, int]:
    told = result.change_summary if isinstance(result, automation.PreviewResult) else result.summary.resource_changes
    return {str(getattr(operation, "value", operation)): count for operation, count in (told or {}).items()}
