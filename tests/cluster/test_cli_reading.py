"""What the command line tells of what is there: to whom it may be told, and nobody else."""

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import yaml
from tests.support import objects
from tests.support.cli import Citycloud, ask_status, quota_of, ready, size_of, waiting
from tests.support.kube import User, eventually

from citycloud_dev.cluster import Cluster

Office = Callable[..., str]
RESOURCES = ("cpu", "memory", "storage")


def test_a_workload_that_a_policy_refused_is_explained(
    admin: User, office: Office, clerk: Callable[[str], Citycloud], member: Callable[..., User]
) -> None:
    name = office()
    ask, place, namespace = clerk(name), f"{name}/bi-chan", f"{name}--bi-chan--app"
    ask("request", place, "--system=he-thong", "--yes")
    ready(admin, name, "bi-chan")
    template = {"metadata": {"labels": {"app": "la"}}, "spec": objects.pod(namespace, "la")["spec"]}
    template["spec"]["containers"][0]["image"] = "docker.example/la@sha256:" + "0" * 64
    metadata = {"name": "la", "namespace": namespace}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "la"}}, "template": template}
    member("nhan-vien", f"{name}-operators").create({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec})

    def refusals() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask("why", place, "--lang=vi").data["workloadRefusals"]
        return found

    (refusal,) = eventually(refusals, what="the refusal to be told")
    assert (refusal["policy"], refusal["owner"]) == ("P04", "ReplicaSet/la")


def test_a_quota_is_told_as_the_operator_counts_it(admin: User, office: Office, clerk: Callable[[str], Citycloud]) -> None:
    name = office()
    ask = clerk(name)
    ask("request", f"{name}/mot", "--system=he-thong", "--yes")

    def held() -> bool:
        found = ask("quota", name).data
        return bool(found["held"]["environments"] == 1 and found["left"]["cpu"] == "198")

    eventually(held, what="the tally")
    (line,) = ask("quota", name).data["environments"]
    assert (line["name"], line["size"], line["holds"]["cpu"]) == ("mot", "s", "2")


def test_a_cost_is_told_to_whom_it_concerns_and_to_those_who_see_everything(
    admin: User, office: Office, clerk: Callable[[str], Citycloud], member: Callable[..., User]
) -> None:
    name = office()
    ask = clerk(name)
    for environment in ("mot", "hai"):
        ask("request", f"{name}/{environment}", "--system=he-thong", "--yes")
        ready(admin, name, environment)
    own = ask("report", "cost", "--organisation", name).data
    (system,) = own["organisations"][0]["systems"]
    prices, amounts = admin.get("city", "city")["spec"]["prices"], {each: quota_of("s")[f"requests.{each}"] for each in RESOURCES}
    cores, memory, storage = (int(amounts[each].removesuffix("Gi")) for each in RESOURCES)
    wanted = 2 * (cores * prices["cpuMonth"] + memory * prices["memoryGiBMonth"] + storage * prices["storageGiBMonth"])
    assert (system["system"], system["cpuCores"], system["cost"], own["cost"]) == ("he-thong", 2 * cores, wanted, wanted)

    refused = ask("report", "cost", "--lang=vi", code=2)
    assert (refused.stdout, "--organisation" in refused.stderr) == ("", True)
    everybody = Citycloud(member("kiem-toan", "citycloud-auditors").kubeconfig)("report", "cost").data["organisations"]
    assert own["organisations"][0] in everybody


def test_another_department_learns_nothing(office: Office, clerk: Callable[[str], Citycloud]) -> None:
    mine, other = office(), office()
    ask = clerk(mine)
    place = f"{other}/gi-do"
    asked = ("request", place, "--system=he-thong", "--yes")
    cost = ("report", "cost", "--organisation", other)
    for arguments in (("status", other), ("why", place), ("quota", other), cost, ("diff", place), ("suspend", place, "--yes"), asked):
        answered = ask(*arguments, code=2)
        assert f"-n org-{other}" in answered.stderr
        assert answered.stdout == ""


def test_another_size_is_compared_in_every_environment_it_concerns(
    admin: User, office: Office, clerk: Callable[[str], Citycloud], member: Callable[..., User], tmp_path: pathlib.Path
) -> None:
    name = office()
    ask = clerk(name)
    for environment, size in (("nho-mot", "s"), ("nho-hai", "s"), ("vua", "m")):
        ask("request", f"{name}/{environment}", "--system=he-thong", f"--size={size}", "--yes")
    eventually(lambda: len([each for each in ask_status(ask, name) if each["ready"]]) == 3, what="all three to be Ready")
    proposed: dict[str, Any] = {"apiVersion": objects.API_VERSION, "kind": "SizeClass", "metadata": {"name": "s"}, "spec": size_of("s")}
    proposed["spec"]["quota"]["requests.cpu"] = "3"
    file = tmp_path / "s.yaml"
    file.write_text(yaml.safe_dump(proposed))
    compared = ask("diff", name, "--size-class", str(file)).data["environments"]
    assert [each["environment"] for each in compared] == [f"{name}/nho-hai", f"{name}/nho-mot"]
    assert {each["kind"] for one in compared for each in one["objects"]} == {"ResourceQuota", "Namespace"}
    assert "You may not read" in ask("diff", "--size-class", str(file), code=2).stderr
    everywhere = Citycloud(member("kiem-toan", "citycloud-auditors").kubeconfig)("diff", "--size-class", str(file)).data["environments"]
    assert {each["environment"] for each in compared} <= {each["environment"] for each in everywhere}


def test_names_with_control_characters_are_shown_inert(admin: User, office: Office, clerk: Callable[[str], Citycloud]) -> None:
    name = office()
    ask, place = clerk(name), f"{name}/ten-la"
    admin.apply(objects.environment(name, "ten-la", size="l", justification="\x1b[2Jxóa\u202emàn hình\nhàng hai"))
    waiting(admin, name, "ten-la")
    for output in ("table", "json"):
        shown = ask("diff", place, "--output", output).stdout
        assert not {"\x1b", "\u202e"} & set(shown)
        assert "xóa" in shown
        assert "\nhàng hai" not in shown


def test_kubectl_runs_it_as_a_plugin(cluster: Cluster, office: Office, member: Callable[..., User]) -> None:
    name = office()
    viewer = member("nguoi-xem", f"{name}-viewers")
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [str(cluster.assets["kubectl"]), "citycloud", "status", name]
    environment = {**os.environ, "PATH": path, "KUBECONFIG": str(viewer.kubeconfig)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"organisation": name, "environments": []}
