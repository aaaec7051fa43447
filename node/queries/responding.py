"""Answering an envelope: what is decided aloud, what is decided in silence, and that every reply looks the same.

What follows from the public header alone (another recipient, epoch or normaliser version, an expired envelope) is
refused aloud, since it says nothing of anybody. Everything after that needs this node's keys or its list, and ends in
a reply of one size on a tick of the clock: *no match*, *not allowed*, *malformed*, *replayed*, *fishing* are told
apart only in this node's own log. No answer leaves before its entry there is durable, and the agreement is looked at
once more just before one is sealed. While the stop rule holds (`node.disclosing`) nothing is looked up, and the reply
says so to its asker alone; where the log cannot be written, that reply has no entry.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from agreements.decision import decide_asking
from agreements.facts import Asked
from agreements.standing import AgreementSet, Standing
from ledger.log import Ledger
from ledger.submissions import AlreadySeenError
from matching.envelope import MAX_SKEW, QueryBody, QueryHeader, SealedQuery, check_window, open_query
from matching.errors import ProtocolError, SealError, WindowError
from matching.features import own_normaliser
from matching.forgetting import words_forgotten
from matching.lockbox import open_lockbox
from matching.reply import ReplyContext, seal_reply, seal_reply_to_nobody
from node.agreements.book import AgreementBook
from node.cases.facts import digest_of_subject, write_asked
from node.cases.store import ToldHit, note_told
from node.config import NodeHome
from node.database import DatabaseFile
from node.directory.membership import Member
from node.directory.view import Directory
from node.enrolment.index import IndexStore
from node.keys import NodeKeys
from node.queries.answers import INCONCLUSIVE, NOTHING, Answer, Left, encode_answer
from node.queries.examination import Finding, FishingError, Grounds, examine
from node.queries.justification import asked, read_justification
from node.queries.opened_records import OpenedRecords
from node.queries.quota import Counted, QuotaBook, note_answer
from node.queries.recording import ENTRIES_OF_QUERY, query_answered, query_received, query_refused
from node.queries.repeats import repeat_key, repeat_tag
from node.queries.silence import SAID, Silence, stopped_by, storage, storage_failed
from node.records.rules import HouseRules
from node.records.store import RecordStore
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

_UNKNOWN_ASKER = "symbolon://agency/UNKNOWN"


class Responder:
    """Answers envelopes for one node. ``house`` is what holds for records that do not say their own rules."""

    def __init__(
        self,
        home: NodeHome,
        keys: NodeKeys,
        directory: Directory,
        records: RecordStore,
        index: IndexStore,
        agreements: AgreementBook,
        ledger: Ledger,
        cases: DatabaseFile,
        house: HouseRules,
        *,
        stopped: Callable[[], str] = lambda: "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts; all are open and stay the caller's. ``stopped`` gives why nothing may be disclosed now."""
        self._home = home
        self._keys = keys
        self._directory = directory
        self._records = records
        self._index = index
        self._agreements = agreements
        self._ledger = ledger
        self._cases = cases
        self._quota = QuotaBook(cases)
        self._opened = OpenedRecords(records, house)
        self._stopped = stopped
        self._monotonic = monotonic
        self._own = home.party.uri
        self._repeat_key = repeat_key(keys.pepper)

    async def answer(self, received: bytes) -> bytes:
        """Give the reply to the bytes of an envelope, on the next tick after the work is done.

        Raises `SymbolonError` for what the public header alone decides.
        """
        arrived = self._monotonic()
        query = self._read(received)
        try:
            if query is not None:
                self._check_header(query.header)
            reply = await self._reply(query, received)
        except SymbolonError as error:
            if query is not None and error.code is not ErrorCode.LOG_NOT_WRITABLE:
                await query_refused(self._ledger, query.digest(), query.header.sender, query, None, error.code.code)
            await self._wait_for_tick(arrived)  # how late it was must tell no more than a reply would
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
        if header.normaliser_version != own_normaliser():
            raise SymbolonError(ErrorCode.NORMALISER_MISMATCH)
        try:
            check_window(header, int(time.time()))
        except WindowError:
            raise SymbolonError(ErrorCode.ENVELOPE_EXPIRED) from None

    def _check_enrolled(self, header: QueryHeader) -> None:
        """Refuse aloud what the list is not enrolled for: such a query would miss everybody, and silently.

        It takes the asker's signature: a header alone, which anybody can make up, is told nothing of agreements.
        """
        profile = self._index.made_from(header.epoch)
        if profile is None:
            if self._records.counts().records:
                raise SymbolonError(ErrorCode.NOT_ENROLLED, "not in this epoch")
            return
        if profile.normaliser != own_normaliser() or not self._budgets_named(header) <= set(profile.budgets):
            raise SymbolonError(ErrorCode.NOT_ENROLLED, "not since a change of normaliser or agreement")

    def _budgets_named(self, header: QueryHeader) -> set[float]:
        """Give the budget of the agreement named, where it is one between the two; of others nothing is said."""
        asker, holder, now = _name_of(header.sender), self._home.party.name, datetime.now(UTC)
        between = self._agreements.current().between(asker, holder)
        agreements = [one.agreement for one in between if one.in_force(asker, holder, now)]
        return {one.answer.bit_budget for one in agreements if one.id == header.agreement_id}

    async def _reply(self, query: SealedQuery | None, received: bytes) -> bytes:
        digest = query.digest() if query else hashlib.sha256(received).digest()
        asker = query.header.sender if query else _UNKNOWN_ASKER
        context = ReplyContext(digest, self._own, asker)
        body: QueryBody | None = None
        left: Left | None = None
        written = 0
        try:
            if query is None:
                raise Silence("malformed_envelope")
            member = await self._member(query.header.sender)
            body = await asyncio.to_thread(self._open, query, member)
            await asyncio.to_thread(self._check_enrolled, query.header)
            await self._admit(query, body)
            written = 1
            self._check_disclosing()
            facts = self._facts(query.header, body)
            standing, counted = await asyncio.to_thread(self._counted, query.header, facts)
            left = counted.left
            answer = await self._examined(query, body, self._grounds(standing, facts, counted))
        except Silence as silence:
            answer = await self._refused(silence, query, digest, body, written)
            if silence.reason == "replayed":
                body = None  # a second reply to one key could be compared with the first
        except SymbolonError as error:
            answer = stopped_by(error)
        if answer == NOTHING and await asyncio.to_thread(self._records.has_pending):
            answer = INCONCLUSIVE  # whatever the reason: that the list is not enrolled whole depends on no query
        answer = answer.model_copy(update={"left": left})
        return await asyncio.to_thread(self._seal, answer, body, context)

    async def _refused(
        self, silence: Silence, query: SealedQuery | None, digest: bytes, body: QueryBody | None, written: int
    ) -> Answer:
        asker = query.header.sender if query else _UNKNOWN_ASKER
        try:
            await query_refused(self._ledger, digest, asker, query, body, silence.reason, silence.written or written)
        except SymbolonError as error:
            return stopped_by(error)
        return SAID.get(silence.reason, NOTHING)

    def _check_disclosing(self) -> None:
        reason = self._stopped()
        if reason:
            raise Silence(reason)

    async def _member(self, uri: str) -> Member:
        member = await self._directory.member(uri)
        if member is None:
            raise Silence("unknown_sender")
        return member

    def _open(self, query: SealedQuery, member: Member) -> QueryBody:
        try:
            return open_query(query, self._own, self._keys.sealing, member.signing)
        except ProtocolError as error:
            raise Silence(type(error).__name__) from None

    async def _admit(self, query: SealedQuery, body: QueryBody) -> None:
        """Write that the query came, once and for all: a second time is a replay, also after a restart."""
        try:
            await query_received(self._ledger, query, body, query.header.expires_at + MAX_SKEW)
        except AlreadySeenError:
            raise Silence("replayed") from None

    def _facts(self, header: QueryHeader, body: QueryBody) -> Asked:
        return asked(
            read_justification(body.justification),
            asker=_name_of(header.sender),
            holder=self._home.party.name,
            agreement_hash=body.agreement_hash,
            purpose=header.purpose,
            user=body.user_id,
            legal_basis=body.legal_basis,
            case=body.case_reference,
            now=datetime.now(UTC),
        )

    def _counted(self, header: QueryHeader, facts: Asked) -> tuple[AgreementSet, Counted]:
        """Find the agreement the asker names among ours and count the query, before its lockbox is even tried."""
        with storage():
            agreements = self._agreements.current()
            standing = _standing(agreements, facts)
            if standing is None or standing.agreement.id != header.agreement_id:
                raise Silence("agreement_not_ours")
            return agreements, self._quota.count(standing.agreement, facts.asker, facts.case, facts.now)

    @staticmethod
    def _grounds(agreements: AgreementSet, facts: Asked, counted: Counted) -> Grounds:
        """Give what is decided from; where not even a perfect match could be answered, nothing is opened."""
        if not counted.is_admitted:
            raise Silence("quota_used")
        standing = _standing(agreements, facts)
        if standing is None or decide_asking(agreements, facts).level == 0:
            raise Silence("not_allowed")
        return Grounds(agreements, standing.agreement, facts, counted.before)

    async def _examined(self, query: SealedQuery, body: QueryBody, grounds: Grounds) -> Answer:
        with words_forgotten():
            finding, hits = await asyncio.to_thread(self._examine, query.header, body, grounds)
        await query_answered(self._ledger, query, body, finding)
        answer = finding.answer if finding else NOTHING
        await asyncio.to_thread(self._conclude, answer, hits, grounds)
        return answer

    def _conclude(self, answer: Answer, hits: Sequence[ToldHit], grounds: Grounds) -> None:
        """Note the hits for their follow-up, and look once more whether the agreement is in force.

        Both are one transaction: what is not told after all is not noted, and nobody suspends in between.
        """
        now = datetime.now(UTC)
        with storage(), self._cases.transaction() as connection:
            note_answer(connection, now)
            for hit in hits:
                note_told(connection, hit)
            if decide_asking(self._agreements.current(), replace(grounds.asked, now=now)).level < max(1, answer.level):
                raise Silence("agreement_lapsed", ENTRIES_OF_QUERY)

    def _examine(
        self, header: QueryHeader, body: QueryBody, grounds: Grounds
    ) -> tuple[Finding | None, Sequence[ToldHit]]:
        """Give what was found, and of it what is noted for the follow-up."""
        try:
            opened = open_lockbox(
                body.lockbox,
                header.lockbox_context(),
                self._keys.pepper,
                lambda lookups: self._index.find(lookups, header.epoch),
            )
            if opened is None:
                return None, ()
            records, count = self._opened.read(opened, grounds)
            repeat = partial(repeat_tag, self._repeat_key, grounds.asked.asker, grounds.asked.case, opened.payload)
            finding = examine(opened.payload, records, grounds, self._home.settings.contact, count, repeat)
            return finding, _hits_to_note(finding, grounds, body.legal_basis)
        except FishingError:
            raise Silence("fishing") from None
        except (sqlite3.Error, OSError) as error:
            raise storage_failed(error) from None
        except ProtocolError as error:
            raise Silence(type(error).__name__) from None
        except Exception as error:  # noqa: BLE001  # an answer is sent whatever happens
            # The text may quote a record, so the log has its type and place alone. To everybody but the asker this
            # is a silence like the others; the asker must not take a fault of ours for *nothing*.
            logger.error("examination failed: %s at %s", type(error).__name__, innermost_place(error))
            raise Silence("failed") from None

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


