"""The coordinator as a witness, and as the way from each node to the others that witness its log.

Rules: the caller has joined; the request is about the caller's own log; asked for itself, the coordinator cosigns by
the rules of `ledger.witnessing`; asked for another member, it hands the request on only where it is about the head that
it has cosigned last itself. So no node can show one member what it hides from the coordinator: an honest coordinator
sees every head that any member sees, and a second history at the first attempt.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

from coordinator.delivery import shaved
from coordinator.directory import Directory
from coordinator.responders import Responders
from ledger.checkpoints import ledger_origin
from ledger.cosigning import Cosigner, read_response, refusal
from ledger.exchange import Told
from ledger.notes import VerifierKey
from ledger.witness import MOST_REQUEST_BYTES
from ledger.witnessing import Refusal
from matching.keys import SigningPublicKey
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.v1.witness_pb2 import AddCheckpointRequest, AddCheckpointResponse

MOST_REQUESTS_AT_ONCE = 64
"""Requests under way at the hub; one more is refused at once (`BUSY`), and its sender asks again at its next look."""

MOST_REQUESTS_OF_ONE_AGENCY = 8
"""Requests of one agency under way, so that none fills the hub for the others."""


class WitnessRelay:
    """Witnesses the logs of all agencies, and hands their requests on to each other."""

    def __init__(self, own: Party, directory: Directory, responders: Responders, cosigner: Cosigner) -> None:
        """Take the open parts."""
        self._own = own
        self._directory = directory
        self._responders = responders
        self._cosigner = cosigner
        self._under_way: Counter[str] = Counter()

    async def add(self, caller: Party, request: AddCheckpointRequest, remaining: float) -> AddCheckpointResponse:
        """Give the answer of the witness that is asked; ``remaining`` are the seconds left of the caller's deadline.

        Raises `SymbolonError`: `NOT_JOINED`, `BUSY`, and what comes of handing the request on.
        """
        with self._place(caller):
            entry = self._directory.entry_of(caller)
            origin = ledger_origin(caller.uri)
            logs = {origin: [VerifierKey(origin, entry.signing)]}
            if len(request.checkpoint) > MOST_REQUEST_BYTES:
                return refusal(Refusal.MALFORMED)
            if request.witness == self._own.uri:
                return await self._cosigner.add(request.checkpoint, logs)
            refused = await self._cosigner.check_current(request.checkpoint, logs)
            return refused or await self._hand_on(request.witness, request.checkpoint, shaved(remaining))

    def logs(self) -> list[str]:
        """Name the logs of the members."""
        return [ledger_origin(uri) for uri in self.witnesses()]

    async def watch(self) -> None:
        """Say which members' logs are not brought any more, until cancelled."""
        await self._cosigner.watch(self.logs)

    async def ask(self, witness: str, content: bytes, seconds: float) -> Told:
        """Ask a member to witness the coordinator's own log; raise `SymbolonError` when it cannot be asked."""
        return read_response(await self._hand_on(witness, content, seconds))

    def witnesses(self) -> dict[str, SigningPublicKey]:
        """Give the members that are asked about the coordinator's own log, with their keys."""
        return {entry.member.uri: entry.signing for entry in self._directory.entries()}

    async def _hand_on(self, witness: str, content: bytes, seconds: float) -> AddCheckpointResponse:
        entry = self._directory.find(witness)
        if entry is None:
            raise SymbolonError(ErrorCode.UNREACHABLE, "the witness is no member")
        return await self._responders.add_checkpoint(entry, content, seconds)

    @contextlib.contextmanager
    def _place(self, caller: Party) -> Iterator[None]:
        if self._under_way.total() >= MOST_REQUESTS_AT_ONCE:
            raise SymbolonError(ErrorCode.BUSY)
        if self._under_way[caller.uri] >= MOST_REQUESTS_OF_ONE_AGENCY:
            raise SymbolonError(ErrorCode.BUSY)
        self._under_way[caller.uri] += 1
        try:
            yield
        finally:
            self._under_way[caller.uri] -= 1
