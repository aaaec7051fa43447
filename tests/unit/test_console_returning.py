"""A session that has ended: the person is told so, and comes back to the page that was open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from console.session import COOKIE
from tests.unit.console_desk import ORIGIN, Browser, ConsoleDesk
from tests.unit.test_console_query import asker, desk

__all__ = ["asker", "desk"]


async def _sent_too_late(desk: ConsoleDesk, form: str, stood_on: str) -> tuple[Browser, str]:
    """Send a form after its session has ended, and give where that leads."""
    browser = desk.browser("a.martin")
    await browser.get("/queries/new")
    desk.sessions.end_all_of("a.martin")
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin", "referer": stood_on}
    answer = await browser.client.post(form, data={"csrf": browser.token}, headers=headers)
    assert answer.status_code == 303
    return browser, answer.headers["location"]


@pytest.mark.parametrize(
    ("form", "stood_on", "back"),
    [
        ("/queries/new", "/queries/new", "/queries/new"),
        ("/cases/DE-ZASM/AAAA/confirm", "/cases/DE-ZASM/AAAA", "/cases/DE-ZASM/AAAA"),
        ("/queries/new", "/investigations/abc/query", "/investigations/abc/query"),
        ("/sign-out", "/no/such/page", "/"),
        ("/sign-out", "//elsewhere.example/queries", "/"),
    ],
)
async def test_a_form_of_an_ended_session_leads_back_to_the_page_it_stood_on(
    desk: ConsoleDesk, form: str, stood_on: str, back: str
) -> None:
    browser, where = await _sent_too_late(desk, form, f"{ORIGIN}{stood_on}")
    asked = parse_qs(urlsplit(where).query)
    assert (asked["next"], asked["ended"]) == ([back], ["yes"])
    assert "Your session has ended" in (await browser.get(where)).text


async def test_a_page_elsewhere_is_no_way_back(desk: ConsoleDesk) -> None:
    _, where = await _sent_too_late(desk, "/queries/new", "https://elsewhere.example/batches")
    assert where.startswith("/sign-in?next=/queries/new&")


async def test_who_was_never_signed_in_is_not_told_that_a_session_has_ended(desk: ConsoleDesk) -> None:
    answer = await desk.browser().get("/queries/new")
    assert answer.headers["location"] == "/sign-in?next=/queries/new"


@pytest.mark.parametrize("by", ["roles", "disabled", "lock"])
async def test_who_is_signed_out_by_a_change_is_told_so_and_nobody_else_is(desk: ConsoleDesk, by: str) -> None:
    browser, at = desk.browser("a.martin"), datetime.now(UTC)
    await browser.get("/queries/new")
    acts: dict[str, Callable[[], object]] = {
        "roles": lambda: desk.officers.change("a.martin", ["supervisor"], "", "op", at, lambda _: None),
        "disabled": lambda: desk.officers.disable("a.martin", "op", at, lambda _: None),
        "lock": lambda: desk.store.lock("a.martin", "op", at, lambda: None),
    }
    acts[by]()
    where = (await browser.get("/queries/new")).headers["location"]
    told = "your roles or your account were changed"
    assert told in (await browser.get(where)).text
    stranger = desk.browser()
    stranger.client.cookies.set(COOKIE, "somebody's guess")
    assert told not in (await stranger.get(where)).text
    refused = await browser.send("/sign-in", name="a.martin", password="x", code="y")
    assert refused.status_code == 403
    assert told not in refused.text
    desk.sessions.end_all_of("a.martin")
    page = (await browser.get(where)).text
    assert told not in page
    assert "Your session has ended" in page


async def test_only_who_comes_by_a_link_of_another_site_is_led_on_from_the_sign_in_page(desk: ConsoleDesk) -> None:
    where, led_on = "/sign-in?next=/queries/new", 'class="button" href="/queries/new"'
    stranger = desk.browser()
    for said, is_led in (("cross-site", True), ("same-site", False), ("same-origin", False), ("none", False)):
        page = (await stranger.client.get(where, headers={"sec-fetch-site": said})).text
        assert (led_on in page) is is_led, said
    away = "/sign-in?next=https://elsewhere.example/"
    assert "elsewhere" not in (await stranger.client.get(away, headers={"sec-fetch-site": "cross-site"})).text


async def test_a_page_learns_whose_session_it_is_and_nobody_without_one_does(desk: ConsoleDesk) -> None:
    browser = desk.browser("a.martin")
    told = (await browser.get("/session")).json()
    assert told["officer"] == "a.martin"
    assert f'value="{told["csrf"]}"' in (await browser.get("/queries/new")).text
    desk.sessions.end_all_of("a.martin")
    assert (await browser.get("/session")).status_code == 303
