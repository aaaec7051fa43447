"""The index: under which look-up values a query finds which record, and nothing else.

An entry is what `matching.lockbox.index_row` makes of a token under this node's pepper, and the place it stands for:
the record's random number, the revision and the position of the feature among those of that revision. No feature, no
hash of one, no rule and no content is here. Whoever steals the file without the pepper learns how many records and
entries there are, how many entries each record has, and which of them share one; with the pepper, a guess still takes
the custodians (threat T15).

A record's entries are replaced in one transaction together with its *marker*, which says what they were made from:
epoch, revision, normaliser version and bit budgets. The markers, not the record store, are the truth about what is
enrolled, so an index that is lost is noticed and made again instead of missing silently. Beside each marker stands the
batch that brought it and the record's place among its leaves (`node.enrolment.commitments`), for proofs to an auditor.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlite_utils import Database, Migrations

from matching.lockbox import IndexRow
from node.database import SqliteStore
from node.enrolment.commitments import BatchTree

MOST_LOOKUPS = 256
"""Look-up values of one query: the entries of the largest lockbox."""

MOST_ALIKE = 256
"""Records that one look-up value gives. More share a feature only where a list has one person hundreds of times, and
the time of an answer must not tell how often."""

logger = logging.getLogger("symbolon.node")

_ALIKE = "SELECT * FROM (SELECT * FROM entry WHERE epoch = ? AND lookup = ? ORDER BY number LIMIT ?)"
_PAGE = 1000  # markers that a reading holds in memory

_OF_A_RECORD = ("entry", "marker", "leaf")

_migrations = Migrations("index")

_FIRST_TABLES = (
    "CREATE TABLE epoch (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    """CREATE TABLE marker (
        number INTEGER NOT NULL,
        epoch INTEGER NOT NULL REFERENCES epoch (id),
        revision INTEGER NOT NULL,
        normaliser TEXT NOT NULL,
        budgets TEXT NOT NULL,
        entries INTEGER NOT NULL,
        PRIMARY KEY (number, epoch)
    ) STRICT, WITHOUT ROWID""",
    # Without row ids: one descent for a look-up, and no trace of the order in which records were enrolled.
    """CREATE TABLE entry (
        lookup BLOB NOT NULL,
        epoch INTEGER NOT NULL,
        number INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        budget REAL NOT NULL,
        ordinal INTEGER NOT NULL,
        masked BLOB NOT NULL,
        PRIMARY KEY (lookup, epoch, number)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX entry_number ON entry (number, epoch)",
    "CREATE INDEX marker_without_entries ON marker (epoch, number) WHERE entries = 0",
)


@_migrations()
def create_tables(database: Database) -> None:
    """Create epochs, markers and entries."""
    for statement in _FIRST_TABLES:
        database.execute(statement)


@_migrations()
def create_pepper_check(database: Database) -> None:
    """Create the one row that says under which pepper the entries are."""
    database.execute("CREATE TABLE pepper_check (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL) STRICT")


@_migrations()
def create_batches(database: Database) -> None:
    """Create the batches that the disclosure log commits to, and where among their leaves each record is."""
    database.execute(
        "CREATE TABLE batch (id INTEGER PRIMARY KEY, entry INTEGER NOT NULL, secret BLOB NOT NULL,"
        " leaves BLOB NOT NULL) STRICT"
    )
    database.execute(
        "CREATE TABLE leaf (number INTEGER NOT NULL, epoch INTEGER NOT NULL, batch INTEGER NOT NULL,"
        " position INTEGER NOT NULL, PRIMARY KEY (number, epoch)) STRICT, WITHOUT ROWID"
    )
    database.execute("CREATE INDEX leaf_batch ON leaf (batch)")


@dataclass(frozen=True, slots=True)
class Place:
    """What an entry stands for: the feature at ``ordinal`` among those of a revision under ``budget`` bits."""

    record_number: int
    revision: int
    ordinal: int
    budget: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What tokens are made from besides the record: equal profiles give equal features and tokens.

    ``budgets`` are those of the agreements, ascending; the features of each are enrolled, since they are not nested.
    """

    epoch: str
    normaliser: str
    budgets: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Marker:
    """What the entries of a record were made from."""

    number: int
    revision: int
    profile: Profile


@dataclass(frozen=True, slots=True)
class EnrolledRecord:
    """A record's new entries; none when it has no feature that carries the budget."""

    number: int
    revision: int
    rows: Sequence[IndexRow[Place]]


@dataclass(frozen=True, slots=True)
class Committed:
    """A batch as the log has it: the number of its entry, and its tree, with leaves in the order of the records."""

    entry: int
    tree: BatchTree


