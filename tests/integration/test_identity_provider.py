"""People known by a real identity provider: a call by token at a real node, and nobody else's token does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import ANALYST, LocalFederation
from ledger.reading import LedgerReader
from node.accounts.provider import REFETCH_SECONDS
from node.config import load_home
from node.desk.client import DeskClient
from node.officers.key import OfficerKey, load_key
from node.officers.token import OfficerToken
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.integration.identity_provider import IdentityProvider
from tests.integration.provided_desk import AGENCY, SUBJECT, nodes, provider_of, settle

pytestmark = [pytest.mark.xdist_group("identity_provider"), pytest.mark.timeout(240)]

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


async def ask(federation: LocalFederation, proof: OfficerKey | OfficerToken) -> ErrorCode | None:
    """Put a query at the desk; give the error of the desk, or None when the query was put."""
    async with DeskClient(load_home(federation.home(AGENCY)), proof) as desk:
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
