"""Where one cluster keeps its files, and which ports it took: written once, so that a restart comes up at the same addresses."""

import dataclasses
import json
import os
import pathlib

from citycloud_dev.processes import free_ports


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ports:
    api_server: int
    etcd: int
    etcd_peer: int
    controller_manager: int
    scheduler: int


@dataclasses.dataclass(frozen=True)
class Layout:
    """The data folder of one cluster; nothing of the cluster lies outside of it."""

    folder: pathlib.Path

    @property
    def certificates(self) -> pathlib.Path:
        """Folder of the certificate authority and what it issued."""
        return self.folder / "certificates"

    @property
    def logs(self) -> pathlib.Path:
        """Folder of the components' logs."""
        return self.folder / "logs"

    @property
    def kubeconfig(self) -> pathlib.Path:
        """Kubeconfig of the administrator."""
        return self.folder / "admin.kubeconfig"

    @property
    def adopted(self) -> pathlib.Path:
        """File that says that the cluster was there already and is somebody else's to stop."""
        return self.folder / "adopted"

    @property
    def audit_log(self) -> pathlib.Path:
        """Audit log of the API server, one JSON event a line."""
        return self.logs / "audit.log"

    @property
    def admission(self) -> pathlib.Path:
        """Folder of what the API server is told about admission."""
        return self.folder / "admission"

    def make_folders(self) -> None:
        """Make the folders, for nobody but their owner."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.logs.mkdir(exist_ok=True)
        self.certificates.mkdir(exist_ok=True, mode=0o700)

    def prepare(self) -> Ports:
        """Make the folders and settle the ports, once."""
        self.make_folders()
        path = self.folder / "ports.json"
        if not path.exists():
            names = [field.name for field in dataclasses.fields(Ports)]
            path.write_text(json.dumps(dict(zip(names, free_ports(len(names)), strict=True))))
        return Ports(**json.loads(path.read_text()))


def default_folder(*, name: str) -> pathlib.Path:
    """Name the data folder of a cluster that the command line starts."""
    state = os.environ.get("XDG_STATE_HOME") or str(pathlib.Path.home() / ".local" / "state")
    return pathlib.Path(state) / "citycloud" / name
