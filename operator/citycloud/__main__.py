"""Runs the operator: `citycloud-operator`, or `python -m citycloud`."""

import asyncio
import gc
import logging
import os
import random
import signal
import sys
from typing import Final

import uvloop

from citycloud.application import Application
from citycloud.engine.clock import Clock, SystemClock
from citycloud.kube.connection import Misconfigured
from citycloud.settings import Settings
from citycloud.telemetry.logs import configure

logger = logging.getLogger("citycloud")


YOUNG_OBJECTS: Final = 50_000
"""How many new objects start a collection: Python's 700 would walk a large city's state a thousand times in one burst."""


async def _run(*, settings: Settings, clock: Clock) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    application = Application(settings=settings, clock=clock, chance=random.Random())
    await application.run(stop=stop)


def main(*, clock: Clock | None = None) -> int:
    """Run until told to stop; the exit status is 1 where the lease was lost or the configuration is unusable.

    The second of the two task boundaries: whatever ends the process is logged in full, once. Tasks that are left are not waited for: where
    one of kopf's watches has failed, the others never end, and a process that only waits for them looks alive.
    Without a clock the machine's own counts.
    """
    gc.set_threshold(YOUNG_OBJECTS, 20, 100)
    settings = Settings.from_environment(os.environ)
    configure(level=settings.log_level)
    try:
        uvloop.new_event_loop().run_until_complete(_run(settings=settings, clock=clock or SystemClock()))
    except Misconfigured as error:
        logger.error("misconfigured", extra={"error": str(error)})
        return 1
    except Exception:
        logger.exception("operator_failed")
        return 1
    logger.info("stopped")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
