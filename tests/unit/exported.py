"""Exports as an auditor gets them: of two desks that followed a hit up, and of logs that a test writes or rewrites."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agreements.agreement import Agreement
from ledger.agreement_events import AgreementAccepted
from ledger.checkpoints import Checkpoint, ledger_origin, sign_checkpoint
from ledger.entries import FIRST_PREVIOUS, Opening, Statement, draft, place
from ledger.events import Event
from ledger.exporting import House, Scope, export_lines
from ledger.exports import (
    EVERY_FIELD,
    ExportedAgreement,
    ExportedCheckpoint,
    ExportedEntry,
    ExportedOpening,
    ExportEnd,
    ExportHead,
    Line,
    read_lines,
)
from ledger.log import Ledger
from ledger.merkle import CompactRange, TreeHead, hash_leaf
from ledger.notes import Note, VerifierKey
from matching.keys import SigningKey
from node.cases import holding
from node.cases.correcting import correct
from tests.unit.signatories import Signatories
from tests.unit.two_desks import ROW, SUPERVISOR, TEXT, held, opened_desks
from verifier.export import verify_export
from verifier.report import Report
from verifier.trust import Trust


@dataclass
class Party:
    """A party whose log is audited, with its key."""

    uri: str
    signer: SigningKey = field(default_factory=SigningKey.generate)

    @property
    def origin(self) -> str:
        """Name its log."""
        return ledger_origin(self.uri)

    @property
    def key(self) -> VerifierKey:
        """Give its log's verifier key."""
        return VerifierKey(self.origin, self.signer.public_key())

    def export(self, path: Path, *agreements: ExportedAgreement, first: int = 1) -> bytes:
        """Take everything out of a log, signed over its end and with all fields opened."""
        with Ledger(path) as log:
            log.sign_head(self.origin, self.signer)
            last = log.count()
        made_at = "2026-11-24T12:00:00+00:00"
        house = House(self.origin, self.uri, str(self.key), made_at, agreements=agreements, to_end=True)
        return b"".join(export_lines(path, Scope(first, last, frozenset({EVERY_FIELD}), last), house))

    def head(self, size: int, root: bytes) -> Note:
        """Sign a head."""
        return sign_checkpoint(Checkpoint(self.origin, TreeHead(size, root)), self.signer)


def agreement_line(text: Agreement, keys: Signatories, by: Iterable[str] | None = None) -> ExportedAgreement:
    """Give the line of an agreement, signed by its parties or by those named."""
    signatures = json.loads(keys.bundle(text, by))["signatures"]
    return ExportedAgreement(text.hash.hex(), text.canonical.decode(), tuple(signatures))


def verify(content: bytes, trust: Trust) -> Report:
    """Verify an export."""
    return verify_export(io.BytesIO(content), trust)


def texts(report: Report) -> list[str]:
    """Give the sentences of the findings."""
    return [one.text for one in report.findings]


def accepted(text: Agreement, party: Party) -> Statement:
    """Give the entry of an acceptance."""
    event = AgreementAccepted(agreement=text.id, version=text.version, agreement_hash=text.hash.hex(), party=party.uri)
    return Statement(event)


@dataclass(frozen=True)
class Audited:
    """Both sides' exports of one hit followed up to a correction, and what an auditor of each brings."""

    exports: dict[str, bytes]
    parties: dict[str, Party]
    keys: Signatories

    def trust(self, name: str) -> Trust:
        """Give the trust of an auditor of that side."""
        return Trust((self.parties[name].key,), authority=self.keys.authority.certificate)


def walked(folder: Path, text: Agreement = TEXT) -> Audited:
    """Let two desks follow a hit up to a correction, and export both logs."""
    keys, exports, parties = Signatories(), {}, {}
    with opened_desks(folder, text) as desks:
        desks.clock[0] = datetime.now(UTC)
        sides = (desks.asker, desks.holder)
        for desk in sides:
            parties[desk.name] = Party(f"symbolon://agency/{desk.name}")
            desk.ledger.append(accepted(text, parties[desk.name]))
        desks.to_content()
        desks.holder.records["Z-1"] = held({**ROW, "phones": ["+30 21 0000 0001"]})
        desks.hold(holding.confirm_match)
        desks.hold(correct)
        desks.hold(correct, by=SUPERVISOR)
        desks.carry()
        desks.hold(holding.recall, reason="of somebody else")
        desks.carry()
        for desk in sides:
            line = agreement_line(text, keys)
            exports[desk.name] = parties[desk.name].export(desk.folder / "ledger.db", line)
    return Audited(exports, parties, keys)


class Forger:
    """An insider with a log and its key: writes what he likes, all hashes and heads new."""

    def __init__(self, content: bytes, party: Party) -> None:
        self.party = party
        self.lines: list[Line] = list(read_lines(io.BytesIO(content)))

    def rewritten(self, lines: Sequence[Line], *, signed: bool = True) -> bytes:
        """Give an export of these lines: entries linked and numbered anew, checkpoints signed anew."""
        head = next(one for one in self.lines if isinstance(one, ExportHead))
        tree, previous, out = CompactRange(), FIRST_PREVIOUS, b""
        for one in lines:
            if isinstance(one, ExportedEntry):
                body = _linked(one, tree.size + 1, previous)
                previous = hash_leaf(body)
                tree.append(previous)
                out += body + b"\n"
            elif isinstance(one, ExportedCheckpoint):
                out += ExportedCheckpoint(str(self.party.head(tree.size, tree.root()))).line() if signed else one.line()
            elif isinstance(one, ExportedOpening):
                out += replace(one, entry=tree.size).line()
            elif isinstance(one, ExportedAgreement):
                out += one.line()
        opened_to = max(0, head.opened_to + tree.size - head.last)  # or what is behind it would lack its openings
        return replace(head, last=tree.size, opened_to=opened_to).line() + out + ExportEnd(tree.size).line()

    def restated(self, number: int, event: Event, personal: dict[str, str]) -> bytes:
        """Give an export in which one entry says something else, its commitments and all hashes fitting."""
        lines: list[Line] = []
        at = 0
        for one in self.lines:
            at += isinstance(one, ExportedEntry)
            if at == number and isinstance(one, ExportedEntry):
                written = draft(Statement(event, personal))
                time = datetime.fromisoformat(said(one)["time"])
                body = place(written, number, bytes(32), time).body
                lines += [ExportedEntry(body), *map(_opened, written.openings)]
            elif not (at == number and isinstance(one, ExportedOpening)):
                lines.append(one)
        return self.rewritten(lines)


def said(entry: ExportedEntry) -> dict[str, Any]:
    """Give what an entry says."""
    values: dict[str, Any] = json.loads(entry.body)
    return values


def saying(values: Mapping[str, Any]) -> ExportedEntry:
    """Give an entry that says this, whether or not it may."""
    return ExportedEntry(json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def _opened(opening: Opening) -> ExportedOpening:
    return ExportedOpening(0, opening.name, opening.salt, opening.value)


def _linked(entry: ExportedEntry, number: int, previous: bytes) -> bytes:
    return saying({**said(entry), "number": number, "previous": previous.hex()}).body
