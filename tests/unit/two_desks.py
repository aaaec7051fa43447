"""Two agencies that follow a hit up, without nodes around them: real files, logs and steps, mail carried by hand.

Invented people. The asker is FR-DNMS, the holder DE-ZASM; both have the agreement of the template, signed, accepted.
"""

from __future__ import annotations

import secrets
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from agreements.agreement import Agreement
from agreements.facts import Asked, RecordRules
from agreements.reading import parse_agreement
from agreements.standing import AgreementSet, Standing
from agreements.template import TEMPLATE
from ledger.log import Ledger
from matching.subject import parse_subject
from node.cases import asking, holding, store, tables
from node.cases.clockwork import Clockwork
from node.cases.correcting import correct
from node.cases.desk import CaseDesk
from node.cases.facts import write_asked
from node.cases.files import Case, Referral
from node.cases.incoming import Incoming
from node.cases.messages import digest_of_offer
from node.cases.steps import HeldRecord
from node.cases.work import CaseWork
from node.database import DatabaseFile
from node.mail import tables as mail
from node.officers.register import Officer, Role
from node.records.rows import Record
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party

ASKER, HOLDER = "FR-DNMS", "DE-ZASM"
REFERENCE = "ABCDEFGHIJKLMNOP"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
RULES = RecordRules(
    category="arrest",
    person_role="suspect",
    nature="ordinary",
    nationalities=("GR",),
    minor="no",
    victim="no",
    witness="no",
    sealed="no",
    discreet="no",
    barred=frozenset(),
    hidden_until=None,
    withheld=frozenset(),
    code="H0",
    at_most=4,
)
ROW = {
    "names": ["Giorgos Melanos"],
    "dob": ["1984-08-16"],
    "nationality": ["GR"],
    "documents": [{"type": "passport", "country": "GR", "number": "AK1234567"}],
    "phones": ["+30 21 0000 0000"],
}
"""A row as lists have it: its document has no note."""


def agreement(**changes: Any) -> Agreement:
    """Give the agreement of the template with clauses changed: ``release__maximum=3`` for a nested one."""
    values = tomllib.loads(TEMPLATE)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = values
        for parent in parents:
            place = place[parent]
        place[last] = value
    return parse_agreement(yaml.safe_dump(values), "yaml")


TEXT = agreement()
"""The agreement of the template."""


def refusal(error: pytest.ExceptionInfo[SymbolonError]) -> tuple[ErrorCode, str]:
    """Give an error's code and detail."""
    return error.value.code, error.value.detail


def officer(name: str, *roles: Role) -> Officer:
    """Give an officer."""
    return Officer(name, frozenset(roles or ("analyst",)))


ANALYST, SECOND_ANALYST = officer("a.durand"), officer("b.moreau")
RELEASE, SUPERVISOR = officer("k.weber", "release_officer"), officer("l.vogt", "supervisor")


_BOUND = (holding.confirm_match, holding.approve, holding.send, correct)
"""Steps of what is shown, named by its digest."""


class PowerCutError(Exception):
    """The process died here."""


