"""The records of one agency in one SQLite file (`node.records` says what each method promises)."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from node.database import DatabaseFile
from node.records import (
    AcceptedRow,
    ImportBatch,
    ImportRun,
    Outcome,
    RecordCounts,
    RecordState,
    Reject,
    RemovalReason,
    Resolved,
    StoredRecord,
    Tally,
)
from node.row_files import Position, RowFormat
from node.rows import Record, parse_record
from symbolon.rpc.errors import ErrorCode, SymbolonError

_PAGE = 1000  # rows a read holds in memory, and in one read transaction

_migrations = Migrations("records")


@_migrations()
def create_tables(database: Database) -> None:
    """Create the first form: records, their revisions, and the runs of imports."""
    database.executescript("""
        CREATE TABLE record (
            number INTEGER PRIMARY KEY,
            record_id TEXT NOT NULL UNIQUE,
            current INTEGER NOT NULL,
            digest TEXT NOT NULL,
            enrolled INTEGER NOT NULL DEFAULT 0,
            removed_at TEXT,
            removed_why TEXT,
            run INTEGER NOT NULL,
            line INTEGER NOT NULL,
            kept_run INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE revision (
            number INTEGER NOT NULL REFERENCES record (number),
            revision INTEGER NOT NULL,
            row_json TEXT NOT NULL,
            digest TEXT NOT NULL,
            imported_at TEXT NOT NULL,
            superseded_at TEXT,
            UNIQUE (number, revision)
        ) STRICT;
        CREATE INDEX revision_superseded ON revision (superseded_at) WHERE superseded_at IS NOT NULL;
        CREATE INDEX record_pending ON record (number) WHERE enrolled <> current AND removed_at IS NULL;
        CREATE TABLE import_run (
            run_id INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            row_format TEXT NOT NULL,
            started_at TEXT NOT NULL,
            ended_at TEXT,
            position TEXT NOT NULL,
            tally TEXT NOT NULL,
            rejects_bytes INTEGER NOT NULL
        ) STRICT;
    """)
