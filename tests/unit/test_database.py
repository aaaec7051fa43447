"""One SQLite file of a node: erased content goes from the write-ahead log too, as soon as nobody reads it."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from node.database import DatabaseFile

migrations = Migrations("test")


@migrations()
def create_table(database: Database) -> None:
    """Create one table."""
    database.execute("CREATE TABLE word (word TEXT)")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[DatabaseFile]:
    opened = DatabaseFile(tmp_path / "words.db", migrations)
    yield opened
    opened.close()


def insert(file: DatabaseFile, word: str) -> None:
    with file.transaction() as connection:
        connection.execute("INSERT INTO word VALUES (?)", (word,))


def test_erased_content_that_a_reader_keeps_in_the_log_goes_with_the_next_transaction_after(
    file: DatabaseFile, caplog: pytest.LogCaptureFixture
) -> None:
    log = file.path.with_name("words.db-wal")
    insert(file, "Melanos")
    with closing(sqlite3.connect(file.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM word").fetchall()
        with file.transaction() as connection:
            connection.execute("DELETE FROM word")
        with caplog.at_level(logging.WARNING, "symbolon.node"):
            file.shrink_log(0.05)
        assert "erased content stays in the write-ahead log" in caplog.text
        assert b"Melanos" in log.read_bytes()
    insert(file, "other")
    assert log.read_bytes() == b""
    assert b"Melanos" not in file.path.read_bytes()


def test_a_log_that_nobody_reads_is_emptied_at_once(file: DatabaseFile, caplog: pytest.LogCaptureFixture) -> None:
    insert(file, "Melanos")
    file.shrink_log()
    assert file.path.with_name("words.db-wal").read_bytes() == b""
    assert caplog.text == ""


def test_a_file_opened_twice_in_one_process_is_read_as_another_process_left_it(file: DatabaseFile) -> None:
    """Closing a file beside SQLite takes its locks off; the other process then deletes the log that is being read."""
    add = "c = sqlite3.connect(sys.argv[1]); c.execute('INSERT INTO word VALUES (1)'); c.commit(); c.close()"
    insert(file, "x")
    second = DatabaseFile(file.path, migrations)
    try:
        for count in (2, 3, 4):
            subprocess.run([sys.executable, "-c", f"import sqlite3, sys; {add}", str(file.path)], check=True)
            assert file.connection.execute("SELECT count(*) FROM word").fetchone()[0] == count
    finally:
        second.close()
