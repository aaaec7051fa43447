"""Files that officers hand over in parts: each its officer's own, until a work takes it or an hour has passed.

Which there are is known to this process only: what an earlier one left in the folder is nobody's.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from node.disk import check_room
from node.forgetting import forgetting
from symbolon.rpc.errors import ErrorCode, SymbolonError

LARGEST_PART = 64 * 1024
"""Bytes of one part: what fits a call beside everything else in it."""

KEPT_SECONDS = 3600.0
"""Seconds after its last part that a file waits for a work."""

NAMES = "upload-*"
"""What the files are called, as a pattern; nothing of what somebody called them is kept."""

_NO_FILE = "no such file was handed over, or too long ago"


@dataclass(frozen=True, slots=True)
class Bounds:
    """At most ``largest`` bytes of a file, with what is said of a larger one, and ``most`` files of one officer."""

    largest: int
    most: int
    too_large: str = "the file is too large"


@dataclass(slots=True)
class _Upload:
    officer: str
    path: Path
    size: int
    touched: float


class Uploads:
    """The files there are. Any thread may call; ``clock`` gives monotonic seconds."""

    def __init__(self, folder: Path, bounds: Bounds, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the folder, which is made when it is needed."""
        self._folder = folder
        self._bounds = bounds
        self._clock = clock
        self._lock = threading.Lock()
        self._of: dict[str, _Upload] = {}

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Erase what nobody added to for an hour, until the block ends; then all that no work has taken."""
        async with forgetting(self.forget):
            try:
                yield
            finally:
                await asyncio.to_thread(self._erase, lambda _: True)

    def add(self, officer: str, name: str, offset: int, content: bytes) -> tuple[str, int]:
        """Take the part that begins at an offset; an empty name begins a file. Give its name and its bytes by now.

        Raises `SymbolonError`: `INVALID_INPUT` where it does not follow what is there or the file gets too large,
        `NOT_FOUND` where there is none, `BUSY` where there are too many or the disk is full. A file that has no room
        is erased.
        """
        if len(content) > LARGEST_PART:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"content: at most {LARGEST_PART} bytes at once")
        self.forget()
        with self._lock:
            one = self._find(officer, name) if name else self._begin(officer)
            if one.size != offset:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "offset: the part does not follow what is there")
            if one.size + len(content) > self._bounds.largest:
                self._drop(one)
                raise SymbolonError(ErrorCode.INVALID_INPUT, self._bounds.too_large)
            try:
                check_room(self._folder, len(content))
            except SymbolonError:
                self._drop(one)
                raise
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

    def drop(self, officer: str, name: str) -> None:
        """Erase a file that is not wanted; one that is not there, or that a work has taken, is left alone."""
        with self._lock:
            one = self._of.get(name)
            if one is not None and one.officer == officer:
                self._drop(one)

    def forget(self) -> None:
        """Erase what nobody has added to for an hour."""
        self._erase(lambda one: self._clock() - one.touched > KEPT_SECONDS)

    def _erase(self, is_over: Callable[[_Upload], bool]) -> None:
        with self._lock:
            for one in [*filter(is_over, self._of.values())]:
                self._drop(one)

    def _begin(self, officer: str) -> _Upload:
        if sum(one.officer == officer for one in self._of.values()) >= self._bounds.most:
            raise SymbolonError(ErrorCode.BUSY, f"{self._bounds.most} files are being handed over already")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / NAMES.replace("*", secrets.token_hex(16))
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._of[path.name] = one = _Upload(officer, path, 0, self._clock())
        return one

    def _find(self, officer: str, name: str) -> _Upload:
        one = self._of.get(name)
        if one is None or one.officer != officer:
            raise SymbolonError(ErrorCode.NOT_FOUND, _NO_FILE)
        return one

    def _drop(self, one: _Upload) -> None:
        del self._of[one.path.name]
        one.path.unlink(missing_ok=True)
