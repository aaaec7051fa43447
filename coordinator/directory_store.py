"""What the hub keeps of its members: their entries. Which of them count, the directory log says."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType

from coordinator.entries import Entry, read_entry
from symbolon.rpc.folder import open_database
from symbolon.v1.directory_pb2 import MemberEntry

_TABLES = """
CREATE TABLE IF NOT EXISTS entries (member TEXT PRIMARY KEY, entry BLOB NOT NULL) WITHOUT ROWID, STRICT;
"""


class DirectoryStore:
    """One database file. Writing blocks for a disk commit: do it from a thread."""

    def __init__(self, path: Path) -> None:
        """Open or make the file."""
        self._lock = threading.Lock()
        self._database = open_database(path, _TABLES)

    def entries(self) -> dict[str, Entry]:
        """Give all entries by the member's URI."""
        with self._lock:
            rows = self._database.execute("SELECT member, entry FROM entries ORDER BY member").fetchall()
        return {member: read_entry(MemberEntry.FromString(entry)) for member, entry in rows}

    def put(self, entry: Entry) -> None:
        """Store a member's entry in place of its former one."""
        with self._lock:
            self._database.execute(
                "INSERT INTO entries (member, entry) VALUES (?, ?) ON CONFLICT DO UPDATE SET entry = excluded.entry",
                (entry.member.uri, entry.message.SerializeToString(deterministic=True)),
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> DirectoryStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
