"""The wire of the witness exchange, the same for nodes and coordinator: asking a witness, and answering as one.

What is held against a log is written into the witness's own log as well, once, and said aloud in the process's log.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ledger.entries import Statement
from ledger.exchange import Told
from ledger.log import Ledger
from ledger.log_events import LogContradicted
from ledger.witness import ContradictionError, Trusted, Witness
from ledger.witnessing import Refusal, WitnessRefusalError
from symbolon.rpc.channel import answered
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1.witness_pb2 import AddCheckpointRequest, AddCheckpointResponse, WitnessRefusal

if TYPE_CHECKING:
    from symbolon.v1.witness_pb2_grpc import WitnessAsyncStub

MOST_UNSEEN = timedelta(hours=24)
"""How long the log of a party that is still a member may not be brought here before people are told to ask."""

LOOK_SECONDS = 60.0
"""Seconds between two looks at which logs were not brought."""

ASK_SECONDS = 10.0
"""Deadline of one request to a witness, handing on included."""

logger = logging.getLogger("symbolon.ledger")

_REFUSALS = {
    Refusal.MALFORMED: WitnessRefusal.WITNESS_REFUSAL_MALFORMED,
    Refusal.NOT_SIGNED: WitnessRefusal.WITNESS_REFUSAL_NOT_SIGNED,
    Refusal.UNKNOWN_LOG: WitnessRefusal.WITNESS_REFUSAL_UNKNOWN_LOG,
    Refusal.OUT_OF_DATE: WitnessRefusal.WITNESS_REFUSAL_OUT_OF_DATE,
    Refusal.FORKED: WitnessRefusal.WITNESS_REFUSAL_FORKED,
    Refusal.INCONSISTENT: WitnessRefusal.WITNESS_REFUSAL_INCONSISTENT,
}
_READ = {code: refusal for refusal, code in _REFUSALS.items()}


class Cosigner:
    """Answers for one party's witness."""

    def __init__(self, witness: Witness, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        """Take the open parts."""
        self._witness = witness
        self._ledger = ledger
        self._clock = clock

    async def add(self, content: bytes, logs: Trusted) -> AddCheckpointResponse:
        """Cosign a checkpoint of one of the logs, or say why not."""
        try:
            signature = await asyncio.to_thread(self._witness.add, content, logs, self._clock())
        except WitnessRefusalError as refused:
            return await self._refused(refused)
        return AddCheckpointResponse(cosignatures=signature.line().encode())

    async def check_current(self, content: bytes, logs: Trusted) -> AddCheckpointResponse | None:
        """Say why a request is not about the head cosigned last, or None where it is."""
        try:
            await asyncio.to_thread(self._witness.check_current, content, logs, self._clock())
        except WitnessRefusalError as refused:
            return await self._refused(refused)
        return None

    def contradictions(self) -> list[str]:
        """Name the logs of which a contradiction is kept, and of which kind it is."""
        return sorted({f"{one.origin}: {one.refusal.value}" for one in self._witness.evidence()})

    def not_seen(self, logs: Collection[str]) -> list[tuple[str, datetime]]:
        """Give which of the logs to witness, by origin, were not brought here for long, each with since when."""
        now = self._clock()
        return self._witness.not_seen(logs, now - MOST_UNSEEN, now)

    async def watch(self, logs: Callable[[], Collection[str]]) -> None:
        """Say in the process's log, once each, which logs are not brought any more, and again, until cancelled."""
        told: set[str] = set()
        while True:
            told = await self._look(logs(), told)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, logs: Collection[str], told: set[str]) -> set[str]:
        try:
            unseen = dict(await asyncio.to_thread(self.not_seen, logs))
        except sqlite3.Error as error:
            logger.error("the witness's database cannot be used: %s", type(error).__name__)
            return told
        for origin in sorted(unseen.keys() - told):
            since = unseen[origin].isoformat()
            logger.error("%s has not been brought to this witness since %s: ask its party why", origin, since)
        for origin in sorted(told - unseen.keys()):
            logger.warning("%s is brought to this witness again, or is none that it witnesses any more", origin)
        return set(unseen)

    async def _refused(self, refused: WitnessRefusalError) -> AddCheckpointResponse:
        if isinstance(refused, ContradictionError) and refused.is_new:
            evidence = refused.evidence
            logger.critical("%s is %s; what it signed is kept", evidence.origin, evidence.refusal.value)
            with suppress(SymbolonError):  # the request is kept whether or not our own log can be written
                await self._ledger.record(Statement(_contradicted(refused)))
        return refusal(refused.reason, refused.size)


def refusal(reason: Refusal, size: int | None = None) -> AddCheckpointResponse:
    """Give a refusal in its form on the wire."""
    return AddCheckpointResponse(refusal=_REFUSALS[reason], size=size)


async def ask(stub: WitnessAsyncStub, witness: str, content: bytes, who: str) -> Told:
    """Ask a witness over a channel; raise `SymbolonError` when there is no answer of the agreed form.

    ``who`` names the party at the other end of the channel, for errors.
    """
    request = AddCheckpointRequest(witness=witness, checkpoint=content)
    response: AddCheckpointResponse = await answered(stub.AddCheckpoint(request, timeout=ASK_SECONDS), who)
    return read_response(response)


def read_response(response: AddCheckpointResponse) -> Told:
    """Read what a witness says; raise `SymbolonError` (`MALFORMED`)."""
    if not response.HasField("refusal"):
        return Told(response.cosignatures)
    if response.refusal not in _READ:
        raise SymbolonError(ErrorCode.MALFORMED, "the witness refuses for a reason unknown here")
    return Told(refusal=_READ[response.refusal], size=response.size if response.HasField("size") else None)


def _contradicted(refused: ContradictionError) -> LogContradicted:
    evidence = refused.evidence
    return LogContradicted.model_validate(
        {"origin": evidence.origin, "refusal": evidence.refusal.value, "request_digest": evidence.digest.hex()}
    )
