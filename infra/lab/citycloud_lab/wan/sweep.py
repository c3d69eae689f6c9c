"""Who hears whom: everybody listens, everybody speaks to every address there is, and what arrives is written down.

A packet that is refused leaves no trace, so none is waited for by itself: all go out, and it is over when nothing has arrived for a while.
A datagram needs no way back, so a leak in one direction is a leak; a connection needs both. What is said is a number, so whoever translates
addresses on the way hides nobody.
"""

import contextlib
import dataclasses
import errno
import selectors
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from citycloud_dev.packet_exchange import Port
from citycloud_dev.packet_networks import Network

QUIET_SECONDS: Final = 1.0
"""On one machine a packet that passes has arrived after some milliseconds; after this long, however busy it is."""
MOST_SECONDS: Final = 60.0
LARGEST: Final = 64
REFUSED: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM, errno.ECONNREFUSED, errno.EINPROGRESS})
"""What a sender is told whose own namespace has no way there, or who is told nothing yet."""


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Said:
    """Something said: in which namespace, to which address and port."""

    source: str
    address: str
    port: Port


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Heard:
    """Something said, and the namespace in which it was heard."""

    said: Said
    at: str


def sweep_all(*, networks: Mapping[str, Network], ears: Mapping[str, Sequence[Port]], words: Sequence[Said]) -> set[Heard]:
    """Say all words and return what was heard; `ears` has the ports that are listened on, by namespace."""
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for name, ports in ears.items():
            for port in ports:
                selector.register(stack.enter_context(_ear(network=networks[name], port=port)), selectors.EVENT_READ, name)
        mouths: dict[str, socket.socket] = {}
        for number, said in enumerate(words):
            if said.port.protocol == "UDP":
                if said.source not in mouths:
                    mouths[said.source] = stack.enter_context(_mouth(networks[said.source], kind=socket.SOCK_DGRAM))
                with _refused():
                    mouths[said.source].sendto(_word(number), (_mapped(said.address), said.port.number))
            else:
                caller = stack.enter_context(_mouth(networks[said.source], kind=socket.SOCK_STREAM))
                with _refused():
                    caller.connect((_mapped(said.address), said.port.number))
                selector.register(caller, selectors.EVENT_WRITE, number)
        return {Heard(said=words[number], at=name) for number, name in _listen(stack=stack, selector=selector)}


def _listen(*, stack: contextlib.ExitStack, selector: selectors.BaseSelector) -> Iterator[tuple[int, str]]:
    """Yield the number of each word that is heard, and where, until there is silence."""
    end = time.monotonic() + MOST_SECONDS
    while time.monotonic() < end and (ready := selector.select(timeout=QUIET_SECONDS)):
        for key, _ in ready:
            it: socket.socket = key.fileobj  # type: ignore[assignment]  # sockets are all that is registered
            if isinstance(key.data, int):
                selector.unregister(it)
                with _refused():
                    it.sendall(_word(key.data))
            elif it.type == socket.SOCK_STREAM and _listens(it):
                called, _ = it.accept()
                selector.register(stack.enter_context(called), selectors.EVENT_READ, key.data)
            else:
                with _refused():
                    word = it.recv(LARGEST)
                    if it.type == socket.SOCK_STREAM:
                        selector.unregister(it)
                    if word:
                        yield int(word), key.data


def _ear(*, network: Network, port: Port) -> socket.socket:
    ear = network.open_socket(socket.SOCK_STREAM if port.protocol == "TCP" else socket.SOCK_DGRAM, family=socket.AF_INET6)
    ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ear.setblocking(False)
    ear.bind(("::", port.number))
    if port.protocol == "TCP":
        ear.listen(socket.SOMAXCONN)
    return ear


def _mouth(network: Network, *, kind: socket.SocketKind) -> socket.socket:
    mouth = network.open_socket(kind, family=socket.AF_INET6)
    mouth.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    mouth.setblocking(False)
    return mouth


def _listens(it: socket.socket) -> bool:
    return bool(it.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _mapped(address: str) -> str:
    """Write an address as a socket of both families takes it."""
    return address if ":" in address else f"::ffff:{address}"


def _word(number: int) -> bytes:
    return str(number).encode()


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    """Take a refusal for what it is: nothing heard."""
    try:
        yield
    except OSError as error:
        if error.errno not in REFUSED:
            raise
