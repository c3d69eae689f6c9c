"""Every workload of examples/, placed as it stands by people of its organisation: admitted by all policies, and seen to run.

It has a cluster of its own, with the sample city's rules and the environments that the workloads are for.
"""

import json
from collections.abc import Iterator

import pytest
import yaml
from tests.support.kube import Object, User, condition, eventually

from citycloud_dev.asking import bring_facts
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions, start_operator
from citycloud_dev.nodes import add_nodes
from citycloud_dev.workloads import EXAMPLES, Workload, approve, give_volumes, not_running, place, workloads

HANOI = EXAMPLES / "hanoi-2026"
SMALL = ("information-system.yaml", "environment.yaml")
WORKLOADS = workloads(EXAMPLES)


def _read(*names: str, folder: str = "hanoi-2026") -> list[Object]:
    return [each for name in names for each in yaml.safe_load_all((EXAMPLES / folder / name).read_text("utf-8"))]


def _needed() -> tuple[list[Object], list[Object]]:
    """Pick the organisations that have workloads, and those of their requests that the workloads are for."""
    wanted = {workload.environment for workload in WORKLOADS}
    homes = {organisation for organisation, _ in wanted}
    organisations = [each for each in _read("organisations.yaml") if each["metadata"]["name"] in homes]
    environments = [
        each
        for each in [*_read("environments.yaml"), *_read("environment.yaml", folder="small")]
        if (each["metadata"]["namespace"].removeprefix("org-"), each["metadata"]["name"]) in wanted
    ]
    systems = {(each["metadata"]["namespace"], each["spec"]["system"]) for each in environments}
    known = [*_read("systems.yaml"), *_read("information-system.yaml", folder="small")]
    return organisations, [each for each in known if (each["metadata"]["namespace"], each["metadata"]["name"]) in systems] + environments


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The part of the sample city that has workloads, provisioned; what needs an approver was approved."""
    with running_cluster(folder=tmp_path_factory.mktemp("examples"), before_controllers=install_definitions) as cluster:
        add_nodes(cluster)
        install_citycloud(cluster)
        platform = User(cluster=cluster, kubeconfig=cluster.layout.kubeconfig)
        process = start_operator(cluster)
        organisations, requests = _needed()
        platform.apply(*_read("city.yaml"), *organisations)
        for each in organisations:
            _counted(platform, each["metadata"]["name"])
        bring_facts(cluster=cluster, file=HANOI / "facts.json")
        platform.apply(*requests)
        for each in requests:
            if each["kind"] == "Environment":
                _provisioned(platform, cluster, each["metadata"]["name"], each["metadata"]["namespace"])
        yield cluster
        process.check()
        process.stop()


def _counted(platform: User, organisation: str) -> None:
    def ready() -> bool:
        quota = platform.find("resourcequota", "citycloud", f"org-{organisation}") or {}
        return bool(quota.get("status", {}).get("hard"))

    eventually(ready, what=f"the home of {organisation}")


def _provisioned(platform: User, cluster: Cluster, name: str, home: str) -> None:
    def phase() -> str:
        return str(platform.get("environment", name, home).get("status", {}).get("phase", ""))

    if eventually(lambda: phase() in ("Ready", "AwaitingApproval") and phase(), what=f"{name} to be decided") == "AwaitingApproval":
        approve(cluster=cluster, environment=platform.get("environment", name, home))
    eventually(lambda: phase() == "Ready", what=f"{name} to be Ready")


@pytest.fixture(scope="module")
def placed(town: Cluster) -> Cluster:
    """Every workload, placed; a refusal ends it here and says by which policy."""
    for workload in WORKLOADS:
        place(cluster=town, workload=workload)
    return town


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.title)
def test_every_workload_is_admitted_and_runs(workload: Workload, placed: Cluster) -> None:
    def runs() -> bool:
        give_volumes(placed)
        return not not_running(cluster=placed, placed=[workload])

    eventually(runs, what=f"{not_running(cluster=placed, placed=[workload])} to run", seconds=60)


def test_what_runs_at_night_would_run_too(placed: Cluster) -> None:
    for workload in WORKLOADS:
        for item in workload.items:
            if item["kind"] == "CronJob":
                _run_now(item=item, organisation=workload.environment[0], cluster=placed)


def _run_now(*, item: Object, organisation: str, cluster: Cluster) -> None:
    clerk = User(cluster=cluster, kubeconfig=cluster.kubeconfig(user=f"{organisation}-clerk", groups=(f"{organisation}-operators",)))
    name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
    clerk.run("create", "job", f"{name}-now", f"--from=cronjob/{name}", "-n", namespace)

    def complete() -> bool:
        give_volumes(cluster)
        return bool(condition(clerk.get("job", f"{name}-now", namespace), "Complete").get("status") == "True")

    eventually(complete, what=f"cronjob {namespace}/{name} to run once", seconds=60)


def test_the_pods_are_where_the_city_gave_them_a_place(placed: Cluster) -> None:
    pods = json.loads(placed.kubectl("get", "pods", "-A", "-o", "json"))["items"]
    nodes = {pod["spec"]["nodeName"].rsplit("-", 1)[0] for pod in pods if pod["metadata"]["namespace"].startswith("so-tai-chinh--")}

    assert nodes == {"data-centre"}


def test_the_counters_of_a_ward_come_in_by_the_ranges_of_their_office_and_no_other(town: Cluster) -> None:
    facts = json.loads((HANOI / "facts.json").read_text("utf-8"))
    ranges = {
        site["name"]: {
            segment[family] for segment in site["segments"] if segment["name"] == "public-service" for family in ("ipv4", "ipv6")
        }
        for site in facts["sites"]
    }
    policies = json.loads(town.kubectl("get", "networkpolicies", "-A", "-o", "json"))["items"]
    opened = {each["metadata"]["namespace"]: each["spec"] for each in policies if each["metadata"]["name"] == "allow-sites"}
    assert opened
    for namespace, spec in opened.items():
        site, _, zone = namespace.split("--")
        (rule,) = spec["ingress"]
        assert zone == "dmz"
        assert {peer["ipBlock"]["cidr"] for peer in rule["from"]} == ranges[site]
        assert rule["ports"] == [{"protocol": "TCP", "port": 8443}]


def test_to_place_them_again_changes_nothing(placed: Cluster) -> None:
    """What kubectl calls configured need not differ afterwards; how many replicas there are is the autoscaler's affair."""
    kinds = ",".join(sorted({item["kind"] for workload in WORKLOADS for item in workload.items}))

    def specs() -> dict[str, Object]:
        live = json.loads(placed.kubectl("get", kinds, "-A", "-o", "json"))["items"]
        return {each["metadata"]["uid"]: {**each.get("spec", {}), "replicas": None} for each in live}

    before = specs()
    said = [line for workload in WORKLOADS for line in place(cluster=placed, workload=workload)]
    assert len(said) == sum(len(workload.items) for workload in WORKLOADS)
    assert specs() == before