@dataclass
class Desk:
    """One side: its work, its file, and what its agreements and records are at the moment."""

    name: str
    folder: Path
    clock: list[datetime]
    agreements: AgreementSet
    records: dict[str, HeldRecord] = field(default_factory=dict)
    cut: str = ""
    staff: dict[str, frozenset[Role]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the file and the log."""
        self.file = DatabaseFile(self.folder / "cases.db", mail.MIGRATIONS, tables.MIGRATIONS)
        self.ledger = Ledger(self.folder / "ledger.db")
        self.work = CaseWork(
            Party.agency(self.name),
            self.file,
            self.ledger,
            lambda: self.agreements,
            lambda record_id, _: self.records.get(record_id),
            lambda: self.clock[0],
            lambda name: self.staff.get(name, frozenset()),
        )
        self.desk = CaseDesk(self.work)
        self.incoming = Incoming(self.work)
        self.clockwork = Clockwork(self.work)

    def close(self) -> None:
        """Close both."""
        self.file.close()
        self.ledger.close()

    def posted(self) -> list[sqlite3.Row]:
        """Give what waits in the outbox, in order."""
        return self.file.connection.execute(
            "SELECT * FROM mail_outbox WHERE ended IS NULL ORDER BY sequence"
        ).fetchall()

    def take(self, sender: str, content: bytes, name: bytes | None = None) -> None:
        """Let a message come in, under a new name if it is a new one."""
        name = secrets.token_bytes(16) if name is None else name
        with self.file.transaction() as connection:
            self.incoming.handle(connection, Party.agency(sender).uri, name, content)

    def events(self) -> list[str]:
        """Give the types of the log's entries, in order."""
        return [entry.event.type for entry in self.ledger.entries()]


@dataclass
class TwoDesks:
    """Both sides and the clock they share."""

    asker: Desk
    holder: Desk
    clock: list[datetime]

    def carry(self) -> int:
        """Carry all mail until there is none, each message in a transaction of its own as the mail does."""
        carried = 0
        while any(desk.posted() for desk in (self.asker, self.holder)):
            for one, other in ((self.asker, self.holder), (self.holder, self.asker)):
                for row in one.posted():
                    other.take(one.name, bytes(row["content"]), bytes(row["message"]))
                    with one.file.transaction() as connection:
                        connection.execute(
                            "UPDATE mail_outbox SET ended = 'delivered', content = NULL WHERE message = ?",
                            (row["message"],),
                        )
                    carried += 1
        return carried

    def wait(self, span: timedelta) -> None:
        """Let time pass, and both sides notice."""
        self.clock[0] += span
        for desk in (self.asker, self.holder):
            while desk.clockwork.sweep():
                pass

    def agree(self, *agreements: Agreement, **standing: Any) -> None:
        """Give both sides agreements, in force unless ``standing`` says otherwise."""
        for desk in (self.asker, self.holder):
            desk.agreements = in_force(*agreements, **standing)

    def hit(
        self,
        text: Agreement,
        reference: str = REFERENCE,
        *,
        silent: bool = False,
        record: str = "Z-1",
        **asked_for: Any,
    ) -> None:
        """Note a hit on both sides, as query and answer do; ``asked_for`` is what the question says otherwise."""
        asked = replace(asked_under(text, self.clock[0]), **asked_for)
        told = store.ToldHit(
            reference,
            record,
            0.97,
            40.0,
            2,
            write_asked(asked, "art. 26"),
            text,
            self.clock[0],
            silent=silent,
            matched=self.holder.records[record].subject_digest,
            reasons=("names: Giorgos Melanos is Giorgos Melanos (+20.1)",),
        )
        with self.holder.file.transaction() as connection:
            store.note_told(connection, told)
        if silent:
            return
        uri = Party.agency(HOLDER).uri
        received = store.ReceivedHit(
            reference,
            uri,
            text,
            write_asked(asked, "art. 26"),
            b"q" * 16,
            "strong",
            self.clock[0],
            reasons=("names: agree",),
            subject={"category": "individual", "names": ["Giorgos Melanos"], "dob": ["1984-08-16"]},
        )
        with self.asker.file.transaction() as connection:
            store.note_hit(connection, received)

    def ask(self, step: Any, *, by: Officer = ANALYST, reference: str = REFERENCE, **details: Any) -> Case:
        """Take a step of the asker's."""
        self.asker.staff[by.name] = by.roles
        if step is asking.confirm:
            details = {"reason": "the scar on the left hand"} | details
        return self.asker.desk.act_on_case(reference, "", by, partial(step, **details))

    def hold(self, step: Any, *, by: Officer = RELEASE, reference: str = REFERENCE, **details: Any) -> Referral:
        """Take a step of the holder's."""
        self.holder.staff[by.name] = by.roles
        if step in _BOUND and "digest" not in details:
            details["digest"] = self.holder.desk.release_now(self.referral(reference)).digest
        return self.holder.desk.act_on_referral(reference, by, partial(step, **details))

    def case(self, reference: str = REFERENCE) -> Case:
        """Give the asker's file."""
        return store.case_named(self.asker.file.connection, reference)

    def referral(self, reference: str = REFERENCE) -> Referral:
        """Give the holder's file."""
        return store.referral_named(self.holder.file.connection, reference)

    def to_request(self, **details: Any) -> None:
        """Go on to a request that has come."""
        self.ask(asking.confirm)
        self.ask(asking.request, facts="seen twice at the border with different papers", **details)
        self.carry()

    def to_offer(self) -> None:
        """Go on to an offer that has come."""
        self.to_request()
        self.hold(holding.approve)
        self.hold(holding.approve, by=SUPERVISOR)
        self.carry()

    def acknowledge(self) -> None:
        """Take on what is offered, without carrying the mail."""
        offer = self.case().offer
        assert offer is not None
        self.ask(asking.acknowledge, offer_digest=digest_of_offer(offer))

    def to_content(self) -> None:
        """Go on to readable content."""
        self.to_offer()
        self.acknowledge()
        self.carry()


def asked_under(text: Agreement, now: datetime) -> Asked:
    """Give a question that the agreement allows."""
    return Asked(
        ASKER,
        HOLDER,
        text.hash,
        now,
        purpose="migrant_smuggling",
        user=ANALYST.name,
        legal_basis=True,
        case="2026/117",
        offence="migrant_smuggling",
        penalty_months=60,
        nature="ordinary",
        person_role="suspect",
        death_penalty="no",
    )


def in_force(*agreements: Agreement, **standing: Any) -> AgreementSet:
    """Give agreements signed by all and accepted."""
    return AgreementSet(
        replace(Standing(text, frozenset(text.party_of), accepted=True), **standing) for text in agreements
    )


def held(row: dict[str, Any] | None = None, **rules: Any) -> HeldRecord:
    """Give the holder's record, with other content or rules."""
    return HeldRecord(Record("Z-1", parse_subject(row or ROW)), replace(RULES, **rules))


def two_desks(folder: Path, text: Agreement) -> Iterator[TwoDesks]:
    """Open both sides with a hit between them, and close them: the body of a fixture, or of a loop that runs once."""
    with opened_desks(folder, text) as desks:
        yield desks


@contextmanager
def opened_desks(folder: Path, text: Agreement) -> Iterator[TwoDesks]:
    """Open both sides with a hit between them, and close them."""
    clock = [NOW]
    sides = []
    for name in (ASKER, HOLDER):
        (folder / name).mkdir()
        sides.append(Desk(name, folder / name, clock, in_force(text)))
    asker, holder = sides
    holder.records["Z-1"] = held()
    asker.staff |= {name: frozenset({"supervisor"}) for name in ("m.chef", "c.chef")}
    with closing(asker), closing(holder):
        desks = TwoDesks(asker, holder, clock)
        desks.hit(text)
        yield desks
