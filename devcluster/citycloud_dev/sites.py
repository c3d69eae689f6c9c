"""A wide area network on one machine, for what watches over one: Debian's blackbox exporter probes ports of loopback as if they were sites.

What Prometheus keeps is what a city's exporter would tell it, with the labels that `monitoring/external.yaml` asks for; how far a site is,
and by which road, nobody can say here.
"""

import dataclasses
import pathlib
import urllib.request
from collections.abc import Sequence
from typing import Any, Final

import yaml

from citycloud_dev.processes import Process, ProcessError, free_ports, wait_until

CARRIERS: Final = ("carrier-a", "carrier-b")
START_SECONDS: Final = 30


@dataclasses.dataclass(frozen=True, kw_only=True)
class Site:
    """One site with a link of each carrier, and those whose link answers."""

    name: str
    tier: str
    organisation: str
    answering: tuple[str, ...] = CARRIERS


@dataclasses.dataclass(frozen=True)
class Exporter:
    """A running exporter and its port."""

    process: Process
    port: int


def start_exporter(*, program: pathlib.Path, folder: pathlib.Path) -> Exporter:
    """Run the exporter on loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "blackbox.yaml"
    path.write_text(yaml.safe_dump({"modules": {"tcp": {"prober": "tcp", "timeout": "2s"}}}))
    (port,) = free_ports(1)
    command = [str(program), f"--config.file={path}", f"--web.listen-address=127.0.0.1:{port}"]
    process = Process(name="blackbox-exporter", command=command, log=folder / "blackbox.log")

    def answers() -> bool:
        process.check()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/healthy", timeout=5):
                return True
        except OSError:
            return False

    try:
        wait_until(answers, what="the blackbox exporter", seconds=START_SECONDS)
    except ProcessError:
        process.stop(gracefully=False)
        raise
    return Exporter(process=process, port=port)


def probes(*, exporter: int, answers: int, silent: int, sites: Sequence[Site]) -> dict[str, Any]:
    """Build the scrape configuration: each link of each site is a target; `answers` and `silent` are ports of loopback."""
    links = [(site, carrier) for site in sites for carrier in CARRIERS]
    return {
        "metrics_path": "/probe",
        "params": {"module": ["tcp"]},
        "static_configs": [
            {
                "targets": [f"127.0.0.1:{answers if carrier in site.answering else silent}"],
                "labels": {"site": site.name, "tier": site.tier, "carrier": carrier, "organisation": site.organisation},
            }
            for site, carrier in links
        ],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": f"127.0.0.1:{exporter}"},
        ],
    }
