"""`citycloud-dev`: a control plane from the command line."""

import contextlib
import json
import os
import pathlib
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from citycloud_dev.access import ClusterAccess, ExistingCluster
from citycloud_dev.assets import AssetError
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions
from citycloud_dev.keeper import Keeper
from citycloud_dev.layout import Layout, default_folder
from citycloud_dev.nodes import add_nodes
from citycloud_dev.processes import ProcessError

UP_SECONDS = 1800.0
DOWN_SECONDS = 60.0

app = typer.Typer(help="A real Kubernetes control plane on this machine, for development.", no_args_is_help=True)
Folder = Annotated[pathlib.Path | None, typer.Option("--dir", help="Data folder of the cluster.")]
Name = Annotated[str, typer.Option(help="Name of the cluster; two can run side by side.")]


def _layout(*, name: str, folder: pathlib.Path | None) -> Layout:
    return Layout(folder=(folder or default_folder(name=name)).absolute())


def _access(layout: Layout) -> ClusterAccess:
    """Return the cluster of a folder, ours or adopted."""
    return _adopted(layout) if layout.adopted.exists() else Cluster(folder=layout.folder)


def _adopted(layout: Layout) -> ExistingCluster:
    return ExistingCluster(layout=layout, source=str(layout.kubeconfig))


def _adopt(*, layout: Layout, install: bool) -> None:
    """Take the cluster that KUBECONFIG names; nodes and everything else of it are its owner's."""
    source = os.environ.get("KUBECONFIG")
    if not source:
        raise ProcessError("--existing takes the cluster that KUBECONFIG names: set it")
    cluster = ExistingCluster(layout=layout, source=source)
    if not cluster.answers():
        raise ProcessError(f"{cluster.server} is not ready; see to it that kubectl get --raw /readyz says ok")
    layout.adopted.touch()
    if install:
        install_definitions(cluster)
        install_citycloud(cluster)


@app.command()
def up(
    name: Name = "dev",
    folder: Folder = None,
    install: Annotated[bool, typer.Option(help="Install citycloud's charts as well.")] = False,
    existing: Annotated[bool, typer.Option("--existing", help="Use the cluster that KUBECONFIG names instead of starting one.")] = False,
) -> None:
    """Start a cluster and return when it is ready; it stays up until `down`."""
    layout = _layout(name=name, folder=folder)
    if existing:
        _adopt(layout=layout, install=install)
        typer.echo(f"ready: export KUBECONFIG={layout.kubeconfig}")
        return
    keeper = Keeper(folder=layout.folder)
    if keeper.pid is not None:
        typer.echo(f"already up: {layout.kubeconfig}")
        return
    layout.prepare()
    command = [sys.executable, "-m", "citycloud_dev.cli", "keep", "--dir", str(layout.folder), *(["--install"] if install else [])]
    keeper.start(command, what="the cluster", seconds=UP_SECONDS)
    typer.echo(f"ready: export KUBECONFIG={layout.kubeconfig}")


@app.command(hidden=True)
def keep(folder: Folder = None, install: bool = False) -> None:
    """Be the process that keeps a cluster up; `up` starts it."""
    layout = _layout(name="dev", folder=folder)

    @contextlib.contextmanager
    def kept() -> Iterator[Callable[[], object]]:
        with running_cluster(folder=layout.folder, before_controllers=install_definitions if install else None) as cluster:
            add_nodes(cluster)
            if install:
                install_citycloud(cluster)
            yield cluster.check

    Keeper(folder=layout.folder).keep(kept)


@app.command()
def down(name: Name = "dev", folder: Folder = None, remove: Annotated[bool, typer.Option(help="Remove its data as well.")] = False) -> None:
    """Stop a cluster; its data stay unless told otherwise."""
    layout = _layout(name=name, folder=folder)
    adopted = layout.adopted.exists()
    stopped = Keeper(folder=layout.folder).stop(what="the cluster", seconds=DOWN_SECONDS)
    if remove and (adopted or (layout.folder / "ports.json").exists()):  # only ever a folder that a cluster was made in
        shutil.rmtree(layout.folder)
    typer.echo("left running: it is not ours to stop" if adopted else "stopped" if stopped else "not running")


@app.command()
def status(name: Name = "dev", folder: Folder = None) -> None:
    """Tell whether a cluster runs; exit status 1 where it does not."""
    layout = _layout(name=name, folder=folder)
    running = _adopted(layout).answers() if layout.adopted.exists() else Keeper(folder=layout.folder).pid is not None
    typer.echo(json.dumps({"running": running, "folder": str(layout.folder), "kubeconfig": str(layout.kubeconfig)}))
    raise typer.Exit(0 if running else 1)


@app.command()
def kubeconfig(
    name: Name = "dev",
    folder: Folder = None,
    user: Annotated[str, typer.Option(help="User name, as in the certificate.")] = "admin",
    group: Annotated[list[str] | None, typer.Option(help="Group, as in the certificate; repeatable.")] = None,
) -> None:
    """Print the path of a kubeconfig: the administrator's, or one of any user and groups."""
    layout = _layout(name=name, folder=folder)
    if user == "admin" and not group:
        typer.echo(layout.kubeconfig)
        return
    typer.echo(_access(layout).kubeconfig(user=user, groups=tuple(group or ())))


@app.command()
def env(name: Name = "dev", folder: Folder = None) -> None:
    """Print what to put into the environment of a shell."""
    layout = _layout(name=name, folder=folder)
    kubectl = _access(layout).assets["kubectl"]
    typer.echo(f"export KUBECONFIG={layout.kubeconfig}\nexport PATH={kubectl.parent}:$PATH")


def main() -> None:
    """Run the command line; what cannot be done is said in one line."""
    try:
        app()
    except (AssetError, ProcessError) as error:
        typer.echo(f"citycloud-dev: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