@dataclass(frozen=True, slots=True)
class IndexCounts:
    """How many records are enrolled in an epoch, with how many entries, and how many of them have none."""

    records: int
    entries: int
    without_entries: int


class IndexStore(SqliteStore):
    """The index in one SQLite file. Any thread may call; several processes may share the file."""

    migrations = (_migrations,)

    def find(self, lookups: Sequence[bytes], epoch: str) -> list[IndexRow[Place]]:
        """Give the entries of an epoch that have one of up to 256 look-up values, in no order.

        Of each value at most `MOST_ALIKE`, those of the lowest record numbers.
        """
        if len(lookups) > MOST_LOOKUPS:
            raise ValueError(f"{len(lookups)} look-up values, at most {MOST_LOOKUPS} are in a lockbox")
        number = self._epoch(epoch)
        if number is None:
            return []
        marks = ",".join("?" * len(lookups))
        rows = self._file.connection.execute(
            f"SELECT * FROM entry WHERE epoch = ? AND lookup IN ({marks}) LIMIT ?",  # noqa: S608  # marks only
            (number, *lookups, MOST_ALIKE),
        ).fetchall()
        # As few in all are all there are; or else each value has to have its own share.
        return list(map(_index_row, rows if len(rows) < MOST_ALIKE else self._find_many(lookups, number)))

    def _find_many(self, lookups: Sequence[bytes], epoch: int) -> list[sqlite3.Row]:
        query = " UNION ALL ".join([_ALIKE] * len(lookups))
        shares = [value for lookup in lookups for value in (epoch, lookup, MOST_ALIKE)]
        rows = self._file.connection.execute(query, shares).fetchall()
        if max(Counter(bytes(row["lookup"]) for row in rows).values()) == MOST_ALIKE:
            logger.warning("at least %d records share a feature: later ones are not looked at, merge them", MOST_ALIKE)
        return rows

    def made_from(self, epoch: str) -> Profile | None:
        """Give what the entries of an epoch were made from, or None where no record is enrolled in it.

        Told by the record with the highest number, which every enrolment comes to last (`node.enrolment.enrolling`).
        """
        row = self._file.connection.execute(
            "SELECT normaliser, budgets FROM marker WHERE epoch = ? ORDER BY number DESC LIMIT 1",
            (self._epoch(epoch),),
        ).fetchone()
        return Profile(epoch, row["normaliser"], tuple(json.loads(row["budgets"]))) if row else None

    def replace(self, records: Iterable[EnrolledRecord], profile: Profile, committed: Committed | None = None) -> None:
        """Put these records' entries and markers in place of their former ones, in one transaction.

        Entries of another epoch stay while they are of the same revision; those of an older one go.
        """
        budgets = json.dumps(profile.budgets)
        with self._file.transaction() as connection:
            epoch = _epoch_number(connection, profile.epoch)
            batch = _put_batch(connection, committed) if committed else None
            for position, record in enumerate(records):
                _forget_older(connection, record, epoch)
                connection.executemany(
                    "INSERT INTO entry (lookup, epoch, number, revision, budget, ordinal, masked)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [_entry(row, epoch) for row in record.rows],
                )
                connection.execute(
                    "INSERT OR REPLACE INTO marker (number, epoch, revision, normaliser, budgets, entries)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (record.number, epoch, record.revision, profile.normaliser, budgets, len(record.rows)),
                )
                if batch is not None:
                    connection.execute("INSERT INTO leaf VALUES (?, ?, ?, ?)", (record.number, epoch, batch, position))

    def committed(self, number: int, epoch: str) -> tuple[Committed, int] | None:
        """Give the batch that enrolled a record in an epoch and its position there; None where none is known."""
        row = self._file.connection.execute(
            "SELECT b.entry, b.secret, b.leaves, l.position FROM leaf l JOIN batch b ON b.id = l.batch"
            " WHERE l.number = ? AND l.epoch = ?",
            (number, self._epoch(epoch)),
        ).fetchone()
        if row is None:
            return None
        return Committed(row["entry"], BatchTree.unpacked(bytes(row["secret"]), bytes(row["leaves"]))), row["position"]

    def forget_batches(self) -> None:
        """Forget the batches of which no record is enrolled any more."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM batch WHERE NOT EXISTS (SELECT 1 FROM leaf WHERE batch = batch.id)")

    def pepper_check(self) -> bytes | None:
        """Give what `node.enrolment.pepper` compares with the pepper, or None before the first enrolment."""
        row = self._file.connection.execute("SELECT value FROM pepper_check").fetchone()
        return bytes(row["value"]) if row else None

    def keep_pepper_check(self, value: bytes) -> None:
        """Keep what the pepper is to be compared with."""
        with self._file.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO pepper_check (id, value) VALUES (1, ?)", (value,))

    def remove(self, numbers: Sequence[int]) -> None:
        """Forget records in every epoch; unknown numbers are no error."""
        with self._file.transaction() as connection:
            for table in _OF_A_RECORD:
                connection.executemany(
                    f"DELETE FROM {table} WHERE number = ?",  # noqa: S608  # one of the names above
                    [(number,) for number in numbers],
                )

    def markers(self) -> Iterator[Marker]:
        """Give the markers of all epochs in the order of their numbers, in constant memory."""
        last = (-1, -1)
        while page := self._file.connection.execute(
            "SELECT m.*, e.name FROM marker m JOIN epoch e ON e.id = m.epoch"
            " WHERE (m.number, m.epoch) > (?, ?) ORDER BY m.number, m.epoch LIMIT ?",
            (*last, _PAGE),
        ).fetchall():
            for row in page:
                profile = Profile(row["name"], row["normaliser"], tuple(json.loads(row["budgets"])))
                yield Marker(row["number"], row["revision"], profile)
            last = (page[-1]["number"], page[-1]["epoch"])

    def entries_of(self, number: int, epoch: str) -> list[IndexRow[Place]]:
        """Give a record's entries in an epoch, in no order."""
        rows = self._file.connection.execute(
            "SELECT * FROM entry WHERE number = ? AND epoch = ?", (number, self._epoch(epoch))
        )
        return list(map(_index_row, rows))

    def without_entries(self, epoch: str) -> list[int]:
        """Give the numbers of the records that no query can find in this epoch, since they have no feature."""
        rows = self._file.connection.execute(
            "SELECT number FROM marker WHERE epoch = ? AND entries = 0", (self._epoch(epoch),)
        )
        return [row["number"] for row in rows]

    def counts(self, epoch: str) -> IndexCounts:
        """Count what is enrolled in an epoch."""
        row = self._file.connection.execute(
            "SELECT count(*) AS records, coalesce(sum(entries), 0) AS entries,"
            " coalesce(sum(entries = 0), 0) AS without_entries FROM marker WHERE epoch = ?",
            (self._epoch(epoch),),
        ).fetchone()
        return IndexCounts(**row)

    def keep_only(self, epoch: str) -> None:
        """Forget all entries of other epochs, which are over: under their keys they must not be found for ever."""
        with self._file.transaction() as connection:
            number = _epoch_number(connection, epoch)
            for table in _OF_A_RECORD:
                connection.execute(f"DELETE FROM {table} WHERE epoch != ?", (number,))  # noqa: S608  # as above

    def _epoch(self, name: str) -> int | None:
        row = self._file.connection.execute("SELECT id FROM epoch WHERE name = ?", (name,)).fetchone()
        return int(row["id"]) if row else None


