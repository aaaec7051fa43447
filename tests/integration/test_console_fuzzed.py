"""Whatever is sent to the console of a real node, each answer is one of the console's and tells nothing it should not.

Every form that an officer of some role finds is sent with odd fields, and every address is asked for with odd parts.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from console.headers import HEADERS
from console.navigation import may_go
from console.pages import PAGES
from console.routing import Page
from console.session import COOKIE
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode
from tests.integration.console_crawler import SentForm, crawl, forms_in, page_of, title_of
from tests.integration.fuzzed_consoles import MARKUP, OFFICERS, PERSON, SPARE, Consoles, consoles
from tests.integration.odd_forms import Body, bodies, headers, odd_cookies, parts_of_paths, queries
from tests.unit.console_desk import ORIGIN, let_in

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
    # Starlette leaves the file of a form that was cut off to the garbage collector, which takes it at once.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <function SpooledTemporaryFile"),
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"),
]

ODD = settings(
    max_examples=8,
    phases=(Phase.generate,),  # each is sent once: what it changed cannot be sent again
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
SKIPPED = {"/sign-out", "/account/sessions", "/account/session"}
"""Forms whose effect is that the session is over: `tests.unit.test_console_door` has them."""

SLOW = {"/sign-in", "/enrol", "/enrol/finish", "/account/password", "/account/authenticator", "/account/codes"}
"""Forms that hash a password, or make a stranger wait."""

SLOW_ONE = "r.judge"
"""Who sends them, and what is for anybody: he has the fewest forms."""

LEADING = {
    "/staff/show",
    "/node/records",
    "/node/records/show",
    "/queries/new",
    "/referrals/{reference}/approve",
    "/referrals/{reference}/recall",
    "/audit/entries/{number}/open",
}
"""Forms that lead to other forms."""

LAST = {"/agreements/{hash}", "/node/records/act", "/node/cancel"}
"""Forms after which there is less to be found."""

TITLES = ("This form is out of date", "There is no such page", "This cannot be taken", "That was not possible")
SPOKEN = [one.value.text for one in ErrorCode if one is not ErrorCode.INTERNAL]
INTERNAL = re.compile(r"Traceback|File \"/|\.py\b|sqlite|Error\(|object at 0x|<class |symbolon\.rpc|site-packages")
KNOWN_LINES = re.compile(  # a mailbag may be of who joined last, before this node has seen that in the directory
    r"symbolon\.rpc INFO /[\w.]+/\w+ (symbolon://[a-z]+/[A-Z-]+|unknown) [\w.-]+ [\d.]+ ms"
    r"|symbolon\.node WARNING a mailbag that says it is from symbolon://agency/[A-Z-]+ was not read: PartyError"
    r"|symbolon\.node INFO mail for symbolon://[a-z]+/[A-Z-]+: [a-z_]+"
    r"|symbolon\.node WARNING console: somebody was not let in; the refusal waits [\d.]+ s"
    r"|symbolon\.node WARNING cases\.db: erased content stays in the write-ahead log until no reader holds it"
)
COOKIES = {"/choose", "/sign-in", "/enrol/finish", "/account/password", "/sign-in/oidc", "/sign-in/oidc/return"}


@dataclass
class Running:
    """The consoles, the loop they live in, and the forms that each officer finds."""

    runner: asyncio.Runner
    consoles: Consoles
    forms: dict[str, list[SentForm]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with asyncio.Runner() as runner:
        around = consoles(tmp_path_factory.mktemp("console"))
        made = Running(runner, runner.run(around.__aenter__()))
        try:
            for officer in _officers():
                made.forms[officer] = runner.run(_forms(made.consoles, officer))
            yield made
        finally:
            runner.run(around.__aexit__(None, None, None))


def _officers() -> list[str]:
    return [name for names in OFFICERS.values() for name in names]


async def _forms(made: Consoles, officer: str) -> list[SentForm]:
    browser = made.browser(officer)
    found: dict[tuple[str, ...], SentForm] = {}
    for path, answer in (await crawl(browser, found)).items():
        check(answer, path, made)
        assert answer.status_code == (303 if path == "/sign-in" else 200), path  # whoever is signed in is led on
    for _ in range(2):
        for form in [one for one in found.values() if _page(one).path in LEADING]:
            answer = await browser.send(form.action, **form.fields)
            check(answer, form.action, made)
            for one in forms_in(answer, form.action):
                found.setdefault(one.key, one)
    for form in found.values():
        if form.action.startswith("/staff/") and "name" in form.fields:
            form.fields["name"] = SPARE
    missing = {page.path for page in PAGES if page.method == "POST"} - {_page(one).path for one in found.values()}
    may = [page for page in PAGES if page.method == "POST" and page.path in missing and _may(officer, page)]
    forms = [*found.values(), *(_made_up(page, made) for page in may)]
    passed_over = SKIPPED if officer == SLOW_ONE else SKIPPED | SLOW
    wanted = [form for form in forms if _page(form).path not in passed_over]
    return sorted(wanted, key=lambda form: _page(form).path in LAST)


def _page(form: SentForm) -> Page:
    page = page_of(form.action)
    assert page is not None, form.action
    return page


def _may(officer: str, page: Page) -> bool:
    if page.audience in ("anybody", "signed_in"):
        return officer == SLOW_ONE
    return _sees(officer, page)


_NAMES = sorted(
    {
        name
        for path in Path("console/templates").rglob("*.html")
        for name in re.findall(r'name="([\w.]+)"', path.read_text())
        if name != "csrf"
    }
)


def _made_up(page: Page, made: Consoles) -> SentForm:
    """Give a form that no page showed, with any names of fields."""
    known = {"reference": made.referral, "holder": "DE-ZASM", "number": "1", "run": "1"}
    path = re.sub(r"\{(\w+)\}", lambda part: known.get(part[1], "1"), page.path)
    return SentForm(path, dict.fromkeys(_NAMES, "1"), ["list", "file", "checkpoint"])


def check(answer: httpx.Response, path: str, made: Consoles) -> None:
    """Hold what every answer of a console has to be."""
    page = page_of(path.partition("?")[0], answer.request.method)
    text = answer.text
    assert answer.status_code < 500 or (
        answer.status_code in (503, 504) and any(one in unescape(text) for one in SPOKEN)
    ), f"{answer.request.method} {path}: {answer.status_code}"
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, (path, name)
    assert answer.headers["cache-control"] == "no-store", path
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    assert MARKUP not in text or not is_page, path
    assert not INTERNAL.search(text), (path, INTERNAL.search(text))
    assert str(made.folder) not in text, path
    title = title_of(answer)
    assert PERSON not in title, (path, title)
    assert "evil" not in title.replace(f"Asking {MARKUP}", "").replace(f"Holding {MARKUP}", ""), (path, title)
    if title.startswith(TITLES):
        assert PERSON not in text, path
    location = answer.headers.get("location", "")
    assert location == "" or (location.startswith(("/", ORIGIN + "/")) and not location.startswith("//")), location
    cookies = answer.headers.get_list("set-cookie")
    assert not cookies or (page is not None and page.path in COOKIES), (path, cookies)
    for cookie in cookies:
        assert re.match(r"__Host-symbolon[a-z-]*=", cookie), cookie
        assert {"secure", "httponly", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}, cookie


def check_log(made: Consoles) -> None:
    """Hold that the process logged nothing but its known lines, and no word of a person."""
    lines = [line for line in made.log.lines if not line.startswith("httpx ")]
    made.log.lines.clear()
    assert [line for line in lines if PERSON in line or "evil" in line] == []
    assert [line[:300] for line in lines if not KNOWN_LINES.fullmatch(line)] == []


def test_every_form_of_the_console_is_sent_by_somebody(running: Running) -> None:
    sent = {_page(form).path for forms in running.forms.values() for form in forms}
    assert sent == {page.path for page in PAGES if page.method == "POST"} - SKIPPED


@pytest.mark.parametrize("officer", _officers())
def test_an_odd_form_gets_an_answer_of_the_console(running: Running, officer: str) -> None:
    made = running.consoles
    browser = made.browser(officer)

    async def post(form: SentForm, body: Body, more: dict[bytes, bytes]) -> httpx.Response:
        said = {b"content-type": body.kind, b"origin": ORIGIN.encode(), b"sec-fetch-site": b"same-origin"}
        return await browser.client.post(form.action, content=body.content, headers=more | said)

    def send_to(form: SentForm) -> None:
        @settings(ODD, max_examples=3 if form.action in SLOW else ODD.max_examples)
        @given(body=bodies(form, browser.token), more=headers)
        def send(body: Body, more: dict[bytes, bytes]) -> None:
            check(running.runner.run(post(form, body, more)), form.action, made)

        send()

    for form in running.forms[officer]:
        running.runner.run(browser.get("/"))

        send_to(form)
        assert running.runner.run(browser.get("/")).status_code == 200, form.action
        check_log(made)


@pytest.mark.parametrize("page", [page for page in PAGES if page.method == "GET"], ids=lambda page: str(page.path))
def test_an_odd_address_gets_an_answer_of_the_console(running: Running, page: Page) -> None:
    made = running.consoles
    officer = next((one for one in _officers() if _sees(one, page)), _officers()[0])
    node = made.nodes[next(agency for agency, names in OFFICERS.items() if officer in names)]
    browser = node.browser()
    session = node.sessions.begin(let_in(node.desk, officer))

    async def ask(path: str, more: dict[bytes, bytes], cookies: bytes) -> httpx.Response:
        own = f"{COOKIE}={session}; ".encode()
        return await browser.client.get(path, headers=more | {b"cookie": own + cookies})

    count = page.path.count("{")
    known = st.sampled_from([made.hit, made.referral, "DE-ZASM", "1"])
    parts = st.lists(parts_of_paths | known, min_size=count, max_size=count)

    @ODD
    @given(parts=parts, query=queries, more=headers, cookies=odd_cookies)
    def send(parts: list[str], query: str, more: dict[bytes, bytes], cookies: bytes) -> None:
        waiting = iter(parts)
        path = re.sub(r"\{\w+\}", lambda _: next(waiting), page.path)
        try:
            url = httpx.URL(f"{ORIGIN}{path}?{query}")
        except httpx.InvalidURL:
            return
        check(running.runner.run(ask(str(url), more, cookies)), path, made)

    send()
    check_log(made)


def _sees(officer: str, page: Page) -> bool:
    roles = next(names[officer] for names in OFFICERS.values() if officer in names)
    return may_go(page.audience, Officer(officer, frozenset(roles)))
