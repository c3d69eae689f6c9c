"""`citycloud` as a person runs it: a process with a kubeconfig of their own; and what its tests look at beside it."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import yaml
from tests.support.kube import User, condition, eventually

SECONDS = 60
ROOT = pathlib.Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Answered:
    """What came back."""

    code: int
    stdout: str
    stderr: str

    @property
    def data(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.stdout)
        return answer


@dataclasses.dataclass(frozen=True)
class Citycloud:
    """Runs `citycloud` as one user; nobody sits at a terminal, so answers are JSON and questions are none."""

    kubeconfig: pathlib.Path

    def __call__(self, *arguments: str, code: int | None = 0) -> Answered:
        """Run a command that has to end with `code`; with None it may say yes or no."""
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig), "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
        command = [sys.executable, "-m", "citycloud.cli.app", *arguments]
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
        assert ended.returncode in ((0, 1) if code is None else (code,)), f"{arguments}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return Answered(code=ended.returncode, stdout=ended.stdout, stderr=ended.stderr)


def waiting(user: User, office: str, name: str) -> dict[str, Any]:
    """Wait until a request waits for a decision."""
    found: dict[str, Any] = eventually(
        lambda: user.get("environment", name, f"org-{office}").get("status", {}).get("pending"), what=f"{name} to wait"
    )
    return found


def ready(user: User, office: str, name: str) -> None:
    """Wait until an environment is Ready."""
    eventually(
        lambda: condition(user.get("environment", name, f"org-{office}"), "Ready").get("status") == "True", what=f"{name} to be Ready"
    )


def size_of(name: str) -> dict[str, Any]:
    """Read a size as it is shipped."""
    spec: dict[str, Any] = yaml.safe_load((ROOT / "policies" / "sizes" / f"{name}.yaml").read_text())["spec"]
    return spec


def quota_of(name: str) -> dict[str, str]:
    quota: dict[str, str] = size_of(name)["quota"]
    return quota


def ask_status(ask: Citycloud, office: str) -> list[dict[str, Any]]:
    """List an organisation's environments, whether they are Ready or not."""
    found: list[dict[str, Any]] = ask("status", office, code=None).data["environments"]
    return found


def spec_of(user: User, office: str, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = user.get("environment", name, f"org-{office}")["spec"]
    return spec


def settled(user: User, office: str, name: str) -> bool:
    found = user.get("environment", name, f"org-{office}")
    return bool(found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"])
