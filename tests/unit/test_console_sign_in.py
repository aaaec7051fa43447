"""Signing in: every refusal is alike, nobody is shut out by somebody else, sessions end when they have to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyotp
import pytest

from console.pages.signed_in import DEVICE_COOKIE, browser_of
from console.session import COOKIE
from console.visit import own_path
from ledger.reading import LedgerReader
from node.accounts import calls
from node.accounts.attempts import LOCK_SECONDS, MOST_FAILURES
from node.accounts.keeping import INVITATION_SECONDS, AccountKeeping
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import staff_pb2 as wire
from tests.unit.console_desk import Browser, ConsoleDesk

NOW = 1_800_000_000.0
MARTIN, KEEPER = "a.martin", "o.keeper"
GOOD, BETTER = "quiet harbour nine lamps", "seven slow green kettles"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path) as made:
        made.now = NOW
        made.enter(MARTIN, "analyst")
        made.enter(KEEPER, "operator")
        yield made


def keeping(desk: ConsoleDesk) -> AccountKeeping:
    return AccountKeeping(desk.store, desk.officers, desk.ledger, "op", desk.clock())


async def enrolled(desk: ConsoleDesk, name: str = MARTIN) -> tuple[Browser, str, list[str]]:
    """Enrol somebody; give the browser, which is signed in, the secret and the recovery codes."""
    code = keeping(desk).invite(name, reset=True).code
    browser = desk.browser()
    shown = await browser.send("/enrol", name=name, invitation=code)
    secret = re.findall(r'id="secret"[^>]*>([A-Z2-7]+)<', shown.text)[0]
    fields = {"name": name, "invitation": code, "password": GOOD, "again": GOOD, "code": code_of(desk, secret)}
    done = await browser.send("/enrol/finish", **fields)
    assert done.status_code == 200, done.text
    desk.now += 60  # the code is used up
    return browser, secret, re.findall(r"<li><code>([a-z0-9-]+)</code>", done.text)


def code_of(desk: ConsoleDesk, secret: str) -> str:
    return pyotp.TOTP(secret).at(int(desk.now))


async def sign_in(browser: Browser, name: str, password: str, code: str, back: str = "/") -> httpx.Response:
    return await browser.send("/sign-in", name=name, password=password, code=code, next=back)


def events(desk: ConsoleDesk, tmp_path: Path) -> list[tuple[str, dict[str, str]]]:
    reader = LedgerReader(tmp_path / "console-ledger.db")
    named = ("reason", "proof", "what", "cause")
    return [
        (entry.event.type, {name: value for name, value in entry.event.model_dump().items() if name in named})
        for entry in reader.entries()
    ]


# Enrolment


async def test_who_was_invited_is_signed_in_after_choosing_and_proving(desk: ConsoleDesk, tmp_path: Path) -> None:
    browser, _, codes = await enrolled(desk)
    assert len(codes) == 10
    assert MARTIN in (await browser.get("/account")).text
    told = events(desk, tmp_path)
    assert [event for event, _ in told] == ["account_invited", "account_enrolled", "signed_in"]


async def test_an_invitation_of_another_name_a_lapsed_a_used_and_no_invitation_are_refused_alike(
    desk: ConsoleDesk,
) -> None:
    code = keeping(desk).invite(MARTIN, reset=False).code
    answers = [
        await desk.browser().send("/enrol", name=MARTIN, invitation="abcd-efgh"),
        await desk.browser().send("/enrol", name=KEEPER, invitation=code),
        await desk.browser().send("/enrol", name="n.obody", invitation=code),
        await desk.browser().send(
            "/enrol/finish", name="n.obody", invitation=code, password=GOOD, again=GOOD, code="1"
        ),
    ]
    desk.now += INVITATION_SECONDS
    answers.append(await desk.browser().send("/enrol", name=MARTIN, invitation=code))
    assert len({looks(answer) for answer in answers}) == 1
    assert answers[0].status_code == 403


async def test_a_password_that_may_not_be_chosen_or_a_wrong_code_changes_nothing(desk: ConsoleDesk) -> None:
    code = keeping(desk).invite(MARTIN, reset=False).code
    browser = desk.browser()
    shown = await browser.send("/enrol", name=MARTIN, invitation=code)
    secret = re.findall(r'id="secret"[^>]*>([A-Z2-7]+)<', shown.text)[0]
    right = {"name": MARTIN, "invitation": code, "password": GOOD, "again": GOOD, "code": code_of(desk, secret)}
    for wrong in ({"again": BETTER}, {"password": "short", "again": "short"}, {"code": "000000"}):
        answer = await browser.send("/enrol/finish", **right | wrong)
        assert answer.status_code == 422
        assert secret in answer.text  # what was scanned stays good
        assert GOOD not in answer.text
        assert "set-cookie" not in answer.headers
    assert (await browser.send("/enrol/finish", **right)).status_code == 200


# Signing in


def looks(answer: httpx.Response) -> tuple[object, ...]:
    """Give all of an answer but the name that was typed, which the form shows again."""
    body = re.sub(r'(id="name" name="name" type="text" value=")[^"]*', r"\1", answer.text)
    headers = tuple((name, value) for name, value in answer.headers.items() if name != "content-length")
    return answer.status_code, headers, body


async def test_every_refusal_is_alike_in_status_headers_and_body(desk: ConsoleDesk, tmp_path: Path) -> None:
    _, secret, _ = await enrolled(desk)
    await enrolled(desk, KEEPER)
    desk.enter("i.nvited", "analyst")
    keeping(desk).invite("i.nvited", reset=False)
    desk.enter("d.isable", "analyst")
    _, other_secret, _ = await enrolled(desk, "d.isable")
    desk.officers.disable("d.isable", "op", desk.officers.entries()[0].changed_at, lambda _: None)
    name = MARTIN.replace("a", "z")
    tries = {
        "unknown": (name, GOOD, "123456"),
        "password": (MARTIN, BETTER, code_of(desk, secret)),
        "code": (MARTIN, GOOD, "12345"),
        "not_enrolled": ("i.nvited", GOOD, "123456"),
        "disabled": ("d.isable", GOOD, code_of(desk, other_secret)),
    }
    answers = {reason: await sign_in(desk.browser(), *proof) for reason, proof in tries.items()}
    keeping(desk).lock(KEEPER)
    answers["locked"] = await sign_in(desk.browser(), KEEPER, GOOD, "123456")
    answers["odd"] = await sign_in(desk.browser(), "", "", "")
    assert len({looks(answer) for answer in answers.values()}) == 1
    assert "set-cookie" not in answers["unknown"].headers
    refused = [fields["reason"] for event, fields in events(desk, tmp_path) if event == "sign_in_refused"]
    assert refused == [*tries, "locked"]  # a form with nothing in it is no attempt


async def test_every_refusal_does_the_same_work(desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    await enrolled(desk)
    keeping(desk).lock(MARTIN)
    done: list[str] = []
    real = calls.is_password

    def counted(kept: str | None, password: str) -> bool:
        done.append("hash")
        return real(kept, password)

    monkeypatch.setattr(calls, "is_password", counted)
    for name in (MARTIN, KEEPER, "n.obody"):
        await sign_in(desk.browser(), name, GOOD, "123456")
    for _ in range(MOST_FAILURES + 1):
        await sign_in(desk.browser(), "n.obody", GOOD, "123456")
    assert done == ["hash"] * (3 + MOST_FAILURES + 1)


async def test_a_code_and_a_recovery_code_count_once(desk: ConsoleDesk) -> None:
    _, secret, codes = await enrolled(desk)
    code = code_of(desk, secret)
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code)).status_code == 303
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code)).status_code == 403
    assert (await sign_in(desk.browser(), MARTIN.upper(), GOOD, codes[0].upper())).status_code == 303
    assert (await sign_in(desk.browser(), MARTIN, GOOD, codes[0])).status_code == 403


async def test_signing_in_gives_a_new_token_and_ends_the_session_that_was(desk: ConsoleDesk) -> None:
    browser, secret, _ = await enrolled(desk)
    before = browser.client.cookies[COOKIE]
    await sign_in(browser, MARTIN, GOOD, code_of(desk, secret))
    assert browser.client.cookies[COOKIE] != before
    assert desk.sessions.find(before) is None
    planted = desk.browser()
    planted.client.cookies.set(COOKIE, "planted")
    desk.now += 60
    answer = await sign_in(planted, MARTIN, GOOD, code_of(desk, secret))
    assert f"{COOKIE}=planted" not in str(answer.headers.get_list("set-cookie"))
    for cookie in answer.headers.get_list("set-cookie"):
        assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} <= set(cookie.split("; "))


async def test_strangers_lock_a_name_for_strangers_and_not_for_a_browser_that_knows_its_officer(
    desk: ConsoleDesk, tmp_path: Path
) -> None:
    known, secret, _ = await enrolled(desk)
    assert DEVICE_COOKIE in known.client.cookies
    await known.get("/")
    await known.send("/sign-out")
    for _ in range(MOST_FAILURES):
        await sign_in(desk.browser(), MARTIN, BETTER, "123456")
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 403
    assert (await sign_in(known, MARTIN, GOOD, code_of(desk, secret))).status_code == 303
    assert keeping(desk).state_of(MARTIN).state == "locked_out"
    locked = [fields for event, fields in events(desk, tmp_path) if event == "account_locked"]
    assert locked == [{"cause": "failures"}]
    desk.now += LOCK_SECONDS
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 303


async def test_nobody_is_let_in_while_the_log_cannot_be_written(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret, _ = await enrolled(desk)

    def broken(*_: object) -> None:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    with monkeypatch.context() as patched:
        patched.setattr(desk.ledger, "append", broken)
        answer = await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))
        assert answer.status_code == 503
        assert "set-cookie" not in answer.headers
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 303


async def test_a_flood_of_strangers_is_told_to_wait_and_a_known_browser_gets_in(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, secret, _ = await enrolled(desk)
    monkeypatch.setattr("node.accounts.hashing.AT_ONCE", 0)
    monkeypatch.setattr("node.accounts.hashing.MOST_WAITING", 0)
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 503
    monkeypatch.undo()
    assert (await sign_in(known, MARTIN, GOOD, code_of(desk, secret))).status_code == 303


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/cases", "/cases"),
        ("/cases?a=b", "/cases?a=b"),
        ("", "/"),
        ("cases", "/"),
        ("https://elsewhere.example", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("/\u2215elsewhere", "/"),
    ],
)
async def test_after_signing_in_one_goes_on_to_own_pages_only(desk: ConsoleDesk, asked: str, goes: str) -> None:
    assert own_path(asked) == goes
    browser = desk.browser(MARTIN)
    assert (await browser.client.get("/sign-in", params={"next": asked})).headers["location"] == goes


# Sessions and changes


async def test_another_password_ends_other_sessions_and_counts_from_then_on(desk: ConsoleDesk) -> None:
    browser, secret, _ = await enrolled(desk)
    other = desk.browser()
    await sign_in(other, MARTIN, GOOD, code_of(desk, secret))
    await browser.get("/account")
    for fields, status in (
        ({"password": BETTER, "new": BETTER, "again": BETTER}, 422),
        ({"password": GOOD, "new": BETTER, "again": GOOD}, 422),
        ({"password": GOOD, "new": "short", "again": "short"}, 422),
        ({"password": GOOD, "new": BETTER, "again": BETTER}, 303),
    ):
        assert (await browser.send("/account/password", **fields)).status_code == status
    assert (await browser.get("/account")).status_code == 200
    assert (await other.get("/account")).status_code == 303
    desk.now += 60
    assert (await sign_in(other, MARTIN, GOOD, code_of(desk, secret))).status_code == 403
    assert (await sign_in(other, MARTIN, BETTER, code_of(desk, secret))).status_code == 303


async def test_guessing_the_password_from_a_stolen_session_is_locked_too(desk: ConsoleDesk) -> None:
    browser, _, _ = await enrolled(desk)
    await browser.get("/account")
    for _ in range(MOST_FAILURES):
        await browser.send("/account/codes", password=BETTER)
    assert (await browser.send("/account/codes", password=GOOD)).status_code == 422


async def test_a_new_authenticator_counts_once_proved_and_the_old_one_until_then(desk: ConsoleDesk) -> None:
    browser, secret, _ = await enrolled(desk)
    await browser.get("/account")
    shown = await browser.send("/account/authenticator", password=GOOD)
    new = re.findall(r'id="secret"[^>]*>([A-Z2-7]+)<', shown.text)[0]
    assert new != secret
    assert (await browser.send("/account/authenticator/finish", code="000000")).status_code == 422
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 303
    assert (await browser.send("/account/authenticator/finish", code=code_of(desk, new))).status_code == 303
    desk.now += 60
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 403
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, new))).status_code == 303


async def test_new_recovery_codes_void_the_old_ones(desk: ConsoleDesk) -> None:
    browser, _, codes = await enrolled(desk)
    await browser.get("/account")
    page = (await browser.send("/account/codes", password=GOOD)).text
    new = re.findall(r"<li><code>([a-z0-9-]+)</code>", page)
    assert (await sign_in(desk.browser(), MARTIN, GOOD, codes[0])).status_code == 403
    assert (await sign_in(desk.browser(), MARTIN, GOOD, new[0])).status_code == 303


async def test_own_sessions_are_ended_one_by_one_or_all_and_nobody_else_s(desk: ConsoleDesk) -> None:
    browser, secret, _ = await enrolled(desk)
    other = desk.browser()
    await sign_in(other, MARTIN, GOOD, code_of(desk, secret))
    keeper, _, _ = await enrolled(desk, KEEPER)
    of_keeper = desk.sessions.of(KEEPER)[0].handle
    await browser.get("/account")
    await browser.send("/account/session", session=of_keeper)
    assert (await keeper.get("/")).status_code == 200
    await browser.send("/account/session", session=desk.sessions.of(MARTIN)[1].handle)
    assert (await other.get("/")).status_code == 303
    third = desk.browser()
    desk.now += 60
    await sign_in(third, MARTIN, GOOD, code_of(desk, secret))
    assert (await browser.send("/account/sessions")).headers["location"] == "/sign-in"
    assert [(await one.get("/")).status_code for one in (browser, third, keeper)] == [303, 303, 200]


async def test_signing_out_ends_the_session_even_where_the_log_cannot_be_written(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    monkeypatch.setattr(desk.ledger, "record", broken)
    browser = desk.browser(MARTIN)
    await browser.get("/")
    assert (await browser.send("/sign-out")).status_code == 503
    assert (await browser.get("/")).status_code == 303


async def test_a_lock_and_a_removal_end_sessions_with_the_next_request(desk: ConsoleDesk) -> None:
    browser, _, _ = await enrolled(desk)
    keeping(desk).lock(MARTIN)
    assert (await browser.get("/")).status_code == 303
    browser, _, _ = await enrolled(desk)
    keeping(desk).remove(MARTIN)
    assert (await browser.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("<script>", ""),
        ("", ""),
    ],
)
def test_a_session_is_told_by_browser_and_system_in_our_words(agent: str, shown: str) -> None:
    assert browser_of(agent) == shown


# Staff


async def test_an_operator_enters_changes_disables_and_invites_others(desk: ConsoleDesk) -> None:
    keeper = desk.browser(KEEPER)
    await keeper.get("/staff")
    entered = await keeper.send("/staff/add", name="b.new", roles=["analyst"], authority="Unit 3")
    assert entered.status_code == 303
    assert desk.officers.roles_of("b.new") == {"analyst"}
    assert (await keeper.send("/staff/add", name="B New", roles=["analyst"], authority="")).status_code == 422
    assert (await keeper.send("/staff/change", name="b.new", roles=["auditor", "judge"])).status_code == 422
    assert (await keeper.send("/staff/change", name="b.new", roles=["judge"], authority="")).status_code == 303
    assert desk.officers.roles_of("b.new") == {"judge"}
    page = await keeper.send("/staff/invite", name="b.new")
    assert 'id="invitation-code"' in page.text
    assert (await keeper.send("/staff/active", name="b.new", active="")).status_code == 303
    assert desk.officers.roles_of("b.new") == frozenset()
    assert (await keeper.send("/staff/invite", name="b.new")).status_code == 404
    assert (await keeper.send("/staff/active", name="b.new", active="yes")).status_code == 303
    assert desk.officers.roles_of("b.new") == {"judge"}
    assert (await keeper.send("/staff/account", name="b.new", change="remove")).status_code == 303
    assert (await keeper.send("/staff/account", name="b.new", change="remove")).status_code == 404


async def test_an_account_in_use_is_voided_only_by_a_reset(desk: ConsoleDesk) -> None:
    browser, _, _ = await enrolled(desk)
    keeper = desk.browser(KEEPER)
    await keeper.get("/staff")
    assert (await keeper.send("/staff/invite", name=MARTIN)).status_code == 422
    assert (await browser.get("/")).status_code == 200
    assert (await keeper.send("/staff/invite", name=MARTIN, reset="yes")).status_code == 200
    assert (await browser.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/staff/add", {"roles": ["operator", "analyst"]}),
        ("/staff/change", {"roles": ["operator", "release_officer"]}),
        ("/staff/active", {"active": ""}),
        ("/staff/invite", {"reset": "yes"}),
        ("/staff/account", {"change": "unlock"}),
    ],
)
async def test_no_operator_touches_his_own_entry(desk: ConsoleDesk, path: str, fields: dict[str, str]) -> None:
    keeper = desk.browser(KEEPER)
    await keeper.get("/staff")
    answer = await keeper.send(path, name=KEEPER, **fields)
    assert "this officer may not take this step" in answer.text
    assert desk.officers.roles_of(KEEPER) == {"operator"}
    assert desk.store.find(KEEPER) is None


async def test_letting_an_active_officer_in_again_leaves_his_key_alone(desk: ConsoleDesk) -> None:
    before = desk.officers.entries()
    request = wire.SetOfficerActiveRequest(name=MARTIN, active=True)
    await desk.desk.staff.set_officer_active(request, Officer(KEEPER, frozenset({"operator"})))
    assert desk.officers.entries() == before


async def test_nobody_else_sees_the_staff(desk: ConsoleDesk) -> None:
    browser = desk.browser(MARTIN)
    await browser.get("/")
    assert (await browser.get("/staff")).status_code == 403
    assert (await browser.send("/staff/add", name="b.new", roles=["analyst"])).status_code == 403
    assert desk.officers.roles_of("b.new") == frozenset()
