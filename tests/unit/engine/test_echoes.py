"""What an answer has told need not be read again, once; what nobody waits for any more is not kept for ever."""

import pytest

from citycloud.engine.echoes import MOST, Echoes
from citycloud.engine.observed import Observed, child_key
from citycloud.engine.queue import Key
from citycloud.kube.client import Manifest
from citycloud.kube.resources import CONFIG_MAP

OWNER = Key("Environment", "org-so-y-te", "ho-so-dev")


def config_map(*, version: str) -> Manifest:
    return {"kind": "ConfigMap", "metadata": {"namespace": "a", "name": "x", "uid": "u", "resourceVersion": version}}


@pytest.fixture
def observed() -> Observed:
    return Observed(owner_of=lambda labels: OWNER, on_change=lambda owner: None)


@pytest.fixture
def echoes() -> Echoes:
    return Echoes()


def test_an_event_is_an_echo_once(echoes: Echoes) -> None:
    echoes.expect(kind="ConfigMap", version="7")

    assert [echoes.take(kind="ConfigMap", version="7") for _ in range(2)] == [True, False]


def test_what_nobody_announced_is_news(echoes: Echoes) -> None:
    echoes.expect(kind="ConfigMap", version="7")

    assert not echoes.take(kind="ConfigMap", version="8")


def test_kinds_may_count_their_versions_alike(echoes: Echoes) -> None:
    echoes.expect(kind="ConfigMap", version="7")

    assert not echoes.take(kind="Namespace", version="7")


def test_the_oldest_are_given_up(echoes: Echoes) -> None:
    for version in range(MOST + 1):
        echoes.expect(kind="ConfigMap", version=str(version))

    assert not echoes.take(kind="ConfigMap", version="0")
    assert echoes.take(kind="ConfigMap", version="1")
    assert echoes.take(kind="ConfigMap", version=str(MOST))


def test_an_answer_to_a_write_tells_which_event_is_its_echo(observed: Observed) -> None:
    written = config_map(version="7")
    observed.record(key=child_key(written), answer=written)

    assert [observed.is_echo(resource=CONFIG_MAP, version=version) for version in ("7", "7", "8")] == [True, False, False]


def test_after_its_event_came_an_answer_waits_for_no_echo(observed: Observed) -> None:
    written = config_map(version="7")
    observed.put(resource=CONFIG_MAP, body=written)
    observed.record(key=child_key(written), answer=written)

    assert not observed.is_echo(resource=CONFIG_MAP, version="7")
