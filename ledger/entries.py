"""An entry of the log: its number, its time, its event, the commitments to what is personal, and the link to the last.

The bytes of an entry are RFC 8785 canonical JSON. Its hash is that of an RFC 9162 leaf, SHA-256(0x00 ‖ bytes), and the
next entry names it, so no entry can be changed, dropped or put in without all that follow being rewritten.

A personal field enters as HMAC-SHA256 under a salt of its own: birth dates can be guessed, salts cannot. Salt and value
lie apart (`Opening`); erasing them leaves every hash valid.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, StrictInt, StringConstraints

from ledger.canonical import canonical, canonical_text, is_canonical
from ledger.events import Event
from ledger.logged import LoggedEvent
from ledger.merkle import HASH_BYTES, hash_leaf

SALT_BYTES = 32
FIRST_PREVIOUS = bytes(HASH_BYTES)
"""What the first entry names as the hash before it."""

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class DamagedLogError(ValueError):
    """An entry does not verify; the message names the entry and the check, never its content."""


class StatementError(ValueError):
    """A statement cannot be written; the message names the type of its event, never a value."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind}: a value has no canonical form")


@dataclass(frozen=True, slots=True)
class Statement:
    """What is to be written: an event, and beside it what of it is personal, by field."""

    event: Event
    personal: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a commitment stands for: kept apart from the entry, and erasable."""

    name: str
    salt: bytes = field(repr=False)
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement ready to be written: all of an entry but its place in the log."""

    event: Event
    event_bytes: bytes = field(repr=False)
    commitments: Mapping[str, str]
    commitments_bytes: bytes = field(repr=False)
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands in the log, with the bytes that are hashed."""

    number: int
    time: datetime
    event: Event
    commitments: Mapping[str, str]
    body: bytes = field(repr=False)
    leaf_hash: bytes

    def to_json(self) -> dict[str, Any]:
        """Give the entry for people and programs: number, time, type, the event's fields, commitments, hash."""
        event = self.event.model_dump(mode="json")
        return {
            "number": self.number,
            "time": self.time.isoformat(),
            "type": event.pop("type"),
            "event": event,
            "commitments": dict(self.commitments),
            "leaf_hash": self.leaf_hash.hex(),
        }


def commit(salt: bytes, name: str, value: str) -> bytes:
    """Commit to one personal field: HMAC-SHA256 under its salt over the field's name and value."""
    # The canonical form of a list is those of its members; of a text it is had much faster.
    # `hmac.new` keeps the interpreter's lock for so short a message, `hmac.digest` would wait to have it back.
    return hmac.new(salt, b"[%b,%b]" % (canonical_text(name), canonical_text(value)), "sha256").digest()


def draft(statement: Statement) -> Draft:
    """Prepare a statement; raise `StatementError` when a value has no canonical form (half a character, 2^53 and more).

    Done by whoever writes, so that nobody's odd value can stop the log for others.
    """
    personal = sorted(statement.personal.items())
    salts = secrets.token_bytes(SALT_BYTES * len(personal))  # drawn once: each call lets another thread in
    openings = tuple(
        Opening(name, salts[SALT_BYTES * at : SALT_BYTES * (at + 1)], value)
        for at, (name, value) in enumerate(personal)
    )
    try:
        commitments = {one.name: commit(one.salt, one.name, one.value).hex() for one in openings}
        event = canonical(statement.event.model_dump(mode="json"))
        return Draft(statement.event, event, commitments, canonical(commitments), openings)
    except ValueError:  # of which rfc8785's are; without "from": they may quote the value
        raise StatementError(statement.event.type) from None


def place(drafted: Draft, number: int, previous: bytes, now: datetime) -> Entry:
    """Make a draft the entry that follows the one with hash ``previous``."""
    # The canonical form of an object is those of its members in the order of their names.
    body = b'{"commitments":%b,"event":%b,"number":%d,"previous":"%b","time":"%b"}' % (
        drafted.commitments_bytes,
        drafted.event_bytes,
        number,
        previous.hex().encode(),
        now.isoformat().encode(),
    )
    return Entry(number, now, drafted.event, drafted.commitments, body, hash_leaf(body))


def time_of(body: bytes) -> datetime:
    """Give the time of an entry's bytes, unread."""
    return datetime.fromisoformat(json.loads(body)["time"])


class _Body(LoggedEvent):
    """The bytes of an entry, closed as its event is."""

    commitments: dict[str, Hash]
    event: Event
    number: StrictInt
    previous: Hash
    time: AwareDatetime


def read_entry(body: bytes, number: int, previous: bytes | None) -> Entry:
    """Read an entry's bytes; raise `DamagedLogError` unless they are canonical, of that number and that link.

    An entry that stands alone, without the one before it, has None for its link.
    """
    try:
        read = _Body.model_validate_json(body)
        as_canonical = is_canonical(body)
    except (ValueError, RecursionError):  # of which pydantic's, JSON's and rfc8785's are
        raise DamagedLogError(f"entry {number} cannot be read") from None
    if not as_canonical:
        raise DamagedLogError(f"entry {number} is not in its canonical form")
    if read.number != number:
        raise DamagedLogError(f"entry {number} carries another number")
    if previous is not None and read.previous != previous.hex():
        raise DamagedLogError(f"entry {number} does not follow the entry before it")
    return Entry(number, read.time, read.event, read.commitments, body, hash_leaf(body))


def check_opening(entry: Entry, opening: Opening) -> None:
    """Raise `DamagedLogError` unless the opening is what the entry committed to."""
    check_committed(entry, opening.name, opening.salt, opening.value)


def check_committed(entry: Entry, name: str, salt: bytes, value: str) -> None:
    """Raise `DamagedLogError` unless the entry committed to this value of a field under this salt."""
    if not hmac.compare_digest(commit(salt, name, value).hex(), entry.commitments.get(name, "")):
        raise DamagedLogError(f"entry {entry.number}: the opening of {name} is not what was committed to")
