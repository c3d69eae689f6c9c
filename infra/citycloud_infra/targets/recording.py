"""Run a stack's program without an engine and keep what it asked for.

Pulumi's own mocks stand in for the engine; ours also keep what the mocks throw away: which inputs are secret, what depends on what, what
is protected. Everything happens in a thread with a loop and a context of its own, so that a caller's loop and Pulumi's settings are as they
were. A request is answered at once and from its own words, not by a pool of threads and through two conversions: that is most of the time,
and the order is always the same.
"""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pulumi import runtime
from pulumi.runtime import mocks, rpc, settings, stack
from pulumi.runtime.proto import resource_pb2

STACK: Final = "pulumi:pulumi:Stack"
REFERENCE: Final = "pulumi:pulumi:StackReference"
ADDRESS: Final = "192.0.2.255"
"""What a floating address is where the cloud would choose it (RFC 5737)."""
ROUNDS: Final = 20
"""Of the loop, until every task that stands in its queue has begun."""
LONGEST_CHAIN: Final = 10_000
"""Rounds of the loop until everything that can be answered is; a resource that needs another takes some ten."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One resource that a program asked for; `parent` and `dependencies` are URNs."""

    stack: str
    urn: str
    type: str
    name: str
    custom: bool
    inputs: Mapping[str, Any]
    secrets: frozenset[str]
    parent: str
    dependencies: frozenset[str]
    protect: bool
    ignored: frozenset[str]


Check = Callable[[Node], None]
"""Called with each node before it is answered; what it raises is the program's failure."""


class UnknownExports(Exception):
    """A program refers to a stack that nothing is known of."""


def identity(*, type_: str, name: str) -> str:
    """Return the id of what is recorded: it tells what it is the id of, so that a wrong one in the wrong place is seen."""
    return f"{type_.rpartition(':')[2]}:{name}"


class Recorder(mocks.MockMonitor):
    """Stands in for the engine of one stack; `known` are the exports of other stacks, by full name."""

    def __init__(self, *, name: str, known: Mapping[str, Mapping[str, Any]], check: Check | None = None) -> None:
        super().__init__(Nobody())
        self._name = name
        self._known = known
        self._check = check
        self.nodes: list[Node] = []
        self.exports: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # gRPC names it
        """Keep what is asked for, and answer that it is made as it was asked for."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        node = self._node(urn=urn, request=request)
        if self._check is not None:
            self._check(node)
        self.nodes.append(node)
        made = identity(type_=request.type, name=request.name)
        answer = resource_pb2.RegisterResourceResponse(urn=urn, id=made, object=request.object)
        if "address" not in answer.object.fields:
            answer.object["address"] = ADDRESS
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  # gRPC names it
        """Keep the exports of the stack."""
        if f"::{STACK}::" in request.urn:
            self.exports.update(rpc.deserialize_properties(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    def ReadResource(self, request: Any) -> Any:  # noqa: N802  # gRPC names it
        """Answer what another stack exports. Raise UnknownExports."""
        if request.type != REFERENCE or request.id not in self._known:
            raise UnknownExports(request.id)
        answer = resource_pb2.ReadResourceResponse(urn=self.make_urn(request.parent, request.type, request.name))
        answer.properties.update({"name": request.id, "outputs": dict(self._known[request.id]), "secretOutputNames": []})
        return answer

    def Invoke(self, request: Any) -> Any:  # noqa: N802  # gRPC names it
        """Answer a question about what is there already: it is there."""
        answer = resource_pb2.ResourceInvokeResponse(**{"return": request.args})
        getattr(answer, "return")["id"] = identity(type_=request.tok.replace("/get", "/").replace(":get", ":"), name=request.args["name"])
        return answer

    def _node(self, *, urn: str, request: Any) -> Node:
        inputs = rpc.deserialize_properties(request.object)
        secrets = frozenset(key for key, value in inputs.items() if rpc.is_rpc_secret(value))
        return Node(
            stack=self._name,
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            inputs={key: rpc.unwrap_rpc_secret(value) if key in secrets else value for key, value in inputs.items()},
            secrets=secrets,
            parent=request.parent,
            dependencies=frozenset(request.dependencies),
            protect=request.protect,
            ignored=frozenset(request.ignoreChanges),
        )


class Nobody(mocks.Mocks):
    """Is asked nothing: the recorder answers everything itself."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Refuse."""
        raise NotImplementedError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Refuse."""
        raise NotImplementedError(args.typ)


class Loop(asyncio.SelectorEventLoop):
    """A loop that hands nothing to threads."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]
        """Run `func` now; what it raises comes out here, where it is awaited."""
        del executor
        future = self.create_future()
        future.set_result(func(*args))
        return future


def run_recorded(*, program: Callable[[], None], project: str, name: str, recorder: Recorder) -> None:
    """Run a stack's program against `recorder`; raise what it raises."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as thread, _lightly():
        thread.submit(_run, program=program, project=project, name=name, recorder=recorder).result()


def _run(*, program: Callable[[], None], project: str, name: str, recorder: Recorder) -> None:
    async def settle() -> None:
        """Run the program and let its answers come in; Pulumi's own wait looks at all that is open each time one is closed."""
        program()
        for _ in range(LONGEST_CHAIN):
            await asyncio.sleep(0)
            if not settings.SETTINGS.outputs:
                break

    async def run() -> None:
        settings.reset_options(project=project, stack=name)
        runtime.set_mocks(Nobody(), project=project, stack=name, monitor=recorder)
        settings.ROOT.set(None)  # the mocks leave a stack whose exports are already told
        await stack.run_in_stack(settle)

    loop = Loop()
    loop.set_exception_handler(lambda _, __: None)  # what a program fails of is raised; every open future would tell it once more
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(run())
    finally:
        loop.run_until_complete(_abandon())
        settings.reset_options()  # lets go of the program: Pulumi keeps what failed
        loop.close()
        asyncio.set_event_loop(None)


async def _abandon() -> None:
    """End what a program that failed half-way left: each task is begun before it is cancelled, or Python complains of what it was given."""
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@contextlib.contextmanager
def _lightly() -> Iterator[None]:
    """Spare the work of two things that nobody asks of a recording: together they are half of the time.

    Among a hundred thousand living futures the collector finds nothing; and Pulumi notes for each resource the whole stack of calls that
    led to it, with the files' names as addresses.
    """
    enabled = gc.isenabled()
    limit = getattr(sys, "tracebacklimit", None)
    gc.disable()
    sys.tracebacklimit = 1  # with none at all Pulumi stumbles
    try:
        yield
    finally:
        if limit is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = limit
        if enabled:
            gc.enable()
