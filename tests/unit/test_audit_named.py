"""Searching the log by what is personal: entries are opened to find an officer or a reference, and that is logged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.entries import Statement
from ledger.events import AuditorAccess, QueryDenied
from ledger.log_events import LogPadded
from symbolon.v1 import audit_pb2 as wire
from tests.unit.audited_log import AUDITOR, OTHER, Audited, audited_log


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Audited]:
    with audited_log(tmp_path) as made:
        yield made


async def searched(audited: Audited, **asked: Any) -> list[int]:
    found = await audited.calls.search_log(wire.SearchLogRequest(**asked), AUDITOR)
    return [entry.number for entry in found.entries]


async def test_an_officer_and_a_case_are_found_by_what_is_opened_for_it(audited: Audited) -> None:
    assert await searched(audited, officer="a.martin") == [3, 2, 1]
    assert await searched(audited, officer="b.moreau", denied=True) == [8, 5]
    assert await searched(audited, reference="2026/117") == [1]
    assert await searched(audited, officer="a.mart") == []
    opened = [entry for entry in audited.log.entries() if isinstance(entry.event, AuditorAccess)]
    assert [(one.event.entry, one.event.last) for one in opened][:1] == [(1, 8)]  # type: ignore[union-attr]  # of one type
    assert opened[0].event.fields == ("case_reference", "officer", "reference", "user")  # type: ignore[union-attr]  # as above
    personal = {one.name: one.value for one in audited.log.openings(opened[2].number)}
    assert personal == {"user": "i.auditor", "reason": "reference: 2026/117"}
    assert "2026/117" not in "".join(str(one.event) for one in audited.log.entries())


async def test_what_is_looked_for_by_an_officer_is_opened_a_stretch_at_a_time(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.auditing.search.MOST_OPENED", 3)
    request = wire.SearchLogRequest(officer="a.martin")
    found = await audited.calls.search_log(request, AUDITOR)
    assert ([one.number for one in found.entries], found.next, found.opened) == ([], 6, 3)
    found = await audited.calls.search_log(wire.SearchLogRequest(officer="a.martin", before=found.next), AUDITOR)
    assert ([one.number for one in found.entries], found.next) == ([3, 2], 2)
    found = await audited.calls.search_log(wire.SearchLogRequest(officer="a.martin", before=found.next), AUDITOR)
    assert ([one.number for one in found.entries], found.next) == ([1], 0)


async def test_what_is_told_to_be_opened_is_how_many_entries_were(audited: Audited) -> None:
    for _ in range(10):
        audited.log.append(Statement(LogPadded(filler="00")))
    denied = QueryDenied(query_id="04", purpose="murder", recipients=(OTHER,), reason="quota_used")
    audited.log.append(Statement(denied, {"user": "z.z"}))
    request = wire.SearchLogRequest(type="query_denied", officer="b.moreau", most=1)
    found = await audited.calls.search_log(request, AUDITOR)
    there = [entry.number for entry in audited.log.entries() if entry.event.type == "query_denied"]
    assert [entry.number for entry in found.entries] == there[-2:-1]
    assert found.opened == 2


async def test_lines_name_officer_and_reference_only_where_that_is_asked_and_logged(audited: Audited) -> None:
    plain = await audited.calls.search_log(wire.SearchLogRequest(type="query_sent"), AUDITOR)
    assert (plain.entries[0].officer, plain.entries[0].reference) == ("", "")
    assert audited.types()[-1] == "audit_viewed"
    named = await audited.calls.search_log(wire.SearchLogRequest(type="query_sent", names=True), AUDITOR)
    assert (named.entries[0].officer, named.entries[0].reference) == ("a.martin", "2026/117")
    assert audited.types()[-1] == "auditor_access"


async def test_the_page_finds_by_officer_and_names_who_and_what(audited: Audited) -> None:
    browser = audited.desk.browser("i.auditor")
    await browser.get("/audit")
    page = (await browser.send("/audit", officer="a.martin", type="query_sent")).text.partition("<main")[2]
    assert "<bdi>a.martin</bdi>" in page
    assert "2026/117" in page
    assert "2026/117" not in (await browser.send("/audit", type="query_sent")).text
    refused = await browser.send("/audit", officer="x" * 101)
    assert refused.status_code == 422
