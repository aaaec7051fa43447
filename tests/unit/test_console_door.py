"""Who gets into the console, what every answer carries, and that a form counts only from a page of this session."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from console.app import Console, application
from console.beside import origin_of
from console.headers import HEADERS
from console.session import COOKIE, IDLE_SECONDS, LONGEST_SECONDS, MOST_OF_ONE, Sessions
from node.accounts.calls import Admitted
from node.officers.key import OfficerKey
from node.officers.register import OfficerEntry
from symbolon.rpc.errors import SymbolonError
from tests.unit.console_desk import ORIGIN, ConsoleDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path) as made:
        made.enter("a.martin", "analyst")
        yield made


async def test_nobody_sees_a_page_without_signing_in(desk: ConsoleDesk) -> None:
    answer = await desk.browser().get("/")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/"


@pytest.mark.parametrize(("path", "is_awake"), [("/", True), ("/?look", False)])
async def test_a_page_that_asks_by_itself_keeps_no_session_awake_and_takes_no_text_from_the_next(
    desk: ConsoleDesk, path: str, is_awake: bool
) -> None:
    browser = desk.browser("a.martin")
    (session,) = desk.sessions.of("a.martin")
    session.said, seen = "The case is saved.", session.seen
    assert ("The case is saved." in (await browser.get(path)).text) is is_awake
    assert (session.seen > seen) is is_awake


@pytest.mark.parametrize(
    ("address", "kept"), [("live.js", "no-cache"), ("live.js?0123456789ab", "public, max-age=86400")]
)
async def test_a_file_of_ours_is_kept_under_the_address_of_its_content_alone(
    desk: ConsoleDesk, address: str, kept: str
) -> None:
    assert (await desk.browser().get(f"/static/{address}")).headers["cache-control"] == kept


async def test_a_disabled_officer_is_out_with_the_next_request(desk: ConsoleDesk) -> None:
    browser = desk.browser("a.martin")
    assert (await browser.get("/")).status_code == 200
    desk.officers.disable("a.martin", "test", desk.officers.entries()[0].changed_at, lambda _: None)
    assert (await browser.get("/")).status_code == 303


async def test_a_session_does_not_come_back_when_its_officer_is_let_in_again(desk: ConsoleDesk) -> None:
    at = desk.officers.entries()[0].changed_at
    changes: list[Callable[[], OfficerEntry]] = [
        lambda: desk.officers.disable("a.martin", "test", at, lambda _: None),
        lambda: desk.officers.change("a.martin", ["analyst"], "Unit 3", "test", at, lambda _: None),
    ]
    for change in changes:
        browser = desk.browser("a.martin")
        change()
        desk.officers.rotate(OfficerKey.draw("a.martin"), "test", at, lambda _: None)
        assert (await browser.get("/")).status_code == 303
        assert (await desk.browser("a.martin").get("/")).status_code == 200


@pytest.mark.parametrize(("entry", "proof"), [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("by_provider", [False, True])
async def test_a_session_without_the_stamps_of_now_is_none(
    desk: ConsoleDesk, entry: int, proof: int, by_provider: bool
) -> None:
    standing = desk.officers.standing_of("a.martin")
    assert standing is not None
    admitted = Admitted("a.martin", standing.stamp if entry else 0, proof, by_provider=by_provider)
    browser = desk.browser()
    browser.client.cookies.set(COOKIE, desk.sessions.begin(admitted))
    assert (await browser.get("/")).status_code == 303


@pytest.mark.parametrize("path", ["/", "/no-such-page", "/static/console.css", "/static/no-such-file", "/sign-in"])
async def test_every_answer_carries_the_headers(desk: ConsoleDesk, path: str) -> None:
    answer = await desk.browser("a.martin").get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "set-cookie" not in answer.headers


async def test_pages_are_kept_by_no_browser(desk: ConsoleDesk) -> None:
    assert (await desk.browser("a.martin").get("/")).headers["cache-control"] == "no-store"


async def test_no_page_has_a_script_or_style_in_it(desk: ConsoleDesk) -> None:
    page = (await desk.browser("a.martin").get("/")).text
    assert " style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')


async def test_an_address_that_is_not_there_is_not_repeated(desk: ConsoleDesk) -> None:
    answer = await desk.browser("a.martin").get("/cases/Idris-Maran/of/no/page")
    assert answer.status_code == 404
    assert "Idris" not in answer.text


async def test_another_host_is_not_answered_for(desk: ConsoleDesk) -> None:
    answer = await desk.browser("a.martin").client.get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400


async def test_a_form_counts_only_with_the_token_of_its_session(desk: ConsoleDesk) -> None:
    browser = desk.browser("a.martin")
    await browser.get("/")
    for token in ("", "x", browser.token[:-1], browser.token + "x"):
        assert (await browser.send("/sign-out", token=token)).status_code == 403
    assert (await browser.get("/")).status_code == 200
    other = desk.browser("a.martin")
    assert (await other.send("/sign-out", token=browser.token)).status_code == 403
    assert (await browser.send("/sign-out")).headers["location"] == "/sign-in"
    assert (await browser.get("/")).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
    ],
)
async def test_a_form_from_elsewhere_does_nothing(desk: ConsoleDesk, headers: dict[str, str]) -> None:
    browser = desk.browser("a.martin")
    await browser.get("/")
    answer = await browser.client.post("/sign-out", data={"csrf": browser.token}, headers=headers)
    assert answer.status_code == 403
    assert (await browser.get("/")).status_code == 200


async def test_what_goes_wrong_inside_is_told_to_nobody(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Idris Maran")

    monkeypatch.setattr(desk.sessions, "end", broken)
    browser = desk.browser("a.martin")
    await browser.get("/")
    answer = await browser.send("/sign-out")
    assert answer.status_code == 500
    assert "Idris" not in answer.text + caplog.text
    assert "RuntimeError at test_console_door.py" in caplog.text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("FR", "fr"), ("EN-US", "en"), ("Ar;q=0.8, en", "ar"), ("fr-CH, de", "fr"), ("xx", "en"), ("*", "en"), ("", "en")],
)
async def test_a_browser_is_answered_in_its_language_however_it_writes_it(
    desk: ConsoleDesk, accepted: str, language: str
) -> None:
    answer = await desk.browser("", accepted).get("/sign-in")
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text


async def test_a_register_that_cannot_be_read_is_an_error_page(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("a.martin")

    browser = desk.browser("a.martin")
    monkeypatch.setattr(desk.officers, "standing_of", broken)
    for path, status in (("/", 500), ("/no-such-page", 404)):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert "a.martin" not in answer.text


@pytest.mark.parametrize("origin", ["https://desk.example", "https://desk.example:8443", "https://[2001:db8::1]"])
async def test_a_console_is_reached_at_its_origin_with_or_without_a_port_and_under_no_other_name(
    desk: ConsoleDesk, origin: str
) -> None:
    app = application(Console(desk.desk, "FR-DNMS", "Division nationale", origin, desk.sessions))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(cast("Any", app)), base_url=origin) as client:
        assert (await client.get("/sign-in")).status_code == 200
        assert (await client.post("/choose", data={"back": "/x"}, headers={"origin": origin})).status_code == 303
        for other in ("elsewhere.example", "", "desk.example.elsewhere.example", "[", "[::1"):
            assert (await client.get("/sign-in", headers={"host": other})).status_code == 400


@pytest.mark.parametrize(
    ("origin", "listen", "written"),
    [
        ("https://desk.example:443", "0.0.0.0:443", "https://desk.example"),
        ("https://desk.example", "0.0.0.0:443", "https://desk.example"),
        ("", "desk.example:443", "https://desk.example"),
        ("", "desk.example:8443", "https://desk.example:8443"),
    ],
)
def test_the_origin_is_as_browsers_write_it(origin: str, listen: str, written: str) -> None:
    settings = SimpleNamespace(console_origin=origin, console_listen=listen)
    assert origin_of(cast("Any", SimpleNamespace(settings=settings))) == written


@pytest.mark.parametrize("listen", ["0.0.0.0:8443", "[::]:443"])
def test_a_console_that_listens_everywhere_has_to_be_told_how_browsers_reach_it(listen: str) -> None:
    settings = SimpleNamespace(console_origin="", console_listen=listen)
    with pytest.raises(SymbolonError, match="console_origin"):
        origin_of(cast("Any", SimpleNamespace(settings=settings)))


async def test_a_language_and_a_theme_are_kept_and_lead_back_to_this_console_only(desk: ConsoleDesk) -> None:
    browser = desk.browser()
    kept = await browser.send("/choose", language="en", theme="dark", back="/cases")
    assert kept.headers["location"] == "/cases"
    assert "__Host-symbolon-theme=dark" in str(kept.headers.get_list("set-cookie"))
    for back in ("https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example"):
        assert (await browser.send("/choose", language="xx", back=back)).headers["location"] == "/"


async def test_keys_are_switched_off_and_on_again_at_this_browser(desk: ConsoleDesk) -> None:
    browser = desk.browser("a.martin")
    assert " data-keys>" in (await browser.get("/account")).text
    assert (await browser.send("/choose", keys="off", back="/account")).headers["location"] == "/account"
    assert " data-keys>" not in (await browser.get("/account")).text
    await browser.send("/choose", keys="on", back="/account")
    assert " data-keys>" in (await browser.get("/account")).text


@pytest.mark.parametrize(
    ("came", "back"),
    [
        (f"{ORIGIN}/account?next=/x", "/account"),
        ("", "/"),
        ("https://elsewhere.example/account", "/"),
        (f"{ORIGIN}//elsewhere.example", "/"),
        (f"{ORIGIN}/Idris-Maran", "/"),
    ],
)
async def test_from_a_page_that_came_by_a_form_another_language_leads_back_to_where_the_form_stood(
    desk: ConsoleDesk, came: str, back: str
) -> None:
    browser = desk.browser("a.martin")
    await browser.get("/account")
    form = {"csrf": browser.token, "password": "x", "new": "y", "again": "z"}
    headers = {"origin": ORIGIN, "referer": came}
    page = (await browser.client.post("/account/password", data=form, headers=headers)).text
    assert f'name="back" value="{back}"' in page


def test_a_session_ends_by_idleness_and_by_age_and_the_oldest_of_many() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    token = sessions.begin(Admitted("a.martin", 1, 1))
    now[0] = IDLE_SECONDS
    assert sessions.find(token) is not None
    now[0] += IDLE_SECONDS + 1
    assert sessions.find(token) is None
    token = sessions.begin(Admitted("a.martin", 1, 1))
    began = now[0]
    while now[0] - began < LONGEST_SECONDS - IDLE_SECONDS:
        now[0] += IDLE_SECONDS - 1
        assert sessions.find(token) is not None
    now[0] = began + LONGEST_SECONDS + 1
    assert sessions.find(token) is None
    tokens = [sessions.begin(Admitted("a.martin", 1, 1)) for _ in range(MOST_OF_ONE + 1)]
    assert [sessions.find(token) is not None for token in tokens] == [False] + [True] * MOST_OF_ONE
    sessions.end_all_of("a.martin")
    assert all(sessions.find(token) is None for token in tokens)


def test_only_sessions_that_are_not_over_count_among_an_officer_s(desk: ConsoleDesk) -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    first, *_ = [sessions.begin(Admitted("a.martin", 1, 1)) for _ in range(MOST_OF_ONE)]
    now[0] = IDLE_SECONDS
    assert sessions.find(first) is not None
    now[0] += 1
    last = sessions.begin(Admitted("a.martin", 1, 1))
    assert [sessions.find(token) is not None for token in (first, last)] == [True, True]


def test_the_cookie_is_bound_to_host_https_and_site() -> None:
    assert COOKIE.startswith("__Host-")
    assert OfficerKey.draw("a.martin").key not in COOKIE.encode()
