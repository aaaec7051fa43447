"""A small disclosure log of an invented agency, with the auditor's calls on it and a console over them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ledger.case_events import CaseShown
from ledger.cosignatures import cosign, witness_name
from ledger.entries import Statement
from ledger.events import AnswerReceived, QueryDenied, QueryReceived, QueryRefused, QuerySent
from ledger.log import Ledger
from ledger.log_events import LogPadded
from ledger.notes import Note
from ledger.officer_events import OfficerRefused
from matching.keys import SigningKey
from node.auditing.calls import AuditCalls
from node.auditing.house import AuditedHouse
from node.auditing.subject_calls import SubjectCalls
from node.auditing.work_calls import AuditWorkCalls
from node.officers.permission import Permission
from node.officers.register import Officer
from node.records.sqlite import SqliteRecordStore
from tests.unit.console_desk import ConsoleDesk

OWN = "symbolon://agency/FR-DNMS"
PARTNER = "symbolon://agency/DE-ZASM"
OTHER = "symbolon://agency/GR-YPAM"
HASH, CASE = "ab" * 32, "cd" * 32
AUDITOR = Officer("i.auditor", frozenset({"auditor"}))
SUPERVISOR = Officer("l.vogt", frozenset({"supervisor"}))
EVIL = "<script>alert('Idris')</script>"

STATEMENTS = (
    Statement(
        QuerySent(
            query_id="01",
            purpose="terrorism",
            recipients=(PARTNER,),
            agreements=("fr-de",),
            agreement_hashes=(HASH,),
        ),
        {"user": "a.martin", "subject.names": json.dumps([EVIL]), "case_reference": "2026/117"},
    ),
    Statement(
        AnswerReceived(
            query_id="01", member=PARTNER, agreement_hash=HASH, outcome="hit", level=2, candidates=1, cases=(CASE,)
        ),
        {"user": "a.martin"},
    ),
    Statement(CaseShown(partner=PARTNER, agreement_hash=HASH, purpose="terrorism", case=CASE), {"officer": "a.martin"}),
    Statement(LogPadded(filler="00")),
    Statement(
        QueryDenied(query_id="02", purpose="murder", recipients=(OTHER,), reason="quota_used"), {"user": "b.moreau"}
    ),
    Statement(
        QueryReceived(
            query_id="03",
            envelope_digest="ef" * 32,
            sender=OTHER,
            agreement="fr-gr",
            agreement_hash="12" * 32,
            purpose=EVIL,
            entries=1,
        ),
        {"user": "p.k"},
    ),
    Statement(
        QueryRefused(query_id="03", envelope_digest="ef" * 32, sender=OTHER, reason="<b>quota</b>"), {"user": "p.k"}
    ),
    Statement(OfficerRefused(reason="role"), {"officer": "b.moreau"}),
)


@dataclass
class Audited:
    """The log, the calls, and what they work on."""

    log: Ledger
    house: AuditedHouse
    calls: AuditCalls
    works: AuditWorkCalls
    subjects: SubjectCalls
    records: SqliteRecordStore
    desk: ConsoleDesk
    witness: SigningKey

    def types(self) -> list[str]:
        """Give the events in the log, in order."""
        return [entry.event.type for entry in self.log.entries()]

    def cosign(self) -> Note:
        """Have the head as it is cosigned by the partner."""
        note = self.log.sign_head(self.house.origin, self.house.signing)
        signature = cosign(note, witness_name(PARTNER), self.witness, 1_790_000_000)
        return self.log.keep_cosigned(Note(note.text, (*note.signatures, signature)), datetime.now(UTC))


@contextmanager
def audited_log(folder: Path) -> Iterator[Audited]:
    """Write the log and open a console on it, with an officer of each role."""
    path, witness = folder / "ledger.db", SigningKey.generate()
    with Ledger(path) as log, SqliteRecordStore(folder / "records.db") as records:
        log.append(*STATEMENTS)
        certified = {PARTNER: witness.public_key()}
        house = AuditedHouse(OWN, log, path, folder / "audit", SigningKey.generate(), lambda: certified, lambda: ())
        permission = Permission(log)
        calls, works = AuditCalls(permission, house), AuditWorkCalls(permission, house)
        subjects = SubjectCalls(permission, house, records)
        with ConsoleDesk(folder, audit=calls, audit_works=works, subjects=subjects) as desk:
            desk.enter("i.auditor", "auditor")
            desk.enter("l.vogt", "supervisor")
            desk.enter("a.martin", "analyst")
            desk.enter("n.jurist", "legal_adviser")
            yield Audited(log, house, calls, works, subjects, records, desk, witness)
        works.stop()
        subjects.stop()
