"""Where one laboratory keeps its files, at which ports its services answer, and the secrets that it alone has.

Everything of a laboratory lies in its folder, which only its owner may read. Ports and passwords are new for every start: two can run side
by side, and a password found in an old log opens nothing.
"""

import base64
import dataclasses
import os
import pathlib
import secrets
from collections.abc import Mapping
from typing import Final

import yaml

from citycloud_dev.processes import free_ports

SERVICES: Final = ("keystone", "placement", "glance", "nova", "neutron")
DATABASES: Final = ("keystone", "placement", "glance", "nova_api", "nova_cell0", "nova", "neutron")
REGION: Final = "lab"
CLOUD: Final = "citycloud-lab"
"""The cloud's name in clouds.yaml."""
PRIVATE: Final = 0o700
SECRET: Final = 0o600


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
    """One laboratory's folder, ports and passwords."""

    folder: pathlib.Path
    ports: Mapping[str, int]
    administrator: str = dataclasses.field(repr=False)
    services: str = dataclasses.field(repr=False)

    @property
    def settings(self) -> pathlib.Path:
        """Folder of the services' configuration."""
        return self.folder / "etc"

    @property
    def data(self) -> pathlib.Path:
        """Folder of databases, images and locks."""
        return self.folder / "data"

    @property
    def logs(self) -> pathlib.Path:
        """Folder of the services' logs."""
        return self.folder / "logs"

    @property
    def clouds(self) -> pathlib.Path:
        """The file by which clients find the cloud, with the administrator's password."""
        return self.folder / "clouds.yaml"

    def url(self, service: str) -> str:
        """Return where a service answers."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def database(self, name: str) -> pathlib.Path:
        """Return the file of a database."""
        return self.data / f"{name}.db"

    def environment(self) -> dict[str, str]:
        """Return what tells clients, Pulumi's provider among them, which cloud they talk to."""
        return {"OS_CLIENT_CONFIG_FILE": str(self.clouds), "OS_CLOUD": CLOUD}


def new_layout(folder: pathlib.Path) -> Layout:
    """Choose ports and passwords, and make the folders."""
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    layout = Layout(folder=folder, ports=ports, administrator=secrets.token_urlsafe(24), services=secrets.token_urlsafe(24))
    for each in (folder, layout.settings, layout.data, layout.logs, *(layout.settings / name for name in SERVICES)):
        each.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    for repository in ("tokens", "credentials"):
        _write_keys(layout.data / "keys" / repository)
    return layout


def write_clouds(layout: Layout, *, password: str) -> None:
    """Write the file that tells clients where the cloud is and who they are."""
    who = {
        "auth_url": f"{layout.url('keystone')}/v3",
        "username": "admin",
        "password": password,
        "project_name": "admin",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    cloud = {"auth": who, "region_name": REGION, "interface": "internal", "identity_api_version": 3}
    write_secret(layout.clouds, text=yaml.safe_dump({"clouds": {CLOUD: cloud}}))


def write_secret(path: pathlib.Path, *, text: str) -> None:
    """Write a file that only its owner may read, at one stroke."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=SECRET)
    partial.write_text(text, "utf-8")
    partial.rename(path)


def _write_keys(folder: pathlib.Path) -> None:
    """Make a repository of keys (Fernet): number 0 is the next one, the highest signs."""
    folder.mkdir(mode=PRIVATE, parents=True)
    for number in ("0", "1"):
        write_secret(folder / number, text=base64.urlsafe_b64encode(os.urandom(32)).decode())
