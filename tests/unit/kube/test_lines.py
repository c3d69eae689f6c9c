"""A watch is a stream of lines, however the network cuts it and however long a line is."""

from collections.abc import AsyncIterator
from typing import Any, Final, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.kube import errors, session

chunks_of_bytes = st.lists(st.binary(max_size=12) | st.sampled_from((b"\n", b"a\nb", b"\n\n", b"")), max_size=12)
LONG: Final = 400_000


class Stream:
    """The body of an answer, in chunks."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    async def iter_any(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


async def lines(chunks: list[bytes]) -> list[bytes]:
    return [line async for line in session._lines(cast(Any, Stream(chunks)), rest_seconds=0)]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([], []),
        ([b"one\n"], [b"one"]),
        ([b"one\ntwo\n"], [b"one", b"two"]),
        ([b"on", b"e\ntw", b"o\n"], [b"one", b"two"]),
        ([b"one", b"\n", b"two", b"\n"], [b"one", b"two"]),
        ([b"\n\none\n\n"], [b"one"]),
        ([b"one\nunfinished"], [b"one"]),
        (["một\n".encode()[:3], "một\n".encode()[3:]], ["một".encode()]),
    ],
)
async def test_a_line_is_whole_or_not_at_all(chunks: list[bytes], expected: list[bytes]) -> None:
    assert await lines(chunks) == expected


@given(chunks=chunks_of_bytes)
@settings(max_examples=150, deadline=None)
async def test_how_the_network_cuts_a_stream_makes_no_difference(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)

    assert await lines(chunks) == [line for line in whole.split(b"\n")[:-1] if line] == await lines([whole])


async def test_a_line_longer_than_a_read_buffer_comes_through() -> None:
    line = b"x" * LONG
    stream = line + b"\nshort\n"

    assert await lines([stream[start : start + 65_536] for start in range(0, len(stream), 65_536)]) == [line, b"short"]


async def test_a_line_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LONGEST_WATCH_LINE", LONG)

    with pytest.raises(errors.ServerError, match="longer than any object"):
        await lines([b"x" * 100_000] * 10)
