"""Lists put as queries: who may, what is kept, what stops one, and that no person outlasts its row."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.batches import running
from node.batches.kept import PREPARED_FOR
from node.batches.states import KeptHit, KeptOutcome, result_of
from node.batches.store import MOST_PREPARED
from node.officers.register import Officer
from node.queries.outcomes import Outcome
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.desk_pb2 import QueryRequest
from tests.unit.batch_desk import MARTIN, QUERY, BatchDesk, hit, listed
from tests.unit.two_desks import refusal

NAME = "Zhavilto Quorlvex"
REFERENCE = "ABCDEFGHIJKLMNOP"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[BatchDesk]:
    made = BatchDesk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def singly(monkeypatch: pytest.MonkeyPatch, desk: BatchDesk) -> BatchDesk:
    """Ask about one row at a time, so that a test knows which."""
    monkeypatch.setattr(running, "ROWS_AT_ONCE", 1)
    desk.renew()
    return desk


async def test_every_row_is_asked_once_and_told(desk: BatchDesk) -> None:
    desk.asker.answers = {NAME + "b": hit(REFERENCE), NAME + "c": Outcome.TIMED_OUT}
    batch = await desk.over(listed(12))
    assert (batch.state, dict(batch.counts)) == ("finished", {"hit": 1, "nothing": 10, "incomplete": 1})
    assert len(desk.asker.asked) == len(set(desk.asker.asked)) == 12
    rows = await desk.results(batch.reference)
    assert [row.number for row in rows] == list(range(1, 13))
    assert [(row.reference, row.state, row.answers[0].hits[0].reference) for row in rows if row.state == "hit"] == [
        ("R-1", "hit", REFERENCE)
    ]
    assert 1 < desk.asker.most_at_once <= running.ROWS_AT_ONCE


async def test_before_it_starts_a_list_tells_what_it_is_and_what_partners_take(desk: BatchDesk) -> None:
    batch = await desk.prepare(listed(3) + b"\nR-9,Maran,\nR-10,Idris Maran,yesterday")
    assert (batch.state, batch.rows, dict(batch.counts)) == ("prepared", 5, {"waiting": 3, "thin": 1, "unread": 1})
    assert [(one.display_name, one.left_today, one.left_in_case) for one in batch.partners] == [("DE-ZASM", 499, 150)]
    assert desk.asker.asked == []
    assert desk.events() == []


async def test_a_list_without_its_reasons_is_not_even_kept(desk: BatchDesk) -> None:
    query = QueryRequest()
    query.CopyFrom(QUERY)
    query.case_reference = ""
    with pytest.raises(SymbolonError) as error:
        await desk.prepare(listed(2), query=query)
    assert refusal(error) == (ErrorCode.INVALID_INPUT, "case_reference is required")
    query.case_reference = "2026/117"
    query.offence = "tax_fraud"
    with pytest.raises(SymbolonError):
        await desk.prepare(listed(2), query=query)
    assert desk.store.all() == []


async def test_a_list_that_no_agreement_allows_is_not_even_kept(desk: BatchDesk) -> None:
    query = QueryRequest()
    query.CopyFrom(QUERY)
    query.penalty_months = 1
    with pytest.raises(SymbolonError) as error:
        await desk.prepare(listed(2), query=query)
    assert error.value.code is ErrorCode.NO_AGREEMENT
    assert desk.store.all() == []


async def test_a_person_is_erased_with_the_outcome_of_its_row(singly: BatchDesk) -> None:
    left: list[bool] = []
    singly.asker.before_each = lambda: left.append(f"{NAME}a".encode() in singly.files())
    await singly.over(listed(3))
    assert left == [True, False, False]
    assert NAME.encode() not in singly.files()
    assert b"R-1" in singly.files()


async def test_the_file_of_lists_is_the_node_s_alone(desk: BatchDesk) -> None:
    await desk.prepare(listed(1))
    assert {oct(os.stat(path).st_mode & 0o777) for path in desk.folder.glob("batches.db*")} == {"0o600"}


async def test_the_log_counts_and_names_nobody_in_clear(desk: BatchDesk) -> None:
    desk.asker.answers = {NAME + "a": hit(REFERENCE)}
    batch = await desk.over(listed(2))
    await desk.results(batch.reference)
    of_batch = [entry for entry in desk.ledger.entries() if entry.event.type.startswith("batch_")]
    assert [entry.event.type for entry in of_batch] == ["batch_started", "batch_finished", "batch_read"]
    assert of_batch[0].event.model_dump() == {
        "type": "batch_started",
        "batch": batch.reference,
        "purpose": "migrant_smuggling",
        "rows": 2,
    }
    assert {one.name: one.value for one in desk.ledger.openings(of_batch[0].number)} == {
        "user": MARTIN,
        "legal_basis": "article 26",
        "case_reference": "2026/117",
    }
    assert desk.events().count("query_sent") == 2


async def test_a_hit_that_was_cleared_is_no_hit_of_a_list(desk: BatchDesk) -> None:
    desk.asker.answers = {NAME + "a": hit(REFERENCE), NAME + "b": hit(REFERENCE[::-1])}
    desk.asker.cleared = {REFERENCE}
    batch = await desk.over(listed(3))
    assert dict(batch.counts) == {"cleared": 1, "hit": 1, "nothing": 1}
    assert [one.event.hits for one in desk.ledger.entries() if one.event.type == "batch_finished"] == [1]
    assert [row.number for row in await desk.results(batch.reference, "cleared")] == [1]


@pytest.mark.parametrize(
    ("taught", "state"),
    [
        ([(Outcome.HIT, [True]), (Outcome.HIT, [False])], "hit"),
        ([(Outcome.HIT, [True, False])], "hit"),
        ([(Outcome.HIT, [])], "hit"),  # that there is one is all that level 1 tells
        ([(Outcome.HIT, [True]), (Outcome.TIMED_OUT, [])], "incomplete"),
        ([(Outcome.HIT, [True, True]), (Outcome.NOTHING, []), (Outcome.NOT_ASKED, [])], "cleared"),
        ([(Outcome.NOTHING, []), (Outcome.NOT_ASKED, [])], "nothing"),
        ([(Outcome.NOT_ASKED, [])], "not_asked"),
        ([], "not_asked"),
    ],
)
def test_what_came_of_a_row_is_read_off_all_its_outcomes(taught: list[tuple[Outcome, list[bool]]], state: str) -> None:
    outcomes = [
        KeptOutcome(
            member=f"symbolon://agency/A{number}",
            display_name="",
            outcome=outcome,
            hits=tuple(KeptHit(reference="", band="", cleared="THAT" if one else "") for one in hits),
        )
        for number, (outcome, hits) in enumerate(taught)
    ]
    assert result_of(outcomes) == state


async def test_a_used_up_quota_stops_a_list_and_the_row_is_asked_again_the_next_day(singly: BatchDesk) -> None:
    singly.asker.answers = {NAME + "c": Outcome.QUOTA_USED}
    batch = await singly.over(listed(5))
    assert (batch.state, batch.reason, dict(batch.counts)) == ("stopped", "quota", {"nothing": 2, "waiting": 3})
    assert f"{NAME}c".encode() in singly.files()
    singly.asker.answers = {}
    async with singly.batches.at_work():
        await singly.start(batch.reference)
        batch = await singly.until(batch.reference, "finished")
    assert dict(batch.counts) == {"nothing": 5}
    assert singly.asker.asked.count(NAME + "c") == 2
    assert len(singly.asker.asked) == 6


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ErrorCode.QUOTA_EXHAUSTED, "quota"),
        (ErrorCode.NO_AGREEMENT, "no_agreement"),
        (ErrorCode.UNREACHABLE, "unreachable"),
    ],
)
async def test_what_keeps_all_rows_from_being_asked_stops_the_list(
    singly: BatchDesk, error: ErrorCode, reason: str
) -> None:
    singly.asker.errors = {NAME + "b": SymbolonError(error)}
    batch = await singly.over(listed(4))
    assert (batch.state, batch.reason, dict(batch.counts)) == ("stopped", reason, {"nothing": 1, "waiting": 3})


async def test_what_is_wrong_with_one_row_stops_that_row_only(desk: BatchDesk) -> None:
    desk.asker.errors = {NAME + "b": SymbolonError(ErrorCode.QUERY_TOO_THIN, "nothing in it carries 22 bits")}
    batch = await desk.over(listed(4))
    assert (batch.state, dict(batch.counts)) == ("finished", {"nothing": 3, "failed": 1})
    assert [row.reason for row in await desk.results(batch.reference, "failed")] == [str(desk.asker.errors[NAME + "b"])]
    assert NAME.encode() not in desk.files()


async def test_a_disabled_officer_s_list_stops(singly: BatchDesk) -> None:
    def disabled() -> None:
        if len(singly.asker.asked) == 1:
            singly.officers.disable(MARTIN, "test", datetime.now(UTC), lambda _: None)

    singly.asker.before_each = disabled
    prepared = await singly.prepare(listed(4))
    chef = singly.enter("m.chef", "supervisor")
    async with singly.batches.at_work():
        await singly.start(prepared.reference)
        batch = await singly.until(prepared.reference, "stopped", by=chef)
    assert (batch.state, batch.reason, dict(batch.counts)) == ("stopped", "officer", {"nothing": 2, "waiting": 2})


async def test_an_officer_who_lost_the_role_asks_no_further(singly: BatchDesk) -> None:
    prepared = await singly.prepare(listed(2))
    singly.store.begin(prepared.reference, datetime.now(UTC), lambda _: None, ask_unknown=False)
    singly.officers.change(MARTIN, ["supervisor"], None, "test", datetime.now(UTC), lambda _: None)
    async with singly.batches.at_work():
        batch = await singly.until(prepared.reference, "stopped")
    assert (batch.reason, singly.asker.asked) == ("officer", [])


async def test_a_node_that_discloses_nothing_asks_about_no_list(singly: BatchDesk) -> None:
    singly.stopped = "not_witnessed"
    batch = await singly.over(listed(2))
    assert (batch.state, batch.reason, singly.asker.asked) == ("stopped", "disclosing_stopped", [])


async def test_a_list_waits_while_somebody_asks_singly(desk: BatchDesk) -> None:
    prepared = await desk.prepare(listed(2))
    async with desk.batches.at_work():
        with desk.precedence.single():
            await desk.start(prepared.reference)
            await asyncio.sleep(0.2)
            assert desk.asker.asked == []
        await desk.until(prepared.reference, "finished")


async def test_a_cancelled_list_asks_no_further_and_forgets_whom_it_did_not_ask(singly: BatchDesk) -> None:
    singly.asker.dies, singly.asker.at = "before it is answered", NAME + "b"
    prepared = await singly.prepare(listed(4))
    async with singly.batches.at_work():
        await singly.start(prepared.reference)
        await singly.asker.died.wait()
        await singly.calls.cancel_batch(wire.CancelBatchRequest(reference=prepared.reference), singly.officer())
        batch = await singly.shown(prepared.reference)
        assert (batch.state, dict(batch.counts)) == ("cancelled", {"nothing": 1, "asking": 1, "not_asked": 2})
    singly.renew()
    async with singly.batches.at_work():
        batch = await singly.shown(prepared.reference)
    assert dict(batch.counts) == {"nothing": 1, "unknown": 1, "not_asked": 2}
    assert NAME.encode() not in singly.files()
    with pytest.raises(SymbolonError) as error:
        await singly.start(prepared.reference)
    assert refusal(error) == (ErrorCode.STEP_NOT_POSSIBLE, "the batch is cancelled")


async def test_a_deleted_list_is_gone_with_its_results(desk: BatchDesk) -> None:
    batch = await desk.over(listed(2))
    await desk.calls.delete_batch(wire.DeleteBatchRequest(reference=batch.reference), desk.officer())
    with pytest.raises(SymbolonError) as error:
        await desk.shown(batch.reference)
    assert error.value.code is ErrorCode.NOT_FOUND
    assert b"R-1" not in desk.files()
    assert desk.events()[-1] == "batch_erased"


async def test_a_list_that_runs_is_not_deleted_under_it(singly: BatchDesk) -> None:
    singly.asker.dies, singly.asker.at = "before it is sent", NAME + "a"
    prepared = await singly.prepare(listed(2))
    async with singly.batches.at_work():
        await singly.start(prepared.reference)
        await singly.asker.died.wait()
        with pytest.raises(SymbolonError) as error:
            await singly.calls.delete_batch(wire.DeleteBatchRequest(reference=prepared.reference), singly.officer())
    assert refusal(error) == (ErrorCode.STEP_NOT_POSSIBLE, "the batch is running: cancel it first")


async def test_a_list_is_erased_when_its_time_is_over(desk: BatchDesk) -> None:
    batch = await desk.over(listed(2))
    nobody = await desk.prepare(listed(3))
    now = datetime.now(UTC)
    await desk.batches.sweep(now + PREPARED_FOR - timedelta(minutes=1))
    assert len(desk.store.all()) == 2
    await desk.batches.sweep(now + PREPARED_FOR + timedelta(minutes=1))
    assert [one.reference for one in desk.store.all()] == [batch.reference]
    assert nobody.reference not in str(desk.events())
    await desk.batches.sweep(now + timedelta(days=7, minutes=1))
    assert desk.store.all() == []
    assert desk.events().count("batch_erased") == 1


async def test_of_lists_that_nobody_starts_an_officer_has_few_and_the_oldest_gives_way(desk: BatchDesk) -> None:
    over = await desk.over(listed(1))
    prepared = [(await desk.prepare(listed(2))).reference for _ in range(MOST_PREPARED)]
    desk.enter("b.moreau", "analyst")
    request = wire.PrepareBatchRequest(query=QUERY, list=[listed(3)])
    others = (await desk.calls.prepare_batch(request, desk.officer("b.moreau"))).batch.reference
    assert {one.reference for one in desk.store.all()} == {over.reference, others, *prepared}
    sixth = (await desk.prepare(listed(2))).reference
    assert {one.reference for one in desk.store.all()} == {over.reference, others, *prepared[1:], sixth}


async def test_a_list_that_the_disk_has_no_room_for_is_refused(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.disk.ROOM_LEFT", 2**80)
    with pytest.raises(SymbolonError) as error:
        await desk.prepare(listed(1))
    assert refusal(error) == (ErrorCode.BUSY, "there is no room for the file on the node's disk")
    assert desk.store.all() == []


async def test_another_analyst_s_list_is_not_there(desk: BatchDesk) -> None:
    batch = await desk.over(listed(2))
    other, chef = desk.enter("b.moreau", "analyst"), desk.enter("m.chef", "supervisor")
    auditor = desk.enter("c.audit", "auditor")
    assert await _listed(desk, other) == []
    assert await _listed(desk, chef) == await _listed(desk, auditor) == [batch.reference]
    with pytest.raises(SymbolonError) as error:
        await desk.shown(batch.reference, other)
    assert error.value.code is ErrorCode.NOT_FOUND
    assert (await desk.shown(batch.reference, chef)).case_reference == "2026/117"
    assert (await desk.shown(batch.reference, auditor)).case_reference == ""
    request = wire.BatchResultsRequest(reference=batch.reference)
    assert len((await desk.calls.batch_results(request, chef)).rows) == 2
    for officer, code in ((auditor, ErrorCode.ROLE_MISSING), (other, ErrorCode.NOT_FOUND)):
        with pytest.raises(SymbolonError) as error:
            await desk.calls.batch_results(request, officer)
        assert error.value.code is code


async def test_each_look_of_an_auditor_at_a_list_is_in_the_log_and_watching_it_is_one_look(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await desk.over(listed(2))
    looked = desk.events().count("audit_viewed")
    auditor, other = desk.enter("c.audit", "auditor"), desk.enter("d.audit", "auditor")
    for officer in (auditor, auditor, other, auditor):
        await desk.shown(batch.reference, officer)
    assert desk.events().count("audit_viewed") == looked + 2
    monkeypatch.setattr("node.batches.calls.LOOK_SECONDS", 0.0)
    await desk.shown(batch.reference, auditor)
    assert desk.events().count("audit_viewed") == looked + 3
    await desk.shown(batch.reference, desk.enter("m.chef", "supervisor"))
    assert desk.events().count("audit_viewed") == looked + 3


async def test_a_look_that_could_not_be_logged_is_logged_with_the_next(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, auditor = await desk.over(listed(2)), desk.enter("c.audit", "auditor")
    looked = desk.events().count("audit_viewed")

    async def full(*_: object) -> None:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    with monkeypatch.context() as patch:
        patch.setattr(desk.ledger, "record", full)
        with pytest.raises(SymbolonError):
            await desk.shown(batch.reference, auditor)
    await desk.shown(batch.reference, auditor)
    assert desk.events().count("audit_viewed") == looked + 1


async def test_only_its_owner_starts_a_list(desk: BatchDesk) -> None:
    prepared = await desk.prepare(listed(2))
    both = desk.enter("d.both", "supervisor", "analyst")
    with pytest.raises(SymbolonError) as error:
        await desk.calls.start_batch(wire.StartBatchRequest(reference=prepared.reference), both)
    assert error.value.code is ErrorCode.NOT_THIS_OFFICER
    assert desk.events() == []


async def test_results_come_in_pages_without_a_gap(desk: BatchDesk) -> None:
    batch = await desk.over(listed(25))
    numbers, after = [], 0
    while True:
        request = wire.BatchResultsRequest(reference=batch.reference, after=after, most=10)
        page = await desk.calls.batch_results(request, desk.officer())
        numbers += [row.number for row in page.rows]
        if not (after := page.next):
            break
    assert numbers == list(range(1, 26))


@pytest.mark.parametrize("call", ["start_batch", "show_batch", "batch_results", "cancel_batch", "delete_batch"])
async def test_a_reference_that_is_none_is_not_found(desk: BatchDesk, call: str) -> None:
    kind: Any = getattr(wire, "".join(word.capitalize() for word in call.split("_")) + "Request")
    with pytest.raises(SymbolonError) as error:
        await getattr(desk.calls, call)(kind(reference="' OR 1"), desk.officer())
    assert error.value.code is ErrorCode.NOT_FOUND


async def _listed(desk: BatchDesk, officer: Officer) -> list[str]:
    answer = await desk.calls.list_batches(wire.ListBatchesRequest(), officer)
    return [one.reference for one in answer.batches]
