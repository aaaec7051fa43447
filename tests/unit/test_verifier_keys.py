"""The verifier and a log whose party has changed its key: each key counts in its time, and none after that."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.checkpoints import parse_checkpoint
from ledger.cosignatures import CosignatureKey, cosign
from ledger.entries import Statement
from ledger.events import QueryRefused
from ledger.exporting import House, Scope, export_lines
from ledger.exports import ExportedCheckpoint
from ledger.log import Ledger
from ledger.notes import Note, parse_note
from ledger.proofs import EntryProof
from matching.keys import SigningKey
from tests.unit.exported import Party, texts, verify
from verifier.command import main
from verifier.trust import Trust, TrustError, read_checkpoint

REFUSED = Statement(QueryRefused(envelope_digest="00", sender="symbolon://agency/GR-YPAM", reason="fishing"))
OLD = Party("symbolon://agency/FR-DNMS")
NEW = Party(OLD.uri)
BOTH = Trust((OLD.key, NEW.key))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Give a log with heads over 3 and 5 entries under the old key, and over 5 and 7 under the new one."""
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        for party, entries in ((OLD, 3), (OLD, 2), (NEW, 0), (NEW, 2)):
            ledger.append(*[REFUSED] * entries)
            ledger.sign_head(party.origin, party.signer)
    return path


def _signed(content: bytes, size: int, party: Party) -> bytes:
    """Give the export with one of its heads signed by this key alone."""
    lines = content.splitlines(keepends=True)
    for place, line in enumerate(lines):
        values = json.loads(line)
        if values.get("type") == "checkpoint" and f"\n{size}\n" in values["note"]:
            root = parse_checkpoint(parse_note(values["note"].encode()).text).head.root
            lines[place] = ExportedCheckpoint(str(party.head(size, root))).line()
    return b"".join(lines)


def test_an_honest_log_is_right_under_both_its_keys_in_any_order(log: Path) -> None:
    content = NEW.export(log)
    for keys in ((OLD.key, NEW.key), (NEW.key, OLD.key)):
        report = verify(content, Trust(keys))
        assert texts(report) == []
        assert report.checked["checkpoints"] == 3
        assert report.said == [f"From the checkpoint over 5 entries on the log is signed by another key: {NEW.key}."]


def test_under_one_of_its_keys_alone_it_is_not(log: Path) -> None:
    content = NEW.export(log)
    assert texts(verify(content, Trust((NEW.key,)))) == [
        "The checkpoint over 3 entries is signed by none of the keys given."
    ]
    assert "The export names another key of the log than was given." in texts(verify(content, Trust((OLD.key,))))


def test_a_key_that_another_followed_signs_nothing_more(log: Path) -> None:
    """Whoever stole the old key cannot go on with the log, nor make an export under its name."""
    with Ledger(log) as ledger:
        ledger.append(REFUSED)
    forged = _signed(NEW.export(log), 8, OLD)
    found = texts(verify(forged, BOTH))
    assert found[0].startswith("The checkpoint over 8 entries is signed by a key that another had followed")
    assert found[1].startswith("Entries 8 to 8 stand under no signed checkpoint")
    named = forged.replace(str(NEW.key).encode(), str(OLD.key).encode(), 1)
    assert "The export names a key of the log that another has followed." in texts(verify(named, BOTH))


def test_a_checkpoint_kept_under_the_old_key_is_compared(log: Path, tmp_path: Path) -> None:
    with Ledger(log) as ledger:
        first = ledger.signed_head(3)
    assert first is not None
    (tmp_path / "kept").write_text(str(first), encoding="utf-8")
    (tmp_path / "export").write_bytes(NEW.export(log))
    keys = ["--key", str(NEW.key), "--key", str(OLD.key)]
    assert main([str(tmp_path / "export"), *keys, "--earlier", str(tmp_path / "kept")]) == 0
    kept = read_checkpoint(str(OLD.head(3, bytes(32))).encode(), BOTH.keys)
    assert any("history was rewritten" in one for one in texts(verify(NEW.export(log), replace(BOTH, earlier=(kept,)))))


def test_keys_of_two_logs_cannot_be_used_together(log: Path, tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="keys of one log"):
        Trust((OLD.key, Party("symbolon://agency/DE-ZASM").key))
    (tmp_path / "export").write_bytes(NEW.export(log))
    other = str(Party("symbolon://agency/DE-ZASM").key)
    assert main([str(tmp_path / "export"), "--key", str(NEW.key), "--key", other]) == 2


def _month(path: Path, last: int) -> bytes:
    """Export a period of the past, as the command does: its last head is signed now, under the new key."""
    with Ledger(path) as ledger:
        head = ledger.sign_head(NEW.origin, NEW.signer, last)
    house = House(NEW.origin, NEW.uri, str(NEW.key), "2026-11-24T12:00:00+00:00", head=head)
    return b"".join(export_lines(path, Scope(1, last), house))


@pytest.mark.parametrize("last", [1, 2, 3, 4, 5, 6])
def test_an_export_of_a_month_before_the_change_leaves_the_log_right(log: Path, last: int) -> None:
    for _ in range(2):
        assert texts(verify(_month(log, last), BOTH)) == []
    for one in (1, 5, 2, 6, 3, 4):
        assert texts(verify(_month(log, one), BOTH)) == []
        assert texts(verify(NEW.export(log), BOTH)) == []


def test_a_head_signed_anew_keeps_its_cosignatures(tmp_path: Path) -> None:
    key = SigningKey.generate()
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.append(REFUSED)
        head = ledger.sign_head(OLD.origin, OLD.signer)
        seen = cosign(head, "hub", key, 1)
        ledger.keep_cosigned(Note(head.text, (*head.signatures, seen)), None)
        signed = ledger.sign_head(NEW.origin, NEW.signer)
    assert [one.key_id for one in signed.signatures] == [NEW.key.key_id, OLD.key.key_id, seen.key_id]


def test_a_witness_that_changed_its_key_is_one_witness(log: Path) -> None:
    before, after = SigningKey.generate(), SigningKey.generate()
    with Ledger(log) as ledger:
        for size, key in ((3, before), (7, after)):
            head = ledger.signed_head(size)
            assert head is not None
            seen = cosign(head, "hub", key, int(time.time()))
            ledger.keep_cosigned(Note(head.text, (*head.signatures, seen)), None)
    witnesses = tuple(CosignatureKey("hub", one.public_key()) for one in (before, after))
    report = verify(NEW.export(log), replace(BOTH, witnesses=witnesses))
    assert texts(report) == []
    assert "hub has cosigned 2 checkpoints, the last over 7 of 7 entries." in report.said


def test_a_proof_holds_under_any_of_the_keys_and_says_which(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger(log) as ledger:
        head = ledger.signed_head(3)
        body, hashes = ledger.prove_entry(2, 3)
    assert head is not None
    (tmp_path / "2.tlog-proof").write_text(str(EntryProof(1, hashes, head, body)), encoding="utf-8")
    assert main([str(tmp_path / "2.tlog-proof"), "--key", str(NEW.key)]) == 1
    assert main([str(tmp_path / "2.tlog-proof"), "--key", str(NEW.key), "--key", str(OLD.key)]) == 0
    assert f"Its checkpoint is signed by {OLD.key}." in capsys.readouterr().out
