"""A party as a witness: what it has cosigned of each log, kept on disk, and what it holds against one.

`ledger.witnessing` says what is accepted. Here the last state is read, the request decided and the new state stored in
one transaction, which is on disk before the cosignature is made: whatever is killed in between, no two heads of one
size are ever cosigned, and none that does not continue the last.

A request refused as forked or inconsistent under a good signature is kept whole, beside the head it contradicts. Two
roots of one size convict whoever signed them. An inconsistent request only accuses, since whoever carries it could have
spoilt its proof: the log's party can clear itself by another proof between the same two heads, and by nothing else.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ledger.checkpoints import parse_checkpoint
from ledger.cosignatures import CosignatureKey, cosign
from ledger.merkle import TreeHead
from ledger.notes import NoteError, NoteSignature, Verifier, verify_note
from ledger.witnessing import AddCheckpoint, Refusal, WitnessRefusalError, accept, parse_request, request_origin
from matching.keys import SigningKey
from symbolon.rpc.errors import ErrorCode, SymbolonError

MOST_REQUEST_BYTES = 16 * 1024
"""Bytes of a request at most: a proof has 64 hashes at most, and a note as long as the rest says nothing of ours."""

MOST_EVIDENCE = 16
"""Contradicting requests kept of one log and kind; the first say it all. Who carries one kind fills up no other."""

_EVIDENT = (Refusal.FORKED, Refusal.INCONSISTENT)
_BUSY_SECONDS = 10.0
_TABLES = """
CREATE TABLE IF NOT EXISTS log (
  origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS evidence (
  digest BLOB PRIMARY KEY, origin TEXT NOT NULL, refusal TEXT NOT NULL, request BLOB NOT NULL, seen TEXT NOT NULL,
  time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS expected (origin TEXT PRIMARY KEY, time INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""  # expected: since when each log is one to witness, so that one that is never brought is missed too

Trusted = Mapping[str, Iterable[Verifier]]
"""The keys of each log that is witnessed, by its origin."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a log's own key has signed against the head cosigned last: the request, and that head's note."""

    origin: str
    refusal: Refusal
    request: bytes
    seen: str
    time: int

    @property
    def digest(self) -> bytes:
        """Give SHA-256 of the request."""
        return hashlib.sha256(self.request).digest()


class ContradictionError(WitnessRefusalError):
    """A refusal that is held against the log. ``is_new`` says whether it was kept just now."""

    def __init__(self, refused: WitnessRefusalError, evidence: Evidence, *, is_new: bool) -> None:
        super().__init__(refused.reason, str(refused))
        self.evidence = evidence
        self.is_new = is_new


class Witness:
    """Cosigns for one party, under its name as a witness and its signing key. Any thread may call."""

    def __init__(self, path: Path, name: str, key: SigningKey) -> None:
        """Open or create the file, readable by its owner only; raise `SymbolonError` where that cannot be."""
        self._path = path
        self._name = name
        self._key = key
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            with closing(self._connect()) as connection:
                connection.executescript(_TABLES)
        except sqlite3.Error as error:
            detail = f"{path} is not a witness's database, or is damaged: {type(error).__name__}"
            raise SymbolonError(ErrorCode.INVALID_INPUT, detail) from None

    @property
    def key(self) -> CosignatureKey:
        """Give the key that verifies the cosignatures."""
        return CosignatureKey(self._name, self._key.public_key())

    def add(self, content: bytes, trusted: Trusted, now: datetime) -> NoteSignature:
        """Cosign a checkpoint once its state is on disk.

        Raises `WitnessRefusalError`, `ContradictionError` where it is held against the log, and `sqlite3.Error`.
        """
        request = _parsed(content)
        origin = request_origin(request)
        contradiction: ContradictionError | None = None
        with self._transaction() as connection:
            try:
                origin, head = accept(request, trusted, _seen(connection, origin))
                row = (origin, head.size, head.root, str(request.note), int(now.timestamp()))
                connection.execute("INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?, ?)", row)
            except WitnessRefusalError as refused:
                if refused.reason not in _EVIDENT:
                    raise
                contradiction = _held_against(connection, origin, refused, content, now)
        if contradiction is not None:
            raise contradiction
        return cosign(request.note, self._name, self._key, int(now.timestamp()))

    def check_current(self, content: bytes, trusted: Trusted, now: datetime) -> None:
        """Raise `WitnessRefusalError` unless a request is about the very head that was cosigned last of its log.

        Another root of that size under a good signature is held against the log, as in `add`.
        """
        request = _parsed(content)
        head = parse_checkpoint(request.note.text).head
        origin = request_origin(request)
        _check_signed(request, trusted, origin)
        with self._transaction() as connection:
            seen = _seen(connection, origin)
            if seen == head:
                return
            if seen is None or seen.size != head.size:
                raise WitnessRefusalError(Refusal.OUT_OF_DATE, "not the head cosigned last", seen.size if seen else 0)
            refused = WitnessRefusalError(Refusal.FORKED, "another root of the same size has been seen")
            contradiction = _held_against(connection, origin, refused, content, now)
        raise contradiction

    def evidence(self) -> list[Evidence]:
        """Give what is held against logs, in the order in which it came."""
        with closing(self._connect()) as connection:
            rows = connection.execute("SELECT origin, refusal, request, seen, time FROM evidence ORDER BY time, digest")
            return [Evidence(origin, Refusal(refusal), *rest) for origin, refusal, *rest in rows]

    def not_seen(self, origins: Collection[str], before: datetime, now: datetime) -> list[tuple[str, datetime]]:
        """Give which of the logs to witness were cosigned last before a moment, or never since they were to be.

        Each has since when: the last cosignature, or the first call of this that named it.
        """
        unseen = []
        with self._transaction() as connection:
            known = [origin for (origin,) in connection.execute("SELECT origin FROM expected")]
            connection.executemany("DELETE FROM expected WHERE origin = ?", [(one,) for one in {*known} - {*origins}])
            rows = [(one, int(now.timestamp())) for one in origins]
            connection.executemany("INSERT INTO expected VALUES (?, ?) ON CONFLICT DO NOTHING", rows)
            query = "SELECT origin, MAX(e.time, COALESCE(l.time, 0)) FROM expected e LEFT JOIN log l USING (origin)"
            for origin, since in connection.execute(f"{query} ORDER BY origin"):
                if since < before.timestamp():
                    unseen.append((origin, datetime.fromtimestamp(since, UTC)))
        return unseen

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        for setting in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {setting}")
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; what the block raises rolls it back."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")


def _parsed(content: bytes) -> AddCheckpoint:
    if len(content) > MOST_REQUEST_BYTES:
        raise WitnessRefusalError(Refusal.MALFORMED, f"the request has more than {MOST_REQUEST_BYTES} bytes")
    request = parse_request(content)
    request_origin(request)  # which reads the checkpoint
    return request


def _check_signed(request: AddCheckpoint, trusted: Trusted, origin: str) -> None:
    if origin not in trusted:
        raise WitnessRefusalError(Refusal.UNKNOWN_LOG, "unknown log")
    try:
        verify_note(request.note, trusted[origin])
    except NoteError as error:
        raise WitnessRefusalError(Refusal.NOT_SIGNED, str(error)) from None


def _seen(connection: sqlite3.Connection, origin: str) -> TreeHead | None:
    row = connection.execute("SELECT size, root FROM log WHERE origin = ?", (origin,)).fetchone()
    return TreeHead(*row) if row else None


def _held_against(
    connection: sqlite3.Connection, origin: str, refused: WitnessRefusalError, content: bytes, now: datetime
) -> ContradictionError:
    """Keep a contradicting request, unless it or enough of its kind are kept already."""
    (note,) = connection.execute("SELECT note FROM log WHERE origin = ?", (origin,)).fetchone()
    evidence = Evidence(origin, refused.reason, content, note, int(now.timestamp()))
    (kept,) = connection.execute(
        "SELECT COUNT(*) FROM evidence WHERE origin = ? AND refusal = ?", (origin, refused.reason.value)
    ).fetchone()
    if kept >= MOST_EVIDENCE:
        return ContradictionError(refused, evidence, is_new=False)
    inserted = connection.execute(
        "INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (evidence.digest, origin, refused.reason.value, content, note, evidence.time),
    )
    return ContradictionError(refused, evidence, is_new=inserted.rowcount == 1)
