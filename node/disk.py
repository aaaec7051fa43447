"""How much of the node's disk what officers hand over may take: the log and the records are on it, too."""

from __future__ import annotations

import shutil
from pathlib import Path

from symbolon.rpc.errors import ErrorCode, SymbolonError

ROOM_LEFT = 256 * 1024 * 1024
"""Bytes that what is handed over leaves free."""


def check_room(folder: Path, more: int) -> None:
    """Raise `SymbolonError` (`BUSY`) unless so many bytes more in a folder leave enough free."""
    if shutil.disk_usage(folder).free < ROOM_LEFT + more:
        raise SymbolonError(ErrorCode.BUSY, "there is no room for the file on the node's disk")
