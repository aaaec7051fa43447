"""The auditor's calls: what is found, opened, proved and compared; each look is in the log before it is answered."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditing.denials import DENIED_TYPES
from ledger.checkpoints import Checkpoint, sign_checkpoint
from ledger.events import AuditorAccess, AuditViewed
from ledger.merkle import TreeHead
from ledger.retention import erase
from node.auditing.search import TYPES
from node.auditing.work_calls import EXPORTS
from node.uploads import LARGEST_PART
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import audit_pb2 as wire
from tests.unit.audited_log import AUDITOR, HASH, PARTNER, SUPERVISOR, Audited, audited_log
from verifier.proof import prove


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Audited]:
    with audited_log(tmp_path) as made:
        yield made


async def searched(audited: Audited, **asked: Any) -> list[int]:
    found = await audited.calls.search_log(wire.SearchLogRequest(**asked), AUDITOR)
    return [entry.number for entry in found.entries]


_CALLS: dict[str, tuple[str, Any]] = {
    "search_log": ("calls", wire.SearchLogRequest()),
    "show_entry": ("calls", wire.ShowEntryRequest(number=1)),
    "open_entry": ("calls", wire.OpenEntryRequest(number=1, reason="a complaint")),
    "prove_entry": ("calls", wire.ProveEntryRequest(number=1)),
    "compare_checkpoint": ("calls", wire.CompareCheckpointRequest()),
    "list_viewings": ("calls", wire.ListViewingsRequest()),
    "verify_log": ("works", wire.VerifyLogRequest()),
    "start_reconciliation": ("works", wire.StartReconciliationRequest(own=True)),
    "start_report": ("works", wire.StartReportRequest(people="names")),
    "start_statistics": ("works", wire.StartStatisticsRequest(by="month")),
    "start_export": ("works", wire.StartExportRequest(open=["user"], reason="a complaint")),
}


def call(audited: Audited, name: str) -> Callable[[], Awaitable[Any]]:
    part, request = _CALLS[name]
    return lambda: getattr(getattr(audited, part), name)(request, AUDITOR)


@pytest.mark.parametrize("name", _CALLS)
async def test_where_the_log_cannot_be_written_nothing_is_shown(audited: Audited, name: str) -> None:
    await audited.calls.search_log(wire.SearchLogRequest(), AUDITOR)  # so that the index is there
    audited.log.close()
    with pytest.raises(SymbolonError) as refused:
        await call(audited, name)()
    assert refused.value.code is ErrorCode.LOG_NOT_WRITABLE
    assert (await audited.works.list_audit_works(wire.ListAuditWorksRequest(), AUDITOR)).works == []


@pytest.mark.parametrize("name", sorted(_CALLS.keys() - {"list_viewings"}))
async def test_nobody_but_the_auditor_is_answered(audited: Audited, name: str) -> None:
    part, request = _CALLS[name]
    with pytest.raises(SymbolonError) as refused:
        await getattr(getattr(audited, part), name)(request, SUPERVISOR)
    assert refused.value.code is ErrorCode.ROLE_MISSING
    assert audited.types()[-1] == "officer_refused"


async def test_entries_are_found_by_each_thing_they_name(audited: Audited) -> None:
    assert await searched(audited) == [8, 7, 6, 5, 3, 2, 1]
    assert (await searched(audited, padding=True))[-8:] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert await searched(audited, type="query_sent") == [1]
    assert await searched(audited, type="log_padded") == [4]
    assert await searched(audited, partner="DE-ZASM") == [3, 2, 1]
    assert await searched(audited, partner=PARTNER, purpose="terrorism") == [3, 1]
    assert await searched(audited, denied=True) == [8, 7, 5]
    assert await searched(audited, since="2999-01-01") == []
    assert (await searched(audited, until="2999-01-01", most=2))[:2] != []


async def test_an_agreement_is_found_by_name_by_hash_and_by_the_beginning_of_it(audited: Audited) -> None:
    for named in ("fr-de", HASH, HASH[:8]):
        assert await searched(audited, agreement=named) == [3, 2, 1]


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "nothing_such"},
        {"purpose": "Idris Maran"},
        {"agreement": "Idris Maran"},
        {"partner": "Idris Maran"},
        {"since": "yesterday"},
        {"since": "2026-02-01", "until": "2026-01-01"},
    ],
)
async def test_what_no_entry_says_is_refused_and_written_nowhere(audited: Audited, asked: dict[str, str]) -> None:
    await searched(audited)
    size = audited.log.count()
    with pytest.raises(SymbolonError) as refused:
        await searched(audited, **asked)
    assert refused.value.code is ErrorCode.INVALID_INPUT
    assert "Idris" not in str(refused.value)
    assert audited.log.count() == size


async def test_pages_follow_each_other_and_leave_nothing_out(audited: Audited) -> None:
    seen: list[int] = []
    before = 9
    while before:
        request = wire.SearchLogRequest(before=before, most=2)
        found = await audited.calls.search_log(request, AUDITOR)
        seen += [entry.number for entry in found.entries]
        before = found.next
    assert seen == [8, 7, 6, 5, 3, 2, 1]


async def test_a_search_is_in_the_log_with_what_was_asked_and_by_whom(audited: Audited) -> None:
    await searched(audited, type="query_sent", partner="DE-ZASM", since="2026-01-01")
    (entry,) = audited.log.those([9])
    assert isinstance(entry.event, AuditViewed)
    assert entry.event.filters == ("type=query_sent", f"party={PARTNER}", "since=2026-01-01")
    assert [one.value for one in audited.log.openings(9)] == ["i.auditor"]


async def test_an_index_of_another_log_or_of_another_time_is_made_anew(audited: Audited) -> None:
    await searched(audited)
    with sqlite3.connect(audited.house.folder / "log-index.db") as index:
        index.execute("UPDATE state SET hash = x'00'")
        index.execute("DELETE FROM named")
    assert await searched(audited, type="query_sent") == [1]


async def test_an_index_that_lies_shows_nothing_else(audited: Audited) -> None:
    await searched(audited)
    with sqlite3.connect(audited.house.folder / "log-index.db") as index:
        index.execute("INSERT OR IGNORE INTO named SELECT term, 5 FROM named WHERE number = 1")
    assert await searched(audited, type="query_sent") == [1]


async def test_the_index_holds_nothing_personal(audited: Audited) -> None:
    await searched(audited)
    content = b"".join(path.read_bytes() for path in audited.house.folder.glob("log-index.db*"))
    assert b"terrorism" in content
    for personal in (b"a.martin", b"2026/117", b"b.moreau"):
        assert personal not in content


async def test_entries_of_one_query_and_of_its_case_lead_to_each_other(audited: Audited) -> None:
    shown = await audited.calls.show_entry(wire.ShowEntryRequest(number=2), AUDITOR)
    assert [(one.entry.number, one.by) for one in shown.linked] == [(1, "query"), (3, "case")]
    shown = await audited.calls.show_entry(wire.ShowEntryRequest(number=7), AUDITOR)
    assert [(one.entry.number, one.by) for one in shown.linked] == [(6, "query")]


async def test_an_entry_that_is_not_there_is_not_found(audited: Audited) -> None:
    for number in (0, 99, 2**63):
        for name, request in (
            ("show_entry", wire.ShowEntryRequest(number=number)),
            ("open_entry", wire.OpenEntryRequest(number=number, reason="x")),
            ("prove_entry", wire.ProveEntryRequest(number=number)),
        ):
            with pytest.raises(SymbolonError) as refused:
                await getattr(audited.calls, name)(request, AUDITOR)
            assert refused.value.code is ErrorCode.NOT_FOUND


async def test_opening_is_written_first_with_its_reason(audited: Audited) -> None:
    opened = await audited.calls.open_entry(wire.OpenEntryRequest(number=1, reason=" complaint 4 "), AUDITOR)
    values = {one.field: one.value for one in opened.opened}
    assert values["user"] == "a.martin"
    (entry,) = audited.log.those([9])
    assert isinstance(entry.event, AuditorAccess)
    assert entry.event.entry == 1
    assert set(entry.event.fields) == values.keys()
    assert {one.name: one.value for one in audited.log.openings(9)} == {"user": "i.auditor", "reason": "complaint 4"}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
async def test_nothing_is_opened_without_a_reason(audited: Audited, reason: str) -> None:
    with pytest.raises(SymbolonError):
        await audited.calls.open_entry(wire.OpenEntryRequest(number=1, reason=reason), AUDITOR)
    assert audited.log.count() == 8


async def test_erased_fields_and_fields_that_are_gone_are_told_apart(audited: Audited) -> None:
    with sqlite3.connect(audited.house.log_path) as connection:
        connection.execute("DELETE FROM opening WHERE entry = 2")
    gone = await audited.calls.open_entry(wire.OpenEntryRequest(number=2, reason="x"), AUDITOR)
    assert (list(gone.opened), list(gone.erased), list(gone.not_there)) == ([], [], ["user"])
    erase(audited.house.log_path, 1, datetime.now(UTC) + timedelta(days=3))
    erased = await audited.calls.open_entry(wire.OpenEntryRequest(number=1, reason="x"), AUDITOR)
    assert sorted(erased.erased) == ["case_reference", "subject.names", "user"]
    assert list(erased.not_there) == []


async def test_a_proof_names_its_cosigners_and_verifies_from_its_file_alone(audited: Audited) -> None:
    audited.cosign()
    proven = await audited.calls.prove_entry(wire.ProveEntryRequest(number=3), AUDITOR)
    assert [(one.witness, one.verified, one.cosigned_at) for one in proven.cosignatures] == [
        ("symbolon/agency/DE-ZASM/witness", True, 1_790_000_000)
    ]
    found = prove(proven.file.encode(), [audited.house.key])
    assert found.entry.number == 3
    assert found.checkpoint.head.root == proven.root


async def test_a_cosignature_under_another_key_is_not_called_verified(audited: Audited) -> None:
    audited.cosign()
    audited.house.certified()[PARTNER] = audited.house.signing.public_key()  # type: ignore[index]  # a mapping that is a dict here
    proven = await audited.calls.prove_entry(wire.ProveEntryRequest(number=3), AUDITOR)
    assert [one.verified for one in proven.cosignatures] == [False]


async def test_an_entry_beyond_the_newest_cosigned_head_is_proved_under_a_head_signed_now(audited: Audited) -> None:
    audited.cosign()
    await searched(audited)
    proven = await audited.calls.prove_entry(wire.ProveEntryRequest(number=9), AUDITOR)
    assert proven.cosignatures == []
    assert prove(proven.file.encode(), [audited.house.key]).entry.number == 9


async def test_a_checkpoint_kept_earlier_shows_that_the_log_was_cut_or_changed(audited: Audited) -> None:
    kept = str(audited.cosign()).encode()
    found = await audited.calls.compare_checkpoint(wire.CompareCheckpointRequest(checkpoint=kept), AUDITOR)
    assert (found.consistent, found.size, found.total) == (True, 8, 9)
    for size, problem in ((5, "rewritten"), (50, "missing")):
        note = sign_checkpoint(Checkpoint(audited.house.origin, TreeHead(size, b"x" * 32)), audited.house.signing)
        found = await audited.calls.compare_checkpoint(
            wire.CompareCheckpointRequest(checkpoint=str(note).encode()), AUDITOR
        )
        assert not found.consistent
        assert problem in found.problem.english
    with pytest.raises(SymbolonError) as refused:
        await audited.calls.compare_checkpoint(wire.CompareCheckpointRequest(checkpoint=b"no"), AUDITOR)
    assert refused.value.code is ErrorCode.INVALID_INPUT


async def test_who_looked_is_told_to_auditor_and_supervisor_and_that_is_written_too(audited: Audited) -> None:
    await searched(audited, type="query_sent")
    found = await audited.calls.list_viewings(wire.ListViewingsRequest(), SUPERVISOR)
    assert [(one.entry.number, one.user) for one in found.viewings] == [(9, "i.auditor")]
    found = await audited.calls.list_viewings(wire.ListViewingsRequest(), AUDITOR)
    assert [(one.entry.type, one.user) for one in found.viewings] == [
        ("auditor_access", "l.vogt"),
        ("audit_viewed", "i.auditor"),
    ]


def test_the_events_of_a_denial_are_all_refusals_by_their_names_and_locks() -> None:
    known = {kind for kind in TYPES if kind.endswith(("_refused", "_denied", "_ignored", "_locked"))}
    assert known == DENIED_TYPES


async def done(audited: Audited, name: str) -> wire.ShowAuditWorkResponse:
    for _ in range(600):
        shown = await audited.works.show_audit_work(wire.ShowAuditWorkRequest(work=name), AUDITOR)
        if shown.work.state != "running":
            return shown
        await asyncio.sleep(0.02)
    raise AssertionError("the work does not end")


async def content(audited: Audited, work: str, file: str) -> bytes:
    request = wire.DownloadAuditFileRequest(work=work, file=file)
    return b"".join([part.content async for part in audited.works.download_audit_file(request, AUDITOR, 0.0)])


async def test_the_whole_log_is_checked_and_the_first_wrong_entry_named(audited: Audited) -> None:
    work = (await audited.works.verify_log(wire.VerifyLogRequest(), AUDITOR)).work
    shown = await done(audited, work)
    assert shown.work.state == "done"
    assert shown.said[0].english.startswith("All 9 entries verify")
    with sqlite3.connect(audited.house.log_path) as connection:
        connection.execute("UPDATE entry SET body = CAST(body || ' ' AS BLOB) WHERE number = 3")
    shown = await done(audited, (await audited.works.verify_log(wire.VerifyLogRequest(), AUDITOR)).work)
    assert shown.work.state == "failed"
    assert "entry 3" in shown.work.problem


async def test_a_report_with_names_is_opened_first_and_downloads(audited: Audited) -> None:
    work = (await audited.works.start_report(wire.StartReportRequest(people="names"), AUDITOR)).work
    assert audited.types()[-2:] == ["audit_viewed", "auditor_access"]
    shown = await done(audited, work)
    assert shown.work.state == "done"
    assert list(shown.work.files) == ["report.html", "report.json", "tables.zip"]
    assert b"a.martin" in await content(audited, work, "report.json")
    without = await done(audited, (await audited.works.start_report(wire.StartReportRequest(), AUDITOR)).work)
    assert b"a.martin" not in await content(audited, without.work.work, "report.json")


async def test_statistics_open_nothing(audited: Audited) -> None:
    work = (await audited.works.start_statistics(wire.StartStatisticsRequest(by="day"), AUDITOR)).work
    shown = await done(audited, work)
    assert [table.name for table in shown.tables] == ["statistics", "subject_requests"]
    assert "auditor_access" not in audited.types()
    assert json.loads(await content(audited, work, "statistics.json"))["least"] == 5


async def test_an_export_verifies_and_opens_what_was_chosen(audited: Audited, tmp_path: Path) -> None:
    request = wire.StartExportRequest(open=["user"], reason="for the court")
    work = (await audited.works.start_export(request, AUDITOR)).work
    assert (await done(audited, work)).work.state == "done"
    exported = await content(audited, work, "log.export")
    assert b"a.martin" in exported
    assert b"2026/117" not in exported
    (entry,) = audited.log.those([audited.log.count()])
    assert isinstance(entry.event, AuditorAccess)
    assert entry.event.fields == ("user",)


async def test_two_logs_are_compared_from_what_was_handed_over(audited: Audited, tmp_path: Path) -> None:
    partner = tmp_path / "partner"
    partner.mkdir()
    with audited_log(partner) as other:
        house = other.house.__class__(PARTNER, *[getattr(other.house, name) for name in (
            "log", "log_path", "folder", "signing", "certified", "agreements")])  # fmt: skip
        works = other.works.__class__(other.calls._permission, house)
        name = (await works.start_export(wire.StartExportRequest(), AUDITOR)).work
        for _ in range(600):
            state = await works.show_audit_work(wire.ShowAuditWorkRequest(work=name), AUDITOR)
            if state.work.state != "running":
                break
            await asyncio.sleep(0.02)
        request = wire.DownloadAuditFileRequest(work=name, file="log.export")
        exported = b"".join([one.content async for one in works.download_audit_file(request, AUDITOR, 0.0)])
    upload = ""
    for at in range(0, len(exported), LARGEST_PART):
        part = wire.UploadPartRequest(upload=upload, offset=at, content=exported[at : at + LARGEST_PART])
        upload = (await audited.works.upload_part(part, AUDITOR)).upload
    compared = wire.StartReconciliationRequest(uploads=[upload], own=True)
    work = (await audited.works.start_reconciliation(compared, AUDITOR)).work
    shown = await done(audited, work)
    assert shown.work.state == "done", shown.work.problem
    assert {one.kind for one in shown.findings} >= {"missing"}
    assert {one.severity for one in shown.findings} <= {"serious", "duty", "remark"}
    assert not [path for path in audited.house.folder.rglob("*") if path.name.startswith(("upload-", "own."))]
    with pytest.raises(SymbolonError):
        await audited.works.start_reconciliation(compared, AUDITOR)


async def test_uploads_are_their_officer_s_few_and_small(audited: Audited) -> None:
    other = AUDITOR.__class__("j.auditor", AUDITOR.roles)
    mine = (await audited.works.upload_part(wire.UploadPartRequest(content=b"x"), AUDITOR)).upload
    for request, officer in (
        (wire.UploadPartRequest(upload=mine, offset=1, content=b"y"), other),
        (wire.UploadPartRequest(upload=mine, content=b"y"), AUDITOR),
        (wire.UploadPartRequest(content=b"y" * (LARGEST_PART + 1)), AUDITOR),
        (wire.UploadPartRequest(upload="../ledger.db", content=b"y"), AUDITOR),
    ):
        with pytest.raises(SymbolonError):
            await audited.works.upload_part(request, officer)
    for _ in range(EXPORTS.most - 1):
        await audited.works.upload_part(wire.UploadPartRequest(content=b"x"), AUDITOR)
    with pytest.raises(SymbolonError) as refused:
        await audited.works.upload_part(wire.UploadPartRequest(content=b"x"), AUDITOR)
    assert refused.value.code is ErrorCode.BUSY
    for officer in (other, AUDITOR):
        await audited.works.drop_audit_upload(wire.DropAuditUploadRequest(upload=mine), officer)
        left = [*audited.house.folder.rglob("upload-*")]
        assert len(left) == EXPORTS.most - (officer is AUDITOR)


async def test_a_work_and_its_files_are_its_officer_s_alone(audited: Audited) -> None:
    other = AUDITOR.__class__("j.auditor", AUDITOR.roles)
    work = (await audited.works.start_statistics(wire.StartStatisticsRequest(by="day"), AUDITOR)).work
    await done(audited, work)
    with pytest.raises(SymbolonError):
        await audited.works.show_audit_work(wire.ShowAuditWorkRequest(work=work), other)
    for file in ("../../ledger.db", "nothing", ""):
        with pytest.raises(SymbolonError):
            await content(audited, work, file)
    assert (await audited.works.list_audit_works(wire.ListAuditWorksRequest(), other)).works == []
