"""`python -m citycloud_infra openstack-lab up | down | status`; what a cloud is made of is in the modules beside this one.

`up` hands the cloud to a process of its own, which keeps it until `down`: the services die with whoever started them.
"""

import contextlib
import json
import pathlib
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Final

import typer

from citycloud_dev.assets import AssetError
from citycloud_dev.keeper import Keeper
from citycloud_dev.layout import default_folder
from citycloud_dev.processes import ProcessError
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.load import Unreadable, read_inventory
from citycloud_lab.openstack.layout import CLOUD

HELP = "API của OpenStack trên một máy. / OpenStack's API on one machine."
UP_SECONDS: Final = 3600.0
"""The first time everything is installed."""
DOWN_SECONDS: Final = 60.0
FAILED: Final = 1
Folder = Annotated[pathlib.Path | None, typer.Option("--dir", help="nơi giữ dữ liệu / where its data are kept")]
InventoryArgument = Annotated[
    pathlib.Path | None, typer.Argument(metavar="[INVENTORY]", help="thành phố cần đám mây / the city that the cloud is for")
]
SettingsOption = Annotated[
    pathlib.Path | None, typer.Option("--settings", metavar="FILE", help="thiết lập của đám mây / the cloud's settings")
]


def commands() -> typer.Typer:
    """Put the commands together."""
    app = typer.Typer(help=HELP, no_args_is_help=True)
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command(hidden=True)(keep)
    return app


def up(inventory: InventoryArgument = None, settings: SettingsOption = None, folder: Folder = None) -> None:
    """Khởi động đám mây, với những gì thành phố cần có sẵn. / Start a cloud, with what a city takes for granted."""
    place = _place(folder)
    keeper = Keeper(folder=place)
    if keeper.pid is not None:
        _say_ready(place)
        return
    _remove(keeper)
    asked = [*([str(inventory)] if inventory else []), *(["--settings", str(settings)] if settings else [])]
    command = [sys.executable, "-m", "citycloud_infra", "openstack-lab", "keep", *asked, "--dir", str(place)]
    try:
        keeper.start(command, what="the cloud", seconds=UP_SECONDS)
    except ProcessError as error:
        raise _failure(error) from error
    _say_ready(place)


def down(folder: Folder = None, remove: Annotated[bool, typer.Option(help="xóa cả dữ liệu / remove its data too")] = False) -> None:
    """Dừng đám mây. / Stop the cloud; its data stay to be looked at until the next one, unless told otherwise."""
    keeper = Keeper(folder=_place(folder))
    try:
        stopped = keeper.stop(what="the cloud", seconds=DOWN_SECONDS)
    except ProcessError as error:
        raise _failure(error) from error
    if remove:
        _remove(keeper)
    typer.echo("đã dừng / stopped" if stopped else "không chạy / not running")


def status(folder: Folder = None) -> None:
    """Cho biết đám mây có chạy không và trong đó có gì. / Tell whether it runs, and how many objects of each kind cities left in it."""
    from citycloud_lab.openstack.identity import connect  # noqa: PLC0415  # the client takes a second to import
    from citycloud_lab.openstack.leftovers import leftovers  # noqa: PLC0415

    place = _place(folder)
    running = Keeper(folder=place).is_up
    answer: dict[str, object] = {"running": running, "folder": str(place)}
    if running:
        with connect(place / "clouds.yaml") as connection:
            answer["objects"] = {kind: len(names) for kind, names in leftovers(connection).items()}
    typer.echo(json.dumps(answer))
    raise typer.Exit(0 if running else FAILED)


def keep(inventory: InventoryArgument = None, settings: SettingsOption = None, folder: Folder = None) -> None:
    """Be the process that keeps a cloud up; `up` starts it."""
    from citycloud_infra.targets.settings import CloudSettings, read_settings  # noqa: PLC0415  # Pulumi takes two seconds to import
    from citycloud_lab.openstack.laboratory import ZONES, running  # noqa: PLC0415
    from citycloud_lab.openstack.premises import GATEWAY, prepare, zones_of  # noqa: PLC0415

    place = _place(folder)

    @contextlib.contextmanager
    def kept() -> Iterator[Callable[[], object]]:
        city = None if inventory is None else _city(inventory)
        with running(folder=place, zones=ZONES if city is None else zones_of(city)) as laboratory:
            if city is not None:
                with laboratory.connect() as connection:
                    given = CloudSettings(gateway_flavor=GATEWAY.name) if settings is None else read_settings(settings)
                    prepare(connection, inventory=city, settings=given)
            yield laboratory.check

    try:
        Keeper(folder=place).keep(kept)
    except (AssetError, ProcessError) as error:
        raise _failure(error) from error


def _city(path: pathlib.Path) -> Inventory:
    try:
        return read_inventory(text=path.read_text("utf-8"), file=str(path)).inventory
    except (OSError, UnicodeDecodeError, Unreadable) as error:
        raise _failure(error) from error


def _place(folder: pathlib.Path | None) -> pathlib.Path:
    return (folder or default_folder(name="openstack-lab")).absolute()


def _remove(keeper: Keeper) -> None:
    """Remove a laboratory's folder; no other is ever removed."""
    if keeper.log.exists():
        shutil.rmtree(keeper.folder)


def _say_ready(place: pathlib.Path) -> None:
    typer.echo(f"export OS_CLIENT_CONFIG_FILE={place / 'clouds.yaml'}\nexport OS_CLOUD={CLOUD}")


def _failure(error: Exception) -> typer.Exit:
    typer.echo(f"openstack-lab: {error}", err=True)
    return typer.Exit(FAILED)
