"""Prometheus over the laboratory: the rendered jobs and targets, and a blackbox exporter in each hub's router as the city has them.

Prometheus stands beside the first hub's router, in the segment from which routers are looked after, and asks both exporters through the
network. It is asked and looked at from there too (`Watch.entered`), for no other network leads to it. Time is compressed: a probe a second
where the city has one in fifteen, and alerts wait a sixtieth of what they wait in the city.
"""

import contextlib
import dataclasses
import json
import pathlib
import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import Process
from citycloud_dev.prometheus import Prometheus, Target, start_prometheus
from citycloud_infra.render.nftables import MANAGEMENT
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.places import beside, inside

PROBES_SECONDS: Final = 1
FASTER: Final = 60
DURATION: Final = re.compile(r"(\d+)([smhd])")
SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Rules = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Watch:
    """A running Prometheus, and the network in which it is to be found."""

    prometheus: Prometheus
    network: Network

    def entered(self) -> contextlib.AbstractContextManager[None]:
        """Be where Prometheus answers for the length of a block."""
        return self.network.entered()

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """Return what an expression says now."""
        with self.entered():
            found: list[dict[str, Any]] = self.prometheus.ask("query", query=expression)["result"]
        return found

    def firing(self) -> set[str]:
        """Name the alerts that fire."""
        return {each["metric"]["alertname"] for each in self.ask('ALERTS{alertstate="firing"}')}


@contextlib.contextmanager
def watched(*, lab: Laboratory, programs: Mapping[str, pathlib.Path], rules: Rules, folder: pathlib.Path) -> Iterator[Watch]:
    """Keep exporters and Prometheus up for the length of a block; `rules` are the shipped ones."""
    rendered = lab.texts / "prometheus"
    shutil.copytree(rendered / "targets", folder / "targets")
    first = lab.plan.inventory.hubs[0].name
    network = lab.networks[beside(inside(node=first, segment=MANAGEMENT))]
    with contextlib.ExitStack() as stack:
        for hub in lab.plan.hubs:
            address = _exporter(rendered / "targets" / f"sites-{hub}.json")
            command = [str(programs["prometheus-blackbox-exporter"]), f"--config.file={rendered / 'blackbox.yml'}"]
            with lab.networks[inside(node=hub, segment=MANAGEMENT)].entered():
                exporter = Process(name=f"exporter-{hub}", command=[*command, f"--web.listen-address={address}"], log=folder / f"{hub}.log")
            stack.callback(exporter.stop)
        with network.entered():
            running = start_prometheus(program=programs["prometheus"], folder=folder, targets=_jobs(rendered), rules=sooner(rules))
        stack.callback(running.process.stop)
        yield Watch(prometheus=running, network=network)


def sooner(rules: Rules) -> Rules:
    """Let every alert wait a sixtieth of what it waits in the city, at least a second. Pure."""
    return {"groups": [{**group, "rules": [_sooner(rule) for rule in group["rules"]]} for group in rules["groups"]]}


def _sooner(rule: Mapping[str, Any]) -> dict[str, Any]:
    if "for" not in rule:
        return dict(rule)
    seconds = sum(int(count) * SECONDS[unit] for count, unit in DURATION.findall(rule["for"]))
    return {**rule, "for": f"{max(1, seconds // FASTER)}s"}


def _exporter(targets: pathlib.Path) -> str:
    """Return where the exporter of these targets has to answer; in the laboratory every site has the management segment."""
    (address,) = {each["labels"]["__exporter"] for each in json.loads(targets.read_text("utf-8"))}
    return str(address)


def _jobs(rendered: pathlib.Path) -> dict[str, Target]:
    """Return the rendered jobs by name, each asking more often."""
    jobs = yaml.safe_load((rendered / "scrape.yml").read_text("utf-8"))["scrape_configs"]
    return {job.pop("job_name"): job | {"scrape_interval": f"{PROBES_SECONDS}s"} for job in jobs}
