"""The first page: what waits for whom, and nothing for whom it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from html import escape
from pathlib import Path
from typing import Any

import pytest

from console.session import COOKIE
from node.cases import asking, holding
from node.desk.room import MOST_OF_OFFICER
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import cases_pb2
from tests.unit.console_desk import ORIGIN, ConsoleDesk
from tests.unit.two_desks import (
    ANALYST,
    REFERENCE,
    RELEASE,
    SECOND_ANALYST,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    agreement,
    held,
    opened_desks,
)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    with opened_desks(tmp_path, TEXT) as made:
        yield made


async def test_who_decides_sees_the_request_that_waits(desks: TwoDesks, tmp_path: Path) -> None:
    desks.to_request()
    with ConsoleDesk(tmp_path, desks.holder.desk) as console:
        console.enter(RELEASE.name, "release_officer")
        console.enter("aude.auditor", "auditor")
        page = (await console.browser(RELEASE.name).get("/")).text
        assert f'href="/referrals/{REFERENCE}"' in page
        assert "/queries/new" not in page
        assert REFERENCE not in (await console.browser("aude.auditor").get("/")).text


async def test_who_asks_sees_the_case_that_needs_him_and_where_to_ask(desks: TwoDesks, tmp_path: Path) -> None:
    desks.to_offer()
    with ConsoleDesk(tmp_path, desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        page = (await console.browser(ANALYST.name).get("/")).text
        assert REFERENCE in page
        assert 'href="/queries/new"' in page
        assert "/referrals" not in page


async def test_what_waits_for_a_colleague_is_told_apart_from_what_is_ones_own(desks: TwoDesks, tmp_path: Path) -> None:
    desks.to_request()
    desks.hold(holding.approve)
    with ConsoleDesk(tmp_path, desks.holder.desk) as console:
        console.enter(RELEASE.name, "release_officer")
        console.enter(SUPERVISOR.name, "supervisor")
        own, other = console.browser(RELEASE.name), console.browser(SUPERVISOR.name)
        first_page = (await own.get("/")).text
        assert f'href="/referrals/{REFERENCE}"' not in first_page
        assert "1 waits for a colleague." in first_page
        listed = (await own.get("/referrals?kind=for_others")).text
        assert "you have approved the release" in listed
        assert REFERENCE not in (await own.get("/referrals?kind=mine")).text
        assert "you have approved the release" in (await own.get(f"/referrals/{REFERENCE}")).text
        assert f'href="/referrals/{REFERENCE}"' in (await other.get("/")).text
        assert "a request: decide it" in (await other.get("/referrals?kind=mine")).text
        # What would leave has changed: the approval is void, and it is his again.
        desks.holder.records["Z-1"] = held(withheld=frozenset({"dob"}))
        assert f'href="/referrals/{REFERENCE}"' in (await own.get("/")).text


async def test_who_has_confirmed_is_told_that_a_colleague_has_to(tmp_path: Path) -> None:
    with opened_desks(tmp_path, agreement(release__confirmations=2)) as desks:
        desks.ask(asking.confirm)
        with ConsoleDesk(tmp_path, desks.asker.desk) as console:
            for one in (ANALYST, SECOND_ANALYST):
                console.enter(one.name, "analyst")
            console.enter("m.chef", "supervisor")
            own = console.browser(ANALYST.name)
            assert "1 waits for a colleague." in (await own.get("/")).text
            assert "you have confirmed the match" in (await own.get("/cases")).text
            assert REFERENCE in (await console.browser(SECOND_ANALYST.name).get("/")).text
            assert "1 waits for a colleague." in (await console.browser("m.chef").get("/")).text  # another role


async def test_files_are_known_from_each_other_by_the_askers_case_and_when_it_asked(
    desks: TwoDesks, tmp_path: Path
) -> None:
    desks.to_request()
    with ConsoleDesk(tmp_path, desks.holder.desk) as console:
        console.enter(RELEASE.name, "release_officer")
        for path in ("/", "/referrals"):
            page = (await console.browser(RELEASE.name).get(path)).text
            assert "2026/117" in page
            assert "2026-06-01T09:00:00+00:00" in page
    (tmp_path / "asker").mkdir()
    with ConsoleDesk(tmp_path / "asker", desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        page = (await console.browser(ANALYST.name).get("/cases")).text
        assert "2026/117" in page
        assert "2026-06-01T09:00:00+00:00" in page


async def test_the_list_of_referrals_counts_what_the_first_page_counts(desks: TwoDesks, tmp_path: Path) -> None:
    desks.to_offer()
    with ConsoleDesk(tmp_path, desks.holder.desk) as console:
        console.enter(RELEASE.name, "release_officer")
        browser = console.browser(RELEASE.name)
        assert "Nothing waits for you." in (await browser.get("/")).text
        assert REFERENCE not in (await browser.get("/referrals")).text
        assert REFERENCE in (await browser.get("/referrals?all=1")).text


class Held:
    """Calls about cases that wait until they may end, and then fail if they are to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.may_end = asyncio.Event()
        self.error = error

    async def list_cases(self, *_: object) -> cases_pb2.ListCasesResponse:
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        return cases_pb2.ListCasesResponse()


