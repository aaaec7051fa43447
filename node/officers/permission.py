"""Whether an officer's roles allow what he is about to do. Asked by the calls themselves, whoever makes them."""

from __future__ import annotations

from ledger.log import Ledger
from node.officers.recording import officer_refused, viewed
from node.officers.register import MAY, Action, Officer, role_needed
from symbolon.rpc.errors import ErrorCode, SymbolonError


class Permission:
    """Checks roles, and writes into the disclosure log who was refused before he is told."""

    def __init__(self, ledger: Ledger) -> None:
        """Take the log; it stays the caller's."""
        self._ledger = ledger

    async def check(self, officer: Officer, action: Action, view: str = "", *filters: str) -> None:
        """Raise `SymbolonError` (`ROLE_MISSING`) unless one of the officer's roles allows an action.

        ``view`` names what is about to be shown, and ``filters`` which of it: where it is to an auditor, that is in
        the log first.
        """
        if not officer.may(action):
            await officer_refused(self._ledger, "role", officer.name)
            raise SymbolonError(ErrorCode.ROLE_MISSING, role_needed(MAY[action], officer))
        if view and officer.may("audit"):
            await self._ledger.record(viewed(officer, view, *filters))
