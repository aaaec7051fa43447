"""A row that is asked on several days keeps what each partner said, and a partner that leaves costs no other's word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.batches import running
from node.queries.outcomes import Outcome
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.desk_pb2 import NODE_OUTCOME_LAPSED, NODE_OUTCOME_NOT_ASKED, QueryRequest
from tests.unit.batch_desk import DE, QUERY, hit, listed
from tests.unit.two_partners import IT, TwoPartnerDesk

NAME = "Zhavilto Quorlvex"
FIRST = NAME + "a"
REFERENCE = "ABCDEFGHIJKLMNOP"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoPartnerDesk]:
    monkeypatch.setattr(running, "ROWS_AT_ONCE", 1)
    made = TwoPartnerDesk(tmp_path)
    yield made
    made.close()


async def one_hit_and_one_quota_used(desk: TwoPartnerDesk) -> str:
    """Ask about three rows: of the first DE has a hit and IT's quota is used up. Give the list's reference."""
    desk.asker.words = {(FIRST, DE): hit(REFERENCE), (FIRST, IT): Outcome.QUOTA_USED}
    batch = await desk.over(listed(3))
    assert (batch.state, batch.reason, dict(batch.counts)) == ("stopped", "quota", {"waiting": 3})
    desk.asker.words = {}
    return batch.reference


async def gone_on_with(desk: TwoPartnerDesk, reference: str) -> wire.Batch:
    async with desk.batches.at_work():
        await desk.start(reference)
        return await desk.until(reference, "finished", "stopped")


async def first_row(desk: TwoPartnerDesk, reference: str) -> wire.BatchRow:
    return (await desk.results(reference))[0]


async def die_at(desk: TwoPartnerDesk, point: str, reference: str) -> None:
    """Let a list go on, kill the node at a point of the first row, and start another over its files."""
    desk.asker.dies, desk.asker.at = point, FIRST
    async with desk.batches.at_work():
        await desk.start(reference)
        await desk.asker.died.wait()
    desk.asker.dies = ""
    desk.renew()


async def test_a_hit_of_the_first_day_is_there_after_a_kill_on_the_second(desk: TwoPartnerDesk) -> None:
    reference = await one_hit_and_one_quota_used(desk)
    await die_at(desk, "before it is stored", reference)
    async with desk.batches.at_work():
        batch = await desk.until(reference, "finished")
    assert dict(batch.counts) == {"hit": 1, "nothing": 2}
    assert [one.event.hits for one in desk.ledger.entries() if one.event.type == "batch_finished"] == [1]


async def test_a_hit_of_a_list_that_is_cancelled_stays_a_hit_and_the_log_counts_who_was_not_asked(
    desk: TwoPartnerDesk,
) -> None:
    reference = await one_hit_and_one_quota_used(desk)
    request = wire.CancelBatchRequest(reference=reference)
    batch = (await desk.calls.cancel_batch(request, desk.officer())).batch
    assert dict(batch.counts) == {"hit": 1, "not_asked": 2}
    assert [one.event.rows for one in desk.ledger.entries() if one.event.type == "batch_cancelled"] == [2]
    assert NAME.encode() not in desk.files()


async def test_a_hit_of_a_row_that_then_cannot_be_asked_stays_a_hit(desk: TwoPartnerDesk) -> None:
    reference = await one_hit_and_one_quota_used(desk)
    desk.asker.errors = {FIRST: SymbolonError(ErrorCode.QUERY_TOO_THIN, "nothing in it carries 22 bits")}
    batch = await gone_on_with(desk, reference)
    assert dict(batch.counts) == {"hit": 1, "nothing": 2}
    assert (await first_row(desk, reference)).reason == str(desk.asker.errors[FIRST])


@pytest.mark.parametrize("ends", ["is cancelled", "cannot be asked"])
async def test_a_row_of_which_a_partner_s_word_is_unknown_never_ends_as_nothing(
    desk: TwoPartnerDesk, ends: str
) -> None:
    prepared = await desk.prepare(listed(2))
    await die_at(desk, "before IT-ALTRA answers", prepared.reference)
    async with desk.batches.at_work():
        await desk.until(prepared.reference, "stopped")
        desk.asker.errors = {FIRST: SymbolonError(ErrorCode.UNREACHABLE)}
        await desk.start(prepared.reference, ask_unknown=True)
        await desk.until(prepared.reference, "stopped")
        if ends == "is cancelled":
            await desk.calls.cancel_batch(wire.CancelBatchRequest(reference=prepared.reference), desk.officer())
        else:
            desk.asker.errors = {FIRST: SymbolonError(ErrorCode.QUERY_TOO_THIN)}
            await desk.start(prepared.reference)
            await desk.until(prepared.reference, "finished")
    row = await first_row(desk, prepared.reference)
    assert (row.state, [one.member for one in row.answers]) == ("incomplete", [DE])


@pytest.mark.parametrize("how", ["ended", "left"])
async def test_a_row_that_waits_for_a_partner_that_can_be_asked_no_longer_holds_up_no_other(
    desk: TwoPartnerDesk, how: str
) -> None:
    reference = await one_hit_and_one_quota_used(desk)
    getattr(desk.asker, how).add(IT)
    batch = await gone_on_with(desk, reference)
    assert (batch.state, dict(batch.counts)) == ("finished", {"hit": 1, "nothing": 2})
    row = await first_row(desk, reference)
    assert [(one.member, one.outcome) for one in row.answers][1] == (IT, NODE_OUTCOME_LAPSED)
    assert row.answers[1].explanation
    assert NAME.encode() not in desk.files()


async def test_where_a_partner_that_was_asked_has_left_a_match_there_is_not_excluded(desk: TwoPartnerDesk) -> None:
    desk.asker.words = {(FIRST, IT): Outcome.QUOTA_USED}
    reference = (await desk.over(listed(1))).reference
    desk.asker.left.add(IT)
    assert dict((await gone_on_with(desk, reference)).counts) == {"incomplete": 1}


async def test_of_two_partners_still_to_be_asked_the_one_that_stayed_is(desk: TwoPartnerDesk) -> None:
    desk.asker.words = {(FIRST, DE): Outcome.QUOTA_USED, (FIRST, IT): Outcome.QUOTA_USED}
    reference = (await desk.over(listed(1))).reference
    desk.asker.words = {(FIRST, DE): hit(REFERENCE)}
    desk.asker.ended.add(IT)
    assert dict((await gone_on_with(desk, reference)).counts) == {"hit": 1}


async def test_a_partner_that_a_list_names_and_that_leaves_costs_no_row(desk: TwoPartnerDesk) -> None:
    query = QueryRequest()
    query.CopyFrom(QUERY)
    query.recipients.extend([DE, IT])
    prepared = await desk.prepare(listed(4), query=query)
    desk.asker.left.add(IT)
    batch = await gone_on_with(desk, prepared.reference)
    assert (batch.state, dict(batch.counts)) == ("finished", {"nothing": 4})
    assert len(desk.asker.asked) == 4
    told = {(one.member, one.outcome) for row in await desk.results(prepared.reference) for one in row.answers}
    assert (IT, NODE_OUTCOME_NOT_ASKED) in told


async def test_a_list_whose_partners_have_all_left_stops_and_keeps_its_rows(desk: TwoPartnerDesk) -> None:
    query = QueryRequest()
    query.CopyFrom(QUERY)
    query.recipients.extend([IT])
    prepared = await desk.prepare(listed(2), query=query)
    desk.asker.left.add(IT)
    batch = await gone_on_with(desk, prepared.reference)
    assert (batch.state, batch.reason, dict(batch.counts)) == ("stopped", "no_agreement", {"waiting": 2})
    assert desk.asker.asked == []
