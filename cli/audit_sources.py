"""What ``symbolon audit report``, ``statistics`` and ``subject`` read: a party's own log, or an export file.

Of the own log, personal fields are opened after that was written into it, in one entry for the whole range. What an
export holds opened, its party has logged.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from rich.progress import track

from agreements.agreement import Agreement
from auditing.sources import Opened, short
from auditing.tables import Table
from cli.audit_proofs import log_path, party_of
from cli.output import error_console, login_name
from ledger.entries import DamagedLogError, Statement
from ledger.events import AuditorAccess
from ledger.exports import ExportedAgreement, ExportedEntry, ExportError, ExportHead, read_entries, read_lines
from ledger.log import Ledger
from ledger.reading import LedgerReader
from node.agreements.exports import kept_agreements
from symbolon.rpc.errors import ErrorCode, SymbolonError


@dataclass(frozen=True, slots=True)
class Source:
    """A log to be read once: whose it is, how many entries, the agreements whose texts are at hand, by hash."""

    party: str
    total: int
    agreements: Mapping[str, Agreement]
    entries: Callable[[], Iterator[Opened]]

    def tracked(self, what: str, as_json: bool) -> Iterable[Opened]:
        """Give the entries, with a progress bar on a terminal."""
        hidden = as_json or not error_console.is_terminal
        with telling_why():
            yield from track(
                self.entries(), what, total=self.total, console=error_console, transient=True, disable=hidden
            )


def own_log(home: Path, fields: Collection[str], user: str) -> Source:
    """Name a party's own log; where fields are to be opened, write that into it first."""
    path = log_path(home)
    with telling_why():
        reader = LedgerReader(path)
        last = reader.count()
        if fields and last:
            access = AuditorAccess(entry=1, last=last, fields=tuple(sorted(fields)))
            with Ledger(path) as log:
                log.append(Statement(access, {"user": user or login_name()}))
        agreements = read_agreements(kept_agreements(home / "data" / "cases.db"))
    return Source(short(party_of(home).uri), last, agreements, lambda: reader.opened(fields, last))


def exported_log(file: Path, fields: Collection[str]) -> Source:
    """Name an export; raise `SymbolonError` where fields are wanted and none were opened in it."""
    agreements = []
    with _opened(file) as source:
        lines = read_lines(source)
        head = next(lines, None)
        if not isinstance(head, ExportHead):
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file}: the file is empty")
        for line in lines:
            if isinstance(line, ExportedAgreement):
                agreements.append(line)
            elif isinstance(line, ExportedEntry):
                break
    if fields and not head.fields:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file}: nothing was opened in this export; use --people none")
    total = head.last - head.first + 1
    return Source(short(head.party), total, read_agreements(agreements), lambda: _exported(file, frozenset(fields)))


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


def _exported(file: Path, fields: frozenset[str]) -> Iterator[Opened]:
    with _opened(file) as source:
        for entry, opened in read_entries(source):
            yield entry, {name: value for name, value in opened.items() if name in fields}


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as source, telling_why():
            yield source
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file}: {type(error).__name__}") from None


def read_agreements(exported: Iterable[ExportedAgreement]) -> dict[str, Agreement]:
    """Give the agreements whose text has the hash by which entries name it; a report does without the others."""
    found = {}
    for one in exported:
        if sha256(one.document.encode()).hexdigest() == one.hash:
            try:
                found[one.hash] = Agreement.model_validate_json(one.document)
            except ValueError:
                continue
    return found
