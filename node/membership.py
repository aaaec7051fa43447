"""Who else is in the federation, and with which keys: what the coordinator says, believed only as far as certified.

Each member signs its own entry with the key of its TLS certificate, so the coordinator can withhold an entry but not
put in a key of its own (threat T26). What a node has once seen is pinned: an entry that is older than the pinned one is
ignored, a newer one replaces it and is reported as a change for the disclosure log.

This module decides; it touches no network. ``federation.json`` holds the result between runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from google.protobuf.message import DecodeError
from pydantic import BaseModel, ConfigDict, ValidationError

from matching.features import NORMALISER_VERSION, golden_digest
from matching.keys import SealingPublicKey, SigningPublicKey
from node.config import NodeHome
from node.keys import NodeKeys
from symbolon.rpc import certificates
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import write_whole
from symbolon.rpc.identity import Party
from symbolon.v1.directory_pb2 import FederationDescription, MemberDescription, MemberEntry


class Member(BaseModel):
    """A member as pinned: its certified description; keys in hexadecimal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: str
    display_name: str
    signing_key: str
    sealing_key: str
    normaliser: str
    issued_at: int

    @property
    def signing(self) -> SigningPublicKey:
        """Give the key that signs this member's envelopes and replies."""
        return SigningPublicKey(bytes.fromhex(self.signing_key))

    @property
    def sealing(self) -> SealingPublicKey:
        """Give the key to which queries for this member are sealed."""
        return SealingPublicKey(bytes.fromhex(self.sealing_key))


class Federation(BaseModel):
    """What a node has pinned: the epoch and its public key (hexadecimal), the custodian, the members by URI."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    custodian: str
    custodian_address: str
    epoch: str
    epoch_public_key: str
    members: dict[str, Member]


@dataclass(frozen=True)
class KeyChange:
    """A member whose keys differ from those pinned before; certified, and reported for the log."""

    member: str
    signing_fingerprint: str
    sealing_fingerprint: str


def own_entry(home: NodeHome, keys: NodeKeys, now: datetime) -> MemberEntry:
    """Describe this node and sign the description with its TLS key."""
    description = MemberDescription(
        member=home.party.uri,
        display_name=home.settings.display_name,
        address=home.settings.address,
        signing_key=keys.signing.public_key().raw,
        sealing_key=keys.sealing.public_key().raw,
        normaliser=NORMALISER_VERSION,
        golden_digest=golden_digest(),
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
            issued_at=description.issued_at,
        )
    except (certificates.CertificateError, DecodeError, ValueError):
        raise SymbolonError(ErrorCode.KEY_CHANGED, "a directory entry is not certified") from None
    if party.uri != member.uri or party.kind != "agency":
        raise SymbolonError(ErrorCode.KEY_CHANGED, f"the entry of {party.uri} describes another party")
    return member


def pin(
    known: Federation | None, described: FederationDescription, members: Iterable[Member]
) -> tuple[Federation, tuple[KeyChange, ...]]:
    """Merge what the coordinator says into what is pinned; give the result and the keys that changed.

    Members are never forgotten here: one that the coordinator withholds stays known. The epoch follows the description,
    but a changed public key within one epoch raises `SymbolonError` (`KEY_CHANGED`).
    """
    _check_federation(known, described)
    pinned = dict(known.members) if known else {}
    changes = []
    for member in members:
        before = pinned.get(member.uri)
        if before is not None and member.issued_at <= before.issued_at:
            continue
        if before is not None and (before.signing_key, before.sealing_key) != (member.signing_key, member.sealing_key):
            changes.append(KeyChange(member.uri, member.signing.fingerprint(), member.sealing.fingerprint()))
        pinned[member.uri] = member
    federation = Federation(
        name=described.name,
        custodian=described.custodian,
        custodian_address=described.custodian_address,
        epoch=described.epoch,
        epoch_public_key=described.epoch_public_key.hex(),
        members=pinned,
    )
    return federation, tuple(changes)


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


def _check_federation(known: Federation | None, described: FederationDescription) -> None:
    if described.normaliser != NORMALISER_VERSION:
        raise SymbolonError(ErrorCode.NORMALISER_MISMATCH, f"the federation uses {described.normaliser}")
    if Party.parse(described.custodian).kind != "custodian":
        raise SymbolonError(ErrorCode.KEY_CHANGED, "the custodian named is no custodian")
    if known is None or known.epoch != described.epoch:
        return
    if known.epoch_public_key != described.epoch_public_key.hex():
        raise SymbolonError(ErrorCode.KEY_CHANGED, f"the public key of epoch {described.epoch}")
