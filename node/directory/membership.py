"""Who else is in the federation, and with which keys: what the coordinator says, believed only as far as certified.

Each member signs its own entry with the key of its TLS certificate, so the coordinator can withhold an entry but not
put in a key of its own (threat T26). Which of the certified entries counts, the directory log says
(`node.directory.trust`). What counts is pinned, and another key is reported as a change for the disclosure log.

This module decides; it touches no network. ``federation.json`` holds the result between runs.
"""

from __future__ import annotations

import fcntl
import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from google.protobuf.message import DecodeError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matching.features import golden_digest, own_normaliser
from matching.keys import SealingPublicKey, SigningPublicKey
from node.config import Line, NodeHome
from node.keys import NodeKeys
from symbolon.rpc import certificates
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import write_whole
from symbolon.rpc.identity import Party
from symbolon.v1.directory_pb2 import (
    CoordinatorDescription,
    CoordinatorEntry,
    FederationDescription,
    MemberDescription,
    MemberEntry,
)


class Member(BaseModel):
    """A member as pinned: its certified description; keys and the digest over golden rows in hexadecimal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: str
    display_name: Line = Field(min_length=1, max_length=200)
    signing_key: str
    sealing_key: str
    normaliser: str
    golden_digest: str
    issued_at: int

    @property
    def normalises_alike(self) -> bool:
        """Say whether this member makes the same features of a person as this node, by version and by golden rows."""
        return (self.normaliser, self.golden_digest) == (own_normaliser(), _own_golden_digest())

    def has_keys_of(self, other: Member) -> bool:
        """Say whether both have the same keys."""
        return (self.signing_key, self.sealing_key) == (other.signing_key, other.sealing_key)

    @property
    def fingerprints(self) -> tuple[str, str]:
        """Give the fingerprints of signing and sealing key."""
        return self.signing.fingerprint(), self.sealing.fingerprint()

    @property
    def signing(self) -> SigningPublicKey:
        """Give the key that signs this member's envelopes and replies."""
        return SigningPublicKey(bytes.fromhex(self.signing_key))

    @property
    def sealing(self) -> SealingPublicKey:
        """Give the key to which queries for this member are sealed."""
        return SealingPublicKey(bytes.fromhex(self.sealing_key))


