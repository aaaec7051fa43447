"""The tables of an agency's records in SQLite, and how older files come to them."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("records")

_FIRST_TABLES = (
    """CREATE TABLE record (
        number INTEGER PRIMARY KEY,
        record_id TEXT NOT NULL UNIQUE,
        current INTEGER NOT NULL,  -- newest revision; goes on counting after a removal
        digest TEXT NOT NULL,  -- of the newest revision; empty when removed
        enrolled INTEGER NOT NULL DEFAULT 0,
        removed_at TEXT,
        removed_why TEXT,
        run INTEGER NOT NULL,  -- last import that took it, and on which line
        line INTEGER NOT NULL,
        kept_run INTEGER NOT NULL DEFAULT 0  -- last import that listed it in a row set aside
    ) STRICT""",
    """CREATE TABLE revision (
        number INTEGER NOT NULL REFERENCES record (number),
        revision INTEGER NOT NULL,
        row_json TEXT NOT NULL,
        digest TEXT NOT NULL,
        imported_at TEXT NOT NULL,
        superseded_at TEXT,
        UNIQUE (number, revision)
    ) STRICT""",
    "CREATE INDEX revision_superseded ON revision (superseded_at) WHERE superseded_at IS NOT NULL",
    "CREATE INDEX record_pending ON record (number) WHERE enrolled <> current AND removed_at IS NULL",
    """CREATE TABLE import_run (
        run_id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        row_format TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        position TEXT NOT NULL,
        tally TEXT NOT NULL,
        rejects_bytes INTEGER NOT NULL
    ) STRICT""",
)


@MIGRATIONS()
def create_tables(database: Database) -> None:
    """Create records, their revisions, and the runs of imports."""
    for statement in _FIRST_TABLES:
        database.execute(statement)


_OUTLINE = """ALTER TABLE revision ADD COLUMN outline TEXT GENERATED ALWAYS AS (
    CASE WHEN json_valid(row_json)
    THEN json_extract(row_json, '$.category', '$.dob', '$.nationality', '$.rules') ELSE '' END) VIRTUAL"""
"""The parts of a row that `read_outline` reads, in its order; nothing for a damaged row, which must not fail others."""

_ALIKE = """ALTER TABLE revision ADD COLUMN alike TEXT GENERATED ALWAYS AS (
    CASE WHEN json_valid(outline) AND json_array_length(outline, '$[1]') = 1
    AND json_extract(outline, '$[1][0]') GLOB '1[0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
    THEN json_set(outline, '$[1][0]', '1900-01-01') ELSE outline END) VIRTUAL"""
"""One outline for rows whose rules are the same: for who was born before 2000, and is of age for good, any day will do.

It stands in an index, so that the rules of 100,000 records are counted without reading a row.
"""


@MIGRATIONS()
def index_alike_rules(database: Database) -> None:
    """Let rows of the same rules be counted."""
    for statement in (_OUTLINE, _ALIKE, "CREATE INDEX revision_alike ON revision (alike, number, revision)"):
        database.execute(statement)


@MIGRATIONS()
def keep_removals(database: Database) -> None:
    """Let a run keep how many records it removed."""
    database.execute("ALTER TABLE import_run ADD COLUMN removed INTEGER")


_SLIPS = """ALTER TABLE revision ADD COLUMN slip_fields TEXT GENERATED ALWAYS AS (
    CASE WHEN NOT json_valid(row_json) THEN ''
    WHEN json_array_length(row_json, '$.dob') = 1 AND json_extract(row_json, '$.dob[0]') GLOB '1[89][0-9][0-9]*'
    THEN json_set(json_extract(row_json, '$.dob', '$.nationality', '$.address_countries'), '$[0]', NULL)
    ELSE json_extract(row_json, '$.dob', '$.nationality', '$.address_countries') END) VIRTUAL"""
"""The parts of a row in which a slip can be (`SLIP_FIELDS`), alike for all whose birth is long past."""


@MIGRATIONS()
def index_slips(database: Database) -> None:
    """Let the records with a slip be found without reading all."""
    for statement in (_SLIPS, "CREATE INDEX revision_slips ON revision (slip_fields, number, revision)"):
        database.execute(statement)
