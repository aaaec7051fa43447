"""A party as a witness: the state is on disk before a cosignature leaves, and what contradicts it is kept."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.checkpoints import Checkpoint, sign_checkpoint
from ledger.cosignatures import witness_name
from ledger.merkle import TreeHead, fold, hash_leaf, prove_consistency, root_of
from ledger.notes import Note, VerifierKey, verify_note
from ledger.witness import MOST_EVIDENCE, MOST_REQUEST_BYTES, ContradictionError, Witness
from ledger.witnessing import AddCheckpoint, Refusal, WitnessRefusalError, parse_request
from matching.keys import SigningKey

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY, OWN = SigningKey(bytes(32)), SigningKey(b"w" * 32)
ORIGIN = "symbolon/agency/FR-DNMS/ledger"
TRUSTED = {ORIGIN: [VerifierKey(ORIGIN, KEY.public_key())]}
NAME = witness_name("symbolon://agency/DE-ZASM")


def leaves(history: str, number: int) -> list[bytes]:
    return [hash_leaf(f"{history}{place}".encode()) for place in range(number)]


def asked(old: int, new: int, history: str = "a", key: SigningKey = KEY) -> bytes:
    hashes = leaves(history, new)
    proof = proof_in(hashes, old) if old else ()
    head = TreeHead(new, root_of(leaves(history, new)))
    return str(AddCheckpoint(old, proof, sign_checkpoint(Checkpoint(ORIGIN, head), key))).encode()


def proof_in(hashes: list[bytes], old: int) -> tuple[bytes, ...]:
    return tuple(
        prove_consistency(old, len(hashes), lambda level, index: fold(hashes[index << level : index + 1 << level]))
    )


def note_of(request: bytes) -> Note:
    return parse_request(request).note


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "witness.db"


@pytest.fixture
def witness(path: Path) -> Witness:
    return Witness(path, NAME, OWN)


def refusal_of(witness: Witness, request: bytes) -> Refusal:
    with pytest.raises(WitnessRefusalError) as caught:
        witness.add(request, TRUSTED, NOW)
    return caught.value.reason


def test_a_log_that_grows_is_cosigned_under_the_witness_s_own_name(witness: Witness) -> None:
    for old, new in ((0, 3), (3, 3), (3, 8)):
        request = asked(old, new)
        line = witness.add(request, TRUSTED, NOW)
        verify_note(Note(note_of(request).text, (line,)), [witness.key])
        assert (line.name, line.key_id) == ("symbolon/agency/DE-ZASM/witness", witness.key.key_id)
    assert witness.evidence() == []


def test_the_state_is_on_disk_before_the_cosignature_is_made(
    witness: Witness, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = []

    def cosigning(*_: object) -> None:
        with sqlite3.connect(path) as other:
            states.append(other.execute("SELECT size FROM log").fetchone())
        raise KeyboardInterrupt

    monkeypatch.setattr("ledger.witness.cosign", cosigning)
    with pytest.raises(KeyboardInterrupt):
        witness.add(asked(0, 3), TRUSTED, NOW)
    assert states == [(3,)]
    assert refusal_of(Witness(path, NAME, OWN), asked(0, 3, "b")) is Refusal.OUT_OF_DATE


def test_a_fork_and_a_broken_history_are_refused_and_kept_whole_with_what_they_contradict(
    witness: Witness, path: Path
) -> None:
    first = asked(0, 3)
    witness.add(first, TRUSTED, NOW)
    fork, broken = asked(3, 3, "b"), asked(3, 8, "b")
    assert refusal_of(witness, fork) is Refusal.FORKED
    assert refusal_of(witness, broken) is Refusal.INCONSISTENT
    kept = Witness(path, NAME, OWN).evidence()
    assert {(one.refusal, one.request, one.seen) for one in kept} == {
        (Refusal.FORKED, fork, str(note_of(first))),
        (Refusal.INCONSISTENT, broken, str(note_of(first))),
    }
    witness.add(asked(3, 8), TRUSTED, NOW)  # the state is what it was


def test_evidence_is_new_once_and_no_log_fills_the_disk_with_it(witness: Witness) -> None:
    witness.add(asked(0, 3), TRUSTED, NOW)
    news = []
    for number in range(MOST_EVIDENCE + 3):
        for _ in range(2):
            with pytest.raises(ContradictionError) as caught:
                witness.add(asked(3, 3, f"b{number}"), TRUSTED, NOW)
            news.append(caught.value.is_new)
    assert news == [True, False] * MOST_EVIDENCE + [False, False] * 3
    assert len(witness.evidence()) == MOST_EVIDENCE


def test_broken_histories_which_a_carrier_can_make_leave_room_for_a_fork(witness: Witness) -> None:
    witness.add(asked(0, 3), TRUSTED, NOW)
    for size in range(8, 8 + MOST_EVIDENCE + 3):
        assert refusal_of(witness, asked(3, size, "b")) is Refusal.INCONSISTENT
    assert refusal_of(witness, asked(3, 3, "b")) is Refusal.FORKED
    kinds = [one.refusal for one in witness.evidence()]
    assert (kinds.count(Refusal.INCONSISTENT), kinds.count(Refusal.FORKED)) == (MOST_EVIDENCE, 1)


def test_what_the_log_s_key_has_not_signed_is_no_evidence(witness: Witness) -> None:
    witness.add(asked(0, 3), TRUSTED, NOW)
    assert refusal_of(witness, asked(3, 3, "b", key=SigningKey(b"x" * 32))) is Refusal.NOT_SIGNED
    assert witness.evidence() == []


@pytest.mark.parametrize(
    "request_of",
    [
        b"",
        b"old x\n\n",
        b"old 0\n\nnot a checkpoint\n\n\xe2\x80\x94 a AAAAAAAA\n",
        asked(0, 3) + b"\n" * MOST_REQUEST_BYTES,
        asked(0, 3).replace(b"old 0", b"old 4"),
    ],
)
def test_malformed_requests_are_refused_alike(witness: Witness, request_of: bytes) -> None:
    assert refusal_of(witness, request_of) is Refusal.MALFORMED


def test_of_two_histories_at_once_one_is_cosigned(witness: Witness) -> None:
    witness.add(asked(0, 4), TRUSTED, NOW)

    def add(history: str) -> str:
        hashes = leaves("a", 4) + leaves(history, 8)[4:]
        note = sign_checkpoint(Checkpoint(ORIGIN, TreeHead(8, root_of(hashes))), KEY)
        try:
            witness.add(str(AddCheckpoint(4, proof_in(hashes, 4), note)).encode(), TRUSTED, NOW)
        except WitnessRefusalError as refused:
            return refused.reason.value
        return "cosigned"

    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(add, "bcdefghi"))
    assert outcomes == ["cosigned"] + ["out_of_date"] * 7


def test_only_the_head_cosigned_last_is_current(witness: Witness) -> None:
    with pytest.raises(WitnessRefusalError, match="not the head cosigned last"):
        witness.check_current(asked(0, 3), TRUSTED, NOW)
    witness.add(asked(0, 3), TRUSTED, NOW)
    witness.check_current(asked(0, 3), TRUSTED, NOW)
    witness.check_current(asked(2, 3), TRUSTED, NOW)  # whatever another witness has seen of it
    with pytest.raises(WitnessRefusalError, match="not the head cosigned last"):
        witness.check_current(asked(3, 5), TRUSTED, NOW)
    with pytest.raises(ContradictionError):
        witness.check_current(asked(0, 3, "b"), TRUSTED, NOW)
    with pytest.raises(WitnessRefusalError) as caught:
        witness.check_current(asked(0, 3, "b", key=OWN), TRUSTED, NOW)
    assert caught.value.reason is Refusal.NOT_SIGNED
    assert [one.refusal for one in witness.evidence()] == [Refusal.FORKED]


def test_a_log_that_is_not_brought_is_missed_whether_or_not_it_ever_was(witness: Witness) -> None:
    """A rewritten log is refused for ever, and one that stays away says nothing either: people have to ask."""
    origins, day = [ORIGIN, "symbolon/agency/GR-KEAL/ledger"], timedelta(hours=24)
    assert witness.not_seen(origins, NOW - day, NOW) == []
    later = NOW + timedelta(hours=20)
    witness.add(asked(0, 3), TRUSTED, later)
    now = NOW + timedelta(hours=25)
    assert witness.not_seen(origins, now - day, now) == [(origins[1], NOW)]
    assert refusal_of(witness, asked(2, 4, "b")) is Refusal.OUT_OF_DATE
    now = later + timedelta(hours=25)
    assert witness.not_seen(origins, now - day, now) == [(ORIGIN, later), (origins[1], NOW)]
    witness.add(asked(3, 4), TRUSTED, now)
    assert witness.not_seen([ORIGIN], now - day, now) == []
    assert witness.not_seen(origins, now - day, now) == [], "a member that comes back begins anew"
