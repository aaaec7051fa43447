"""Every form of the console counts only from a page of this console, with the token of the session that sends it.

Here the console has none of the desk's calls: a forged form that came as far as one of them would end in an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from console.navigation import may_go
from console.pages import PAGES
from console.routing import Page
from ledger.reading import LedgerReader
from node.officers.register import ROLES, Officer
from tests.unit.console_desk import ORIGIN, Browser, ConsoleDesk

FORMS = [page for page in PAGES if page.method == "POST"]
OF_A_SESSION = [page for page in FORMS if page.audience != "anybody"]
FROM_HERE = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
FROM_ELSEWHERE: list[dict[str, str]] = [
    {},
    {"origin": "null"},
    {"origin": "https://elsewhere.example"},
    {"origin": ORIGIN + ".elsewhere.example"},
    {"origin": ORIGIN.replace("https", "http")},
    {"origin": ORIGIN.rpartition(":")[0]},
    {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
    {"origin": ORIGIN, "sec-fetch-site": "same-site"},
    {"origin": ORIGIN, "sec-fetch-site": "none"},
    {"referer": ORIGIN + "/"},
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleDesk]:
    """Give one console to all: nothing of what is sent here may change it."""
    with ConsoleDesk(tmp_path_factory.mktemp("forged")) as made:
        for role in ROLES:
            made.enter(f"only.{role.replace('_', '-')}", role)
        yield made


def who_may(page: Page) -> str:
    role = next(role for role in ROLES if may_go(page.audience, Officer("x", frozenset({role}))))
    return f"only.{role.replace('_', '-')}"


def path_of(page: Page) -> str:
    return re.sub(r"\{[^}]+\}", "1", page.path)


async def post(browser: Browser, page: Page, token: str | None, headers: dict[str, str], *, file: bool) -> int:
    fields = {"name": "x", "words": "x", "sure": "yes", "confirmed": "yes", "act": "remove", "do": "send"}
    fields = ({"csrf": token} if token is not None else {}) | fields
    files = {"file": ("a.csv", b"row"), "first": ("a", b"x")} if file else None
    answer: httpx.Response = await browser.client.post(path_of(page), data=fields, files=files, headers=headers)
    assert "set-cookie" not in answer.headers
    return answer.status_code


def state(desk: ConsoleDesk) -> tuple[object, ...]:
    """Give what a form could have changed: the log, the register, and who is signed in."""
    sessions = [desk.sessions.of(entry.officer.name) for entry in desk.officers.entries()]
    return LedgerReader(desk.ledger_path).head(), desk.officers.entries(), [len(one) for one in sessions]


@pytest.mark.parametrize("file", [False, True])
@pytest.mark.parametrize("page", OF_A_SESSION, ids=lambda page: str(page.path))
async def test_a_form_without_the_token_of_its_session_does_nothing(desk: ConsoleDesk, page: Page, file: bool) -> None:
    browser, twin, other = desk.browser(who_may(page)), desk.browser(who_may(page)), desk.browser("only.judge")
    tokens: list[str | None] = [None, "", "x", "é"]
    for one in (twin, other):
        await one.get("/")
        tokens.append(one.token)
    await browser.get("/")
    tokens += [browser.token[:-1], browser.token + "x", browser.token.swapcase()]
    before = state(desk)
    uploads = page.path in ("/node/list", "/audit/reconciliation")
    for token in tokens:
        status = await post(browser, page, token, FROM_HERE, file=file)
        assert status == (400 if uploads and not file else 403), token
    assert state(desk) == before


@pytest.mark.parametrize("page", FORMS, ids=lambda page: str(page.path))
async def test_a_form_from_another_origin_does_nothing(desk: ConsoleDesk, page: Page) -> None:
    browser = desk.browser(who_may(page))
    await browser.get("/")
    before = state(desk)
    for headers in FROM_ELSEWHERE:
        assert await post(browser, page, browser.token, headers, file=False) == 403, headers
    assert state(desk) == before
