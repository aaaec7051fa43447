"""A directory log that a test writes as it likes, and signs: an honest one, or one that lies."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ledger.checkpoints import Checkpoint, sign_checkpoint
from ledger.cosignatures import cosign, witness_name
from ledger.directory import directory_origin
from ledger.directory_events import (
    DirectoryEvent,
    EpochAnnounced,
    FederationStated,
    MemberEntered,
    MemberEvent,
    MemberLeft,
    MemberRekeyed,
    MemberRenewed,
)
from ledger.entries import FIRST_PREVIOUS, Entry, Statement, draft, place
from ledger.merkle import TreeHead, root_of
from ledger.notes import Note
from matching.keys import SigningKey
from node.directory.trust import Shown

HUB = "symbolon://coordinator/HUB"
ORIGIN = directory_origin(HUB)
CUSTODIAN = "symbolon://custodian/FIRST"
BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)


def digest(text: str) -> str:
    """Give a digest that stands for something."""
    return hashlib.sha256(text.encode()).hexdigest()


def uri(name: str) -> str:
    """Give an agency's URI."""
    return f"symbolon://agency/{name}"


def stated() -> FederationStated:
    """Say on what the directory rests."""
    return FederationStated(
        federation="Test",
        coordinator=HUB,
        signing_fingerprint=digest("hub"),
        authority=digest("authority"),
        normaliser="1",
        golden_digest="1",
    )


def described(
    kind: type[MemberEntered | MemberRenewed | MemberRekeyed], name: str, key: str, at: int, description: str = ""
) -> MemberEvent:
    """Describe a member; ``key`` is the fingerprint of its signing key, or what stands for it."""
    return kind(
        member=uri(name),
        description_digest=description or digest(f"{name} {key} {at}"),
        certificate_digest=digest(f"certificate of {name}"),
        signing_fingerprint=key if len(key) == 64 else digest(key),
        sealing_fingerprint=digest("sealing"),
        issued_at=at,
    )


def entered(name: str, key: str = "", at: int = 1, description: str = "") -> MemberEvent:
    """Let a member enter."""
    return described(MemberEntered, name, key or name, at, description)


def rekeyed(name: str, key: str, at: int = 2) -> MemberEvent:
    """Give a member another key."""
    return described(MemberRekeyed, name, key, at)


def renewed(name: str, key: str = "", at: int = 2) -> MemberEvent:
    """Renew a member's description."""
    return described(MemberRenewed, name, key or name, at)


def left(name: str) -> MemberLeft:
    """Let a member leave."""
    return MemberLeft(member=uri(name))


def announced(epoch: str = "2026-1", key: str = "epoch") -> EpochAnnounced:
    """Announce an epoch."""
    return EpochAnnounced(epoch=epoch, public_key=key if len(key) == 64 else digest(key), custodian=CUSTODIAN)


@dataclass
class WrittenLog:
    """Entries as the test wants them, under a key of the coordinator."""

    key: SigningKey = field(default_factory=SigningKey.generate)
    entries: list[Entry] = field(default_factory=list)
    origin: str = ORIGIN

    def write(self, *events: DirectoryEvent) -> WrittenLog:
        """Append events."""
        for event in events:
            previous = self.entries[-1].leaf_hash if self.entries else FIRST_PREVIOUS
            number = len(self.entries) + 1
            self.entries.append(place(draft(Statement(event)), number, previous, BEGAN + timedelta(seconds=number)))
        return self

    def forked(self, size: int) -> WrittenLog:
        """Give another log that has the first entries in common."""
        return WrittenLog(self.key, self.entries[:size], self.origin)

    def head(self, size: int | None = None) -> Note:
        """Sign the head over the first entries, or all."""
        entries = self.entries[:size]
        root = root_of(entry.leaf_hash for entry in entries)
        return sign_checkpoint(Checkpoint(self.origin, TreeHead(len(entries), root)), self.key)

    def shown(self, known: int = 0, size: int | None = None, cosigned: Note | None = None) -> Shown:
        """Show the log to who has the first ``known`` entries."""
        bodies = [entry.body for entry in self.entries[known:size]]
        return Shown(known, bodies, str(self.head(size)).encode(), str(cosigned).encode() if cosigned else b"")


def cosigned(note: Note, cosigners: Sequence[tuple[str, SigningKey]]) -> Note:
    """Add the cosignatures of members, by name."""
    lines = [cosign(note, witness_name(uri(name)), key, int(BEGAN.timestamp())) for name, key in cosigners]
    return Note(note.text, (*note.signatures, *lines))
