"""The Pulumi engine for those whose machine has none: built once from pinned Go modules, each cached by the hash of its sources.

Three modules lie beside this one. `cli` is the command. `language` is the host that runs a Python program for plain `pulumi up`; later
releases of its module do without it, so it is older than the command, which does not mind. `provider` serves Terraform's OpenStack provider
under the tokens of Pulumi's SDK (its main.go). Whoever reaches Pulumi's own downloads takes them instead.
"""

import dataclasses
import importlib.metadata
import os
import pathlib
import shutil
import sys
from collections.abc import Mapping
from typing import Final

from citycloud_dev.assets import AssetError, build, find_go
from citycloud_dev.processes import ProcessError, run_tool

SOURCES: Final = pathlib.Path(__file__).resolve().parent
COMMAND: Final = "3.259.0"
HOST: Final = "3.79.0"
VERSION: Final = "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v"
SDK: Final = "pulumi-openstack"
PLUGIN: Final = "pulumi-resource-openstack"
LAUNCHER: Final = "pulumi-language-python-exec"
"""A script of the language host's module; the host looks for it beside itself."""
GO_SECONDS: Final = 300.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Engine:
    """Where the command and the language host lie, and the home in which the command finds the plugin."""

    command: pathlib.Path
    host: pathlib.Path
    home: pathlib.Path

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` with what makes `pulumi` this engine: nothing is downloaded, and nothing written to the user's own home."""
        return {
            **base,
            "PATH": os.pathsep.join([str(self.command.parent), str(self.host.parent), base.get("PATH", os.defpath)]),
            "PULUMI_HOME": str(self.home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }


def find_engine() -> Engine:
    """Find or build the engine. Raise AssetError."""
    command = build(
        source=SOURCES / "cli",
        packages={"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
        linker_flags=f"{VERSION}{COMMAND}",
        name="pulumi-cli",
    )
    host = build(
        source=SOURCES / "language",
        packages={"pulumi-language-python": "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"},
        linker_flags=f"{VERSION}{HOST}",
        name="pulumi-language",
    )
    _launcher(host)
    return Engine(command=command / "pulumi", host=host / "pulumi-language-python", home=_home())


def _home() -> pathlib.Path:
    """Build the plugin and lay it where the command looks for one of the SDK's version."""
    version = importlib.metadata.version(SDK)
    folder = build(
        source=SOURCES / "provider", packages={PLUGIN: "."}, linker_flags=f"-s -w -X main.version={version}", name="pulumi-provider"
    )
    home = folder / "home"
    place = home / "plugins" / f"resource-openstack-v{version}"
    place.mkdir(parents=True, exist_ok=True)
    _put(folder / PLUGIN, target=place / PLUGIN)
    return home


def _launcher(host: pathlib.Path) -> None:
    if (host / LAUNCHER).exists():
        return
    command = [str(find_go()), "-C", str(SOURCES / "language"), "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"]
    try:
        module = run_tool(command, name="go list", seconds=GO_SECONDS).strip()
    except ProcessError as error:
        raise AssetError(str(error)) from error
    _put(pathlib.Path(module) / "python" / "cmd" / LAUNCHER, target=host / LAUNCHER)


def _put(source: pathlib.Path, *, target: pathlib.Path) -> None:
    """Copy a program at one stroke: another process may be doing the same."""
    if target.exists():
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, partial)
    partial.chmod(0o755)
    partial.rename(target)


def main() -> int:
    """Find or build everything, and print what makes a shell use it."""
    try:
        engine = find_engine()
    except AssetError as error:
        print(f"pulumi-tools: {error}", file=sys.stderr)
        return 1
    for name, value in engine.environment({"PATH": "$PATH"}).items():
        print(f'export {name}="{value}"')
    return 0


if __name__ == "__main__":
    sys.exit(main())
