"""A holder and an asker without a wire between them: real stores, log, keys, lockboxes; a key for a custodian."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from agreements.agreement import Agreement
from agreements.reading import parse_agreement
from agreements.signing import Kind
from agreements.template import TEMPLATE
from ledger.entries import Entry
from ledger.log import Ledger
from matching import oblivious
from matching.envelope import QueryBody, QueryHeader, SealedQuery, seal_query
from matching.features import golden_digest, own_normaliser, query_features, record_features
from matching.keys import SealingKey, SigningKey
from matching.lockbox import IndexRow, SizeClass, index_row, seal_lockbox
from matching.reply import open_reply
from matching.subject import Subject, parse_subject
from node.agreements.book import AgreementBook
from node.cases_file import open_cases
from node.config import NodeHome, checked_settings
from node.database import DatabaseFile
from node.directory.membership import Federation, Member
from node.directory.view import Directory
from node.enrolment.index import EnrolledRecord, IndexStore, Place, Profile
from node.keys import create_keys
from node.queries.answers import Answer, decode_answer
from node.queries.examination import write_payload
from node.queries.justification import Justification
from node.queries.responding import Responder
from node.records.importing import import_file
from node.records.rules import HouseRules
from node.records.sqlite import SqliteRecordStore
from tests.unit.signatories import Signatories

EPOCH = "2026-1"
ASKER = "symbolon://agency/FR-DNMS"
HOLDER = "symbolon://agency/DE-ZASM"
KEY = oblivious.generate_key()
AGREEMENT = parse_agreement(TEMPLATE)
BUDGET = AGREEMENT.answer.bit_budget
JUSTIFICATION = Justification(
    offence="migrant_smuggling", penalty_months=120, nature="ordinary", person_role="suspect", death_penalty="no"
)
OPEN = HouseRules(
    category="arrest",
    person_role="suspect",
    nature="ordinary",
    sealed="no",
    discreet="no",
    victim="no",
    witness="no",
    barred=(),
    withheld=(),
    code="H0",
    at_most=4,
    unknown_age="adult",
)
"""A node whose records may all be told of, but for what they say themselves."""


@dataclass
class KnownMembers:
    """The directory as a holder reads it: what is pinned, and nobody to refresh it from."""

    federation: Federation

    async def member(self, uri: str) -> Member | None:
        """Give a pinned member."""
        return self.federation.members.get(uri)


@dataclass
class Asking:
    """What makes an envelope; a test changes one thing of it."""

    subject: Subject
    header: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    payload: bytes | None = None
    signer: SigningKey | None = None


@dataclass
class Holder:
    """A responder over real parts, and the asker's keys."""

    responder: Responder
    index: IndexStore
    records: SqliteRecordStore
    ledger: Ledger
    sealing: SealingKey
    signing: SigningKey
    asker: SigningKey
    clock: list[float]
    agreements: AgreementBook
    cases: DatabaseFile
    signatories: Signatories
    agreement: Agreement
    records_folder: Path

    def envelope(self, asking: Asking) -> tuple[SealedQuery, SealingKey]:
        """Make an envelope as an honest asker would, but for what the test changed."""
        now = int(time.time())
        features = query_features(asking.subject, BUDGET)
        tokens = tokens_of([feature.canonical() for feature in features])
        payload = write_payload(asking.subject) if asking.payload is None else asking.payload
        values: dict[str, Any] = {
            "query_id": secrets.token_bytes(16),
            "sender": ASKER,
            "recipient": HOLDER,
            "epoch": EPOCH,
            "normaliser_version": own_normaliser(),
            "agreement_id": self.agreement.id,
            "purpose": "migrant_smuggling",
            "issued_at": now,
            "expires_at": now + 60,
            "size": SizeClass.fitting(len(tokens), len(payload)),
        }
        header = QueryHeader(**(values | asking.header))
        reply_key = SealingKey.generate()
        content: dict[str, Any] = {
            "reply_key": reply_key.public_key(),
            "justification": JUSTIFICATION.to_text(),
            "legal_basis": "art. 25",
            "case_reference": "2026/117",
            "user_id": "a.analyst",
            "agreement_hash": self.agreement.hash,
            "lockbox": seal_lockbox(tokens, payload, header.lockbox_context()),
        }
        body = QueryBody(**(content | asking.body))
        return seal_query(header, body, self.sealing.public_key(), asking.signer or self.asker), reply_key

    async def ask(self, asking: Asking) -> Answer:
        """Put a query and give what the reply says of records; what is left of the quota is left out."""
        return (await self.ask_counted(asking)).model_copy(update={"left": None})

    async def ask_counted(self, asking: Asking) -> Answer:
        """Put a query and open the reply."""
        query, reply_key = self.envelope(asking)
        return self.read(await self.responder.answer(query.to_bytes()), query, reply_key)

    def read(self, reply: bytes, query: SealedQuery, reply_key: SealingKey) -> Answer:
        """Open a reply as the asker; raises `ProtocolError` when it is not readable."""
        return decode_answer(open_reply(reply, reply_key, query.reply_context(), self.signing.public_key()))

    def declare(self, kind: Kind, agency: str = "DE-ZASM", last_day: date | None = None) -> None:
        """Let a party suspend, resume or end the agreement, now."""
        now = datetime.now(UTC)
        with self.cases.transaction() as connection:
            signed = self.signatories.declare(kind, agency, self.agreement, now, last_day)
            self.agreements.declare(connection, signed, now)

    def accept(self, agreement: Agreement) -> None:
        """Accept another agreement, signed by all."""
        with self.cases.transaction() as connection:
            self.agreements.accept(connection, self.signatories.bundle(agreement), datetime.now(UTC))

    def change(self, row: Mapping[str, Any]) -> None:
        """Import one row over what is there."""
        path = self.records_folder / "change.jsonl"
        path.write_text(json.dumps(row), encoding="utf-8")
        import_file(path, self.records, self.records_folder, datetime.now(UTC))

    def kinds(self) -> list[str]:
        """Give the types of all entries that say something, in order."""
        return [entry.event.type for entry in self.ledger.entries() if entry.event.type != "log_padded"]

    def logged(self, kind: str) -> list[Entry]:
        """Give the entries of one type."""
        return [entry for entry in self.ledger.entries() if entry.event.type == kind]


