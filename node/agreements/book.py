"""A node's agreements: accepted, suspended, ended, superseded; kept in its database and believed from nobody.

Whether a signature holds is decided here, against the federation's authority: when a bundle or a statement comes, and
again whenever it is read from the file. The database says only what this node did: that it accepted a bundle, on which
day a later version took a place. A row that does not verify makes its agreement count for nothing. Others' agreements
are refused: a member sees those it is party to.

What a set of agreements allows is decided by ``agreements.decision``; who signs with which key, by
``node.agreements.signing``. Every entry of the log is durable before what it says counts.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography import x509
from sqlite_utils import Database, Migrations

from agreements.agreement import Agreement
from agreements.declarations import Heard, last_days, suspended_since, takes_place_of
from agreements.signing import Declaration, DeclarationError, SignedDeclaration, bundle_of, verify, write_bundle
from agreements.standing import AgreementSet, Standing
from ledger.log import Ledger
from node.agreements import bundles, places
from node.agreements import statements as agreement_statements
from node.agreements.declarations import read_message, write_message
from node.agreements.recording import Personal, agreement_accepted, agreement_declared
from node.agreements.statements import Kept
from node.database import DatabaseFile
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party

logger = logging.getLogger("symbolon.node")

MOST_UNKNOWN = 1000
"""Statements of one agency about agreements this node does not have; one more is refused, or a disk could be filled."""

MOST_A_DAY = 24
"""Statements of one partner, about one agreement, that count on one UTC day. Beyond it suspensions alone do."""

MOST_REMEMBERED = 10_000
"""Statements whose signatures this process remembers to have checked."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead a partner's clock may be when it resumes; a suspension counts from its arrival, whatever its date."""

Announce = Callable[[sqlite3.Connection, str, bytes], object]
"""Post a content to a party (its URI), in the transaction of the connection."""

migrations = Migrations("agreements")


@migrations()
def create_tables(database: Database) -> None:
    """Create the agreements, the parties' statements, and the token that changes with every change."""
    for statement in (
        """CREATE TABLE agreement (
            hash BLOB PRIMARY KEY,
            id TEXT NOT NULL,
            version INTEGER NOT NULL,
            bundle BLOB NOT NULL,
            accepted_at TEXT,
            superseded_from TEXT
        ) STRICT, WITHOUT ROWID""",
        "CREATE UNIQUE INDEX agreement_version ON agreement (id, version) WHERE accepted_at IS NOT NULL",
        agreement_statements.TABLE,
        "CREATE TABLE agreement_change (id INTEGER PRIMARY KEY CHECK (id = 1), token BLOB NOT NULL) STRICT",
        "INSERT INTO agreement_change VALUES (1, x'')",
    ):
        database.execute(statement)


