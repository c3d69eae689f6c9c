"""`citycloud facts`: cut off after any write, the same command finishes; until then nothing older counts; a refusal writes nothing."""

import copy
import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.support import objects
from tests.support.sites import OTHER, SERVED, document, link, opening, place
from typer.testing import CliRunner

from citycloud.cli import connection as wire
from citycloud.cli.app import app
from citycloud.cli.failure import Failure, Refused

NOTE = "/api/v1/namespaces/citycloud-system/configmaps/citycloud-facts"
CITYCLOUD = "/apis/citycloud.dev/v1alpha1"


class CutOff(Exception):
    """The process ends here."""


class Cluster:
    """Keeps what is applied; may be cut off after some writes, or refuse an object."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.writes = 0
        self.cut_after: int | None = None
        self.refuses = ""

    def read(self, path: str, *, what: str) -> Any:
        if path not in self.objects:
            raise Failure("NotFound", what=what)
        return copy.deepcopy(self.objects[path])

    def read_all(self, path: str, *, what: str) -> list[Any]:
        return [copy.deepcopy(each) for where, each in sorted(self.objects.items()) if where.startswith(f"{path}/")]

    def apply(self, manifest: Any, *, manager: str, what: str, dry_run: bool = False) -> Any:
        name = manifest["metadata"]["name"]
        if self.refuses == name:
            raise Refused("RefusedByServer", message="no / không")
        path = NOTE if manifest["kind"] == "ConfigMap" else f"{CITYCLOUD}/{manifest['kind'].lower()}s/{name}"
        if not dry_run:
            self._write()
            stored = copy.deepcopy(manifest)
            self.objects[path] = {**stored, "metadata": {**stored["metadata"], "uid": f"uid-{path}"}}
        return manifest

    def delete(self, path: str, *, uid: str, what: str, dry_run: bool = False) -> None:
        assert self.objects[path]["metadata"]["uid"] == uid
        if not dry_run:
            self._write()
            del self.objects[path]

    def _write(self) -> None:
        if self.cut_after is not None and self.writes >= self.cut_after:
            raise CutOff
        self.writes += 1

    def names(self, plural: str) -> list[str]:
        return [each["metadata"]["name"] for each in self.read_all(f"{CITYCLOUD}/{plural}", what="")]


Facts = Callable[..., Any]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster()
    monkeypatch.setattr(wire, "connect", lambda **_: made)
    return made


@pytest.fixture
def facts(cluster: Cluster, tmp_path: pathlib.Path) -> Facts:
    """Run `citycloud facts apply`."""

    def run(data: Any, *options: str) -> Any:
        file = tmp_path / "facts.json"
        file.write_text(json.dumps(data))
        return CliRunner().invoke(app, ["facts", "apply", str(file), *options], env={"LC_ALL": "C", "COLUMNS": "200"})

    return run


def successor(serial: int = 42) -> dict[str, Any]:
    """Give facts in which one site is new, one has moved, and one is gone with its link."""
    return document(serial=serial, sites=[place(SERVED, number=40), place("moi", number=41)], links=[link(SERVED), link("moi")])


def test_cut_off_after_any_write_the_same_command_finishes_and_nothing_older_counts(cluster: Cluster, facts: Facts) -> None:
    assert facts(document()).exit_code == 0
    start = copy.deepcopy(cluster.objects)
    cluster.writes = 0
    assert facts(successor()).exit_code == 0
    whole, needed = copy.deepcopy(cluster.objects), cluster.writes
    assert needed > 5

    for cut in range(needed):
        cluster.objects, cluster.writes, cluster.cut_after = copy.deepcopy(start), 0, cut
        assert isinstance(facts(successor()).exception, CutOff)
        state = cluster.objects[NOTE]["data"]
        assert (state["serial"], state["state"]) == (("41", "complete") if cut == 0 else ("42", "applying"))
        cluster.cut_after = None
        if cut:
            half = copy.deepcopy(cluster.objects)
            assert facts(document()).exit_code == 1
            assert facts(successor() | {"city": "khac"}).exit_code == 1
            assert cluster.objects == half
        assert facts(successor()).exit_code == 0
        assert cluster.objects == whole


def test_what_is_there_is_not_written_again(cluster: Cluster, facts: Facts) -> None:
    facts(document())
    cluster.writes = 0
    again = json.loads(facts(document()).stdout)

    assert (cluster.writes, again["written"], again["before"]) == (0, False, 41)


def test_what_somebody_changed_by_hand_is_set_right_by_the_same_facts(cluster: Cluster, facts: Facts) -> None:
    facts(document())
    good = copy.deepcopy(cluster.objects)
    cluster.objects[f"{CITYCLOUD}/sites/{SERVED}"]["spec"]["segments"][0]["ipv4"] = "10.16.0.0/12"
    told = json.loads(facts(document()).stdout)

    assert [each["path"] for each in told["sites"]["changed"][0]["changes"]] == ["segments"]
    assert cluster.objects == good


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (successor(serial=40), "below 41"),
        (successor(serial=41), "same serial 41"),
        (successor() | {"schema": "citycloud.dev/facts/v9"}, "citycloud.dev/facts/v1"),
        (successor() | {"links": [link("nobody")]}, "links[0].site"),
        ([], "schema"),
    ],
)
def test_what_is_refused_writes_nothing_and_says_why_in_one_line(cluster: Cluster, facts: Facts, data: Any, words: str) -> None:
    facts(document())
    before, cluster.writes = copy.deepcopy(cluster.objects), 0
    answer = facts(data)

    assert (answer.exit_code, answer.stderr.count("\n"), cluster.writes) == (1, 1, 0)
    assert words in answer.stderr
    assert cluster.objects == before


def test_what_the_api_server_refuses_is_known_before_the_first_write(cluster: Cluster, facts: Facts) -> None:
    facts(document())
    cluster.refuses, cluster.writes = "moi-tslcd2", 0
    answer = facts(successor())

    assert (answer.exit_code, cluster.writes) == (1, 0)
    assert "no / không" in answer.stderr


def test_a_dry_run_tells_and_writes_nothing(cluster: Cluster, facts: Facts) -> None:
    facts(document())
    cluster.writes = 0
    told = json.loads(facts(successor(), "--dry-run").stdout)

    assert (cluster.writes, told["written"]) == (0, False)
    assert (told["sites"]["added"], told["sites"]["removed"]) == (["moi"], [OTHER])
    assert (told["links"]["added"], told["links"]["removed"]) == (["moi-tslcd2"], [f"{SERVED}-vnpt-net", f"{OTHER}-tslcd2"])
    table = facts(successor(), "--dry-run", "--output", "table", "--lang", "vi").stdout
    assert "Chưa ghi gì" in table
    assert OTHER in table


def ask(cluster: Cluster, name: str, *, approved: Any = None, phase: str = "Ready", **spec: Any) -> None:
    body = objects.environment("so-y-te", name, **spec)
    status: dict[str, Any] = {"phase": phase}
    if approved is not None:
        frame = {"digest": "sha256:" + "0" * 64, "by": "citycloud", "at": "2026-08-01T02:00:00Z"}
        status["approved"] = {**frame, "spec": {**body["spec"], "allowFrom": approved}}
    cluster.objects[f"{CITYCLOUD}/environments/{name}"] = {**body, "status": status}


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        ({"allowFrom": [opening(OTHER)]}, True),
        ({"allowFrom": [opening(OTHER, segment="guest")]}, True),
        ({"approved": [opening(OTHER)]}, True),
        ({"allowFrom": [opening(OTHER)], "phase": "Purged"}, False),
        ({"allowFrom": [opening(SERVED)]}, False),
        ({"allowFrom": [opening("moi")]}, False),
    ],
)
def test_a_place_is_kept_while_it_is_asked_for_or_enforced(cluster: Cluster, facts: Facts, spec: dict[str, Any], refused: bool) -> None:
    facts(document())
    ask(cluster, "ho-so", **spec)
    answer = facts(successor())

    assert answer.exit_code == int(refused)
    assert (f"{OTHER}: so-y-te/ho-so" in answer.stderr) is refused


@pytest.mark.parametrize(("segment", "refused"), [("public-service", True), ("office", False)])
def test_a_segment_is_kept_while_it_is_used(cluster: Cluster, facts: Facts, segment: str, refused: bool) -> None:
    facts(document())
    ask(cluster, "ho-so", allowFrom=[opening(segment=segment)])
    smaller = document(serial=42, sites=[place(SERVED, number=17, segments=("office",)), place(OTHER, number=18)])

    assert facts(smaller).exit_code == int(refused)


def test_infra_is_told_who_uses_what(cluster: Cluster) -> None:
    ask(cluster, "hai", allowFrom=[opening(), opening(OTHER)])
    ask(cluster, "mot", allowFrom=[opening()])
    ask(cluster, "cu", allowFrom=[opening()], phase="Purged")
    answer = CliRunner().invoke(app, ["facts", "usage"])

    assert json.loads(answer.stdout) == {
        "schema": "citycloud.dev/facts-usage/v1",
        "sites": [
            {"name": SERVED, "environments": ["so-y-te/hai", "so-y-te/mot"]},
            {"name": OTHER, "environments": ["so-y-te/hai"]},
        ],
    }


def test_a_file_or_a_note_that_cannot_be_read_is_no_answer(cluster: Cluster, facts: Facts) -> None:
    assert CliRunner().invoke(app, ["facts", "apply", "/nowhere/facts.json"]).exit_code == 2
    cluster.objects[NOTE] = {"data": {"serial": "many"}}
    answer = facts(document())
    assert answer.exit_code == 2
    assert "configmaps/citycloud-facts -n citycloud-system" in answer.stderr
