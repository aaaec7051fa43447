"""What ``symbolon audit report``, ``statistics`` and ``subject`` read, from a party's folder (`node.auditing.sources`).

The new files that they write are made here too.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.progress import track

from auditing.sources import Opened
from auditing.tables import Table
from cli.audit_proofs import log_path, party_of
from cli.output import error_console, login_name
from ledger.entries import DamagedLogError, Statement
from ledger.exports import ExportError
from ledger.log import Ledger
from node.agreements.exports import kept_agreements
from node.auditing.sources import Source, export_source, own_source
from symbolon.rpc.errors import ErrorCode, SymbolonError


def tracked(source: Source, what: str, as_json: bool) -> Iterable[Opened]:
    """Give the entries of a source, with a progress bar on a terminal."""
    hidden = as_json or not error_console.is_terminal
    with telling_why():
        yield from track(
            source.entries(), what, total=source.total, console=error_console, transient=True, disable=hidden
        )


def own_log(home: Path, fields: Collection[str], user: str) -> Source:
    """Name a party's own log; where fields are to be opened, write that into it first."""
    path = log_path(home)

    def record(statement: Statement) -> None:
        with Ledger(path) as log:
            log.append(statement)

    with telling_why():
        agreements = kept_agreements(home / "data" / "cases.db")
        return own_source(path, party_of(home).uri, agreements, fields, record, {"user": user or login_name()})


def exported_log(file: Path, fields: Collection[str]) -> Source:
    """Name an export; raise `SymbolonError` where fields are wanted and none were opened in it."""
    with telling_why():
        return export_source(file, fields)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Make a new file that its owner alone can read; what fails leaves none.

    Raises `SymbolonError` where there is one already.
    """
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path} exists: name a new file") from None
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {type(error).__name__}") from None
    try:
        with file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def make_folder(path: Path) -> None:
    """Make a new folder that its owner alone can read; raise `SymbolonError` where there is one already."""
    try:
        path.mkdir(mode=0o700)
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {type(error).__name__}: name a new folder") from None


def write_tables(folder: Path, tables: Iterable[Table]) -> None:
    """Write one CSV file for each table."""
    for table in tables:
        with new_file(folder / f"{table.name}.csv") as target:
            target.write(table.to_csv().encode())


@contextmanager
def telling_why() -> Iterator[None]:
    """Make what goes wrong with a log an error of the catalogue."""
    try:
        yield
    except DamagedLogError as error:
        raise SymbolonError(ErrorCode.LOG_DAMAGED, f"{error}; everything from there on is in doubt") from None
    except ExportError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"the export: {error}") from None
    except sqlite3.Error as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"the log cannot be read: {error.sqlite_errorname}") from None
