"""What a directory log says when it is read from the first entry to the last: who is a member, with which keys.

Pure. The coordinator reads its own log so at every start, and each node the copy it keeps. An entry that does not fit
what stands before it makes the log a bad one, whoever signed its head: a member cannot enter twice, a key cannot change
under the name of a renewal, an epoch has one key for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import get_args

from ledger.directory_events import (
    DirectoryEvent,
    EpochAnnounced,
    FederationStated,
    MemberEntered,
    MemberEvent,
    MemberLeft,
    MemberRekeyed,
)
from ledger.entries import Entry


class DirectoryEntryError(ValueError):
    """An entry cannot follow those before it; the message says why."""


@dataclass(frozen=True, slots=True)
class LoggedMember:
    """A member's description as an entry names it."""

    entry: int
    description_digest: str
    keys: tuple[str, str]
    issued_at: int


@dataclass(frozen=True, slots=True)
class LoggedEpoch:
    """An epoch as an entry announced it first."""

    entry: int
    public_key: str
    custodian: str


@dataclass(frozen=True, slots=True)
class DirectoryState:
    """The directory after ``size`` entries. ``former`` has those who left, as they last were; ``live`` is an epoch."""

    size: int = 0
    stated: FederationStated | None = None
    members: Mapping[str, LoggedMember] = field(default_factory=dict)
    former: Mapping[str, LoggedMember] = field(default_factory=dict)
    epochs: Mapping[str, LoggedEpoch] = field(default_factory=dict)
    live: str | None = None


def directory_origin(coordinator: str) -> str:
    """Name a coordinator's directory log by its URI: ``symbolon/coordinator/HUB/directory``."""
    return f"{coordinator.replace('://', '/', 1)}/directory"


def concerned(event: DirectoryEvent) -> str | None:
    """Name the member whom an event is about, if any."""
    return event.member if isinstance(event, MemberEvent | MemberLeft) else None


def directory_event(entry: Entry) -> DirectoryEvent:
    """Give an entry's event; raise `DirectoryEntryError` when it does not belong into a directory."""
    if not isinstance(entry.event, get_args(DirectoryEvent)) or entry.commitments:
        raise DirectoryEntryError(f"entry {entry.number} does not belong into a directory")
    event: DirectoryEvent = entry.event
    return event


def read_directory(entries: Iterable[Entry], state: DirectoryState | None = None) -> DirectoryState:
    """Read entries that follow a state; raise `DirectoryEntryError`."""
    state = state or DirectoryState()
    for entry in entries:
        state = follow(state, entry.number, directory_event(entry))
    return state


def follow(state: DirectoryState, number: int, event: DirectoryEvent) -> DirectoryState:
    """Give the directory after one more entry, of that number; raise `DirectoryEntryError` when it cannot follow."""
    state = replace(state, size=number)
    match event:
        case FederationStated():
            return replace(state, stated=event)
        case EpochAnnounced():
            return _announced(state, number, event)
        case MemberLeft():
            return _left(state, number, event)
        case _:
            return _described(state, number, event)


def _announced(state: DirectoryState, number: int, event: EpochAnnounced) -> DirectoryState:
    known = state.epochs.get(event.epoch)
    if known and known.public_key != event.public_key:
        raise DirectoryEntryError(f"entry {number} gives an epoch another key than entry {known.entry}")
    epochs = {**state.epochs, event.epoch: LoggedEpoch(number, event.public_key, event.custodian)}
    return replace(state, epochs=epochs, live=event.epoch)


def _left(state: DirectoryState, number: int, event: MemberLeft) -> DirectoryState:
    if event.member not in state.members:
        raise DirectoryEntryError(f"entry {number} lets a party leave that is no member")
    members = dict(state.members)
    former = {**state.former, event.member: members.pop(event.member)}
    return replace(state, members=members, former=former)


def _described(state: DirectoryState, number: int, event: MemberEvent) -> DirectoryState:
    member = logged_member(number, event)
    before = state.members.get(event.member)
    if isinstance(event, MemberEntered):
        if before:
            raise DirectoryEntryError(f"entry {number} lets a member enter that is one since entry {before.entry}")
        before = state.former.get(event.member)
        if before and member.issued_at < before.issued_at:
            raise DirectoryEntryError(f"entry {number} brings an older description than entry {before.entry}")
    elif not before or member.issued_at <= before.issued_at:
        raise DirectoryEntryError(f"entry {number} renews a description that is not there, or by an older one")
    elif (member.keys != before.keys) is not isinstance(event, MemberRekeyed):
        raise DirectoryEntryError(f"entry {number} calls a change of keys a renewal, or a renewal one")
    former = {uri: one for uri, one in state.former.items() if uri != event.member}
    return replace(state, members={**state.members, event.member: member}, former=former)


def logged_member(number: int, event: MemberEvent) -> LoggedMember:
    """Give the member as an entry of that number describes it."""
    keys = (event.signing_fingerprint, event.sealing_fingerprint)
    return LoggedMember(number, event.description_digest, keys, event.issued_at)
