"""The heads a party has signed of its log: each is kept, and none is signed that contradicts an earlier one.

Beside the own signature stand the cosignatures of witnesses, the newest of each.

C2SP asks that of every log (c2sp.org/tlog-checkpoint). Whoever can write the file can change this table too: that the
party told nobody else another history is for witnesses to say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ledger.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from ledger.entries import DamagedLogError
from ledger.notes import Note, NoteError, VerifierKey, parse_note, verify_note
from ledger.tree import stored_tree
from matching.keys import SigningKey

HEADS_TABLE = "CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT"


def has_heads(connection: sqlite3.Connection) -> bool:
    """Say whether there is a table of heads: a log of an earlier release that nobody has opened since has none."""
    return bool(connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'checkpoint'").fetchone())


def check_last_head(connection: sqlite3.Connection, size: int) -> None:
    """Raise `DamagedLogError` unless a log of ``size`` entries begins with those of the head signed last."""
    note = _last_note(connection)
    if note is None:
        return
    signed = parse_checkpoint(note.text).head
    if signed.size > size:
        raise DamagedLogError(f"entry {size + 1} is missing: the head over {signed.size} entries has been signed")
    if stored_tree(connection, signed.size).head() != signed:
        raise DamagedLogError(f"the entries up to {signed.size} are not those whose head has been signed")


def sign_head(connection: sqlite3.Connection, size: int, origin: str, key: SigningKey, at: int | None = None) -> Note:
    """Give the signed head over all entries, a new one or the one there is; raise as `check_last_head`.

    With ``at`` it is the head of the log when it had so many entries. Where the log had another key then, it is not
    kept: in the log no head of a key stands before one of an earlier key. To be called in a transaction that writes.
    """
    check_last_head(connection, size)
    size = size if at is None else at
    checkpoint = Checkpoint(origin, stored_tree(connection, size).head())
    kept = head_of(connection, size)
    if kept is not None and kept.text != checkpoint.text():
        raise DamagedLogError(f"the entries up to {size} are not those whose head has been signed")
    own = VerifierKey(origin, key.public_key())
    if kept is not None and _is_signed(kept, own):
        return kept
    note = sign_checkpoint(checkpoint, key)
    if not _is_newest_key(connection, size, own):
        return kept or note
    if kept is not None:  # the signature of the key before, and what cosignatures there are, stay
        others = (one for one in kept.signatures if (one.name, one.key_id) != (own.name, own.key_id))
        note = Note(note.text, (*note.signatures, *others))
    connection.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", (size, str(note)))
    return note


def _is_newest_key(connection: sqlite3.Connection, size: int, key: VerifierKey) -> bool:
    """Say whether no head over more entries is signed by another key of the log."""
    row = connection.execute(
        "SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT 1", (size,)
    ).fetchone()
    return row is None or all(one.key_id == key.key_id for one in _read(row).signatures if one.name == key.name)


def notes_between(connection: sqlite3.Connection, first: int, last: int) -> Iterator[tuple[int, str]]:
    """Give the heads signed over ``first`` to ``last`` entries, each with its size, as they are kept."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'checkpoint'").fetchone():
        return iter(())  # a log of an earlier release that has not been opened for writing since
    return connection.execute(
        "SELECT size, note FROM checkpoint WHERE size BETWEEN ? AND ? ORDER BY size", (first, last)
    )


def head_of(connection: sqlite3.Connection, size: int) -> Note | None:
    """Give the head signed over ``size`` entries, with the cosignatures there are."""
    row = connection.execute("SELECT size, note FROM checkpoint WHERE size = ?", (size,)).fetchone()
    return None if row is None else _read(row)


def last_cosigned(connection: sqlite3.Connection) -> Note | None:
    """Give the largest head that somebody else has cosigned."""
    for row in connection.execute("SELECT size, note FROM checkpoint ORDER BY size DESC"):
        note = _read(row)
        if cosigners(note):
            return note
    return None


def keep_cosignatures(connection: sqlite3.Connection, cosigned: Note) -> Note:
    """Keep the cosignatures of a head beside those there are; give the head with all of them.

    Whether they verify is the caller's to check. To be called in a transaction that writes.
    """
    size = parse_checkpoint(cosigned.text).head.size
    kept = head_of(connection, size)
    if kept is None or kept.text != cosigned.text:
        raise DamagedLogError(f"the head over {size} entries is not the one that was cosigned")
    newest = {(one.name, one.key_id): one for one in (*kept.signatures, *cosigned.signatures)}
    note = Note(kept.text, tuple(newest.values()))
    connection.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (str(note), size))
    return note


def cosigners(note: Note) -> tuple[str, ...]:
    """Name those who have signed a head beside its log."""
    origin = parse_checkpoint(note.text).origin
    return tuple(one.name for one in note.signatures if one.name != origin)


def _last_note(connection: sqlite3.Connection) -> Note | None:
    row = connection.execute("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return None if row is None else _read(row)


def _read(row: tuple[int, str]) -> Note:
    try:
        note = parse_note(str(row[1]).encode())
        if parse_checkpoint(note.text).head.size == row[0]:
            return note
    except NoteError:
        pass
    raise DamagedLogError(f"the signed head over {row[0]} entries cannot be read")


def _is_signed(note: Note, key: VerifierKey) -> bool:
    try:
        verify_note(note, [key])
    except NoteError:
        return False
    return True
