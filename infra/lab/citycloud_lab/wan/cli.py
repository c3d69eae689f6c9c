"""`lab`: the network laboratory from the command line; what the commands do is in the modules beside this one.

Exit status as everywhere: 0 where everything holds, 1 where something does not, 2 where there is no answer.
"""

import enum
import pathlib
import time
from typing import Annotated, Final

import rich.table
import typer

from citycloud_dev import router_needs
from citycloud_dev.processes import ProcessError
from citycloud_infra.cli.screen import BROKEN, NO_ANSWER, LanguageOption, Screen
from citycloud_infra.cli.source import ruled
from citycloud_lab.wan.memory import MIB, memory
from citycloud_lab.wan.networks import PREFIX
from citycloud_lab.wan.reduce import Technique, reduced
from citycloud_lab.wan.state import State
from citycloud_lab.wan.trials import TRIALS
from citycloud_lab.wan.wireguard import kernel_has_wireguard

HELP: Final = "Mạng của thành phố trên một máy, cần quyền root. / The city's network on one machine, as root."
SAMPLE: Final = pathlib.Path(__file__).resolve().parents[4] / "examples" / "hanoi-2026" / "inventory.yaml"
COLUMNS: Final = (("Thử nghiệm", "Trial"), ("Đo được", "Measured"), ("Mục tiêu", "Goal"), ("Đạt", "Holds"))


class Tunnels(enum.StrEnum):
    """How tunnels are made."""

    VXLAN = "vxlan"
    WIREGUARD = "wireguard"


Name = Annotated[str, typer.Option(help="tên phòng thí nghiệm / the laboratory's name; two can be up side by side")]


def commands() -> typer.Typer:
    """Put the commands together."""
    app = typer.Typer(help=HELP, no_args_is_help=True)
    for command in (up, status, down):
        app.command()(command)
    app.command("test")(try_all)
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
    """Dựng mạng: các trung tâm và một số điểm. / Bring the network up: the hubs and some of the sites."""
    screen = Screen(language=language)
    if absent := router_needs.missing():
        raise _stop(screen, vi=f"máy này thiếu: {'; '.join(absent)}", en=f"this machine lacks: {'; '.join(absent)}")
    whole = ruled(screen, inventory).inventory
    technique = _technique(screen, tunnels)
    began = time.monotonic()
    try:
        part = reduced(whole, sites=sites, technique=technique, segments=segment)
        State(name=name).up(part)
    except (ProcessError, ValueError) as error:
        raise _stop(screen, vi=f"không dựng được: {error}", en=f"did not come up: {error}") from error
    seconds = time.monotonic() - began
    _say(screen, vi=f"đã dựng {sites} điểm trong {seconds:.1f} giây", en=f"{sites} sites up in {seconds:.1f} s")
    host = f"{PREFIX}{name}.{part.sites[0].name}.{part.sites[0].segments[0]}.host"
    _say(screen, vi=f"thử xem: ip netns exec {host} ip route", en=f"look around: ip netns exec {host} ip route")


def try_all(name: Name = "lab", language: LanguageOption = None) -> None:
    """Thử mọi sự cố và in số đo. / Try every failure and print what was measured."""
    screen = Screen(language=language)
    table = rich.table.Table(*(screen.pick(vi=vi, en=en) for vi, en in COLUMNS))
    held = True
    try:
        lab = State(name=name).laboratory()
        for trial in TRIALS:
            called = screen.pick(vi=trial.vi, en=trial.en)
            with screen.beside.status(called):
                outcome = trial.run(lab)
            held = held and outcome.holds
            table.add_row(called, outcome.figure, trial.goal, "✓" if outcome.holds else "✗")
    except ProcessError as error:
        raise _stop(screen, vi=f"không thử được: {error}", en=f"could not be tried: {error}") from error
    screen.out.print(table)
    raise typer.Exit(0 if held else BROKEN)


def status(name: Name = "lab", language: LanguageOption = None) -> None:
    """Cho biết mạng có đang chạy không. / Tell whether the network is up; exit status 1 where it is not."""
    screen, state = Screen(language=language), State(name=name)
    keeper = state.keeper.pid
    if keeper is None:
        _say(screen, vi="không chạy", en="not up")
        raise typer.Exit(BROKEN)
    lab = state.laboratory()
    settled = screen.pick(vi="ổn định" if lab.settled() else "chưa ổn định", en="settled" if lab.settled() else "not settled")
    facts = {"sites": len(lab.plan.sites), "tunnels": len(lab.plan.tunnels), "technique": lab.plan.inventory.overlay.technique}
    text = f"{' '.join(f'{key}={value}' for key, value in facts.items())} memory={memory(keeper) // MIB}MiB folder={state.folder}"
    _say(screen, vi=f"{settled}: {text}", en=f"{settled}: {text}")


def down(name: Name = "lab", language: LanguageOption = None) -> None:
    """Dừng mạng và dọn mọi thứ của nó. / End the network and take everything of it away, also what a crash left."""
    screen = Screen(language=language)
    was_up = State(name=name).down()
    _say(screen, vi="đã dừng" if was_up else "không chạy", en="ended" if was_up else "not up")


def keep(name: Name = "lab") -> None:
    """Be the process that keeps a laboratory up; `up` starts it."""
    State(name=name).keep()


def _technique(screen: Screen, tunnels: Tunnels | None) -> Technique:
    """Choose how tunnels are made, and say it: as in the city where the kernel can, else as it can."""
    if tunnels is not None:
        return tunnels.value
    if kernel_has_wireguard():
        _say(screen, vi="nhân có WireGuard: đường hầm mã hóa như trong thành phố", en="the kernel has WireGuard: tunnels as in the city")
        return "wireguard"
    _say(
        screen,
        vi="nhân không có WireGuard: dùng VXLAN, không mã hóa",
        en="the kernel has no WireGuard: VXLAN is used, which does not encrypt",
    )
    return "vxlan"


def _say(screen: Screen, *, vi: str, en: str) -> None:
    screen.out.print(screen.pick(vi=vi, en=en), markup=False, highlight=False)


def _stop(screen: Screen, *, vi: str, en: str) -> typer.Exit:
    screen.beside.print(screen.pick(vi=vi, en=en), markup=False, highlight=False)
    return typer.Exit(NO_ANSWER)