def tokens_of(canonical: list[bytes]) -> list[bytes]:
    """Give tokens as the custodian's key makes them."""
    batch = oblivious.blind([oblivious.token_input(EPOCH, text) for text in canonical])
    return list(oblivious.finalize(batch, oblivious.evaluate_with_proof(KEY, batch.elements), KEY.public_key()))


def enrol_all(records: SqliteRecordStore, index: IndexStore, pepper: bytes) -> None:
    """Enrol every record under the agreement's budget."""
    budget = BUDGET
    enrolled = []
    for stored in records.records():
        features = record_features(stored.record.subject, budget)
        tokens = tokens_of([feature.canonical() for feature in features]) if features else []
        rows: list[IndexRow[Place]] = [
            index_row(token, EPOCH, HOLDER, pepper, Place(stored.number, stored.revision, ordinal, budget))
            for ordinal, token in enumerate(tokens)
        ]
        enrolled.append(EnrolledRecord(stored.number, stored.revision, rows))
    records.mark_enrolled([(one.number, one.revision) for one in enrolled], datetime.now(UTC))
    index.replace(enrolled, Profile(EPOCH, own_normaliser(), (budget,)))


def person(**row: Any) -> Subject:
    """Give a subject from its row."""
    return parse_subject(cast(Mapping[str, Any], row))


@contextmanager
def holder(folder: Path, rows: str, agreement: str = TEMPLATE, house: HouseRules = OPEN) -> Iterator[Holder]:
    """Open a holder with these records (JSON lines), enrolled, under an agreement that all have signed."""
    settings = checked_settings(
        agency="DE-ZASM",
        display_name="Holder",
        listen="127.0.0.1:1",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:2",
        contact="desk@zasm.example",
        declared_records=100,
        reply_tick_milliseconds=10,
    )
    home = NodeHome(folder, settings)
    keys = create_keys(home.keys)
    asker = SigningKey.generate()
    signatories, agreed = Signatories(), parse_agreement(agreement)
    clock = [100.0]
    with ExitStack() as stack:
        records = stack.enter_context(SqliteRecordStore(home.records_path))
        index = stack.enter_context(IndexStore(home.index_path))
        ledger = stack.enter_context(Ledger(home.ledger_path))
        (folder / "list.jsonl").write_text(rows, encoding="utf-8")
        import_file(folder / "list.jsonl", records, home.rejects_folder, datetime.now(UTC))
        enrol_all(records, index, keys.pepper)
        directory = cast(Directory, KnownMembers(_federation(asker)))
        cases = stack.enter_context(open_cases(home.cases_path))
        with Ledger(folder / "acceptance.db") as other_log:  # so that the holder's own has its answers only
            signatories.book(cases, "DE-ZASM", other_log, agreed)
        book = signatories.book(cases, "DE-ZASM", ledger)
        responder = Responder(
            home, keys, directory, records, index, book, ledger, cases, house, monotonic=lambda: clock[0]
        )
        yield Holder(
            responder,
            index,
            records,
            ledger,
            keys.sealing,
            keys.signing,
            asker,
            clock,
            book,
            cases,
            signatories,
            agreed,
            folder,
        )


def _federation(asker: SigningKey) -> Federation:
    member = Member(
        uri=ASKER,
        display_name="Asker",
        signing_key=asker.public_key().raw.hex(),
        sealing_key=SealingKey.generate().public_key().raw.hex(),
        normaliser=own_normaliser(),
        golden_digest=golden_digest(),
        issued_at=1,
    )
    return Federation(
        name="Test",
        custodian="symbolon://custodian/FIRST",
        custodian_address="127.0.0.1:3",
        epoch=EPOCH,
        epoch_public_key=KEY.public_key().hex(),
        members={ASKER: member},
    )
