"""What waits to be written, and how those who wait hear of it.

Many calls of one event loop wait at once, so each loop is woken once for all of its own that a commit has settled, not
once for each: waking costs the writer more than writing an entry does.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from ledger.entries import Draft, Entry

MOST_TOGETHER = 512
"""Submissions that share one commit at most."""

Outcome = tuple[Entry, ...] | Exception
Waiter = Future[tuple[Entry, ...]] | asyncio.Future[tuple[Entry, ...]]
"""A thread's, or one of an event loop's."""


class AlreadySeenError(Exception):
    """The digest was admitted before."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A digest to be admitted once, and until when it is remembered (Unix seconds)."""

    digest: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class Submission:
    """Drafts to be written in one transaction, unless their digest was seen, and who waits for them."""

    drafts: Sequence[Draft]
    seen: Seen | None
    waiter: Waiter


def gather(waiting: queue.SimpleQueue[Submission | None], first: Submission) -> tuple[list[Submission], bool]:
    """Take all that waits now, up to `MOST_TOGETHER`; say whether the end was among it."""
    together = [first]
    while len(together) < MOST_TOGETHER:
        try:
            following = waiting.get_nowait()
        except queue.Empty:
            break
        if following is None:
            return together, True
        together.append(following)
    return together, False


def settle(together: Iterable[Submission], outcomes: Iterable[Outcome]) -> None:
    """Tell everybody who waits what became of it; those who have gone are passed over, what they wanted is written."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[tuple[Entry, ...]], Outcome]]] = {}
    for submission, outcome in zip(together, outcomes, strict=True):
        if isinstance(submission.waiter, asyncio.Future):
            by_loop.setdefault(submission.waiter.get_loop(), []).append((submission.waiter, outcome))
        elif submission.waiter.set_running_or_notify_cancel():
            _tell(submission.waiter, outcome)
    for loop, told in by_loop.items():
        with suppress(RuntimeError):  # a loop that was closed has nobody waiting
            loop.call_soon_threadsafe(_tell_all, told)


def _tell_all(told: Iterable[tuple[asyncio.Future[tuple[Entry, ...]], Outcome]]) -> None:
    for waiter, outcome in told:
        if not waiter.done():
            _tell(waiter, outcome)


def _tell(waiter: Waiter, outcome: Outcome) -> None:
    if isinstance(outcome, Exception):
        waiter.set_exception(outcome)
    else:
        waiter.set_result(outcome)
