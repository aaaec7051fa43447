"""Where an uploaded list waits for its import: the node's own folder, readable by its owner only, gone afterwards.

An upload grows piece by piece and is named by 16 random letters, so nothing of what somebody called the file is kept.
What is to be done with it stands beside it (`Order`) from the moment its import is ordered; an order that is found when
the node starts was interrupted, and goes on.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from node.records.row_files import RowFormat
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import write_whole

LARGEST_LIST = 1024 * 1024 * 1024
"""Bytes of an uploaded list; a longer one is imported at the command line."""

LARGEST_PIECE = 64 * 1024
"""Bytes of one piece of an upload: what fits a call beside everything else in it."""

MOST_UPLOADS = 4
"""Uploads that wait for their import at once."""

ROOM_LEFT = 256 * 1024 * 1024
"""Bytes that an upload leaves free on the disk, which the log and the records are on, too."""

FORGOTTEN_SECONDS = 24 * 3600.0
"""Seconds after which an upload whose import nobody ordered is erased."""

_NAME = re.compile(r"[a-z2-7]{16}")


class Order(BaseModel):
    """What is to be done: import an upload, enrol, or both; who said so, and when it was first begun (Unix seconds)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["import", "enrolment"]
    officer: str
    upload: str = ""
    row_format: RowFormat = "jsonl"
    whole_list: bool = False
    removals: int | None = None
    enrol: bool = False
    began: float = 0.0


class Spool:
    """The folder of uploads. Any thread may call."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made when it is needed."""
        self._folder = folder
        self._lock = threading.Lock()

    def path(self, upload: str) -> Path:
        """Name the file of an upload; raise `SymbolonError` (`INVALID_INPUT`) where it is no name of one."""
        if _NAME.fullmatch(upload) is None:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "upload: there is none of this name")
        return self._folder / f"upload-{upload}.list"

    def add(self, upload: str, offset: int, content: bytes) -> tuple[str, int]:
        """Add a piece behind what is there; give the upload's name and its bytes.

        Raises `SymbolonError`: `INVALID_INPUT` where it does not fit or is too large, `BUSY` where there are too many.
        """
        if len(content) > LARGEST_PIECE:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"content: at most {LARGEST_PIECE} bytes at once")
        with self._lock:
            upload = upload or self._begin()
            path = self.path(upload)
            if not path.exists() or path.stat().st_size != offset:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "offset: the piece does not follow what is there")
            if offset + len(content) > LARGEST_LIST:
                path.unlink()
                detail = f"the list is larger than {LARGEST_LIST} bytes: import it with symbolon node import"
                raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
            if shutil.disk_usage(self._folder).free < ROOM_LEFT + len(content):
                path.unlink()
                raise SymbolonError(
                    ErrorCode.INVALID_INPUT, "the node's disk has no room for the list: make room first"
                )
            with path.open("ab") as file:
                file.write(content)
            return upload, offset + len(content)

    def size(self, upload: str) -> int:
        """Give the bytes of an upload; raise `SymbolonError` (`INVALID_INPUT`) where there is none."""
        try:
            return self.path(upload).stat().st_size
        except FileNotFoundError:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "upload: there is none of this name") from None

    def order(self, order: Order) -> None:
        """Keep what is to be done, durably, with what was uploaded for it."""
        if order.upload:
            with self.path(order.upload).open("rb") as file:
                os.fsync(file.fileno())
        write_whole(self._folder / "order.json", order.model_dump_json().encode(), secret=True)

    def ordered(self) -> Order | None:
        """Give what is to be done; None where there is nothing, or it cannot be read."""
        try:
            return Order.model_validate_json((self._folder / "order.json").read_bytes())
        except (OSError, ValidationError):
            return None

    def done(self, order: Order) -> None:
        """Erase the upload of an order, and the order."""
        if order.upload:
            self.path(order.upload).unlink(missing_ok=True)
        (self._folder / "order.json").unlink(missing_ok=True)

    def erase(self, upload: str) -> None:
        """Erase an upload that is not to be imported."""
        self.path(upload).unlink(missing_ok=True)

    def _begin(self) -> str:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = self.ordered()
        waiting = [path for path in self._folder.glob("upload-*.list") if kept is None or path != self._kept(kept)]
        for path in waiting:
            if time.time() - path.stat().st_mtime > FORGOTTEN_SECONDS:
                path.unlink(missing_ok=True)
        if sum(path.exists() for path in waiting) >= MOST_UPLOADS:
            raise SymbolonError(ErrorCode.BUSY, "too many uploads wait for their import")
        upload = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(16))
        os.close(os.open(self.path(upload), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return upload

    def _kept(self, order: Order) -> Path | None:
        return self.path(order.upload) if order.upload else None
