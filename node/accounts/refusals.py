"""How it is written down that somebody is not let into the console, so that strangers cannot fill the log.

What counts towards a lock is entered each time: ten in a quarter of an hour at most. What anybody may do without end is
summed up minute by minute: names that nobody has, answers that fit no sign-in, invitations, an account that is locked,
and whatever a provider vouches for, where nothing counts towards a lock.

While the log cannot be written a refusal stays what it is, whoever is refused: an error instead, where refusals are
entered each time, would tell whose names are known. It is counted, and entered once that can be done.
"""

from __future__ import annotations

from ledger.account_events import AccountLocked, SignInRefused
from ledger.entries import Statement
from ledger.log import Ledger
from ledger.summing import Kind, Summed
from node.accounts.recording import statement
from symbolon.rpc.errors import SymbolonError

_LOCKED_OUT = "locked_out"
"""What is noted beside the refusal that locks a name."""

_WITHOUT_END = frozenset({"locked", "invitation"})
"""Reasons that somebody who knows a name can cause without end."""


class SignInRefusedError(Exception):
    """Somebody is not let in. It says no more, so that nobody can tell why."""


class SignInRefusals:
    """The refusals of one console, or of one provider."""

    def __init__(self, ledger: Ledger, *, locking: bool) -> None:
        """Take the log; it stays the caller's. ``locking`` where failures in a known name lock it."""
        self._ledger = ledger
        self._locking = locking
        self._summed = Summed(ledger, _refused, ("many", ""))
        self.counting = self._summed.counting
        self.enter = self._summed.enter

    async def note(self, reason: str, known: str, *, locks: bool = False) -> None:
        """Write a refusal down, or count it; ``locks`` where it was the failure after which the name is locked."""
        await self._note(reason, known)
        if locks:
            await self._note(_LOCKED_OUT, known)

    async def _note(self, reason: str, known: str) -> None:
        try:
            if self._locking and known and reason not in _WITHOUT_END:
                await self._ledger.record(_refused((reason, known), 1))
            else:
                await self._summed.note((reason, known))
        except SymbolonError:
            self._summed.count((reason, known))


def _refused(refusal: Kind, times: int) -> Statement:
    reason, known = refusal
    if reason == _LOCKED_OUT:
        return statement(AccountLocked(cause="failures"), known)
    return statement(SignInRefused(reason=reason, times=times), known)
