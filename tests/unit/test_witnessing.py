"""What a witness accepts and refuses: the official sequence, and each rule of add-checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.checkpoints import Checkpoint, sign_checkpoint
from ledger.merkle import EMPTY_ROOT, TreeHead, fold, hash_leaf, prove_consistency, root_of
from ledger.notes import Note, VerifierKey
from ledger.witnessing import AddCheckpoint, Refusal, WitnessRefusalError, accept, parse_request
from matching.keys import SigningKey, SigningPublicKey

KEY = SigningKey(bytes(32))
ORIGIN = "symbolon/agency/FR-DNMS/ledger"
TRUSTED = {ORIGIN: [VerifierKey(ORIGIN, KEY.public_key())]}
LEAVES = [hash_leaf(bytes([number])) for number in range(9)]
SAID = {
    "unknown log": Refusal.UNKNOWN_LOG,
    "invalid signature": Refusal.NOT_SIGNED,
    "consistency proof": Refusal.INCONSISTENT,
}


def _head(size: int) -> TreeHead:
    return TreeHead(size, root_of(LEAVES[:size]))


def _note(head: TreeHead, key: SigningKey = KEY, origin: str = ORIGIN) -> Note:
    return sign_checkpoint(Checkpoint(origin, head), key)


def _request(old: int, new: int) -> AddCheckpoint:
    proof = prove_consistency(old, new, lambda level, index: fold(LEAVES[index << level : index + 1 << level]))
    return AddCheckpoint(old, tuple(proof), _note(_head(new)))


@pytest.mark.shared
def test_the_official_sequence(shared: Path) -> None:
    """The reference witness answers 403 for an unknown log; the specification has 404 since, and so have we."""
    known = json.loads((shared / "vectors/c2sp/witness_add_checkpoint.json").read_text())
    origin = known["log_origin"]
    trusted = {origin: [VerifierKey(origin, SigningPublicKey(bytes.fromhex(known["log_public_key_hex"])))]}
    seen: TreeHead | None = None
    accepted = 0
    for case in known["cases"]:
        request = parse_request(case["request"].encode())
        assert str(request).partition("\n\n")[0] == case["request"].partition("\n\n")[0]
        if case["status"] == 200:
            _, seen = accept(request, trusted, seen)
            accepted += 1
            continue
        with pytest.raises(WitnessRefusalError) as caught:
            accept(request, trusted, seen)
        if case["status"] == 409:
            assert caught.value.reason is Refusal.OUT_OF_DATE
            assert case["assert"] == f'body == "{caught.value.size}\\n"'
        else:
            assert caught.value.reason is next(kind for words, kind in SAID.items() if words in case["assert"])
            assert next(words for words in SAID if words in case["assert"]) in str(caught.value)
    assert (accepted, len(known["cases"])) == (3, 9)


def test_a_log_that_grows_is_accepted_step_by_step_and_again_unchanged() -> None:
    state = None
    for old, new in ((0, 3), (3, 3), (3, 4), (4, 9)):
        request = AddCheckpoint(0, (), _note(_head(new))) if not old else _request(old, new)
        assert parse_request(str(request).encode()) == request
        origin, state = accept(request, TRUSTED, state)
        assert (origin, state) == (ORIGIN, _head(new))


def _refusal(request: AddCheckpoint, seen: TreeHead | None) -> WitnessRefusalError:
    with pytest.raises(WitnessRefusalError) as caught:
        accept(request, TRUSTED, seen)
    return caught.value


def test_a_log_nobody_named_is_unknown() -> None:
    request = AddCheckpoint(0, (), _note(_head(3), origin="symbolon/agency/DE-ZASM/ledger"))
    assert _refusal(request, None).reason is Refusal.UNKNOWN_LOG


def test_another_key_and_a_forged_signature_are_not_signed() -> None:
    stranger = AddCheckpoint(0, (), _note(_head(3), SigningKey(bytes([7]) * 32)))
    forged = AddCheckpoint(0, (), Note(_note(_head(4)).text, _note(_head(3)).signatures))
    assert _refusal(stranger, None).reason is _refusal(forged, None).reason is Refusal.NOT_SIGNED


def test_an_old_size_beyond_the_checkpoint_is_malformed() -> None:
    assert _refusal(AddCheckpoint(5, (), _note(_head(3))), _head(5)).reason is Refusal.MALFORMED


@pytest.mark.parametrize(("old", "seen"), [(0, 3), (2, 3), (4, 3), (1, 0)])
def test_whoever_has_another_size_is_told_the_right_one(old: int, seen: int) -> None:
    request = AddCheckpoint(0, (), _note(_head(9))) if not old else _request(old, 9)
    refused = _refusal(request, _head(seen) if seen else None)
    assert (refused.reason, refused.size) == (Refusal.OUT_OF_DATE, seen)


def test_a_second_history_is_refused_at_one_size_and_at_a_larger_one() -> None:
    other = TreeHead(3, root_of(reversed(LEAVES[:3])))
    assert _refusal(AddCheckpoint(3, (), _note(_head(3))), other).reason is Refusal.FORKED
    assert _refusal(_request(3, 9), other).reason is Refusal.INCONSISTENT


def test_a_proof_from_nothing_is_refused_and_an_empty_log_may_be_seen_first() -> None:
    assert _refusal(AddCheckpoint(0, (LEAVES[0],), _note(_head(3))), None).reason is Refusal.INCONSISTENT
    empty = TreeHead(0, EMPTY_ROOT)
    assert accept(AddCheckpoint(0, (), _note(empty)), TRUSTED, None) == (ORIGIN, empty)
    assert accept(AddCheckpoint(0, (), _note(_head(3))), TRUSTED, empty) == (ORIGIN, _head(3))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("old 3", "old 03"),
        lambda text: text.replace("old 3", "old"),
        lambda text: text.replace("old 3", "older 3"),
        lambda text: text.replace("old 3\n", "old 3\nAAAA\n"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("old 3\n", "old 3\n" + "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n" * 64),
    ],
)
def test_a_malformed_request_is_refused_as_that(change: object) -> None:
    assert callable(change)
    with pytest.raises(WitnessRefusalError) as caught:
        parse_request(change(str(_request(3, 9))).encode())
    assert caught.value.reason is Refusal.MALFORMED
