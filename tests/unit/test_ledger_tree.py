"""The Merkle tree under the log: right at every size, made for older logs, and damage to it found with its place."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.entries import DamagedLogError, Statement
from ledger.events import QueryRefused
from ledger.log import Ledger
from ledger.merkle import EMPTY_ROOT, ProofError, TreeHead, check_consistency, check_inclusion, hash_leaf, root_of
from ledger.notes import VerifierKey, parse_note, verify_note
from ledger.reading import LedgerReader
from matching.keys import SigningKey
from symbolon.rpc.errors import ErrorCode, SymbolonError

KEY = SigningKey(bytes(32))
ORIGIN = "symbolon/agency/FR-DNMS/ledger"
STATEMENT = Statement(QueryRefused(envelope_digest="00", sender="symbolon://agency/DE-ZASM", reason="fishing"))
SIZE = 66_100
"""Of the large log: one full tile on level 1, and some beyond it."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "ledger.db"
    with Ledger(path) as ledger:
        for _ in range(SIZE // 100):
            ledger.append(*[STATEMENT] * 100)
    _edit(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def copy(large: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(large, tmp_path / "ledger.db"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def _edit(path: Path, *changes: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for change in changes:
            connection.execute(change)


def _hashes(path: Path) -> list[bytes]:
    return [entry.leaf_hash for entry in LedgerReader(path).entries()]


def _tiles(path: Path) -> list[tuple[int, int, bytes]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM tile").fetchall()


def test_the_head_is_that_over_all_entries_at_every_size(path: Path) -> None:
    with Ledger(path) as ledger:
        assert ledger.head() == TreeHead(0, EMPTY_ROOT)
        for batch in (1, 1, 253, 1, 1, 255, 300, 20):
            ledger.append(*[STATEMENT] * batch)
            hashes = _hashes(path)
            assert ledger.head() == TreeHead(len(hashes), root_of(hashes))
    assert len(_tiles(path)) == 832 // 256


def test_entries_and_growth_of_a_large_log_are_proved(large: Path) -> None:
    log, hashes = LedgerReader(large), _hashes(large)
    head = log.head()
    assert head == TreeHead(SIZE, root_of(hashes))
    for number in (1, 256, 257, 65_536, 65_537, SIZE):
        body, proof = log.prove_entry(number, SIZE)
        check_inclusion(hash_leaf(body), number - 1, head, proof)
    for old in (1, 255, 256, 65_535, 65_536, 66_000):
        check_consistency(TreeHead(old, root_of(hashes[:old])), head, log.prove_growth(old, SIZE))
    assert log.verify() == SIZE


def test_what_is_not_in_the_log_has_no_proof(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(STATEMENT, STATEMENT)
        for number, size in ((0, 2), (3, 2), (2, 1)):
            with pytest.raises(ProofError):
                ledger.prove_entry(number, size)
        with pytest.raises(ProofError):
            ledger.prove_growth(0, 2)
        with pytest.raises(DamagedLogError):
            ledger.prove_growth(1, 3)


def test_a_log_of_an_earlier_release_gets_its_tree_once(copy: Path) -> None:
    before = _tiles(copy)
    _edit(copy, "DROP TABLE tile", "DROP TABLE checkpoint")
    with Ledger(copy) as ledger:
        assert _tiles(copy) == before
        ledger.append(*[STATEMENT] * 100)
        assert len(_tiles(copy)) == len(before)
        ledger.append(*[STATEMENT] * 200)
        assert len(_tiles(copy)) == len(before) + 1


def test_a_log_of_an_earlier_release_can_be_verified_before_it_is_written(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(*[STATEMENT] * 300)
    _edit(path, "DROP TABLE tile", "DROP TABLE checkpoint")
    assert LedgerReader(path).verify() == 300


def test_no_tree_is_made_over_entries_that_were_changed(copy: Path) -> None:
    _edit(copy, "DROP TABLE tile", "UPDATE entry SET body = x'7b7d' WHERE number = 300")
    with pytest.raises(SymbolonError, match="entry 300") as caught:
        Ledger(copy)
    assert caught.value.code is ErrorCode.LOG_DAMAGED
    with closing(sqlite3.connect(copy)) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'tile'").fetchone()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("UPDATE tile SET hash = zeroblob(32) WHERE (level, number) = (0, 3)", "over entries 1 to 65536"),
        ("UPDATE tile SET hash = zeroblob(32) WHERE (level, number) = (0, 257)", "over entries 65793 to 66048"),
        ("UPDATE tile SET hash = zeroblob(32) WHERE (level, number) = (1, 0)", "over entries 1 to 65536"),
        ("UPDATE tile SET hash = zeroblob(31) WHERE (level, number) = (0, 3)", "over entries 1 to 65536"),
        ("DELETE FROM tile WHERE (level, number) = (0, 3)", "over entries 1 to 65536"),
        ("DELETE FROM tile WHERE (level, number) = (0, 257)", "over entries 65793 to 66048 is missing"),
        ("DELETE FROM tile WHERE level = 1", "over entries 1 to 65536 is missing"),
        ("INSERT INTO tile VALUES (2, 0, zeroblob(32))", "260 hashes of tiles where its entries make 259"),
        ("UPDATE entry SET hash = zeroblob(32) WHERE number = 65600", "over entries 65537 to 65792"),
    ],
)
def test_damage_to_the_tree_keeps_the_log_from_opening_and_is_placed(copy: Path, change: str, place: str) -> None:
    _edit(copy, change)
    with pytest.raises(SymbolonError, match=place) as caught:
        Ledger(copy)
    assert caught.value.code is ErrorCode.LOG_DAMAGED


def test_verifying_finds_damage_to_the_tree_too(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(*[STATEMENT] * 600)
        _edit(path, "UPDATE tile SET hash = zeroblob(32) WHERE number = 1")
        with pytest.raises(DamagedLogError, match="over entries 257 to 512 is not theirs"):
            ledger.verify()
        _edit(path, "DELETE FROM tile WHERE number = 0")
        with pytest.raises(DamagedLogError, match="over entries 1 to 256 is missing"):
            ledger.verify()


def test_a_proof_of_an_entry_changed_since_is_not_given(copy: Path) -> None:
    _edit(copy, "UPDATE entry SET body = x'7b7d' WHERE number = 300")
    with pytest.raises(DamagedLogError, match="entry 300"):
        LedgerReader(copy).prove_entry(300, SIZE)


def test_heads_are_signed_as_the_log_grows_and_the_same_one_twice_alike(path: Path) -> None:
    key = VerifierKey(ORIGIN, KEY.public_key())
    with Ledger(path) as ledger:
        notes = [ledger.sign_head(ORIGIN, KEY), ledger.sign_head(ORIGIN, KEY)]
        ledger.append(*[STATEMENT] * 300)
        notes.append(ledger.sign_head(ORIGIN, KEY))
    assert notes[0] == notes[1] != notes[2]
    assert [verify_note(note, [key]) for note in notes] == [(key,)] * 3
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT size, note FROM checkpoint").fetchall()
    assert [(size, parse_note(note.encode())) for size, note in kept] == [(0, notes[0]), (300, notes[2])]


def test_a_new_key_signs_the_same_head_anew(path: Path) -> None:
    other = SigningKey(bytes([1]) * 32)
    with Ledger(path) as ledger:
        ledger.append(STATEMENT)
        old, new = ledger.sign_head(ORIGIN, KEY), ledger.sign_head(ORIGIN, other)
    assert old.text == new.text
    verify_note(new, [VerifierKey(ORIGIN, other.public_key())])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["DELETE FROM entry WHERE number > 2"], "entry 3 is missing: the head over 3 entries has been signed"),
        (["DELETE FROM entry", "INSERT INTO entry SELECT * FROM other.entry"], "entries up to 3 are not those"),
        (["UPDATE checkpoint SET note = 'nothing'"], "signed head over 3 entries cannot be read"),
        (["UPDATE checkpoint SET size = 2"], "signed head over 2 entries cannot be read"),
    ],
)
def test_a_log_that_contradicts_its_last_signed_head_is_refused(
    tmp_path: Path, path: Path, changes: list[str], told: str
) -> None:
    with Ledger(path) as ledger, Ledger(tmp_path / "other.db") as other:
        ledger.append(*[STATEMENT] * 3)
        ledger.sign_head(ORIGIN, KEY)
        other.append(*[STATEMENT] * 3)
        _edit(path, f"ATTACH '{tmp_path / 'other.db'}' AS other", *changes)
        with pytest.raises(SymbolonError, match=told) as caught:
            ledger.sign_head(ORIGIN, KEY)
        assert caught.value.code is ErrorCode.LOG_DAMAGED
    with pytest.raises(SymbolonError, match=told):
        Ledger(path)


def test_a_log_torn_at_any_byte_of_its_journal_opens_with_whole_steps_and_their_tree(path: Path) -> None:
    """What a power cut may leave of the write-ahead log: any beginning of it."""
    steps = (1, 254, 1, 1)
    with Ledger(path) as ledger:
        ledger.append(*[STATEMENT] * 255)
        _edit(path, "PRAGMA wal_checkpoint(TRUNCATE)")
        for step in steps:
            ledger.append(*[STATEMENT] * step)
        main, journal = path.read_bytes(), path.with_name("ledger.db-wal").read_bytes()
    whole = [255 + sum(steps[:count]) for count in range(len(steps) + 1)]
    torn, sizes = path.with_name("torn.db"), []
    for length in {*range(0, len(journal), 4096 + 24), *range(0, len(journal), 9_973), len(journal)}:
        torn.write_bytes(main)
        torn.with_name("torn.db-wal").write_bytes(journal[:length])
        torn.with_name("torn.db-shm").unlink(missing_ok=True)
        with Ledger(torn) as ledger:
            sizes.append(ledger.verify())
            assert ledger.head().root == root_of(_hashes(torn))
    assert set(sizes) == set(whole)
