"""Tiled logs and single-file proofs after C2SP: the official log, our own layout, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.checkpoints import Checkpoint, sign_checkpoint, verify_checkpoint
from ledger.merkle import ProofError, TreeHead, check_inclusion, hash_leaf, root_of
from ledger.notes import BadSignatureError, MalformedNoteError, Note, UnsignedNoteError, VerifierKey, parse_note
from ledger.proofs import EntryProof, parse_proof, verify_proof
from ledger.tiles import (
    MOST_ENTRY_BYTES,
    TILE_WIDTH,
    TiledFolder,
    TiledTree,
    TileError,
    pack_bundle,
    tile_path,
    tile_width,
    verify_folder,
)
from matching.keys import SigningKey

KEY = SigningKey(bytes(32))
ORIGIN = "symbolon/agency/FR-DNMS/ledger"
LOG_KEY = VerifierKey(ORIGIN, KEY.public_key())
ENTRIES = [b"entry %d" % number for number in range(70_000)]
LEAVES = [hash_leaf(entry) for entry in ENTRIES]
_ROWS = [LEAVES]
while len(_ROWS[-1]) >= TILE_WIDTH:
    _ROWS.append(
        [
            root_of(_ROWS[-1][place : place + TILE_WIDTH])
            for place in range(0, len(_ROWS[-1]) // TILE_WIDTH * TILE_WIDTH, TILE_WIDTH)
        ]
    )


def _read_tile(level: int, number: int, width: int) -> list[bytes]:
    return _ROWS[level][number * TILE_WIDTH : number * TILE_WIDTH + width]


def _write(folder: Path, size: int) -> None:
    """Lay out a log of that size as files."""
    head = TiledTree(size, _read_tile).head()
    folder.mkdir()
    (folder / "checkpoint").write_text(str(sign_checkpoint(Checkpoint(ORIGIN, head), KEY)))
    for level, row in enumerate(_ROWS):
        for number in range(len(row) // TILE_WIDTH + 1):
            if width := tile_width(size, level, number):
                _put(folder / tile_path(str(level), number, width), b"".join(_read_tile(level, number, width)))
                if not level:
                    bundle = ENTRIES[number * TILE_WIDTH :][:width]
                    _put(folder / tile_path("entries", number, width), pack_bundle(bundle))


def _put(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


@pytest.mark.shared
def test_the_official_tiled_log_verifies_at_every_size(shared: Path, tmp_path: Path) -> None:
    folder = shared / "vectors/c2sp/tlog_tiles"
    key = VerifierKey.parse((folder / "verifier_key").read_text().strip())
    assert verify_folder(folder, key).head.size == 15
    for size in range(16):
        checkpoint = verify_checkpoint(parse_note((folder / f"checkpoint.{size}").read_bytes()), key.name, [key])
        tree = TiledTree(size, TiledFolder(folder).read_tile)
        assert tree.head() == checkpoint.head
        for index, entry in enumerate(TiledFolder(folder).entries(size)):
            check_inclusion(hash_leaf(entry), index, checkpoint.head, tree.prove_inclusion(index))


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (0, 256, "tile/0/000"),
        (1_234_067, 256, "tile/0/x001/x234/067"),
        (273, 112, "tile/0/273.p/112"),
        (1000, 1, "tile/0/x001/000.p/1"),
    ],
)
def test_a_tile_has_the_path_of_the_specification(number: int, width: int, path: str) -> None:
    assert tile_path("0", number, width) == path


def test_a_tree_of_70_000_has_the_tiles_of_the_specification() -> None:
    assert [tile_width(70_000, 0, number) for number in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [tile_width(70_000, 1, number) for number in (0, 1, 2)] == [256, 17, 0]
    assert [tile_width(70_000, 2, number) for number in (0, 1)] == [1, 0]
    assert [tile_width(256, level, 0) for level in (0, 1, 2)] == [256, 1, 0]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
def test_a_tree_over_tiles_is_the_tree_over_its_leaves(size: int) -> None:
    tree = TiledTree(size, _read_tile)
    assert tree.head() == TreeHead(size, root_of(LEAVES[:size]))
    for index in {0, size // 2, size - 1} if size else set():
        check_inclusion(LEAVES[index], index, tree.head(), tree.prove_inclusion(index))


def test_a_log_laid_out_as_files_verifies(tmp_path: Path) -> None:
    _write(tmp_path / "log", 700)
    assert verify_folder(tmp_path / "log", LOG_KEY).head == TreeHead(700, root_of(LEAVES[:700]))


def test_a_partial_tile_that_was_deleted_is_read_from_the_full_one(tmp_path: Path) -> None:
    _write(tmp_path / "log", 512)
    _put(tmp_path / "log" / tile_path("1", 0, 1), _ROWS[1][0])
    assert TiledTree(300, TiledFolder(tmp_path / "log").read_tile).head().root == root_of(LEAVES[:300])
    assert len(list(TiledFolder(tmp_path / "log").entries(300))) == 300


@pytest.mark.parametrize(
    ("file", "place"),
    [("tile/0/001", 40), ("tile/1/000.p/2", 3), ("tile/entries/000", 30), ("tile/entries/002.p/188", 0)],
)
def test_a_changed_byte_is_found(tmp_path: Path, file: str, place: int) -> None:
    _write(tmp_path / "log", 700)
    content = bytearray((tmp_path / "log" / file).read_bytes())
    content[place] ^= 1
    (tmp_path / "log" / file).write_bytes(content)
    with pytest.raises(TileError, match="tile"):
        verify_folder(tmp_path / "log", LOG_KEY)


@pytest.mark.parametrize("file", ["tile/0/001", "tile/1/000.p/2", "tile/entries/000"])
def test_a_missing_or_shortened_file_is_named(tmp_path: Path, file: str) -> None:
    _write(tmp_path / "log", 700)
    path = tmp_path / "log" / file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TileError, match=file):
        verify_folder(tmp_path / "log", LOG_KEY)
    path.unlink()
    with pytest.raises(TileError, match=f"{file}.* is missing"):
        verify_folder(tmp_path / "log", LOG_KEY)


def test_files_of_a_shorter_log_do_not_carry_a_larger_checkpoint(tmp_path: Path) -> None:
    _write(tmp_path / "log", 300)
    _write(tmp_path / "longer", 301)
    shutil.copy(tmp_path / "longer" / "checkpoint", tmp_path / "log")
    with pytest.raises(TileError):
        verify_folder(tmp_path / "log", LOG_KEY)


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    assert pack_bundle([b"x" * MOST_ENTRY_BYTES])[:2] == b"\xff\xff"
    with pytest.raises(TileError):
        pack_bundle([b"x" * (MOST_ENTRY_BYTES + 1)])


TREE = TiledTree(700, _read_tile)
NOTE = sign_checkpoint(Checkpoint(ORIGIN, TREE.head()), KEY)
PROOF = EntryProof(300, tuple(TREE.prove_inclusion(300)), NOTE, ENTRIES[300])


def test_a_proof_file_shows_its_entry_to_be_in_the_log() -> None:
    for proof in (PROOF, EntryProof(300, PROOF.hashes, NOTE)):
        assert parse_proof(str(proof).encode()) == proof
        assert verify_proof(proof, ENTRIES[300], ORIGIN, [LOG_KEY]).head == TREE.head()


def test_a_proof_file_has_the_form_of_the_specification() -> None:
    lines = str(PROOF).split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra ZW50cnkgMzAw", "index 300"]
    assert lines[3 + len(PROOF.hashes) :] == ["", *str(NOTE).split("\n")]


def test_another_entry_place_or_log_is_not_proved() -> None:
    with pytest.raises(ProofError):
        verify_proof(PROOF, ENTRIES[301], ORIGIN, [LOG_KEY])
    with pytest.raises(ProofError):
        verify_proof(EntryProof(301, PROOF.hashes, NOTE), ENTRIES[300], ORIGIN, [LOG_KEY])
    stranger = VerifierKey(ORIGIN, SigningKey(bytes([9]) * 32).public_key())
    with pytest.raises(UnsignedNoteError):
        verify_proof(PROOF, ENTRIES[300], ORIGIN, [stranger])
    with pytest.raises(MalformedNoteError):
        verify_proof(PROOF, ENTRIES[300], "symbolon/agency/DE-ZASM/ledger", [LOG_KEY])
    forged = Note(NOTE.text.replace("\n700\n", "\n701\n"), NOTE.signatures)
    with pytest.raises(BadSignatureError):
        verify_proof(EntryProof(300, PROOF.hashes, forged), ENTRIES[300], ORIGIN, [LOG_KEY])


@pytest.mark.parametrize(
    "change",
    [
        ("@v1", "@v2"),
        ("index 300", "index 0300"),
        ("index 300\n", ""),
        ("extra ZW50", "extra ?W50"),
        ("\n\nsymbolon", "\nsymbolon"),
        ("index 300\n", "index 300\nAAAA\n"),
    ],
)
def test_what_is_no_proof_file_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(MalformedNoteError):
        parse_proof(str(PROOF).replace(*change).encode())