class Federation(BaseModel):
    """What a node has pinned: the epoch and its public key (hexadecimal), the custodian, the members by URI,
    and the key (hexadecimal) with which the coordinator signs its logs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    custodian: str
    custodian_address: str
    epoch: str
    epoch_public_key: str
    members: dict[str, Member]
    hub_signing_key: str = ""

    @property
    def hub_signing(self) -> SigningPublicKey | None:
        """Give the key under which the coordinator signs and cosigns heads of logs, once it has told one."""
        return SigningPublicKey(bytes.fromhex(self.hub_signing_key)) if self.hub_signing_key else None

    @property
    def custodian_named(self) -> str:
        """Name the custodian for an error: its URI and where it is looked for."""
        return f"the custodian {self.custodian} at {self.custodian_address}"


@dataclass(frozen=True)
class KeyChange:
    """A member whose keys differ from those pinned before, or who is new; certified, and reported for the log."""

    member: str
    signing_fingerprint: str
    sealing_fingerprint: str
    is_new: bool = False


def own_entry(home: NodeHome, keys: NodeKeys, now: datetime) -> MemberEntry:
    """Describe this node and sign the description with its TLS key."""
    description = MemberDescription(
        member=home.party.uri,
        display_name=home.settings.display_name,
        address=home.settings.address,
        signing_key=keys.signing.public_key().raw,
        sealing_key=keys.sealing.public_key().raw,
        normaliser=own_normaliser(),
        golden_digest=_own_golden_digest(),
        declared_records=home.settings.declared_records,
        issued_at=int(now.timestamp()),
    ).SerializeToString(deterministic=True)
    certificate = certificates.load_certificate(home.tls.certificate.read_bytes())
    key = certificates.load_key(home.tls.key.read_bytes())
    return MemberEntry(
        description=description,
        certificate=certificates.certificate_der(certificate),
        signature=certificates.sign_statement(key, description),
    )


def verify_entry(entry: MemberEntry, authority: x509.Certificate, now: datetime) -> Member:
    """Check that an entry is signed by the certificate of the agency it describes.

    Raises `SymbolonError` (`KEY_CHANGED`) otherwise: the coordinator is at fault, or the authority is another one.
    """
    try:
        party = certificates.verify_statement(
            authority, entry.certificate, entry.description, entry.signature, now.astimezone(UTC)
        )
        description = MemberDescription.FromString(entry.description)
        member = Member(
            uri=description.member,
            display_name=description.display_name,
            signing_key=SigningPublicKey(description.signing_key).raw.hex(),
            sealing_key=SealingPublicKey(description.sealing_key).raw.hex(),
            normaliser=description.normaliser,
            golden_digest=description.golden_digest,
            issued_at=description.issued_at,
        )
    except (certificates.CertificateError, DecodeError, ValueError):
        raise SymbolonError(ErrorCode.KEY_CHANGED, "a directory entry is not certified") from None
    if party.uri != member.uri or party.kind != "agency":
        raise SymbolonError(ErrorCode.KEY_CHANGED, f"the entry of {party.uri} describes another party")
    return member


def verify_coordinator(
    entry: CoordinatorEntry, authority: x509.Certificate, hub: Party, now: datetime
) -> SigningPublicKey:
    """Give the key that signs the coordinator's logs, once its certificate vouches for it.

    Raises `SymbolonError` (`KEY_CHANGED`) otherwise.
    """
    try:
        party = certificates.verify_statement(
            authority, entry.certificate, entry.description, entry.signature, now.astimezone(UTC)
        )
        description = CoordinatorDescription.FromString(entry.description)
        key = SigningPublicKey(description.signing_key)
    except (certificates.CertificateError, DecodeError, ValueError):
        raise SymbolonError(ErrorCode.KEY_CHANGED, "the coordinator's own entry is not certified") from None
    if not party.uri == hub.uri == description.coordinator:
        raise SymbolonError(ErrorCode.KEY_CHANGED, "the coordinator's own entry describes another party")
    return key


def pin(
    known: Federation | None, described: FederationDescription, members: Mapping[str, Member], hub: SigningPublicKey
) -> Federation:
    """Make what is to be pinned of what the coordinator says and the members that count.

    Raises `SymbolonError`: `NORMALISER_MISMATCH`, and `KEY_CHANGED` for a changed public key within one epoch.
    """
    _check_federation(known, described)
    return Federation(
        name=described.name,
        custodian=described.custodian,
        custodian_address=described.custodian_address,
        epoch=described.epoch,
        epoch_public_key=described.epoch_public_key.hex(),
        members=dict(members),
        hub_signing_key=hub.raw.hex(),
    )


def key_changes(known: Federation | None, after: Mapping[str, Member]) -> tuple[KeyChange, ...]:
    """Give the members that have other keys than those known, and the new ones; at a first look none is new."""
    before = known.members if known else {}
    return tuple(
        KeyChange(uri, *member.fingerprints, is_new=uri not in before)
        for uri, member in after.items()
        if known and (uri not in before or not member.has_keys_of(before[uri]))
    )


@contextmanager
def sole_writer(path: Path) -> Iterator[None]:
    """Hold the lock beside the file while it is read, decided on and saved: the server and ``join`` both write it.

    Waits for the other, so it belongs into a thread.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def load_federation(path: Path) -> Federation:
    """Read what is pinned; raise `SymbolonError` (`NOT_JOINED`) when nothing is, `INVALID_INPUT` when damaged."""
    try:
        return Federation.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise SymbolonError(ErrorCode.NOT_JOINED) from None
    except ValidationError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path} is damaged: remove it and join again") from None


def save_federation(path: Path, federation: Federation) -> None:
    """Write what is pinned, whole or not at all."""
    write_whole(path, federation.model_dump_json(indent=1).encode())


@functools.cache
def _own_golden_digest() -> str:
    return golden_digest()


def _check_federation(known: Federation | None, described: FederationDescription) -> None:
    if described.normaliser != own_normaliser():
        raise SymbolonError(ErrorCode.NORMALISER_MISMATCH, f"the federation uses {described.normaliser}")
    if Party.parse(described.custodian).kind != "custodian":
        raise SymbolonError(ErrorCode.KEY_CHANGED, "the custodian named is no custodian")
    if known is None or known.epoch != described.epoch:
        return
    if known.epoch_public_key != described.epoch_public_key.hex():
        raise SymbolonError(ErrorCode.KEY_CHANGED, f"the public key of epoch {described.epoch}")
