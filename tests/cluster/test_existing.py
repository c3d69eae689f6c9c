"""`citycloud-dev --existing`: a cluster that somebody else runs, taken as it is and left as it was."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from citycloud_dev.cluster import Cluster

SECONDS = 60


@pytest.fixture
def citycloud_dev(cluster: Cluster, tmp_path: pathlib.Path) -> "CommandLine":
    """The command line over a folder of its own, with KUBECONFIG naming the cluster of the tests."""
    return CommandLine(cluster=cluster, folder=tmp_path / "adopted")


class CommandLine:
    """Runs `citycloud-dev`."""

    def __init__(self, *, cluster: Cluster, folder: pathlib.Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.kubeconfig = str(cluster.layout.kubeconfig)

    def __call__(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "citycloud_dev.cli", *arguments, "--dir", str(self.folder)]
        environment = os.environ | {"KUBECONFIG": self.kubeconfig} | changes
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_a_developer_acts_as_any_user_there_and_the_cluster_outlives_it(citycloud_dev: CommandLine, cluster: Cluster) -> None:
    up = citycloud_dev("up", "--existing")
    assert up.returncode == 0, up.stderr
    assert f"export KUBECONFIG={citycloud_dev.folder}" in up.stdout
    assert json.loads(citycloud_dev("status").stdout)["running"] is True

    kubeconfig = pathlib.Path(citycloud_dev("kubeconfig", "--user", "clerk", "--group", "so-y-te-operators").stdout.strip())
    answer = json.loads(cluster.kubectl("auth", "whoami", "-o", "json", kubeconfig=kubeconfig))
    assert answer["status"]["userInfo"]["username"] == "clerk"
    assert "so-y-te-operators" in answer["status"]["userInfo"]["groups"]
    assert kubeconfig.stat().st_mode & 0o077 == 0

    assert "not ours to stop" in citycloud_dev("down", "--remove").stdout
    assert not citycloud_dev.folder.exists()
    assert cluster.kubectl("get", "--raw", "/readyz") == "ok"


def test_without_a_kubeconfig_it_says_what_is_missing(citycloud_dev: CommandLine) -> None:
    answer = citycloud_dev("up", "--existing", KUBECONFIG="")

    assert answer.returncode == 1
    assert "KUBECONFIG" in answer.stderr
