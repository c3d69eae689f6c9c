"""Debian's Prometheus, Alertmanager and blackbox exporter, for the tests of the monitoring: found, or unpacked without being installed.

Unpacked into the cache and not installed, because an installation would start a server that listens to everybody. `python -m
citycloud_dev.prometheus` gets them, or says aloud why not.
"""

import collections
import dataclasses
import fcntl
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

import yaml

from citycloud_dev.access import MASTERS
from citycloud_dev.assets import AssetError, cache_folder
from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import Process, ProcessError, free_ports, wait_until

PACKAGES: Final = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
}
"""Each program, and the Debian package that has it."""
ADDRESS: Final = "address"
"""File in its folder that says where it answers."""
APT_SECONDS: Final = 300
START_SECONDS: Final = 60
ASK_SECONDS: Final = 10
SCRAPE_SECONDS: Final = 1
"""Far more often than in a city, so that a demo and a test need not wait."""
SLOW_SCRAPE_SECONDS: Final = 3
"""For what takes long to tell: the API server answers with megabytes."""
OF_THE_API_SERVER: Final = "apiserver_(validating|mutating)?_?admission_(controller_admission_duration|policy_check|match_condition)_.*"


def find_prometheus() -> dict[str, pathlib.Path]:
    """Return the path of every program; raise AssetError where they cannot be had."""
    installed = {name: shutil.which(name) for name in PACKAGES}
    if all(installed.values()):
        return {name: pathlib.Path(str(path)) for name, path in installed.items()}
    folder = cache_folder() / "prometheus-debian"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = {name: folder / "usr" / "bin" / name for name in PACKAGES}
        if not all(path.exists() for path in found.values()):
            _unpack(folder)
    return found


def _unpack(folder: pathlib.Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise AssetError(f"no apt here: install {', '.join(sorted(set(PACKAGES.values())))} yourself")
    with tempfile.TemporaryDirectory() as place:
        download = ["apt-get", "download", *sorted(set(PACKAGES.values()))]
        error = _run(download, place=place)
        if error and not _run(["apt-get", "update"], place=place):
            error = _run(download, place=place)
        if error:
            raise AssetError(f"apt-get download: {error}")
        archives = sorted(pathlib.Path(place).glob("*.deb"))
        for archive in archives:
            if error := _run(["dpkg-deb", "-x", str(archive), str(folder)], place=place):
                raise AssetError(f"dpkg-deb failed: {error}")


def _run(command: list[str], *, place: str) -> str:
    """Run a command; return what it said where it failed, otherwise nothing."""
    result = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=APT_SECONDS, check=False)
    return "" if result.returncode == 0 else result.stderr.strip()[-500:] or f"exit status {result.returncode}"


@dataclasses.dataclass(frozen=True)
class Prometheus:
    """One running Prometheus."""

    process: Process
    port: int

    @property
    def address(self) -> str:
        """Return where people look at it."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, **parameters: str) -> Any:
        """Return the data of one answer of its API; raise urllib.error.HTTPError where it refuses."""
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        with urllib.request.urlopen(f"{self.address}/api/v1/{path}{query}", timeout=ASK_SECONDS) as response:
            return json.load(response)["data"]

    def health(self) -> dict[str, int]:
        """Count the rules by their health: ok, err, or unknown before the first evaluation."""
        rules = [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
        return dict(collections.Counter(rule["health"] for rule in rules))

    def is_ready(self) -> bool:
        """Tell whether it answers."""
        self.process.check()
        try:
            with urllib.request.urlopen(f"{self.address}/-/ready", timeout=ASK_SECONDS):
                return True
        except OSError:
            return False


Target = int | Mapping[str, Any]
"""What is scraped: a port of loopback, or as Prometheus' own configuration writes it, without the job's name."""


def api_server(cluster: Cluster) -> Target:
    """Scrape what the panels show of the API server, as its administrator; the rest of it would be ten thousand series a second."""
    pair = cluster.authority.user(name="prometheus", groups=(MASTERS,))
    authority = {"ca_file": str(cluster.authority.files.certificate)}
    return {
        "scheme": "https",
        "scrape_interval": f"{SLOW_SCRAPE_SECONDS}s",
        "tls_config": authority | {"cert_file": str(pair.certificate), "key_file": str(pair.key)},
        "static_configs": [{"targets": [f"127.0.0.1:{cluster.ports.api_server}"]}],
        "metric_relabel_configs": [{"action": "keep", "source_labels": ["__name__"], "regex": OF_THE_API_SERVER}],
    }


def start_prometheus(
    *, program: pathlib.Path, folder: pathlib.Path, targets: Mapping[str, Target], rules: Mapping[str, Any], keeps: str = "15d"
) -> Prometheus:
    """Start Prometheus on a free port of loopback; it scrapes each job's target and evaluates `rules`.

    What lies in `data` below its folder it has already seen, as far as it `keeps` that.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules, allow_unicode=True))
    jobs = [_job(name=name, target=target) for name, target in targets.items()]
    timing = {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"}
    configuration = {"global": timing, "rule_files": ["rules.yaml"], "scrape_configs": jobs}
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    (port,) = free_ports(1)
    command = [
        str(program),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--storage.tsdb.retention.time={keeps}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    running = Prometheus(process=Process(name="prometheus", command=command, log=folder / "prometheus.log"), port=port)
    try:
        wait_until(running.is_ready, what="Prometheus to be ready", seconds=START_SECONDS)
    except ProcessError:
        running.process.stop(gracefully=False)
        raise
    (folder / ADDRESS).write_text(running.address)
    return running


def _job(*, name: str, target: Target) -> dict[str, Any]:
    known = {"static_configs": [{"targets": [f"127.0.0.1:{target}"]}]} if isinstance(target, int) else dict(target)
    return {"job_name": name, **known}


def main() -> int:
    """Get everything ready; where that cannot be, say why: the tests with Prometheus are skipped then."""
    try:
        find_prometheus()
    except AssetError as error:
        print(f"no Prometheus here: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
