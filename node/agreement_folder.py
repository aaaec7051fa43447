"""The agreements of a node: one TOML file each in ``agreements/``, read again when the folder changes.

A file that does not read as an agreement allows nothing. At start it stops the node; when it appears later, it is left
out and named in the process's log, and what it replaced is no longer in force.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from agreements.agreement import Agreement, AgreementFormatError, parse_agreement
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.node")

_Stamp = tuple[tuple[str, int, int], ...]


class AgreementFolder:
    """The agreements in a folder, as they stand at each call of `current`. Any thread may call.

    `current` reads files, so a server calls it in a thread.
    """

    def __init__(self, folder: Path) -> None:
        """Read the folder; raise `SymbolonError` naming the first file that is no agreement."""
        self._folder = folder
        self._lock = threading.Lock()
        self._stamp = _stamp(folder)
        read = (_unless_gone(path) for path in _files(folder))
        self._agreements = tuple(agreement for agreement in read if agreement is not None)

    def current(self) -> tuple[Agreement, ...]:
        """Give the agreements, ordered by file name."""
        with self._lock:
            stamp = _stamp(self._folder)
            if stamp != self._stamp:
                self._agreements = tuple(_readable(self._folder))
                self._stamp = stamp
            return self._agreements


def read_agreement(path: Path) -> Agreement:
    """Read one agreement; raise `SymbolonError` with the file, field and reason."""
    try:
        return parse_agreement(path.read_text(encoding="utf-8"))
    except AgreementFormatError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {type(error).__name__}") from None


def _unless_gone(path: Path) -> Agreement | None:
    """Read one agreement; a file that has gone since it was listed is as if it had never been there."""
    try:
        return read_agreement(path)
    except SymbolonError:
        if path.exists():
            raise
        return None


def _readable(folder: Path) -> Iterator[Agreement]:
    for path in _files(folder):
        try:
            agreement = _unless_gone(path)
        except SymbolonError as error:
            logger.error("agreement left out: %s", error)
            continue
        if agreement is not None:
            yield agreement


def _stamp(folder: Path) -> _Stamp:
    stamps = []
    for path in _files(folder):
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            stamps.append((path.name, stat.st_mtime_ns, stat.st_size))
    return tuple(stamps)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml")) if folder.is_dir() else []
