"""Two nodes' post rooms on real databases and logs, and the line between them, which is the test's."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger.log import Ledger
from matching.keys import SealingKey, SigningKey
from node.database import DatabaseFile
from node.directory.membership import Member
from node.keys import NodeKeys
from node.mail import store, tables
from node.mail.post_room import PostRoom

ALFA, BRAVO, STRANGER = (f"symbolon://agency/{name}" for name in ("AA-ALFA", "BB-BRAVO", "CC-OTHER"))
KEYS = {uri: NodeKeys(SigningKey.generate(), SealingKey.generate(), bytes(32)) for uri in (ALFA, BRAVO, STRANGER)}
SECRET = b"a release that names Zhavande Ilto"


def member(uri: str) -> Member | None:
    """Give what is pinned of a party."""
    keys = KEYS.get(uri)
    if keys is None:
        return None
    signing, sealing = keys.signing.public_key().raw.hex(), keys.sealing.public_key().raw.hex()
    return Member(
        uri=uri,
        display_name=uri,
        signing_key=signing,
        sealing_key=sealing,
        normaliser="",
        golden_digest="",
        issued_at=1,
    )


@dataclass
class House:
    """One node's mail: what it opens, posts and handles; it can be closed and opened again like a process."""

    uri: str
    folder: Path
    partners: tuple[str, ...] = (ALFA, BRAVO)
    handled: list[tuple[str, bytes]] = field(default_factory=list)
    raises: Exception | None = None

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Start."""
        self.cases = DatabaseFile(self.folder / "cases.db", tables.MIGRATIONS)
        self.ledger = Ledger(self.folder / "ledger.db")
        self.room = PostRoom(
            self.uri, KEYS[self.uri], self.cases, self.ledger, lambda: self.partners, member, self.handle
        )

    def close(self) -> None:
        """End."""
        self.cases.close()
        self.ledger.close()

    def restart(self) -> None:
        """Start again with nothing but what is on disk."""
        self.close()
        self.open()

    def handle(self, connection: sqlite3.Connection, sender: str, message: bytes, content: bytes) -> None:
        """Write what came, then fail if the test says so."""
        connection.execute("CREATE TABLE IF NOT EXISTS step (sender TEXT, message BLOB, content BLOB)")
        connection.execute("INSERT INTO step VALUES (?, ?, ?)", (sender, message, content))
        if self.raises is not None:
            raise self.raises

    def post(self, content: bytes, now: datetime, days: float = 30) -> bytes:
        """Commit a message to the other house."""
        recipient = BRAVO if self.uri == ALFA else ALFA
        with self.cases.transaction() as connection:
            return store.post(connection, recipient, content, now, now + timedelta(days=days))

    def ended(self, message: bytes) -> str | None:
        """Say how an own message ended, None while it is outstanding."""
        row = self.cases.connection.execute("SELECT ended FROM mail_outbox WHERE message = ?", (message,)).fetchone()
        return row["ended"]  # type: ignore[no-any-return]

    def steps(self) -> list[bytes]:
        """Give what the handler wrote and what was committed of it."""
        try:
            return [row["content"] for row in self.cases.connection.execute("SELECT content FROM step ORDER BY rowid")]
        except sqlite3.OperationalError:
            return []

    def logged(self, kind: type) -> list[str]:
        """Give the digests of one kind of event."""
        return [entry.event.digest for entry in self.ledger.entries() if isinstance(entry.event, kind)]  # type: ignore[union-attr]

    def ledger_commits(self) -> int:
        """Count the commits in the write-ahead log of the disclosure log: a frame with a size ends one."""
        wal = (self.folder / "ledger.db-wal").read_bytes()
        page = int.from_bytes(wal[8:12], "big")
        return sum(wal[place + 4 : place + 8] != bytes(4) for place in range(32, len(wal) - 23, page + 24))

    def on_disk(self) -> bytes:
        """Give every byte of the cases, write-ahead log and all."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("cases.db*")))


@dataclass
class Pair:
    """Two houses and their common clock."""

    alfa: House
    bravo: House
    now: datetime = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def bag(self, sender: House, recipient: str | None = None) -> bytes:
        """Make a house's next bag, for the other one if nothing is said."""
        return sender.room.make_bag(recipient or (BRAVO if sender is self.alfa else ALFA), self.now)

    def tick(self, *, there: bool = True, back: bool = True) -> tuple[int, int]:
        """Let both send a bag; what is not delivered is lost. Give the sizes."""
        self.now += timedelta(minutes=1)
        first, second = self.bag(self.alfa), self.bag(self.bravo)
        if there:
            self.bravo.room.read_bag(first, self.now)
        if back:
            self.alfa.room.read_bag(second, self.now)
        return len(first), len(second)

    def ticks(self, count: int) -> None:
        """Let ticks pass in which nothing is lost."""
        for _ in range(count):
            self.tick()
