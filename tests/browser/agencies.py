"""Two agencies with real nodes and consoles over HTTPS, and their officers, enrolled and ready to sign in.

Each language of the story has officers and persons of its own, for a code counts once and a hit is asked for once.
Everybody is invented.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp

from benchmarks.desk_pages import trusting
from deploy.local import LocalFederation
from ledger.log import Ledger
from node.accounts.calls import AccountCalls
from node.accounts.keeping import AccountKeeping
from node.accounts.store import Accounts
from node.config import load_home
from node.officers.register import Officers, Role
from tests.integration.commands import CommandedFederation
from tests.integration.console_browser import PASSWORD, next_code

ASKER, HOLDER = "GR-YPAM", "FR-DNMS"
AGENCIES = {ASKER: "Hellenic Migration Police", HOLDER: "Division nationale"}


@dataclass(frozen=True, slots=True)
class Account:
    """An officer who may sign in, once, with the code of the step to come."""

    agency: str
    name: str
    secret: str

    def code(self) -> str:
        """Give the code of the step to come: that of enrolment is used up."""
        return next_code(self.secret)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays the story in one language, and about whom."""

    analyst: Account
    asking_auditor: Account
    release_officer: Account
    supervisor: Account
    holding_auditor: Account
    record: dict[str, Any]
    typed_name: str
    typed_birth: str


@dataclass(frozen=True, slots=True)
class Other:
    """An officer who has no part in the story: one of each role, and the language of his browser."""

    agency: str
    role: Role
    language: str

    @property
    def name(self) -> str:
        """Give the officer's name."""
        return f"only.{self.role.replace('_', '-')}"


OTHERS: tuple[Other, ...] = (
    Other(ASKER, "analyst", "en"),
    Other(ASKER, "operator", "en"),
    Other(ASKER, "supervisor", "ar"),
    Other(ASKER, "auditor", "ar"),
    Other(HOLDER, "release_officer", "en"),
    Other(HOLDER, "judge", "en"),
    Other(HOLDER, "auditor", "en"),
    Other(HOLDER, "operator", "ar"),
    Other(HOLDER, "legal_adviser", "ar"),
)
"""At the asker first: what is found there is at the holder afterwards."""


KEYBOARD = "only.keys"
"""The analyst who has no mouse."""

_PARTS: tuple[tuple[str, str, Role], ...] = (
    (ASKER, "analyst", "analyst"),
    (ASKER, "auditor", "auditor"),
    (HOLDER, "release", "release_officer"),
    (HOLDER, "supervisor", "supervisor"),
    (HOLDER, "auditor", "auditor"),
)

_RECORDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "en": (
        {"names": ["Vadim Ostroveni"], "dob": ["1971-03-02"], "nationality": ["MD"], "phones": ["+373 22 00 00 01"]},
        "Vadim Ostroveny",
        "1971-03-12",
    ),
    "ar": (
        {"names": ["Khaled Al-Zarnuqi"], "dob": ["1972-11-24"], "nationality": ["SY"], "phones": ["+963 11 000 0002"]},
        "خالد الزرنوقي",
        "1972-11-14",
    ),
}


CLEARED: dict[str, Any] = {
    "record_id": "F-cleared",
    "names": ["Mirela Codreanova"],
    "dob": ["1980-05-30"],
    "nationality": ["MD"],
}
"""Whom an analyst finds, and clears."""


@dataclass
class Agencies:
    """The running federation and whoever may sign in there."""

    federation: LocalFederation
    casts: dict[str, Cast]
    accounts: Mapping[tuple[str, str], Account]
    """Everybody by agency and name."""

    def origin(self, agency: str) -> str:
        """Give the address of an agency's console."""
        return f"https://{self.federation.console_address(agency)}"

    def browser_options(self) -> list[str]:
        """Give what Chromium is started with: it trusts both consoles, as an agency does, and so keeps their files."""
        homes = [load_home(self.federation.home(agency)) for agency in AGENCIES]
        return ["--no-sandbox", trusting(*(home.console_certificate for home in homes))]


