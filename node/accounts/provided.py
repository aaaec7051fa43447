"""Which officer a token of the identity provider names: it is genuine, its subject is linked, the officer is active.

The provider says who somebody is, and nothing else: roles are the register's, read anew at each call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from ledger.account_events import SignedIn
from ledger.log import Ledger
from node.accounts.calls import Admitted
from node.accounts.hashing import Queue
from node.accounts.identities import Identities
from node.accounts.provider import Provider
from node.accounts.recording import statement
from node.accounts.refusals import SignInRefusals, SignInRefusedError
from node.accounts.tokens import Expected, TokenError, key_named, subject_of
from node.officers.register import Attempt, Officer, Officers
from symbolon.rpc.errors import ErrorCode, SymbolonError

REFUSAL_SECONDS = 1.0
"""Seconds that a refusal at the console waits."""

EXCHANGES_AT_ONCE = 8
"""Codes exchanged at once: anybody can come with one, and the provider is asked each time."""

MOST_WAITING = 16
"""Refusals that wait at once; one more is told that the node is busy, and is not written down."""


@dataclass(frozen=True, slots=True)
class _Named:
    """What came of a token, and what a session of that officer would hang on."""

    attempt: Attempt
    admitted: Admitted | None = None


class ProvidedIdentity:
    """Turns tokens into officers; ``now`` gives seconds since 1970."""

    def __init__(
        self,
        provider: Provider,
        identities: Identities,
        officers: Officers,
        ledger: Ledger,
        now: Callable[[], float] = time.time,
        pause: float = REFUSAL_SECONDS,
    ) -> None:
        """Take the parts; they stay the caller's."""
        self.provider = provider
        self.refusals = SignInRefusals(ledger, locking=False)
        self._identities = identities
        self._officers = officers
        self._ledger = ledger
        self._now = now
        self._pause = pause
        self._exchanges = Queue(EXCHANGES_AT_ONCE)
        self._waiting = 0

    async def sign_in(self, code: str, verifier: str, nonce: str, redirect_uri: str, stranger: str = "") -> Admitted:
        """Let in who comes with a code, after the log has it; ``stranger`` is the address he asks from.

        Raises `SignInRefusedError`, and `SymbolonError`: `UNREACHABLE` where the provider cannot be asked, `BUSY` where
        it is asked too much already.
        """
        async with self._exchanges.turn(stranger):
            named = await self._signing_in(code, verifier, nonce, redirect_uri)
        if named.admitted is None:
            return await self.refuse(named.attempt.reason, named.attempt.known)
        await self._ledger.record(statement(SignedIn(proof="identity_provider"), named.admitted.officer))
        return named.admitted

    def stamp_of(self, name: str) -> int:
        """Give the stamp that a session has to carry now; 0 where the officer is nobody at the provider."""
        return self._identities.stamp_of(self.provider.oidc.issuer, name)

    async def refuse(self, reason: str, known: str = "") -> Admitted:
        """Write down that somebody is not let in, wait, and raise `SignInRefusedError`."""
        if self._waiting >= MOST_WAITING:
            raise SymbolonError(ErrorCode.BUSY)
        self._waiting += 1
        try:
            await self.refusals.note(reason, known)
            await asyncio.sleep(self._pause)
        finally:
            self._waiting -= 1
        raise SignInRefusedError

    async def _signing_in(self, code: str, verifier: str, nonce: str, redirect_uri: str) -> _Named:
        oidc = self.provider.oidc
        try:
            token = await self.provider.exchange(code, verifier, redirect_uri)
            return await self._named(token, Expected(oidc.issuer, oidc.client, oidc.strength, nonce))
        except TokenError as error:
            return _Named(Attempt(None, error.reason))

    async def calling(self, token: str) -> Attempt:
        """Give who calls the desk with an access token; raises as `sign_in` where the provider cannot be asked."""
        oidc = self.provider.oidc
        if not oidc.api_audience:
            return Attempt(None, "token_unwanted")
        try:
            return (await self._named(token, Expected(oidc.issuer, oidc.api_audience, oidc.strength))).attempt
        except TokenError as error:
            return Attempt(None, error.reason)

    async def _named(self, token: str, expected: Expected) -> _Named:
        keys = await self.provider.keys(key_named(token))
        subject = subject_of(token, keys, expected, int(self._now()))
        return await asyncio.to_thread(self._officer, subject)

    def _officer(self, subject: str) -> _Named:
        link = self._identities.find(self.provider.oidc.issuer, subject)
        if not link.officer:
            return _Named(Attempt(None, "subject"))
        standing = self._officers.standing_of(link.officer)
        if standing is None:
            return _Named(Attempt(None, "disabled", link.officer))
        attempt = Attempt(Officer(link.officer, standing.roles), known=link.officer)
        return _Named(attempt, Admitted(link.officer, standing.stamp, link.stamp, by_provider=True))
