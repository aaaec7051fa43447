"""The desk's calls about batches, as a plain object: used by the command line and by whatever an agency builds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from node.officers.connection import DeskHome, OfficerConnection
from node.officers.token import OfficerProof
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.batches_pb2_grpc import BatchesStub
from symbolon.v1.desk_pb2 import QueryRequest

_PART_BYTES = 48 * 1024
_ROWS = 200


class BatchClient(OfficerConnection):
    """What an officer does about lists of persons."""

    def __init__(self, home: DeskHome, officer: OfficerProof) -> None:
        super().__init__(home, officer)
        self._stub = BatchesStub(self._channel)

    async def prepare(self, query: QueryRequest, content: bytes, list_format: wire.ListFormat.ValueType) -> wire.Batch:
        """Hand a list over; nobody is asked yet. Each call raises `SymbolonError` as the node states."""

        def parts() -> Iterator[wire.PrepareBatchRequest]:
            yield wire.PrepareBatchRequest(query=query, format=list_format)
            for start in range(0, len(content), _PART_BYTES):
                yield wire.PrepareBatchRequest(list=[content[start : start + _PART_BYTES]])

        return (await self._call(self._stub.PrepareBatch, parts())).batch

    async def start(self, reference: str, *, ask_unknown: bool = False) -> wire.Batch:
        """Begin to ask, or go on."""
        request = wire.StartBatchRequest(reference=reference, ask_unknown=ask_unknown)
        return (await self._call(self._stub.StartBatch, request)).batch

    async def batches(self) -> list[wire.Batch]:
        """List the batches this officer may see."""
        return list((await self._call(self._stub.ListBatches, wire.ListBatchesRequest())).batches)

    async def batch(self, reference: str) -> wire.Batch:
        """Show one batch."""
        return (await self._call(self._stub.ShowBatch, wire.ShowBatchRequest(reference=reference))).batch

    async def results(self, reference: str, *states: str) -> AsyncIterator[wire.BatchRow]:
        """Give all rows of a batch, or those in some states, in the order of the list."""
        after = 0
        while True:
            request = wire.BatchResultsRequest(reference=reference, states=states, after=after, most=_ROWS)
            page = await self._call(self._stub.BatchResults, request)
            for row in page.rows:
                yield row
            after = page.next
            if not after:
                return

    async def cancel(self, reference: str) -> wire.Batch:
        """Ask no further."""
        return (await self._call(self._stub.CancelBatch, wire.CancelBatchRequest(reference=reference))).batch

    async def delete(self, reference: str) -> None:
        """Erase a batch with its results."""
        await self._call(self._stub.DeleteBatch, wire.DeleteBatchRequest(reference=reference))
