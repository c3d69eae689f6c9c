"""A test that makes Pulumi resources where nobody waits for them fails: its requests are never answered, so it checks nothing.

Waiting means `@pulumi.runtime.test`, or a recording (targets/recording.py): both run the program and then see to the end of every request.
"""

import contextvars
from collections.abc import Awaitable, Callable, Iterator

import pulumi
import pytest
from pulumi.runtime import mocks, stack

AWAITED: contextvars.ContextVar[bool] = contextvars.ContextVar("awaited", default=False)
STACK = "pulumi:pulumi:Stack"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Watch for resources while a test runs, and fail it where one was made outside."""
    outside: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        _watch(patch=patch, outside=outside)
        yield
    if outside:
        pytest.fail(f"made outside @pulumi.runtime.test, so never waited for: {', '.join(outside)}", pytrace=False)


def _watch(*, patch: pytest.MonkeyPatch, outside: list[str]) -> None:
    plain: Callable[..., Awaitable[None]] = stack.run_pulumi_func
    make = pulumi.Resource.__init__

    async def awaited(func: Callable[[], Awaitable[None] | None]) -> None:
        token = AWAITED.set(True)
        try:
            await plain(func)
        finally:
            AWAITED.reset(token)

    def watched(self: pulumi.Resource, t: str, name: str, *args: object, **kwargs: object) -> None:
        if t != STACK and not AWAITED.get():
            outside.append(f"{t} {name}")
        make(self, t, name, *args, **kwargs)  # type: ignore[arg-type]

    patch.setattr(stack, "run_pulumi_func", awaited)
    patch.setattr(mocks, "run_pulumi_func", awaited)
    patch.setattr(pulumi.Resource, "__init__", watched)
