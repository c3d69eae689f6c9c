"""The command `citycloud` as somebody of the demo's city uses it: in a process of its own, with a certificate of their own."""

import os
import pathlib
import subprocess
import sys
from typing import Final

from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import ProcessError

MOST_SECONDS: Final = 120.0
NETWORK_TEAM: Final = "citycloud-facts"
"""The group that the chart lets bring in the facts of the network."""


def ask(*arguments: str, cluster: Cluster, user: str, group: str) -> "subprocess.CompletedProcess[str]":
    """Run `citycloud` as a member of one group; answers are tables."""
    kubeconfig = cluster.kubeconfig(user=user, groups=(group,))
    return subprocess.run(
        [sys.executable, "-m", "citycloud.cli.app", *arguments, "--output", "table"],
        env={**os.environ, "KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )


def bring_facts(*, cluster: Cluster, file: pathlib.Path) -> str:
    """Apply the facts of the network as its team does; return the last line of the answer, raise ProcessError where it is no."""
    answer = ask("facts", "apply", str(file), cluster=cluster, user="to-mang", group=NETWORK_TEAM)
    if answer.returncode:
        raise ProcessError(f"citycloud facts apply {file.name}: {answer.stdout}{answer.stderr}")
    return answer.stdout.rstrip().splitlines()[-1]
