"""The directory: admitted members' entries, each as its owner signed it, and each in the directory log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from cryptography import x509

from coordinator.directory_log import DirectoryLog
from coordinator.directory_store import DirectoryStore
from coordinator.entries import Entry, Normaliser, check_entry, replaces
from coordinator.federation import FederationWatch
from coordinator.metering import DailyMeter
from ledger.checkpoints import parse_checkpoint
from ledger.directory_events import FederationStated, MemberLeft
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.v1.directory_pb2 import CoordinatorEntry, FederationDescription, ListMembersResponse, MemberEntry

MOST_CHANGES_A_DAY = 24
"""Entries of the directory log that one member may make on a UTC day: all members keep all of them for good."""

logger = logging.getLogger("symbolon.coordinator")


class Directory:
    """Entries by URI, held in memory and on disk. Whoever is no longer admitted is no longer listed."""

    def __init__(
        self,
        store: DirectoryStore,
        watch: FederationWatch,
        log: DirectoryLog,
        own_entry: CoordinatorEntry,
        authority: x509.Certificate,
        normaliser: Normaliser,
        meter: DailyMeter,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the open parts; ``clock`` gives aware times. Nobody is listed before `begin`."""
        self._store = store
        self._watch = watch
        self._log = log
        self._own_entry = own_entry
        self._authority = authority
        self._normaliser = normaliser
        self._meter = meter
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._changing = asyncio.Lock()
        self._entering: set[asyncio.Task[None]] = set()

    async def begin(self, stated: FederationStated, admitted: frozenset[Party]) -> None:
        """Bring the log up to date with settings and store, then list the admitted.

        Raises `SymbolonError` (`LOG_NOT_WRITABLE`).
        """
        if self._log.state.stated != stated:
            await self._log.record(stated)
        uris = {party.uri for party in admitted}
        for uri in sorted(self._log.state.members.keys() - uris):
            await self._log.record(MemberLeft(member=uri))
        stored = await asyncio.to_thread(self._store.entries)
        for uri in sorted(stored.keys() & uris):
            await self._begin_with(stored[uri])

    async def _begin_with(self, entry: Entry) -> None:
        """List a stored entry, and log it where it is newer than the log: its member is admitted again, or the process
        died between store and log. One older than the log is not listed; its member joins again.
        """
        uri = entry.member.uri
        listed = self._log.state.members.get(uri)
        if listed is None or entry.issued_at > listed.issued_at:
            await self._log.record(entry.event(listed))
        elif listed.description_digest != entry.digest:
            logger.error("%s: the stored entry is older than the directory log: it has to join again", uri)
            return
        self._entries[uri] = entry

    def find(self, uri: str) -> Entry | None:
        """Give a member's entry, or None when it has not joined or is not admitted."""
        return self._entries.get(uri)

    def entry_of(self, party: Party) -> Entry:
        """Give the entry of a caller; raise `SymbolonError` (`NOT_JOINED`) when it has none."""
        entry = self.find(party.uri)
        if entry is None:
            raise SymbolonError(ErrorCode.NOT_JOINED, f"{party.uri} is not in the directory")
        return entry

    def entries(self) -> tuple[Entry, ...]:
        """Give all entries, ordered by URI."""
        return tuple(self._entries[uri] for uri in sorted(self._entries))

    async def list(self, known: int) -> ListMembersResponse:
        """Give the federation, all entries, and how the log goes on after the first ``known`` entries.

        Raises `SymbolonError` as `FederationWatch.describe` does, and `LOG_NOT_WRITABLE`.
        """
        federation = self._watch.describe()
        entries = [entry.message for entry in self.entries()]
        cosigned = await self._log.cosigned_head()
        head = await self._log.head()  # last: it covers all that stands above
        return ListMembersResponse(
            federation=federation,
            entries=entries,
            coordinator=self._own_entry,
            log_entries=await self._log.bodies(known, parse_checkpoint(head.text).head.size),
            head=str(head).encode(),
            cosigned_head=str(cosigned).encode() if cosigned else b"",
        )

    async def join(self, caller: Party, message: MemberEntry) -> FederationDescription:
        """Check the caller's entry, store it, log it, list it, and describe the federation.

        Raises `SymbolonError` as `check_entry` and `FederationWatch.describe` do, `LOG_NOT_WRITABLE`, and
        `QUOTA_EXHAUSTED` to who changes his entry all the time.
        """
        federation = self._watch.describe()
        now = self._clock()
        entry = await asyncio.to_thread(check_entry, message, caller, self._authority, self._normaliser, now)
        entering = asyncio.create_task(self._enter(entry, now))
        self._entering.add(entering)
        entering.add_done_callback(self._entering.discard)
        # A caller who goes away must not leave an entry in the log that is not in the state.
        await asyncio.shield(entering)
        return federation

    async def _enter(self, entry: Entry, now: datetime) -> None:
        uri, name = entry.member.uri, entry.member.name
        async with self._changing:
            if replaces(entry, self.find(uri)):
                await asyncio.to_thread(self._meter.take, now, name, "directory entries", 1, MOST_CHANGES_A_DAY)
                await asyncio.to_thread(self._store.put, entry)
                await self._log.record(entry.event(self._log.state.members.get(uri)))
                self._entries[uri] = entry
