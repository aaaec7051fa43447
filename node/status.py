"""The node's state for its own operator: counts, epoch, members, agreements, mail."""

from __future__ import annotations

import asyncio

from ledger.log import Ledger
from matching.features import NORMALISER_VERSION
from node.agreement_folder import AgreementFolder
from node.config import NodeHome
from node.database import DatabaseFile
from node.directory import Directory
from node.index import IndexStore
from node.mail import store
from node.records import RecordStore
from symbolon.v1.desk_pb2 import StatusResponse


class NodeStatus:
    """Reads the state on demand."""

    def __init__(
        self,
        home: NodeHome,
        directory: Directory,
        records: RecordStore,
        index: IndexStore,
        agreements: AgreementFolder,
        ledger: Ledger,
        cases: DatabaseFile,
    ) -> None:
        """Take the parts; all are open and stay the caller's."""
        self._home = home
        self._directory = directory
        self._records = records
        self._index = index
        self._agreements = agreements
        self._ledger = ledger
        self._cases = cases

    async def read(self) -> StatusResponse:
        """Give the state as it is now."""
        members = sorted(await self._directory.members())
        return await asyncio.to_thread(self._read, members)

    def _read(self, members: list[str]) -> StatusResponse:
        epoch = self._directory.federation.epoch
        enrolled = self._index.counts(epoch)
        return StatusResponse(
            member=self._home.party.uri,
            records=self._records.counts().records,
            enrolled=enrolled.records,
            index_entries=enrolled.entries,
            epoch=epoch,
            normaliser=NORMALISER_VERSION,
            members=members,
            agreements=[agreement.id for agreement in self._agreements.current()],
            ledger_entries=self._ledger.count(),
            messages_waiting=sum(one.messages for one in store.waiting(self._cases.connection)),
            messages_set_aside=len(store.set_aside(self._cases.connection)),
        )
