"""Putting a query: from a person to sealed envelopes, and from sealed replies to an outcome for each node.

The steps, each told as it ends: the agreements choose whom to ask; the subject becomes rule tokens; the custodian
evaluates them blindly, with a proof; one envelope is sealed for each node; the coordinator relays. The disclosure log
holds the query before anything leaves, and each answer before the analyst sees it. Each answer is read under the
agreements as they stand when it comes, and a hit is noted for its follow-up before it is shown.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import grpc

from agreements.facts import Asked
from agreements.inputs import Decided, decided, input_of, write_inputs
from agreements.standing import AgreementSet
from ledger.log import Ledger
from matching.envelope import QUERY_ID_BYTES, QueryBody, QueryHeader, SealedQuery, seal_query
from matching.errors import FieldError
from matching.features import Feature, own_normaliser, query_features
from matching.forgetting import words_forgotten
from matching.keys import SealingKey
from matching.lockbox import SizeClass, seal_lockbox
from matching.oblivious import token_input
from matching.reply import ReplyContext
from matching.subject import Subject
from node.agreements.book import AgreementBook
from node.cases.allowance import note_left
from node.cases.cleared import count_return, known_again
from node.cases.facts import write_asked
from node.cases.store import ReceivedHit, note_hit
from node.config import NodeHome
from node.custody import CustodianClient
from node.database import DatabaseFile
from node.directory.view import Directory
from node.keys import NodeKeys
from node.queries import queries_left
from node.queries.examination import write_payload
from node.queries.outcomes import Awaited, NodeOutcome, Outcome, read_delivery
from node.queries.plan import Planned, Question, Reach, askable_purposes, plan, within_reach
from node.queries.recording import answer_received, hit_returned, query_denied, query_sent
from symbolon.rpc.errors import ErrorCode, SymbolonError, from_rpc_error
from symbolon.v1.envelope_pb2 import Envelope
from symbolon.v1.relay_pb2 import DeliverRequest, DeliverResponse
from symbolon.v1.relay_pb2_grpc import RelayStub

Result = TypeVar("Result")

_TELLING_SECONDS = 1.0  # for logging the last outcomes and telling the desk of them
_LEAST_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the query that has ended: features, tokens, envelopes or relay."""

    name: str
    milliseconds: float


