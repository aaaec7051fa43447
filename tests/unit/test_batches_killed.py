"""A node that dies while it asks about a list: at each point between mark, log, answer and store, no row is lost.

No row whose query left is asked again by itself, and none whose query did not leave is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.batches import running
from node.queries.outcomes import Outcome
from tests.unit.batch_desk import BatchDesk, hit, listed

NAME = "Zhavilto Quorlvex"
THIRD = NAME + "c"
REFERENCE = "ABCDEFGHIJKLMNOP"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchDesk]:
    monkeypatch.setattr(running, "ROWS_AT_ONCE", 1)
    made = BatchDesk(tmp_path)
    yield made
    made.close()


async def test_a_row_that_was_marked_and_not_sent_is_asked_as_if_for_the_first_time(desk: BatchDesk) -> None:
    desk.asker.dies, desk.asker.at = "before it is sent", THIRD
    async with desk.killed(listed(5)) as reference:
        batch = await desk.until(reference, "finished")
    assert dict(batch.counts) == {"nothing": 5}
    assert sorted(desk.asker.asked) == [NAME + end for end in "abcde"]


async def test_a_row_whose_answers_are_all_in_the_log_is_not_asked_again(desk: BatchDesk) -> None:
    desk.asker.answers = {THIRD: hit(REFERENCE)}
    desk.asker.dies, desk.asker.at = "before it is stored", THIRD
    async with desk.killed(listed(5)) as reference:
        batch = await desk.until(reference, "finished")
        rows = await desk.results(reference, "hit")
    assert dict(batch.counts) == {"nothing": 4, "hit": 1}
    assert [(row.number, row.answers[0].hits[0].reference) for row in rows] == [(3, REFERENCE)]
    assert len(desk.asker.asked) == 5
    assert NAME.encode() not in desk.files()


@pytest.mark.parametrize("point", ["before it is answered", "before it is noted"])
async def test_a_row_of_which_it_is_open_whether_it_was_counted_is_asked_again_on_its_owner_s_word_only(
    desk: BatchDesk, point: str
) -> None:
    desk.asker.answers = {THIRD: hit(REFERENCE)}
    desk.asker.dies, desk.asker.at = point, THIRD
    async with desk.killed(listed(5)) as reference:
        batch = await desk.until(reference, "stopped")
        assert (batch.reason, dict(batch.counts)) == ("interrupted", {"nothing": 4, "unknown": 1})
        assert desk.asker.asked.count(THIRD) == 1
        await desk.start(reference, ask_unknown=True)
        batch = await desk.until(reference, "finished")
    assert dict(batch.counts) == {"nothing": 4, "hit": 1}
    assert desk.asker.asked.count(THIRD) == 2
    assert len(desk.asker.asked) == 6
    assert NAME.encode() not in desk.files()


async def test_a_quota_that_the_log_knows_of_keeps_the_row_waiting(desk: BatchDesk) -> None:
    desk.asker.answers = {THIRD: Outcome.QUOTA_USED}
    desk.asker.dies, desk.asker.at = "before it is stored", THIRD
    async with desk.killed(listed(4)) as reference:
        batch = await desk.until(reference, "stopped")
    assert (batch.reason, dict(batch.counts)) == ("quota", {"nothing": 2, "waiting": 2})


async def test_many_deaths_in_a_row_lose_no_row_and_ask_none_twice(desk: BatchDesk) -> None:
    prepared = await desk.prepare(listed(8))
    for point, end in (("before it is sent", "b"), ("before it is stored", "d"), ("before it is sent", "f")):
        desk.asker.dies, desk.asker.at = point, NAME + end
        desk.asker.died.clear()
        async with desk.batches.at_work():
            if end == "b":
                await desk.start(prepared.reference)
            await desk.asker.died.wait()
        desk.renew()
    desk.asker.dies = ""
    async with desk.batches.at_work():
        batch = await desk.until(prepared.reference, "finished")
    assert dict(batch.counts) == {"nothing": 8}
    assert sorted(desk.asker.asked) == [NAME + end for end in "abcdefgh"]


async def test_what_fails_unforeseen_stops_the_list_and_loses_no_row(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(THIRD)

    monkeypatch.setattr(desk.store, "store", broken)
    batch = await desk.over(listed(3))
    assert (batch.state, batch.reason) == ("stopped", "interrupted")
    assert dict(batch.counts) == {"nothing": 1, "waiting": 2}
    assert NAME not in caplog.text
