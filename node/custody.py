"""Having tokens made: the node's side of the custodian's service.

Two ways, because a proof costs two multiplications an element:

* a **query** is evaluated with a proof, which is checked against the epoch's pinned public key; the batch is filled
  to 64, 128 or 256 elements, so the custodian learns that class and nothing finer (threat T17). What fills it are
  random elements: a blinded input is a uniform element too, and these need no blinding here and no unblinding;
* an **enrolment** batch is evaluated without a proof, with *canaries* hidden in it (`matching.canaries`). It is filled
  to one of `ENROLMENT_CLASSES`, and what fills it are canaries too, so a short batch is checked the more closely.

Whatever does not verify raises `SymbolonError` (`CUSTODIAN_DISHONEST`) and gives no token at all. The arithmetic runs
in threads. What is hashed, and what becomes of the tokens, is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TypeVar

import grpc

from matching import sodium
from matching.canaries import PER_10_000, SEED_BYTES, Canary, PlantedBatch, canaries_wanted, canary_input, plant
from matching.errors import CanaryError, ProtocolError
from matching.lockbox import SizeClass
from matching.oblivious import SUITE, BlindedBatch, Evaluation, blind, finalize_unproved, split_elements, verify_proof
from symbolon.rpc.channel import answered
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1.custodian_pb2 import (
    EVALUATION_USE_ENROLMENT,
    EVALUATION_USE_QUERY,
    DescribeKeyRequest,
    EvaluateRequest,
    EvaluateResponse,
    EvaluationUse,
)
from symbolon.v1.custodian_pb2_grpc import CustodianStub

ENROLMENT_INPUTS = (240, 1008, 4069, 10_000)
"""Inputs of an enrolment batch; it is filled to one of these numbers."""

ENROLMENT_CLASSES = tuple(inputs + canaries_wanted(inputs) for inputs in ENROLMENT_INPUTS)
"""Elements of those batches with the canaries hidden in them: 256, 1,024, 4,096 and 10,064."""

MOST_ENROLMENT_INPUTS = ENROLMENT_INPUTS[-1]
"""Inputs of one enrolment call."""

QUERY_SECONDS = 10.0
ENROLMENT_SECONDS = 100.0
"""Deadlines of one call; the largest enrolment batch takes a custodian about a second of one core."""

RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Waits between attempts when the custodian cannot be reached during an enrolment: about a minute in all."""

Answer = TypeVar("Answer")

_CANARIES = PER_10_000
_PASSING = (ErrorCode.UNREACHABLE, ErrorCode.TIMED_OUT, ErrorCode.BUSY)


def enrolment_elements(inputs: int) -> int:
    """Say how many elements the custodian evaluates, and counts, for so many inputs of one enrolment call."""
    return next(size for room, size in zip(ENROLMENT_INPUTS, ENROLMENT_CLASSES, strict=True) if inputs <= room)


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """What the custodian says its live key is; ``public_key`` has 32 bytes."""

    epoch: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class QueryBatch:
    """Inputs of a query as blinded, and ``elements`` as they are sent: those of the inputs and what fills the class."""

    blinded: BlindedBatch = field(repr=False)
    elements: tuple[bytes, ...] = field(repr=False)


