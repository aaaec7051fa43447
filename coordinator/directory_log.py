"""The directory log: each change of the directory is an entry that every member reads before the change counts.

It is a log apart from the coordinator's own: that one says who asked whom, which no other member may read, while this
one is of use only when all read it whole. Same entries, same tree, another origin.
"""

from __future__ import annotations

import asyncio

from ledger.checkpoints import parse_checkpoint
from ledger.directory import DirectoryEntryError, DirectoryState, directory_origin, follow, read_directory
from ledger.directory_events import DirectoryEvent
from ledger.entries import DamagedLogError, Statement
from ledger.log import Ledger
from ledger.notes import Note
from matching.keys import SigningKey
from symbolon.rpc.errors import ErrorCode, SymbolonError

MOST_ENTRIES = 512
"""Entries given in one answer; whoever lacks more asks again."""


class DirectoryLog:
    """The log, and what it says when read to its end. One process writes it."""

    def __init__(self, ledger: Ledger, coordinator: str, key: SigningKey) -> None:
        """Read the open log; raise `SymbolonError` (`LOG_DAMAGED`) when it contradicts itself."""
        self._ledger = ledger
        self._origin = directory_origin(coordinator)
        self._key = key
        self._head: Note | None = None
        self._recording = asyncio.Lock()
        try:
            self._state = read_directory(ledger.entries())
        except (DamagedLogError, DirectoryEntryError) as error:
            raise SymbolonError(ErrorCode.LOG_DAMAGED, f"directory: {error}") from None

    @property
    def state(self) -> DirectoryState:
        """Give what the log says now."""
        return self._state

    async def record(self, event: DirectoryEvent) -> None:
        """Write an event; raise `SymbolonError` (`LOG_NOT_WRITABLE`), and `DirectoryEntryError` if it cannot follow."""
        async with self._recording:
            after = follow(self._state, self._state.size + 1, event)
            await self._ledger.record(Statement(event))
            self._state = after

    async def head(self) -> Note:
        """Give the signed head over all entries; raise as `Ledger.sign_head`."""
        if self._head is None or parse_checkpoint(self._head.text).head.size != self._state.size:
            self._head = await asyncio.to_thread(self._ledger.sign_head, self._origin, self._key)
        return self._head

    async def cosigned_head(self) -> Note | None:
        """Give the largest head that somebody has cosigned, with the cosignatures."""
        return await asyncio.to_thread(self._ledger.witnessed_head)

    async def bodies(self, known: int, size: int) -> list[bytes]:
        """Give the bytes of entries after the first ``known``, up to ``size`` and to `MOST_ENTRIES` of them."""
        wanted = min(size - known, MOST_ENTRIES)
        return await asyncio.to_thread(self._bodies, known + 1, wanted) if wanted > 0 else []

    def _bodies(self, first: int, count: int) -> list[bytes]:
        entries = self._ledger.entries(first)
        try:
            return [entry.body for _, entry in zip(range(count), entries, strict=False)]
        finally:
            entries.close()
