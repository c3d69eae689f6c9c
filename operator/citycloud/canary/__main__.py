"""Runs the canary: `python -m citycloud.canary`."""

import asyncio
import logging
import os
import signal
import sys

from citycloud.canary.metrics import CanaryMetrics
from citycloud.canary.trial import Failed, Trial
from citycloud.engine.clock import Clock, SystemClock
from citycloud.kube.client import Client
from citycloud.kube.connection import Misconfigured, find_connection
from citycloud.kube.session import Session
from citycloud.settings import CanarySettings
from citycloud.telemetry.logs import configure
from citycloud.telemetry.server import Health, serve

logger = logging.getLogger("citycloud.canary")


async def sing(*, trial: Trial, metrics: CanaryMetrics, clock: Clock, interval: float, health: Health) -> None:
    """Make one trial after another until cancelled; `interval` is from beginning to beginning, in seconds."""
    while True:
        started = clock.monotonic()
        try:
            await trial.run()
        except Failed as failure:
            metrics.failed(failure.result)
            logger.warning("canary_failed", extra={"result": failure.result, "seen": str(failure)})
        else:
            seconds = clock.monotonic() - started
            metrics.passed(at=clock.now().timestamp(), seconds=seconds)
            logger.info("canary_passed", extra={"seconds": round(seconds, 3)})
        health.ready = True
        await asyncio.sleep(max(0.0, started + interval - clock.monotonic()))


async def beat(health: Health) -> None:
    """Say once a second that the event loop turns; runs until cancelled."""
    while True:
        health.beat()
        await asyncio.sleep(1.0)


async def _run(settings: CanarySettings) -> None:
    stop, clock, health = asyncio.Event(), SystemClock(), Health()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics = CanaryMetrics(started=clock.now().timestamp())
    acts_as = {"Impersonate-User": settings.user, "Impersonate-Group": settings.group}
    session = Session(connection=find_connection(kubeconfig=settings.kubeconfig), acts_as=acts_as)
    server = serve(address=settings.telemetry_address, port=settings.telemetry_port, registry=metrics.registry, health=health)
    logger.info("telemetry_served", extra={"port": server.server_port})
    trial = Trial(client=Client(session=session), clock=clock, organisation=settings.organisation, patience=settings.patience_seconds)
    work = asyncio.create_task(sing(trial=trial, metrics=metrics, clock=clock, interval=settings.interval_seconds, health=health))
    parts = {work, asyncio.create_task(beat(health)), asyncio.create_task(stop.wait())}
    await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    failed = work.done() and not work.cancelled()
    for part in parts:
        part.cancel()
    server.shutdown()
    await session.close()
    if failed:
        work.result()


def main() -> int:
    """Run until told to stop; the exit status is 1 where the configuration is unusable."""
    settings = CanarySettings.from_environment(os.environ)
    configure(level=settings.log_level)
    try:
        asyncio.run(_run(settings))
    except Misconfigured as error:
        logger.error("misconfigured", extra={"error": str(error)})
        return 1
    logger.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