class _StepClock:
    """Measures the steps one after another."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def step(self, name: str) -> Step:
        now = time.perf_counter()
        ended = Step(name, (now - self._last) * 1000)
        self._last = now
        return ended


class Asker:
    """Puts queries for one node."""

    def __init__(
        self,
        home: NodeHome,
        keys: NodeKeys,
        directory: Directory,
        custodian: CustodianClient,
        coordinator: grpc.aio.Channel,
        ledger: Ledger,
        agreements: AgreementBook,
        cases: DatabaseFile,
    ) -> None:
        """Take the parts; all are open and stay the caller's."""
        self._home = home
        self._keys = keys
        self._directory = directory
        self._custodian = custodian
        self._relay = RelayStub(coordinator)
        self._ledger = ledger
        self._agreements = agreements
        self._cases = cases

    async def ask(
        self, question: Question, until: float, query_id: bytes | None = None
    ) -> AsyncGenerator[Step | NodeOutcome, None]:
        """Put the question and give steps and outcomes as they come; every node named gets exactly one outcome.

        ``until`` is the caller's own deadline on the monotonic clock; the relay ends before it, whatever time the steps
        before took, so that the outcomes can still be told. ``query_id`` is drawn where the caller, who may have to
        find the query in the log again, has not drawn it. Raises `SymbolonError` before anything is sent when the
        query is too thin, no agreement allows it, or the custodian cannot be used; afterwards each failure is some
        node's outcome.
        """
        query_id = query_id or secrets.token_bytes(QUERY_ID_BYTES)
        try:
            async with aclosing(self._ask(question, until, query_id)) as events:
                async for event in events:
                    yield event
        except SymbolonError as error:
            if error.code is not ErrorCode.LOG_NOT_WRITABLE:
                await query_denied(self._ledger, question, query_id, error.code.code)
            raise

    async def reach(self, draft: Question) -> Reach:
        """Say who would be asked a draft, and for which purposes anybody could be; nothing of it leaves."""
        members = await self._directory.members()
        agreements = await asyncio.to_thread(self._agreements.current)
        now = datetime.now(UTC)
        planned, not_asked = within_reach(draft, agreements, self._home.party.uri, members, now)
        return Reach(
            planned, not_asked, askable_purposes(agreements, self._home.party.name, members, now), set(members)
        )

    async def _ask(self, question: Question, until: float, query_id: bytes) -> AsyncGenerator[Step | NodeOutcome, None]:
        with words_forgotten():
            clock = _StepClock()
            members = await self._directory.members()
            agreements = await asyncio.to_thread(self._agreements.current)
            planned, not_asked = plan(question, agreements, self._home.party.uri, members, datetime.now(UTC))
            for outcome in not_asked:
                yield outcome
            if not planned:
                raise SymbolonError(ErrorCode.NO_AGREEMENT)
            features = await asyncio.to_thread(_features, question.subject, planned)
            yield clock.step("features")
            made_from = _made_from(planned, agreements)
            logging = query_sent(self._ledger, question, planned, not_asked, query_id, made_from)
            tokens = await self._tokens(features.values(), logging)
            yield clock.step("tokens")
            tokens_of = {budget: [tokens[one.canonical()] for one in some] for budget, some in features.items()}
            sealed = await asyncio.to_thread(self._seal_all, question, planned, tokens_of, query_id)
            yield clock.step("envelopes")
            async with aclosing(_as_they_end(self._deliver(sealed, question, query_id, until))) as outcomes:
                async for outcome in outcomes:
                    yield outcome
            yield clock.step("relay")

    async def _tokens(self, feature_sets: Iterable[Sequence[Feature]], logging: Awaitable[None]) -> dict[bytes, bytes]:
        """Give the token of each feature by its canonical string; the sets of several budgets overlap widely.

        The features are blinded while ``logging`` goes on; nothing is sent before it has ended well.
        """
        epoch = self._directory.federation.epoch
        canonical = list(dict.fromkeys(feature.canonical() for features in feature_sets for feature in features))
        blinding = self._custodian.blinded([token_input(epoch, text) for text in canonical])
        blinded, _ = await asyncio.gather(blinding, logging)
        tokens = await self._custodian.evaluated(blinded)
        return dict(zip(canonical, tokens, strict=True))

    def _seal_all(
        self, question: Question, planned: Sequence[Planned], tokens_of: Mapping[float, list[bytes]], query_id: bytes
    ) -> list[tuple[SealedQuery, Awaited]]:
        payload = write_payload(question.subject)
        now = int(time.time())
        try:
            return [
                self._seal(question, one, tokens_of[one.agreement.answer.bit_budget], payload, query_id, now)
                for one in planned
            ]
        except FieldError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None

    def _seal(
        self, question: Question, planned: Planned, tokens: Sequence[bytes], payload: bytes, query_id: bytes, now: int
    ) -> tuple[SealedQuery, Awaited]:
        member = planned.member
        header = QueryHeader(
            query_id=query_id,
            sender=self._home.party.uri,
            recipient=member.uri,
            epoch=self._directory.federation.epoch,
            normaliser_version=own_normaliser(),
            agreement_id=planned.agreement.id,
            purpose=question.purpose,
            issued_at=now,
            expires_at=now + self._home.settings.expiry_seconds,
            size=SizeClass.fitting(len(tokens), len(payload)),
        )
        reply_key = SealingKey.generate()
        body = QueryBody(
            reply_key=reply_key.public_key(),
            justification=question.justification.to_text(),
            legal_basis=question.legal_basis,
            case_reference=question.case_reference,
            user_id=question.user,
            agreement_hash=planned.agreement.hash,
            lockbox=seal_lockbox(tokens, payload, header.lockbox_context()),
        )
        sealed = seal_query(header, body, member.sealing, self._keys.signing)
        context = ReplyContext(sealed.digest(), member.uri, header.sender)
        return sealed, Awaited(member, context, reply_key, planned.asked, planned.agreement)

    async def _deliver(
        self, sealed: Sequence[tuple[SealedQuery, Awaited]], question: Question, query_id: bytes, until: float
    ) -> AsyncIterator[Coroutine[Any, Any, NodeOutcome]]:
        """Give, as each word on a node comes, the work of reading and logging it."""
        started = time.perf_counter()
        awaited = {one.member.uri: one for _, one in sealed}
        request = DeliverRequest(envelopes=[Envelope(query=query.to_bytes()) for query, _ in sealed])
        failure = SymbolonError(ErrorCode.UNREACHABLE, "the coordinator gave no outcome for this node")

        async def read(delivery: DeliverResponse, one: Awaited) -> NodeOutcome:
            milliseconds = (time.perf_counter() - started) * 1000
            own = await asyncio.to_thread(self._decided_now, one.asked)
            outcome = await asyncio.to_thread(read_delivery, delivery, one, own.decision, milliseconds)
            return await kept(outcome, one, own)

        async def kept(outcome: NodeOutcome, one: Awaited, own: Decided | None = None) -> NodeOutcome:
            await answer_received(self._ledger, question, query_id, one, outcome, own)
            if outcome.answer.candidates or outcome.answer.left is not None:
                return await asyncio.to_thread(self._note, outcome, one, question, query_id)
            return outcome

        seconds = relay_seconds(self._home.settings.query_seconds, until - time.monotonic())
        try:
            async for delivery in self._relay.Deliver(request, timeout=seconds):
                # gRPC gives None for a message that is not of the agreed form.
                one = awaited.pop(delivery.recipient, None) if delivery is not None else None
                if one is not None:  # a second word on one node, or a word on a node not asked, counts for nothing
                    yield read(delivery, one)
        except grpc.RpcError as error:
            failure = from_rpc_error(error)
        for one in awaited.values():
            yield kept(_undelivered(one, failure, (time.perf_counter() - started) * 1000), one)

    def _decided_now(self, asked: Asked) -> Decided:
        """Decide anew: the agreement may have been suspended, ended or replaced while the question was under way."""
        return decided(self._agreements.current(), "asker", replace(asked, now=datetime.now(UTC)))

    def _note(self, outcome: NodeOutcome, awaited: Awaited, question: Question, query_id: bytes) -> NodeOutcome:
        """Note what a hit's follow-up starts from, and what the holder says is left of the requests.

        A hit that was cleared before opens no case: that it has come again is logged and counted. Give the outcome with
        those that were.
        """
        hits = [
            ReceivedHit(
                reference=one.reference,
                member=outcome.member,
                agreement=awaited.agreement,
                asked=write_asked(awaited.asked, question.legal_basis),
                query_id=query_id,
                band=one.band,
                at=datetime.now(UTC),
                reasons=one.reasons,
                subject=question.subject.to_row(),
                repeat=one.repeat,
            )
            for one in outcome.answer.candidates
        ]
        tags = [(hit.repeat, hit.band) for hit in hits]
        with self._cases.transaction() as connection:
            known = known_again(connection, outcome.member, tags, question.user)
            cleared = {hit.reference: known[hit.repeat] for hit in hits if hit.repeat in known}
            for hit in hits:
                if hit.reference in cleared:
                    self._ledger.append(hit_returned(awaited, question, hit, cleared[hit.reference]))
                    count_return(connection, cleared[hit.reference], hit.at)
                else:
                    note_hit(connection, hit)
            if outcome.answer.left is not None:
                note_left(connection, outcome.member, awaited.agreement.hash.hex(), outcome.answer.left.requests)
                queries_left.note(connection, outcome.member, awaited.asked, outcome.answer.left)
        return replace(outcome, cleared=cleared)


