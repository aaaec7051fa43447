"""What a node believes of the directory it is shown: the rules, without network, clock or disk.

The node keeps a copy of the whole directory log. Rules, in order:

1. the head is signed with the coordinator's key as this node pinned it;
2. the entries shown follow the copy and lead to exactly that head; a head that does not is a second history (`FORKED`),
   and one that has fewer entries than the node had when it asked is an older directory (`ROLLED_BACK`);
3. the entries make sense (`ledger.directory`), or the log contradicts itself (`CONTRADICTORY`);
4. what they say of this node, this node has signed (`NOT_OURS`);
5. every key that is listed beside the log stands in it (`NOT_LOGGED`).

What breaks rule 2 to 5 is a dispute: it is kept as evidence, and while one is open nothing new counts. What was pinned
stays usable, less the members who left.

**Settling.** The copy is certain up to its settled entry. From `MOST_UNWITNESSED` + 1 members on an entry settles only
once another member has cosigned a head that covers it: not the member it is about, and one that was settled before. A
new member, and a renewal with the same keys, count before they are settled; a changed key and an epoch wait.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from ledger.checkpoints import Checkpoint, parse_checkpoint, verify_checkpoint
from ledger.cosignatures import CosignatureKey, witness_name
from ledger.directory import (
    DirectoryEntryError,
    DirectoryState,
    LoggedMember,
    concerned,
    directory_event,
    follow,
    logged_member,
    read_directory,
)
from ledger.directory_events import EpochAnnounced, MemberEntered, MemberLeft, MemberRekeyed, MemberRenewed
from ledger.entries import FIRST_PREVIOUS, DamagedLogError, Entry, read_entry
from ledger.merkle import root_of
from ledger.notes import Note, NoteError, VerifierKey, parse_note, verify_note
from matching.keys import SigningPublicKey

MOST_UNWITNESSED = 2
"""Members of a federation in which an entry settles without a cosignature: there is nobody else who could give one."""


MOST_ENTRIES = 65_536
"""Entries of a directory that a node keeps: each refresh reads them all, and an honest one has some hundreds."""

MOST_KEPT_BYTES = 1024 * 1024
"""Bytes of entries kept with a dispute; beyond that the signed heads alone, which are what convicts."""


class Dispute(Enum):
    """What a node holds against the directory."""

    FORKED = "forked"
    ROLLED_BACK = "rolled_back"
    CONTRADICTORY = "contradictory"
    NOT_OURS = "not_ours"
    NOT_LOGGED = "not_logged"
    COORDINATOR_KEY = "coordinator_key"


class UnreadableDirectoryError(ValueError):
    """What was shown proves nothing, for or against anybody; the message says why."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A dispute with what it rests on: the head believed before and what was shown, as canonical JSON."""

    kind: Dispute
    entry: int
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Give SHA-256 of the content in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


