"""How long a page of the console takes: fetched over a new connection, and painted by a browser.

*Fetched*: from opening the connection (TCP, TLS) to the last byte of the page, by a client that does nothing else with
it. *Painted*: from the start of the navigation in Chromium to when all of the page has been painted, which is the first
frame after everything of it was read (DOMContentLoaded); *begun* is when its first text was (First Contentful Paint),
for a page may begin before its rest is known. *Known* is a profile that has shown the sign-in page before, as that of
everybody has who is let in, *cold* a new one without cache, session ticket or connection, which nobody has with a
session, so that only its sign-in page is seen like that. The browser trusts the console's certificate, as an agency's
browsers do: of one it does not trust it keeps nothing. The *first* visit is the very first one after the node's start,
fetched: whatever is made ready at the first use is in it. *Processor* is what the node's process uses for a fetch, TLS
included, which other work on the machine disturbs least.
"""

from __future__ import annotations

import re
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pyotp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Browser, Page

from benchmarks.desk_federation import STAFF, DeskFederation
from benchmarks.query import Spread
from console.pages import PAGES
from console.routing import Page as ConsolePage
from console.session import COOKIE
from deploy.demo.training import PASSWORD, Trainee
from node.officers.register import Officer

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
_CODE_SECONDS = 30
_WATCH = """window.painted = new Promise((done) => addEventListener("DOMContentLoaded", () =>
  requestAnimationFrame(() => setTimeout(() => done(performance.now())))));"""
_TOLD = """async () => {
  const whole = await window.painted;
  const first = () => performance.getEntriesByName("first-contentful-paint")[0];
  for (let tried = 0; tried < 200 && !first(); tried += 1) await new Promise((done) => setTimeout(done, 20));
  const begun = first()?.startTime ?? 0;
  return [Math.max(whole, begun), begun];
}"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A page to measure: where, who looks, and what is sent where it is the answer to a form."""

    path: str
    officer: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""

    @property
    def name(self) -> str:
        """Name it in the report: by its ``kind`` where the address holds what is drawn anew in each run."""
        sought = ", ".join(f"{name} {value}" for name, value in self.fields.items())
        return f"{self.path} ({sought})" if sought else self.kind or self.path


@dataclass
class Measured:
    """What was measured of one page, milliseconds."""

    asked: Asked
    bytes: int = 0
    processor: float = 0.0
    fetched: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    known_begun: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Give the figures by name; what was not measured is left out."""
        found: dict[str, Any] = {"officer": self.asked.officer, "bytes": self.bytes}
        if self.fetched:
            found |= {
                "first_visit_milliseconds": self.fetched[0],
                "fetched": asdict(Spread.of(self.fetched[1:])),
                "processor_milliseconds": self.processor,
            }
        for name in ("known", "known_begun", "cold"):
            if values := getattr(self, name):
                found[f"painted_{name}"] = asdict(Spread.of(values))
        return found

    @property
    def milliseconds(self) -> float:
        """Give what counts: the larger of the medians of fetching and of painting in a known profile."""
        return max(Spread.of(values).p50 for values in (self.fetched[1:], self.known or [0.0]))


class Visitor:
    """Signs officers in at the console, over HTTPS as a browser does, and keeps the cookie of each."""

    def __init__(self, federation: DeskFederation, origin: str = "", entry: str = "/sign-in") -> None:
        """Take the federation, whose console runs, or another ``origin`` with its certificate, and the page before."""
        home = federation.home
        self.entry = entry
        self.origin = origin or f"https://{home.settings.console_listen}"
        self.tls = ssl.create_default_context(cafile=str(home.console_certificate))
        self.cookies: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    async def sign_in(self, trainee: Trainee) -> float:
        """Sign an officer in; give milliseconds from the form's sending to the end of the first page."""
        # The code of this moment was used at the enrolment; that of the next step counts already.
        code = pyotp.TOTP(trainee.secret).at(int(time.time()) + _CODE_SECONDS)
        async with self.client() as client:
            started = time.perf_counter()
            sent = {"name": trainee.name, "password": PASSWORD, "code": code, "next": "/"}
            answer = await client.post("/sign-in", data=sent, headers=self.headers)
            assert answer.status_code == httpx.codes.SEE_OTHER, f"{trainee.name}: {answer.status_code}"
            self.cookies[trainee.name] = client.cookies[COOKIE]
            await client.get("/")
            milliseconds = (time.perf_counter() - started) * 1000
            found = _TOKEN.search((await client.get("/account")).text)
        assert found
        self.tokens[trainee.name] = found[1]
        return milliseconds

    @property
    def headers(self) -> dict[str, str]:
        """Give what a browser says of where a form comes from."""
        return {"origin": self.origin, "sec-fetch-site": "same-origin"}

    def client(self, officer: str = "") -> httpx.AsyncClient:
        """Give a client without a connection, with an officer's cookie."""
        cookies = {COOKIE: self.cookies[officer]} if officer else {}
        return httpx.AsyncClient(verify=self.tls, base_url=self.origin, cookies=cookies, timeout=60)

    async def fetch(self, asked: Asked) -> tuple[float, httpx.Response]:
        """Fetch a page over a new connection; give milliseconds and the answer."""
        async with self.client(asked.officer) as client:
            started = time.perf_counter()
            if asked.fields:
                data = {"csrf": self.tokens[asked.officer], **asked.fields}
                answer = await client.post(asked.path, data=data, headers=self.headers)
            else:
                answer = await client.get(asked.path)
            return (time.perf_counter() - started) * 1000, answer

    async def browser_page(self, browser: Browser, officer: str) -> Page:
        """Give a page of a new profile, signed in."""
        page = await (await browser.new_context()).new_page()
        await page.add_init_script(_WATCH)
        await self.let_in(page, officer)
        return page

    async def let_in(self, page: Page, officer: str) -> None:
        """Give a profile an officer's session."""
        if officer:  # by the protocol: Playwright names a domain, which a cookie of one host must not have
            cookie = {"name": COOKIE, "value": self.cookies[officer], "url": self.origin, "path": "/", "secure": True}
            session = await page.context.new_cdp_session(page)
            assert (await session.send("Network.setCookie", cookie))["success"]


