"""What reports, statistics and extracts read: a party's own log, or an export file, each once from end to end.

Of the own log, personal fields are opened after that was written into it, in one entry for the whole range. What an
export holds opened, its party has logged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from agreements.agreement import Agreement
from auditing.sources import Opened, short
from ledger.entries import Statement
from ledger.events import AuditorAccess
from ledger.exports import ExportedAgreement, ExportedEntry, ExportHead, read_entries, read_lines
from ledger.reading import LedgerReader
from symbolon.rpc.errors import ErrorCode, SymbolonError


@dataclass(frozen=True, slots=True)
class Source:
    """A log to be read once: whose it is, how many entries, the agreements whose texts are at hand, by hash."""

    party: str
    total: int
    agreements: Mapping[str, Agreement]
    entries: Callable[[], Iterator[Opened]]


def own_source(
    path: Path,
    party: str,
    agreements: Iterable[ExportedAgreement],
    fields: Collection[str],
    record: Callable[[Statement], object],
    personal: Mapping[str, str],
) -> Source:
    """Name a party's own log; where fields are to be opened, ``record`` writes who opens them into it first."""
    reader = LedgerReader(path)
    last = reader.count()
    if fields and last:
        access = AuditorAccess(entry=1, last=last, fields=tuple(sorted(fields)))
        record(Statement(access, personal))
    return Source(short(party), last, read_agreements(agreements), lambda: reader.opened(fields, last))


def export_source(file: Path, fields: Collection[str]) -> Source:
    """Name an export; raise `SymbolonError` where fields are wanted and none were opened in it."""
    agreements = []
    with opened_file(file) as source:
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


def _exported(file: Path, fields: frozenset[str]) -> Iterator[Opened]:
    with opened_file(file) as source:
        for entry, opened in read_entries(source):
            yield entry, {name: value for name, value in opened.items() if name in fields}


@contextmanager
def opened_file(file: Path) -> Iterator[BinaryIO]:
    """Open a file to read; raise `SymbolonError` where that cannot be."""
    try:
        with file.open("rb") as source:
            yield source
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file}: {type(error).__name__}") from None