class AgreementBook:
    """The agreements in one database. Any thread may call; several processes may share the file."""

    def __init__(self, file: DatabaseFile, agency: str, authority: x509.Certificate, ledger: Ledger) -> None:
        """Take the open database and log, this agency's name, and the federation's authority."""
        self._file = file
        self._agency = agency
        self._authority = authority
        self._ledger = ledger
        self._lock = threading.Lock()
        self._token: bytes | None = None
        self._set = AgreementSet()
        self._checked: dict[bytes, tuple[Agreement, frozenset[str]]] = {}
        self._heard: dict[bytes, Declaration] = {}

    @property
    def agency(self) -> str:
        """Name the agency whose book it is."""
        return self._agency

    @property
    def ledger(self) -> Ledger:
        """Give the log that changes are written to."""
        return self._ledger

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Hold the write lock of the database: what `accept`, `keep` and `declare` take as their connection."""
        return self._file.transaction()

    def current(self) -> AgreementSet:
        """Give the agreements as they stand, changed by whichever process; one row is read where nothing changed."""
        connection = self._file.connection
        with self._lock:
            if _token(connection) != self._token:
                with _snapshot(connection):
                    self._token, self._set = _token(connection), AgreementSet(self._standings(connection))
            return self._set

    def bundle(self, agreement_hash: bytes) -> bytes:
        """Give an agreement with the signatures under it; raise `SymbolonError` (`AGREEMENT_UNKNOWN`)."""
        row = _row(self._file.connection, agreement_hash)
        if row is None:
            raise SymbolonError(ErrorCode.AGREEMENT_UNKNOWN, agreement_hash.hex())
        return bytes(row["bundle"])

    def keep(self, connection: sqlite3.Connection, content: bytes, now: datetime) -> Agreement:
        """Keep a bundle whose signatures hold, in the caller's transaction, before it is signed by all and accepted.

        Raises `SymbolonError` as `accept`, but for signatures that are missing.
        """
        agreement, signatures = bundles.read(content)
        bundles.check_party(agreement, self._agency)
        bundles.signers(agreement, signatures, self._authority, now)
        connection.execute(
            "INSERT INTO agreement (hash, id, version, bundle) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET bundle = excluded.bundle WHERE accepted_at IS NULL",
            (agreement.hash, agreement.id, agreement.version, write_bundle(bundle_of(agreement, signatures))),
        )
        _touch(connection)
        return agreement

    def accept(
        self,
        connection: sqlite3.Connection,
        content: bytes,
        now: datetime,
        personal: Personal | None = None,
        *,
        acceding: bool = False,
    ) -> Agreement:
        """Accept a bundle signed by all parties, in the caller's transaction; again is no error.

        An amendment takes the place of the versions before it from its first day, at the earliest today. It needs the
        version before, unless this agency is ``acceding``: no party to that one. Raises `SymbolonError`:
        `INVALID_INPUT`, `AGREEMENT_UNSIGNED`, `AGREEMENT_REFUSED`, `LOG_NOT_WRITABLE`.
        """
        agreement, signatures = bundles.read(content)
        bundles.check_party(agreement, self._agency)
        signed_by = bundles.signers(agreement, signatures, self._authority, now)
        bundles.check_complete(agreement, signed_by)
        row = _row(connection, agreement.hash)
        if row is not None and row["accepted_at"] is not None:
            return agreement
        self._check_before(agreement, self.check_place(connection, agreement, now), acceding)
        self.keep(connection, content, now)
        self._put_in_place(connection, agreement, now, personal or {})
        return agreement

    def declare(
        self,
        connection: sqlite3.Connection,
        signed: SignedDeclaration,
        now: datetime,
        announce: Announce | None = None,
        personal: Personal | None = None,
    ) -> None:
        """Let a party's suspension, resumption or termination count, in the caller's transaction; again is no error.

        One that a later statement of the party has overtaken, or that ends no earlier, changes nothing. One of this
        agency is announced to every other party. One about an agreement that this node does not have is kept until it
        has. A suspension counts also where what is stored of the agreement, or of the party's last word, is damaged.
        Raises `SymbolonError`: `DECLARATION_REFUSED`, `LOG_NOT_WRITABLE`.
        """
        # Force comes back by a certificate that is valid today; what takes it away counts however late it comes.
        declaration = self._verified(signed, now if signed.declaration.kind == "resumes" else None)
        agreement = self._agreement(connection, declaration)
        kept = agreement_statements.kept_of(connection, declaration)
        known = self._known(kept, declaration)
        self._check_declaration(connection, declaration, agreement, now, is_new=kept is None)
        if not takes_place_of(Heard(declaration, now, now), known, agreement):
            return
        self._check_pace(declaration, kept, now)
        again = known if known is not None and _says_so_again(declaration, known) else None
        if declaration.agency == self._agency or again is None:
            agreement_declared(self._ledger, signed, agreement, personal or {})
        agreement_statements.put(connection, signed, kept, now, again)
        _touch(connection)
        if agreement is not None and declaration.agency == self._agency and announce is not None:
            for agency in sorted(agreement.party_of.keys() - {self._agency}):
                announce(connection, Party.agency(agency).uri, write_message(signed))

    def receive_declaration(
        self, connection: sqlite3.Connection, sender_uri: str, content: bytes, now: datetime
    ) -> None:
        """Let a partner's statement count that came as a message, in the caller's transaction.

        Raises `SymbolonError` as `declare`, and `MALFORMED` where the content is none or is not the sender's own.
        """
        signed = read_message(content)
        if Party.agency(signed.declaration.agency).uri != sender_uri:
            raise SymbolonError(ErrorCode.MALFORMED, "a declaration comes from the party that made it")
        self.declare(connection, signed, now)

    def declarations(self, agreement_hash: bytes) -> tuple[Declaration, ...]:
        """Give what counts of the parties' statements about an agreement, in no order."""
        return tuple(one.declaration for one in self._heard_of(self._file.connection, agreement_hash))

    def _standings(self, connection: sqlite3.Connection) -> Iterator[Standing]:
        for row in connection.execute("SELECT * FROM agreement ORDER BY id, version, hash").fetchall():
            try:
                yield self._standing(connection, row)
            except (SymbolonError, ValueError) as error:
                # Its text could quote the agreement; where it stands is enough to find it.
                logger.error("agreement %s left out: %s", bytes(row["hash"]).hex()[:16], type(error).__name__)

    def _standing(self, connection: sqlite3.Connection, row: sqlite3.Row) -> Standing:
        agreement, signed_by = self._read_checked(bytes(row["bundle"]))
        if agreement.hash != bytes(row["hash"]):
            raise ValueError("the row is not of this agreement")
        bundles.check_party(agreement, self._agency)
        stated = self._heard_of(connection, agreement.hash)
        suspended = suspended_since(stated)
        return Standing(
            agreement,
            signed_by,
            accepted=row["accepted_at"] is not None,
            suspended_by=frozenset(suspended),
            ended=last_days(agreement, stated),
            superseded_from=date.fromisoformat(row["superseded_from"]) if row["superseded_from"] else None,
            suspended_since=suspended,
        )

    def _read_checked(self, content: bytes) -> tuple[Agreement, frozenset[str]]:
        """Read a stored bundle and check its signatures, once in this process."""
        if content not in self._checked:
            agreement, signatures = bundles.read(content)
            signed_by = bundles.signers(agreement, signatures, self._authority, None)
            self._checked[content] = agreement, signed_by
        return self._checked[content]

    def _heard_of(self, connection: sqlite3.Connection, agreement_hash: bytes) -> tuple[Heard, ...]:
        return tuple(map(self._read_heard, agreement_statements.kept_about(connection, agreement_hash)))

    def _read_heard(self, kept: Kept) -> Heard:
        """Read a stored statement and check its signature, once in this process."""
        if kept.content not in self._heard:
            if len(self._heard) >= MOST_REMEMBERED:
                self._heard.clear()
            self._heard[kept.content] = self._verified(read_message(kept.content))
        return Heard(self._heard[kept.content], kept.arrived, kept.since)

    def _verified(self, signed: SignedDeclaration, now: datetime | None = None) -> Declaration:
        try:
            declaration = verify(signed, self._authority, now)
        except DeclarationError as error:
            raise SymbolonError(ErrorCode.DECLARATION_REFUSED, f"{signed.declaration.agency}: {error}") from None
        if declaration.kind == "signs":
            raise SymbolonError(ErrorCode.DECLARATION_REFUSED, "a signature belongs into a bundle")
        return declaration

    def _agreement(self, connection: sqlite3.Connection, declaration: Declaration) -> Agreement | None:
        """Give the agreement spoken of, or None where it is not here or, for a suspension, where it cannot be read."""
        row = _row(connection, bytes.fromhex(declaration.agreement))
        try:
            return bundles.read(bytes(row["bundle"]))[0] if row is not None else None
        except SymbolonError:
            if declaration.kind != "suspends":
                raise
            return None

    def _known(self, kept: Kept | None, declaration: Declaration) -> Heard | None:
        """Give what its party said last, or None where it said nothing or, for a suspension, what cannot be read."""
        try:
            return self._read_heard(kept) if kept is not None else None
        except SymbolonError:
            if declaration.kind != "suspends":
                raise
            return None

    def _check_declaration(
        self,
        connection: sqlite3.Connection,
        declaration: Declaration,
        agreement: Agreement | None,
        now: datetime,
        *,
        is_new: bool,
    ) -> None:
        if declaration.kind == "resumes" and declaration.at > now + CLOCK_TOLERANCE:
            raise SymbolonError(ErrorCode.DECLARATION_REFUSED, "it is dated in the future")
        if agreement is not None:
            if declaration.agency not in agreement.party_of:
                raise SymbolonError(ErrorCode.DECLARATION_REFUSED, f"{declaration.agency} is no party to it")
            return
        if declaration.agency == self._agency:
            raise SymbolonError(ErrorCode.AGREEMENT_UNKNOWN, declaration.agreement)
        if is_new and agreement_statements.count_unknown(connection, declaration.agency) >= MOST_UNKNOWN:
            raise SymbolonError(ErrorCode.DECLARATION_REFUSED, "too many about agreements this node does not have")

    def _check_pace(self, declaration: Declaration, kept: Kept | None, now: datetime) -> None:
        """Raise `SymbolonError` where a partner has said too much today; a suspension is heard all the same."""
        if kept is None or declaration.agency == self._agency or declaration.kind == "suspends":
            return
        if kept.times_on(now) >= MOST_A_DAY:
            raise SymbolonError(ErrorCode.DECLARATION_REFUSED, "too many of its party on one day")

    def check_place(self, connection: sqlite3.Connection, agreement: Agreement, now: datetime) -> dict[int, bytes]:
        """Raise `SymbolonError` (`AGREEMENT_REFUSED`) where a text can never be accepted here; give those that are.

        It is over, or a later version or another text has its place.
        """
        rows = connection.execute(
            "SELECT hash, version FROM agreement WHERE id = ? AND accepted_at IS NOT NULL", (agreement.id,)
        ).fetchall()
        accepted = {row["version"]: bytes(row["hash"]) for row in rows}
        reason = places.hindrance(agreement, accepted, now.astimezone(UTC).date())
        if reason:
            raise _refused(agreement, reason)
        return accepted

    def _check_before(self, agreement: Agreement, accepted: dict[int, bytes], acceding: bool) -> None:
        reason = places.missing_before(agreement, accepted)
        if reason and (accepted or not acceding):
            raise _refused(agreement, reason)

    def _put_in_place(
        self, connection: sqlite3.Connection, agreement: Agreement, now: datetime, personal: Personal
    ) -> None:
        from_day = max(now.astimezone(UTC).date(), agreement.validity.from_day)
        earlier = connection.execute(
            "SELECT hash, version FROM agreement WHERE id = ? AND version < ? AND accepted_at IS NOT NULL"
            " AND (superseded_from IS NULL OR superseded_from > ?)",
            (agreement.id, agreement.version, from_day.isoformat()),
        ).fetchall()
        superseded = tuple((row["version"], bytes(row["hash"])) for row in earlier)
        agreement_accepted(self._ledger, agreement, self._agency, superseded, from_day, personal)
        connection.execute(
            "UPDATE agreement SET accepted_at = ? WHERE hash = ?", (now.astimezone(UTC).isoformat(), agreement.hash)
        )
        connection.executemany(
            "UPDATE agreement SET superseded_from = ? WHERE hash = ?",
            [(from_day.isoformat(), agreement_hash) for _, agreement_hash in superseded],
        )
        _touch(connection)


def _refused(agreement: Agreement, reason: str) -> SymbolonError:
    return SymbolonError(ErrorCode.AGREEMENT_REFUSED, f"{agreement.id} v{agreement.version}: {reason}")


def _row(connection: sqlite3.Connection, agreement_hash: bytes) -> Any:
    return connection.execute("SELECT * FROM agreement WHERE hash = ?", (agreement_hash,)).fetchone()


def _says_so_again(declaration: Declaration, kept: Heard) -> bool:
    """Say whether it suspends what its party has suspended: its moment is kept, and nothing comes of it."""
    return declaration.kind == "suspends" and kept.declaration.kind == "suspends"


def _token(connection: sqlite3.Connection) -> bytes:
    """Give the mark of the last change."""
    return bytes(connection.execute("SELECT token FROM agreement_change").fetchone()["token"])


def _touch(connection: sqlite3.Connection) -> None:
    # Random, not counted: a number that was rolled back would come again for another change.
    connection.execute("UPDATE agreement_change SET token = ?", (secrets.token_bytes(16),))


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Read several statements of one state, also where the caller is within a transaction already."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")
