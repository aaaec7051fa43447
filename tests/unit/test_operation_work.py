"""The operator's long work: when it began, and how its end is told on the page of the list."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from node.operations.spool import Order, Spool
from node.operations.workshop import Workshop
from symbolon.v1 import operations_pb2 as wire
from tests.unit.console_desk import ConsoleDesk

KEEPER = "o.keeper"
DONE = wire.Work(kind="import", state="done", done=90, total=90, began_at=1000, run=7)


async def test_work_that_goes_on_after_a_stop_of_the_node_began_when_it_first_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.operations.workshop.WORKER", ("-c", "pass"))
    kept: list[Order] = []
    spool = Spool(tmp_path / "spool")
    monkeypatch.setattr(spool, "order", kept.append)
    workshop, before = Workshop(tmp_path, spool), time.time()
    async with workshop.at_work():
        await workshop.start(Order(kind="enrolment", officer=KEEPER))
    (order,) = kept
    assert before <= order.began <= time.time()
    monkeypatch.setattr(spool, "ordered", lambda: order)
    again = Workshop(tmp_path, spool)
    async with again.at_work():
        assert again.job is not None
        assert again.job.is_resumed
        assert again.job.order == order


class Taught:
    """Tells of one import that is done."""

    def __init__(self, work: wire.Work, **tally: int) -> None:
        self._work, self._tally = work, tally

    async def show_work(self, *_: Any) -> wire.ShowWorkResponse:
        shown = wire.ImportShown(run=7, began_at=1001, ended_at=1002, has_rejects=True, **self._tally)
        return wire.ShowWorkResponse(work=self._work, imports=[shown])


FOLLOWING = wire.Work(kind="enrolment", state="done", began_at=1003, run=7)
ALONE = wire.Work(kind="enrolment", state="done", began_at=1003)
LONG_AGO = wire.Work(kind="import", state="done", began_at=10, run=3)  # more have followed than are listed


@pytest.mark.parametrize("work", [DONE, FOLLOWING, ALONE, LONG_AGO])
@pytest.mark.parametrize(("added", "rejected"), [(0, 9), (1, 8)])
async def test_an_import_that_took_no_row_in_is_not_shown_as_well_done(
    tmp_path: Path, work: wire.Work, added: int, rejected: int
) -> None:
    lists = Taught(work, read=9, added=added, rejected=rejected)
    with ConsoleDesk(tmp_path, lists=lists) as desk:
        desk.enter(KEEPER, "operator")
        page = (await desk.browser(KEEPER).get("/node/list")).text
    is_told = work.run == 7
    assert ("nothing of this list is taken in" in page) is (is_told and not added)
    assert ('<span class="state good" role="status">Done' in page) is not (work == DONE and not added)
    assert ("Every row</span>" in page) is (not added)
    assert page.count("/node/rejects/7") == (2 if is_told else 1)


@pytest.mark.parametrize("work", [DONE, FOLLOWING, ALONE, LONG_AGO])
async def test_an_import_of_a_list_without_a_row_says_so(tmp_path: Path, work: wire.Work) -> None:
    with ConsoleDesk(tmp_path, lists=Taught(work)) as desk:
        desk.enter(KEEPER, "operator")
        page = (await desk.browser(KEEPER).get("/node/list")).text
    assert ("The list has no row: nothing was read." in page) is (work.run == 7)
    assert ('<span class="state warn" role="status">Done' in page) is (work == DONE)


async def test_an_import_that_leaves_doubtful_records_leads_to_them(tmp_path: Path) -> None:
    work = wire.Work(kind="import", state="done", began_at=1000, run=7, doubtful=2)
    with ConsoleDesk(tmp_path, lists=Taught(work, read=9, added=9)) as desk:
        desk.enter(KEEPER, "operator")
        page = (await desk.browser(KEEPER).get("/node/list")).text
    assert 'href="/node/doubtful"' in page
