"""`citycloud-dev`: a control plane from the command line."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from typing import Annotated

import typer

from citycloud_dev.access import ClusterAccess, ExistingCluster
from citycloud_dev.assets import AssetError
from citycloud_dev.cluster import Cluster
from citycloud_dev.install import install_citycloud, install_definitions
from citycloud_dev.layout import Layout, default_folder
from citycloud_dev.nodes import add_nodes
from citycloud_dev.processes import ProcessError, wait_until

UP_SECONDS = 1800.0
DOWN_SECONDS = 60.0

app = typer.Typer(help="A real Kubernetes control plane on this machine, for development.", no_args_is_help=True)
Folder = Annotated[pathlib.Path | None, typer.Option("--dir", help="Data folder of the cluster.")]
Name = Annotated[str, typer.Option(help="Name of the cluster; two can run side by side.")]


def _layout(*, name: str, folder: pathlib.Path | None) -> Layout:
    return Layout(folder=(folder or default_folder(name=name)).absolute())


def _supervisor(layout: Layout) -> int | None:
    """Return the process id of whoever keeps the cluster up, or None."""
    try:
        pid = int(layout.supervisor.read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid


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
    if _supervisor(layout) is not None:
        typer.echo(f"already up: {layout.kubeconfig}")
        return
    layout.prepare()
    ready = layout.folder / "ready"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "citycloud_dev.cli", "supervise", "--dir", str(layout.folder)] + (["--install"] if install else [])
    log = layout.logs / "supervisor.log"
    with log.open("ab") as output:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)

    def finished() -> bool:
        if child.poll() is not None:
            raise ProcessError(f"the cluster did not come up:\n{log.read_text()[-3000:]}")
        return ready.exists()

    wait_until(finished, what="the cluster", seconds=UP_SECONDS, every=0.2)
    typer.echo(f"ready: export KUBECONFIG={layout.kubeconfig}")


@app.command(hidden=True)
def supervise(folder: Folder = None, install: bool = False) -> None:
    """Keep a cluster up until this process is told to stop."""
    layout = _layout(name="dev", folder=folder)
    cluster = Cluster(folder=layout.folder, before_controllers=install_definitions if install else None)
    layout.supervisor.write_text(str(os.getpid()))
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stopped.append(received))
    try:
        cluster.start()
        add_nodes(cluster)
        if install:
            install_citycloud(cluster)
        (layout.folder / "ready").touch()
        while not stopped:
            cluster.check()
            time.sleep(0.5)
    finally:
        cluster.stop()
        layout.supervisor.unlink(missing_ok=True)


@app.command()
def down(name: Name = "dev", folder: Folder = None, remove: Annotated[bool, typer.Option(help="Remove its data as well.")] = False) -> None:
    """Stop a cluster; its data stay unless told otherwise."""
    layout = _layout(name=name, folder=folder)
    adopted = layout.adopted.exists()
    pid = _supervisor(layout)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: _supervisor(layout) is None, what="the cluster to stop", seconds=DOWN_SECONDS)
    if remove and (adopted or (layout.folder / "ports.json").exists()):  # only ever a folder that a cluster was made in
        shutil.rmtree(layout.folder)
    typer.echo("left running: it is not ours to stop" if adopted else "not running" if pid is None else "stopped")


@app.command()
def status(name: Name = "dev", folder: Folder = None) -> None:
    """Tell whether a cluster runs; exit status 1 where it does not."""
    layout = _layout(name=name, folder=folder)
    running = _adopted(layout).answers() if layout.adopted.exists() else _supervisor(layout) is not None
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
