"""A person's own account and the staff's: sessions end when they have to, and nobody changes his own entry."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from console.pages.signed_in import browser_of
from console.wording.account_sentences import PATTERNS, SAID
from node.accounts import calls, password, staff, store
from node.accounts import keeping as keeping_room
from node.accounts.attempts import MOST_FAILURES
from node.accounts.calls import NEXT_SECRET_SECONDS
from node.officers import key, register
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import staff_pb2 as wire
from tests.unit.console_accounts import BETTER, GOOD, KEEPER, MARTIN, NOW, code_of, enrolled, keeping, sign_in
from tests.unit.console_desk import ConsoleDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path) as made:
        made.now = NOW
        made.enter(MARTIN, "analyst")
        made.enter(KEEPER, "operator")
        yield made


# Sessions and changes


@pytest.mark.parametrize("how", ["reset", "lock and unlock"])
async def test_a_reset_or_a_lock_ends_a_change_of_the_password_that_is_under_way(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    desk.enter("s.petit", "supervisor")
    browser, _, _ = await enrolled(desk, "s.petit")
    await browser.get("/account")
    real = password.hash_password

    def hashed_meanwhile(chosen: str) -> str:
        hashed = real(chosen)
        if how == "reset":
            keeping(desk).invite("s.petit", reset=True)
        else:
            keeping(desk).lock("s.petit")
            keeping(desk).unlock("s.petit")
        return hashed

    monkeypatch.setattr(calls, "hash_password", hashed_meanwhile)
    answer = await browser.send("/account/password", password=GOOD, new=BETTER, again=BETTER, code="")
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")
    assert (await browser.get("/staff")).status_code == 303
    account = desk.store.find("s.petit")
    assert account is not None
    assert account.enrolled == (how != "reset")
    assert account.password is None or not password.is_password(account.password, BETTER)


@pytest.mark.parametrize(("path", "shown"), [("authenticator", r'id="secret"[^>]*>'), ("codes", "<li><code>")])
async def test_what_a_reset_found_under_way_shows_nothing_that_will_count(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch, path: str, shown: str
) -> None:
    browser, _, _ = await enrolled(desk)
    await browser.get("/account")
    real = calls.AccountCalls._admit

    async def admitted_and_reset(*of: Any) -> Any:
        admitted = await real(*of)
        keeping(desk).invite(MARTIN, reset=True)
        return admitted

    monkeypatch.setattr(calls.AccountCalls, "_admit", admitted_and_reset)
    answer = await browser.send(f"/account/{path}", password=GOOD, code="")
    assert not re.search(shown, answer.text)
    account = desk.store.find(MARTIN)
    assert account is not None
    assert (account.next_secret, desk.store.codes_left(MARTIN)) == (None, 0)


async def test_what_an_invited_person_scanned_counts_after_a_lock_that_has_ended(desk: ConsoleDesk) -> None:
    code = keeping(desk).invite(MARTIN, reset=True, confirmed=True).code
    shown = desk.store.show_first_secret(MARTIN, code, "A" * 32)
    keeping(desk).lock(MARTIN)
    keeping(desk).unlock(MARTIN)
    assert desk.store.show_first_secret(MARTIN, code, "B" * 32) == shown


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
    wrong = await browser.send("/account/authenticator/finish", code="000000")
    assert wrong.status_code == 422
    assert new not in wrong.text  # it was shown to who gave the password, and to nobody who comes after
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 303
    assert (await browser.send("/account/authenticator/finish", code=code_of(desk, new))).status_code == 303
    desk.now += 60
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 403
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, new))).status_code == 303


async def test_another_authenticator_that_nobody_proved_lapses(desk: ConsoleDesk) -> None:
    browser, secret, _ = await enrolled(desk)
    await browser.get("/account")
    shown = await browser.send("/account/authenticator", password=GOOD)
    new = re.findall(r'id="secret"[^>]*>([A-Z2-7]+)<', shown.text)[0]
    desk.now += NEXT_SECRET_SECONDS
    assert (await browser.send("/account/authenticator/finish", code=code_of(desk, new))).status_code == 422
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 303


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


async def test_who_was_entered_is_invited_from_the_row_that_then_stands_there(desk: ConsoleDesk) -> None:
    browser = desk.browser(KEEPER)
    await browser.get("/staff")
    entered = await browser.send("/staff/add", name="n.ew", roles=["analyst"], authority="")
    assert entered.headers["location"] == "/staff"
    assert rows_with_invite((await browser.get("/staff")).text) == [MARTIN, "n.ew"]
    invited = await browser.send("/staff/invite", name="n.ew")
    assert 'id="invitation-code"' in invited.text
    assert rows_with_invite((await browser.get("/staff")).text) == [MARTIN]
    desk.officers.disable(MARTIN, "op", datetime.now(UTC), lambda _: None)
    assert rows_with_invite((await browser.get("/staff")).text) == []


def rows_with_invite(page: str) -> list[str]:
    """Give who can be invited from the list, in its order."""
    return re.findall(r'action="/staff/invite">.*?name="name" value="([^"]+)"', page)


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
    before = desk.store.find(KEEPER)
    answer = await keeper.send(path, name=KEEPER, **fields)
    assert "this officer may not take this step" in answer.text
    assert desk.officers.roles_of(KEEPER) == {"operator"}
    assert desk.store.find(KEEPER) == before


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


def test_what_the_node_says_of_accounts_and_officers_is_said_without_a_command_line() -> None:
    """Every text of an error in the rooms has its sentence, and every sentence a text."""
    written = []
    for module in (password, keeping_room, calls, store, staff, key, register):
        tree = ast.parse(inspect.getsource(module))
        for call in (one for one in ast.walk(tree) if isinstance(one, (ast.Call, ast.Return, ast.Assign))):
            written += [one.value for one in ast.walk(call) if isinstance(one, ast.Constant)]
    said = {text for text in written if isinstance(text, str)}
    patterns = [pattern for pattern, _ in PATTERNS]
    assert [text for text in SAID if text not in said] == []
    assert [one.pattern for one in patterns if not any(one.fullmatch(text) for text in said)] == []
    for text in said:
        if text.startswith(("--", "NAME", "the password", "no ", "this officer", "another operator", "the code of")):
            assert (
                text in SAID
                or any(pattern.fullmatch(text) for pattern in patterns)
                or text.startswith(("--key-file", "--officer-key"))
            ), text
