"""The events of a coordinator's directory log, and what a node writes into its own log about the directory.

Every member reads a directory log whole, so nothing in it speaks of a query or a person.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from ledger.logged import LoggedEvent

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal."""


class FederationStated(LoggedEvent):
    """Directory: on what everything in it rests. Digests of the coordinator's key and the authority's certificate."""

    type: Literal["federation_stated"] = "federation_stated"
    federation: str
    coordinator: str
    signing_fingerprint: Digest
    authority: Digest
    normaliser: str
    golden_digest: str


class _MemberEvent(LoggedEvent):
    """A member's description, by the digest of the bytes it signed, the certificate and the keys."""

    member: str
    description_digest: Digest
    certificate_digest: Digest
    signing_fingerprint: Digest
    sealing_fingerprint: Digest
    issued_at: int


class MemberEntered(_MemberEvent):
    """Directory: a member is about to be listed that was not, or no longer was."""

    type: Literal["member_entered"] = "member_entered"


class MemberRenewed(_MemberEvent):
    """Directory: a member describes itself anew, with the keys that it had."""

    type: Literal["member_renewed"] = "member_renewed"


class MemberRekeyed(_MemberEvent):
    """Directory: a member describes itself anew, with another key."""

    type: Literal["member_rekeyed"] = "member_rekeyed"


class MemberLeft(LoggedEvent):
    """Directory: a member is admitted no longer."""

    type: Literal["member_left"] = "member_left"
    member: str


class EpochAnnounced(LoggedEvent):
    """Directory: an epoch is live from now on, with this public key at this custodian."""

    type: Literal["epoch_announced"] = "epoch_announced"
    epoch: str
    public_key: Digest
    custodian: str


class DirectoryDisputed(LoggedEvent):
    """Node: holds something against the directory, and keeps it; nothing new counts until a person has looked."""

    type: Literal["directory_disputed"] = "directory_disputed"
    kind: str
    entry: int
    evidence_digest: Digest


class DirectoryAccepted(LoggedEvent):
    """Node: a person lets the directory count up to an entry, or settles a dispute. Personal: user, reason."""

    type: Literal["directory_accepted"] = "directory_accepted"
    what: Literal["entries", "dispute", "coordinator_key"]
    number: int
    fingerprint: str


class MemberDropped(LoggedEvent):
    """Node: a member that has left the directory is about to count no longer."""

    type: Literal["member_dropped"] = "member_dropped"
    member: str
    entry: int


MemberEvent = MemberEntered | MemberRenewed | MemberRekeyed
DirectoryEvent = FederationStated | MemberEntered | MemberRenewed | MemberRekeyed | MemberLeft | EpochAnnounced
NodeDirectoryEvent = DirectoryDisputed | DirectoryAccepted | MemberDropped
