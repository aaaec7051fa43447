"""A console over one of two desks, in memory: its pages as a browser without scripts would ask for them."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import httpx
from starlette.types import ASGIApp

from console.app import Console, application
from console.session import COOKIE, Sessions
from ledger.log import Ledger
from node.accounts.calls import AccountCalls, Admitted
from node.accounts.staff import StaffCalls
from node.accounts.store import Accounts
from node.cases.calls import CaseCalls
from node.cases.desk import CaseDesk
from node.desk.calls import Desk
from node.desk.room import Room
from node.officers.key import OfficerKey
from node.officers.permission import Permission
from node.officers.register import Officers
from symbolon.v1 import cases_pb2, operations_pb2

ORIGIN = "https://desk.example:8443"


class NothingWaits:
    """The calls that the first page makes, at a node where nothing waits for anybody."""

    async def list_cases(self, *_: object) -> cases_pb2.ListCasesResponse:
        return cases_pb2.ListCasesResponse()

    async def list_referrals(self, *_: object) -> cases_pb2.ListReferralsResponse:
        return cases_pb2.ListReferralsResponse()

    async def show_node(self, *_: object) -> operations_pb2.ShowNodeResponse:
        return operations_pb2.ShowNodeResponse()


class ConsoleDesk:
    """The console of a node that has a register of officers and a log of its own, and whatever calls a test gives it.

    ``calls`` are the parts of `node.desk.calls.Desk` by name; a page whose part is not given fails.
    """

    now = 0.0

    def __init__(self, folder: Path, cases: CaseDesk | None = None, agency: str = "FR-DNMS", **calls: Any) -> None:
        self.ledger_path = folder / "console-ledger.db"
        self.ledger = Ledger(self.ledger_path)
        self.officers = Officers(folder / "console-officers.db")
        self.store = Accounts(folder / "console-accounts.db")
        self.sessions = Sessions()
        permission = Permission(self.ledger)
        accounts = AccountCalls(self.store, self.officers, self.ledger, "FR-DNMS", clock=self.clock, first_pause=0.0)
        staff = StaffCalls(permission, self.officers, self.store, self.ledger, clock=self.clock)
        parts: dict[str, Any] = dict.fromkeys(Desk.__dataclass_fields__)
        parts |= {"cases": NothingWaits(), "node": NothingWaits(), "room": Room()}
        parts |= {"officers": self.officers, "permission": permission, "accounts": accounts, "staff": staff}
        parts |= calls
        if cases is not None:
            parts["cases"] = CaseCalls(permission, cases)
        self.desk = Desk(**parts)
        self.app: ASGIApp = application(Console(self.desk, agency, "Division nationale", ORIGIN, self.sessions))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ledger.__exit__(kind, error, trace)
        self.officers.close()
        self.store.close()

    def give(self, **calls: Any) -> None:
        """Give the console parts that are made of its own register and log."""
        self.desk = replace(self.desk, **calls)
        self.app = application(Console(self.desk, "FR-DNMS", "Division nationale", ORIGIN, self.sessions))

    def clock(self) -> float:
        """Give the time of accounts: what a test sets `now` to, or else the real one, in Unix seconds."""
        return self.now or time.time()

    def enter(self, name: str, *roles: str) -> None:
        """Enter an officer."""
        self.officers.add(OfficerKey.draw(name), roles, "", "test", datetime.now(UTC), lambda _: None)

    def token(self, officer: str) -> str:
        """Give the token of a new session of an officer, for a browser's cookie."""
        return self.sessions.begin(let_in(self.desk, officer))

    def browser(self, officer: str = "", language: str = "en") -> Browser:
        """Give a browser, signed in where an officer is named."""
        return browser_of(self.app, self.desk, self.sessions, officer, language)


def browser_of(app: ASGIApp, desk: Desk, sessions: Sessions, officer: str = "", language: str = "en") -> Browser:
    """Give a browser of a console, signed in where an officer is named."""
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"accept-language": language})
    if officer:
        client.cookies.set(COOKIE, sessions.begin(let_in(desk, officer)))
    return Browser(client)


def let_in(desk: Desk, officer: str) -> Admitted:
    """Give what a session of an officer hangs on; his account is set up where there is none in use."""
    store, standing, at = desk.accounts.accounts, desk.officers.standing_of(officer), datetime.now(UTC)
    roles = standing.roles if standing else ()
    if not store.stamp_of(officer, roles):
        store.invite(officer, "code", 2**40, "test", at, lambda _: None, reset=True, confirmed=True)
        store.show_first_secret(officer, "code", "A" * 32)
        store.enrol(officer, "code", "no password has this hash", 0, [], at, lambda: None)
    return Admitted(officer, standing.stamp if standing else 0, store.stamp_of(officer, roles))


class Browser:
    """Asks for pages and sends forms as a browser does: with its origin, and the token of the page before."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.token = ""

    async def get(self, path: str) -> httpx.Response:
        """Ask for a page, and keep the token in it."""
        answer = await self.client.get(path)
        found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer

    async def send(self, path: str, *, token: str | None = None, files: Any = None, **fields: Any) -> httpx.Response:
        """Send a form; where it leads to another page, the answer says only where."""
        form = {"csrf": self.token if token is None else token, **fields}
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
        return await self.client.post(path, data=form, files=files, headers=headers)


def told_alike(one: httpx.Response, other: httpx.Response, *addressed: str) -> bool:
    """Say whether two answers tell the same in status, headers and body; ``addressed`` is what was asked for."""

    def told(answer: httpx.Response) -> tuple[object, ...]:
        text = re.sub(r'name="csrf" value="[^"]*"', "", answer.text)
        for name in addressed:
            text = text.replace(name, "")
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return answer.status_code, sorted(headers.items()), text

    return told(one) == told(other)
