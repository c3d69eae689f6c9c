"""`up`, `preview`, `refresh`, `destroy`: the commands that run the city's stacks; the runs themselves are in runs.py."""

import dataclasses
import pathlib
from typing import Annotated, Final

import typer

from citycloud_infra.cli.screen import Language, LanguageOption, Screen
from citycloud_infra.cli.source import InventoryArgument, planned
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.stacks import PARALLEL, Action

SettingsOption = Annotated[pathlib.Path, typer.Option("--settings", metavar="FILE", help="thiết lập của đám mây / the cloud's settings")]
StateOption = Annotated[pathlib.Path, typer.Option("--state", metavar="FOLDER", help="nơi giữ trạng thái / where the state is kept")]
StackOption = Annotated[list[str] | None, typer.Option("--stack", metavar="STACK", help="chỉ những stack này / these stacks only")]
SecretOption = Annotated[
    pathlib.Path | None, typer.Option("--secret", metavar="FILE", help="bí mật của khóa, lần đầu / the keys' secret, the first time")
]
ParallelOption = Annotated[int, typer.Option("--parallel", min=1, max=128, help="số việc cùng lúc / how much at once")]
STATE: Final = pathlib.Path(".citycloud-state")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """What a command was asked for."""

    settings: pathlib.Path
    state: pathlib.Path
    stacks: tuple[str, ...]
    secret: pathlib.Path | None
    parallel: int


def up(
    inventory: InventoryArgument,
    settings: SettingsOption,
    state: StateOption = STATE,
    stack: StackOption = None,
    secret: SecretOption = None,
    parallel: ParallelOption = PARALLEL,
    language: LanguageOption = None,
) -> None:
    """Tạo và thay đổi cho đúng bản kiểm kê. / Make and change until all is as the inventory says."""
    wish = Wish(settings=settings, state=state, stacks=tuple(stack or ()), secret=secret, parallel=parallel)
    _run(action="up", inventory=inventory, wish=wish, language=language)


def preview(
    inventory: InventoryArgument,
    settings: SettingsOption,
    state: StateOption = STATE,
    stack: StackOption = None,
    secret: SecretOption = None,
    parallel: ParallelOption = PARALLEL,
    language: LanguageOption = None,
) -> None:
    """Cho thấy `up` sẽ làm gì. / Show what `up` would do."""
    wish = Wish(settings=settings, state=state, stacks=tuple(stack or ()), secret=secret, parallel=parallel)
    _run(action="preview", inventory=inventory, wish=wish, language=language)


def refresh(
    inventory: InventoryArgument,
    settings: SettingsOption,
    state: StateOption = STATE,
    stack: StackOption = None,
    parallel: ParallelOption = PARALLEL,
    language: LanguageOption = None,
) -> None:
    """Đọc lại từ đám mây những gì đã đổi ở đó. / Read anew what was changed in the cloud itself."""
    wish = Wish(settings=settings, state=state, stacks=tuple(stack or ()), secret=None, parallel=parallel)
    _run(action="refresh", inventory=inventory, wish=wish, language=language)


def destroy(
    inventory: InventoryArgument,
    settings: SettingsOption,
    state: StateOption = STATE,
    stack: StackOption = None,
    parallel: ParallelOption = PARALLEL,
    language: LanguageOption = None,
) -> None:
    """Xóa tất cả, trừ những gì được bảo vệ. / Remove everything; what is protected stays until that is switched off."""
    wish = Wish(settings=settings, state=state, stacks=tuple(stack or ()), secret=None, parallel=parallel)
    _run(action="destroy", inventory=inventory, wish=wish, language=language)


def _run(*, action: Action, inventory: pathlib.Path, wish: Wish, language: Language | None) -> None:
    from citycloud_infra.cli.runs import carry_out  # noqa: PLC0415  # Pulumi takes two seconds to import

    screen = Screen(language=language)
    plan: CityPlan = planned(screen, inventory)
    carry_out(screen, action=action, plan=plan, wish=wish)
