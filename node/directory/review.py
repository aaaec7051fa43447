"""What follows from a directory that was fetched: it is compared with the copy, and who counts is said.

Decisions are `node.directory.trust`'s and `node.directory.membership`'s; here they are put in order and stored. All
of it blocks, so it belongs into a thread, and the caller holds `node.directory.membership.sole_writer`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography import x509

from ledger.directory import LoggedMember, directory_origin
from matching.keys import SigningPublicKey
from node.directory.copy import DirectoryFile, KeptDispute
from node.directory.membership import Federation, KeyChange, Member, key_changes, verify_coordinator, verify_entry
from node.directory.trust import (
    DirectoryCopy,
    Dispute,
    DisputedDirectoryError,
    Evidence,
    Shown,
    UnreadableDirectoryError,
    continue_copy,
    count_cosignatures,
    describes,
    dispute_about,
    foreign_entry,
    settle,
    usable_members,
)
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.v1.directory_pb2 import CoordinatorEntry, ListMembersResponse

logger = logging.getLogger("symbolon.node")


@dataclass(frozen=True)
class Position:
    """From where a node looks at the directory: the authority it trusts, its coordinator, itself and its keys.

    ``own_keys`` are the fingerprints of signing and sealing key, where they are known.
    """

    authority: x509.Certificate
    hub: Party
    own: str
    own_keys: tuple[str, str] | None


@dataclass(frozen=True)
class Dropped:
    """A pinned member that counts no longer, and the last entry of the log when that was seen."""

    member: str
    entry: int


@dataclass(frozen=True)
class News:
    """What the node's log has to say before the directory counts as reviewed."""

    changes: tuple[KeyChange, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    disputes: tuple[Evidence, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self.changes or self.dropped or self.disputes)


@dataclass(frozen=True)
class Reviewed:
    """The outcome: the members that count, the coordinator's key, the copy, the entries that wait, and the news."""

    members: Mapping[str, Member]
    hub: SigningPublicKey
    copy: DirectoryCopy
    waiting: tuple[int, ...]
    news: News


@dataclass(frozen=True)
class _Listed:
    member: Member
    digest: str
    entry: bytes


def review(
    file: DirectoryFile, pinned: Federation | None, listed: ListMembersResponse, shown: Shown, position: Position
) -> Reviewed:
    """Review a directory and store what follows.

    Raises `SymbolonError` (`DIRECTORY_UNREADABLE`) when it proves nothing, and `KEY_CHANGED` when the coordinator's own
    entry is not certified.
    """
    copy = file.load()
    hub = verify_coordinator(listed.coordinator, position.authority, position.hub, datetime.now(UTC))
    certified = {one.member.uri: one for one in _certified(listed, position.authority)}
    keys = {uri: key for uri, key in _signing_keys(pinned, certified).items() if uri != position.own}
    evidence: list[Evidence] = []
    try:
        after, evidence = _compared(copy, pinned, listed, shown, hub, position)
        evidence += _unlogged(after, listed, certified)
    except DisputedDirectoryError as disputed:
        after, evidence = copy, [disputed.evidence]
    except UnreadableDirectoryError as error:
        raise SymbolonError(ErrorCode.DIRECTORY_UNREADABLE, str(error)) from None
    new = tuple(one for one in evidence if file.keep(one))
    after = replace(after, is_disputed=any(not one.is_settled for one in file.disputes()))
    if not any(one.kind in _ABOUT_THE_LOG for one in evidence):
        after = settle(count_cosignatures(after, shown, keys), position.own)
        file.store(after, int(time.time()))
    return _outcome(after, pinned, certified, hub, new)


_ABOUT_THE_LOG = (Dispute.FORKED, Dispute.ROLLED_BACK, Dispute.CONTRADICTORY, Dispute.COORDINATOR_KEY)


def _compared(
    copy: DirectoryCopy,
    pinned: Federation | None,
    listed: ListMembersResponse,
    shown: Shown,
    hub: SigningPublicKey,
    position: Position,
) -> tuple[DirectoryCopy, list[Evidence]]:
    if pinned and pinned.hub_signing not in (None, hub):
        entry = listed.coordinator.SerializeToString(deterministic=True).hex()
        raise DisputedDirectoryError(dispute_about(Dispute.COORDINATOR_KEY, 0, copy, coordinator=entry))
    after = continue_copy(copy, shown, directory_origin(position.hub.uri), hub)
    foreign = foreign_entry(copy, after, position.own, position.own_keys)
    if foreign is None:
        return after, []
    body = after.entries[foreign - 1].body.decode()
    return after, [dispute_about(Dispute.NOT_OURS, foreign, after, logged=body)]


def _unlogged(copy: DirectoryCopy, listed: ListMembersResponse, certified: Mapping[str, _Listed]) -> list[Evidence]:
    """Hold against the coordinator each key that it names and that its log does not have."""
    found = [
        dispute_about(Dispute.NOT_LOGGED, 0, copy, member=uri, listed=one.entry.hex())
        for uri, one in sorted(certified.items())
        if not describes(copy, uri, one.digest)
    ]
    described = listed.federation
    if not copy.epoch_is_logged(described.epoch, described.epoch_public_key, described.custodian):
        federation = described.SerializeToString(deterministic=True).hex()
        found.append(dispute_about(Dispute.NOT_LOGGED, 0, copy, federation=federation))
    return found


def _outcome(
    copy: DirectoryCopy,
    pinned: Federation | None,
    certified: Mapping[str, _Listed],
    hub: SigningPublicKey,
    disputes: tuple[Evidence, ...],
) -> Reviewed:
    before = pinned.members if pinned else {}
    usable, waiting = usable_members(copy)
    if copy.is_disputed:
        members = {uri: one for uri, one in before.items() if uri not in copy.logged.former}
    else:
        members = dict(_counting(usable, before, certified))
    dropped = tuple(Dropped(uri, copy.size) for uri in sorted(before.keys() - members.keys()))
    return Reviewed(members, hub, copy, waiting, News(key_changes(pinned, members), dropped, disputes))


def _counting(
    usable: Mapping[str, LoggedMember], before: Mapping[str, Member], certified: Mapping[str, _Listed]
) -> Iterator[tuple[str, Member]]:
    """Give the members whose description is the logged one, or is pinned with the logged keys."""
    for uri, logged in usable.items():
        one, old = certified.get(uri), before.get(uri)
        if one and (one.digest, one.member.fingerprints) == (logged.description_digest, logged.keys):
            yield uri, one.member
        elif old and old.fingerprints == logged.keys:
            yield uri, old


def _signing_keys(pinned: Federation | None, certified: Mapping[str, _Listed]) -> dict[str, SigningPublicKey]:
    """Give the members' signing keys; whether one is settled is looked at where it is used."""
    listed = {uri: one.member.signing for uri, one in certified.items()}
    return listed | ({uri: one.signing for uri, one in pinned.members.items()} if pinned else {})


def _certified(listed: ListMembersResponse, authority: x509.Certificate) -> Sequence[_Listed]:
    """Give the members whose entries verify; the others are named in the process's log and not believed.

    One expired certificate must not stop the queries to everyone else, and a forged entry must not be used.
    """
    members = []
    now = datetime.now(UTC)
    for place, entry in enumerate(listed.entries):
        try:
            member = verify_entry(entry, authority, now)
        except SymbolonError as error:
            logger.error("directory entry %d not believed: %s", place, error)
            continue
        digest = hashlib.sha256(entry.description).hexdigest()
        members.append(_Listed(member, digest, entry.SerializeToString(deterministic=True)))
    return members


def shown_coordinator_key(
    disputes: Sequence[KeptDispute], fingerprint: str, authority: x509.Certificate, hub: Party
) -> SigningPublicKey:
    """Give the coordinator's key of that fingerprint from the evidence in which it was shown, certified today.

    Raises `SymbolonError`: `NOT_FOUND` when it was not shown, `KEY_CHANGED` when it is not certified.
    """
    for kept in disputes:
        if kept.evidence.kind is Dispute.COORDINATOR_KEY:
            entry = CoordinatorEntry.FromString(bytes.fromhex(json.loads(kept.evidence.content)["coordinator"]))
            key = verify_coordinator(entry, authority, hub, datetime.now(UTC))
            if key.fingerprint() == fingerprint:
                return key
    raise SymbolonError(ErrorCode.NOT_FOUND, "the coordinator has shown no other key of this fingerprint")
