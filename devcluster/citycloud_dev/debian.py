"""Debian's packages: which are missing, by the programs in them, and how they come where this is root."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from citycloud_dev.processes import ProcessError, run_tool

APT_SECONDS: Final = 900.0


def missing_packages(programs: Mapping[str, str]) -> list[str]:
    """Name the packages whose programs are not installed; `programs` has each program's package."""
    return sorted({package for program, package in programs.items() if shutil.which(program) is None})


def install(packages: Sequence[str]) -> None:
    """Install packages where this is root on a Debian; say so where it fails, and leave it to the caller to see what is missing then."""
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print(f"installing {', '.join(packages)} …", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        try:
            run_tool(["apt-get", *arguments], name=f"apt-get {arguments[0]}", seconds=APT_SECONDS, environment=environment)
        except ProcessError as error:
            print(error, file=sys.stderr)
