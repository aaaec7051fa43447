"""Importing a list: every row becomes a record or is set aside with its reason, and none is lost or taken twice.

1. Rows are read in batches, in constant memory. A batch, the position behind it and the length of the rejects file
   are committed together, so an import that is killed goes on from its last batch when it is started again. The bytes
   before the position are hashed; if they have changed meanwhile, the import starts over, which is harmless: rows
   whose content is known count as unchanged.
2. A row that is no record, has the id of an earlier row, or was removed by hand goes to a rejects file of JSON lines
   (line, offset, field, reason, the row), durable before its batch is.
3. Records that the file does not list stay. Only `Replacement` removes them, only if they are as many as the operator
   confirmed, and never while a rejected row might be one of them. That it was done stands in the run, so one that is
   killed after it goes on to its end.
4. What an import came to is written down before its run is marked as complete, so a kill leaves no import unrecorded.

The rejects file holds the agency's own data on its own premises and is readable by its owner only.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from node.records.doubtful import count_doubtful
from node.records.row_files import RawRow, RowFile, RowFormat, guess_format
from node.records.rows import RowError, parse_record, read_csv_row, read_json_row, separator_of
from node.records.store import AcceptedRow, ImportBatch, ImportRun, KeptRun, RecordRun, RecordStore, Reject
from node.single_run import only_run
from symbolon.rpc.errors import ErrorCode, SymbolonError

BATCH_ROWS = 500

Progress = Callable[[int, int], None]
"""Called after each batch with the bytes consumed and the bytes of the file."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """The file is the whole list: records it does not have are removed, if they are ``confirmed`` in number.

    Without a number nothing is removed, and the summary tells how many there are.
    """

    confirmed: int | None = None


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of a file's rows: read = added + changed + unchanged + rejected, over all times that ``run`` went on.

    ``doubtful`` counts the records now here that have a value which cannot be meant (`node.records.doubtful`).
    ``absent`` is the number of records the file does not list, ``removed`` how many of them were removed; both are 0
    unless a replacement was asked for. ``resumed`` says that an interrupted run was gone on with.
    """

    read: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    rejects_path: Path | None
    run: int
    absent: int = 0
    removed: int = 0
    resumed: bool = False
    doubtful: int = 0


def import_file(
    path: Path,
    store: RecordStore,
    rejects_folder: Path,
    now: datetime,
    *,
    row_format: RowFormat | None = None,
    replacement: Replacement | None = None,
    progress: Progress = lambda consumed, size: None,
    record: RecordRun = lambda _: None,
) -> ImportSummary:
    """Import a list into the store; without a format the file's name tells it. ``record`` writes down what it came to.

    Raises `SymbolonError`: `INVALID_INPUT` when there is no such file, it is of another kind, has an unknown column, or
    a replacement's number is not the one found (what was imported before that stays); `ROWS_REJECTED` when rows without
    a readable id forbid a replacement; `BUSY` while another import runs.
    """
    chosen = row_format or guess_format(path)
    with only_run(rejects_folder / "import.lock", "import"):
        try:
            with path.open("rb") as stream:
                rows = RowFile(stream, chosen, path.stat().st_size)
                run = store.begin_import(str(path.resolve()), chosen, now)
                return _Import(run, rows, store, rejects_folder, now).finish(replacement, progress, record)
        except OSError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error.strerror}") from None


def run_over(path: Path, store: RecordStore) -> KeptRun | None:
    """Give the newest run, where it is over this file."""
    return next((one for one in store.runs(1) if one.run.source == str(path.resolve())), None)


def rejects_path(rejects_folder: Path, run: ImportRun) -> Path:
    """Name the rejects file of a run; it exists when rows were set aside."""
    return rejects_folder / f"{Path(run.source).stem}-{run.run_id:06}.jsonl"


def read_rejects(path: Path, run: ImportRun) -> Iterator[dict[str, Any]]:
    """Give the rows set aside by a run, as far as they are committed."""
    if run.rejects_bytes:
        with path.open("rb") as file:
            while file.tell() < run.rejects_bytes:
                yield json.loads(file.readline())


