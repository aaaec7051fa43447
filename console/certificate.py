"""The certificate of the console where the agency gives it none of its own: self-signed, for the host of its origin.

It lets a first user look; browsers warn of it. An agency puts a certificate of its own authority in the same two files
(docs/how-to/run-the-console.md), which are then left alone.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from console.serving import HttpsFiles
from symbolon.rpc.certificates import CERTIFICATE_LIFETIME, certificate_pem, create_key, key_pem
from symbolon.rpc.folder import write_whole

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Symbolon console")])


def certify_where_needed(files: HttpsFiles, origin: str, now: datetime | None = None) -> None:
    """Make certificate and key where there are none; files that are there are never touched.

    The key is written last. So a certificate of ours without a key is of a start that was cut off, and is made anew;
    of the agency's own files one alone stays as it is, and serving says that the other is missing.
    """
    if files.key.exists() or (files.certificate.exists() and not _is_ours(files.certificate)):
        return
    host = urlsplit(origin).hostname or "localhost"
    begins = now or datetime.now(UTC)
    key = create_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + CERTIFICATE_LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_whole(files.certificate, certificate_pem(certificate))
    write_whole(files.key, key_pem(key), secret=True)


def _is_ours(path: Path) -> bool:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).issuer == _NAME
    except ValueError:  # no certificate, and nothing that we wrote
        return False


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
