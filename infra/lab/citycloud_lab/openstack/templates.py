"""The databases of a cloud in which nothing has happened yet: made once and copied at every start, for making them takes a minute.

They are taken before the first machine host registers, since each laboratory's hosts introduce themselves. The passwords in them are
changed, and the ports in the catalogue rewritten, before anybody else uses a copy (identity.py).
"""

import concurrent.futures
import fcntl
import hashlib
import json
import pathlib
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

from citycloud_dev.assets import AssetError
from citycloud_dev.processes import Process, ProcessError, run_tool
from citycloud_lab.openstack import configuration, identity
from citycloud_lab.openstack.installation import Installation, find_installation
from citycloud_lab.openstack.layout import DATABASES, REGION, SERVICES, Layout, new_layout, write_clouds, write_secret
from citycloud_lab.openstack.running import await_answers, configure, start_api

FACTS: Final = "facts.json"
"""What has to be known of a template: its ports, its folder and the administrator's password."""
STEP_SECONDS: Final = 600.0
CATALOGUE: Final = ("keystone", "endpoint", "url")
CELLS: Final = ("nova_api", "cell_mappings", "database_connection")
"""Database, table and column of what depends on a laboratory's ports and folder."""
MADE_BY: Final = (pathlib.Path(__file__), pathlib.Path(configuration.__file__), pathlib.Path(identity.__file__))


def find_templates(installation: Installation) -> pathlib.Path:
    """Find or make the databases; return their folder. Raise AssetError."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in MADE_BY)).hexdigest()[:16]
    folder = installation.folder / f"templates-{digest}"
    with (installation.folder / ".templates.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            print("making the laboratory's databases (once per machine, about a minute) …", file=sys.stderr, flush=True)
            try:
                _make(folder, installation=installation)
            except ProcessError as error:
                raise AssetError(f"the laboratory's databases: {error}") from error
    return folder


def copy_templates(source: pathlib.Path, *, layout: Layout) -> str:
    """Copy the databases to where a laboratory has them, with its ports; return the administrator's password in them."""
    facts: dict[str, Any] = json.loads((source / FACTS).read_text("utf-8"))
    for name in DATABASES:
        shutil.copyfile(source / f"{name}.db", layout.database(name))
    for name in SERVICES:
        _replace(layout, place=CATALOGUE, old=f"127.0.0.1:{facts['ports'][name]}", new=f"127.0.0.1:{layout.ports[name]}")
    _replace(layout, place=CELLS, old=facts["data"], new=str(layout.data))
    return str(facts["password"])


def _make(folder: pathlib.Path, *, installation: Installation) -> None:
    with tempfile.TemporaryDirectory(dir=installation.folder) as place:
        layout = new_layout(pathlib.Path(place) / "lab")
        configure(layout, installation=installation)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            variables = installation.variables({"OS_BOOTSTRAP_PASSWORD": layout.administrator})
            for done in [pool.submit(_run, steps, variables=variables) for steps in _steps(layout, installation=installation)]:
                done.result()
        _introduce(layout, installation=installation)
        partial = pathlib.Path(place) / "templates"
        partial.mkdir()
        for name in DATABASES:
            _copy(layout.database(name), target=partial / f"{name}.db")
        write_secret(
            partial / FACTS, text=json.dumps({"ports": dict(layout.ports), "data": str(layout.data), "password": layout.administrator})
        )
        partial.rename(folder)


def _steps(layout: Layout, *, installation: Installation) -> list[list[list[str]]]:
    """Return the commands that make the databases, in groups that do not depend on each other."""

    def command(program: str, file: str, *arguments: str) -> list[str]:
        return [str(installation.program(program)), "--config-file", str(layout.settings / file), *arguments]

    keystone, nova = layout.url("keystone"), "nova/nova.conf"
    interfaces = [f"--bootstrap-{interface}-url={keystone}/v3" for interface in identity.INTERFACES]
    tables = [str(installation.python), "-m", "citycloud_lab.openstack.services.tables", f"sqlite:///{layout.database('neutron')}"]
    return [
        [
            command("keystone-manage", "keystone/keystone.conf", "db_sync"),
            command(
                "keystone-manage",
                "keystone/keystone.conf",
                "bootstrap",
                f"--bootstrap-region-id={REGION}",
                *interfaces,
            ),
        ],
        [
            command("placement-manage", "placement/placement.conf", "db", "sync"),
            command("glance-manage", "glance/glance-api.conf", "db_sync"),
            tables,
        ],
        [
            command("nova-manage", nova, "api_db", "sync"),
            command("nova-manage", nova, "cell_v2", "map_cell0", f"--database_connection=sqlite:///{layout.database('nova_cell0')}"),
            command("nova-manage", nova, "cell_v2", "create_cell", "--name=cell1"),
            command("nova-manage", nova, "db", "sync"),
        ],
    ]


def _replace(layout: Layout, *, place: tuple[str, str, str], old: str, new: str) -> None:
    """Replace a part of a text in every row of a database that nobody has open."""
    name, table, column = place
    connection = sqlite3.connect(layout.database(name))
    with connection:
        connection.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (old, new))
    connection.close()


def _run(steps: Sequence[Sequence[str]], *, variables: Mapping[str, str]) -> None:
    for step in steps:
        run_tool(list(step), name=" ".join((pathlib.Path(step[0]).name, *step[3:5])), seconds=STEP_SECONDS, environment=variables)


def _introduce(layout: Layout, *, installation: Installation) -> None:
    """Let Keystone run for as long as the services' user and addresses are made."""
    process: Process = start_api("keystone", layout=layout, installation=installation)
    try:
        await_answers([process], layout=layout)
        write_clouds(layout, password=layout.administrator)
        with identity.connect(layout.clouds) as connection:
            identity.introduce(connection, layout=layout)
    finally:
        process.stop()


def _copy(source: pathlib.Path, *, target: pathlib.Path) -> None:
    """Copy a database with what still waits in its log."""
    origin, copy = sqlite3.connect(source), sqlite3.connect(target)
    origin.backup(copy)
    copy.close()
    origin.close()


def main() -> int:
    """Install OpenStack and make the databases, so that laboratories start at once."""
    try:
        find_templates(find_installation())
    except AssetError as error:
        print(f"openstack-lab: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
