"""Having a log witnessed: at steady times it is filled up, its head signed and shown to every witness.

The times follow from the clock alone, and the size grows by a constant, so neither says anything of what was written.
Whoever has not cosigned is asked again about the same head, several times until the next. A cosignature counts once it
verifies under the key that the directory certifies for its witness. A witness learns a consistency proof only from a
size of which a head was signed for witnesses: from another, whatever it says it has seen, the proof could have hashes
of single entries.

Transport is the caller's; so is what follows when nobody has cosigned for long.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ledger.checkpoints import parse_checkpoint
from ledger.cosignatures import CosignatureKey, witness_name
from ledger.heads import cosigners
from ledger.log import Ledger
from ledger.notes import Note, NoteError, parse_note, verify_note
from ledger.rounds import Elapsed, Rounds
from ledger.witnessing import AddCheckpoint, Refusal
from matching.keys import SigningKey, SigningPublicKey
from symbolon.rpc.errors import SymbolonError
from symbolon.rpc.server import innermost_place

AT_ONCE = 8
"""Witnesses asked at the same time; the first, which hands requests on to the others, is asked before them."""

LOOKS = 12
"""Looks in one interval: after each, whoever has not cosigned is asked again."""

logger = logging.getLogger("symbolon.ledger")


@dataclass(frozen=True, slots=True)
class Told:
    """What a witness says: signature lines, or a refusal, with the size it saw last where that is what is wrong."""

    cosignatures: bytes = b""
    refusal: Refusal | None = None
    size: int | None = None


Ask = Callable[[str, bytes], Awaitable[Told]]
"""Ask the witness with that URI; raises `SymbolonError` when it cannot be asked."""

Witnesses = Callable[[], Mapping[str, SigningPublicKey]]
"""Give the certified key of each witness by its URI, the one that hands requests on first."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The wall clock and the monotonic one."""

    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic

    def since(self, moment: float) -> Elapsed:
        """Begin to measure how long ago a moment was."""
        return Elapsed(moment, self.wall().timestamp(), self.monotonic())

    def seconds(self, elapsed: Elapsed) -> float:
        """Give the seconds since then."""
        return elapsed.seconds(self.wall().timestamp(), self.monotonic())


@dataclass(frozen=True, slots=True)
class Pace:
    """How often witnesses are asked (seconds), to which multiple the log is filled up (0: not), how many are enough."""

    seconds: float
    padding: int
    needed: int


@dataclass
class _Head:
    """The head that is shown at present, and who has cosigned it; kept one at a time, so that each counts the last."""

    note: Note
    cosigned: set[str] = field(default_factory=set)
    keeping: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def size(self) -> int:
        return parse_checkpoint(self.note.text).head.size