async def _as_they_end(works: AsyncIterator[Coroutine[Any, Any, Result]]) -> AsyncGenerator[Result, None]:
    """Start each work when it comes and give each result when it is there; the first error ends all."""
    ended: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
    running: set[asyncio.Task[Any]] = set()

    async def start_all() -> None:
        async for work in works:
            task = asyncio.create_task(work)
            running.add(task)
            task.add_done_callback(ended.put_nowait)

    starting = asyncio.create_task(start_all())
    running.add(starting)
    starting.add_done_callback(ended.put_nowait)
    try:
        while running:
            task = await ended.get()
            running.discard(task)
            result = task.result()
            if task is not starting:
                yield result
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _made_from(planned: Sequence[Planned], agreements: AgreementSet) -> str:
    """Give what the choice of whom to ask was made from, for the log."""
    return write_inputs(
        (input_of("asker", agreements.find(one.agreement.hash), one.asked), one.agreement) for one in planned
    )


def relay_seconds(setting: float, remaining: float) -> float:
    """Give the relay's deadline: the setting, or less where the call it serves ends before; never none at all."""
    return max(_LEAST_SECONDS, min(setting, remaining - _TELLING_SECONDS))


def _features(subject: Subject, planned: Sequence[Planned]) -> dict[float, tuple[Feature, ...]]:
    """Give the features for each budget of the agreements; raise `SymbolonError` when one of them has none."""
    features: dict[float, tuple[Feature, ...]] = {}
    for budget in {one.agreement.answer.bit_budget for one in planned}:
        features[budget] = query_features(subject, budget)
        if not features[budget]:
            raise SymbolonError(ErrorCode.QUERY_TOO_THIN, f"nothing in it carries {budget:g} bits")
    return features


def _undelivered(awaited: Awaited, failure: SymbolonError, milliseconds: float) -> NodeOutcome:
    outcomes = {ErrorCode.TIMED_OUT: Outcome.TIMED_OUT, ErrorCode.UNREACHABLE: Outcome.UNREACHABLE}
    outcome = outcomes.get(failure.code, Outcome.REFUSED)
    explanation = f"the coordinator did not deliver: {failure}; {failure.code.value.way_out}"
    member = awaited.member
    return NodeOutcome(member.uri, member.display_name, outcome, explanation=explanation, milliseconds=milliseconds)
