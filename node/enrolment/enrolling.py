"""Enrolment: from the agency's records to the index, through the custodian, who learns how many batches.

1. `differences` compares the record store with the index's own markers: what is pending, what has gone. Nothing else
   remembers progress, so an enrolment that is killed goes on where its last batch was committed.
2. Pending records are taken in the order of their numbers, which is random, in groups whose features fill one call to
   the custodian (`node.custody`). While one call is with the custodian, the next is being blinded.
3. A feature that the former revision had too keeps its token; only new ones are evaluated.
4. When the canaries of a group hold, ``on_batch`` is awaited, so that the disclosure log has the batch and what it
   commits to (`node.enrolment.commitments`), and then the records' entries replace their former ones
   with their markers, all or nothing.
5. Records without a feature worth the budget can never be found blind. They are listed by id in a file, all of them.

Whether the custodian is honest is decided in `node.custody`, what a feature is in `matching.features`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import Literal

from matching.features import own_normaliser, record_features
from matching.lockbox import IndexRow, index_row
from matching.oblivious import token_input
from node.custody import MOST_ENROLMENT_INPUTS, CustodianClient, enrolment_elements
from node.enrolment.commitments import BatchTree, draw_secret, leaf_of, leaf_values, tree_over
from node.enrolment.index import Committed, EnrolledRecord, IndexStore, Marker, Place, Profile
from node.enrolment.pepper import claim_index
from node.records.rows import Record
from node.records.store import RecordState, RecordStore
from node.single_run import only_run
from symbolon.rpc.folder import write_whole

CALLS_IN_FLIGHT = 2
"""Groups being evaluated at once: one with the custodian, one being blinded or unblinded here."""

KEEP_SUPERSEDED = timedelta(minutes=10)
"""How long a revision outlives its index entries: longer than any query that may just have found one lives."""

_MOST_RECORDS = 2000  # of one group, where most of its features keep their tokens
_CHUNK = 1000

Progress = Callable[[int, int], None]
"""Called after each group with the records done and the records to do."""


@dataclass(frozen=True, slots=True)
class EnrolmentBatch:
    """A group about to be committed: its records, their new tokens, and the elements the custodian counted for them.

    ``commitment`` is the root of the tree over the records.
    """

    records: int
    tokens: int
    elements: int
    commitment: bytes


OnBatch = Callable[[EnrolmentBatch], Awaitable[int | None]]
"""Awaited before a batch is committed; if it raises, the batch is not. Gives the number of its entry in the log."""


@dataclass(frozen=True, slots=True)
class EnrolmentSettings:
    """What a node enrols with: its own URI, its pepper (32 bytes), the bit budgets of its agreements."""

    responder: str
    pepper: bytes = field(repr=False)
    budgets: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class EnrolmentSummary:
    """What an enrolment did. ``without_features`` counts all enrolled records that no query can find blind."""

    records: int
    tokens: int
    batches: int
    removed: int
    seconds: float
    without_features: int
    unfindable_path: Path | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where record store and index differ: a revision to enrol, a record to forget, or an enrolment not yet noted.

    ``former`` is the revision enrolled under the same profile, whose tokens may be kept, or 0.
    """

    kind: Literal["pending", "gone", "unnoted"]
    number: int
    revision: int = 0
    former: int = 0


def profile_of(epoch: str, settings: EnrolmentSettings) -> Profile:
    """Give what tokens are made from in this epoch with these settings and this version of the normaliser."""
    return Profile(epoch, own_normaliser(), tuple(sorted(set(settings.budgets))))


def differences(records: RecordStore, index: IndexStore, profile: Profile) -> Iterator[Difference]:
    """Compare, in constant memory; both sides may be changed meanwhile by others."""
    marked = groupby(index.markers(), key=lambda marker: marker.number)
    for number, state, markers in _joined(records.states(), ((number, tuple(group)) for number, group in marked)):
        if state is None or state.removed:
            if markers:
                yield Difference("gone", number)
            continue
        former = next((marker.revision for marker in markers if marker.profile == profile), 0)
        if former != state.revision:
            yield Difference("pending", number, state.revision, former)
        elif state.enrolled != state.revision:
            yield Difference("unnoted", number, state.revision)


def count_pending(records: RecordStore, index: IndexStore, profile: Profile) -> int:
    """Count the records whose current revision is not enrolled under the profile."""
    return sum(difference.kind == "pending" for difference in differences(records, index, profile))


def unfindable_records(records: RecordStore, index: IndexStore, epoch: str) -> list[str]:
    """Give the ids of the enrolled records that have no feature, and so are never found blind, in order."""
    return sorted(records.identify(index.without_entries(epoch)).values())


