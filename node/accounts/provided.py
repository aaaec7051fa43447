"""Which officer a token of the identity provider names: it is genuine, its subject is linked, the officer is active.

The provider says who somebody is, and nothing else: roles are the register's, read anew at each call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from node.accounts.identities import Identities
from node.accounts.provider import Provider
from node.accounts.tokens import Expected, TokenError, key_named, subject_of
from node.officers.register import Attempt, Officer, Officers


class ProvidedIdentity:
    """Turns tokens into officers; ``now`` gives seconds since 1970."""

    def __init__(
        self, provider: Provider, identities: Identities, officers: Officers, now: Callable[[], float] = time.time
    ) -> None:
        """Take the parts; they stay the caller's."""
        self.provider = provider
        self._identities = identities
        self._officers = officers
        self._now = now

    async def signing_in(self, code: str, verifier: str, nonce: str, redirect_uri: str) -> Attempt:
        """Give who signs in with a code; raise `SymbolonError` (`UNREACHABLE`) where the provider cannot be asked."""
        oidc = self.provider.oidc
        try:
            token = await self.provider.exchange(code, verifier, redirect_uri)
            return await self._attempt(token, Expected(oidc.issuer, oidc.client, oidc.strength, nonce))
        except TokenError as error:
            return Attempt(None, error.reason)

    async def calling(self, token: str) -> Attempt:
        """Give who calls the desk with an access token; raises as `signing_in`."""
        oidc = self.provider.oidc
        if not oidc.api_audience:
            return Attempt(None, "token_unwanted")
        try:
            return await self._attempt(token, Expected(oidc.issuer, oidc.api_audience, oidc.strength))
        except TokenError as error:
            return Attempt(None, error.reason)

    async def _attempt(self, token: str, expected: Expected) -> Attempt:
        keys = await self.provider.keys(key_named(token))
        subject = subject_of(token, keys, expected, int(self._now()))
        return await asyncio.to_thread(self._officer, subject)

    def _officer(self, subject: str) -> Attempt:
        name = self._identities.officer_of(self.provider.oidc.issuer, subject)
        if not name:
            return Attempt(None, "subject")
        roles = self._officers.roles_of(name)
        return Attempt(Officer(name, roles), known=name) if roles else Attempt(None, "disabled", name)
