"""The federation that `benchmarks.desk` measures: one node of full size with a console, and many small ones to ask.

The node's files are filled by the node's own writers before it starts: cases and referrals as a query notes them, and
entries of the disclosure log, so that every list of the console has something to show.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from agreements.agreement import Agreement
from agreements.facts import Asked
from benchmarks.query_federation import LoadedFederation, Report, Size
from deploy.agreement import EVERY_CASE, EVERY_PURPOSE, demo_agreement
from deploy.demo.training import Trainee, enter
from ledger.checkpoints import ledger_origin
from ledger.entries import Statement
from ledger.events import AnswerReceived, QueryAnswered, QueryReceived, QuerySent
from ledger.log import Ledger
from node.cases import store
from node.cases.facts import write_asked
from node.cases_file import open_cases
from node.config import NodeHome, load_home
from node.keys import load_keys
from node.officers.register import Role
from symbolon.rpc.identity import Party

STAFF: Mapping[str, Role] = {
    "anna.analyst": "analyst",
    "remy.release": "release_officer",
    "lena.legal": "legal_adviser",
    "omar.operator": "operator",
    "aude.auditor": "auditor",
}
_TOGETHER = 500
"""Entries of the log, and files, that are written in one commit."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the node with the console has, and whom it asks: ``nodes`` others with ``others`` records each.

    ``others`` are enrolled through the custodian, and as many records of the node with the console.
    """

    nodes: int
    records: int
    others: int
    cases: int
    referrals: int
    entries: int
    analysts: int


class DeskFederation(LoadedFederation):
    """The first agency has the long list and the console."""

    def __init__(self, folder: Path, contents: Contents) -> None:
        """Take a folder that is empty or not there."""
        size = Size(contents.nodes, contents.records, min(contents.others, contents.records))
        super().__init__(folder, size, consoles=["NODE-01"])
        self.local.launchers.clear()  # no stopwatch in the processes: what is timed is timed from outside
        self.contents = contents
        self.agency = self.agencies[0]

    @property
    def home(self) -> NodeHome:
        """Give the home of the node with the console."""
        return load_home(self.local.home(self.agency))

    @property
    def analysts(self) -> list[str]:
        """Name the analysts who ask at once."""
        return [f"analyst.{number:02}" for number in range(self.contents.analysts)]

    def records_at(self, agency: str) -> int:
        """Give how many records an agency lists."""
        return self.contents.records if agency == self.agency else self.contents.others

    async def furnish(self, report: Report) -> None:
        """Fill the lists of the console and the log."""
        report("fill cases, referrals and the log", 0, 1)
        await asyncio.to_thread(self._fill_cases)
        await asyncio.to_thread(self._fill_log)
        report("fill cases, referrals and the log", 1, 1)

    async def enter_staff(self) -> dict[str, Trainee]:
        """Enter officers of every role and the analysts, each with an account; by name."""
        analysts: dict[str, Role] = dict.fromkeys(self.analysts, "analyst")
        return {one.name: one for one in await enter(self.local, self.agency, {**STAFF, **analysts})}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Stop all other parties meanwhile: they would be on machines of their own, and here they share the cores."""
        others = [one.process for name, one in self.local.running.items() if name != self.agency]
        try:
            for process in others:
                process.send_signal(signal.SIGSTOP)
            yield
        finally:
            for process in others:
                process.send_signal(signal.SIGCONT)

    def a_case(self) -> tuple[str, str]:
        """Give holder and reference of a case."""
        cases = open_cases(self.home.cases_path)
        try:
            row = cases.connection.execute("SELECT member, reference FROM hit_case LIMIT 1").fetchone()
        finally:
            cases.close()
        return Party.parse(row["member"]).name, row["reference"]

    def a_referral(self) -> str:
        """Give the reference of a referral."""
        cases = open_cases(self.home.cases_path)
        try:
            return str(cases.connection.execute("SELECT reference FROM referral LIMIT 1").fetchone()["reference"])
        finally:
            cases.close()

    def agreement(self) -> Agreement:
        """Give the agreement of all."""
        return demo_agreement(self.local.agencies, self.local.level, self.local.bit_budget)

    def _fill_cases(self) -> None:
        agreement = self.agreement()
        others, now = self.agencies[1:], datetime.now(UTC)
        people = list(islice(self.known_persons(self.agency), 100))
        file = open_cases(self.home.cases_path)
        try:
            for number in range(max(self.contents.cases, self.contents.referrals)):
                other, at = others[number % len(others)], now - timedelta(minutes=number)
                with file.transaction() as connection:
                    if number < self.contents.cases:
                        asked = _asked(self.agency, other, agreement, at, number)
                        store.note_hit(connection, _hit(other, agreement, asked, at, people[number % len(people)]))
                    if number < self.contents.referrals:
                        asked = _asked(other, self.agency, agreement, at, number)
                        store.note_told(connection, _told(agreement, asked, at, number))
        finally:
            file.close()

    def _fill_log(self) -> None:
        home, (other, *_) = self.home, self.agencies[1:]
        agreement = self.agreement().hash.hex()
        with Ledger(home.ledger_path) as ledger:
            for first in range(0, self.contents.entries, _TOGETHER):
                until = min(first + _TOGETHER, self.contents.entries)
                ledger.append(*(_entry(number, Party.agency(other).uri, agreement) for number in range(first, until)))
            ledger.sign_head(ledger_origin(home.party.uri), load_keys(home.keys).signing)


