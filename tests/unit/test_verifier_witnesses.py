"""What the verifier makes of witnesses: who cosigned which heads, when last, and by which key an auditor knows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ledger.cosignatures import CosignatureKey, cosign
from ledger.entries import Statement, draft, place
from ledger.events import QueryRefused
from ledger.exports import ExportedCheckpoint, ExportedEntry, ExportHead, Line
from ledger.merkle import CompactRange
from ledger.notes import Note, VerifierKey, parse_note
from matching.keys import SigningKey
from tests.unit.exported import Audited, Forger, Party, texts, verify, walked
from tests.unit.two_desks import HOLDER
from verifier.heads import HeadChecker
from verifier.report import Report
from verifier.trust import Trust, read_witness

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return walked(tmp_path_factory.mktemp("walked"))


@pytest.fixture
def forger(audited: Audited) -> Forger:
    return Forger(audited.exports[HOLDER], audited.parties[HOLDER])


def _entries(lines: list[Line]) -> list[int]:
    return [place for place, one in enumerate(lines) if isinstance(one, ExportedEntry)]


def _cosigned(
    forger: Forger, *witnesses: tuple[str, SigningKey], ago: timedelta = timedelta(), spoil: bool = False
) -> bytes:
    at = datetime.now(UTC) - ago
    lines = list(forger.lines)
    place = next(place for place, one in enumerate(lines) if isinstance(one, ExportedCheckpoint))
    note = parse_note(lines[place].note.encode())  # type: ignore[union-attr]
    added = [cosign(note, name, key, int(at.timestamp())) for name, key in witnesses]
    if spoil:
        added = [replace(one, signature=one.signature[:-1] + bytes([one.signature[-1] ^ 1])) for one in added]
    lines[place] = ExportedCheckpoint(str(Note(note.text, note.signatures + tuple(added))))
    return b"".join(one.line() for one in lines)


def test_cosignatures_are_counted_by_witness(audited: Audited, forger: Forger) -> None:
    names = ("hub", "gr", "absent")
    keys = {name: SigningKey.generate() for name in names}
    witnesses = tuple(CosignatureKey(name, key.public_key()) for name, key in keys.items())
    content = _cosigned(forger, ("hub", keys["hub"]), ("gr", keys["gr"]))
    report = verify(content, replace(audited.trust(HOLDER), witnesses=witnesses))
    size = len(_entries(forger.lines))
    assert report.said == [
        f"hub has cosigned 1 checkpoint, the last over {size} of {size} entries.",
        f"gr has cosigned 1 checkpoint, the last over {size} of {size} entries.",
    ]
    assert texts(report) == ["No checkpoint is cosigned by absent."]
    assert not report.unchecked


def test_a_false_cosignature_and_one_older_than_the_entries_are_found(audited: Audited, forger: Forger) -> None:
    key = SigningKey.generate()
    trust = replace(audited.trust(HOLDER), witnesses=(CosignatureKey("hub", key.public_key()),))
    found = texts(verify(_cosigned(forger, ("hub", key), spoil=True), trust))
    assert any("has an invalid cosignature of hub" in one for one in found)
    found = texts(verify(_cosigned(forger, ("hub", key), ago=timedelta(days=1)), trust))
    assert any(one.startswith("hub saw ") for one in found)


@pytest.mark.parametrize(("hours", "is_found"), [(23, False), (25, True)])
def test_what_a_witness_has_not_seen_for_a_day_is_found(hours: int, is_found: bool) -> None:
    """Else all that follows any old cosignature could be rewritten."""
    party, key, report, tree = Party("symbolon://agency/DE-ZASM"), SigningKey.generate(), Report(), CompactRange()
    tree.append(bytes(32))
    head = party.head(1, tree.root())
    seen = Note(head.text, (*head.signatures, cosign(head, "hub", key, int(NOW.timestamp()))))
    file = ExportHead(party.origin, party.uri, "", 1, 4, "", (), bytes(32))
    heads = HeadChecker(file, Trust((party.key,), (CosignatureKey("hub", key.public_key()),)), report)
    heads.take(ExportedCheckpoint(str(seen)), tree, NOW)
    for _ in range(3):
        tree.append(bytes(32))
    heads.take(ExportedCheckpoint(str(party.head(4, tree.root()))), tree, NOW)
    heads.end(4, NOW + timedelta(hours=hours))
    assert report.said == ["hub has cosigned 1 checkpoint, the last over 1 of 4 entries."]
    assert ["entries 2 to 4 may have been rewritten" in one for one in texts(report)] == [True] * is_found


def test_an_entry_dated_before_a_witness_saw_the_log_without_it_is_found() -> None:
    party, key, report, tree = Party("symbolon://agency/DE-ZASM"), SigningKey.generate(), Report(), CompactRange()
    tree.append(bytes(32))
    head = party.head(1, tree.root())
    seen = Note(head.text, (*head.signatures, cosign(head, "hub", key, int(NOW.timestamp()))))
    file = ExportHead(party.origin, party.uri, "", 1, 4, "", (), bytes(32))
    heads = HeadChecker(file, Trust((party.key,), (CosignatureKey("hub", key.public_key()),)), report)
    refused = draft(Statement(QueryRefused(envelope_digest="00", sender=party.uri, reason="fishing")))
    heads.follow(place(refused, 1, bytes(32), NOW - timedelta(days=30)))
    heads.take(ExportedCheckpoint(str(seen)), tree, NOW - timedelta(days=30))
    heads.follow(place(refused, 2, bytes(32), NOW - timedelta(minutes=2)))
    assert texts(report) == []
    heads.follow(place(refused, 3, bytes(32), NOW - timedelta(days=20)))
    (found,) = texts(report)
    assert found.startswith("Entry 3 is dated ")
    assert "but a witness saw the log without it at" in found


@pytest.mark.parametrize("name", ["symbolon/coordinator/HUB/ledger", "symbolon/coordinator/HUB/witness"])
def test_a_witness_is_known_by_the_key_of_its_own_log(name: str) -> None:
    """It is what `symbolon audit key` prints, and what the guide has an auditor bring."""
    key = SigningKey.generate().public_key()
    expected = CosignatureKey("symbolon/coordinator/HUB/witness", key)
    assert read_witness(str(VerifierKey(name, key))) == read_witness(str(CosignatureKey(name, key))) == expected


def test_a_fork_has_no_cosignature_of_the_witness_that_saw_the_other(audited: Audited, forger: Forger) -> None:
    key = SigningKey.generate()
    trust = replace(audited.trust(HOLDER), witnesses=(CosignatureKey("hub", key.public_key()),))
    seen = Forger(_cosigned(forger, ("hub", key)), forger.party)
    lines = list(seen.lines)
    del lines[_entries(lines)[2]]
    assert "No checkpoint is cosigned by hub." in texts(verify(seen.rewritten(lines), trust))
