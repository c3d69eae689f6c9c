"""What the kernel says of the operator's process, and what the API server says of the writes it got."""

import dataclasses
import os
import pathlib
import re
import urllib.request
from typing import Final

import aiohttp

WRITES: Final = frozenset({"APPLY", "POST", "PUT", "PATCH", "DELETE"})
_SAMPLE: Final = re.compile(r"^apiserver_request_total\{(.*)\} (\S+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


@dataclasses.dataclass(frozen=True)
class Usage:
    """Processor seconds so far and the largest resident set, in MiB."""

    cpu: float
    peak: float


def usage(pid: int) -> Usage:
    """Read the usage of a process."""
    folder = pathlib.Path("/proc") / str(pid)
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    peak = re.search(r"VmHWM:\s+(\d+) kB", (folder / "status").read_text())
    assert peak is not None
    return Usage(cpu=ticks / os.sysconf("SC_CLK_TCK"), peak=int(peak[1]) / 1024)


async def writes(session: aiohttp.ClientSession) -> dict[tuple[str, str, str], float]:
    """Read the API server's count of writes by resource, subresource and verb; leases and events of the cluster itself are left out."""
    async with session.get("/metrics") as response:
        text = await response.text()
    counts: dict[tuple[str, str, str], float] = {}
    for labels, value in _SAMPLE.findall(text):
        named = dict(_LABEL.findall(labels))
        if named["verb"] in WRITES and named["resource"] not in ("leases", "events"):
            key = (named["resource"], named["subresource"], named["verb"])
            counts[key] = counts.get(key, 0) + float(value)
    return counts


def operator_writes(*, before: dict[tuple[str, str, str], float], after: dict[tuple[str, str, str], float]) -> dict[str, int]:
    """Count what only the operator sends: applies and deletes of anything, and the creation of namespaces."""
    delta = {key: int(after[key] - before.get(key, 0)) for key in after}
    counted: dict[str, int] = {}
    for (resource, subresource, verb), count in delta.items():
        if count and (verb in ("APPLY", "DELETE") or (resource == "namespaces" and verb == "POST")):
            name = f"{resource}/{subresource}" if subresource else resource
            counted[name] = counted.get(name, 0) + count
    return counted


def gauge(*, port: int, name: str) -> float:
    """Read one metric without labels from the operator."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        for line in response.read().decode().splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
    return 0.0
