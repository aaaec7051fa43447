"""A batch and its rows as they are kept, and how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from node.batches.states import BatchState, KeptOutcome
from symbolon.v1.desk_pb2 import QueryRequest

PREPARED_FOR = timedelta(hours=1)
"""How long a list that nobody starts is kept."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch without its rows; ``counts`` are the rows by state."""

    reference: str
    owner: str
    state: BatchState
    reason: str
    query: QueryRequest = field(repr=False)
    headings: tuple[tuple[str, str], ...]
    created_at: datetime
    changed_at: datetime
    counts: dict[str, int]

    @property
    def rows(self) -> int:
        """Give the number of rows of the list."""
        return sum(self.counts.values())

    def count(self, *states: str) -> int:
        """Give the number of rows in some states."""
        return sum(self.counts.get(state, 0) for state in states)

    def kept_until(self, days: int) -> datetime:
        """Give when it is erased unless it is used before."""
        return self.changed_at + (PREPARED_FOR if self.state == "prepared" else timedelta(days=days))


Recording = Callable[[Batch], None]
"""Writes into the disclosure log what is done with a batch, before it is; what it raises undoes all of it."""


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row that is marked as being asked."""

    batch: str
    number: int
    person: str = field(repr=False)
    recipients: tuple[str, ...]
    query_id: bytes
    log_from: int


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row as its batch shows it."""

    number: int
    line: int
    reference: str = field(repr=False)
    state: str
    field: str
    reason: str
    outcomes: tuple[KeptOutcome, ...]
