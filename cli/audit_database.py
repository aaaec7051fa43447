"""The SQLite file of ``symbolon audit report --sqlite``: entries, queries and findings as tables, for Datasette.

Nothing personal is in it but how users are shown in the report. ``metadata.json`` beside it says what each column is.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from auditing.exchanges import Exchange
from auditing.findings import Finding
from auditing.tables import printable
from auditing.thresholds import RULES, Thresholds, stated
from ledger.entries import Entry

_TOGETHER = 5_000
"""Rows inserted at a time."""

_TABLES = """
CREATE TABLE entry (number INTEGER PRIMARY KEY, time TEXT NOT NULL, type TEXT NOT NULL, event TEXT NOT NULL,
  leaf_hash TEXT NOT NULL) STRICT;
CREATE TABLE partner (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE user (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE query (
  id INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL REFERENCES entry (number),
  direction TEXT NOT NULL,
  partner INTEGER NOT NULL REFERENCES partner (id),
  user INTEGER REFERENCES user (id),
  agreement TEXT NOT NULL,
  agreement_hash TEXT NOT NULL,
  purpose TEXT NOT NULL,
  outcome TEXT NOT NULL,
  level INTEGER NOT NULL,
  opened INTEGER NOT NULL,
  records INTEGER NOT NULL,
  silent INTEGER NOT NULL,
  reason TEXT NOT NULL,
  answer INTEGER REFERENCES entry (number),
  seconds REAL
) STRICT;
CREATE TABLE rule (pattern TEXT PRIMARY KEY, title TEXT NOT NULL, rule TEXT NOT NULL, unseen TEXT NOT NULL) STRICT;
CREATE TABLE finding (
  id INTEGER PRIMARY KEY,
  pattern TEXT NOT NULL REFERENCES rule (pattern),
  direction TEXT NOT NULL,
  who TEXT NOT NULL,
  first TEXT NOT NULL,
  last TEXT NOT NULL,
  count INTEGER NOT NULL,
  what TEXT NOT NULL
) STRICT;
CREATE TABLE finding_entry (
  finding INTEGER NOT NULL REFERENCES finding (id),
  entry INTEGER NOT NULL REFERENCES entry (number),
  PRIMARY KEY (finding, entry)
) STRICT;
"""

_VIEWS = """
UPDATE query SET answer = NULL WHERE answer NOT IN (SELECT number FROM entry);
DELETE FROM finding_entry WHERE entry NOT IN (SELECT number FROM entry);
CREATE INDEX entry_type ON entry (type, time);
CREATE INDEX entry_time ON entry (time);
CREATE INDEX query_entry ON query (entry);
CREATE INDEX query_answer ON query (answer);
CREATE INDEX query_partner ON query (partner, purpose);
CREATE INDEX query_user ON query (user);
CREATE INDEX finding_pattern ON finding (pattern);
CREATE INDEX finding_entry_entry ON finding_entry (entry);
CREATE VIEW queries_by_partner AS
  SELECT direction, partner.name AS partner, agreement, purpose, COUNT(*) AS queries, SUM(opened) AS opened,
    SUM(level > 0) AS told, SUM(reason <> '') AS refused
  FROM query JOIN partner ON partner.id = query.partner GROUP BY direction, partner.name, agreement, purpose;
CREATE VIEW levels_by_purpose AS
  SELECT direction, purpose, level, COUNT(*) AS queries FROM query GROUP BY direction, purpose, level;
CREATE VIEW open_rate AS
  SELECT partner.name AS partner, COUNT(*) AS received, SUM(opened) AS opened,
    ROUND(100.0 * SUM(opened) / COUNT(*), 1) AS percent
  FROM query JOIN partner ON partner.id = query.partner WHERE direction = 'received' GROUP BY partner.name;
CREATE VIEW queries_by_day AS
  SELECT SUBSTR(entry.time, 1, 10) AS day, direction, COUNT(*) AS queries
  FROM query JOIN entry ON entry.number = query.entry GROUP BY day, direction;
CREATE VIEW queries_by_user AS
  SELECT user.label AS user, direction, COUNT(*) AS queries, SUM(level > 0) AS told, SUM(reason <> '') AS refused
  FROM query JOIN user ON user.id = query.user GROUP BY user.label, direction;
CREATE VIEW findings_with_entries AS
  SELECT finding.id AS finding, rule.title AS pattern, finding.who, finding.what, entry.number AS entry, entry.time,
    entry.type
  FROM finding JOIN rule ON rule.pattern = finding.pattern JOIN finding_entry ON finding_entry.finding = finding.id
    JOIN entry ON entry.number = finding_entry.entry;
"""

_DESCRIBED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "entry": (
        "The entries of the log in the period. Personal fields are not among them.",
        {
            "number": "Number of the entry in the log.",
            "time": "When it was committed, UTC.",
            "type": "The event.",
            "event": "The event's fields, as JSON.",
            "leaf_hash": "Hash of the entry in the log's Merkle tree (RFC 9162), hexadecimal.",
        },
    ),
    "query": (
        "Queries, one row for each partner asked, joined from the entries that speak of it.",
        {
            "entry": "The entry of the query.",
            "direction": "sent, received, or relayed by a coordinator.",
            "partner": "The other agency; of one relayed, both.",
            "user": "Who asked, as users are shown in the report.",
            "agreement": "The agreement's name.",
            "agreement_hash": "SHA-256 of the agreement's canonical text, hexadecimal.",
            "purpose": "The purpose stated.",
            "outcome": "What became of it; empty where the log does not say.",
            "level": "The level told, 0 to 4.",
            "opened": "1 where a record of the holder's fitted.",
            "records": "How many records were opened.",
            "silent": "Records of which the asker was not told.",
            "reason": "Why it was refused, or what was noted beside the answer.",
            "answer": "The entry of the answer.",
            "seconds": "Seconds from the query's entry to the answer's.",
        },
    ),
    "partner": ("Agencies.", {"name": "The agency's name, or the party's URI."}),
    "user": ("Users as they are shown in the report.", {"label": "A number within this report, or a name."}),
    "rule": (
        "The rules of the patterns, with the thresholds of this report.",
        {"rule": "When a pattern is named.", "unseen": "What it cannot see."},
    ),
    "finding": (
        "Patterns found. Each is a question to ask, not an answer.",
        {
            "who": "Who asked, as users are shown in the report.",
            "first": "Time of the first entry, UTC.",
            "last": "Time of the last entry, UTC.",
            "count": "How many entries.",
            "what": "What was found.",
        },
    ),
    "finding_entry": ("The first hundred entries of each finding that lie in the period.", {}),
}


class ReportDatabase:
    """A new SQLite file that is filled as the log is read; a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the file, which is there and empty."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES} BEGIN;")
        self._entries: list[tuple[Any, ...]] = []
        self._partners: dict[str, int] = {}
        self._users: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Give the database."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._connection.close()

    def add_entry(self, entry: Entry) -> None:
        """Add an entry, without anything personal."""
        event = entry.event.model_dump(mode="json")
        kind = event.pop("type")
        text = json.dumps(event, ensure_ascii=False)
        self._entries.append((entry.number, entry.time.isoformat(), kind, text, entry.leaf_hash.hex()))
        if len(self._entries) >= _TOGETHER:
            self._flush()

    def add_query(self, one: Exchange, user: str) -> None:
        """Add a query."""
        row = (
            one.number,
            one.direction,
            _number(self._connection, self._partners, "partner (name)", one.partner),
            _number(self._connection, self._users, "user (label)", user) if user else None,
            one.agreement,
            one.agreement_hash,
            one.purpose,
            one.outcome,
            one.level,
            int(one.opened),
            one.records,
            one.silent,
            one.reason,
            one.answer_number or None,
            one.seconds,
        )
        self._connection.execute(f"INSERT INTO query VALUES (NULL, {', '.join('?' * len(row))})", row)  # noqa: S608

    def add_finding(self, one: Finding, who: str) -> None:
        """Add a finding and its entries."""
        values = (one.pattern, one.direction, printable(who), one.first.isoformat(), one.last.isoformat())
        inserted = self._connection.execute(
            "INSERT INTO finding VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", (*values, one.count, str(one.what))
        )
        pairs = [(inserted.lastrowid, number) for number in one.numbers]
        self._connection.executemany("INSERT OR IGNORE INTO finding_entry VALUES (?, ?)", pairs)

    def finish(self, thresholds: Thresholds) -> None:
        """Write rules, indices and views, and make the file durable."""
        self._flush()
        rules = [(rule.pattern, rule.title, *map(str, stated(rule, thresholds))) for rule in RULES]
        self._connection.executemany("INSERT INTO rule VALUES (?, ?, ?, ?)", rules)
        self._connection.execute("COMMIT")
        self._connection.executescript(f"{_VIEWS} ANALYZE; PRAGMA journal_mode=DELETE;")

    def _flush(self) -> None:
        self._connection.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", self._entries)
        self._entries.clear()


def describe(database: str, title: str) -> str:
    """Give the ``metadata.json`` of a file for Datasette."""
    tables = {name: {"description": text, "columns": named} for name, (text, named) in _DESCRIBED.items()}
    described = {"title": title, "databases": {database: {"tables": tables}}}
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _number(connection: sqlite3.Connection, known: dict[str, int], into: str, text: str) -> int:
    """Give the number of a partner or user, entered when first met."""
    label = printable(text)
    if label not in known:
        known[label] = len(known) + 1
        connection.execute(f"INSERT INTO {into} VALUES (?)", (label,))  # noqa: S608  # a constant
    return known[label]
