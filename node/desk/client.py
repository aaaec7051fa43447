"""The desk's client: how this agency's own programs talk to its running node."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import grpc

from node.officers.connection import DeskHome, OfficerConnection
from node.officers.token import OfficerProof
from node.queries.justification import Justification
from symbolon.rpc.channel import answered
from symbolon.rpc.errors import from_rpc_error
from symbolon.v1.desk_pb2 import (
    CheckRequest,
    CheckResponse,
    HintRequest,
    HintResponse,
    QueryRequest,
    QueryResponse,
    ReadMrzRequest,
    ReadMrzResponse,
    StatusRequest,
    StatusResponse,
)
from symbolon.v1.desk_pb2_grpc import DeskStub

STATUS_SECONDS = 10.0
HINT_SECONDS = 10.0
_MARGIN_SECONDS = 10.0  # for features, tokens and envelopes, beside the time the node gives the relay


def query_request(
    subject_row: Mapping[str, Any],
    *,
    purpose: str,
    legal_basis: str,
    case_reference: str,
    justification: Justification,
    recipients: Sequence[str] = (),
    agreement: str = "",
) -> QueryRequest:
    """Give the message of a query."""
    return QueryRequest(
        subject_json=json.dumps(dict(subject_row), ensure_ascii=False).encode(),
        purpose=purpose,
        legal_basis=legal_basis,
        case_reference=case_reference,
        recipients=recipients,
        agreement=agreement,
        **justification.model_dump(exclude_none=True),
    )


class DeskClient(OfficerConnection):
    """What an officer asks partners, and the state of the node, which needs no officer."""

    def __init__(self, home: DeskHome, officer: OfficerProof | None = None) -> None:
        super().__init__(home, officer)
        self._seconds = home.settings.query_seconds + _MARGIN_SECONDS
        self._stub = DeskStub(self._channel)

    async def query(
        self,
        subject_row: Mapping[str, Any],
        *,
        purpose: str,
        legal_basis: str,
        case_reference: str,
        justification: Justification,
        recipients: Sequence[str] = (),
        agreement: str = "",
    ) -> AsyncIterator[QueryResponse]:
        """Put a query and give the node's events as they come; raise `SymbolonError` when it cannot be put."""
        request = query_request(
            subject_row,
            purpose=purpose,
            legal_basis=legal_basis,
            case_reference=case_reference,
            justification=justification,
            recipients=recipients,
            agreement=agreement,
        )
        try:
            async for event in self._stub.Query(request, timeout=self._seconds, metadata=self._proof):
                yield event
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None

    async def check(self, query: QueryRequest, seconds: float) -> CheckResponse:
        """Put a query while somebody waits, ``seconds`` at most; raise `SymbolonError` when it cannot be put."""
        request = CheckRequest(query=query, seconds=seconds)
        return await answered(self._stub.Check(request, timeout=seconds + _MARGIN_SECONDS, metadata=self._proof))

    async def hint(self, draft: QueryRequest) -> HintResponse:
        """Ask what a draft lacks."""
        return await answered(self._stub.Hint(HintRequest(draft=draft), timeout=HINT_SECONDS, metadata=self._proof))

    async def read_mrz(self, text: str) -> ReadMrzResponse:
        """Have a machine readable zone read."""
        request = ReadMrzRequest(text=text)
        return await answered(self._stub.ReadMrz(request, timeout=HINT_SECONDS, metadata=self._proof))

    async def status(self) -> StatusResponse:
        """Ask for the node's state; raise `SymbolonError` when it does not answer."""
        return await answered(self._stub.Status(StatusRequest(), timeout=STATUS_SECONDS))
