"""The heads a party has signed of its log: each is kept, and none is signed that contradicts an earlier one.

C2SP asks that of every log (c2sp.org/tlog-checkpoint). Whoever can write the file can change this table too: that the
party told nobody else another history is for witnesses to say.
"""

from __future__ import annotations

import sqlite3

from ledger.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from ledger.entries import DamagedLogError
from ledger.notes import Note, NoteError, VerifierKey, parse_note, verify_note
from ledger.tree import stored_tree
from matching.keys import SigningKey

HEADS_TABLE = "CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT"


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


def sign_head(connection: sqlite3.Connection, size: int, origin: str, key: SigningKey) -> Note:
    """Give the signed head over all entries, a new one or the one there is; raise as `check_last_head`.

    To be called in a transaction that writes.
    """
    check_last_head(connection, size)
    checkpoint = Checkpoint(origin, stored_tree(connection, size).head())
    last = _last_note(connection)
    if last is not None and last.text == checkpoint.text() and _is_signed(last, VerifierKey(origin, key.public_key())):
        return last
    note = sign_checkpoint(checkpoint, key)
    connection.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", (size, str(note)))
    return note


def _last_note(connection: sqlite3.Connection) -> Note | None:
    row = connection.execute("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    if row is None:
        return None
    try:
        note = parse_note(row[1].encode())
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
