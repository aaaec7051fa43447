"""Which systems of the agency may call the desk, and the small authority that certifies them. All of it is files.

``systems/`` in the node's folder holds ``authority.key`` and ``authority.pem``, made when they are first needed, and
``admitted/NAME.pem`` for each system that is let in. A system is let in while that file is there and holds the key that
it shows: what is missing, damaged or another key's lets nobody in. Who takes the file away shuts the system out with
its next call; nothing is kept in memory.

A certificate may be issued again for the key that is admitted, so that a system goes on over its renewal; another key
under the same name takes a removal first. Each change is in the disclosure log before it is made.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from symbolon.rpc import certificates
from symbolon.rpc.certificates import Authority, CertificateError
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import AUTHORITY_CERTIFICATE, AUTHORITY_KEY, create_authority, load_authority, write_whole
from symbolon.rpc.identity import IdentityError, System


@dataclass(frozen=True, slots=True)
class AdmittedSystem:
    """A system that is let in, by its newest certificate; none where the file is damaged, and then nobody is."""

    system: System
    certificate: x509.Certificate | None


Recording = Callable[[System, x509.Certificate | None], None]
"""Makes a change durable in the disclosure log; told of the system, and of the certificate where it gets one."""


class Systems:
    """The systems of one node. Several processes may share the folder; what is read is what stands there now."""

    def __init__(self, folder: Path, agency: str) -> None:
        """Take the folder and the agency's name, by which the authority is called; nothing is made yet."""
        self._folder = folder
        self._admitted = folder / "admitted"
        self._name = f"Systems of {agency}"

    @property
    def authority_path(self) -> Path:
        """Name the file of the authority's certificate."""
        return self._folder / AUTHORITY_CERTIFICATE

    def authority(self, now: datetime) -> x509.Certificate:
        """Give the authority's certificate, made where there is none; raise `SymbolonError` where it is damaged."""
        with self._alone():
            if not self.authority_path.exists():
                (self._folder / AUTHORITY_KEY).unlink(missing_ok=True)  # of a making that was interrupted
                create_authority(self._folder, self._name, now)
        try:
            return certificates.load_certificate(self.authority_path.read_bytes())
        except CertificateError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{self.authority_path}: {error}") from None

    def entries(self) -> list[AdmittedSystem]:
        """Give all that are let in, by name."""
        found = []
        for path in sorted(self._admitted.glob("*.pem")):
            try:
                system = System.named(path.stem)
            except IdentityError:  # no name of a system: it lets nobody in
                continue
            found.append(AdmittedSystem(system, self._certificate(system)))
        return found

    def add(self, system: System, request: bytes, now: datetime, record: Recording) -> x509.Certificate:
        """Certify a system by its request (PEM) and let it in, or renew its certificate.

        Raises `SymbolonError` (`INVALID_INPUT`) where the request is none for this system, or a system of this name
        with another key is let in.
        """
        authority = self._signing(now)
        with self._alone():
            try:
                certificate = certificates.load_certificate(
                    certificates.issue_to_system(authority, request, system, now)
                )
            except CertificateError as error:
                raise SymbolonError(ErrorCode.INVALID_INPUT, f"--request: {error}") from None
            path = self._path(system)
            if path.exists() and not _is_of_key(self._certificate(system), certificate):
                raise SymbolonError(
                    ErrorCode.INVALID_INPUT,
                    "NAME: a system of this name is let in with another key: symbolon node system remove it first",
                )
            record(system, certificate)
            write_whole(path, certificates.certificate_pem(certificate))
        return certificate

    def remove(self, system: System, record: Recording) -> None:
        """Shut a system out; raise `SymbolonError` (`NOT_FOUND`) where none of this name is let in."""
        with self._alone():
            path = self._path(system)
            if not path.exists():
                raise SymbolonError(ErrorCode.NOT_FOUND, "no system of this name: see symbolon node system list")
            record(system, None)
            path.unlink()
            _sync(self._admitted)

    def lets_in(self, system: System, presented: x509.Certificate, now: datetime) -> bool:
        """Say whether a system is let in with the certificate it shows, which this authority issued."""
        admitted = self._certificate(system)
        return (
            admitted is not None
            and _is_of_key(admitted, presented)
            and presented.not_valid_before_utc <= now <= presented.not_valid_after_utc
        )

    def _signing(self, now: datetime) -> Authority:
        self.authority(now)
        try:
            return load_authority(self._folder)
        except CertificateError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{self._folder / AUTHORITY_KEY}: {error}") from None

    def _path(self, system: System) -> Path:
        return self._admitted / f"{system.name}.pem"

    def _certificate(self, system: System) -> x509.Certificate | None:
        try:
            return certificates.load_certificate(self._path(system).read_bytes())
        except (OSError, CertificateError):
            return None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time change what is in the folder."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _is_of_key(admitted: x509.Certificate | None, other: x509.Certificate) -> bool:
    return admitted is not None and admitted.public_key() == other.public_key()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)  # or the name could be back after the power was lost
    finally:
        os.close(handle)
