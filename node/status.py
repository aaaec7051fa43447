"""The node's state for its own operator: counts, epoch, members, agreements, mail."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime
from typing import Any

from ledger.cosigning import Cosigner
from ledger.entries import DamagedLogError
from matching.features import own_normaliser
from node.directory.trust import usable_members
from node.disclosing import Disclosing, explained
from node.holdings import Holdings
from node.mail import store
from node.witnessing import witnessed_logs
from symbolon.v1.desk_pb2 import StatusRequest, StatusResponse

logger = logging.getLogger("symbolon.node")


class NodeStatus:
    """Reads the state on demand."""

    def __init__(self, has: Holdings, disclosing: Disclosing, cosigner: Cosigner) -> None:
        """Take what the node has; it stays the caller's."""
        self._has = has
        self._disclosing = disclosing
        self._cosigner = cosigner

    async def status(self, _: StatusRequest) -> StatusResponse:
        """Give the state as it is now."""
        members = sorted(await self._has.directory.members())
        return await asyncio.to_thread(self._read, members)

    def _read(self, members: list[str]) -> StatusResponse:
        epoch = self._has.directory.federation.epoch
        enrolled = self._has.index.counts(epoch)
        return StatusResponse(
            member=self._has.home.party.uri,
            records=self._has.records.counts().records,
            enrolled=enrolled.records,
            index_entries=enrolled.entries,
            epoch=epoch,
            normaliser=own_normaliser(),
            members=members,
            agreements=self._agreements_in_force(),
            ledger_entries=self._ledger_entries(),
            messages_waiting=sum(one.messages for one in store.waiting(self._has.cases.connection)),
            messages_set_aside=store.count_set_aside(self._has.cases.connection),
            stopped=explained(self._disclosing.reason()),
            witnessed_at=self._disclosing.witnessed_at,
            contradicting_logs=self._cosigner.contradictions(),
            logs_not_seen=[f"{origin}: since {since.isoformat()}" for origin, since in self._not_seen()],
            refusing_witnesses=[f"{uri}: {said}" for uri, said in self._disclosing.refusals().items()],
            **self._of_the_directory(),
        )

    def _ledger_entries(self) -> int | None:
        """Count the log's entries; none where it cannot be read, of which `stopped` says more."""
        try:
            return self._has.ledger.count()
        except (DamagedLogError, sqlite3.Error) as error:
            logger.error("the disclosure log cannot be read: %s", type(error).__name__)
            return None

    def _not_seen(self) -> list[tuple[str, datetime]]:
        return self._cosigner.not_seen(witnessed_logs(self._has.home, self._has.directory))

    def _of_the_directory(self) -> dict[str, Any]:
        copy, file = self._has.directory.copy, self._has.directory.file
        largest = max(copy.cosigned.values(), default=0)
        disputes = [one for one in file.disputes() if not one.is_settled]
        return {
            "directory_entries": copy.size,
            "directory_settled": copy.settled.size,
            "directory_seen_at": file.seen(),
            "directory_witnesses": sorted(uri for uri, size in copy.cosigned.items() if size == largest),
            "directory_waiting": [f"entry {number}" for number in usable_members(copy)[1]],
            "directory_disputes": [f"{one.number}: {one.evidence.kind.value}" for one in disputes],
            "directory_trouble": self._has.directory.trouble,
        }

    def _agreements_in_force(self) -> list[str]:
        """Name the agreements that bind this agency and at least one other today."""
        own, now = self._has.home.party.name, datetime.now(UTC)
        return sorted(
            {
                standing.agreement.id
                for standing in self._has.agreements.current()
                if any(standing.in_force(own, other, now) for other in standing.agreement.party_of.keys() - {own})
            }
        )
