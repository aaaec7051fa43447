"""The accounts in one SQLite file of their own, ``data/accounts.db``: it holds what lets people in, and nothing else.

Any thread may call, and the command line shares the file with the running node. Each change is recorded while the write
lock is held and before it is made; when the recording raises, nothing is changed.

``stamp`` of an account is drawn anew whenever its sessions are to end: by another password, a lock, a removal. A
session counts as long as it carries the stamp of now, so that a lock by the command line reaches a running node. What
an officer changes by proving himself is given the account as it was then, and is refused where that is not how it
stands now: between the two lies a wait for a hash, in which an operator may lock or reset it.

Who hands over an invitation could use it himself. So an account of an officer who decides, keeps the node or audits it
lets nobody in until a second officer has said that it is the person who enrolled (`waits`); an invitation made on the
node's own folder is trusted as that is.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database, Migrations

from node.accounts import attempts
from node.accounts.codes import digest_of
from node.accounts.refusals import SignInRefusedError
from node.database import DatabaseFile, SqliteStore
from node.officers.register import Role, draw_stamp
from symbolon.rpc.errors import ErrorCode, SymbolonError

_migrations = Migrations("accounts")

_TABLES = (
    """CREATE TABLE account (
    name TEXT PRIMARY KEY,
    password TEXT,  -- Argon2id, as its own text with parameters; none until enrolled
    secret TEXT,  -- of the authenticator, Base32; none until enrolled
    step INTEGER NOT NULL,  -- the last of which a code counted
    next_secret TEXT,  -- shown, not yet proved
    invitation BLOB,  -- SHA-256 of the code; none when there is no open one
    invited_until INTEGER NOT NULL,  -- Unix seconds
    locked INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE recovery_code (
    name TEXT NOT NULL REFERENCES account,
    digest BLOB NOT NULL,  -- SHA-256
    PRIMARY KEY (name, digest)
) STRICT, WITHOUT ROWID""",
)


@_migrations()
def create_tables(database: Database) -> None:
    """Create the accounts."""
    for table in _TABLES:
        database.execute(table)


@_migrations()
def add_confirmation(database: Database) -> None:
    """Say who invited and who confirmed; accounts from before count as confirmed by who changed them last."""
    for column in (
        "next_until INTEGER NOT NULL DEFAULT 0",  # Unix seconds until which next_secret counts; of a change only
        "invited_by TEXT NOT NULL DEFAULT ''",
        "confirmed_by TEXT NOT NULL DEFAULT ''",  # none while a second officer has not confirmed
    ):
        database.execute(f"ALTER TABLE account ADD COLUMN {column}")
    database.execute("UPDATE account SET invited_by = changed_by, confirmed_by = changed_by")


@_migrations()
def add_enrolment(database: Database) -> None:
    """Say when somebody enrolled; of accounts from before that is their last change, which is what was shown as it."""
    database.execute("ALTER TABLE account ADD COLUMN enrolled_at INTEGER NOT NULL DEFAULT 0")  # Unix seconds
    moment = "CAST(strftime('%s', changed_at) AS INTEGER)"
    database.execute(f"UPDATE account SET enrolled_at = {moment} WHERE password IS NOT NULL")  # noqa: S608  # ours


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands. What lets somebody in is in no representation of it."""

    name: str
    password: str | None = field(repr=False)
    secret: str | None = field(repr=False)
    step: int
    next_secret: str | None = field(repr=False)
    invitation: bytes | None = field(repr=False)
    invited_until: int
    locked: bool
    stamp: int
    changed_by: str
    changed_at: datetime
    next_until: int
    invited_by: str
    confirmed_by: str
    enrolled_at: int

    @property
    def enrolled(self) -> bool:
        """Say whether the person has chosen a password and proved an authenticator."""
        return self.password is not None and self.secret is not None

    def is_invited_by(self, code: str, now: float) -> bool:
        """Say whether this is the code of an invitation that is still open."""
        open_one = self.invitation is not None and now < self.invited_until and not self.locked
        return open_one and secrets.compare_digest(self.invitation or b"", digest_of(code))


def waits(account: Account, roles: Collection[Role]) -> bool:
    """Say whether a second officer has to confirm who enrolled before an account lets in to these roles."""
    return not account.confirmed_by and not _NEEDING_NOBODY.issuperset(roles)


_NEEDING_NOBODY: frozenset[Role] = frozenset({"analyst"})
"""Roles that decide nothing, let nobody in and watch nobody."""

Record = Callable[[], None]
"""Makes a change durable in the disclosure log."""


class Accounts(SqliteStore):
    """The accounts there are."""

    migrations = (_migrations, attempts.migrations)

    @property
    def file(self) -> DatabaseFile:
        """Give the file, which the counts of failures share."""
        return self._file

    def find(self, name: str) -> Account | None:
        """Give the account of an officer, or None."""
        return _read(self._file.connection, name)

    def stamp_of(self, name: str, roles: Collection[Role]) -> int:
        """Give the stamp that a session has to carry now; 0 where nobody of that name may be signed in to the roles."""
        account = self.find(name)
        if account is None or not account.enrolled or account.locked or waits(account, roles):
            return 0
        return account.stamp

    def codes_left(self, name: str) -> int:
        """Give how many recovery codes an officer has left."""
        sql = "SELECT count(*) FROM recovery_code WHERE name = ?"
        return int(self._file.connection.execute(sql, (name,)).fetchone()[0])

    # By an operator

    def invite(
        self,
        name: str,
        code: str,
        until: int,
        by: str,
        at: datetime,
        record: Callable[[bool], None],
        *,
        reset: bool,
        confirmed: bool,
    ) -> None:
        """Make an empty account with an open invitation; ``confirmed`` as it stands, ``record`` is told if one was.

        What somebody enrolled, or an operator locked, gives way to a ``reset`` only; else `SymbolonError`
        (`INVALID_INPUT`) is raised.
        """
        with self._file.transaction() as connection:
            before = _read(connection, name)
            if before is not None and not reset:
                _check_gives_way(before)
            record(before is not None)
            connection.execute("DELETE FROM recovery_code WHERE name = ?", (name,))
            connection.execute(
                "INSERT OR REPLACE INTO account VALUES (?, NULL, NULL, 0, NULL, ?, ?, 0, ?, ?, ?, 0, ?, ?, 0)",
                (name, digest_of(code), until, draw_stamp(), by, at.isoformat(), by, by if confirmed else ""),
            )

    def confirm(self, name: str, enrolled_at: int, by: str, record: Record) -> None:
        """Say that it was the person who enrolled, at that moment (Unix seconds); raise as `lock`.

        Raises `SymbolonError` also where the account does not wait (`INVALID_INPUT`), or ``by`` has invited or is the
        person (`NOT_THIS_OFFICER`): two people are to know who enrolled.
        """
        with self._file.transaction() as connection:
            account = _read(connection, name)
            if account is None:
                raise _not_found()
            if by in (name, account.invited_by):
                detail = "another officer confirms: neither who invited, nor whose account it is"
                raise SymbolonError(ErrorCode.NOT_THIS_OFFICER, detail)
            if not account.enrolled or account.confirmed_by or account.enrolled_at != enrolled_at:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "this account does not wait, or has changed since")
            record()
            connection.execute("UPDATE account SET confirmed_by = ? WHERE name = ?", (by, name))

    def lock(self, name: str, by: str, at: datetime, record: Record) -> None:
        """Let nobody in by this account, and end its sessions; raise `SymbolonError` (`NOT_FOUND`) without one."""
        self._change(name, f"locked = 1, {_ENDING}", (draw_stamp(),), by, at, record)

    def unlock(self, name: str, by: str, at: datetime, record: Record) -> None:
        """End a lock; raise as `lock`."""
        self._change(name, "locked = 0", (), by, at, record)

    def remove(self, name: str, record: Record) -> None:
        """Forget an account; raise as `lock`."""
        with self._held(name, record) as connection:
            connection.execute("DELETE FROM recovery_code WHERE name = ?", (name,))
            connection.execute("DELETE FROM account WHERE name = ?", (name,))

    # By the officer

    def show_first_secret(self, name: str, code: str, secret: str) -> str:
        """Keep a secret that is about to be shown to who has the invitation's code, and give it.

        One shown before stays. Raises `SignInRefusedError` where there is no such invitation any more.
        """
        sql = (
            "UPDATE account SET next_secret = coalesce(next_secret, ?) WHERE name = ? AND invitation = ?"
            " RETURNING next_secret"
        )
        with self._file.transaction() as connection:
            shown = connection.execute(sql, (secret, name, digest_of(code))).fetchone()
        if shown is None:
            raise SignInRefusedError
        return str(shown[0])

    def show_next_secret(self, account: Account, secret: str, until: int) -> None:
        """Keep a secret that is about to be shown in place of that of now, until then (Unix seconds).

        ``account`` is what the password was compared with; raises `SignInRefusedError` where it has changed since.
        """
        with self._held_as(account) as connection:
            sql = "UPDATE account SET next_secret = ?, next_until = ? WHERE name = ?"
            connection.execute(sql, (secret, until, account.name))

    def enrol(
        self, name: str, code: str, password: str, step: int, codes: Sequence[str], at: datetime, record: Record
    ) -> int:
        """Make what an invited person chose count, once; give the stamp. ``step`` is that of the code he proved.

        Raises `SymbolonError` (`NOT_FOUND`) where the invitation does not count any more.
        """
        stamp = draw_stamp()
        with self._file.transaction() as connection:
            account = _read(connection, name)
            if account is None or not account.is_invited_by(code, at.timestamp()):
                raise _not_found()
            record()
            connection.execute(
                "UPDATE account SET password = ?, secret = next_secret, next_secret = NULL, step = ?,"
                " invitation = NULL, invited_until = 0, enrolled_at = ?, stamp = ?, changed_by = name, changed_at = ?"
                " WHERE name = ?",
                (password, step, int(at.timestamp()), stamp, at.isoformat(), name),
            )
            _put_codes(connection, name, codes)
        return stamp

    def use(self, account: Account, code: str, step: int, rehashed: str | None, record: Record) -> bool:
        """Use a proof up: the step of an authenticator, or else a recovery code; say whether it still counted.

        ``account`` is what the password was compared with: if anything about it has changed since, nothing counts.
        """
        with self._file.transaction() as connection:
            if not _is_as(account, _read(connection, account.name)):
                return False
            if step:
                sql = "UPDATE account SET step = ?1 WHERE name = ?2 AND step < ?1"
                used = connection.execute(sql, (step, account.name)).rowcount
            else:
                sql = "DELETE FROM recovery_code WHERE name = ? AND digest = ?"
                used = connection.execute(sql, (account.name, digest_of(code))).rowcount
            if not used:
                return False
            if rehashed:
                connection.execute("UPDATE account SET password = ? WHERE name = ?", (rehashed, account.name))
            record()
        return True

    def change_password(self, account: Account, password: str, at: datetime, record: Record) -> int:
        """Keep another password, and end all sessions; give the stamp for the one that did it.

        ``account`` is what the one before was compared with; raises `SignInRefusedError` where it has changed since.
        """
        stamp = draw_stamp()
        with self._held_as(account) as connection:
            record()
            sql = f"UPDATE account SET password = ?, {_ENDING}, changed_by = name, changed_at = ? WHERE name = ?"  # noqa: S608  # ours
            connection.execute(sql, (password, stamp, at.isoformat(), account.name))
        return stamp

    def change_authenticator(self, account: Account, step: int, at: datetime, record: Record) -> None:
        """Let the secret that was shown count, once, after a code of it was proved.

        ``account`` is what the code was compared with; where its secret is gone since, `begin_anew` is raised.
        """
        with self._file.transaction() as connection:
            now = _read(connection, account.name)
            if now is None or now.next_secret is None or now.next_secret != account.next_secret:
                raise begin_anew()
            record()
            sql = (
                "UPDATE account SET secret = next_secret, next_secret = NULL, step = ?, changed_by = name,"
                " changed_at = ? WHERE name = ?"
            )
            connection.execute(sql, (step, at.isoformat(), account.name))

    def change_codes(self, account: Account, codes: Sequence[str], record: Record) -> None:
        """Keep other recovery codes; those before are void.

        ``account`` is what the password was compared with; raises `SignInRefusedError` where it has changed since.
        """
        with self._held_as(account) as connection:
            record()
            _put_codes(connection, account.name, codes)

    def end_sessions(self, name: str, record: Record) -> None:
        """End all sessions of an officer."""
        with self._held(name, record) as connection:
            connection.execute(f"UPDATE account SET {_ENDING} WHERE name = ?", (draw_stamp(), name))  # noqa: S608  # ours

    def _change(
        self, name: str, sets: str, values: tuple[str | int, ...], by: str, at: datetime, record: Record
    ) -> None:
        with self._held(name, record) as connection:
            sql = f"UPDATE account SET {sets}, changed_by = ?, changed_at = ? WHERE name = ?"  # noqa: S608  # ours
            connection.execute(sql, (*values, by, at.isoformat(), name))

    @contextmanager
    def _held(self, name: str, record: Record) -> Iterator[sqlite3.Connection]:
        with self._file.transaction() as connection:
            if _read(connection, name) is None:
                raise _not_found()
            record()
            yield connection

    @contextmanager
    def _held_as(self, account: Account) -> Iterator[sqlite3.Connection]:
        with self._file.transaction() as connection:
            if not _is_as(account, _read(connection, account.name)):
                raise SignInRefusedError
            yield connection