def _asked(asker: str, holder: str, agreement: Agreement, at: datetime, number: int) -> str:
    about = EVERY_CASE
    asked = Asked(
        asker,
        holder,
        agreement.hash,
        at,
        purpose=EVERY_PURPOSE,
        user="anna.analyst",
        legal_basis=True,
        case=f"BENCH-{number // 3}",
        offence=about.offence,
        penalty_months=about.penalty_months,
        nature=about.nature,
        person_role=about.person_role,
        death_penalty=about.death_penalty,
    )
    return write_asked(asked, "invented for a benchmark")


def _hit(holder: str, agreement: Agreement, asked: str, at: datetime, person: dict[str, object]) -> store.ReceivedHit:
    reasons = ("names: agree", "birth date: agree")
    return store.ReceivedHit(
        _reference(),
        Party.agency(holder).uri,
        agreement,
        asked,
        secrets.token_bytes(16),
        "strong",
        at,
        reasons=reasons,
        subject={"category": "individual", **person},
    )


def _told(agreement: Agreement, asked: str, at: datetime, number: int) -> store.ToldHit:
    silent = number % 5 == 0
    record = f"R-{number}"
    return store.ToldHit(_reference(), record, 0.97, 40.0, 2, asked, agreement, at, silent=silent, reasons=("names",))


def _reference() -> str:
    return "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))


def _entry(number: int, other: str, agreement: str) -> Statement:
    """Give one of four kinds of entries in turn, as a node writes them for queries it puts and answers."""
    query_id = f"{number // 2:032x}"
    user = {"user": "anna.analyst", "case_reference": f"BENCH-{number // 12}", "legal_basis": "invented"}
    match number % 4:
        case 0:
            sent = QuerySent(
                query_id=query_id,
                purpose=EVERY_PURPOSE,
                recipients=(other,),
                agreements=("demonstration",),
                agreement_hashes=(agreement,),
            )
            return Statement(sent, user)
        case 1:
            received = AnswerReceived(
                query_id=query_id,
                envelope_digest=query_id * 2,
                member=other,
                agreement_hash=agreement,
                purpose=EVERY_PURPOSE,
                outcome="nothing",
                level=0,
                candidates=0,
            )
            return Statement(received, {})
        case 2:
            arrived = QueryReceived(
                query_id=query_id,
                envelope_digest=query_id * 2,
                sender=other,
                agreement="demonstration",
                agreement_hash=agreement,
                purpose=EVERY_PURPOSE,
                entries=8,
            )
            return Statement(arrived, {})
        case _:
            answered = QueryAnswered(
                query_id=query_id,
                envelope_digest=query_id * 2,
                sender=other,
                level=0,
                agreement_hash=agreement,
                purpose=EVERY_PURPOSE,
                trace=("nothing opened",),
            )
            return Statement(answered, {})
