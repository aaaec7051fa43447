"""Signed notes, checkpoints and cosignatures after C2SP: official cases, and what each must refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.checkpoints import Checkpoint, ledger_origin, parse_checkpoint, sign_checkpoint, verify_checkpoint
from ledger.cosignatures import CosignatureKey, cosign, cosigned_at
from ledger.merkle import EMPTY_ROOT, TreeHead, hash_leaf
from ledger.notes import (
    BadSignatureError,
    MalformedNoteError,
    Note,
    NoteError,
    UnsignedNoteError,
    VerifierKey,
    VerifierKeyError,
    parse_note,
    sign_note,
    verify_note,
)
from matching.errors import SignatureError
from matching.keys import SigningKey

KEY, WITNESS = SigningKey(bytes(32)), SigningKey(bytes([1]) * 32)
ORIGIN = "symbolon/agency/FR-DNMS/ledger"
LOG_KEY, WITNESS_KEY = VerifierKey(ORIGIN, KEY.public_key()), CosignatureKey("witness", WITNESS.public_key())
HEAD = TreeHead(7, hash_leaf(b""))
NOTE = sign_checkpoint(Checkpoint(ORIGIN, HEAD), KEY)
TIME = 1_679_315_147
KINDS = {"malformed": MalformedNoteError, "invalid signature": BadSignatureError, "unverified": UnsignedNoteError}


@pytest.mark.shared
def test_official_signed_notes(shared: Path) -> None:
    cases = json.loads((shared / "vectors/c2sp/signed_note_cases.json").read_text())
    assert len(cases) == 28
    for case in cases:
        keys = [VerifierKey.parse(text) for text in case["vkeys"]]
        assert [str(key) for key in keys] == case["vkeys"]
        if isinstance(case["expect"], list):
            note = parse_note(case["note"].encode())
            assert [key.name for key in verify_note(note, keys)] == case["expect"]
            assert str(note) == case["note"]
            continue
        with pytest.raises(KINDS[case["expect"]]):
            verify_note(parse_note(case["note"].encode()), keys)


@pytest.mark.shared
def test_official_checkpoints_are_read_and_written_alike(shared: Path) -> None:
    folder = shared / "vectors/c2sp/tlog_tiles"
    key = VerifierKey.parse((folder / "verifier_key").read_text().strip())
    for size in range(16):
        note = parse_note((folder / f"checkpoint.{size}").read_bytes())
        checkpoint = verify_checkpoint(note, key.name, [key])
        assert (checkpoint.head.size, checkpoint.text()) == (size, note.text)


def test_a_signed_note_survives_its_own_text() -> None:
    assert parse_note(str(NOTE).encode()) == NOTE
    assert verify_note(NOTE, [LOG_KEY]) == (LOG_KEY,)


@pytest.mark.parametrize(
    "content",
    [
        b"text\n\n\xe2\x80\x94 name\n",
        b"text\n\n\xe2\x80\x94 name AAAAAA==\n",
        b"text\n\n\xe2\x80\x94 na+me AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94  AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 name AAAA AAAA\n",
        b"text\n\n- name AAAAAAAA\n",
        b"te\rxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"text\n\n" + b"\xe2\x80\x94 name AAAAAAAA\n" * 101,
        b"",
    ],
)
def test_what_is_no_note_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedNoteError):
        parse_note(content)


def test_a_name_alone_does_not_make_a_signature_known() -> None:
    other = sign_note(NOTE.text, ORIGIN, WITNESS)
    with pytest.raises(UnsignedNoteError):
        verify_note(other, [LOG_KEY])
    assert verify_note(Note(NOTE.text, other.signatures + NOTE.signatures), [LOG_KEY]) == (LOG_KEY,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+AAAA",
        str(LOG_KEY).replace("FR", "DE"),
        str(LOG_KEY) + "\n",
        str(WITNESS_KEY),
        "\u00e9+1+\u00e9",
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(VerifierKeyError):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n7\n",
        NOTE.text[:-1],
        NOTE.text + "\n",
        NOTE.text.replace("\n7\n", "\n07\n"),
        NOTE.text.replace("\n7\n", "\n-7\n"),
        NOTE.text.replace("\n7\n", "\n\u0667\n"),
        NOTE.text.replace("\n7\n", f"\n{2**63}\n"),
        NOTE.text.replace("\n7\n", "\n0\n"),
        "log\n7\nAAAA\n",
        "log\n7\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB1=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        parse_checkpoint(text)


def test_a_checkpoint_is_read_as_written_also_of_an_empty_log_and_with_extensions() -> None:
    for checkpoint in (Checkpoint(ORIGIN, HEAD, ("more",)), Checkpoint(ORIGIN, TreeHead(0, EMPTY_ROOT))):
        assert parse_checkpoint(checkpoint.text()) == checkpoint


def test_a_checkpoint_of_another_log_or_signed_by_a_witness_alone_is_refused() -> None:
    assert verify_checkpoint(NOTE, ORIGIN, [LOG_KEY]).head == HEAD
    with pytest.raises(NoteError, match="another log"):
        verify_checkpoint(NOTE, "symbolon/agency/DE-ZASM/ledger", [LOG_KEY])
    alone = Note(NOTE.text, (cosign(NOTE, "witness", WITNESS, TIME),))
    with pytest.raises(UnsignedNoteError):
        verify_checkpoint(alone, ORIGIN, [LOG_KEY, WITNESS_KEY])


def test_a_log_is_named_after_its_party() -> None:
    assert ledger_origin("symbolon://agency/FR-DNMS") == ORIGIN


def test_a_cosignature_covers_text_and_time() -> None:
    line = cosign(NOTE, "witness", WITNESS, TIME)
    assert verify_note(Note(NOTE.text, (*NOTE.signatures, line)), [WITNESS_KEY]) == (WITNESS_KEY,)
    assert cosigned_at(line.signature) == TIME
    assert CosignatureKey.parse(str(WITNESS_KEY)) == WITNESS_KEY
    later = (TIME + 1).to_bytes(8, "big") + line.signature[8:]
    for text, signature in ((NOTE.text + "x\n", line.signature), (NOTE.text, later), (NOTE.text, line.signature[:-1])):
        with pytest.raises(SignatureError):
            WITNESS_KEY.check(text, signature)


def test_the_cosignature_of_the_specification_verifies_in_form() -> None:
    """c2sp.org/tlog-cosignature prints no key, so what can be compared are key ID length and time."""
    line = (
        "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5"
        "nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    (parsed,) = parse_note(f"text\n\n{line}".encode()).signatures
    assert cosigned_at(parsed.signature) == TIME
    assert parsed.line() == line


def test_one_key_under_one_name_has_another_id_for_each_type() -> None:
    assert VerifierKey("one", KEY.public_key()).key_id != CosignatureKey("one", KEY.public_key()).key_id