@contextmanager
def two_agencies(folder: Path, languages: Sequence[str]) -> Iterator[Agencies]:
    """Run both nodes with quick mail, the holder's list enrolled, everybody enrolled."""
    settings = {"mail-tick-seconds": "0.2"}
    with (
        asyncio.Runner() as runner,
        CommandedFederation(folder, AGENCIES, settings=settings, consoles=(ASKER, HOLDER)) as made,
    ):
        yield runner.run(_prepared(made, folder, languages))


async def _prepared(made: LocalFederation, folder: Path, languages: Sequence[str]) -> Agencies:
    await made.prepare()
    for agency in AGENCIES:
        settings = made.home(agency) / "node.toml"
        settings.write_text(settings.read_text().replace("sweep_seconds = 60.0", "sweep_seconds = 0.5"))
    records = [*(_RECORDS[code][0] | {"record_id": f"F-{code}"} for code in languages), CLEARED]
    path = folder / "list.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in records))
    await made.start_hub()
    await made.start_nodes()
    await made.command(HOLDER, "node", "import", str(path))
    await made.command(HOLDER, "node", "enrol")
    names = {(agency, f"{code}.{part}"): role for code in languages for agency, part, role in _PARTS}
    names |= {(one.agency, one.name): one.role for one in OTHERS}
    names[ASKER, KEYBOARD] = "analyst"
    entered: dict[tuple[str, str], Account] = {}
    for agency in AGENCIES:
        own = {name: role for (at, name), role in names.items() if at == agency}
        for name, role in own.items():
            await made.add_officer(agency, name, role)
        entered |= await _enrolled(made, agency, list(own))
        await _let_in(made, agency, folder / f"system of {agency}")
    casts = {code: _cast(code, entered) for code in languages}
    return Agencies(made, casts, entered)


async def _let_in(made: LocalFederation, agency: str, home: Path) -> None:
    """Let a system call the desk, so that its operator sees it among the certificates."""
    address = ("--agency", agency, "--address", made.address(agency))
    await made.run("system", "init", "BORDER-1", *address, "--home", str(home))
    request = ("--request", str(home / "tls" / "request.csr"))
    await made.command(agency, "node", "system", "add", "BORDER-1", *request, "--user", "demo")


def _cast(code: str, accounts: Mapping[tuple[str, str], Account]) -> Cast:
    def at(agency: str, part: str) -> Account:
        return accounts[agency, f"{code}.{part}"]

    record, name, birth = _RECORDS[code]
    return Cast(
        analyst=at(ASKER, "analyst"),
        asking_auditor=at(ASKER, "auditor"),
        release_officer=at(HOLDER, "release"),
        supervisor=at(HOLDER, "supervisor"),
        holding_auditor=at(HOLDER, "auditor"),
        record=record,
        typed_name=name,
        typed_birth=birth,
    )


async def _enrolled(made: LocalFederation, agency: str, names: Sequence[str]) -> dict[tuple[str, str], Account]:
    """Invite officers and set their accounts up, as tests/integration/test_console_accounts.py does by the pages."""
    home = load_home(made.home(agency))
    found = {}
    with (
        Ledger(home.ledger_path) as ledger,
        Officers(home.officers_path) as officers,
        Accounts(home.accounts_path) as accounts,
    ):
        calls = AccountCalls(accounts, officers, ledger, agency)
        keeping = AccountKeeping(accounts, officers, ledger, "demo", time.time())
        for name in names:
            invitation = keeping.invite(name, reset=False, confirmed=True)
            secret = await calls.invited(name, invitation.code)
            await calls.enrol(name, invitation.code, PASSWORD, pyotp.TOTP(secret).now())
            found[agency, name] = Account(agency, name, secret)
    return found