class CustodianClient:
    """Asks one custodian for tokens of one epoch. The channel is the caller's and stays open."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        epoch: str,
        public_key: bytes,
        *,
        who: str = "",
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        """Take the epoch, the public key that this node has pinned for it, and how errors name the custodian."""
        self._who = who
        self.epoch = epoch
        self._stub = CustodianStub(channel)
        self._public_key = public_key
        self._retry_seconds = tuple(retry_seconds)
        self._canaries: tuple[Canary, ...] = ()
        self._canaries_lock = asyncio.Lock()

    async def describe_key(self) -> KeyDescription:
        """Ask which key is live; raise `SymbolonError` when the custodian cannot be asked or speaks another suite."""
        described = await answered(self._stub.DescribeKey(DescribeKeyRequest(), timeout=QUERY_SECONDS), self._who)
        if described.suite != SUITE:
            raise SymbolonError(ErrorCode.MALFORMED, "the custodian uses another suite")
        return KeyDescription(described.epoch, described.public_key)

    async def tokens_for_query(self, inputs: Sequence[bytes]) -> tuple[bytes, ...]:
        """Give one 64-byte token for each VOPRF input (`matching.oblivious.token_input`), in order, proved.

        Raises `SymbolonError` as `evaluated` does.
        """
        return await self.evaluated(await self.blinded(inputs))

    async def blinded(self, inputs: Sequence[bytes]) -> tuple[QueryBatch, ...]:
        """Blind the inputs of a query, 256 a batch; nothing is sent yet."""
        cuts = [inputs[start : start + SizeClass.LARGE] for start in range(0, len(inputs), SizeClass.LARGE)]
        return await asyncio.to_thread(lambda: tuple(map(_query_batch, cuts)))

    async def evaluated(self, batches: Sequence[QueryBatch]) -> tuple[bytes, ...]:
        """Send blinded batches, one call each, and give the inputs' tokens in order.

        Raises `SymbolonError`: `CUSTODIAN_DISHONEST` when the proof does not hold for the pinned key,
        `EPOCH_MISMATCH`, `QUOTA_EXHAUSTED`, `UNREACHABLE`, `TIMED_OUT`.
        """
        tokens: list[bytes] = []
        for batch in batches:
            tokens += await self._proved(batch)
        return tuple(tokens)

    async def tokens_for_enrolment(self, inputs: Sequence[bytes]) -> tuple[bytes, ...]:
        """Give one 64-byte token for each of up to 10,000 VOPRF inputs, in order, checked by canaries.

        Calls may overlap. A custodian that cannot be reached is asked again with growing patience. Raises
        `SymbolonError`: `CUSTODIAN_DISHONEST` when a canary came back changed, and those of `tokens_for_query`.
        """
        canaries = await self._known_canaries()
        try:
            planted, batch = await asyncio.to_thread(_prepare, inputs, canaries)
            response = await self._evaluate_patiently(batch)
            return await asyncio.to_thread(_finish, len(inputs), planted, batch, response.evaluated, canaries)
        except ProtocolError as error:
            raise SymbolonError(ErrorCode.CUSTODIAN_DISHONEST, str(error)) from None

    async def _proved(self, batch: QueryBatch) -> tuple[bytes, ...]:
        response = await self._evaluate(batch.elements, EVALUATION_USE_QUERY, QUERY_SECONDS)
        try:
            evaluation = Evaluation(split_elements(response.evaluated), response.proof)
            return await asyncio.to_thread(_proved_tokens, batch, evaluation, self._public_key)
        except ProtocolError as error:
            raise SymbolonError(ErrorCode.CUSTODIAN_DISHONEST, str(error)) from None

    async def _known_canaries(self) -> tuple[Canary, ...]:
        """Have tokens proved once, of inputs that nobody else knows and no feature can equal."""
        async with self._canaries_lock:
            if not self._canaries:
                inputs = [canary_input(self.epoch, secrets.token_bytes(SEED_BYTES)) for _ in range(_CANARIES)]
                tokens = await self._patiently(lambda: self.tokens_for_query(inputs))
                self._canaries = tuple(map(Canary, inputs, tokens))
            return self._canaries

    async def _evaluate_patiently(self, batch: BlindedBatch) -> EvaluateResponse:
        # Sent again unchanged: that the elements are the same ones is no news to whoever sees a call repeated.
        evaluate = self._evaluate
        return await self._patiently(lambda: evaluate(batch.elements, EVALUATION_USE_ENROLMENT, ENROLMENT_SECONDS))

    async def _patiently(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        for wait in self._retry_seconds:
            try:
                return await attempt()
            except SymbolonError as error:
                if error.code not in _PASSING:
                    raise
            await asyncio.sleep(wait)
        return await attempt()

    async def _evaluate(
        self, elements: Sequence[bytes], use: EvaluationUse.ValueType, seconds: float
    ) -> EvaluateResponse:
        request = EvaluateRequest(epoch=self.epoch, use=use, blinded=b"".join(elements))
        return await answered(self._stub.Evaluate(request, timeout=seconds), self._who)


def _query_batch(inputs: Sequence[bytes]) -> QueryBatch:
    size = next(size for size in SizeClass if len(inputs) <= size)
    blinded = blind(inputs)
    # libsodium draws its own random elements like this (crypto_core_ristretto255_random).
    filling = (sodium.from_hash(secrets.token_bytes(sodium.HASH_BYTES)) for _ in range(size - len(inputs)))
    return QueryBatch(blinded, (*blinded.elements, *filling))


def _proved_tokens(batch: QueryBatch, evaluation: Evaluation, public_key: bytes) -> tuple[bytes, ...]:
    """Check the proof over all that was sent, and unblind what stands for an input."""
    verify_proof(public_key, batch.elements, evaluation)
    return finalize_unproved(batch.blinded, evaluation.elements[: len(batch.blinded.inputs)])


def _prepare(inputs: Sequence[bytes], canaries: Sequence[Canary]) -> tuple[PlantedBatch, BlindedBatch]:
    room = next(room for room in ENROLMENT_INPUTS if len(inputs) <= room) - len(inputs)
    planted = plant([*inputs, *(canary.input for canary in _filling_canaries(room, canaries))], canaries)
    return planted, blind(planted.inputs)


def _filling_canaries(room: int, canaries: Sequence[Canary]) -> list[Canary]:
    return [canaries[place % len(canaries)] for place in range(room)]


def _finish(
    count: int, planted: PlantedBatch, batch: BlindedBatch, evaluated: bytes, canaries: Sequence[Canary]
) -> tuple[bytes, ...]:
    tokens = planted.check(finalize_unproved(batch, split_elements(evaluated)))
    filling = _filling_canaries(len(tokens) - count, canaries)
    known = zip(tokens[count:], filling, strict=True)
    changed = sum(not compare_digest(token, canary.token) for token, canary in known)
    if changed:
        raise CanaryError(f"{changed} of {len(filling)} known tokens came back changed")
    return tokens[:count]
