"""A wide area network on one machine: Debian's blackbox exporter probes ports of loopback as if they were sites.

One site answers on both of its links, one on neither. What Prometheus keeps is what a city's exporter would tell it, with the labels that
`monitoring/external.yaml` asks for; how far a site is nobody can say here.
"""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from citycloud_dev.processes import Process, free_ports, wait_until

SITE = "xa-bat-trang"
SITES = {"ubnd-thanh-pho": ("main", True), SITE: ("commune", True), "xa-ba-vi": ("commune", False)}
"""The tier of each site, and whether it answers."""
CARRIERS = ("carrier-a", "carrier-b")
START_SECONDS = 30


@contextmanager
def exporter(*, program: Path, folder: Path) -> Iterator[int]:
    """Run the exporter on loopback for the length of a block; give its port."""
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
        yield port
    finally:
        process.stop()


def probes(*, exporter: int, answers: int, silent: int, organisation: str) -> dict[str, Any]:
    """Build the scrape configuration: each link of each site is a target with the labels that the panels ask for."""
    links = [(site, tier, up, carrier) for site, (tier, up) in SITES.items() for carrier in CARRIERS]
    return {
        "metrics_path": "/probe",
        "params": {"module": ["tcp"]},
        "static_configs": [
            {
                "targets": [f"127.0.0.1:{answers if up else silent}"],
                "labels": {"site": site, "tier": tier, "carrier": carrier, "organisation": organisation if up else site},
            }
            for site, tier, up, carrier in links
        ],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": f"127.0.0.1:{exporter}"},
        ],
    }
