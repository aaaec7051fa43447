"""What a node writes into its disclosure log about its agency's systems."""

from __future__ import annotations

from cryptography import x509

from ledger.entries import Statement
from ledger.log import Ledger
from ledger.summing import Kind
from ledger.system_events import SystemAdded, SystemCalled, SystemRemoved
from symbolon.rpc.certificates import certificate_fingerprint
from symbolon.rpc.identity import System

MANY: Kind = ("", "")
"""The calls beyond what is told apart."""


def system_changed(ledger: Ledger, user: str, system: System, certificate: x509.Certificate | None) -> None:
    """Node: before a system is let in with a certificate, or is shut out, for which there is none."""
    event = (
        SystemAdded(system=system.uri, certificate_digest=certificate_fingerprint(certificate))
        if certificate is not None
        else SystemRemoved(system=system.uri)
    )
    ledger.append(Statement(event, {"user": user}))


def system_called(of: Kind, calls: int) -> Statement:
    """Node: before a system's call in an officer's name is let through; ``of`` is its URI and the officer's name."""
    system, officer = of
    return Statement(SystemCalled(system=system, calls=calls), {"user": officer} if officer else {})
