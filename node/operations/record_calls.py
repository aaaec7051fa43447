"""The operator's calls about single records of the agency's own list; every look at one is in the log before it."""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from agreements.facts import RecordRules
from ledger.log import Ledger
from node.enrolment.enrolling import unfindable_records
from node.enrolment.index import IndexStore
from node.officers.permission import Permission
from node.officers.register import Officer
from node.records.doubtful import doubtful
from node.records.recording import record_removed, record_restored, record_shown, records_listed
from node.records.rules import HouseRules, rules_of
from node.records.store import RecordStore, StoredRecord
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import operations_pb2 as wire

MOST_FOUND = 50
LONGEST_SOUGHT = 120
LONGEST_ID = 1000


class RecordCalls:
    """The part of the service Operations that is about records."""

    def __init__(
        self,
        permission: Permission,
        records: RecordStore,
        index: IndexStore,
        ledger: Ledger,
        house: HouseRules,
        epoch: Callable[[], str],
    ) -> None:
        """Take what checks roles, the parts, what the node says for records that do not say it, and the live epoch."""
        self._permission = permission
        self._records = records
        self._index = index
        self._ledger = ledger
        self._house = house
        self._epoch = epoch

    async def find_records(self, request: wire.FindRecordsRequest, officer: Officer) -> wire.FindRecordsResponse:
        """Find records by the beginning of the id or part of a name."""
        await self._permission.check(officer, "operate")
        text = request.text.strip()
        if len(text) > LONGEST_SOUGHT:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"text: at most {LONGEST_SOUGHT} characters")
        what = "doubtful" if request.doubtful else "unfindable" if request.unfindable else "records"
        await asyncio.to_thread(records_listed, self._ledger, what, officer.name)
        if request.doubtful:
            return await asyncio.to_thread(self._doubtful, request.after)

        def found() -> wire.FindRecordsResponse:
            rows = self._unfindable(request.after) if request.unfindable else self._found(text, request.after)
            told = wire.FindRecordsResponse(has_more=len(rows) > MOST_FOUND)
            for stored, is_enrolled in rows[:MOST_FOUND]:
                _told(told, stored).is_enrolled = is_enrolled
            return told

        return await asyncio.to_thread(found)

    def _found(self, text: str, after: str) -> list[tuple[StoredRecord, bool]]:
        return self._records.find(text, after, MOST_FOUND + 1)

    def _unfindable(self, after: str) -> list[tuple[StoredRecord, bool]]:
        ids = unfindable_records(self._records, self._index, self._epoch())
        stored = (self._records.current(one) for one in ids[bisect_right(ids, after) :])
        return [(one, True) for one in islice(filter(None, stored), MOST_FOUND + 1)]

    def _doubtful(self, after: str) -> wire.FindRecordsResponse:
        rows = list(islice(doubtful(self._records, datetime.now(UTC).date(), after), MOST_FOUND + 1))
        told = wire.FindRecordsResponse(has_more=len(rows) > MOST_FOUND)
        for stored, slips in rows[:MOST_FOUND]:
            of = _told(told, stored)
            for slip in slips:
                of.problems.add(field=slip.field, reason=slip.reason)
        return told

    async def show_record(self, request: wire.ShowRecordRequest, officer: Officer) -> wire.ShowRecordResponse:
        """Show one record with the rules on it."""
        await self._permission.check(officer, "operate")
        stored = await asyncio.to_thread(self._records.current, _checked_id(request.record_id))
        if stored is None:
            raise SymbolonError(ErrorCode.NOT_FOUND, "or it was removed")
        await asyncio.to_thread(record_shown, self._ledger, request.record_id, officer.name)
        return self._shown(stored)

    async def act_on_record(self, request: wire.ActOnRecordRequest, officer: Officer) -> wire.ActOnRecordResponse:
        """Remove or restore a record; the log has it first, also where there is none: the attempt is an act."""
        await self._permission.check(officer, "operate")
        if request.act not in ("remove", "restore"):
            raise SymbolonError(ErrorCode.INVALID_INPUT, "act: expected remove or restore")
        act = self._removed if request.act == "remove" else self._restored
        await asyncio.to_thread(act, _checked_id(request.record_id), officer.name)
        return wire.ActOnRecordResponse()

    def _removed(self, record_id: str, user: str) -> None:
        record_removed(self._ledger, record_id, user)
        number = self._records.remove(record_id, datetime.now(UTC))
        if number is None:
            raise SymbolonError(ErrorCode.NOT_FOUND)
        self._index.remove([number])

    def _restored(self, record_id: str, user: str) -> None:
        record_restored(self._ledger, record_id, user)
        if not self._records.restore(record_id):
            raise SymbolonError(ErrorCode.NOT_FOUND, "that was removed by hand")

    def _shown(self, stored: StoredRecord) -> wire.ShowRecordResponse:
        record = stored.record
        rules = rules_of(record.rules, record.subject, self._house, datetime.now(UTC))
        return wire.ShowRecordResponse(
            record_id=record.record_id,
            row_json=json.dumps(record.to_row(), ensure_ascii=False).encode(),
            rules_json=json.dumps(_plain(rules), ensure_ascii=False).encode(),
            revision=stored.revision,
            imported_at=int(stored.imported_at.timestamp()),
        )


def _told(found: wire.FindRecordsResponse, stored: StoredRecord) -> wire.RecordFound:
    record = stored.record
    return found.records.add(record_id=record.record_id, name=record.subject.names[0].text, revision=stored.revision)


def _checked_id(record_id: str) -> str:
    """Give an id that a record may have; raise `SymbolonError` (`NOT_FOUND`) for another."""
    if not 1 <= len(record_id) <= LONGEST_ID:
        raise SymbolonError(ErrorCode.NOT_FOUND)
    return record_id


def _plain(rules: RecordRules) -> dict[str, Any]:
    """Give rules as JSON has them; what is not known is null."""
    plain = asdict(rules)
    for name in ("barred", "withheld"):
        plain[name] = None if plain[name] is None else sorted(plain[name])
    until = rules.hidden_until
    return plain | {"hidden_until": until.isoformat() if until else None}
