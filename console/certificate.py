"""The certificate of the console where the agency gives it none of its own: self-signed, for the host of its origin.

It lets a first user look; browsers warn of it. An agency puts a certificate of its own authority in the same two files
(docs/how-to/run-the-console.md), which are then left alone.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from console.serving import HttpsFiles
from symbolon.rpc.certificates import CERTIFICATE_LIFETIME, certificate_pem, create_key, key_pem
from symbolon.rpc.folder import write_whole


def certify_where_needed(files: HttpsFiles, origin: str, now: datetime | None = None) -> None:
    """Make key and certificate where there are none; files that are there are never touched."""
    if files.certificate.exists() or files.key.exists():
        return
    host = urlsplit(origin).hostname or "localhost"
    begins = now or datetime.now(UTC)
    key = create_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Symbolon console")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + CERTIFICATE_LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_whole(files.key, key_pem(key), secret=True)
    write_whole(files.certificate, certificate_pem(certificate))


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
