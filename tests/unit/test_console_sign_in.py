"""Signing in and enrolling: every refusal is alike, and nobody is shut out by somebody else."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from console.pages.signed_in import DEVICE_COOKIE
from console.returning import own_path
from console.session import COOKIE
from ledger.reading import LedgerReader
from node.accounts.attempts import LOCK_SECONDS, MOST_FAILURES
from node.accounts.calls import AccountCalls, Proof
from node.accounts.hashing import AT_ONCE, MOST_OF_ONE, MOST_WAITING, Queue
from node.accounts.keeping import INVITATION_SECONDS
from node.accounts.password import is_password
from node.accounts.refusals import SignInRefusedError
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.console_accounts import BETTER, GOOD, KEEPER, MARTIN, NOW, code_of, enrolled, keeping, sign_in
from tests.unit.console_desk import ConsoleDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path) as made:
        made.now = NOW
        made.enter(MARTIN, "analyst")
        made.enter(KEEPER, "operator")
        yield made


def events(desk: ConsoleDesk, tmp_path: Path) -> list[tuple[str, dict[str, Any]]]:
    reader = LedgerReader(tmp_path / "console-ledger.db")
    named = ("reason", "proof", "what", "cause", "times")
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
    real = is_password

    def counted(kept: str | None, password: str) -> bool:
        done.append("hash")
        return real(kept, password)

    monkeypatch.setattr("node.accounts.calls.is_password", counted)
    for name in (MARTIN, KEEPER, "n.obody"):
        await sign_in(desk.browser(), name, GOOD, "123456")
    for _ in range(MOST_FAILURES + 1):
        await sign_in(desk.browser(), "n.obody", GOOD, "123456")
    assert done == ["hash"] * (3 + MOST_FAILURES + 1)


@pytest.mark.parametrize("name", [MARTIN, "n.obody"])
async def test_a_refusal_waits_as_long_after_its_work_however_long_that_was_in_a_queue(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    await enrolled(desk)
    done: list[float] = []

    def slowly(_: str | None, __: str) -> bool:
        time.sleep(0.5)
        done.append(time.monotonic())
        return False

    monkeypatch.setattr("node.accounts.calls.is_password", slowly)
    calls = AccountCalls(desk.store, desk.officers, desk.ledger, "FR-DNMS", clock=desk.clock, first_pause=0.2)
    with pytest.raises(SignInRefusedError):
        await calls.sign_in(Proof(name, GOOD, "123456"))
    assert time.monotonic() - done[0] >= 0.2


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
    monkeypatch.setattr("node.accounts.hashing.MOST_OF_ONE", 0)
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 503
    assert (await sign_in(known, MARTIN, GOOD, code_of(desk, secret))).status_code == 303


async def test_strangers_at_one_address_leave_room_for_whoever_asks_from_another() -> None:
    queue = Queue()
    async with AsyncExitStack() as inside:
        for _ in range(AT_ONCE):
            await inside.enter_async_context(queue.turn("10.0.0.1"))
        waiting = [asyncio.create_task(waits(queue, "10.0.0.1")) for _ in range(MOST_OF_ONE - AT_ONCE)]
        await asyncio.sleep(0)
        for _ in range(3):
            with pytest.raises(SymbolonError) as caught:
                await waits(queue, "10.0.0.1")
            assert caught.value.code is ErrorCode.BUSY
        waiting += [asyncio.create_task(waits(queue, f"10.0.1.{last}")) for last in range(MOST_WAITING - len(waiting))]
        await asyncio.sleep(0)
        with pytest.raises(SymbolonError):
            await waits(queue, "10.0.2.1")
    await asyncio.gather(*waiting)
    for _ in range(2 * MOST_OF_ONE):  # whoever has gone takes no room
        await waits(queue, "10.0.0.1")


async def waits(queue: Queue, stranger: str) -> None:
    async with queue.turn(stranger):
        pass


async def test_what_strangers_can_do_without_end_makes_two_entries_a_minute(desk: ConsoleDesk, tmp_path: Path) -> None:
    await enrolled(desk)
    keeping(desk).lock(MARTIN)
    before = len(events(desk, tmp_path))
    for number in range(20):
        assert (await desk.browser().send("/enrol", name=f"n.{number}", invitation="abcd")).status_code == 403
        assert (await desk.browser().send("/enrol", name=MARTIN, invitation="abcd")).status_code == 403
    for number in range(3):
        await sign_in(desk.browser(), f"n.{number}", GOOD, "123456")
        await sign_in(desk.browser(), MARTIN, GOOD, "123456")
    refusals = desk.desk.accounts.refusals
    await refusals.enter()
    told = [fields for event, fields in events(desk, tmp_path)[before:] if event == "sign_in_refused"]
    assert [(one["reason"], one["times"]) for one in told] == [
        ("invitation", 1),
        ("invitation", 1),
        ("unknown", 1),
        ("locked", 1),
        ("invitation", 19),
        ("invitation", 19),
        ("unknown", 2),
        ("locked", 2),
    ]
    await refusals.enter()
    assert len(events(desk, tmp_path)) == before + 8


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
