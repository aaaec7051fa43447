"""Four eyes over the staff: who was invited from the console gets in after a second officer confirmed who enrolled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.reading import LedgerReader
from tests.unit.console_accounts import GOOD, KEEPER, MARTIN, NOW, code_of, keeping, sign_in
from tests.unit.console_desk import Browser, ConsoleDesk

SOFIA, SECOND = "s.sofia", "o.second"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path) as made:
        made.now = NOW
        made.enter(MARTIN, "analyst")
        made.enter(SOFIA, "supervisor")
        made.enter(KEEPER, "operator")
        made.enter(SECOND, "operator")
        yield made


async def invited(desk: ConsoleDesk, name: str) -> tuple[Browser, str]:
    """Invite somebody from the console, and enrol; give the browser and the secret."""
    keeper = desk.browser(KEEPER)
    await keeper.get("/staff")
    page = (await keeper.send("/staff/invite", name=name, reset="yes")).text
    code = re.findall(r'id="invitation-code"[^>]*>([^<]+)<', page)[0]
    browser = desk.browser()
    shown = await browser.send("/enrol", name=name, invitation=code)
    secret = re.findall(r'id="secret"[^>]*>([A-Z2-7]+)<', shown.text)[0]
    fields = {"name": name, "invitation": code, "password": GOOD, "again": GOOD, "code": code_of(desk, secret)}
    assert (await browser.send("/enrol/finish", **fields)).status_code == 200
    desk.now += 60
    return browser, secret


async def confirm(desk: ConsoleDesk, by: str, name: str) -> int:
    """Confirm what the page of the staff shows; give the status."""
    browser = desk.browser(by)
    await browser.get("/staff")
    account = desk.store.find(name)
    at = int(account.changed_at.timestamp()) if account else 0
    return (await browser.send("/staff/confirm", name=name, enrolled_at=str(at))).status_code


async def test_an_operator_alone_gets_into_no_colleague_s_account_who_decides(desk: ConsoleDesk) -> None:
    browser, secret = await invited(desk, SOFIA)  # by the operator himself, as far as the node can tell
    assert (await browser.get("/")).status_code == 303
    waiting = await sign_in(browser, SOFIA, GOOD, code_of(desk, secret))
    assert waiting.status_code == 403
    assert "waits for a second officer" in waiting.text
    assert (await browser.get("/")).status_code == 303
    assert await confirm(desk, KEEPER, SOFIA) == 403
    assert await confirm(desk, MARTIN, SOFIA) == 403
    desk.now += 60
    assert (await sign_in(browser, SOFIA, GOOD, code_of(desk, secret))).status_code == 403


async def test_a_second_operator_or_a_supervisor_confirms_once_and_the_log_has_who(desk: ConsoleDesk) -> None:
    desk.enter("s.other", "supervisor")
    for by in (SECOND, "s.other"):
        browser, secret = await invited(desk, SOFIA)
        page = (await desk.browser(by).get("/staff")).text
        assert f"Confirm that it was <bdi>{SOFIA}</bdi>" in page
        assert ("/staff/add" in page) == (by == SECOND)  # a supervisor changes nothing else
        assert await confirm(desk, by, SOFIA) == 303
        assert await confirm(desk, by, SOFIA) == 422
        assert (await sign_in(browser, SOFIA, GOOD, code_of(desk, secret))).status_code == 303
        reader = LedgerReader(desk.ledger_path)
        entry = [one for one in reader.entries() if one.event.type == "account_changed"][-1]
        assert entry.event.model_dump()["what"] == "confirmed"
        assert {one.name: one.value for one in reader.openings(entry.number)} == {"officer": SOFIA, "user": by}
        desk.now += 60


async def test_what_is_confirmed_is_the_enrolment_that_was_seen(desk: ConsoleDesk) -> None:
    await invited(desk, SOFIA)
    second = desk.browser(SECOND)
    seen = re.findall(r'name="enrolled_at" value="([0-9]+)"', (await second.get("/staff")).text)[0]
    _, secret = await invited(desk, SOFIA)
    assert (await second.send("/staff/confirm", name=SOFIA, enrolled_at=seen)).status_code == 422
    assert (await second.send("/staff/confirm", name=SOFIA, enrolled_at="x")).status_code == 422
    assert (await sign_in(desk.browser(), SOFIA, GOOD, code_of(desk, secret))).status_code == 403


async def test_an_analyst_gets_in_at_once_and_waits_as_soon_as_he_is_to_decide(desk: ConsoleDesk) -> None:
    browser, secret = await invited(desk, MARTIN)
    assert (await browser.get("/")).status_code == 200
    keeper = desk.browser(KEEPER)
    await keeper.get("/staff")
    assert (await keeper.send("/staff/change", name=MARTIN, roles=["supervisor"], authority="")).status_code == 303
    assert (await browser.get("/")).status_code == 303
    assert "waits for a second" in (await sign_in(browser, MARTIN, GOOD, code_of(desk, secret))).text
    assert await confirm(desk, KEEPER, MARTIN) == 403
    assert await confirm(desk, SECOND, MARTIN) == 303
    desk.now += 60
    assert (await sign_in(browser, MARTIN, GOOD, code_of(desk, secret))).status_code == 303


@pytest.mark.parametrize("role", ["operator", "auditor", "judge", "legal_adviser", "release_officer"])
async def test_whoever_confirms_decides_or_audits_is_confirmed(desk: ConsoleDesk, role: str) -> None:
    desk.enter("n.new", role)
    browser, _ = await invited(desk, "n.new")
    assert (await browser.get("/")).status_code == 303
    assert keeping(desk).state_of("n.new").state == "unconfirmed"
