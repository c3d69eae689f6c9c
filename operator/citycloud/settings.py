"""Every setting of the operator and of the canary, with its unit, default and reason.

Each comes from an environment variable `CITYCLOUD_<NAME>`.
"""

import dataclasses
import os
import socket
from collections.abc import Mapping
from typing import Self


@dataclasses.dataclass(frozen=True, kw_only=True)
class Process:
    """What can be set of either process."""

    kubeconfig: str | None = None
    """Path of a kubeconfig; the pod's service account where absent."""
    telemetry_address: str = "0.0.0.0"
    """Where metrics and probes are served; a NetworkPolicy lets only monitoring in."""
    telemetry_port: int = 8080
    """Port of metrics and probes; 0 takes a free one."""
    log_level: str = "info"
    """debug, info, warning or error."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; `KUBECONFIG` counts where `CITYCLOUD_KUBECONFIG` is not set."""
        values: dict[str, object] = {"kubeconfig": environment.get("KUBECONFIG") or None}
        for field in dataclasses.fields(cls):
            text = environment.get(f"CITYCLOUD_{field.name.upper()}")
            if text:
                values[field.name] = {"int": int, "float": float}.get(str(getattr(field.type, "__name__", field.type)), str)(text)
        return cls(**values)  # type: ignore[arg-type]  # each value was read by its own field's type


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Process):
    """What can be set of the operator."""

    namespace: str = "citycloud-system"
    """Where the Lease lives; the operator's own namespace, never a tenant's."""
    identity: str = dataclasses.field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    """Who holds the Lease."""
    workers: int = 32
    """Keys worked on at a time; more only wait for the API server."""
    writes_per_second: float = 2000.0
    """Long-run limit of all writes; above what two cores of an API server take, so that it only guards large ones."""
    write_burst: float = 4000.0
    """Writes that may go at once."""
    lease_seconds: int = 15
    """How long a silent leader keeps the lease."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CanarySettings(Process):
    """What can be set of the canary."""

    organisation: str = "canary"
    """The Organisation it asks in; the chart makes it."""
    user: str = "citycloud-canary"
    """Whom it acts as: it may act as this user in this group, and as nobody else."""
    group: str = "citycloud-canary"
    """The group that the Organisation names as its administrators and operators."""
    interval_seconds: float = 900.0
    """From the beginning of one trial to that of the next: 96 a day, enough for an alert on their share to mean something."""
    patience_seconds: float = 120.0
    """How long each step may take: what is promised for an environment to be Ready."""