_ENDING = "stamp = ?, next_secret = CASE WHEN password IS NULL THEN next_secret END"
"""Ends the sessions of an account, and what was shown in one of them; what an invited person scanned stays."""


def _check_gives_way(account: Account) -> None:
    """Raise `SymbolonError` (`INVALID_INPUT`) unless an invitation may take the place of an account unasked."""
    if account.enrolled:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "this officer has an account: reset it to begin anew")
    if account.locked:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "this account is locked: unlock it, or reset it to begin anew")


def _is_as(compared: Account, now: Account | None) -> bool:
    """Say whether an account still is what a password was compared with, and lets in."""
    return now is not None and (now.stamp, now.password, now.locked) == (compared.stamp, compared.password, False)


def _read(connection: sqlite3.Connection, name: str) -> Account | None:
    row = connection.execute("SELECT * FROM account WHERE name = ?", (name,)).fetchone()
    return _account(row) if row is not None else None


def _account(row: sqlite3.Row) -> Account:
    values = dict(row)
    return Account(**values | {"locked": bool(row["locked"]), "changed_at": datetime.fromisoformat(row["changed_at"])})


def _put_codes(connection: sqlite3.Connection, name: str, codes: Sequence[str]) -> None:
    connection.execute("DELETE FROM recovery_code WHERE name = ?", (name,))
    connection.executemany("INSERT INTO recovery_code VALUES (?, ?)", [(name, digest_of(code)) for code in codes])


def begin_anew() -> SymbolonError:
    """Give the error of a secret that was shown and counts no longer."""
    return SymbolonError(ErrorCode.INVALID_INPUT, "the new key of the authenticator counts no longer: begin anew")


def _not_found() -> SymbolonError:
    return SymbolonError(ErrorCode.NOT_FOUND, "no account of this name: see symbolon node account list")
