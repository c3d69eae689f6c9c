"""One operator works, the others wait: nobody takes over early, and whoever cannot renew stops in time."""

import asyncio
import copy
import datetime
from typing import Any, Final

import pytest

from citycloud.kube import errors
from citycloud.kube.client import Client, Manifest
from citycloud.kube.lease import Leadership, LeaseSettings, Lost
from citycloud.kube.resources import Resource

NOW: Final = datetime.datetime(2026, 9, 1, 8, tzinfo=datetime.UTC)
CALL_SECONDS: Final = 2.0
"""Each call to the server moves the clock by this much, as the pause between attempts does in life."""


class FakeClient(Client):
    """One Lease with optimistic locking, a clock that each call moves, and somebody else who may interfere before a call."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.lease: Manifest | None = None
        self.error: errors.ApiError | None = None
        self.calls = 0
        self.puts = 0
        self.at_call: dict[int, Any] = {}

    async def get(self, *, resource: Resource, namespace: str = "", name: str) -> Manifest:
        self._call()
        if self.lease is None:
            raise errors.NotFound("there is none", code=404)
        return copy.deepcopy(self.lease)

    async def create(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        self._call()
        if self.lease is not None:
            raise errors.Conflict("it exists", code=409)
        return self.store(manifest["spec"])

    async def put(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        self._call()
        assert self.lease is not None
        if manifest["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise errors.Conflict("it has changed", code=409)
        self.puts += 1
        return self.store(manifest["spec"])

    def store(self, spec: dict[str, Any]) -> Manifest:
        """Store the lease under a new version."""
        version = str(int(self.lease["metadata"]["resourceVersion"]) + 1) if self.lease else "1"
        metadata = {"namespace": "citycloud-system", "name": "citycloud-operator", "resourceVersion": version}
        self.lease = {"metadata": metadata, "spec": dict(spec)}
        return copy.deepcopy(self.lease)

    def held_by(self, who: str, **spec: Any) -> None:
        """Let somebody write the lease now."""
        self.store({"holderIdentity": who, "leaseDurationSeconds": 15, "leaseTransitions": 3, "renewTime": "1999-01-01T00:00:00Z", **spec})

    @property
    def holder(self) -> str:
        assert self.lease is not None
        return str(self.lease["spec"]["holderIdentity"])

    def _call(self) -> None:
        self.calls += 1
        self.seconds += CALL_SECONDS
        action = self.at_call.pop(self.calls, None)
        if action is not None:
            action()
        if self.error is not None:
            raise self.error


def leadership(client: FakeClient, *, identity: str = "me") -> Leadership:
    settings = LeaseSettings(namespace="citycloud-system", name="citycloud-operator", identity=identity, retry_period=0.0)
    return Leadership(
        client=client,
        settings=settings,
        now=lambda: NOW + datetime.timedelta(seconds=client.seconds),
        monotonic=lambda: client.seconds,
    )


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


async def test_a_lease_that_nobody_ever_held_is_taken_at_once(client: FakeClient) -> None:
    await leadership(client).acquire()

    assert client.lease is not None
    assert client.lease["spec"] == {
        "holderIdentity": "me",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-09-01T08:00:02.000000Z",
        "renewTime": "2026-09-01T08:00:02.000000Z",
        "leaseTransitions": 0,
    }


async def test_a_lease_that_was_given_back_is_taken_at_once(client: FakeClient) -> None:
    client.held_by("", leaseDurationSeconds=1)
    await leadership(client).acquire()

    assert (client.holder, client.calls) == ("me", 2)
    assert client.lease is not None
    assert client.lease["spec"]["leaseTransitions"] == 4


async def test_a_lease_of_our_own_from_before_a_restart_is_taken_at_once(client: FakeClient) -> None:
    client.held_by("me")
    await leadership(client).acquire()

    assert client.calls == 2
    assert client.lease is not None
    assert client.lease["spec"]["leaseTransitions"] == 3


async def test_a_standby_waits_while_the_leader_renews(client: FakeClient) -> None:
    client.held_by("other")
    client.at_call = {number: lambda: client.held_by("other") for number in range(3, 40, 3)}
    task = asyncio.create_task(leadership(client).acquire())
    while client.calls < 40:
        await asyncio.sleep(0)
    task.cancel()

    assert client.holder == "other"


@pytest.mark.parametrize("renewed", ["1999-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"])
async def test_a_silent_leader_is_followed_after_its_time_by_our_own_clock(client: FakeClient, renewed: str) -> None:
    """Judge by our own clock alone: what the other one wrote about the time may be wrong by years."""
    client.held_by("other", renewTime=renewed)
    await leadership(client).acquire()

    assert client.holder == "me"
    assert CALL_SECONDS + 15 < client.seconds <= CALL_SECONDS + 15 + 3 * CALL_SECONDS


async def test_a_late_sign_of_life_starts_the_wait_anew(client: FakeClient) -> None:
    client.held_by("other")
    client.at_call = {6: lambda: client.held_by("other")}
    await leadership(client).acquire()

    assert client.seconds > 6 * CALL_SECONDS + 15


async def test_of_two_standbys_one_gets_it(client: FakeClient) -> None:
    client.held_by("")
    client.at_call = {2: lambda: client.held_by("faster")}
    task = asyncio.create_task(leadership(client).acquire())
    while client.calls < 6:
        await asyncio.sleep(0)
    task.cancel()

    assert client.holder == "faster"


async def test_an_api_server_that_is_away_is_waited_for(client: FakeClient) -> None:
    client.error = errors.Unreachable("no answer")
    client.at_call = {10: lambda: setattr(client, "error", None)}
    await leadership(client).acquire()

    assert client.holder == "me"


async def test_a_leader_renews_and_stays(client: FakeClient) -> None:
    leader = leadership(client)
    await leader.acquire()
    task = asyncio.create_task(leader.hold())
    while client.puts < 50:
        await asyncio.sleep(0)

    assert not task.done()
    assert client.lease is not None
    assert client.lease["spec"]["renewTime"] == (NOW + datetime.timedelta(seconds=client.seconds - CALL_SECONDS)).strftime(
        "%Y-%m-%dT%H:%M:%S.%fZ"
    )
    assert client.lease["spec"]["leaseTransitions"] == 0
    task.cancel()


async def test_a_renewal_does_not_say_that_the_lease_was_acquired_anew(client: FakeClient) -> None:
    leader = leadership(client)
    await leader.acquire()
    task = asyncio.create_task(leader.hold())
    while client.puts < 5:
        await asyncio.sleep(0)
    task.cancel()

    assert client.lease is not None
    assert client.lease["spec"]["acquireTime"] == "2026-09-01T08:00:02.000000Z"


async def test_a_leader_that_cannot_renew_stops_before_anybody_may_take_over(client: FakeClient) -> None:
    leader = leadership(client)
    await leader.acquire()
    renewed = client.seconds
    client.error = errors.ServerError("trouble", code=500)

    with pytest.raises(Lost, match="me could not renew"):
        await leader.hold()
    assert 10 <= client.seconds - renewed < 15


async def test_a_short_outage_costs_nothing(client: FakeClient) -> None:
    leader = leadership(client)
    await leader.acquire()
    client.error = errors.Unreachable("no answer")
    client.at_call = {5: lambda: setattr(client, "error", None)}
    task = asyncio.create_task(leader.hold())
    while client.puts < 5:
        await asyncio.sleep(0)

    assert not task.done()
    task.cancel()


async def test_a_leader_whose_lease_was_taken_stops(client: FakeClient) -> None:
    leader = leadership(client)
    await leader.acquire()
    client.at_call = {client.calls + 2: lambda: client.held_by("other")}

    with pytest.raises(Lost):
        await leader.hold()
    assert client.holder == "other"


async def test_a_leader_whose_call_hangs_stops(client: FakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(**_: Any) -> Manifest:
        await asyncio.Event().wait()
        raise AssertionError

    leader = leadership(client)
    await leader.acquire()
    monkeypatch.setattr(client, "put", hang)
    holding = asyncio.create_task(leader.hold())
    asyncio.get_running_loop().call_soon(setattr, client, "seconds", client.seconds + 10)

    with pytest.raises(Lost):
        await asyncio.wait_for(holding, timeout=2)


async def test_a_lease_that_is_given_back_lets_the_next_one_start_at_once(client: FakeClient) -> None:
    leader = leadership(client)
    await leader.acquire()
    await leader.release()
    assert client.holder == ""
    before = client.calls
    await leadership(client, identity="next").acquire()

    assert (client.holder, client.calls - before) == ("next", 2)


async def test_somebody_elses_lease_is_not_given_back(client: FakeClient) -> None:
    client.held_by("other")
    await leadership(client).release()

    assert (client.holder, client.puts) == ("other", 0)


@pytest.mark.parametrize("error", [errors.Unreachable("no answer"), errors.NotFound("gone", code=404), None])
async def test_giving_back_never_fails(client: FakeClient, error: errors.ApiError | None) -> None:
    client.error = error

    await leadership(client).release()
