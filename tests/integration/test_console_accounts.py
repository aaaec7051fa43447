"""A real node's console over real HTTPS: invited, enrolled, signed in and out, locked by another process."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator

import httpx
import pytest

from deploy.local import LocalFederation, LocalFederationError
from ledger.reading import LedgerReader
from node.config import load_home
from tests.integration.commands import CommandedFederation
from tests.integration.console_browser import PASSWORD, ConsoleBrowser, enrol

AGENCY, KEEPER, MARTIN = "FR-DNMS", "o.keeper", "a.martin"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    folder, agencies = tmp_path_factory.mktemp("console"), {AGENCY: "Asking", "DE-ZASM": "Holding"}
    with asyncio.Runner() as runner, CommandedFederation(folder, agencies, consoles=(AGENCY,)) as made:
        runner.run(prepare(made))
        yield made


async def prepare(made: LocalFederation) -> None:
    await made.prepare()
    await made.add_officer(AGENCY, KEEPER, "operator")
    await made.add_officer(AGENCY, MARTIN, "analyst")
    await made.start_hub()
    await made.command(AGENCY, "node", "join")
    await made.start(AGENCY)


def events(made: LocalFederation) -> list[str]:
    return [entry.event.type for entry in LedgerReader(load_home(made.home(AGENCY)).ledger_path).entries()]


async def test_somebody_invited_enrols_signs_in_and_out_and_a_lock_of_the_command_line_ends_the_session(
    running: LocalFederation,
) -> None:
    secret = await enrol(running, AGENCY, MARTIN)
    async with ConsoleBrowser(running, AGENCY) as browser:
        assert (await browser.get("/")).headers["location"] == "/sign-in?next=/"
        signed_in = await browser.sign_in(MARTIN, secret)
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
        assert MARTIN in (await browser.get("/")).text
        await running.command(AGENCY, "node", "account", "lock", MARTIN, "--user", "op")
        assert (await browser.get("/")).status_code == 303
        assert (await browser.sign_in(MARTIN, secret)).status_code == 403
        await running.command(AGENCY, "node", "account", "unlock", MARTIN, "--user", "op")
    happened = [event for event in events(running) if event.startswith(("account", "sign"))]
    assert happened == [
        "account_invited",
        "account_enrolled",
        "signed_in",
        "signed_in",
        "account_locked",
        "sign_in_refused",
        "account_changed",
    ]


async def test_an_operator_invites_an_officer_who_enrols_and_waits_for_a_second_one(running: LocalFederation) -> None:
    await enrol(running, AGENCY, KEEPER)
    invited = await running.command(AGENCY, "node", "account", "reset", KEEPER, "--user", "op")
    async with ConsoleBrowser(running, AGENCY) as keeper, ConsoleBrowser(running, AGENCY) as new:
        await keeper.enrol(KEEPER, invited["code"])
        await keeper.get("/staff")
        added = await keeper.send("/staff/add", name="b.new", roles=["analyst", "supervisor"], authority="Unit 3")
        assert added.headers["location"] == "/staff"
        page = await keeper.send("/staff/invite", name="b.new")
        code = page.text.partition('id="invitation-code"')[2].partition(">")[2].partition("<")[0]
        secret = await new.enrol("b.new", code)
        assert (await new.get("/account")).status_code == 303
        confirming = ("node", "account", "confirm", "b.new", "--user")
        with pytest.raises(LocalFederationError, match="another officer confirms"):
            await running.command(AGENCY, *confirming, KEEPER)
        assert (await running.command(AGENCY, *confirming, "op"))["state"] == "enrolled"
        assert (await new.sign_in("b.new", secret)).status_code == 303
        assert "b.new" in (await new.get("/account")).text
        assert "/staff/add" not in (await new.get("/staff")).text


async def test_no_password_code_or_secret_is_in_any_file_but_the_secret_in_the_accounts_file(
    running: LocalFederation,
) -> None:
    invited = await running.command(AGENCY, "node", "account", "reset", MARTIN, "--user", "op")
    async with ConsoleBrowser(running, AGENCY) as browser:
        secret = await browser.enrol(MARTIN, invited["code"])
    home = load_home(running.home(AGENCY))
    assert stat.S_IMODE(home.accounts_path.stat().st_mode) == 0o600
    kept = {path: path.read_bytes() for path in running.folder.rglob("*") if path.is_file()}
    for text in (PASSWORD, invited["code"], invited["code"].replace("-", "")):
        assert [path for path, content in kept.items() if text.encode() in content] == []
    holding = {path.name for path, content in kept.items() if secret.encode() in content}
    assert holding <= {"accounts.db", "accounts.db-wal"}
    assert holding
    (log,) = (content for path, content in kept.items() if path == running.home(AGENCY) / "process.log")
    assert MARTIN.encode() not in log


async def test_the_console_speaks_https_only(running: LocalFederation) -> None:
    origin = ConsoleBrowser(running, AGENCY).origin
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.HTTPError):
            await client.get(origin.replace("https://", "http://"))
