"""What a node writes into its disclosure log about accounts and sessions; who it is about is personal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ledger.account_events import AccountEvent
from ledger.entries import Statement
from ledger.log import Ledger


def recording(ledger: Ledger, event: AccountEvent, officer: str, user: str = "") -> Callable[[], None]:
    """Give what makes an event durable: of an officer, and of whoever acts, where that is not the officer."""
    return partial(ledger.append, statement(event, officer, user))  # type: ignore[return-value]  # entries, unused


def statement(event: AccountEvent, officer: str, user: str = "") -> Statement:
    """Give a statement; ``officer`` only where there is such an officer."""
    people = {"officer": officer, "user": user}
    return Statement(event, {name: value for name, value in people.items() if value})
