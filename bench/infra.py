"""How long an engineer waits: `check`, `plan` and the graph of the whole city, each in a process of its own, as it is used.

Run by `make bench-infra`. The goals are two seconds for `check` and `plan` together without the resources, and ten for the graph.
"""

import argparse
import statistics
import subprocess
import sys
import time
from typing import Final

SAMPLE: Final = "examples/hanoi-2026/inventory.yaml"
COMMANDS: Final = {
    "check": ("check", SAMPLE),
    "plan": ("plan", SAMPLE, "--no-resources"),
    "plan with resources": ("plan", SAMPLE),
    "facts": ("facts", SAMPLE),
}
MOST_SECONDS: Final = 120


def seconds(arguments: tuple[str, ...]) -> float:
    """Run one command and return how long it took."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "citycloud_infra", *arguments]
    subprocess.run(command, check=True, timeout=MOST_SECONDS, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Run each command several times and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    medians = {name: statistics.median(seconds(arguments) for _ in range(rounds)) for name, arguments in COMMANDS.items()}
    for name, value in medians.items():
        print(f"{name}: {value:.2f} s")
    graph = medians["plan with resources"] - medians["plan"]
    print(f"bench: infra check+plan={medians['check'] + medians['plan']:.2f}s graph={graph:.2f}s rounds={rounds}")


if __name__ == "__main__":
    main()
