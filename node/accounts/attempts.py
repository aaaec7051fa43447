"""How often somebody tried to be somebody, and when that is too often.

An attempt is counted before the password is looked at and taken back when it was right: so neither many at once nor a
killed process gives more tries. After `MOST_FAILURES` in a name within `WINDOW_SECONDS` it is locked for
`LOCK_SECONDS`, to all unknown browsers together; a browser at which the officer signed in before carries a cookie that
says so, and has a count of its own, so that nobody is shut out by somebody else (OWASP, device cookies). Names that do
not exist are counted alike. Names are kept as a keyed hash, for people also type passwords where a name is asked.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from hashlib import sha256

from sqlite_utils import Database, Migrations

from node.database import DatabaseFile

MOST_FAILURES = 10
"""Failures of a name, of one known browser or of all unknown ones, after which it is locked."""

WINDOW_SECONDS = 15 * 60
"""Seconds for which a failure counts."""

LOCK_SECONDS = 15 * 60
"""Seconds for which a name is locked."""

MOST_DEVICES = 5
"""Officers of one browser that its cookie remembers."""

_UNKNOWN = b""
"""The device of all browsers without a cookie that counts."""

migrations = Migrations("attempts")

_TABLES = (
    """CREATE TABLE attempt (
    id INTEGER PRIMARY KEY, name BLOB NOT NULL, device BLOB NOT NULL, at INTEGER NOT NULL
) STRICT""",
    "CREATE INDEX attempt_of ON attempt (name, device)",
    "CREATE INDEX attempt_at ON attempt (at)",
    """CREATE TABLE lock_out (
    name BLOB NOT NULL, device BLOB NOT NULL, until INTEGER NOT NULL, attempt INTEGER NOT NULL,
    PRIMARY KEY (name, device)
) STRICT, WITHOUT ROWID""",
    "CREATE TABLE keyed (purpose TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID",
)


@migrations()
def create_tables(database: Database) -> None:
    """Create counts, and the keys by which names and cookies are hashed."""
    for table in _TABLES:
        database.execute(table)
    for purpose in ("name", "device"):
        database.execute("INSERT INTO keyed VALUES (?, ?)", (purpose, secrets.token_bytes(32)))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: whether it may count at all, and how many have failed before it. ``locks`` if it was the last."""

    number: int
    name: bytes
    device: bytes
    locked: bool
    failures: int
    locks: bool = False

    @property
    def is_known(self) -> bool:
        """Say whether it comes from a browser at which this officer signed in before."""
        return self.device != _UNKNOWN


class Attempts:
    """The attempts of late, in the file of the accounts."""

    def __init__(self, file: DatabaseFile) -> None:
        """Take the file; it stays the caller's."""
        self._file = file
        keys = dict(file.connection.execute("SELECT purpose, key FROM keyed").fetchall())
        self._name_key: bytes = keys["name"]
        self._device_key: bytes = keys["device"]

    def begin(self, name: str, cookie: str, now: float) -> Attempt:
        """Count an attempt in a name from a browser with this cookie. ``now`` are Unix seconds."""
        at, hashed = int(now), self._hashed(name)
        device = self._device_of(name, cookie)
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM attempt WHERE at <= ?", (at - WINDOW_SECONDS,))
            connection.execute("DELETE FROM lock_out WHERE until <= ?", (at,))
            if connection.execute("SELECT 1 FROM lock_out WHERE name = ? AND device = ?", (hashed, device)).fetchone():
                return Attempt(0, hashed, device, locked=True, failures=MOST_FAILURES)
            sql = "SELECT count(*) FROM attempt WHERE name = ? AND device = ?"
            failures: int = connection.execute(sql, (hashed, device)).fetchone()[0]
            sql = "INSERT INTO attempt (name, device, at) VALUES (?, ?, ?)"
            number = connection.execute(sql, (hashed, device, at)).lastrowid or 0
            locks = failures + 1 >= MOST_FAILURES
            if locks:
                _lock(connection, hashed, device, at, number)
        return Attempt(number, hashed, device, locked=False, failures=failures, locks=locks)

    def is_known(self, name: str, cookie: str) -> bool:
        """Say whether an officer of this name signed in at the browser before."""
        return self._device_of(name, cookie) != _UNKNOWN

    def right(self, attempt: Attempt) -> None:
        """Take an attempt back that was right; of a known browser, all before it too."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM attempt WHERE id = ?", (attempt.number,))
            connection.execute("DELETE FROM lock_out WHERE attempt = ?", (attempt.number,))
            if attempt.is_known:
                where = (attempt.name, attempt.device)
                connection.execute("DELETE FROM attempt WHERE name = ? AND device = ?", where)

    def forgive(self, name: str) -> None:
        """End every lock of a name, and forget its failures: an operator says so."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM attempt WHERE name = ?", (self._hashed(name),))
            connection.execute("DELETE FROM lock_out WHERE name = ?", (self._hashed(name),))

    def locked_until(self, name: str, now: float) -> int:
        """Give when the lock of a name for unknown browsers ends, in Unix seconds; 0 where there is none."""
        sql = "SELECT until FROM lock_out WHERE name = ? AND device = ? AND until > ?"
        row = self._file.connection.execute(sql, (self._hashed(name), _UNKNOWN, int(now))).fetchone()
        return int(row[0]) if row else 0

    def remember(self, name: str, cookie: str) -> str:
        """Give the cookie of a browser at which an officer has signed in; it names nobody."""
        if self._device_of(name, cookie) != _UNKNOWN:
            return cookie
        nonce = secrets.token_hex(16)
        others = [one for one in cookie.split("~") if one][: MOST_DEVICES - 1]
        return "~".join([f"{nonce}.{self._sign(name, nonce)}", *others])

    def _device_of(self, name: str, cookie: str) -> bytes:
        for one in cookie.split("~")[:MOST_DEVICES]:
            nonce, _, signed = one.partition(".")
            if signed and hmac.compare_digest(self._sign(name, nonce).encode(), signed.encode()):
                return nonce.encode()
        return _UNKNOWN

    def _sign(self, name: str, nonce: str) -> str:
        return hmac.new(self._device_key, f"{nonce}\n{name}".encode(), sha256).hexdigest()

    def _hashed(self, name: str) -> bytes:
        return hmac.digest(self._name_key, name.encode(), "sha256")


def _lock(connection: sqlite3.Connection, name: bytes, device: bytes, at: int, attempt: int) -> None:
    connection.execute("INSERT INTO lock_out VALUES (?, ?, ?, ?)", (name, device, at + LOCK_SECONDS, attempt))
