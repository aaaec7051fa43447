"""Answering an envelope: what is decided aloud, what is decided in silence, and that every reply looks the same.

What follows from the public header alone (another recipient, epoch or normaliser version, an expired envelope) is
refused aloud, since it says nothing of anybody. Everything after that needs this node's keys or its list, and ends in
a reply of one size on a tick of the clock: *no match*, *not allowed*, *malformed*, *replayed*, *fishing* are told
apart only in this node's own log. Nothing leaves before its entry there is durable.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from agreements.agreement import Agreement
from agreements.decision import AskContext, MatchFacts, decide, standing
from ledger.log import AlreadySeenError, Ledger
from matching.envelope import MAX_SKEW, QueryBody, QueryHeader, SealedQuery, check_window, open_query
from matching.errors import ProtocolError, SealError, WindowError
from matching.features import NORMALISER_VERSION
from matching.forgetting import words_forgotten
from matching.lockbox import Opened, open_lockbox
from matching.reply import ReplyContext, seal_reply, seal_reply_to_nobody
from node.agreement_folder import AgreementFolder
from node.answers import INCONCLUSIVE, NOTHING, Answer, encode_answer
from node.config import NodeHome
from node.directory import Directory
from node.examination import MAX_COMPARED, Finding, FishingError, OpenedRecord, examine
from node.index import IndexStore, Place
from node.keys import NodeKeys
from node.membership import Member
from node.recording import query_answered, query_received, query_refused
from node.records import RecordStore
from node.rows import Record
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

_UNKNOWN_ASKER = "symbolon://agency/UNKNOWN"


_INCONCLUSIVE = ("agreement_not_ours", "storage_failed", "failed")
"""Silences that the asker must not take for *nothing*; nobody else sees a difference. What decides them is no person:
another text of the agreement, a broken disk, a fault in this program."""


class _Silence(Exception):  # noqa: N818  # it is no error: the reply is sent all the same
    """Ends the work with *nothing*; the reason is for this node's own log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Responder:
    """Answers envelopes for one node."""

    def __init__(
        self,
        home: NodeHome,
        keys: NodeKeys,
        directory: Directory,
        records: RecordStore,
        index: IndexStore,
        agreements: AgreementFolder,
        ledger: Ledger,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts; all are open and stay the caller's."""
        self._home = home
        self._keys = keys
        self._directory = directory
        self._records = records
        self._index = index
        self._agreements = agreements
        self._ledger = ledger
        self._monotonic = monotonic
        self._own = home.party.uri

    async def answer(self, received: bytes) -> bytes:
        """Give the reply to the bytes of an envelope, on the next tick after the work is done.

        Raises `SymbolonError` for what the public header alone decides, and when the log cannot be written.
        """
        arrived = self._monotonic()
        query = self._read(received)
        if query is not None:
            self._check_header(query.header)
            await asyncio.to_thread(self._check_enrolled, query.header)
        try:
            reply = await self._reply(query, received)
        except SymbolonError:  # the log failed; how late it was must tell no more than a reply would
            await self._wait_for_tick(arrived)
            raise
        await self._wait_for_tick(arrived)
        return reply

    @staticmethod
    def _read(received: bytes) -> SealedQuery | None:
        try:
            return SealedQuery.from_bytes(received)
        except ProtocolError:
            return None

    def _check_header(self, header: QueryHeader) -> None:
        if header.recipient != self._own:
            raise SymbolonError(ErrorCode.MALFORMED, "the envelope is for another node")
        if header.epoch != self._directory.federation.epoch:
            raise SymbolonError(ErrorCode.EPOCH_MISMATCH)
        if header.normaliser_version != NORMALISER_VERSION:
            raise SymbolonError(ErrorCode.NORMALISER_MISMATCH)
        try:
            check_window(header, int(time.time()))
        except WindowError:
            raise SymbolonError(ErrorCode.ENVELOPE_EXPIRED) from None

    def _check_enrolled(self, header: QueryHeader) -> None:
        """Refuse aloud what the list is not enrolled for: such a query would miss everybody, and silently."""
        profile = self._index.made_from(header.epoch)
        if profile is None:
            if self._records.counts().records:
                raise SymbolonError(ErrorCode.NOT_ENROLLED, "not in this epoch")
            return
        named = (agreement for agreement in self._agreements.current() if agreement.id == header.agreement_id)
        budgets = {agreement.bit_budget for agreement in named}
        if profile.normaliser != NORMALISER_VERSION or not budgets <= set(profile.budgets):
            raise SymbolonError(ErrorCode.NOT_ENROLLED, "not since a change of normaliser or agreement")

    async def _reply(self, query: SealedQuery | None, received: bytes) -> bytes:
        digest = query.digest() if query else hashlib.sha256(received).digest()
        asker = query.header.sender if query else _UNKNOWN_ASKER
        context = ReplyContext(digest, self._own, asker)
        body: QueryBody | None = None
        try:
            if query is None:
                raise _Silence("malformed_envelope")
            member = await self._member(query.header.sender)
            body = await asyncio.to_thread(self._open, query, member)
            await self._admit(query, body)
            agreement = await asyncio.to_thread(self._agreement, query.header, body)
            asked = self._permitted(query.header, body, agreement)
            answer = await self._examined(query, body, asked, agreement)
        except _Silence as silence:
            await query_refused(self._ledger, digest, asker, silence.reason)
            answer = INCONCLUSIVE if silence.reason in _INCONCLUSIVE else NOTHING
            if silence.reason == "replayed":
                body = None  # a second reply to one key could be compared with the first
        if answer == NOTHING and await asyncio.to_thread(self._records.has_pending):
            answer = INCONCLUSIVE  # whatever the reason: that the list is not enrolled whole depends on no query
        return await asyncio.to_thread(self._seal, answer, body, context)

    async def _member(self, uri: str) -> Member:
        member = await self._directory.member(uri)
        if member is None:
            raise _Silence("unknown_sender")
        return member

    def _open(self, query: SealedQuery, member: Member) -> QueryBody:
        try:
            return open_query(query, self._own, self._keys.sealing, member.signing)
        except ProtocolError as error:
            raise _Silence(type(error).__name__) from None

    async def _admit(self, query: SealedQuery, body: QueryBody) -> None:
        """Write that the query came, once and for all: a second time is a replay, also after a restart."""
        try:
            await query_received(self._ledger, query, body, query.header.expires_at + MAX_SKEW)
        except AlreadySeenError:
            raise _Silence("replayed") from None

    def _agreement(self, header: QueryHeader, body: QueryBody) -> Agreement:
        """Find the agreement the asker names among ours; without it the lockbox is not even tried."""
        for agreement in standing(self._agreements.current(), datetime.now(UTC)):
            if agreement.id == header.agreement_id and agreement.hash == body.agreement_hash:
                return agreement
        raise _Silence("agreement_not_ours")

    def _permitted(self, header: QueryHeader, body: QueryBody, agreement: Agreement) -> AskContext:
        """Give the context to decide in; where not even a perfect match could be answered, nothing is opened."""
        context = AskContext(
            asker=Party.parse(header.sender).name,
            holder=self._home.party.name,
            agreement_hash=body.agreement_hash,
            purpose=header.purpose,
            now=datetime.now(UTC),
            legal_basis=bool(body.legal_basis.strip()),
            case_reference=bool(body.case_reference.strip()),
        )
        if decide((agreement,), context, MatchFacts(score=1.0, bits=math.inf)).level == 0:
            raise _Silence("not_allowed")
        return context

    async def _examined(self, query: SealedQuery, body: QueryBody, context: AskContext, agreement: Agreement) -> Answer:
        with words_forgotten():
            finding = await asyncio.to_thread(self._examine, query.header, body, context, agreement)
        await query_answered(self._ledger, query, agreement, finding)
        return finding.answer if finding else NOTHING

    def _examine(
        self, header: QueryHeader, body: QueryBody, context: AskContext, agreement: Agreement
    ) -> Finding | None:
        try:
            opened = open_lockbox(
                body.lockbox,
                header.lockbox_context(),
                self._keys.pepper,
                lambda lookups: self._index.find(lookups, header.epoch),
            )
            if opened is None:
                return None
            records = self._opened_records(opened)
            return examine(opened.payload, records, context, agreement, self._home.settings.contact)
        except FishingError:
            raise _Silence("fishing") from None
        except (sqlite3.Error, OSError) as error:
            logger.error("examination failed: %s at %s", type(error).__name__, innermost_place(error))
            raise _Silence("storage_failed") from None
        except ProtocolError as error:
            raise _Silence(type(error).__name__) from None
        except Exception as error:  # noqa: BLE001  # an answer is sent whatever happens
            # The text may quote a record, so the log has its type and place alone. To everybody but the asker this
            # is a silence like the others; the asker must not take a fault of ours for *nothing*.
            logger.error("examination failed: %s at %s", type(error).__name__, innermost_place(error))
            raise _Silence("failed") from None

    def _opened_records(self, opened: Opened[Place]) -> Sequence[OpenedRecord]:
        """Give the records behind the openings, at most `MAX_COMPARED`: those that most entries opened.

        A record removed since its enrolment is as if it had never been there.
        """
        places = [place for opening in opened.openings for place in opening.references]
        touched = Counter((place.record_number, place.revision) for place in places)
        most = dict(touched.most_common(MAX_COMPARED))
        places = [place for place in places if (place.record_number, place.revision) in most]
        read = {(place.record_number, place.revision): self._read_record(place) for place in places}
        return [
            OpenedRecord(current.record_id, enrolled.subject, current.subject, place.ordinal, place.budget)
            for place in places
            for enrolled, current in read[place.record_number, place.revision]
        ]

    def _read_record(self, place: Place) -> list[tuple[Record, Record]]:
        """Give the record as enrolled and as it stands, or nothing where it was removed."""
        enrolled = self._records.revision(place.record_number, place.revision)
        current = self._records.current_of(place.record_number)
        return [] if enrolled is None or current is None else [(enrolled, current)]

    def _seal(self, answer: Answer, body: QueryBody | None, context: ReplyContext) -> bytes:
        if body is not None:
            try:
                return seal_reply(encode_answer(answer), body.reply_key, context, self._keys.signing)
            except SealError:
                pass  # the asker's reply key is unusable: it gets what everybody gets, readable by nobody
        return seal_reply_to_nobody(context, self._keys.signing)

    async def _wait_for_tick(self, arrived: float) -> None:
        tick = self._home.settings.reply_tick_milliseconds / 1000
        elapsed = self._monotonic() - arrived
        await asyncio.sleep((int(elapsed / tick) + 1) * tick - elapsed)
