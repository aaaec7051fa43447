"""Whose certificates a server takes as clients', and whom one of them names.

Roots and names belong together: a root counts for its own kind of caller and no other, so whoever takes a second root
says in the same place what its certificates may name. What a caller may do is the policy's (`symbolon.rpc.server`).
"""

from __future__ import annotations

from typing import Any, Protocol

import grpc

from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.identity import Caller, peer_party

Context = grpc.aio.ServicerContext[Any, Any]


class Clients(Protocol):
    """The clients of one server."""

    def roots(self) -> bytes:
        """Give the roots from which clients' certificates may come, PEM."""

    def caller_of(self, context: Context) -> Caller:
        """Give the authenticated caller; raise `IdentityError` where the certificate names nobody who counts."""

    async def check(self, caller: Caller, context: Context) -> None:
        """Raise `SymbolonError` (`NOT_PERMITTED`) where a caller is let in no longer, whatever he calls."""


class Members:
    """The clients of a server of the federation: its parties, by its one root."""

    def __init__(self, tls: TlsFiles) -> None:
        """Take the files that name the root."""
        self._authority = tls.authority

    def roots(self) -> bytes:
        """Give the federation's root."""
        return self._authority.read_bytes()

    def caller_of(self, context: Context) -> Caller:
        """Give the party; a certificate that names a system is nobody's."""
        return peer_party(context)

    async def check(self, caller: Caller, context: Context) -> None:
        """Let everybody be: who is admitted stands in the policy."""
