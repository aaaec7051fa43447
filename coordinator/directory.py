"""The directory: admitted members' entries, each as its owner signed it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from cryptography import x509

from coordinator.directory_store import DirectoryStore
from coordinator.entries import Entry, Normaliser, check_entry, replaces
from coordinator.federation import FederationWatch
from coordinator.recording import member_entered
from ledger.log import Ledger
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.v1.directory_pb2 import CoordinatorEntry, FederationDescription, ListMembersResponse, MemberEntry


class Directory:
    """Entries by URI, held in memory and on disk. Whoever is no longer admitted is no longer listed."""

    def __init__(
        self,
        store: DirectoryStore,
        watch: FederationWatch,
        ledger: Ledger,
        own_entry: CoordinatorEntry,
        authority: x509.Certificate,
        normaliser: Normaliser,
        admitted: frozenset[Party],
        clock: Callable[[], datetime],
    ) -> None:
        """Read the store; ``clock`` gives aware times."""
        self._store = store
        self._watch = watch
        self._ledger = ledger
        self._own_entry = own_entry
        self._authority = authority
        self._normaliser = normaliser
        self._clock = clock
        self._admitted = {party.uri for party in admitted}
        self._entries = {uri: entry for uri, entry in store.entries().items() if uri in self._admitted}
        self._changing = asyncio.Lock()

    def find(self, uri: str) -> Entry | None:
        """Give a member's entry, or None when it has not joined or is not admitted."""
        return self._entries.get(uri)

    def entry_of(self, party: Party) -> Entry:
        """Give the entry of a caller; raise `SymbolonError` (`NOT_JOINED`) when it has none."""
        entry = self.find(party.uri)
        if entry is None:
            raise SymbolonError(ErrorCode.NOT_JOINED, f"{party.uri} is not in the directory")
        return entry

    def list(self) -> ListMembersResponse:
        """Give the federation and all entries, ordered by URI; raise as `FederationWatch.describe` does."""
        federation = self._watch.describe()
        entries = [self._entries[uri].message for uri in sorted(self._entries)]
        return ListMembersResponse(federation=federation, entries=entries, coordinator=self._own_entry)

    async def join(self, caller: Party, message: MemberEntry) -> FederationDescription:
        """Check the caller's entry, log it, store it, and describe the federation.

        Raises `SymbolonError` as `check_entry` and `FederationWatch.describe` do, and `LOG_NOT_WRITABLE`.
        """
        federation = self._watch.describe()
        now = self._clock()
        entry = await asyncio.to_thread(check_entry, message, caller, self._authority, self._normaliser, now)
        async with self._changing:
            if replaces(entry, self.find(caller.uri)):
                await member_entered(self._ledger, entry)
                await asyncio.to_thread(self._store.put, entry)
                self._entries[caller.uri] = entry
        return federation
