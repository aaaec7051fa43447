"""Long work can be stopped at every moment, and what it came to is written down once."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from node.operations import workshop as workshop_module
from node.operations.list_calls import _shown
from node.operations.spool import Order, Spool
from node.operations.workshop import Workshop
from symbolon.rpc.errors import SymbolonError

ENROLMENT = Order(kind="enrolment", officer="o.keeper")
SLOW = "import sys, time; sys.stdin.readline(); time.sleep(30)"
TELLS = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.stdin.readline()
print('{"done": 1, "total": 1}', flush=True)
time.sleep(1)
print('{"result": {}}')
"""


FOUND = """
import json, sys, time
if json.loads(sys.stdin.readline())["order"]["kind"] == "enrolment":
    time.sleep(30)
print('{"result": {"absent": 3, "removed": 0, "doubtful": 2, "run": 7}}')
"""


class Bench:
    """A workshop whose processes do as the test says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cut_short: list[Order] = []
        self.begun = asyncio.Event()
        self.folder = folder / "uploads"
        self.folder.mkdir()
        self.spool = Spool(self.folder)
        self.shop = Workshop(folder, self.spool, self.cut_short.append)
        self._patch = monkeypatch
        create = asyncio.create_subprocess_exec

        async def told(*arguments: Any, **options: Any) -> Any:
            self.begun.set()
            await asyncio.sleep(0)
            return await create(*arguments, **options)

        monkeypatch.setattr(asyncio, "create_subprocess_exec", told)

    def uploaded(self) -> str:
        (self.folder / "upload-1").write_bytes(b"row")
        return "upload-1"

    def does(self, program: str) -> None:
        self._patch.setattr(workshop_module, "WORKER", ("-c", program))


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


async def test_work_can_be_cancelled_while_its_process_is_being_made(bench: Bench) -> None:
    bench.does(SLOW)
    async with bench.shop.at_work():
        await bench.shop.start(ENROLMENT)
        await bench.begun.wait()
        await asyncio.wait_for(bench.shop.cancel(), 15)
        assert bench.shop.job is not None
        assert bench.shop.job.state == "cancelled"


async def test_a_node_that_stops_does_not_wait_for_a_process_that_is_being_made(bench: Bench) -> None:
    bench.does(SLOW)
    async with asyncio.timeout(15), bench.shop.at_work():
        await bench.shop.start(ENROLMENT)
        await bench.begun.wait()


async def test_a_list_that_nobody_ordered_is_erased_when_the_node_starts(bench: Bench) -> None:
    bench.does(SLOW)
    (bench.folder / "upload-2").write_bytes(b"cut off by a kill")
    bench.spool.order(Order(kind="import", officer="o.keeper", upload=bench.uploaded()))
    async with bench.shop.at_work():
        assert [path.name for path in bench.folder.glob("upload-*")] == ["upload-1"]
    (bench.folder / "upload-1").unlink()
    async with Workshop(bench.folder.parent, bench.spool).at_work():
        assert bench.spool.ordered() is None, "an order without its list would fail at each start"


async def test_an_enrolment_ordered_with_an_import_outlives_a_kill_at_the_import_s_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node dies before the enrolment's own work has begun: what the next start finds is the enrolment."""
    bench.does("import sys; sys.stdin.readline(); print('{\"result\": {}}')")
    reached, may_end = threading.Event(), threading.Event()
    order, upload = bench.spool.order, bench.folder / "upload-1"

    def slow(one: Order) -> None:
        if one.kind == "enrolment" and not upload.exists():
            reached.set()
            may_end.wait(20)
        order(one)

    monkeypatch.setattr(bench.spool, "order", slow)
    async with bench.shop.at_work():
        await bench.shop.start(Order(kind="import", officer="o.keeper", upload=bench.uploaded(), enrol=True))
        assert await asyncio.to_thread(reached.wait, 20)
        found = Spool(bench.folder).ordered()
        may_end.set()
    assert found is not None
    assert (found.kind, found.officer) == ("enrolment", "o.keeper")


@pytest.mark.parametrize("is_import", [True, False])
async def test_what_fails_is_written_down_where_it_took_rows(bench: Bench, is_import: bool) -> None:
    bench.does("import sys; sys.stdin.readline()")
    async with bench.shop.at_work():
        upload = bench.uploaded()
        order = Order(kind="import", officer="o.keeper", upload=upload) if is_import else ENROLMENT
        await bench.shop.start(order)
        assert bench.shop.job is not None
        async with asyncio.timeout(20):
            while bench.shop.job.state == "running":  # noqa: ASYNC110  # a job has no event of its own for this
                await asyncio.sleep(0.01)
        assert [one.kind for one in bench.cut_short] == ["import"] * is_import


async def test_what_ended_by_itself_was_not_cancelled_and_is_not_written_down_twice(bench: Bench) -> None:
    bench.does(TELLS)
    async with bench.shop.at_work():
        upload = bench.uploaded()
        await bench.shop.start(Order(kind="import", officer="o.keeper", upload=upload, enrol=True))
        job = bench.shop.job
        assert job is not None
        async with asyncio.timeout(20):
            while not job.total:  # noqa: ASYNC110  # a job has no event of its own for this
                await asyncio.sleep(0.01)
        with pytest.raises(SymbolonError, match="no import and no enrolment is running"):
            await bench.shop.cancel()
        assert job.state == "done"
        assert bench.cut_short == []
        assert bench.shop.job is job, "the enrolment that was to follow has begun"


async def test_what_an_import_found_is_told_also_while_the_enrolment_runs_that_follows_it(bench: Bench) -> None:
    bench.does(FOUND)
    async with bench.shop.at_work():
        await bench.shop.start(Order(kind="import", officer="o.keeper", upload=bench.uploaded(), enrol=True))
        async with asyncio.timeout(20):
            while (job := bench.shop.job) is None or job.order.kind == "import":  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)
        work = _shown(job)
        assert (work.kind, work.absent, work.removed, work.doubtful, work.run) == ("enrolment", 3, 0, 2, 7)
