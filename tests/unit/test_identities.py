"""Which officer a subject of the identity provider is: one of one, said by the operator, logged before it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from ledger.account_events import SignedIn, SignInRefused
from ledger.log import Ledger
from node.accounts.calls import Admitted
from node.accounts.client import Oidc
from node.accounts.identities import LONGEST_SUBJECT, Identities
from node.accounts.provided import ProvidedIdentity
from node.accounts.provider import Provider
from node.accounts.refusals import SignInRefusedError
from node.officers.key import OfficerKey
from node.officers.register import Attempt, Officer, Officers
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.taught_signer import API, CLIENT, ISSUER, NONCE, NOW, TaughtProvider, access_token, id_token

AT = datetime(2026, 11, 26, tzinfo=UTC)
NAME, OTHER = "a.martin", "b.other"


@pytest.fixture
def officers(tmp_path: Path) -> Iterator[Officers]:
    with Officers(tmp_path / "officers.db") as store:
        for name in (NAME, OTHER):
            store.add(OfficerKey.draw(name), ["analyst"], "", "operator", AT, lambda _: None)
        yield store


@pytest.fixture
def identities(tmp_path: Path) -> Iterator[Identities]:
    with Identities(tmp_path / "identities.db") as store:
        yield store


def linked(identities: Identities, name: str = NAME, subject: str = "s-1", issuer: str = ISSUER) -> list[str]:
    recorded: list[str] = []
    identities.link(name, issuer, subject, "operator", AT, lambda: recorded.append(name))
    return recorded


def test_a_subject_is_an_officer_at_its_own_issuer_only(identities: Identities) -> None:
    assert linked(identities) == [NAME]
    assert identities.find(ISSUER, "s-1").officer == NAME
    assert identities.find("https://other.example", "s-1").officer == ""
    assert identities.find(ISSUER, "S-1").officer == ""
    assert identities.subjects(ISSUER) == {NAME: "s-1"}


def test_a_person_is_one_officer_and_an_officer_one_person(identities: Identities) -> None:
    linked(identities)
    with pytest.raises(SymbolonError, match="another officer's"):
        linked(identities, OTHER)
    with pytest.raises(SymbolonError, match="linked already"):
        linked(identities, subject="s-2")
    linked(identities, OTHER, "s-2")
    assert identities.subjects(ISSUER) == {NAME: "s-1", OTHER: "s-2"}


def test_a_link_that_is_taken_away_counts_no_longer_and_the_subject_is_free(identities: Identities) -> None:
    linked(identities)
    identities.unlink(NAME, lambda: None)
    assert identities.find(ISSUER, "s-1").officer == ""
    linked(identities, OTHER)
    with pytest.raises(SymbolonError) as caught:
        identities.unlink(NAME, lambda: None)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_what_cannot_be_recorded_is_not_done(identities: Identities) -> None:
    def unwritable() -> None:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    with pytest.raises(SymbolonError):
        identities.link(NAME, ISSUER, "s-1", "operator", AT, unwritable)
    assert identities.find(ISSUER, "s-1").officer == ""
    linked(identities)
    with pytest.raises(SymbolonError):
        identities.unlink(NAME, unwritable)
    assert identities.find(ISSUER, "s-1").officer == NAME


@pytest.mark.parametrize("subject", ["", "a" * (LONGEST_SUBJECT + 1), "a\nb", "é", "\x1b[2J", " s-2", "s-2 ", " "])
def test_a_subject_is_what_a_provider_may_write(identities: Identities, subject: str) -> None:
    with pytest.raises(SymbolonError, match="--subject"):
        linked(identities, subject=subject)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


Vouching = Callable[..., ProvidedIdentity]


@pytest.fixture
def vouching(officers: Officers, identities: Identities, ledger: Ledger) -> Vouching:
    def made(taught: TaughtProvider, audience: str = API) -> ProvidedIdentity:
        provider = Provider(Oidc(ISSUER, CLIENT, secret="x" * 16, api_audience=audience), transport=taught.transport())
        return ProvidedIdentity(provider, identities, officers, ledger, now=lambda: NOW, pause=0.0)

    return made


async def test_a_genuine_token_names_the_linked_officer_with_the_roles_of_now(
    officers: Officers, identities: Identities, vouching: Vouching
) -> None:
    linked(identities)
    who = vouching(TaughtProvider())
    assert await who.calling(access_token()) == Attempt(Officer(NAME, frozenset({"analyst"})), known=NAME)
    officers.change(NAME, ["supervisor"], None, "operator", AT, lambda _: None)
    assert (await who.calling(access_token())).officer == Officer(NAME, frozenset({"supervisor"}))
    officers.disable(NAME, "operator", AT, lambda _: None)
    assert await who.calling(access_token()) == Attempt(None, "disabled", NAME)


async def test_who_is_not_linked_is_nobody_whatever_roles_the_token_claims(
    identities: Identities, vouching: Vouching
) -> None:
    who = vouching(TaughtProvider())
    token = access_token(roles=["operator"], name=NAME, preferred_username=NAME, email=NAME)
    assert await who.calling(token) == Attempt(None, "subject")
    linked(identities)
    assert await who.calling(access_token(sub="s-2")) == Attempt(None, "subject")


async def test_a_token_that_does_not_pass_names_nobody_and_says_why_to_the_log_only(
    identities: Identities, vouching: Vouching, ledger: Ledger
) -> None:
    linked(identities)
    forged = httpx.Response(200, json={"id_token": id_token(nonce="another")})
    who = vouching(TaughtProvider(token=lambda _: forged))
    with pytest.raises(SignInRefusedError):
        await who.sign_in("c", "v", NONCE, "r")
    assert said(ledger) == [("sign_in_refused", "token_nonce", "")]
    assert await who.calling(access_token(aud=CLIENT)) == Attempt(None, "token_audience")
    assert await who.calling(id_token()) == Attempt(None, "token_type")
    assert await who.calling("") == Attempt(None, "token_form")


async def test_without_an_audience_of_its_own_no_token_counts_at_the_desk(
    identities: Identities, vouching: Vouching
) -> None:
    linked(identities)
    who = vouching(TaughtProvider(), audience="")
    for token in (access_token(), access_token(aud=""), id_token()):
        assert await who.calling(token) == Attempt(None, "token_unwanted")


async def test_who_is_let_in_stands_in_the_log_first_and_who_is_not_is_told_nothing(
    officers: Officers, identities: Identities, vouching: Vouching, ledger: Ledger
) -> None:
    linked(identities)
    good = httpx.Response(200, json={"id_token": id_token()})
    who = vouching(TaughtProvider(token=lambda _: good))
    admitted = await who.sign_in("c", "v", NONCE, "r")
    standing = officers.standing_of(NAME)
    assert standing is not None
    assert admitted == Admitted(NAME, standing.stamp, identities.stamp_of(ISSUER, NAME), by_provider=True)
    officers.disable(NAME, "operator", AT, lambda _: None)
    with pytest.raises(SignInRefusedError) as caught:
        await who.sign_in("c", "v", NONCE, "r")
    assert str(caught.value) == ""
    assert said(ledger) == [("signed_in", "identity_provider", NAME), ("sign_in_refused", "disabled", NAME)]


def said(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Give type, reason or proof, and officer of each entry."""
    found: list[tuple[str, str, str]] = []
    for entry in ledger.entries():
        event = entry.event
        word = event.reason if isinstance(event, SignInRefused) else event.proof if isinstance(event, SignedIn) else ""
        people = {one.name: one.value for one in ledger.openings(entry.number)}
        found.append((event.type, word, people.get("officer", "")))
    return found
