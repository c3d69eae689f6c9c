"""Runs the operator: `citycloud-operator`, or `python -m citycloud`."""

import asyncio
import gc
import logging
import os
import random
import signal
import sys
from typing import Final

from citycloud.application import Application
from citycloud.engine.clock import SystemClock
from citycloud.kube.connection import Misconfigured
from citycloud.settings import Settings
from citycloud.telemetry.logs import configure

logger = logging.getLogger("citycloud")


YOUNG_OBJECTS: Final = 50_000
"""How many new objects start a collection: Python's 700 would walk a large city's state a thousand times in one burst."""


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Application(settings=settings, clock=SystemClock(), chance=random.Random()).run(stop=stop)


def main() -> int:
    """Run until told to stop; the exit status is 1 where the lease was lost or the configuration is unusable.

    The second of the two task boundaries: whatever ends the process is logged in full, once.
    """
    gc.set_threshold(YOUNG_OBJECTS, 20, 100)
    settings = Settings.from_environment(os.environ)
    configure(level=settings.log_level)
    try:
        asyncio.run(_run(settings))
    except Misconfigured as error:
        logger.error("misconfigured", extra={"error": str(error)})
        return 1
    except Exception:
        logger.exception("operator_failed")
        return 1
    logger.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