async def test_the_page_begins_before_it_is_known_what_waits(tmp_path: Path) -> None:
    held = Held()
    with ConsoleDesk(tmp_path) as console:
        console.enter(ANALYST.name, "analyst")
        console.give(cases=held)
        sent: asyncio.Queue[Any] = asyncio.Queue()
        answering = asyncio.ensure_future(console.app(asked(console), forever, sent.put))
        assert (await sent.get())["status"] == 200
        beginning = (await sent.get())["body"].decode()
        assert 'href="/queries/new"' in beginning
        assert "Cases to see to" not in beginning
        assert sent.empty()
        held.may_end.set()
        await answering
        below = (await sent.get())["body"].decode()
        assert "Nothing waits for you." in below
        assert below.endswith("</html>")
        assert "<!-- " not in beginning + below


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SymbolonError(ErrorCode.LOG_NOT_WRITABLE), ErrorCode.LOG_NOT_WRITABLE),
        (ValueError("Giorgos Melanos"), ErrorCode.INTERNAL),
    ],
)
async def test_a_page_that_has_begun_says_why_it_cannot_tell_what_waits_and_gives_its_room_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception, told: ErrorCode
) -> None:
    held = Held(error)
    held.may_end.set()
    with ConsoleDesk(tmp_path) as console:
        console.enter(ANALYST.name, "analyst")
        console.give(cases=held)
        for _ in range(MOST_OF_OFFICER + 1):
            page = (await console.browser(ANALYST.name).get("/")).text
            assert escape(told.value.text) in page
            assert "Cases to see to" not in page
            assert 'href="/queries/new"' in page
            assert page.endswith("</html>")
    assert "Giorgos" not in page + caplog.text


async def test_the_first_page_takes_one_place_as_any_other_and_loses_nothing_that_is_told_once(tmp_path: Path) -> None:
    with ConsoleDesk(tmp_path) as console, ExitStack() as held:
        console.enter(ANALYST.name, "analyst")
        browser = console.browser(ANALYST.name)
        for _ in range(MOST_OF_OFFICER - 1):
            held.enter_context(console.desk.room.of_officer(ANALYST.name))
        session = console.sessions.find(browser.client.cookies[COOKIE])
        assert session is not None
        session.said = "Told once"
        page = await browser.get("/")
        assert page.status_code == 200
        assert "Told once" in page.text
        held.enter_context(console.desk.room.of_officer(ANALYST.name))
        session.said = "Told later"
        busy = await browser.get("/")
        assert busy.status_code == 503
        assert "Told later" in busy.text


async def forever() -> dict[str, Any]:
    """Hear of nothing more, as of a browser that stays."""
    await asyncio.Event().wait()
    return {}


def asked(console: ConsoleDesk) -> dict[str, Any]:
    """Give what an analyst's browser asks for the first page with."""
    cookie = f"{COOKIE}={console.token(ANALYST.name)}"
    headers = [(b"host", ORIGIN.removeprefix("https://").encode()), (b"cookie", cookie.encode())]
    place = {"path": "/", "raw_path": b"/", "root_path": "", "query_string": b"", "scheme": "https"}
    return {"type": "http", "method": "GET", "headers": headers, "client": ("127.0.0.1", 1), **place}
