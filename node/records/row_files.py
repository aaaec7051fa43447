"""Where rows begin and end in a list file, in constant memory and with a position that can be returned to.

A row of JSONL is a line. A row of CSV ends at the first line end outside quotation marks; one that does not end
within `MAX_CSV_LINES` lines is given up at its first line, so that a stray quotation mark costs one row and not the
rest of the file. Line ends may be LF or CRLF, a UTF-8 byte-order mark is skipped. What a row means is
`node.records.rows`.

The digest of all bytes consumed so far tells, after an interruption, whether the file is still the same.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from node.records.rows import read_csv_header
from symbolon.rpc.errors import ErrorCode, SymbolonError

RowFormat = Literal["jsonl", "csv"]

MAX_ROW_BYTES = 1024 * 1024
"""Bytes of one row. The longest row of the lists this was built on has 70 KB."""

MAX_CSV_LINES = 100
"""Lines over which one CSV row may extend."""

SHOWN_BYTES = 64 * 1024
"""Bytes of an over-long row that go into the rejects file; the rest is in the list itself, at the offset given."""

_CHUNK = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_FOREIGN_STARTS = {
    b"\xff\xfe": "the file is UTF-16: save it as UTF-8",
    b"\xfe\xff": "the file is UTF-16: save it as UTF-8",
    b"\x1f\x8b": "the file is compressed: unpack it first",
    b"PK\x03\x04": "the file is a ZIP archive or a spreadsheet: save it as CSV in UTF-8",
}
_SUFFIXES: dict[str, RowFormat] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the file: first line's number from 1, byte offset, bytes, and why it was given up."""

    line: int
    offset: int
    content: bytes
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a file has been consumed: bytes, lines, and the SHA-256 digest of those bytes in hexadecimal."""

    offset: int = 0
    lines: int = 0
    digest: str = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class _Line:
    content: bytes
    overlong: bool = False


class RowFile:
    """An open list file; iterate over `rows` and ask for `position` between them."""

    def __init__(
        self,
        stream: BinaryIO,
        row_format: RowFormat,
        size: int,
        read_header: Callable[[str], tuple[str, ...]] = read_csv_header,
    ) -> None:
        """Read the header of CSV; raise `SymbolonError` (`INVALID_INPUT`) where the file is of another kind."""
        self._header_of = read_header
        self._stream = stream
        self._format = row_format
        self.size = size
        self._buffer: deque[_Line] = deque()
        self._hash = hashlib.sha256()
        self.header: tuple[str, ...] = ()
        self.header_text = ""
        self._rewind()
        if row_format == "csv":
            self._read_header()

    @property
    def position(self) -> Position:
        """Tell how far the rows given so far reach."""
        return Position(self._offset, self._lines, self._hash.copy().hexdigest())

    def move_to(self, position: Position) -> bool:
        """Go on at a former position; give False, and stay at the beginning, when the file has changed before it."""
        self._rewind()
        remaining = position.offset
        while remaining and (chunk := self._stream.read(min(_CHUNK, remaining))):
            self._hash.update(chunk)
            remaining -= len(chunk)
        if remaining == 0 and self._hash.hexdigest() == position.digest:
            self._offset, self._lines = position.offset, position.lines
            return True
        self._rewind()
        if self._format == "csv":
            self._read_header()
        return False

    def rows(self) -> Iterator[RawRow]:
        """Give the rows from the position on; blank lines are none."""
        while (first := self._ahead(0)) is not None:
            if not first.overlong and not first.content.strip(b"\r\n \t" + _BOM):
                self._consume(1)
            else:
                yield self._next_row(first)

    def _next_row(self, first: _Line) -> RawRow:
        line, offset = self._lines + 1, self._offset
        if first.overlong:
            self._consume(1)
            self._skip_line()
            return RawRow(line, offset, first.content[:SHOWN_BYTES], f"a line longer than {MAX_ROW_BYTES:,} bytes")
        content, lines, problem = first.content, 1, ""
        if self._format == "csv":
            content, lines, problem = self._assemble(first)
        self._consume(lines)
        if offset == 0:
            content = content.removeprefix(_BOM)
        return RawRow(line, offset, content.removesuffix(b"\n").removesuffix(b"\r"), problem)

    def _assemble(self, first: _Line) -> tuple[bytes, int, str]:
        """Join lines until every quotation mark is closed; a doubled one inside a cell closes and opens again."""
        content, lines = first.content, 1
        while content.count(b'"') % 2:
            following = self._ahead(lines) if lines < MAX_CSV_LINES else None
            if following is None or len(content) + len(following.content) > MAX_ROW_BYTES:
                return first.content, 1, "a quotation mark is opened and not closed"
            content += following.content
            lines += 1
        return content, lines, ""

    def _read_header(self) -> None:
        row = next(self.rows(), None)
        if row is None or row.problem:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "header line: there is none that can be read")
        try:
            self.header_text = row.content.decode()
        except UnicodeDecodeError:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "header line: not UTF-8") from None
        self.header = self._header_of(self.header_text)

    def _rewind(self) -> None:
        self._stream.seek(0)
        start = self._stream.read(4)
        for foreign, reason in _FOREIGN_STARTS.items():
            if start.startswith(foreign):
                raise SymbolonError(ErrorCode.INVALID_INPUT, reason)
        self._stream.seek(0)
        self._offset = 0
        self._lines = 0
        self._hash = hashlib.sha256()
        self._buffer.clear()

    def _ahead(self, index: int) -> _Line | None:
        while len(self._buffer) <= index:
            content = self._stream.readline(MAX_ROW_BYTES + 1)
            if not content:
                return None
            self._buffer.append(_Line(content, overlong=len(content) > MAX_ROW_BYTES))
        return self._buffer[index]

    def _consume(self, lines: int) -> None:
        for _ in range(lines):
            self._count(self._buffer.popleft().content)
        self._lines += lines

    def _skip_line(self) -> None:
        """Read on to the end of an over-long line, whose beginning is the last that was read ahead."""
        while not self._ends_line and (piece := self._stream.readline(_CHUNK)):
            self._count(piece)

    def _count(self, content: bytes) -> None:
        self._hash.update(content)
        self._offset += len(content)
        self._ends_line = content.endswith(b"\n")


def format_of(name: str) -> RowFormat | None:
    """Give the format that the end of a file's name tells; None where it does not."""
    return _SUFFIXES.get(Path(name).suffix.lower())


def guess_format(path: Path) -> RowFormat:
    """Tell the format by the file's name; raise `SymbolonError` (`INVALID_INPUT`) when it does not tell."""
    row_format = format_of(path.name)
    if row_format is None:
        detail = f"{path.name}: the name ends neither in .jsonl nor in .csv: say which with --format"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    return row_format
