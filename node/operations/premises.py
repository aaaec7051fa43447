"""What lies in the node's folder, for its operator: keys and certificates by fingerprint and age, files by size.

A secret is read to derive its public part and never told.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from node.auditing.house import INDEX_FILE
from node.config import NodeHome
from node.keys import load_keys
from symbolon.rpc.certificates import certificate_fingerprint, load_certificate
from symbolon.v1 import operations_pb2 as wire

DAY_SECONDS = 86_400


def keys(home: NodeHome) -> Iterator[wire.KeyShown]:
    """Give the keys of the node."""
    held = load_keys(home.keys)
    for name, fingerprint in (
        ("signing", held.signing.public_key().fingerprint()),
        ("sealing", held.sealing.public_key().fingerprint()),
        ("pepper", ""),
    ):
        yield wire.KeyShown(name=name, fingerprint=fingerprint, made_at=_written(home.keys / f"{name}.key"))
    for name, path, certificate in (
        ("tls", home.tls.key, home.tls.certificate),
        ("console", home.console_key, home.console_certificate),
    ):
        if path.exists() and (found := _read(certificate)) is not None:
            public = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            yield wire.KeyShown(name=name, fingerprint=sha256(public).hexdigest(), made_at=_written(path))


def certificates(home: NodeHome, now: datetime) -> Iterator[wire.CertificateShown]:
    """Give the certificates that the node shows or believes; one that cannot be read is left out."""
    for name, found in (
        ("party", _read(home.tls.certificate)),
        ("authority", _read(home.tls.authority)),
        ("console", _read(home.console_certificate)),
        ("systems_authority", _read(home.systems.authority_path)),
        *(("system", one.certificate) for one in home.systems.entries()),
    ):
        if found is not None:
            until = found.not_valid_after_utc
            yield wire.CertificateShown(
                name=name,
                subject=_subject(found),
                fingerprint=certificate_fingerprint(found),
                until=int(until.timestamp()),
                days_left=int((until - now.astimezone(UTC)).total_seconds() // DAY_SECONDS),
            )


def files(home: NodeHome) -> Iterator[wire.StoreShown]:
    """Give the node's files with what belongs to each, and what they take."""
    for name, path in (
        ("records", home.records_path),
        ("index", home.index_path),
        ("ledger", home.ledger_path),
        ("cases", home.cases_path),
        ("directory", home.directory_path),
        ("witness", home.witness_path),
        ("officers", home.officers_path),
        ("accounts", home.accounts_path),
        ("identities", home.identities_path),
        ("batches", home.batches_path),
        ("log_index", home.audit_folder / INDEX_FILE),
    ):
        yield wire.StoreShown(name=name, bytes=sum(_bytes(one) for one in path.parent.glob(f"{path.name}*")))
    for name, folder in (("rejects", home.rejects_folder), ("uploads", home.uploads_folder)):
        yield wire.StoreShown(name=name, bytes=sum(_bytes(one) for one in folder.glob("*")))


def disk(home: NodeHome) -> tuple[int, int]:
    """Give the free bytes and all bytes of the disk of the node's data."""
    usage = shutil.disk_usage(home.ledger_path.parent)
    return usage.free, usage.total


def _read(path: Path) -> x509.Certificate | None:
    try:
        return load_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _subject(certificate: x509.Certificate) -> str:
    try:
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return certificate.subject.rfc4514_string()
    uris = named.get_values_for_type(x509.UniformResourceIdentifier)
    return ", ".join(uris) or certificate.subject.rfc4514_string()


def _written(path: Path) -> int:
    return int(path.stat().st_mtime)


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # gone meanwhile
        return 0
