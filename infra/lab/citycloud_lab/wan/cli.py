"""`lab`: the network laboratory from the command line; what the commands do is in the modules beside this one."""

import enum
import pathlib
import time
from typing import Annotated, Final

import typer

from citycloud_dev import router_needs
from citycloud_dev.processes import ProcessError
from citycloud_infra.cli.screen import BROKEN, NO_ANSWER, LanguageOption, Screen
from citycloud_infra.cli.source import ruled
from citycloud_infra.model.inventory import Inventory

from citycloud_lab.wan.memory import memory
from citycloud_lab.wan.reduce import Technique, reduced
from citycloud_lab.wan.state import State
from citycloud_lab.wan.tunnels import technique_of_kernel

HELP: Final = "Mạng của thành phố trên một máy, cần quyền root. / The city's network on one machine, as root."
SAMPLE: Final = pathlib.Path(__file__).resolve().parents[4] / "examples" / "hanoi-2026" / "inventory.yaml"
GIB: Final = 2**30


class Tunnels(enum.StrEnum):
    """How tunnels are made."""

    VXLAN = "vxlan"
    WIREGUARD = "wireguard"


Name = Annotated[str, typer.Option(help="tên phòng thí nghiệm / the laboratory's name; two can be up side by side")]


def commands() -> typer.Typer:
    """Put the commands together."""
    app = typer.Typer(help=HELP, no_args_is_help=True)
    for command in (up, test, status, down):
        app.command()(command)
    app.command(hidden=True)(keep)
    return app


def up(
    sites: Annotated[int, typer.Option(min=1, max=255, help="số điểm / how many sites")] = 4,
    inventory: Annotated[pathlib.Path, typer.Option(metavar="INVENTORY", help="inventory.yaml")] = SAMPLE,
    segment: Annotated[list[str] | None, typer.Option(help="chỉ phân đoạn này, lặp lại được / only this segment; repeatable")] = None,
    tunnels: Annotated[Tunnels | None, typer.Option(help="mặc định theo nhân / by default what the kernel has")] = None,
    name: Name = "lab",
    language: LanguageOption = None,
) -> None:
    """Dựng mạng: hai trung tâm và một số điểm. / Bring the network up: the hubs and some of the sites."""
    screen = Screen(language=language)
    _needs(screen)
    technique = _technique(screen, tunnels)
    whole = ruled(screen, inventory).inventory
    try:
        part = reduced(whole, sites=sites, technique=technique, segments=segment)
        began = time.monotonic()
        State(name=name).up(part)
    except (ProcessError, ValueError) as error:
        raise _stop(screen, error) from error
    _tell(screen, part, seconds=time.monotonic() - began, name=name)
