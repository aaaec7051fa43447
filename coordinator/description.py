"""What the coordinator says of itself: the key that signs its logs, vouched for by its own certificate.

Nodes pin that key as they pin those of members, so neither a thief of the certificate nor a later coordinator of the
same name can go on with the logs in silence.
"""

from __future__ import annotations

from coordinator.entries import Normaliser
from coordinator.home import CoordinatorHome
from ledger.directory_events import FederationStated
from symbolon.rpc import certificates
from symbolon.v1.directory_pb2 import CoordinatorDescription, CoordinatorEntry


def own_entry(home: CoordinatorHome) -> CoordinatorEntry:
    """Describe this coordinator and sign the description with its TLS key; raise `SymbolonError` without keys."""
    description = CoordinatorDescription(
        coordinator=home.party.uri, signing_key=home.signing_key().public_key().raw
    ).SerializeToString(deterministic=True)
    certificate = certificates.load_certificate(home.tls.certificate.read_bytes())
    key = certificates.load_key(home.tls.key.read_bytes())
    return CoordinatorEntry(
        description=description,
        certificate=certificates.certificate_der(certificate),
        signature=certificates.sign_statement(key, description),
    )


def stated(home: CoordinatorHome, normaliser: Normaliser) -> FederationStated:
    """Say for the directory log on what it rests; raise `SymbolonError` without keys or authority."""
    authority = certificates.load_certificate(home.tls.authority.read_bytes())
    return FederationStated(
        federation=home.settings.federation,
        coordinator=home.party.uri,
        signing_fingerprint=home.signing_key().public_key().fingerprint(),
        authority=certificates.certificate_fingerprint(authority),
        normaliser=normaliser.version,
        golden_digest=normaliser.golden_digest,
    )
