"""What a node writes into its disclosure log about the directory, before what it saw there counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ledger.directory_events import DirectoryAccepted, DirectoryDisputed, MemberDropped
from ledger.entries import Statement
from ledger.events import FederationJoined, KeysChanged
from ledger.federation_events import EpochLive, FederationRefused, MemberListed
from ledger.log import Ledger
from node.directory.membership import Federation
from node.directory.review import News


async def directory_news(ledger: Ledger, news: News) -> None:
    """Write what a refresh brought: changed keys, new members, members who left, disputes."""
    await ledger.record(*_statements(news))


def joined(ledger: Ledger, user: str, federation: Federation | None, news: News) -> None:
    """Write that the federation is about to be pinned, if it is, and what else a look into the directory brought."""
    statements = list(_statements(news))
    if federation is not None:
        event = FederationJoined(
            federation=federation.name,
            epoch=federation.epoch,
            epoch_public_key=federation.epoch_public_key,
            members=tuple(sorted(federation.members)),
        )
        statements.insert(0, Statement(event, {"user": user}))
    ledger.append(*statements)


def not_joined(ledger: Ledger, user: str, reason: str) -> None:
    """Node: before it is told that the federation is not joined."""
    ledger.append(Statement(FederationRefused(reason=reason), {"user": user}))


def epoch_live(ledger: Ledger, federation: Federation) -> None:
    """Node: before its server uses the key of an epoch."""
    event = EpochLive(custodian=federation.custodian, epoch=federation.epoch, public_key=federation.epoch_public_key)
    ledger.append(Statement(event))


def directory_accepted(
    ledger: Ledger,
    what: Literal["entries", "dispute", "coordinator_key"],
    number: int,
    fingerprint: str,
    user: str,
    reason: str,
) -> None:
    """Write that a person is about to let entries count, to settle a dispute, or to take the coordinator's new key."""
    event = DirectoryAccepted(what=what, number=number, fingerprint=fingerprint)
    ledger.append(Statement(event, {"user": user, "reason": reason}))


def _statements(news: News) -> Iterator[Statement]:
    for change in news.changes:
        made = MemberListed if change.is_new else KeysChanged
        event = made(
            member=change.member,
            signing_fingerprint=change.signing_fingerprint,
            sealing_fingerprint=change.sealing_fingerprint,
        )
        yield Statement(event)
    for dropped in news.dropped:
        yield Statement(MemberDropped(member=dropped.member, entry=dropped.entry))
    for one in news.disputes:
        yield Statement(DirectoryDisputed(kind=one.kind.value, entry=one.entry, evidence_digest=one.digest))