def rows_to_mend(rejects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Give rows set aside as lines of a list, those of CSV under its header; those that are not UTF-8 are left out."""
    for place, entry in enumerate(rejects):
        if place == 0 and "header" in entry:
            yield f"{entry['header']}\n".encode(errors="replace")
        if "row" in entry:
            yield f"{entry['row']}\n".encode(errors="replace")


class _Import:
    """One run over one file."""

    def __init__(self, run: ImportRun, rows: RowFile, store: RecordStore, rejects_folder: Path, now: datetime) -> None:
        self._run = run
        self._rows = rows
        self._store = store
        self._rejects_folder = rejects_folder
        self._now = now
        self._resumed = run.position.offset > 0

    def finish(self, replacement: Replacement | None, progress: Progress, record: RecordRun) -> ImportSummary:
        if self._resumed and not self._rows.move_to(self._run.position):
            self._run = self._store.restart_import(self._run, self._now)
            self._resumed = False
        self._take_rows(progress)
        absent = self._replace(replacement) if replacement else 0
        self._store.finish_import(self._run, self._now, record)
        tally = self._run.tally
        return ImportSummary(
            read=tally.read,
            added=tally.added,
            changed=tally.changed,
            unchanged=tally.unchanged,
            rejected=tally.rejected,
            rejects_path=rejects_path(self._rejects_folder, self._run) if tally.rejected else None,
            run=self._run.run_id,
            absent=absent,
            removed=self._run.removed or 0,
            resumed=self._resumed,
            doubtful=count_doubtful(self._store, self._now.date()),
        )

    def _take_rows(self, progress: Progress) -> None:
        path = rejects_path(self._rejects_folder, self._run)
        rejects = _RejectsFile(path, self._run.rejects_bytes, self._rows.header_text)
        rows = self._rows.rows()
        while batch := list(islice(rows, BATCH_ROWS)):
            accepted, refused = self._sort(batch)
            self._run = self._store.take(
                self._run, ImportBatch(accepted, refused, self._rows.position), self._now, rejects.append
            )
            progress(self._run.position.offset, self._rows.size)

    def _sort(self, batch: Sequence[RawRow]) -> tuple[list[AcceptedRow], list[Reject]]:
        accepted: list[AcceptedRow] = []
        rejects: list[Reject] = []
        for raw in batch:
            row: dict[str, Any] = {}
            try:
                row = self._read(raw)
                accepted.append(AcceptedRow(raw.line, raw.offset, parse_record(row), raw.content))
            except RowError as error:
                record_id = row.get("record_id")
                named = record_id.strip() if isinstance(record_id, str) else ""
                rejects.append(Reject(raw.line, raw.offset, error.field, error.reason, raw.content, named))
        return accepted, rejects

    def _read(self, raw: RawRow) -> dict[str, Any]:
        if raw.problem:
            raise RowError("row", raw.problem)
        if b"\0" in raw.content:
            raise RowError("row", f"a NUL character at byte {raw.content.index(0) + 1} of the row")
        try:
            text = raw.content.decode()
        except UnicodeDecodeError as error:
            raise RowError("row", f"not UTF-8 at byte {error.start + 1} of the row") from None
        if not self._rows.header:
            return read_json_row(text)
        return read_csv_row(self._rows.header, text, separator_of(self._rows.header_text))

    def _replace(self, replacement: Replacement) -> int:
        """Remove what the file does not list, where that was confirmed; give how many records it does not list."""
        if self._run.removed is not None:  # before the run was interrupted
            return self._run.removed
        absent = self._store.count_absent(self._run)
        if replacement.confirmed is None or absent == replacement.confirmed == 0:
            return absent
        if self._run.tally.nameless:
            detail = (
                f"{self._run.tally.nameless} rejected rows cannot be told from the absent records,"
                " so none was removed: mend them and import again"
            )
            raise SymbolonError(ErrorCode.ROWS_REJECTED, detail)
        self._run = self._store.remove_absent(self._run, replacement.confirmed, self._now)
        return absent


class _RejectsFile:
    """The rejects of a run; what a killed run wrote beyond its last commit is cut off first."""

    def __init__(self, path: Path, committed_bytes: int, header: str) -> None:
        self._path = path
        self._header = header
        self._bytes = committed_bytes

    def append(self, rejects: Sequence[Reject]) -> int:
        """Write behind what is committed, make it durable, and give the length."""
        content = b"".join(_reject_line(reject, self._header) for reject in rejects)
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.truncate(self._bytes)
            file.seek(self._bytes)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._bytes += len(content)
        return self._bytes


def _reject_line(reject: Reject, header: str) -> bytes:
    entry: dict[str, Any] = {
        "line": reject.line,
        "offset": reject.offset,
        "record_id": reject.record_id,
        "field": reject.field,
        "reason": reject.reason,
    }
    if header:
        entry["header"] = header
    try:
        entry["row"] = reject.content.decode()
    except UnicodeDecodeError:
        entry["row_base64"] = base64.b64encode(reject.content).decode()
    return json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
