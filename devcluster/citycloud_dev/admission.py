"""What the API server is told about admission before it starts: policies on its own disk, and a limit on events.

The files are those that are shipped for a real control plane (policies/control-plane); only paths are put in. A server that does not know
static policies yet (KEP-5793) starts without them, and that is said aloud: the guards are then only as strong as RBAC.
"""

import functools
import pathlib
import shutil
import subprocess
import sys
from typing import Any, Final

import yaml

from citycloud_dev.layout import Layout

SHIPPED: Final = pathlib.Path(__file__).resolve().parent.parent.parent / "policies" / "control-plane"
STATIC_FEATURE: Final = "ManifestBasedAdmissionControlConfig"
HELP_SECONDS: Final = 60


def admission_arguments(*, layout: Layout, binary: pathlib.Path) -> list[str]:
    """Write the configuration into the cluster's folder and return the arguments that name it."""
    folder = layout.admission
    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
    static = offers_static_policies(binary)
    if not static:
        print(
            f"{binary} has no feature {STATIC_FEATURE}: it starts without static policies, so that whoever RBAC makes administrator "
            "may also take our admission policies away",
            file=sys.stderr,
        )
    path = folder / "admission.yaml"
    path.write_text(yaml.safe_dump(_configuration(folder=folder, static=static), sort_keys=False))
    features = [f"--feature-gates={STATIC_FEATURE}=true"] if static else []
    return [f"--admission-control-config-file={path}", "--enable-admission-plugins=EventRateLimit", *features]


@functools.cache
def offers_static_policies(binary: pathlib.Path) -> bool:
    """Ask an API server's binary whether it can read policies from its own disk."""
    answer = subprocess.run([str(binary), "--help"], capture_output=True, text=True, timeout=HELP_SECONDS, check=False)
    return STATIC_FEATURE in answer.stdout


def _configuration(*, folder: pathlib.Path, static: bool) -> dict[str, Any]:
    configuration: dict[str, Any] = yaml.safe_load((SHIPPED / "admission.yaml").read_text())
    plugins = {plugin["name"]: plugin for plugin in configuration["plugins"]}
    plugins["ValidatingAdmissionPolicy"]["configuration"]["staticManifestsDir"] = str(folder / "static")
    configuration["plugins"] = [plugin for name, plugin in plugins.items() if static or name != "ValidatingAdmissionPolicy"]
    return configuration
