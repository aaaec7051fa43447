"""What the hub believes of a member's entry: what the member's own certificate signed, and no more.

Rules, in order: no part is larger than an honest one can be; the certificate is valid under the federation's authority
and signed the description; it names the caller, and so does the description; keys and address have their form; the
normaliser and its golden vectors are the federation's (otherwise members would miss each other silently, threat T21);
the clock is not ahead. A renewal must be later than the entry it replaces, so that an old entry cannot be put back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from google.protobuf.message import DecodeError

from ledger.directory import LoggedMember
from ledger.directory_events import MemberEntered, MemberEvent, MemberRekeyed, MemberRenewed
from matching.envelope import MAX_SKEW
from matching.errors import FieldError
from matching.keys import SealingPublicKey, SigningPublicKey
from symbolon.rpc.certificates import CertificateError, verify_statement
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.rpc.settings import is_address
from symbolon.v1.directory_pb2 import MemberDescription, MemberEntry

LONGEST_NAME = 200
"""Characters of a display name."""

MOST_BYTES = {"description": 4 * 1024, "certificate": 8 * 1024, "signature": 256}
"""Bytes of an entry's parts; the directory holds one entry of each member and is given out whole."""


@dataclass(frozen=True)
class Normaliser:
    """The normaliser all members use: its version, and the digest of what it makes of the golden vectors."""

    version: str
    golden_digest: str


@dataclass(frozen=True)
class Entry:
    """A member's entry as checked. ``issued_at`` is in Unix seconds; ``message`` holds the checked parts alone."""

    member: Party
    address: str
    signing: SigningPublicKey
    sealing: SealingPublicKey
    issued_at: int
    message: MemberEntry

    @property
    def digest(self) -> str:
        """Give SHA-256 of what the member signed, in hexadecimal."""
        return hashlib.sha256(self.message.description).hexdigest()

    def event(self, listed: LoggedMember | None) -> MemberEvent:
        """Say for the directory log what becomes of the listing by this entry; None for a member not listed."""
        keys = (self.signing.fingerprint(), self.sealing.fingerprint())
        kind = MemberEntered if listed is None else MemberRenewed if listed.keys == keys else MemberRekeyed
        return kind(
            member=self.member.uri,
            description_digest=self.digest,
            certificate_digest=hashlib.sha256(self.message.certificate).hexdigest(),
            signing_fingerprint=keys[0],
            sealing_fingerprint=keys[1],
            issued_at=self.issued_at,
        )


def check_entry(
    message: MemberEntry, caller: Party, authority: x509.Certificate, normaliser: Normaliser, now: datetime
) -> Entry:
    """Check an entry that ``caller`` hands in about itself.

    Raises `SymbolonError`: `NOT_PERMITTED`, `MALFORMED`, `INVALID_INPUT` or `NORMALISER_MISMATCH`.
    """
    for part, most in MOST_BYTES.items():
        if len(getattr(message, part)) > most:
            raise SymbolonError(ErrorCode.MALFORMED, f"entry: {part} has more than {most} bytes")
    try:
        signer = verify_statement(authority, message.certificate, message.description, message.signature, now)
    except CertificateError as error:
        raise SymbolonError(ErrorCode.NOT_PERMITTED, f"entry: {error}") from None
    entry, description = _read(message)
    if not signer == caller == entry.member:
        raise SymbolonError(ErrorCode.NOT_PERMITTED, "entry: it describes another party than the caller")
    if (description.normaliser, description.golden_digest) != (normaliser.version, normaliser.golden_digest):
        raise SymbolonError(ErrorCode.NORMALISER_MISMATCH, f"the federation uses {normaliser.version}")
    if entry.issued_at > now.timestamp() + MAX_SKEW:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "entry: issued_at is ahead of the coordinator's clock")
    return entry


def read_entry(message: MemberEntry) -> Entry:
    """Read an entry that was checked before it was stored; raise `SymbolonError` (`MALFORMED`) on another."""
    return _read(message)[0]


def replaces(entry: Entry, stored: Entry | None) -> bool:
    """Say whether the entry takes the stored one's place; False when it is the same again.

    Raises `SymbolonError` (`INVALID_INPUT`) when it differs and is not later.
    """
    if stored is None or entry.issued_at > stored.issued_at:
        return True
    if entry.message.description == stored.message.description:
        return False
    raise SymbolonError(ErrorCode.INVALID_INPUT, "entry: issued_at is not later than the stored entry's")


def _read(message: MemberEntry) -> tuple[Entry, MemberDescription]:
    try:
        description = MemberDescription.FromString(message.description)
        entry = Entry(
            Party.parse(description.member),
            description.address,
            SigningPublicKey(description.signing_key),
            SealingPublicKey(description.sealing_key),
            description.issued_at,
            # Built anew: fields of the message that we do not know were neither signed nor measured.
            MemberEntry(description=message.description, certificate=message.certificate, signature=message.signature),
        )
    except (DecodeError, FieldError, ValueError):
        raise SymbolonError(ErrorCode.MALFORMED, "entry: the description is not of the agreed form") from None
    if not is_address(description.address):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "entry: address is not host:port")
    if not (1 <= len(description.display_name) <= LONGEST_NAME and description.display_name.isprintable()):
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"entry: display_name is not 1 to {LONGEST_NAME} characters")
    return entry, description
