"""Whose certificates a node takes: parties of the federation by its root, own systems by the node's own authority.

Which root signed a certificate says what it may name. One of the federation names a party: it may not name a system,
since the federation does not know this agency's systems. One of the systems' authority names a system: were it to name
an agency or the coordinator, whoever has that authority's key would be that party. TLS takes both roots for whatever is
shown, so the root is looked at here, for each call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509

from node.systems.register import Systems
from symbolon.rpc.certificates import CertificateError, certificate_pem, is_issued_by, load_certificate
from symbolon.rpc.clients import Context
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Caller, IdentityError, System, peer_caller

MOST_REMEMBERED = 256
"""Certificates whose root is remembered, so that a signature is not verified again for each call."""


class NodeClients:
    """The clients of a node's server."""

    def __init__(
        self,
        federation: Path,
        systems: Systems,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the file of the federation's root, and the systems, whose authority is made where there is none.

        Raises `SymbolonError` (`INVALID_INPUT`) where one of the two is damaged.
        """
        self._federation = _root(federation)
        self._authority = systems.authority(clock())
        self._systems = systems
        self._clock = clock
        self._names = lru_cache(MOST_REMEMBERED)(self._issued)

    def roots(self) -> bytes:
        """Give both roots."""
        return certificate_pem(self._federation) + certificate_pem(self._authority)

    def caller_of(self, context: Context) -> Caller:
        """Give whom the certificate names, by the root that may name him; raise `IdentityError` where it is not."""
        caller = peer_caller(context)
        if not self._names(_shown(context), isinstance(caller, System)):
            raise IdentityError("the certificate is not from the authority for whom it names")
        return caller

    async def check(self, caller: Caller, context: Context) -> None:
        """Raise `SymbolonError` (`NOT_PERMITTED`) where a system is not, or no longer, let in with its certificate."""
        if not isinstance(caller, System):
            return
        presented = load_certificate(_shown(context))
        if not await asyncio.to_thread(self._systems.lets_in, caller, presented, self._clock()):
            raise SymbolonError(ErrorCode.NOT_PERMITTED)

    def _issued(self, pem: bytes, is_system: bool) -> bool:
        authority = self._authority if is_system else self._federation
        try:
            return is_issued_by(load_certificate(pem), authority)
        except CertificateError:
            return False


def _root(path: Path) -> x509.Certificate:
    try:
        return load_certificate(path.read_bytes())
    except CertificateError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error}") from None


def _shown(context: Context) -> bytes:
    for pem in context.auth_context().get("x509_pem_cert", []):  # of which TLS gives one, the caller's own
        return bytes(pem)
    raise IdentityError("the caller shows no certificate")
