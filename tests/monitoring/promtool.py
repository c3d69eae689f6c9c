"""What every proof by promtool needs: running it, the rules in question, and a city that two replicas tell of at once."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from citycloud.telemetry.declarations import declarations
from citycloud_monitoring.catalogue import Alert, Catalogue
from citycloud_monitoring.expressions import selections

SECONDS = 60
REPLICAS = ("a", "b")


def run(*command: str | Path) -> str:
    result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    return said


def only(catalogue: Catalogue, *, alert: Alert) -> Catalogue:
    """Keep one alert and the recording rules that it speaks of, and those that these speak of."""
    recorded = {each.record: each for each in catalogue.recordings}
    wanted: set[str] = set()
    unread = [alert.expression]
    while unread:
        found = {each.metric for each in selections(unread.pop())} & set(recorded) - wanted
        wanted |= found
        unread += [recorded[name].expression for name in found]
    recordings = tuple(each for each in catalogue.recordings if each.record in wanted)
    return catalogue.model_copy(update={"alerts": (alert,), "recordings": recordings})


def doubled(series: Mapping[str, str]) -> dict[str, str]:
    """Let two replicas tell of the city, as they may while the lease changes hands; what a replica counts for itself stays."""
    told = {name for name, each in declarations().items() if each.of == "city"}
    found: dict[str, str] = {}
    for name, values in series.items():
        metric, _, labels = name.removesuffix("}").partition("{")
        if metric in told and 'instance="' not in labels:
            found |= {f'{metric}{{{labels},instance="{replica}",pod="citycloud-operator-{replica}"}}': values for replica in REPLICAS}
        else:
            found[name] = values
    return found
