"""Servers and probes of many networks in one thread: each socket was made in its network, and works there wherever it is used.

Every server answers with its own address and what it was asked, so a probe that is answered by somebody else is noticed.

Every question begins a new connection, for only of those does a NetworkPolicy speak: whoever enforces it lets pass what belongs to a
connection that it has let through before. A TCP question says by itself that it begins one. A datagram cannot: it belongs to whatever had
its addresses and ports in the half minute before. So none leaves a network from a port that another has left it from.
"""

import asyncio
import dataclasses
import errno
import secrets
import socket
import threading
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any, Final, Literal, TypeVar, cast

from citycloud_dev.packet_networks import Network

Protocol = Literal["TCP", "UDP"]
Answer = TypeVar("Answer")
SILENCE_SECONDS: Final = 5.0
"""A packet that passes is answered within milliseconds, on a busy machine within a second, and whoever is refused is told so. Only who
hears nothing at all waits this long: so an answer that comes late is not taken for none."""
SOURCE_PORTS: Final = range(32_768, 65_536)
"""Where datagrams leave from: as many as one network may send."""
AT_ONCE: Final = 64
LARGEST_BATCH: Final = 20_000
STEP_SECONDS: Final = 30.0
UNREACHABLE: Final = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH})
_KINDS: Final = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}


@dataclasses.dataclass(frozen=True, order=True)
class Port:
    """A port that a host listens on."""

    protocol: Protocol
    number: int

    def __str__(self) -> str:
        return f"{self.protocol} {self.number}"


class Exchange:
    """A thread in which servers answer and probes ask, until it is closed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._servers: list[asyncio.Server] = []
        self._endpoints: list[asyncio.DatagramTransport] = []
        self._unused_ports: defaultdict[Network, Iterator[int]] = defaultdict(lambda: iter(SOURCE_PORTS))
        self._thread = threading.Thread(target=self._loop.run_forever, name="packets", daemon=True)
        self._thread.start()

    def serve(self, *, network: Network, address: str, ports: Iterable[Port]) -> None:
        """Answer on these ports of a network, at `address` alone."""
        self._wait(self._serve(network=network, address=address, ports=ports), seconds=STEP_SECONDS)

    def ask(self, questions: list[tuple[Network, str, Port]]) -> list[bool]:
        """Tell of each (network asked from, address, port) whether the server there answers; at most LARGEST_BATCH at a time."""
        if len(questions) > LARGEST_BATCH:
            raise ValueError(f"{len(questions)} probes at once, at most {LARGEST_BATCH}")
        seconds = STEP_SECONDS + SILENCE_SECONDS * len(questions) / AT_ONCE
        return self._wait(self._ask_all(questions), seconds=seconds)

    def close(self) -> None:
        """Close every server and end the thread."""
        self._wait(self._close(), seconds=STEP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=STEP_SECONDS)
        self._loop.close()

    def _wait(self, coroutine: Coroutine[Any, Any, Answer], *, seconds: float) -> Answer:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=seconds)

    async def _serve(self, *, network: Network, address: str, ports: Iterable[Port]) -> None:
        for port in ports:
            server = network.open_socket(_KINDS[port.protocol])
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((address, port.number))
            if port.protocol == "TCP":
                self._servers.append(await asyncio.start_server(_echo, sock=server))
            else:
                endpoint, _ = await self._loop.create_datagram_endpoint(_DatagramEcho, sock=server)
                self._endpoints.append(endpoint)

    async def _ask_all(self, questions: list[tuple[Network, str, Port]]) -> list[bool]:
        return await asyncio.gather(*(self._ask(network=network, address=address, port=port) for network, address, port in questions))

    async def _ask(self, *, network: Network, address: str, port: Port) -> bool:
        nonce = secrets.token_hex(8).encode()
        async with self._slots:
            with network.open_socket(_KINDS[port.protocol]) as client:
                client.setblocking(False)
                if port.protocol == "UDP":
                    client.bind(("", self._unused_port(network)))
                try:
                    async with asyncio.timeout(SILENCE_SECONDS):
                        await self._loop.sock_connect(client, (address, port.number))
                        await self._loop.sock_sendall(client, nonce)
                        answer = await self._loop.sock_recv(client, 256)
                except TimeoutError:
                    return False
                except OSError as error:
                    if error.errno not in UNREACHABLE:
                        raise
                    return False
        if answer != _answer(address=address, question=nonce):
            raise RuntimeError(f"{address} {port} was answered by somebody else: {answer!r}")
        return True

    def _unused_port(self, network: Network) -> int:
        """Give a port that no datagram has left a network from; raise RuntimeError where there is none any more."""
        number = next(self._unused_ports[network], None)
        if number is None:
            raise RuntimeError(f"a network has sent {len(SOURCE_PORTS)} datagrams, and a port may not be used twice: take a new lab")
        return number

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for endpoint in self._endpoints:
            endpoint.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.gather(*(server.wait_closed() for server in self._servers))


class _DatagramEcho(asyncio.DatagramProtocol):
    transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)  # by its deeds: asyncio's own is no instance of it

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        own = self.transport.get_extra_info("sockname")[0]
        self.transport.sendto(_answer(address=own, question=data), addr)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    own = writer.get_extra_info("sockname")[0]
    try:
        writer.write(_answer(address=own, question=await reader.read(256)))
        await writer.drain()
    except ConnectionError:
        pass  # who asked has gone away: it has its own reasons
    finally:
        writer.close()


def _answer(*, address: str, question: bytes) -> bytes:
    return address.encode() + b" heard " + question
