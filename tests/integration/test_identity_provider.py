"""People known by a real identity provider sign in at a real console and call its desk; nobody else does."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import ANALYST, LocalFederation
from ledger.reading import LedgerReader
from node.accounts.provider import FAILED_SECONDS, REFETCH_SECONDS
from node.config import load_home
from node.desk.client import DeskClient
from node.officers.connection import load_desk_home
from node.officers.key import OfficerKey, load_key
from node.officers.token import OfficerToken
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.integration.identity_provider import IdentityProvider, sign_in_at_provider
from tests.integration.provided_desk import AGENCY, SUBJECT, console_origin, nodes, provider_of, settle

pytestmark = pytest.mark.timeout(240)

PERSON = {"names": ["Zhavilto Quorlvex"], "dob": ["1975-03-02"], "nationality": ["MD"]}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalFederation, IdentityProvider]]:
    """Run the nodes and the provider; the analyst is linked to a subject."""
    with (
        asyncio.Runner() as runner,
        nodes(tmp_path_factory.mktemp("provided")) as federation,
        provider_of(federation) as provider,
    ):
        runner.run(federation.prepare())
        settle(federation, provider)
        linking = ("node", "officer", "link", ANALYST, "--subject", SUBJECT, "--user", "operator")
        runner.run(federation.command(AGENCY, *linking))
        runner.run(federation.start_hub())
        runner.run(federation.start_nodes())
        yield federation, provider


async def ask(
    federation: LocalFederation, proof: OfficerKey | OfficerToken, home: Path | None = None
) -> ErrorCode | None:
    """Put a query at the desk; give the error of the desk, or None when the query was put.

    ``home`` is the folder of a system that calls instead of the agency's own program.
    """
    async with DeskClient(load_desk_home(home or federation.home(AGENCY)), proof) as desk:
        try:
            reasons = {"purpose": EVERY_PURPOSE, "legal_basis": "article 1", "case_reference": "1"}
            async for _ in desk.query(PERSON, **reasons, justification=EVERY_CASE):
                pass
        except SymbolonError as error:
            return error.code
    return None


def refusals(federation: LocalFederation, kind: str = "officer_refused") -> list[tuple[str, str]]:
    """Give reason and officer of each refusal in the node's log."""
    reader = LedgerReader(load_home(federation.home(AGENCY)).ledger_path)
    return [
        (
            str(entry.to_json()["event"]["reason"]),
            {one.name: one.value for one in reader.openings(entry.number)}.get("officer", ""),
        )
        for entry in reader.entries()
        if entry.event.type == kind
    ]


async def test_a_query_is_put_by_the_token_of_a_linked_person(
    running: tuple[LocalFederation, IdentityProvider],
) -> None:
    federation, provider = running
    assert await ask(federation, OfficerToken(await provider.access_token(SUBJECT))) is None
    assert await ask(federation, load_key(federation.officer_key(AGENCY))) is None


async def test_a_national_system_asks_by_its_own_certificate_and_the_tokens_of_its_people(
    running: tuple[LocalFederation, IdentityProvider], tmp_path: Path
) -> None:
    """The log names the person and, beside him, the system that called; a stranger's token is noted without a name."""
    federation, provider = running
    address = ("--agency", AGENCY, "--address", federation.address(AGENCY), "--home", str(tmp_path))
    await federation.run("system", "init", "BORDER-1", *address)
    request = ("--request", str(tmp_path / "tls" / "request.csr"))
    await federation.command(AGENCY, "node", "system", "add", "BORDER-1", *request, "--user", "operator")
    stranger = OfficerToken(await provider.access_token("somebody-else"))
    assert await ask(federation, OfficerToken(await provider.access_token(SUBJECT)), tmp_path) is None
    assert await ask(federation, stranger, tmp_path) is ErrorCode.OFFICER_UNKNOWN
    await federation.command(AGENCY, "node", "system", "remove", "BORDER-1", "--user", "operator")
    token = OfficerToken(await provider.access_token(SUBJECT))
    assert await ask(federation, token, tmp_path) is ErrorCode.NOT_PERMITTED
    reader = LedgerReader(load_home(federation.home(AGENCY)).ledger_path)
    called = [
        (entry.event.system, {one.name: one.value for one in reader.openings(entry.number)})
        for entry in reader.entries()
        if entry.event.type == "system_called"
    ]
    assert called == [("symbolon://system/BORDER-1", {"user": ANALYST}), ("symbolon://system/BORDER-1", {})]


async def test_tokens_of_others_for_others_and_of_weak_proof_are_refused_alike(
    running: tuple[LocalFederation, IdentityProvider],
) -> None:
    federation, provider = running
    stranger = await provider.access_token("somebody-else")
    elsewhere = await provider.access_token(SUBJECT, "https://elsewhere.example/api")
    weak = await provider.access_token("somebody-weak")
    before = len(refusals(federation))
    for token in (stranger, elsewhere, weak, "", "a.b.c", stranger[:-4] + "AAAA"):
        assert await ask(federation, OfficerToken(token)) is ErrorCode.OFFICER_UNKNOWN
    reasons = ["subject", "token_audience", "token_weak", "token_form", "token_form", "token_signature"]
    assert refusals(federation)[before:] == [(reason, "") for reason in reasons]
    for path in federation.folder.rglob("process.log"):
        assert stranger not in path.read_text()
        assert SUBJECT not in path.read_text()


async def test_keys_may_change_at_the_provider_and_old_tokens_are_void(
    running: tuple[LocalFederation, IdentityProvider],
) -> None:
    federation, provider = running
    old = await provider.access_token(SUBJECT)
    assert await ask(federation, OfficerToken(old)) is None
    await asyncio.to_thread(provider.rotate)
    await asyncio.sleep(REFETCH_SECONDS)
    assert await ask(federation, OfficerToken(await provider.access_token(SUBJECT))) is None
    assert await ask(federation, OfficerToken(old)) is ErrorCode.OFFICER_UNKNOWN
    assert refusals(federation)[-1] == ("token_signature", "")


