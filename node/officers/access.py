"""Who is at the desk: each call that asks, decides or reads names an officer, proved by a key or by a token.

The certificate says that the call comes from this agency, or from which system of it; the officer's key, or a token of
the agency's own identity provider, says from whom in it. So a system's certificate alone opens nothing, and beside each
officer's name the log has the system that called in it. An unknown name, a wrong key, a token that does not pass, a
disabled officer and no proof at all are one refusal (`OFFICER_UNKNOWN`), and so are two proofs at once; which it was
stands in the disclosure log only. A right key is never delayed, so nobody can shut a colleague out by failing in his
name; a wrong one waits longer each time. A wrong token does not: a signature is not guessed, and nobody waits for the
failures of others. That a genuine token has expired is told to its bearer, whose own it is: his system has to get
another.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import grpc

from ledger.log import Ledger
from node.accounts.provided import ProvidedIdentity
from node.officers.key import presented_key, presents_key
from node.officers.recording import officer_refused
from node.officers.register import Attempt, Officer, Officers
from node.officers.token import OfficerToken, presented_token
from node.systems.calls import SystemCalls
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.node")

_Context = grpc.aio.ServicerContext[Any, Any]

FIRST_PAUSE = 0.25
"""Seconds before the first refusal of a name is told; each further one waits twice as long."""

LONGEST_PAUSE = 8.0
"""Seconds a refusal waits at most, under the shortest deadline of a desk call."""

FORGET_SECONDS = 900.0
"""Seconds without a failure after which a name begins anew."""

MOST_NAMES = 1000
"""Names whose failures are remembered; the oldest are forgotten first."""

MOST_WAITING = 16
"""Refusals that wait at once; one more is told at once that the desk is busy, and is not written down."""


_EXPIRED = "the access token has expired: get a new one from the identity provider"


class Failures:
    """How often each name failed of late, and how long the next refusal waits. ``now`` are monotonic seconds."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def pause_after(self, name: str, now: float) -> float:
        """Count one more failure of a name; give the seconds that its refusal waits."""
        count, last = self._failed.pop(name, (0, now))
        count = count + 1 if now - last < FORGET_SECONDS else 1
        self._failed[name] = (count, now)
        while len(self._failed) > MOST_NAMES:
            self._failed.popitem(last=False)
        return min(FIRST_PAUSE * 2.0 ** min(count - 1, 10), LONGEST_PAUSE)


class DeskAccess:
    """Names the officer behind each call to the desk, or refuses it."""

    def __init__(
        self,
        officers: Officers,
        ledger: Ledger,
        provided: ProvidedIdentity | None = None,
        systems: SystemCalls | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._officers = officers
        self._ledger = ledger
        self._provided = provided
        self._systems = systems
        self._clock = clock
        self._failures = Failures()
        self._waiting = 0

    async def officer_of(self, context: _Context) -> Officer:
        """Give the officer who calls; raise `SymbolonError` (`OFFICER_UNKNOWN`) where none is proved."""
        token = presented_token(context)
        if token is not None:
            attempt = await self._by_token(token, context)
            detail = _EXPIRED if attempt.reason == "token_expired" else ""
            officer = attempt.officer or await self._refuse(FIRST_PAUSE, attempt, context, detail)
        elif (presented := presented_key(context)) is not None:
            attempt = await asyncio.to_thread(self._officers.attempt, presented.name, presented.key)
            officer = attempt.officer or await self._refuse(self._pause(presented.name), attempt, context)
        else:
            officer = await self._refuse(self._pause(""), Attempt(None, "unknown"), context)
        await self._note_system(context, officer.name)
        return officer

    def _pause(self, name: str) -> float:
        return self._failures.pause_after(name, self._clock())

    async def _note_system(self, context: _Context, officer: str) -> None:
        if self._systems is not None:
            await self._systems.note(context, officer)

    async def check_still(self, officer: Officer, context: _Context) -> None:
        """Raise `SymbolonError` where a caller has been shut out meanwhile.

        `OFFICER_UNKNOWN` where the officer has been disabled, or lost a role; `NOT_PERMITTED` where the system was
        removed that calls.
        """
        if self._systems is not None:
            await self._systems.check_still(context)
        if not officer.roles <= await asyncio.to_thread(self._officers.roles_of, officer.name):
            raise SymbolonError(ErrorCode.OFFICER_UNKNOWN)

    async def _by_token(self, token: OfficerToken, context: _Context) -> Attempt:
        if self._provided is None or presents_key(context):
            return Attempt(None, "token_unwanted")
        return await self._provided.calling(token.token)

    async def _refuse(self, pause: float, attempt: Attempt, context: _Context, detail: str = "") -> Officer:
        """Write the failure down, wait, and raise; no path of it is quicker than another."""
        if self._waiting >= MOST_WAITING:
            raise SymbolonError(ErrorCode.BUSY)
        self._waiting += 1
        try:
            logger.warning("desk: an officer was refused; the refusal waits %.2f s", pause)
            until = self._clock() + pause
            await officer_refused(self._ledger, attempt.reason, attempt.known)
            await self._note_system(context, "")
            await asyncio.sleep(max(0.0, until - self._clock()))
        finally:
            self._waiting -= 1
        raise SymbolonError(ErrorCode.OFFICER_UNKNOWN, detail)
