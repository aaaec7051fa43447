"""At most one import and one enrolment of a node at a time, on whichever terminal they were started.

The lock is the operating system's on a file, so it ends with its process however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from symbolon.rpc.errors import ErrorCode, SymbolonError


@contextlib.contextmanager
def only_run(lock: Path, what: str) -> Iterator[None]:
    """Hold the lock file for the block; raise `SymbolonError` (`BUSY`) when another process holds it."""
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SymbolonError(ErrorCode.BUSY, f"another {what} of this node is running") from None
        yield
