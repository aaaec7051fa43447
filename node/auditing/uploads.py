"""Files that an auditor hands over in parts, for a work that names them: his own, kept for an hour at most.

They lie in the folder of the works, and go with it when the node stops.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from symbolon.rpc.errors import ErrorCode, SymbolonError

LARGEST_PART = 64 * 1024
LARGEST_UPLOAD = 4 * 1024**3
"""Bytes of a file: an export of a log of some million entries."""

MOST_UPLOADS = 8
"""Files of one officer at a time."""

KEPT_SECONDS = 3600.0
_NO_FILE = "no such file was handed over, or too long ago"
_ROOM_BYTES = 256 * 1024 * 1024  # the log beside it must never lack room for what an auditor brings


@dataclass(slots=True)
class _Upload:
    officer: str
    path: Path
    size: int
    touched: float


class Uploads:
    """The files there are. Any thread may call; ``clock`` gives monotonic seconds."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Name the folder, which is there and is this object's own."""
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._of: dict[str, _Upload] = {}

    def add(self, officer: str, name: str, content: bytes) -> tuple[str, int]:
        """Take a part; an empty name begins a file. Give its name and its size by now; raise `SymbolonError`."""
        if len(content) > LARGEST_PART:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"a part has more than {LARGEST_PART} bytes")
        with self._lock:
            self._forget_old()
            one = self._find(officer, name) if name else self._begin(officer)
            if one.size + len(content) > LARGEST_UPLOAD:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "the file is too large")
            if shutil.disk_usage(self._folder).free < _ROOM_BYTES:
                raise SymbolonError(ErrorCode.BUSY, "there is no room for the file on the node's disk")
            with one.path.open("ab") as target:
                target.write(content)
            one.size += len(content)
            one.touched = self._clock()
            return one.path.name, one.size

    @contextmanager
    def taken(self, officer: str, names: Sequence[str]) -> Iterator[list[Path]]:
        """Give files to a work, which deletes them; all stay here where one is missing, or the block fails.

        Raises `SymbolonError` where there is none of a name, or it is given twice.
        """
        with self._lock:
            given = {name: self._find(officer, name) for name in names}
            if len(given) < len(names):
                raise SymbolonError(ErrorCode.NOT_FOUND, _NO_FILE)
            for name in names:
                del self._of[name]
        try:
            yield [one.path for one in given.values()]
        except BaseException:
            with self._lock:
                self._of.update(given)
            raise

    def forget(self) -> None:
        """Delete what nobody has added to for an hour."""
        with self._lock:
            self._forget_old()

    def _begin(self, officer: str) -> _Upload:
        if sum(one.officer == officer for one in self._of.values()) >= MOST_UPLOADS:
            raise SymbolonError(ErrorCode.BUSY, f"{MOST_UPLOADS} files are being handed over already")
        name = f"upload-{secrets.token_hex(16)}"
        path = self._folder / name
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._of[name] = one = _Upload(officer, path, 0, self._clock())
        return one

    def _find(self, officer: str, name: str) -> _Upload:
        one = self._of.get(name)
        if one is None or one.officer != officer:
            raise SymbolonError(ErrorCode.NOT_FOUND, _NO_FILE)
        return one

    def _forget_old(self) -> None:
        for name, one in [*self._of.items()]:
            if self._clock() - one.touched > KEPT_SECONDS:
                one.path.unlink(missing_ok=True)
                del self._of[name]
