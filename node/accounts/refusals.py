"""How it is written down that somebody is not let into the console, so that strangers cannot fill the log.

What counts towards a lock is entered each time: ten in a quarter of an hour at most. What anybody may do without end is
summed up minute by minute: names that nobody has, answers that fit no sign-in, invitations, an account that is locked.
"""

from __future__ import annotations

from ledger.account_events import SignInRefused
from ledger.entries import Statement
from ledger.log import Ledger
from ledger.summing import Kind, Summed
from node.accounts.recording import statement

_WITHOUT_END = frozenset({"locked", "invitation"})
"""Reasons that somebody who knows a name can cause without end."""


class SignInRefusedError(Exception):
    """Somebody is not let in. It says no more, so that nobody can tell why."""


class SignInRefusals:
    """The refusals of one console, or of one provider."""

    def __init__(self, ledger: Ledger) -> None:
        """Take the log; it stays the caller's."""
        self._ledger = ledger
        self._summed = Summed(ledger, _refused, ("many", ""))
        self.counting = self._summed.counting
        self.enter = self._summed.enter

    async def note(self, reason: str, known: str) -> None:
        """Write a refusal down, or count it; raise `SymbolonError` (`LOG_NOT_WRITABLE`) where it was to be written."""
        if known and reason not in _WITHOUT_END:
            await self._ledger.record(_refused((reason, known), 1))
        else:
            await self._summed.note((reason, known))


def _refused(refusal: Kind, times: int) -> Statement:
    reason, known = refusal
    return statement(SignInRefused(reason=reason, times=times), known)
