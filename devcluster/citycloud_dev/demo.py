"""`make demo`: from nothing to the city of Hanoi on a real control plane, and then it stays up to be looked at."""

import argparse
import collections
import concurrent.futures
import contextlib
import hashlib
import json
import pathlib
import signal
import sys
import time
import urllib.request
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from citycloud_dev.asking import ask, bring_facts
from citycloud_dev.assets import AssetError
from citycloud_dev.cluster import Cluster
from citycloud_dev.install import CHARTS, install_citycloud, install_definitions, start_operator
from citycloud_dev.keeper import Keeper
from citycloud_dev.layout import default_folder
from citycloud_dev.nodes import LOCATIONS, add_nodes
from citycloud_dev.processes import Process, ProcessError, free_ports, wait_until
from citycloud_dev.watching import CANARY_PLACES, Watch, sing, watch
from citycloud_dev.workloads import EXAMPLES, Workload, approve, give_volumes, not_running, place, workloads

SETTLE_SECONDS: Final = 300.0
WAITING: Final = ("AwaitingApproval", "AwaitingDossier", "Refused")
SAMPLES_EACH: Final = 3
FACTS: Final = "facts.json"


class Demo:
    """One run of the demonstration."""

    def __init__(self, *, city: str, folder: pathlib.Path, console: Console) -> None:
        self.files = EXAMPLES / city
        self.console = console
        self.cluster = Cluster(folder=folder, before_controllers=None if (folder / "installed").exists() else install_definitions)
        self.port = free_ports(1)[0]
        self.operator: Process | None = None
        self.canary: Process | None = None
        self.canary_port = free_ports(1)[0]
        self.watch: Watch | None = None

    def run(self, *, oneshot: bool) -> int:
        """Bring everything up, show it, and return the exit status."""
        started = time.monotonic()
        try:
            with self.console.status("starting the control plane …"):
                self.cluster.start()
            installed = time.monotonic()
            with self.console.status("installing citycloud …"):
                self._install()
            self.operator = start_operator(self.cluster, port=self.port)
            self.watch = watch(self.cluster, operator=self.port, canary=self.canary_port, console=self.console)
            seconds = self._load()
            self._decide()
            admitted = self._run_workloads()
            good = self._report(startup=installed - started, provisioning=seconds) and admitted
            if not oneshot:
                self._stay()
            return 0 if good else 1
        finally:
            for process in (self.watch, self.canary, self.operator):
                if process is not None:
                    process.stop()
            self.cluster.stop()

    def _install(self) -> None:
        """Install the charts and the nodes, once for each state of the charts."""
        marker = self.cluster.layout.folder / "installed"
        state = _hash_of(CHARTS)
        if marker.exists() and marker.read_text() == state:
            return
        install_definitions(self.cluster)
        add_nodes(self.cluster)
        install_citycloud(self.cluster)
        marker.write_text(state)

    def _load(self) -> float:
        """Apply the city, once for each state of its files; return the seconds from the first request to the last decision."""
        marker = self.cluster.layout.folder / "loaded"
        state = _hash_of(self.files)
        if not (marker.exists() and marker.read_text() == state):
            with self.console.status("declaring the city and its organisations …"):
                self._apply("city.yaml", "organisations.yaml")
                wait_until(self._homes_ready, what="the home namespaces", seconds=SETTLE_SECONDS, every=0.5)
            with self.console.status("declaring its systems and its network …"):
                self._apply("systems.yaml")
                if (facts := self.files / FACTS).exists():
                    self.console.print(f"$ citycloud facts apply {FACTS}\n{bring_facts(cluster=self.cluster, file=facts)}", markup=False)
            asked = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
                asking = pool.submit(self._apply, "environments.yaml")
                self._settle(asking=asking)
            marker.write_text(state)
            return time.monotonic() - asked
        resumed = time.monotonic()
        self._settle(asking=None)
        return time.monotonic() - resumed

    def _apply(self, *names: str) -> None:
        files = [argument for name in names for argument in ("-f", str(self.files / name))]
        self.cluster.kubectl("apply", "--server-side", *files)

    def _get(self, resource: str) -> list[dict[str, Any]]:
        """List what the city has; the canary's, who came in an earlier demo, is nobody's."""
        items: list[dict[str, Any]] = json.loads(self.cluster.kubectl("get", resource, "-A", "-o", "json"))["items"]
        return [each for each in items if (each["metadata"].get("namespace") or each["metadata"]["name"]) not in CANARY_PLACES]

    def _homes_ready(self) -> bool:
        """Tell whether every home namespace is there and its quota is counted, so that requests can be written."""
        self._check()
        organisations = self._get("organisations")
        ready = [each for each in organisations if _condition(each, "Ready") == "True"]
        counted = [each for each in self._get("resourcequotas") if each.get("status", {}).get("hard")]
        return len(ready) == len(organisations) and len(counted) >= len(organisations)

    def _settle(self, *, asking: "concurrent.futures.Future[None] | None") -> None:
        """Show progress until everything was asked for and every environment is Ready or waits with a reason."""
        expected = (self.files / "environments.yaml").read_text().count("\nkind: Environment\n")
        columns = (TextColumn("[bold]provisioning"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task("", total=expected)

            def settled() -> bool:
                self._check()
                phases = [each.get("status", {}).get("phase") for each in self._get("environments")]
                done = sum(phase == "Ready" or phase in WAITING for phase in phases)
                progress.update(task, completed=done)
                if asking is not None and asking.done():
                    asking.result()
                return done == len(phases) and (asking is None or asking.done())

            wait_until(settled, what="the environments", seconds=SETTLE_SECONDS, every=0.5)

    def _run_workloads(self) -> bool:
        """Place every workload of examples/ as people of its organisation, and see it run; tell whether all of them were admitted."""
        wanted = [*workloads(self.files), *self._samples()]
        placed = []
        for workload in wanted:
            try:
                place(cluster=self.cluster, workload=workload)
                placed.append(workload)
            except ProcessError as refusal:
                self.console.print(f"{workload.title} was refused: {refusal}", markup=False)
        try:
            wait_until(lambda: self._all_run(placed), what="the pods of the workloads", seconds=SETTLE_SECONDS, every=0.5)
        except ProcessError as error:
            missing = ", ".join(not_running(cluster=self.cluster, placed=placed))
            raise ProcessError(f"{error}; these do not run: {missing}") from error
        self.console.print(f"workloads {len(placed)} of {len(wanted)} admitted", markup=False)
        return len(placed) == len(wanted)

    def _decide(self) -> None:
        """Approve, as an approver of the city, whatever waits for nothing but that, and wait until it is there."""

        def waiting() -> list[dict[str, Any]]:
            self._check()
            return [each for each in self._get("environments") if each["status"]["phase"] in ("AwaitingApproval", "Provisioning")]

        decided = waiting()
        with self.console.status("deciding what waits …"):
            for environment in decided:
                approve(cluster=self.cluster, environment=environment)
            wait_until(lambda: not waiting(), what="what was decided", seconds=SETTLE_SECONDS, every=0.5)
        self.console.print(f"approved {len(decided)} requests that waited for a decision", markup=False)

    def _explain(self, environment: dict[str, Any]) -> None:
        """Ask, as somebody of the organisation, why its environment waits."""
        organisation = environment["metadata"]["namespace"].removeprefix("org-")
        place = f"{organisation}/{environment['metadata']['name']}"
        asked = ask("why", place, cluster=self.cluster, user="van-thu", group=f"{organisation}-admins")
        self.console.print(f"$ citycloud why {place}\n{asked.stdout}{asked.stderr}", markup=False, highlight=False)

    def _samples(self) -> list[Workload]:
        """Put the workloads of the small example into some environments of the city, at each location."""
        ready = [each for each in self._get("environments") if each["status"]["phase"] == "Ready"]
        return [
            small.moved(namespace=environment["status"]["namespaces"][-1]["name"], location=location)
            for location in LOCATIONS
            for here in [[each for each in ready if each["status"]["location"] == location]]
            for environment in here[:: max(1, len(here) // SAMPLES_EACH)][:SAMPLES_EACH]
            for small in workloads(EXAMPLES / "small")
        ]

    def _all_run(self, placed: list[Workload]) -> bool:
        self._check()
        give_volumes(self.cluster)
        return not not_running(cluster=self.cluster, placed=placed)

    def _report(self, *, startup: float, provisioning: float) -> bool:
        environments = self._get("environments")
        phases = collections.Counter(each["status"]["phase"] for each in environments)
        namespaces = self.cluster.kubectl("get", "namespaces", "-l", "citycloud.dev/zone", "-o", "name").split()
        applies = _metric(self.port, "citycloud_apply_operations_total")
        table = Table(title=f"citycloud: {self.files.name}", show_header=False)
        table.add_row("organisations", str(len(self._get("organisations"))))
        for phase, count in sorted(phases.items()):
            table.add_row(f"environments {phase}", str(count))
        table.add_row("namespaces", str(len(namespaces)))
        table.add_row("objects written by the operator", f"{applies:.0f}")
        table.add_row("control plane up after", f"{startup:.1f} s")
        table.add_row("all environments settled after", f"{provisioning:.1f} s")
        table.add_row("environments per second", f"{phases['Ready'] / max(provisioning, 0.001):.1f}")
        places = collections.Counter(pod["spec"].get("nodeName", "–").rsplit("-", 1)[0] for pod in self._get("pods"))
        table.add_row("pods by location", ", ".join(f"{place}: {count}" for place, count in sorted(places.items())))
        self.console.print(table)
        for environment in environments:
            if environment["status"]["phase"] in WAITING:
                self._explain(environment)
                break
        kubectl = self.cluster.assets["kubectl"]
        path = f"export KUBECONFIG={self.cluster.layout.kubeconfig} PATH={kubectl.parent}:$PATH"
        self.console.print(f"\nlook around:\n  {path}", markup=False, soft_wrap=True)
        self.console.print("  kubectl get org,isys,env -A\n  kubectl get env -n org-so-y-te -o wide", markup=False)
        self.console.print("  kubectl get netpol,quota,rolebinding -A -l citycloud.dev/organisation=so-y-te", markup=False)
        self.console.print("  kubectl get site,wanlink", markup=False)
        self.console.print("  kubectl get netpol -A --field-selector metadata.name=allow-sites -o yaml", markup=False, soft_wrap=True)
        self.console.print(f"  curl -s http://127.0.0.1:{self.port}/metrics", markup=False)
        if self.watch is not None:
            self.console.print(f"  {self.watch}", markup=False)
        return all(phase == "Ready" or phase in WAITING for phase in phases)

    def _stay(self) -> None:
        self.canary = sing(self.cluster, port=self.canary_port)
        self.console.print("\nIt stays up; Ctrl-C ends it, `make demo` resumes it, `make demo-down` removes it.", markup=False)
        Keeper(folder=self.cluster.layout.folder).keep(lambda: contextlib.nullcontext(self._check))
        self.console.print("stopping …")

    def _check(self) -> None:
        self.cluster.check()
        for process in (self.operator, self.canary):
            if process is not None:
                process.check()


def _condition(item: dict[str, Any], type_: str) -> str:
    conditions = item.get("status", {}).get("conditions", [])
    return next((each["status"] for each in conditions if each["type"] == type_), "")


def _metric(port: int, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        lines = response.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name}{{"))


def _hash_of(folder: pathlib.Path) -> str:
    digest = hashlib.sha256()
    for path in sorted((*folder.rglob("*.yaml"), *folder.rglob("*.json"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def main() -> int:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--city", default="hanoi-2026", help="folder below examples/")
    parser.add_argument("--dir", type=pathlib.Path, default=default_folder(name="demo"), help="data folder of the cluster")
    parser.add_argument("--oneshot", action="store_true", help="end after the table")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    console = Console()
    try:
        return Demo(city=options.city, folder=options.dir.absolute(), console=console).run(oneshot=options.oneshot)
    except KeyboardInterrupt:
        return 130
    except (AssetError, ProcessError) as error:
        console.print(f"demo: {error}", markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())