def trusting(*certificates: Path) -> str:
    """Give the option by which Chromium trusts certificates: by their keys (SHA-256 of the SPKI)."""
    keys = (x509.load_pem_x509_certificate(one.read_bytes()).public_key() for one in certificates)
    contents = (key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in keys)
    digests = ",".join(b64encode(sha256(content).digest()).decode() for content in contents)
    return f"--ignore-certificate-errors-spki-list={digests}"


def pages(federation: DeskFederation) -> Iterator[Asked]:
    """Give every page of the console with an address of its own, then a case, and what is looked for."""
    yield Asked("/", "anna.analyst")
    officers = {name: Officer(name, frozenset({role})) for name, role in STAFF.items()}
    for page in PAGES:
        if page.method == "GET" and page.path != "/" and "{" not in page.path and "/oidc" not in page.path:
            yield Asked(page.path, _who(page, officers))
    holder, reference = federation.a_case()
    yield Asked(f"/cases/{holder}/{reference}", "anna.analyst", kind="a case")
    yield Asked(f"/referrals/{federation.a_referral()}", "remy.release", kind="a referral")
    yield Asked(f"/agreements/{federation.agreement().hash.hex()}", "omar.operator", kind="an agreement")
    yield Asked("/cases", "anna.analyst", {"case_reference": "BENCH-7"})
    yield Asked("/audit", "aude.auditor", {"type": "query_received"})
    name = next(federation.known_persons(federation.agency))["names"][0]
    yield Asked("/node/records", "omar.operator", {"sought": name.split()[-1]})
    yield Asked("/node/records", "omar.operator", {"sought": "no such name"})


def _who(page: ConsolePage, officers: Mapping[str, Officer]) -> str:
    if page.audience == "anybody":
        return ""
    if page.audience == "signed_in":
        return "anna.analyst"
    return next(name for name, officer in officers.items() if officer.may(page.audience))


async def fetch_all(
    visitor: Visitor,
    all_asked: Sequence[Asked],
    times: int,
    told: Callable[[int], None],
    used_seconds: Callable[[], float],
) -> list[Measured]:
    """Fetch each page so many times; ``used_seconds`` reads the processor time that the node's process has used."""
    found = []
    for place, asked in enumerate(all_asked):
        one = Measured(asked)
        for turn in range(times):
            if turn == 1:
                before = used_seconds()
            milliseconds, answer = await visitor.fetch(asked)
            assert answer.status_code == httpx.codes.OK, f"{asked.name}: {answer.status_code}"
            one.fetched.append(milliseconds)
            one.bytes = len(answer.content)
        one.processor = (used_seconds() - before) * 1000 / (times - 1)
        told(place + 1)
        found.append(one)
    return found


async def paint_all(
    visitor: Visitor, browser: Browser, found: Sequence[Measured], times: int, told: Callable[[int], None]
) -> None:
    """Have each page painted so many times, cold and in a known profile, in rounds."""
    for turn in range(times):
        for place, one in enumerate(found):
            await _paint(visitor, browser, one)
            told(turn * len(found) + place + 1)


async def _paint(visitor: Visitor, browser: Browser, one: Measured) -> None:
    """Have it painted in a new profile, and in one that has shown the entry; what answers a form, after its form."""
    page = await visitor.browser_page(browser, one.asked.officer)
    whole, _ = await _painted(page, visitor.origin + one.asked.path)
    if one.asked.fields:
        one.known.append(await _sent(page, one.asked))
    else:
        one.cold.append(whole)
    await page.context.close()
    if not one.asked.fields:
        await _paint_known(visitor, browser, one)


async def _paint_known(visitor: Visitor, browser: Browser, one: Measured) -> None:
    page = await visitor.browser_page(browser, "")
    await _painted(page, visitor.origin + visitor.entry)
    await visitor.let_in(page, one.asked.officer)
    whole, begun = await _painted(page, visitor.origin + one.asked.path)
    one.known.append(whole)
    one.known_begun.append(begun)
    await page.context.close()


async def _painted(page: Page, address: str) -> tuple[float, float]:
    await page.goto(address)
    assert page.url == address, f"{address} led to {page.url}"
    whole, begun = await page.evaluate(_TOLD)
    assert begun > 0, f"{address} was not painted"
    return whole, begun


async def _sent(page: Page, asked: Asked) -> float:
    """Send the form that is shown, and give when its answer was painted."""
    for name, value in asked.fields.items():
        field_of_form = page.locator(f"main form [name={name}]").first
        await field_of_form.evaluate("one => one.closest('details')?.setAttribute('open', '')")
        if await field_of_form.evaluate("one => one.tagName") == "SELECT":
            await field_of_form.select_option(value)
        else:
            await field_of_form.fill(value)
    form = page.locator(f"main form:has([name={next(iter(asked.fields))}])").first
    async with page.expect_navigation():
        await form.evaluate("form => form.requestSubmit()")
    whole, begun = await page.evaluate(_TOLD)
    assert begun > 0, f"{asked.name} was not painted"
    return float(whole)