async def test_a_disabled_officer_is_out_whatever_the_provider_says(
    running: tuple[LocalFederation, IdentityProvider],
) -> None:
    federation, provider = running
    await federation.add_officer(AGENCY, "b.leaving", "analyst")
    await federation.command(AGENCY, "node", "officer", "link", "b.leaving", "--subject", "leaving")
    token = OfficerToken(await provider.access_token("leaving"))
    assert await ask(federation, token) is None
    await federation.command(AGENCY, "node", "officer", "disable", "b.leaving")
    assert await ask(federation, token) is ErrorCode.OFFICER_UNKNOWN
    assert refusals(federation)[-1] == ("disabled", "b.leaving")


# The console


@contextlib.asynccontextmanager
async def browsing(federation: LocalFederation) -> AsyncIterator[httpx.AsyncClient]:
    """Give a browser that trusts the console's own certificate, and nothing else."""
    trusted = ssl.create_default_context(cafile=str(load_home(federation.home(AGENCY)).console_certificate))
    async with httpx.AsyncClient(base_url=console_origin(federation), verify=trusted) as browser:
        yield browser


async def signed_in(browser: httpx.AsyncClient, subject: str) -> tuple[str, httpx.Response]:
    """Sign in at the provider's forms; give the address it led back to, and what the console answered there."""
    started = await browser.get("/sign-in/oidc")
    assert started.status_code == 303
    address = await sign_in_at_provider(browser, started.headers["location"], subject)
    return address, await browser.get(address)


async def test_a_linked_person_signs_in_works_and_signs_out_also_at_the_provider(
    running: tuple[LocalFederation, IdentityProvider],
) -> None:
    federation, provider = running
    async with browsing(federation) as browser:
        assert "/sign-in/oidc" in (await browser.get("/sign-in")).text
        address, answer = await signed_in(browser, SUBJECT)
        assert answer.status_code == 200
        assert 'http-equiv="refresh"' in answer.text
        home = await browser.get("/")
        assert home.status_code == 200
        assert ANALYST in home.text
        assert SUBJECT not in address + answer.text + home.text
        assert (await browser.get(address)).status_code == 403  # an answer counts once
        token = re.search(r'name="csrf" value="([^"]+)"', home.text)
        assert token is not None
        out = await browser.post("/sign-out", data={"csrf": token[1]}, headers={"origin": console_origin(federation)})
        assert out.headers["location"] == "/sign-in/oidc/over"
        assert (await browser.get("/")).status_code == 303
        over = (await browser.get("/sign-in/oidc/over")).text
        leaving = re.search(rf'href="({re.escape(provider.issuer)}/session/end[^"]+)"', over)
        assert leaving is not None
        asked = await browser.get(unescape(leaving[1]))
        assert asked.status_code == 200
        assert "logout" in asked.text.lower()
    assert refusals(federation, "sign_in_refused")[-1] == ("state", "")


async def test_strangers_and_the_weakly_authenticated_are_not_let_in(
    running: tuple[LocalFederation, IdentityProvider],
) -> None:
    federation, _ = running
    before = len(refusals(federation, "sign_in_refused"))
    pages = set()
    for subject in ("somebody-else", "somebody-weak"):
        async with browsing(federation) as browser:
            _, answer = await signed_in(browser, subject)
            assert answer.status_code == 403
            assert (await browser.get("/")).status_code == 303
            pages.add(answer.text)
    assert len(pages) == 1
    assert refusals(federation, "sign_in_refused")[before:] == [("subject", ""), ("token_weak", "")]


async def test_an_answer_of_the_provider_is_worth_nothing_at_another_browser(
    running: tuple[LocalFederation, IdentityProvider],
) -> None:
    federation, _ = running
    async with browsing(federation) as attacker, browsing(federation) as victim:
        started = await attacker.get("/sign-in/oidc")
        address = await sign_in_at_provider(attacker, started.headers["location"], SUBJECT)
        await victim.get("/sign-in/oidc")
        assert (await victim.get(address)).status_code == 403
        assert (await victim.get("/")).status_code == 303


async def test_a_forged_code_and_a_person_who_turns_back_are_refused(
    running: tuple[LocalFederation, IdentityProvider],
) -> None:
    federation, provider = running
    for answered, reason in (({"code": "forged"}, "code_refused"), ({"error": "access_denied"}, "provider_refused")):
        async with browsing(federation) as browser:
            started = await browser.get("/sign-in/oidc")
            state = parse_qs(urlsplit(started.headers["location"]).query)["state"][0]
            parameters = {"state": state, "iss": provider.issuer} | answered
            assert (await browser.get("/sign-in/oidc/return", params=parameters)).status_code == 403
        assert refusals(federation, "sign_in_refused")[-1] == (reason, "")


async def test_with_the_provider_down_nobody_gets_in_and_the_console_says_so(
    running: tuple[LocalFederation, IdentityProvider],
) -> None:
    federation, provider = running
    async with browsing(federation) as browser:
        started = await browser.get("/sign-in/oidc")
        address = await sign_in_at_provider(browser, started.headers["location"], SUBJECT)
        provider.stop()
        answer = await browser.get(address)
        assert answer.status_code == 503
        assert (await browser.get("/")).status_code == 303
        await asyncio.to_thread(provider.start)
        await asyncio.sleep(FAILED_SECONDS)
        assert (await signed_in(browser, SUBJECT))[1].status_code == 200
