"""The calls of systems at the desk: written down with the officer in whose name they are, and ended with a removal.

What an officer does has an entry of its own, whoever calls for him. That it came by a system is entered beside it, once
and then by its number for each minute, system and officer: a counter that checks passports all day fills no log.
"""

from __future__ import annotations

from ledger.log import Ledger
from ledger.summing import Summed
from node.systems.recording import MANY, system_called
from symbolon.rpc.clients import Clients, Context
from symbolon.rpc.identity import System


class SystemCalls:
    """Looks at who calls the desk beside the officer."""

    def __init__(self, clients: Clients, ledger: Ledger) -> None:
        """Take whom the server knows and the log; both stay the caller's."""
        self._clients = clients
        self._summed = Summed(ledger, system_called, MANY)
        self.counting = self._summed.counting

    async def note(self, context: Context, officer: str) -> None:
        """Write down a call of a system in an officer's name, empty where none was proved.

        Raises `SymbolonError` (`LOG_NOT_WRITABLE`).
        """
        caller = self._clients.caller_of(context)
        if isinstance(caller, System):
            await self._summed.note((caller.uri, officer))

    async def check_still(self, context: Context) -> None:
        """Raise `SymbolonError` (`NOT_PERMITTED`) where who calls has been shut out meanwhile."""
        await self._clients.check(self._clients.caller_of(context), context)
