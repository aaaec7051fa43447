"""The refused calls of a server in its log, summed minute by minute. What a refusal is for is the server's to say."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ledger.entries import Statement
from ledger.federation_events import CallRefused
from ledger.log import Ledger
from ledger.summing import Kind, Summed
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Caller

logger = logging.getLogger("symbolon.ledger")


class RefusedCalls:
    """The refused calls of one server. ``is_ours`` says which are to be written; others have entries of their own."""

    def __init__(self, ledger: Ledger, is_ours: Callable[[str, ErrorCode], bool] = lambda _method, _code: True) -> None:
        self._is_ours = is_ours
        self._summed = Summed(ledger, _refused, ("", "", "many"))
        self.counting = self._summed.counting
        self.enter = self._summed.enter

    async def note(self, caller: Caller | None, method: str, code: ErrorCode) -> None:
        """Write a refused call down, or count it; a log that cannot be written changes nothing of the refusal."""
        if code is ErrorCode.LOG_NOT_WRITABLE or not self._is_ours(method, code):
            return
        kind = caller.uri if caller else "", method.removeprefix("/symbolon.v1."), code.code
        try:
            await self._summed.note(kind)
        except SymbolonError as error:
            logger.error("a refused call is not written down yet: %s", error)
            self._summed.count(kind)


def _refused(call: Kind, calls: int) -> Statement:
    caller, method, reason = call
    return Statement(CallRefused(caller=caller, method=method, reason=reason, calls=calls))
