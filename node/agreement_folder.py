"""The agreements of a node: one TOML file each in ``agreements/``, read again when the folder changes.

A file that does not read as an agreement allows nothing. At start it stops the node; when it appears later, it is left
out and named in the process's log, and what it replaced is no longer in force.
"""

from __future__ import annotations

import logging
from pathlib import Path

from agreements.agreement import Agreement, AgreementFormatError, parse_agreement
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.node")

_Stamp = tuple[tuple[str, int, int], ...]


class AgreementFolder:
    """The agreements in a folder, as they stand at each call of `current`."""

    def __init__(self, folder: Path) -> None:
        """Read the folder; raise `SymbolonError` naming the first file that is no agreement."""
        self._folder = folder
        self._stamp = self._read_stamp()
        self._agreements = tuple(read_agreement(path) for path in _files(folder))

    def current(self) -> tuple[Agreement, ...]:
        """Give the agreements, ordered by file name."""
        stamp = self._read_stamp()
        if stamp != self._stamp:
            self._agreements = tuple(self._readable())
            self._stamp = stamp
        return self._agreements

    def _readable(self) -> list[Agreement]:
        readable = []
        for path in _files(self._folder):
            try:
                readable.append(read_agreement(path))
            except SymbolonError as error:
                logger.error("agreement left out: %s", error)
        return readable

    def _read_stamp(self) -> _Stamp:
        stats = ((path.name, path.stat()) for path in _files(self._folder))
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def read_agreement(path: Path) -> Agreement:
    """Read one agreement; raise `SymbolonError` with the file, field and reason."""
    try:
        return parse_agreement(path.read_text(encoding="utf-8"))
    except AgreementFormatError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {type(error).__name__}") from None


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml")) if folder.is_dir() else []