class Exchange:
    """Has one log witnessed for as long as `run` goes on."""

    def __init__(
        self,
        ledger: Ledger,
        origin: str,
        key: SigningKey,
        ask: Ask,
        witnesses: Witnesses,
        pace: Pace,
        clocks: Clocks = Clocks(),  # frozen
    ) -> None:
        """Take the open parts, and up where the last run ended."""
        self._ledger = ledger
        self._origin = origin
        self._key = key
        self._ask = ask
        self._witnesses = witnesses
        self._pace = pace
        self._clocks = clocks
        self._rounds = ledger.begin_rounds(clocks.wall())
        self._since_asked = clocks.since(self._rounds.asked or self._rounds.began)
        self._since_witnessed = clocks.since(self._rounds.witnessed or self._rounds.began)
        self._head = self._last_head()
        self._sizes: dict[str, int] = {}
        self._refusing: dict[str, str] = {}

    @property
    def rounds(self) -> Rounds:
        """Give when witnesses were asked and when enough had cosigned."""
        return self._rounds

    def refusals(self) -> dict[str, str]:
        """Give which witnesses refused this log's head the last time they answered, by URI, and what they say."""
        return {uri: self._refusing[uri] for uri in self._witnesses() if uri in self._refusing}

    def unwitnessed_seconds(self) -> float:
        """Give how long ago enough witnesses had cosigned one head; before the first time, since the first start."""
        return self._clocks.seconds(self._since_witnessed)

    async def run(self) -> None:
        """Look again and again until cancelled; whatever goes wrong is tried again at the next look."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  # a full disk today must not end the exchange for good
                # The type and place only, as everywhere.
                logger.error("witnesses were not asked: %s at %s", type(error).__name__, innermost_place(error))
            await asyncio.sleep(self._pace.seconds / LOOKS)

    async def look(self) -> None:
        """Ask about a new head when it is time, and about the last one whoever has not cosigned it."""
        if self._clocks.seconds(self._since_asked) >= self._pace.seconds:
            await self._sign()
        if self._head is not None:
            await self._show(self._head)

    async def _sign(self) -> None:
        now = self._clocks.wall()
        note = await asyncio.to_thread(self._ledger.sign_filled_up, self._pace.padding, self._origin, self._key, now)
        self._head = _Head(note)
        self._rounds = replace(self._rounds, asked=int(now.timestamp()), size=self._head.size)
        self._since_asked = self._clocks.since(now.timestamp())

    async def _show(self, head: _Head) -> None:
        missing = [(uri, key) for uri, key in self._witnesses().items() if uri not in head.cosigned]
        turns = asyncio.Semaphore(AT_ONCE)
        for some in (missing[:1], missing[1:]):
            await asyncio.gather(*(self._show_to(head, uri, key, turns) for uri, key in some))

    async def _show_to(self, head: _Head, witness: str, key: SigningPublicKey, turns: asyncio.Semaphore) -> None:
        try:
            async with turns:
                told = await self._told(head, witness)
            if told.refusal is not None:
                self._report(head, witness, told.refusal, told.size)
                return
            cosigned = _verified(head.note, told.cosignatures, CosignatureKey(witness_name(witness), key))
            await self._keep(head, witness, cosigned)
        except (SymbolonError, NoteError) as error:
            logger.warning("%s did not cosign: %s", witness, error)
        except Exception as error:  # noqa: BLE001  # one witness must not keep the others from being asked
            logger.error("%s did not cosign: %s at %s", witness, type(error).__name__, innermost_place(error))

    async def _told(self, head: _Head, witness: str) -> Told:
        """Ask, and once more from the size that the witness says it has seen."""
        told = await self._told_from(head, witness, self._sizes.get(witness, 0))
        if told.refusal is Refusal.OUT_OF_DATE and told.size is not None and await self._was_shown(told.size, head):
            self._sizes[witness] = told.size
            told = await self._told_from(head, witness, told.size)
        return told

    async def _told_from(self, head: _Head, witness: str, old: int) -> Told:
        proof = await asyncio.to_thread(self._ledger.prove_growth, old, head.size) if old else ()
        return await self._ask(witness, str(AddCheckpoint(old, proof, head.note)).encode())

    async def _was_shown(self, size: int, head: _Head) -> bool:
        if not 0 < size <= head.size:
            return size == 0
        return await asyncio.to_thread(self._ledger.signed_head, size) is not None

    async def _keep(self, head: _Head, witness: str, cosigned: Note) -> None:
        self._sizes[witness] = head.size
        if self._refusing.pop(witness, None):
            logger.warning("%s does not refuse the head of this log any more", witness)
        async with head.keeping:
            now = self._clocks.wall()
            is_enough = len(head.cosigned | {witness}) >= self._pace.needed
            await asyncio.to_thread(self._ledger.keep_cosigned, cosigned, now if is_enough else None)
            head.cosigned.add(witness)
        if is_enough:
            self._rounds = replace(self._rounds, witnessed=int(now.timestamp()))
            self._since_witnessed = self._clocks.since(now.timestamp())

    def _report(self, head: _Head, witness: str, refusal: Refusal, size: int | None) -> None:
        """Keep what a witness refuses for, and say it when it is new; it is asked again many times an hour."""
        said = _said(refusal, size)
        if self._refusing.get(witness) != said:
            level = logging.CRITICAL if refusal in (Refusal.FORKED, Refusal.INCONSISTENT) else logging.ERROR
            logger.log(level, "%s did not cosign the head over %s entries: %s", witness, head.size, said)
        self._refusing[witness] = said

    def _last_head(self) -> _Head | None:
        """Give the head of the last round with who has cosigned it, so that a restart goes on with it."""
        note = self._ledger.signed_head(self._rounds.size) if self._rounds.size else None
        if note is None:
            return None
        names = set(cosigners(note))
        return _Head(note, {uri for uri in self._witnesses() if witness_name(uri) in names})


def _said(refusal: Refusal, size: int | None) -> str:
    if refusal in (Refusal.FORKED, Refusal.INCONSISTENT):
        return f"it holds against this log that it is {refusal.value}"
    if refusal is Refusal.OUT_OF_DATE:
        return f"it has seen {size} entries of this log, which is no head of it"
    return str(refusal.value)


def _verified(note: Note, lines: bytes, key: CosignatureKey) -> Note:
    """Give the note with the cosignature of this key alone; raise `NoteError` when there is none that verifies."""
    told = parse_note(f"{note.text}\n".encode() + lines)
    verify_note(told, [key])
    own = tuple(one for one in told.signatures if (one.name, one.key_id) == (key.name, key.key_id))
    return Note(note.text, own)