class DisputedDirectoryError(Exception):
    """The directory breaks a rule; ``evidence`` is to be kept."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.kind.value)
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Shown:
    """What a coordinator shows to who said that he has the first ``known`` entries."""

    known: int
    bodies: Sequence[bytes]
    head: bytes
    cosigned_head: bytes = b""


@dataclass(frozen=True)
class DirectoryCopy:
    """A node's copy of the directory log: ``logged`` after all entries, ``settled`` after those that are certain.

    ``cosigned`` has the largest size of which each member has cosigned a head, ``own`` the digests of what this node
    signed about itself.
    """

    entries: tuple[Entry, ...] = ()
    head: Note | None = None
    logged: DirectoryState = DirectoryState()  # noqa: RUF009  # frozen
    settled: DirectoryState = DirectoryState()  # noqa: RUF009
    cosigned: Mapping[str, int] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    is_disputed: bool = False

    @property
    def size(self) -> int:
        """Give the number of entries."""
        return len(self.entries)

    def root(self, size: int) -> bytes:
        """Give the root hash over the first entries."""
        return root_of(entry.leaf_hash for entry in self.entries[:size])

    def epoch_is_logged(self, epoch: str, public_key: bytes, custodian: str) -> bool:
        """Say whether the log announces this epoch with this key at this custodian."""
        known = self.logged.epochs.get(epoch)
        return known is not None and (known.public_key, known.custodian) == (public_key.hex(), custodian)


def continue_copy(copy: DirectoryCopy, shown: Shown, origin: str, key: SigningPublicKey) -> DirectoryCopy:
    """Give the copy with what is shown, by rules 1 to 4.

    Raises `UnreadableDirectoryError` and `DisputedDirectoryError`. An entry that is not ours is for `foreign_entry`:
    it stands in the log, and so it has to stand in the copy.
    """
    verifier = VerifierKey(origin, key)
    note, checkpoint = _signed_head(shown.head, origin, verifier)
    new = _following(copy, shown)
    entries = (*copy.entries, *new)
    if len(entries) > MOST_ENTRIES:
        raise UnreadableDirectoryError(f"it has more than {MOST_ENTRIES} entries")
    size = checkpoint.head.size
    if size > len(entries):
        raise UnreadableDirectoryError(f"entries {len(entries) + 1} to {size} are missing")
    if new and size < len(entries):
        raise UnreadableDirectoryError("there are more entries than the head covers")
    if root_of(entry.leaf_hash for entry in entries[:size]) != checkpoint.head.root:
        raise DisputedDirectoryError(_evidence(Dispute.FORKED, size, copy, shown))
    if size < shown.known:
        raise DisputedDirectoryError(_evidence(Dispute.ROLLED_BACK, size, copy, shown))
    _check_cosigned(copy, shown, entries, origin, verifier)
    if size < copy.size:
        return copy  # another process of this node has asked later than this one
    try:
        logged = read_directory(new, copy.logged)
    except DirectoryEntryError:
        raise DisputedDirectoryError(_evidence(Dispute.CONTRADICTORY, size, copy, shown)) from None
    return replace(copy, entries=entries, head=note, logged=logged)


def foreign_entry(
    before: DirectoryCopy, after: DirectoryCopy, own: str, own_keys: tuple[str, str] | None
) -> int | None:
    """Give the number of the first new entry about this node that it did not make, if there is one.

    A node that had no copy yet knows its last entry by its keys; earlier ones are history to it.
    """
    if not before.size:
        member = after.logged.members.get(own)
        is_ours = member is None or member.description_digest in after.own or member.keys == own_keys
        return None if is_ours or member is None else member.entry
    for entry in after.entries[before.size :]:
        event = directory_event(entry)
        if concerned(event) == own and not isinstance(event, MemberLeft):
            digest = getattr(event, "description_digest", None)
            if digest not in after.own:
                return entry.number
    return None


def dispute_about(kind: Dispute, entry: int, copy: DirectoryCopy, **what: Any) -> Evidence:
    """Make evidence of something other than the log itself."""
    content = {"kind": kind.value, "believed": str(copy.head or ""), **what}
    return Evidence(kind, entry, json.dumps(content, sort_keys=True, separators=(",", ":")).encode())


def count_cosignatures(copy: DirectoryCopy, shown: Shown, keys: Mapping[str, SigningPublicKey]) -> DirectoryCopy:
    """Give the copy with the cosignatures shown of those in ``keys`` whose key is settled; no others are looked at."""
    if not shown.cosigned_head:
        return copy
    note = parse_note(shown.cosigned_head)
    size = parse_checkpoint(note.text).head.size
    cosigned = dict(copy.cosigned)
    for uri, member in copy.settled.members.items():
        key = keys.get(uri)
        if key is not None and key.fingerprint() == member.keys[0] and _has_cosigned(note, uri, key):
            cosigned[uri] = max(size, cosigned.get(uri, 0))
    return replace(copy, cosigned=cosigned)


def settle(copy: DirectoryCopy, own: str) -> DirectoryCopy:
    """Give the copy with all settled that can be; a disputed one stays as it is, and a first one is taken whole."""
    if copy.is_disputed:
        return copy
    state = copy.settled if copy.settled.size else copy.logged
    for entry in copy.entries[state.size :]:
        if not _may_settle(state, entry, copy.cosigned, own):
            break
        state = follow(state, entry.number, directory_event(entry))
    return replace(copy, settled=state)


def settle_up_to(copy: DirectoryCopy, number: int) -> DirectoryCopy:
    """Give the copy settled up to an entry, because a person has compared it."""
    new = copy.entries[copy.settled.size : number]
    return replace(copy, settled=read_directory(new, copy.settled))


def usable_members(copy: DirectoryCopy) -> tuple[dict[str, LoggedMember], tuple[int, ...]]:
    """Give the description of each member that counts now, and the numbers of the entries that wait.

    Nobody is given who has left, settled or not. What this node has signed itself waits for nobody.
    """
    usable = dict(copy.settled.members)
    keys = {uri: one.keys for uri, one in {**copy.settled.former, **usable}.items()}
    waiting = []
    for entry in copy.entries[copy.settled.size :]:
        match directory_event(entry):
            case MemberEntered() | MemberRenewed() | MemberRekeyed() as event:
                member = logged_member(entry.number, event)
                is_known = keys.setdefault(event.member, member.keys) == member.keys
                if is_known or member.description_digest in copy.own:
                    usable[event.member] = member
                else:
                    waiting.append(entry.number)
            case MemberLeft(member=uri):
                usable.pop(uri, None)
            case EpochAnnounced():
                waiting.append(entry.number)
    return {uri: one for uri, one in usable.items() if uri in copy.logged.members}, tuple(waiting)


def describes(copy: DirectoryCopy, uri: str, digest: str) -> bool:
    """Say whether an entry of the log names this description of this member, be it an earlier one."""
    events = (directory_event(entry) for entry in copy.entries)
    return any(concerned(event) == uri and getattr(event, "description_digest", "") == digest for event in events)


def _may_settle(state: DirectoryState, entry: Entry, cosigned: Mapping[str, int], own: str) -> bool:
    if len(state.members) <= MOST_UNWITNESSED:
        return True
    witnesses = state.members.keys() - {own, concerned(directory_event(entry))}
    return any(cosigned.get(uri, 0) >= entry.number for uri in witnesses)


def _has_cosigned(note: Note, uri: str, key: SigningPublicKey) -> bool:
    try:
        verify_note(note, [CosignatureKey(witness_name(uri), key)])
    except NoteError:
        return False
    return True


def _signed_head(content: bytes, origin: str, key: VerifierKey) -> tuple[Note, Checkpoint]:
    try:
        note = parse_note(content)
        return note, verify_checkpoint(note, origin, [key])
    except NoteError as error:
        raise UnreadableDirectoryError(f"the head: {error}") from None


def _following(copy: DirectoryCopy, shown: Shown) -> tuple[Entry, ...]:
    """Read the entries that are new to the copy; those that it got meanwhile must be the ones shown."""
    overlap = copy.size - shown.known
    if overlap < 0:
        raise UnreadableDirectoryError(f"entries {copy.size + 1} to {shown.known} are missing in this node's copy")
    for entry, body in zip(copy.entries[shown.known :], shown.bodies, strict=False):
        if entry.body != body:
            raise DisputedDirectoryError(_evidence(Dispute.FORKED, entry.number, copy, shown))
    entries: list[Entry] = []
    previous = copy.entries[-1].leaf_hash if copy.entries else FIRST_PREVIOUS
    for body in shown.bodies[overlap:]:
        try:
            entry = read_entry(body, copy.size + len(entries) + 1, None)
        except DamagedLogError as error:
            raise UnreadableDirectoryError(str(error)) from None
        if json.loads(body)["previous"] != previous.hex():
            raise DisputedDirectoryError(_evidence(Dispute.FORKED, entry.number, copy, shown))
        previous = entry.leaf_hash
        entries.append(entry)
    return tuple(entries)


def _check_cosigned(copy: DirectoryCopy, shown: Shown, entries: Sequence[Entry], origin: str, key: VerifierKey) -> None:
    """Raise unless the cosigned head is one of this very log."""
    if not shown.cosigned_head:
        return
    _, checkpoint = _signed_head(shown.cosigned_head, origin, key)
    size = checkpoint.head.size
    if size > len(entries):
        raise UnreadableDirectoryError(f"the cosigned head covers {size} entries, more than are shown")
    if root_of(entry.leaf_hash for entry in entries[:size]) != checkpoint.head.root:
        raise DisputedDirectoryError(_evidence(Dispute.FORKED, size, copy, shown))


def _evidence(kind: Dispute, entry: int, copy: DirectoryCopy, shown: Shown) -> Evidence:
    return dispute_about(
        kind,
        entry,
        copy,
        head=_text(shown.head),
        cosigned_head=_text(shown.cosigned_head),
        known=shown.known,
        entries=[_text(body) for body in shown.bodies] if sum(map(len, shown.bodies)) <= MOST_KEPT_BYTES else None,
    )


def _text(content: bytes) -> str:
    return content.decode("utf-8", "backslashreplace")


def copy_of(entries: Iterable[Entry], settled: int, **values: Any) -> DirectoryCopy:
    """Make a copy from what was stored; raise `DirectoryEntryError` when it does not hold together."""
    stored = tuple(entries)
    certain = read_directory(stored[:settled])
    return DirectoryCopy(entries=stored, settled=certain, logged=read_directory(stored[settled:], certain), **values)
