"""The calls by which a legal adviser answers a data subject: look for the person, see what was found, decide.

That the list and the log are looked through stands in the log before that, and the decision before the letter.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from auditing.subject_extract import Decision, ToldLine, outcome, read_lines
from auditing.subject_letter import LetterLine, letter_lines, write_data, write_letter
from auditing.subjects import SEARCHED_FIELDS, Search, Wanted
from ledger.entries import Statement
from node.auditing.answering import check_decided, decided, read_decision, read_wanted
from node.auditing.house import AuditedHouse
from node.auditing.own_records import OwnRecord, OwnRecords, look_up, looks_up
from node.auditing.sources import Source, own_source
from node.auditing.viewing import telling_why, who
from node.auditing.wire import work_shown
from node.auditing.works import Work, Works
from node.forgetting import forgetting
from node.officers.permission import Permission
from node.officers.register import Officer
from node.records.recording import records_listed
from node.records.store import RecordStore
from node.sentences import sentence_shown
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import audit_pb2 as wire

_LONGEST = 200
_MOST = 200
_NOT_TO_DECIDE = "this is decided already, or not found yet"


@dataclass(slots=True)
class _Found:
    """What was found for one request of a person, and what was decided on it."""

    asked: wire.FindSubjectRequest
    party: str
    records: OwnRecords = field(default_factory=OwnRecords)
    lines: list[ToldLine] = field(default_factory=list)
    unclear: list[int] = field(default_factory=list)
    outcome: str = ""
    letter: str = ""
    letter_lines: list[LetterLine] = field(default_factory=list)
    data: str = ""


class SubjectCalls:
    """The part of the service Audit that answers data subjects."""

    def __init__(self, permission: Permission, house: AuditedHouse, records: RecordStore) -> None:
        """Take what checks roles, the log, and the agency's own records."""
        self._permission = permission
        self._house = house
        self._records = records
        folder = house.folder / "subjects"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        self._works = Works(folder)
        self._deciding = threading.Lock()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Forget what was found an hour ago, until the block ends; then all of it."""
        async with forgetting(self._works.forget):
            try:
                yield
            finally:
                await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        """End what is under way, and forget what was found."""
        self._works.stop()

    async def find_subject(self, request: wire.FindSubjectRequest, officer: Officer) -> wire.FindSubjectResponse:
        """Begin to look for a person."""
        await self._permission.check(officer, "answer_subject")
        described = (request.names, request.births, request.documents)
        given = (*described, request.records, request.references)
        texts = [one for some in (*given, request.without) for one in some]
        if not request.request.strip() or any(len(one) > _LONGEST for one in texts):
            raise SymbolonError(ErrorCode.INVALID_INPUT, "say the reference of the request, and whom to look for")
        if len(texts) + len(request.also) > _MOST:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"at most {_MOST} particulars")
        wanted = read_wanted(*given, request.also, request.without)
        work = await asyncio.to_thread(self._begin, wanted, request, officer)
        return wire.FindSubjectResponse(work=work.name)

    async def show_found_subject(
        self, request: wire.ShowFoundSubjectRequest, officer: Officer
    ) -> wire.ShowFoundSubjectResponse:
        """Say what was found, and the letter once it is decided."""
        await self._permission.check(officer, "answer_subject")
        work = self._works.find(officer.name, request.work)
        found = _found(work)
        if found is None:
            return wire.ShowFoundSubjectResponse(work=work_shown(work))
        lines = [
            wire.SubjectLine(
                number=one.number,
                day=one.day.isoformat(),
                category=one.category,
                partner=one.partner,
                text=sentence_shown(one.text),
            )
            for one in found.lines
        ]
        return wire.ShowFoundSubjectResponse(
            work=work_shown(work),
            lines=lines,
            unclear=found.unclear,
            outcome=found.outcome,
            letter=found.letter,
            data_json=found.data.encode(),
            letter_lines=[
                wire.LetterLine(indent=one.indent, says=sentence_shown(one.says)) for one in found.letter_lines
            ],
            asked=found.asked,
            records=map(_record_shown, found.records.listed),
            records_left_off=found.records.left_off,
        )

    async def decide_subject(self, request: wire.DecideSubjectRequest, officer: Officer) -> wire.DecideSubjectResponse:
        """Decide what the person is told; nothing is decided twice."""
        await self._permission.check(officer, "answer_subject")
        work = self._works.find(officer.name, request.work)
        found = _found(work)
        if found is None:
            raise SymbolonError(ErrorCode.INVALID_INPUT, _NOT_TO_DECIDE)
        decision = read_decision(request.tell, request.withhold, request.heard, request.refuse)
        reason = request.reason.strip()[:_LONGEST]
        if (decision.withheld or decision.refused) and not reason:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "--reason: say why something is withheld, for the log")
        check_decided(found.lines, decision)
        # In a thread, which nobody's going away ends: what is in the log as decided has its letter.
        await asyncio.to_thread(self._decide, found, decision, who(officer, reason))
        return wire.DecideSubjectResponse(outcome=found.outcome)

    def _decide(self, found: _Found, decision: Decision, personal: Mapping[str, str]) -> None:
        with self._deciding, telling_why():
            if found.outcome:
                raise SymbolonError(ErrorCode.INVALID_INPUT, _NOT_TO_DECIDE)
            now = datetime.now(UTC)
            request = found.asked.request.strip()
            told = (found.party, request, now, found.lines, decision)
            letter, data, worded = write_letter(*told), write_data(*told), [*letter_lines(*told)]
            self._house.log.append(Statement(decided(found.lines, decision), {**personal, "request": request}))
            found.letter, found.data, found.letter_lines = letter, data, worded
            found.outcome = outcome(found.lines, decision)

    def _begin(self, wanted: Wanted, request: wire.FindSubjectRequest, officer: Officer) -> Work:
        house, records = self._house, self._records

        def record(statement: Statement) -> None:
            house.log.append(statement)

        def run(work: Work) -> None:
            found = _Found(request, source.party)
            found.records = look_up(wanted, work.tracked(records.records(), listed))
            search = Search(replace(wanted, records=found.records.taken))
            for one in work.tracked(source.entries(), source.total):
                search.observe(one)
            found.lines = read_lines(work.tracked(source.entries(), source.total), search)
            found.unclear = list(search.unclear)
            work.found = found

        with telling_why():
            listed = records.counts().records
            if looks_up(wanted):
                records_listed(house.log, "fitting", officer.name)
            source: Source = own_source(
                house.log_path, house.party, house.agreements(), SEARCHED_FIELDS, record, who(officer)
            )
            return self._works.start("subject", officer.name, run)


def _record_shown(own: OwnRecord) -> wire.SubjectRecord:
    return wire.SubjectRecord(
        record_id=own.record_id, name=own.name, births=own.births, band=own.band or "", is_taken=own.is_taken
    )


def _found(work: Work) -> _Found | None:
    return work.found if work.state == "done" and isinstance(work.found, _Found) else None
