"""How long the network laboratory takes to come up, what its hosts notice when the main hub is lost, and what it takes of the machine.

Run by `make lab-scale`, as root. Up means that every tunnel carries what both ends have to say. The goals: 15 s for four sites with all
segments and 120 s for 126 with one; a hub's loss noticed for 1.5 s at most (median of five); 4 GiB; voice 5 ms at worst, none of it lost.
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time
from typing import Final

from citycloud_infra.model.load import read_inventory
from citycloud_infra.model.plan import plan_city
from citycloud_lab.wan.laboratory import OwnLaboratory, running_laboratory
from citycloud_lab.wan.memory import MIB, memory
from citycloud_lab.wan.outages import hub_loss, watches
from citycloud_lab.wan.reduce import reduced
from citycloud_lab.wan.traffic import overload
from citycloud_lab.wan.wireguard import usual_technique

SAMPLE: Final = pathlib.Path("examples/hanoi-2026/inventory.yaml")
REST_SECONDS: Final = 5.0


def main() -> None:
    """Bring one laboratory up, measure, and take it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=4)
    parser.add_argument("--segment", action="append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--voice", action="store_true", help="overload a line and listen to voice")
    options = parser.parse_args()
    technique = usual_technique()
    whole = read_inventory(text=SAMPLE.read_text("utf-8"), file=str(SAMPLE)).inventory
    plan = plan_city(reduced(whole, sites=options.sites, technique=technique, segments=options.segment))
    print(f"{options.sites} sites, {len(plan.tunnels)} tunnels, {technique}", flush=True)
    free, began = available(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, running_laboratory(plan=plan, folder=pathlib.Path(folder), name="bench") as lab:
        up = time.monotonic() - began
        print(f"up after {up:.1f} s", flush=True)
        share, taken = memory(os.getpid()) // MIB, (free - available()) // MIB
        busy = processors()
        print(f"memory: {share} MiB of processes (PSS), {taken} MiB less available; {busy:.2f} processors busy at rest", flush=True)
        losses = [hub_loss(lab, next(watches(lab))).longest for _ in range(options.rounds)]
        print(f"loss of the main hub: {' '.join(f'{each:.2f}' for each in losses)} s", flush=True)
        voice = f" {listened(lab)}" if options.voice else ""
    figures = f"up={up:.1f}s loss={statistics.median(losses):.2f}s pss={share}MiB taken={taken}MiB{voice}"
    print(f"bench: wan sites={options.sites} tunnels={len(plan.tunnels)} {figures}")


def listened(lab: OwnLaboratory) -> str:
    """Overload a line and return what became of voice."""
    load = overload(lab)
    voice, others = load.voice, load.others
    return f"voice={voice.median_ms:.2f}ms worst={voice.worst_ms:.2f}ms lost={voice.lost_percent:.1f}% others={others.median_ms:.1f}ms"


def available() -> int:
    """Return the bytes of memory that the machine has to give."""
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) * 1024


def processors() -> float:
    """Return how many of the machine's processors are busy while nothing happens."""
    before = busy_seconds()
    time.sleep(REST_SECONDS)
    return (busy_seconds() - before) / REST_SECONDS


def busy_seconds() -> float:
    """Return for how many seconds the machine's processors have worked, all together, since it started."""
    user, nice, system, _, _, interrupt, soft, *_ = map(int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + interrupt + soft) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
