"""Signing in by an identity provider: bound to one browser and one sign-in, refused in one way, over when unlinked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from console.oidc.pending import COOKIE, LONGEST_BACK, MOST_PENDING, PENDING_SECONDS, PendingSignIns
from console.session import COOKIE as SESSION_COOKIE
from ledger.account_events import SignedIn, SignInRefused
from node.accounts.client import Oidc
from node.accounts.identities import Identities
from node.accounts.provided import ProvidedIdentity
from node.accounts.provider import Provider
from node.accounts.tokens import SHOWN_SECONDS, Strength
from tests.unit.console_desk import ORIGIN, Browser, ConsoleDesk
from tests.unit.taught_signer import CLIENT, ISSUER, NOW, TaughtProvider, description, id_token

AT = datetime(2026, 11, 26, tzinfo=UTC)
OIDC = Oidc(ISSUER, CLIENT, secret="x" * 16, strength=Strength(acr="strong"))


class ProvidedDesk:
    """A console whose agency has a provider that says what a test teaches it."""

    def __init__(self, folder: Path) -> None:
        self.taught = TaughtProvider(token=self._token)
        self.claims: dict[str, Any] = {"acr": "strong"}
        self.nonce = ""
        self.identities = Identities(folder / "identities.db")
        self.console = ConsoleDesk(folder)
        provided = ProvidedIdentity(
            Provider(OIDC, transport=self.taught.transport()),
            self.identities,
            self.console.officers,
            self.console.ledger,
            now=lambda: NOW,
            pause=0.0,
        )
        self.console.give(provided=provided)
        self.console.enter("a.martin", "analyst")
        self.identities.link("a.martin", ISSUER, "s-1", "operator", AT, lambda: None)

    def _token(self, form: dict[str, str]) -> httpx.Response:
        return httpx.Response(200, json={"id_token": id_token(**({"nonce": self.nonce} | self.claims))})

    async def started(self, browser: Browser, path: str = "/sign-in/oidc") -> dict[str, str]:
        """Go to the provider; give what it is asked, and let its next token carry that nonce."""
        answer = await browser.get(path)
        assert answer.status_code == 303
        address = urlsplit(answer.headers["location"])
        assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/auth"
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.nonce = asked["nonce"]
        return asked

    async def said(self) -> list[str]:
        """Give the reason of each refusal in the log, and the proof of each admission, once the minute is over."""
        if self.console.desk.provided is not None:
            await self.console.desk.provided.refusals.enter()
        events = [entry.event for entry in self.console.ledger.entries()]
        return [
            event.reason if isinstance(event, SignInRefused) else event.proof
            for event in events
            if isinstance(event, SignInRefused | SignedIn)
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ProvidedDesk]:
    made = ProvidedDesk(tmp_path)
    with made.console:
        yield made
    made.identities.close()


def back(**parameters: str) -> str:
    return str(httpx.URL("/sign-in/oidc/return", params={"code": "c", "iss": ISSUER} | parameters))


async def test_a_person_the_provider_vouches_for_is_signed_in_and_led_on(desk: ProvidedDesk) -> None:
    browser = desk.console.browser()
    page = await browser.get("/sign-in?next=/cases")
    assert '"/sign-in/oidc?next=/cases"' in page.text
    asked = await desk.started(browser, "/sign-in/oidc?next=/cases")
    assert asked["redirect_uri"] == f"{ORIGIN}/sign-in/oidc/return"
    assert (asked["code_challenge_method"], asked["scope"], asked["acr_values"]) == ("S256", "openid", "strong")
    assert asked["max_age"] == str(SHOWN_SECONDS)
    answer = await browser.get(back(state=asked["state"]))
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/cases">' in answer.text
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{SESSION_COOKIE}="))
    for wanted in ("SameSite=strict", "Secure", "HttpOnly", "Path=/"):
        assert wanted in cookie
    home = await browser.get("/")
    assert home.status_code == 200
    assert "a.martin" in home.text
    assert await desk.said() == ["identity_provider"]


async def test_the_cookie_of_a_sign_in_comes_along_from_the_provider_and_is_no_session(desk: ProvidedDesk) -> None:
    answer = await desk.console.browser().get("/sign-in/oidc")
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith(f"{COOKIE}=")
    for wanted in ("SameSite=lax", "Secure", "HttpOnly", "Path=/", f"Max-Age={PENDING_SECONDS:.0f}"):
        assert wanted in cookie


async def test_an_answer_counts_once_and_at_the_browser_that_began_it(desk: ProvidedDesk) -> None:
    victim, attacker = desk.console.browser(), desk.console.browser()
    asked = await desk.started(attacker)
    await desk.started(victim)
    assert (await victim.get(back(state=asked["state"]))).status_code == 403  # the attacker's sign-in, put upon another
    asked = await desk.started(attacker)
    assert (await attacker.get(back(state=asked["state"]))).status_code == 200
    assert (await attacker.get(back(state=asked["state"]))).status_code == 403
    assert await desk.said() == ["state", "identity_provider", "state"]


async def test_two_windows_of_one_browser_may_sign_in_at_once(desk: ProvidedDesk) -> None:
    browser = desk.console.browser()
    first = await desk.started(browser)
    second = await desk.started(browser)
    assert (await browser.get(back(state=second["state"]))).status_code == 200
    desk.nonce = first["nonce"]
    assert (await browser.get(back(state=first["state"]))).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "claims", "reason"),
    [
        ({"iss": "https://elsewhere.example"}, {}, "issuer"),
        ({"iss": ""}, {}, "issuer"),
        ({"error": "access_denied"}, {}, "provider_refused"),
        ({"code": ""}, {}, "provider_refused"),
        ({}, {"nonce": "another"}, "token_nonce"),
        ({}, {"iss": "https://elsewhere.example"}, "token_issuer"),
        ({}, {"aud": "another"}, "token_audience"),
        ({}, {"exp": NOW - 999}, "token_expired"),
        ({}, {"acr": "weak"}, "token_weak"),
        ({}, {"sub": "s-2"}, "subject"),
    ],
)
async def test_every_refusal_reads_the_same_and_the_log_has_the_reason(
    desk: ProvidedDesk, parameters: dict[str, str], claims: dict[str, Any], reason: str
) -> None:
    browser = desk.console.browser()
    unknown = await browser.get(back(state="unknown"))
    asked = await desk.started(browser)
    desk.claims |= claims
    answer = await browser.get(back(state=asked["state"], **parameters))
    assert (answer.status_code, answer.text) == (403, unknown.text)
    assert SESSION_COOKIE not in str(answer.headers.get_list("set-cookie")).replace(COOKIE, "")
    assert (await browser.get("/")).status_code == 303
    assert await desk.said() == ["state", reason]


async def test_a_parameter_that_comes_twice_is_none(desk: ProvidedDesk) -> None:
    browser = desk.console.browser()
    asked = await desk.started(browser)
    assert (await browser.get(f"{back(state=asked['state'])}&state={asked['state']}")).status_code == 403
    assert (await browser.get(f"{back(state=asked['state'])}&code=d")).status_code == 403
    assert await desk.said() == ["state", "provider_refused"]


async def test_a_provider_that_does_not_name_itself_need_not_and_may_not_name_another(desk: ProvidedDesk) -> None:
    desk.taught.described = description(authorization_response_iss_parameter_supported=False)
    browser = desk.console.browser()
    asked = await desk.started(browser)
    assert (await browser.get(f"/sign-in/oidc/return?code=c&state={asked['state']}")).status_code == 200
    asked = await desk.started(browser)
    assert (await browser.get(back(state=asked["state"], iss="https://elsewhere.example"))).status_code == 403


async def test_a_provider_that_is_down_lets_nobody_in_and_keeps_nobody_from_signing_in_otherwise(
    desk: ProvidedDesk,
) -> None:
    desk.taught.is_down = True
    browser = desk.console.browser()
    answer = await browser.get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "identity provider" in answer.text
    assert (await browser.get("/sign-in")).status_code == 200


async def test_who_is_unlinked_or_linked_to_another_is_out_with_the_next_request(desk: ProvidedDesk) -> None:
    for subject in ("", "s-1", "s-2"):
        browser = desk.console.browser()
        asked = await desk.started(browser)
        await browser.get(back(state=asked["state"]))
        assert (await browser.get("/")).status_code == 200
        desk.identities.unlink("a.martin", lambda: None)
        if subject:
            desk.identities.link("a.martin", ISSUER, subject, "operator", AT, lambda: None)
        assert (await browser.get("/")).status_code == 303
        if not subject:
            desk.identities.link("a.martin", ISSUER, "s-1", "operator", AT, lambda: None)


async def test_who_is_unlinked_while_he_is_let_in_is_not_in(
    desk: ProvidedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unlinking(*_: object) -> None:
        desk.identities.unlink("a.martin", lambda: None)

    browser = desk.console.browser()
    asked = await desk.started(browser)
    monkeypatch.setattr(desk.console.ledger, "record", unlinking)
    assert (await browser.get(back(state=asked["state"]))).status_code == 200
    assert (await browser.get("/")).status_code == 303


async def test_signing_out_leads_on_to_the_provider_without_naming_the_person(desk: ProvidedDesk) -> None:
    browser = desk.console.browser()
    asked = await desk.started(browser)
    await browser.get(back(state=asked["state"]))
    await browser.get("/")
    answer = await browser.send("/sign-out")
    assert answer.headers["location"] == "/sign-in/oidc/over"
    assert (await browser.get("/")).status_code == 303
    page = (await browser.get("/sign-in/oidc/over")).text
    assert f'href="{ISSUER}/over?client_id={CLIENT}&amp;post_logout_redirect_uri=' in page
    assert "s-1" not in page
    assert "a.martin" not in page
    desk.taught.described = description(end_session_endpoint=f"{ISSUER}/over?x=1")
    local = desk.console.browser("a.martin")
    await local.get("/")
    assert (await local.send("/sign-out")).headers["location"] == "/sign-in"


async def test_where_to_go_on_lies_in_this_console(desk: ProvidedDesk) -> None:
    for path in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", 'x"><script>'):
        browser = desk.console.browser()
        asked = await desk.started(browser, str(httpx.URL("/sign-in/oidc", params={"next": path})))
        answer = await browser.get(back(state=asked["state"]))
        assert 'content="0; url=/">' in answer.text


@pytest.mark.parametrize("path", ["/sign-in/oidc", "/sign-in/oidc/return?state=x", "/sign-in/oidc/over"])
async def test_without_a_provider_there_are_no_such_pages(tmp_path: Path, path: str) -> None:
    with ConsoleDesk(tmp_path) as console:
        assert (await console.browser().get(path)).status_code == 404
        assert "oidc" not in (await console.browser().get("/sign-in")).text


def test_a_sign_in_under_way_ends_by_age_by_its_answer_and_as_the_oldest_of_its_browser() -> None:
    now = [0.0]
    pending = PendingSignIns(lambda: now[0])
    one, cookie = pending.begin("", "/cases")
    assert pending.take("", one.state) == (None, "")
    assert pending.take(cookie, "é")[0] is None
    assert pending.take(f"{cookie}x", one.state)[0] is None
    assert PendingSignIns(lambda: now[0]).take(cookie, one.state)[0] is None
    assert pending.take(cookie, one.state) == (one, "")
    now[0] = PENDING_SECONDS + 1
    assert pending.take(cookie, one.state) == (None, "")
    several, cookie = [], ""
    for _ in range(MOST_PENDING + 1):
        begun, cookie = pending.begin(cookie, "/" + "x" * 10_000)
        several.append(begun)
    assert len(cookie) < 4000
    assert pending.take(cookie, several[0].state)[0] is None
    taken, cookie = pending.take(cookie, several[1].state)
    assert taken == several[1]
    assert pending.take(cookie, several[1].state)[0] is None
    assert pending.take(cookie, several[2].state)[0] == several[2]
    assert several[3].verifier not in repr(several[3])
    assert len({one.state for one in several} | {one.nonce for one in several}) == 2 * len(several)


def test_the_longest_cookie_of_sign_ins_under_way_fits_into_a_browser() -> None:
    pending, cookie = PendingSignIns(), ""
    for _ in range(MOST_PENDING):
        _, cookie = pending.begin(cookie, "/" + "x" * (LONGEST_BACK - 1))
    assert len(cookie) < 3900


async def test_nobody_s_sign_in_is_void_because_of_those_that_strangers_begin(desk: ProvidedDesk) -> None:
    browser = desk.console.browser()
    asked = await desk.started(browser)
    nonce = desk.nonce
    for _ in range(1001):
        await desk.console.browser().get("/sign-in/oidc")
    desk.nonce = nonce
    assert (await browser.get(back(state=asked["state"]))).status_code == 200


async def test_strangers_make_the_node_ask_the_provider_no_more_than_their_share(
    desk: ProvidedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = desk.console.browser()
    asked = await desk.started(browser)
    monkeypatch.setattr("node.accounts.hashing.MOST_OF_ONE", 0)
    assert (await browser.get(back(state=asked["state"]))).status_code == 503
    monkeypatch.undo()
    assert (await browser.get(back(state=asked["state"]))).status_code == 200  # what was under way still is


async def test_a_disabled_officer_fills_no_log_by_signing_in_at_the_provider_again_and_again(
    desk: ProvidedDesk,
) -> None:
    desk.console.officers.disable("a.martin", "op", datetime.now(UTC), lambda _: None)
    for _ in range(20):
        browser = desk.console.browser()
        asked = await desk.started(browser)
        assert (await browser.get(back(state=asked["state"]))).status_code == 403
    provided = desk.console.desk.provided
    assert provided is not None
    await provided.refusals.enter()
    entries = [entry for entry in desk.console.ledger.entries() if entry.event.type == "sign_in_refused"]
    assert [entry.event.model_dump()["times"] for entry in entries] == [1, 19]
    openings = [{one.name: one.value for one in desk.console.ledger.openings(one.number)} for one in entries]
    assert openings == [{"officer": "a.martin"}] * 2


async def test_a_cookie_that_was_kept_lets_in_by_no_code_but_its_own_which_counts_once(desk: ProvidedDesk) -> None:
    browser = desk.console.browser()
    asked = await desk.started(browser)
    kept = browser.client.cookies[COOKIE]
    assert (await browser.get(back(state=asked["state"]))).status_code == 200
    again = desk.console.browser()
    again.client.cookies.set(COOKIE, kept)
    desk.nonce = "of another sign-in"  # its own code is refused by the provider
    assert (await again.get(back(state=asked["state"]))).status_code == 403
    assert (await desk.said())[-1] == "token_nonce"


async def test_who_has_no_password_here_sees_the_own_page_and_can_change_nothing_on_it(desk: ProvidedDesk) -> None:
    browser = desk.console.browser()
    asked = await desk.started(browser)
    await browser.get(back(state=asked["state"]))
    assert (await browser.get("/account")).status_code == 200
    for path in ("/account/password", "/account/authenticator", "/account/codes"):
        answer = await browser.send(
            path, password="x", code="123456", new="quiet harbour nine", again="quiet harbour nine"
        )
        assert answer.status_code in (403, 404, 409, 422), path
