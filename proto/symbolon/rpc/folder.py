"""The folder of a party or a system: the TLS key and request it makes, the certificate it is given, and its secrets.

``tls/`` holds ``key.pem``, ``request.csr``, ``certificate.pem`` and ``authority.pem``. Secrets are readable by their
owner only, and so are databases; each file is written whole or not at all.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from symbolon.rpc import certificates
from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Caller, Party

AUTHORITY_CERTIFICATE = "authority.pem"
AUTHORITY_KEY = "authority.key"

BUSY_SECONDS = 10.0
"""Seconds to wait for another process of the party that holds a database for a commit."""


def write_whole(path: Path, content: bytes, *, secret: bool = False) -> None:
    """Write a file so that a crash leaves the old content or the new; a secret is readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:  # created with mode 0600
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if not secret:
                os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # or the new name could be lost with the power, and with it a key
    finally:
        os.close(folder)


def read_secret(path: Path) -> bytes:
    """Read a secret; raise `SymbolonError` when it is missing or readable by others than its owner."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise SymbolonError(ErrorCode.NOT_INITIALISED, f"{path} is missing") from None
    if mode & 0o077:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path} is readable by others: chmod 600 it")
    return path.read_bytes()


def open_database(path: Path, tables: str) -> sqlite3.Connection:
    """Open or make a database that its owner alone can read, with the tables of the script.

    Each statement is a transaction of its own, on disk when it returns. The connection may pass between threads, one
    at a time.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # SQLite gives its side files the mode of the main file, so that one has to be right from the beginning.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}")
    connection.executescript(tables)
    return connection


def prepare_party(folder: Path, party: Caller) -> Path:
    """Make the TLS key and the signing request of a party or a system; give the request's path.

    A key that is there is kept, and asked for again: a certificate may exist for it already. Raises `SymbolonError`
    when it is readable by others or no key.
    """
    tls = folder / "tls"
    key = _kept_key(tls / "key.pem")
    request = tls / "request.csr"
    write_whole(request, certificates.create_request(party, key))
    return request


def _kept_key(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.exists():
        try:
            return certificates.load_key(read_secret(path))
        except certificates.CertificateError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error}") from None
    key = certificates.create_key()
    write_whole(path, certificates.key_pem(key), secret=True)
    return key


def create_authority(folder: Path, name: str, now: datetime) -> None:
    """Make a development authority in ``folder``; raise `SymbolonError` when one is there."""
    if (folder / AUTHORITY_KEY).exists():
        raise SymbolonError(ErrorCode.ALREADY_INITIALISED, str(folder))
    authority = certificates.create_authority(name, now)
    write_whole(folder / AUTHORITY_KEY, certificates.key_pem(authority.key), secret=True)
    write_whole(folder / AUTHORITY_CERTIFICATE, certificates.certificate_pem(authority.certificate))


def load_authority(folder: Path) -> certificates.Authority:
    """Read the authority of ``folder``; raise `SymbolonError` when there is none."""
    key = certificates.load_key(read_secret(folder / AUTHORITY_KEY))
    certificate = certificates.load_certificate((folder / AUTHORITY_CERTIFICATE).read_bytes())
    return certificates.Authority(certificate, key)


def certify_party(folder: Path, party: Party, authority_folder: Path, now: datetime) -> None:
    """Have the development authority sign the request of ``folder`` and put both certificates in place."""
    authority = load_authority(authority_folder)
    request = (folder / "tls" / "request.csr").read_bytes()
    certificate = certificates.issue(authority, request, party, now)
    write_whole(folder / "tls" / "certificate.pem", certificate)
    write_whole(folder / "tls" / AUTHORITY_CERTIFICATE, certificates.certificate_pem(authority.certificate))


def party_tls(folder: Path, party: Caller) -> TlsFiles:
    """Give the TLS files of a certified party or system.

    Raises `SymbolonError` when one is missing, or the certificate is somebody else's or another key's.
    """
    files = TlsFiles.inside(folder / "tls")
    for path in (files.authority, files.certificate, files.key):
        if not path.exists():
            signer = "the federation's authority" if isinstance(party, Party) else "the operator of your agency's node"
            detail = f"{path} is missing: have tls/request.csr signed by {signer}"
            raise SymbolonError(ErrorCode.NOT_INITIALISED, detail)
    secret = read_secret(files.key)
    try:
        certificate = certificates.load_certificate(files.certificate.read_bytes())
        named = certificates.certificate_holder(certificate)
        key = certificates.load_key(secret)
    except certificates.CertificateError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{files.certificate} or its key.pem: {error}") from None
    if named != party:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{files.certificate} is for {named.uri}, not {party.uri}")
    if certificate.public_key() != key.public_key():
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{files.certificate} is for another key than {files.key}")
    return files