def _name_of(uri: str) -> str:
    """Give the name of an agency; empty, which no agreement names, for what is none."""
    try:
        return Party.parse(uri).name
    except IdentityError:
        return ""


def _standing(agreements: AgreementSet, facts: Asked) -> Standing | None:
    """Find the agreement named where it lets the one ask the other now; any other is as unknown as none."""
    for standing in agreements.between(facts.asker, facts.holder):
        is_named = standing.agreement.hash == facts.agreement_hash
        if is_named and standing.in_force(facts.asker, facts.holder, facts.now):
            return standing
    return None


def _hits_to_note(finding: Finding, grounds: Grounds, basis: str) -> list[ToldHit]:
    """Give what a hit's follow-up starts from, with why it matched: for this agency's officers, values and all."""
    facts, now = write_asked(grounds.asked, basis), datetime.now(UTC)
    return [
        ToldHit(
            reference=hit.reference,
            record_id=hit.record_id,
            score=hit.comparison.score,
            bits=hit.bits,
            level=hit.would_be_level,
            asked=facts,
            agreement=grounds.agreement,
            told_at=now,
            silent=hit.decision.silent,
            matched=digest_of_subject(hit.subject),
            reasons=tuple(one.explanation for one in hit.comparison.contributions),
        )
        for hit in (*finding.told, *finding.silent)
    ]
