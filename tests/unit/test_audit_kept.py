"""What auditors and legal advisers had made is kept for an hour by the clock, and not beyond the node's stop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node import forgetting as forgetting_module
from node import uploads as uploads_module
from node.auditing import works as works_module
from node.auditing.work_calls import EXPORTS
from node.auditing.works import MOST_WAITING, MOST_WORKS, Works
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import audit_pb2 as wire
from tests.unit.audited_log import Audited, audited_log

AUDITOR = Officer("i.auditor", frozenset({"auditor"}))
JURIST = Officer("n.jurist", frozenset({"legal_adviser"}))
FIND = wire.FindSubjectRequest(request="DSR-7", names=["Idris Maran"], births=["1980-05-17"])
REFUSE = {"refuse": "prevention", "reason": "an inquiry is under way"}


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Audited]:
    with audited_log(tmp_path) as made:
        yield made


def files(audited: Audited) -> list[str]:
    """Name the files that works and uploads have left."""
    kept = (audited.house.folder / "works", audited.house.folder / "subjects")
    return [path.name for folder in kept for path in folder.rglob("*") if path.is_file()]


async def until(is_so: Any) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110  # files have no event for this
            await asyncio.sleep(0.02)


def waited(may_end: threading.Event) -> None:
    may_end.wait()


async def uploaded(audited: Audited) -> str:
    return (await audited.works.upload_part(wire.UploadPartRequest(content=b"x"), AUDITOR)).upload


async def reported(audited: Audited) -> None:
    await audited.works.start_statistics(wire.StartStatisticsRequest(by="year"), AUDITOR)
    await until(lambda: "tables.zip" in files(audited))


async def found(audited: Audited) -> str:
    work = (await audited.subjects.find_subject(FIND, JURIST)).work
    shown = wire.ShowFoundSubjectRequest(work=work)
    async with asyncio.timeout(20):
        while (await audited.subjects.show_found_subject(shown, JURIST)).work.state == "running":  # noqa: ASYNC110  # as pages
            await asyncio.sleep(0.02)
    return work


async def test_what_is_over_for_an_hour_is_deleted_though_nobody_comes(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    await uploaded(audited)
    await reported(audited)
    work = audited.subjects._works.find(JURIST.name, await found(audited))
    monkeypatch.setattr(forgetting_module, "SWEEP_SECONDS", 0.02)
    monkeypatch.setattr(works_module, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(uploads_module, "KEPT_SECONDS", 0.0)
    async with audited.works.at_work(), audited.subjects.at_work():
        await until(lambda: not files(audited))
        await until(lambda: work.name not in audited.subjects._works._of)


async def test_a_node_that_stops_leaves_no_file(audited: Audited) -> None:
    async with audited.works.at_work(), audited.subjects.at_work():
        await uploaded(audited)
        await reported(audited)
        await found(audited)
        assert len(files(audited)) == 3
    assert not list(audited.house.folder.glob("works/*")) + list(audited.house.folder.glob("subjects/*"))


def test_a_work_that_runs_is_not_forgotten_and_one_that_ended_is_kept_for_an_hour(tmp_path: Path) -> None:
    now, may_end = [5000.0], threading.Event()
    works = Works(tmp_path, lambda: now[0])
    work = works.start("export", "i.auditor", lambda _: waited(may_end))
    now[0] += 10_000
    works.forget()
    assert works.find("i.auditor", work.name) is work
    may_end.set()
    for thread in works._threads:
        thread.join()
    now[0] += works_module.KEPT_SECONDS
    works.forget()
    assert work.folder.exists()
    now[0] += 1
    works.forget()
    assert not work.folder.exists()


def test_an_officer_keeps_his_newest_works_however_often_they_are_looked_at(tmp_path: Path) -> None:
    works, names = Works(tmp_path), []
    for _ in range(MOST_WORKS + 1):
        names.append(works.start("report", "i.auditor", lambda work: work.write("page", b"x")).name)
        for thread in works._threads:
            thread.join()
        kept = names[-MOST_WORKS:]
        assert [works.find("i.auditor", name).name for name in kept] == kept
        assert [one.name for one in works.of("i.auditor")] == kept[::-1]
    assert {path.name for path in tmp_path.iterdir()} == set(kept)


@pytest.mark.parametrize(
    ("last", "status"), [("hub", 422), ("fourth", 400)], ids=["with a mistake in it", "that is none"]
)
async def test_a_form_that_begins_no_comparison_leaves_no_file(audited: Audited, last: str, status: int) -> None:
    browser = audited.desk.browser(AUDITOR.name)
    await browser.get("/audit/reconciliation")
    for _ in range(EXPORTS.most):
        sent = [(name, (f"{name}.export", b"x" * 100)) for name in ("first", "second", last)]
        answer = await browser.send("/audit/reconciliation", files=sent, since="tomorrow")
        assert answer.status_code == status
        assert files(audited) == []


@pytest.mark.parametrize("names", [("first", "missing"), ("first", "first")])
async def test_a_comparison_that_does_not_begin_leaves_the_files_where_they_were(
    audited: Audited, names: tuple[str, ...]
) -> None:
    first = await uploaded(audited)
    request = wire.StartReconciliationRequest(uploads=[first if name == "first" else name for name in names])
    with pytest.raises(SymbolonError) as caught:
        await audited.works.start_reconciliation(request, AUDITOR)
    assert caught.value.code is ErrorCode.NOT_FOUND
    added = await audited.works.upload_part(wire.UploadPartRequest(upload=first, offset=1, content=b"y"), AUDITOR)
    assert added.bytes == 2


async def test_a_comparison_that_finds_all_places_taken_can_be_begun_again(audited: Audited) -> None:
    may_end = threading.Event()
    for _ in range(MOST_WAITING):
        audited.works._works.start("export", "j.other", lambda _: waited(may_end))
    first = await uploaded(audited)
    request = wire.StartReconciliationRequest(uploads=[first], own=True)
    with pytest.raises(SymbolonError) as caught:
        await audited.works.start_reconciliation(request, AUDITOR)
    assert caught.value.code is ErrorCode.BUSY
    may_end.set()
    await until(lambda: all(one.state != "running" for one in audited.works._works.of("j.other")))
    assert (await audited.works.start_reconciliation(request, AUDITOR)).work


async def test_what_is_decided_in_the_log_has_its_letter_though_the_caller_went_away(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = await found(audited)
    begun, may_write = threading.Event(), threading.Event()
    append = audited.log.append

    def slow(*statements: Any) -> Any:
        begun.set()
        may_write.wait()
        return append(*statements)

    monkeypatch.setattr(audited.log, "append", slow)
    request = wire.DecideSubjectRequest(work=work, **REFUSE)
    call = asyncio.create_task(audited.subjects.decide_subject(request, JURIST))
    await until(begun.is_set)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    may_write.set()
    await until(lambda: "subject_access_decided" in audited.types())
    shown = wire.ShowFoundSubjectRequest(work=work)
    async with asyncio.timeout(20):
        while not (await audited.subjects.show_found_subject(shown, JURIST)).letter:  # noqa: ASYNC110  # as pages
            await asyncio.sleep(0.02)
    with pytest.raises(SymbolonError, match="decided already"):
        await audited.subjects.decide_subject(request, JURIST)