def _epoch_number(connection: sqlite3.Connection, name: str) -> int:
    connection.execute("INSERT OR IGNORE INTO epoch (name) VALUES (?)", (name,))
    return int(connection.execute("SELECT id FROM epoch WHERE name = ?", (name,)).fetchone()["id"])


def _forget_older(connection: sqlite3.Connection, record: EnrolledRecord, epoch: int) -> None:
    connection.execute(
        "DELETE FROM leaf WHERE number = ?1 AND epoch IN"
        " (SELECT epoch FROM marker WHERE number = ?1 AND (epoch = ?2 OR revision < ?3))",
        (record.number, epoch, record.revision),
    )
    for table in ("entry", "marker"):
        connection.execute(
            f"DELETE FROM {table} WHERE number = ? AND (epoch = ? OR revision < ?)",  # noqa: S608  # one of the two
            (record.number, epoch, record.revision),
        )


def _put_batch(connection: sqlite3.Connection, committed: Committed) -> int | None:
    tree = committed.tree
    values = (committed.entry, tree.secret, tree.packed())
    return connection.execute("INSERT INTO batch (entry, secret, leaves) VALUES (?, ?, ?)", values).lastrowid


def _entry(row: IndexRow[Place], epoch: int) -> tuple[bytes, int, int, int, float, int, bytes]:
    place = row.reference
    return row.lookup, epoch, place.record_number, place.revision, place.budget, place.ordinal, row.masked


def _index_row(row: sqlite3.Row) -> IndexRow[Place]:
    place = Place(row["number"], row["revision"], row["ordinal"], row["budget"])
    return IndexRow(bytes(row["lookup"]), bytes(row["masked"]), place)