async def enrol(
    records: RecordStore,
    index: IndexStore,
    custodian: CustodianClient,
    settings: EnrolmentSettings,
    folder: Path,
    *,
    on_batch: OnBatch,
    progress: Progress = lambda done, total: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> EnrolmentSummary:
    """Bring the index up to date with the records, in the custodian client's epoch.

    ``folder`` takes the lock and ``unfindable.jsonl``. Raises `SymbolonError`: `CUSTODIAN_DISHONEST`,
    `QUOTA_EXHAUSTED`, `EPOCH_MISMATCH`, `UNREACHABLE` after patient attempts, `BUSY` while another enrolment runs, and
    whatever ``on_batch`` raises, and `INVALID_INPUT` when the index is of another pepper. Batches committed before
    stay, and the next run goes on behind them.
    """
    with only_run(folder / "enrolment.lock", "enrolment"):
        await asyncio.to_thread(claim_index, index, settings.pepper, settings.responder)
        return await _Enrolment(records, index, custodian, settings, clock).run(folder, on_batch, progress)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A record to enrol: the entries it keeps, and the places of its new tokens in their order."""

    number: int
    revision: int
    record: Record = field(repr=False)
    kept: tuple[IndexRow[Place], ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    planned: tuple[_Planned, ...]
    inputs: tuple[bytes, ...] = field(repr=False)


class _Enrolment:
    def __init__(
        self,
        records: RecordStore,
        index: IndexStore,
        custodian: CustodianClient,
        settings: EnrolmentSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._index = index
        self._custodian = custodian
        self._settings = settings
        self._clock = clock
        self._profile = profile_of(custodian.epoch, settings)
        self._done = self._tokens = self._batches = 0

    async def run(self, folder: Path, on_batch: OnBatch, progress: Progress) -> EnrolmentSummary:
        started = time.monotonic()
        pending, removed = await asyncio.to_thread(self._settle)
        progress(0, pending)
        groups = self._groups()
        flights: deque[tuple[_Group, asyncio.Task[tuple[bytes, ...]]]] = deque()
        try:
            while group := await asyncio.to_thread(next, groups, None):
                flights.append((group, asyncio.create_task(self._evaluate(group))))
                if len(flights) == CALLS_IN_FLIGHT:
                    await self._land(flights, on_batch)
                    progress(self._done, max(pending, self._done))
            while flights:
                await self._land(flights, on_batch)
                progress(self._done, max(pending, self._done))
        finally:
            for _, task in flights:
                task.cancel()
            await asyncio.gather(*(task for _, task in flights), return_exceptions=True)
        return await asyncio.to_thread(self._conclude, folder, removed, started)

    async def _evaluate(self, group: _Group) -> tuple[bytes, ...]:
        return await self._custodian.tokens_for_enrolment(group.inputs) if group.inputs else ()

    async def _land(self, flights: deque[tuple[_Group, asyncio.Task[tuple[bytes, ...]]]], on_batch: OnBatch) -> None:
        group, task = flights.popleft()
        tokens = await task
        enrolled, tree = await asyncio.to_thread(self._committed, group, tokens)
        elements = enrolment_elements(len(tokens)) if tokens else 0
        entry = await on_batch(EnrolmentBatch(len(group.planned), len(tokens), elements, tree.root))
        await asyncio.to_thread(self._commit, group, enrolled, Committed(entry or 0, tree))
        self._batches += bool(tokens)
        self._done += len(group.planned)
        self._tokens += len(tokens)

    def _settle(self) -> tuple[int, int]:
        """Forget what has gone, note what was not noted, and count what is to do and what was forgotten."""
        pending, removed = 0, 0
        gone: list[int] = []
        unnoted: list[tuple[int, int]] = []
        for difference in differences(self._records, self._index, self._profile):
            if difference.kind == "pending":
                pending += 1
            elif difference.kind == "gone":
                gone.append(difference.number)
            else:
                unnoted.append((difference.number, difference.revision))
        for start in range(0, len(gone), _CHUNK):
            self._index.remove(gone[start : start + _CHUNK])
            removed += len(gone[start : start + _CHUNK])
        for start in range(0, len(unnoted), _CHUNK):
            self._records.mark_enrolled(unnoted[start : start + _CHUNK], self._clock())
        return pending, removed

    def _groups(self) -> Iterator[_Group]:
        planned: list[_Planned] = []
        inputs: list[bytes] = []
        for difference in differences(self._records, self._index, self._profile):
            if difference.kind != "pending":
                continue
            one, new_inputs = self._plan(difference)
            if one is None:
                continue
            if planned and (len(inputs) + len(new_inputs) > MOST_ENROLMENT_INPUTS or len(planned) == _MOST_RECORDS):
                yield _Group(tuple(planned), tuple(inputs))
                planned, inputs = [], []
            planned.append(one)
            inputs += new_inputs
        if planned:
            yield _Group(tuple(planned), tuple(inputs))

    def _plan(self, difference: Difference) -> tuple[_Planned | None, list[bytes]]:
        number, revision = difference.number, difference.revision
        record = self._records.revision(number, revision)
        if record is None:  # removed, or edited once more, since it was counted
            return None, []
        features = self._features(record, number, revision)
        former = self._former_entries(number, difference.former)
        kept = [replace(former[feature], reference=place) for feature, place in features.items() if feature in former]
        missing = {feature: place for feature, place in features.items() if feature not in former}
        inputs = [token_input(self._profile.epoch, feature) for feature in missing]
        return _Planned(number, revision, record, tuple(kept), tuple(missing.values())), inputs

    def _former_entries(self, number: int, revision: int) -> dict[bytes, IndexRow[Place]]:
        """Give the entries of the former revision by their feature."""
        record = self._records.revision(number, revision) if revision else None
        if record is None:
            return {}
        features = self._features(record, number, revision)
        rows = {row.reference: row for row in self._index.entries_of(number, self._profile.epoch)}
        return {feature: rows[place] for feature, place in features.items() if place in rows}

    def _features(self, record: Record, number: int, revision: int) -> dict[bytes, Place]:
        """Give each feature of a revision with its place; one that several budgets have counts under the lowest."""
        places: dict[bytes, Place] = {}
        for budget in self._profile.budgets:
            for ordinal, feature in enumerate(record_features(record.subject, budget)):
                places.setdefault(feature.canonical(), Place(number, revision, ordinal, budget))
        return places

    def _committed(self, group: _Group, tokens: Sequence[bytes]) -> tuple[list[EnrolledRecord], BatchTree]:
        """Give the records of a group as they will be enrolled, and the tree over them."""
        fresh = iter(tokens)
        enrolled = [self._enrolled(one, islice(fresh, len(one.places))) for one in group.planned]
        secret = draw_secret()
        leaves = [
            leaf_of(leaf_values(secret, one.number, one.revision, one.record, (row.lookup for row in made.rows)))
            for one, made in zip(group.planned, enrolled, strict=True)
        ]
        return enrolled, tree_over(secret, leaves)

    def _commit(self, group: _Group, enrolled: Sequence[EnrolledRecord], committed: Committed) -> None:
        self._index.replace(enrolled, self._profile, committed)
        self._records.mark_enrolled([(one.number, one.revision) for one in group.planned], self._clock())

    def _enrolled(self, planned: _Planned, tokens: Iterable[bytes]) -> EnrolledRecord:
        new = (self._row(token, place) for token, place in zip(tokens, planned.places, strict=True))
        return EnrolledRecord(planned.number, planned.revision, (*planned.kept, *new))

    def _row(self, token: bytes, place: Place) -> IndexRow[Place]:
        return index_row(token, self._profile.epoch, self._settings.responder, self._settings.pepper, place)

    def _conclude(self, folder: Path, removed: int, started: float) -> EnrolmentSummary:
        self._index.keep_only(self._profile.epoch)
        self._index.forget_batches()
        self._records.forget_superseded(self._clock() - KEEP_SUPERSEDED)
        unfindable = unfindable_records(self._records, self._index, self._profile.epoch)
        path = folder / "unfindable.jsonl"
        if unfindable or path.exists():
            lines = [json.dumps({"record_id": record_id}, ensure_ascii=False) + "\n" for record_id in unfindable]
            write_whole(path, "".join(lines).encode(), secret=True)
        return EnrolmentSummary(
            records=self._done,
            tokens=self._tokens,
            batches=self._batches,
            removed=removed,
            seconds=time.monotonic() - started,
            without_features=len(unfindable),
            unfindable_path=path if unfindable else None,
        )


def _joined(
    states: Iterator[RecordState], marked: Iterable[tuple[int, tuple[Marker, ...]]]
) -> Iterator[tuple[int, RecordState | None, tuple[Marker, ...]]]:
    """Join two sequences that ascend by number."""
    rest = iter(marked)
    state, group = next(states, None), next(rest, None)
    while state or group:
        if state and (group is None or state.number < group[0]):
            yield state.number, state, ()
            state = next(states, None)
        elif group and (state is None or group[0] < state.number):
            yield group[0], None, group[1]
            group = next(rest, None)
        elif state and group:
            yield state.number, state, group[1]
            state, group = next(states, None), next(rest, None)
