"""Leadership by Lease (KEP-589): one operator works, the others are ready and silent.

Whoever cannot renew in time stops being the leader before anybody else may take over, and the process ends; the order of the three
times guarantees that.
"""

import asyncio
import dataclasses
import datetime
import logging
from collections.abc import Callable
from typing import Any, Final

from citycloud.kube import errors
from citycloud.kube.client import Client
from citycloud.kube.resources import LEASE

logger = logging.getLogger(__name__)
TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LeaseSettings:
    """Which lease is held by whom, and the three times of leadership in seconds."""

    namespace: str
    name: str
    identity: str
    duration: int = 15
    renew_deadline: int = 10
    retry_period: float = 2.0


class Lost(Exception):
    """The lease could not be renewed in time; the process has to end."""


class Leadership:
    """Hold one Lease object, or wait for it."""

    def __init__(
        self, *, client: Client, settings: LeaseSettings, now: Callable[[], datetime.datetime], monotonic: Callable[[], float]
    ) -> None:
        self._client = client
        self._settings = settings
        self._now = now
        self._monotonic = monotonic
        self._seen: tuple[str, float] = ("", 0.0)
        self._held: dict[str, Any] | None = None
        self.renewed_before: datetime.datetime | None = None
        """When somebody renewed the lease last before this process held it; None where nobody ever had."""

    async def acquire(self) -> None:
        """Wait until this process holds the lease."""
        while not await self._attempt():
            await asyncio.sleep(self._settings.retry_period)
        logger.info("leadership_acquired", extra={"identity": self._settings.identity})

    async def hold(self) -> None:
        """Renew for ever; raise Lost where that did not succeed for `renew_deadline` seconds."""
        renewed = self._monotonic()
        while True:
            await asyncio.sleep(self._settings.retry_period)
            try:
                async with asyncio.timeout(max(0.1, renewed + self._settings.renew_deadline - self._monotonic())):
                    if await self._attempt():
                        renewed = self._monotonic()
            except TimeoutError:
                pass
            if self._monotonic() - renewed >= self._settings.renew_deadline:
                raise Lost(f"{self._settings.identity} could not renew its lease for {self._settings.renew_deadline} s")

    async def release(self) -> None:
        """Give the lease back, so that a standby need not wait; a failure only costs that wait."""
        try:
            lease = await self._read()
            if lease is not None and lease["spec"].get("holderIdentity") == self._settings.identity:
                lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
                await self._client.put(resource=LEASE, manifest=lease)
        except errors.ApiError as error:
            logger.info("lease_not_released", extra={"error": error.message})

    async def _attempt(self) -> bool:
        try:
            lease = self._held or await self._read()
            self._held = None
            if lease is None:
                self._held = await self._client.create(resource=LEASE, manifest=self._manifest(transitions=0))
                return True
            holder = lease["spec"].get("holderIdentity", "")
            if holder not in ("", self._settings.identity) and not self._expired(lease=lease):
                return False
            if holder != self._settings.identity:
                self.renewed_before = _moment(lease["spec"].get("renewTime"))
            transitions = int(lease["spec"].get("leaseTransitions", 0)) + (holder != self._settings.identity)
            spec = self._manifest(transitions=transitions)["spec"]
            if holder == self._settings.identity:
                spec["acquireTime"] = lease["spec"].get("acquireTime", spec["acquireTime"])
            lease["spec"] = spec
            self._held = await self._client.put(resource=LEASE, manifest=lease)
            return True
        except errors.ApiError as error:
            logger.info("lease_not_renewed", extra={"error": error.message})
            return False

    async def _read(self) -> dict[str, Any] | None:
        try:
            return await self._client.get(resource=LEASE, namespace=self._settings.namespace, name=self._settings.name)
        except errors.NotFound:
            return None

    def _expired(self, *, lease: dict[str, Any]) -> bool:
        """Judge by how long the lease has not changed on our own clock: the clocks of two machines need not agree."""
        version = lease["metadata"]["resourceVersion"]
        if version != self._seen[0]:
            self._seen = (version, self._monotonic())
        return self._monotonic() - self._seen[1] > int(lease["spec"].get("leaseDurationSeconds", self._settings.duration))

    def _manifest(self, *, transitions: int) -> dict[str, Any]:
        now = self._now().strftime(TIME_FORMAT)
        return {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": {"namespace": self._settings.namespace, "name": self._settings.name},
            "spec": {
                "holderIdentity": self._settings.identity,
                "leaseDurationSeconds": self._settings.duration,
                "acquireTime": now,
                "renewTime": now,
                "leaseTransitions": transitions,
            },
        }


def _moment(text: str | None) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(text) if text else None
