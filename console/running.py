"""Queries under way and lately over: jobs in the node's process, each seen by the officer who put it and nobody else.

A query goes on when a browser leaves or reloads. What it was about and what came of it stand in memory only, for
`KEPT_SECONDS` after its beginning; what lasts of a hit is its case. When the node stops, a query that still runs ends,
and says so to whoever watches.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place
from symbolon.v1 import desk_pb2

logger = logging.getLogger("symbolon.console")

KEPT_SECONDS = 30 * 60.0
"""Seconds after its beginning for which a query can be looked at."""

MOST_AT_ONCE = 4
"""Queries of one officer that run at once."""

MOST_OF_ONE = 30
MOST = 500
"""Queries kept of one officer, and in all; one more takes the place of the oldest that is over."""

State = Literal["running", "over", "failed", "closed"]


@dataclass(eq=False)
class RunningQuery:
    """One query: what was asked, who is asked, and the outcomes so far in the order they came."""

    officer: str
    request: desk_pb2.QueryRequest = field(repr=False)
    reach: Sequence[desk_pb2.HintReach] = field(repr=False)
    name: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    outcomes: list[desk_pb2.NodeAnswer] = field(default_factory=list, repr=False)
    state: State = "running"
    is_sent: bool = False
    error: SymbolonError | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def outcome_of(self, member: str) -> desk_pb2.NodeAnswer | None:
        """Give a node's outcome; None while it is awaited."""
        return next((one for one in self.outcomes if one.member == member), None)

    def members(self) -> list[tuple[str, str]]:
        """Give URI and name of each node, asked or not, in one order for good."""
        named = [(one.member, one.display_name) for one in self.reach]
        named += [(one.member, one.display_name) for one in self.outcomes]
        return sorted(dict(named).items())

    def unanswered(self) -> list[str]:
        """Give the URIs of the nodes whose word is not known; none while the query runs."""
        if self.state == "running":
            return []
        known = (desk_pb2.NODE_OUTCOME_HIT, desk_pb2.NODE_OUTCOME_NOTHING, desk_pb2.NODE_OUTCOME_NOT_ASKED)
        asked = {one.member for one in self.reach if one.asked}
        told = {one.member: one.outcome for one in self.outcomes}
        return sorted(member for member in asked | told.keys() if told.get(member) not in known)

    async def change(self, seconds: float) -> None:
        """Wait until something changes, or for so many seconds."""
        with contextlib.suppress(TimeoutError):  # then nothing has changed
            await asyncio.wait_for(self._changed.wait(), seconds)

    async def sent(self, seconds: float) -> None:
        """Wait until the query was found fit to be sent, has ended, or the seconds are over."""
        with contextlib.suppress(TimeoutError):  # then they are over
            async with asyncio.timeout(seconds):
                while self.state == "running" and not self.is_sent:
                    await self._changed.wait()

    async def follow(self, events: AsyncGenerator[desk_pb2.QueryResponse, None]) -> None:
        """Take the query's events until it is over, however it ends."""
        try:
            async with aclosing(events):
                async for event in events:
                    if event.WhichOneof("event") == "answer":
                        self.outcomes.append(event.answer)
                    else:
                        self.is_sent = True
                    self._tell()
            self.state = "over"
        except SymbolonError as error:
            self.state, self.error = "failed", error
        except Exception as error:  # noqa: BLE001  # the text may quote a person; the officer learns that it failed
            logger.error("a query failed: %s at %s", type(error).__name__, innermost_place(error))
            self.state, self.error = "failed", SymbolonError(ErrorCode.INTERNAL)
        finally:
            self._tell()

    def end(self) -> None:
        """Say that it was ended, where it came to no end by itself."""
        if self.state == "running":
            self.state = "closed"
            self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class RunningQueries:
    """All queries of one console. It lives in one event loop."""

    def __init__(self) -> None:
        """Begin without any."""
        self._of: dict[str, RunningQuery] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_shut = False

    def start(self, query: RunningQuery, events: AsyncGenerator[desk_pb2.QueryResponse, None]) -> None:
        """Let a query run; raise `SymbolonError` (`BUSY`) where the officer has too many, or the node stops."""
        if self._is_shut:
            raise SymbolonError(ErrorCode.BUSY)
        own = self.of(query.officer)
        if sum(one.state == "running" for one in own) >= MOST_AT_ONCE:
            raise SymbolonError(ErrorCode.BUSY, "queries of yours are still under way")
        self._make_room(own, MOST_OF_ONE)
        self._make_room(list(self._of.values()), MOST)
        self._of[query.name] = query
        task = asyncio.create_task(query.follow(events))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: query.end())  # also of one that was ended before its first step
        asyncio.get_running_loop().call_later(KEPT_SECONDS, self.forget, query.name)

    def find(self, name: str, officer: str) -> RunningQuery | None:
        """Give an officer's query; one of somebody else's is as unknown as none."""
        found = self._of.get(name)
        return found if found is not None and found.officer == officer else None

    def of(self, officer: str) -> list[RunningQuery]:
        """Give an officer's queries, the latest first."""
        return [one for one in reversed(self._of.values()) if one.officer == officer]

    def forget(self, name: str) -> None:
        """Forget a query; one that runs goes on to its end, unseen."""
        self._of.pop(name, None)

    async def close(self) -> None:
        """End all that run, for good, and tell whoever watches."""
        self._is_shut = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _make_room(self, among: Sequence[RunningQuery], most: int) -> None:
        kept = [one for one in among if one.name in self._of]
        over = sorted((one for one in kept if one.state != "running"), key=lambda one: one.began)
        for one in over[: max(0, len(kept) - most + 1)]:
            self.forget(one.name)
        if len(kept) - len(over) >= most:
            raise SymbolonError(ErrorCode.BUSY, "too many queries are under way")
