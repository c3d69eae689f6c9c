"""Drift right after a burst: it is noticed only when the watches have come to it."""

import asyncio
import time
from typing import Final

import aiohttp

POLICY: Final = "default-deny"
LOOK_SECONDS: Final = 0.05
LONGEST_SECONDS: Final = 600.0


async def seconds_until_mended(*, session: aiohttp.ClientSession, namespace: str) -> float:
    """Delete a network policy of a namespace by hand, and return after how many seconds it is back."""
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/{POLICY}"
    started = time.perf_counter()
    async with session.delete(path) as answer:
        answer.raise_for_status()
    async with asyncio.timeout(LONGEST_SECONDS):
        while True:
            async with session.get(path) as answer:
                if answer.ok:
                    return time.perf_counter() - started
            await asyncio.sleep(LOOK_SECONDS)
