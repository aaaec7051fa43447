"""A request in parts comes to an end: after so many bytes, and after so many parts, whatever is in them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from node.desk.servicers import _whole
from symbolon.rpc.channel import MESSAGE_LIMIT
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import batches_pb2 as wire

MOST_PARTS = 100_000


class Parts:
    """Gives one part again and again, and counts how often it was asked."""

    def __init__(self, part: wire.PrepareBatchRequest, most: int) -> None:
        self.part, self.most, self.given = part, most, 0

    async def __aiter__(self) -> AsyncIterator[wire.PrepareBatchRequest]:
        while self.given < self.most:
            self.given += 1
            yield self.part


@pytest.mark.parametrize("size", [0, 1, 100_000])
async def test_parts_without_an_end_are_refused(size: int) -> None:
    parts = Parts(wire.PrepareBatchRequest(list=[b"a" * size] if size else []), MOST_PARTS)
    with pytest.raises(SymbolonError) as error:
        await _whole(aiter(parts))
    assert error.value.code is ErrorCode.INVALID_INPUT
    assert parts.given < MOST_PARTS
    assert parts.given <= MESSAGE_LIMIT // max(size, 1) + 1


async def test_parts_are_joined_in_their_order() -> None:
    async def parts() -> AsyncIterator[wire.PrepareBatchRequest]:
        for content in (b"one", b"two"):
            yield wire.PrepareBatchRequest(list=[content])

    assert list((await _whole(parts())).list) == [b"one", b"two"]


async def test_a_request_without_a_part_is_refused() -> None:
    with pytest.raises(SymbolonError, match="without a message"):
        await _whole(aiter(Parts(wire.PrepareBatchRequest(), 0)))
