"""What goes into the next bag for a partner: decided from what is outstanding and what was sent. Pure.

The mail of a pair is one stream of bytes in the order of its messages, sent ahead without waiting for receipts. The
recipient takes the stream in order and drops what comes out of it, so one thing is to be decided: when to go back to
the first byte without a receipt. That is after `FIRST_PATIENCE` bags that brought no receipt, then after twice as many,
up to `MOST_PATIENCE`, until the partner is heard of. Going back costs nothing on the line: a bag leaves at every tick
anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from matching.mailbag import MAILBAG_CONTENT_BYTES
from node.mail.frames import EMPTY_CONTENT_BYTES, MOST_FRAMES, MOST_MESSAGES, PART_BYTES, RECEIPT_BYTES, Receipt

FIRST_PATIENCE = 3
"""Bags without news before the first going back: a bag there and the receipt back take two ticks."""

MOST_PATIENCE = 24
"""Bags without news at most, so that a partner that comes back is not waited for longer than that."""

MOST_RECEIPTS = 96
"""Receipts in a bag; the others wait for the next, and more than half of each bag is left for messages."""

FEWEST_BYTES = 64
"""Bytes of a message that are worth a part, unless they are its last."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message without full receipt: its size, and how much of it the partner holds."""

    message: bytes
    sequence: int
    size: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes of a message that go into this bag."""

    message: bytes
    sequence: int
    after: int
    offset: int
    length: int
    total: int


@dataclass(frozen=True, slots=True)
class Sending:
    """How far a pair's mail has been sent: ``reached`` is the next byte (sequence, offset) of this pass.

    ``held`` is the first byte without a receipt when the last bag was packed; ``silent`` counts bags since it changed.
    """

    reached: tuple[int, int] = (0, 0)
    held: tuple[int, int] = (0, 0)
    silent: int = 0
    patience: int = FIRST_PATIENCE


@dataclass(frozen=True, slots=True)
class Packed:
    """What one bag takes, and how far the pair's mail has been sent then."""

    receipts: tuple[Receipt, ...]
    slices: tuple[Slice, ...]
    sending: Sending


def pack(outgoing: Sequence[Outgoing], receipts: Mapping[bytes, int], sending: Sending) -> Packed:
    """Fill one bag: receipts first, then the stream from where it was left, or from its beginning once more.

    ``outgoing`` is in the order of sequences; ``receipts`` are held bytes by message, oldest first.
    """
    written = tuple(Receipt(message, held) for message, held in receipts.items())[:MOST_RECEIPTS]
    room = MAILBAG_CONTENT_BYTES - EMPTY_CONTENT_BYTES - len(written) * RECEIPT_BYTES
    moved = _noticed(sending, _first_byte(outgoing))
    slices = _cut(outgoing, moved.reached, room, min(MOST_MESSAGES, MOST_FRAMES - len(written)))
    return Packed(written, slices, replace(moved, reached=_end(slices, moved.reached)))


def heard(sending: Sending) -> Sending:
    """Note that the partner was heard of: what it has not got is worth sending soon."""
    return replace(sending, patience=FIRST_PATIENCE)


def _first_byte(outgoing: Sequence[Outgoing]) -> tuple[int, int]:
    return (outgoing[0].sequence, outgoing[0].held) if outgoing else (0, 0)


def _noticed(sending: Sending, held: tuple[int, int]) -> Sending:
    """Count this bag as silent or not, and go back when the patience is at its end."""
    if held != sending.held:
        # Backwards too: a partner that has lost what it held has to get it once more.
        lost = held < sending.held
        return Sending(reached=held if lost else max(held, sending.reached), held=held)
    if sending.reached <= held:
        return replace(sending, reached=held, silent=0)
    if sending.silent + 1 < sending.patience:
        return replace(sending, silent=sending.silent + 1)
    return Sending(reached=held, held=held, patience=min(2 * sending.patience, MOST_PATIENCE))


def _cut(outgoing: Sequence[Outgoing], reached: tuple[int, int], room: int, most: int) -> tuple[Slice, ...]:
    slices: list[Slice] = []
    after = 0
    for one in outgoing:
        offset = _from(one, reached)
        length = min(one.size - offset, room - PART_BYTES)
        if length > 0:
            if len(slices) == most or (length < FEWEST_BYTES and offset + length < one.size):
                break
            slices.append(Slice(one.message, one.sequence, after, offset, length, one.size))
            room -= PART_BYTES + length
        elif offset < one.size:
            break
        after = one.sequence
    return tuple(slices)


def _from(one: Outgoing, reached: tuple[int, int]) -> int:
    """Give the first byte of a message that this pass has not sent yet; its size when it has sent them all."""
    if one.sequence < reached[0]:
        return one.size
    return max(one.held, reached[1]) if one.sequence == reached[0] else one.held


def _end(slices: Sequence[Slice], reached: tuple[int, int]) -> tuple[int, int]:
    return (slices[-1].sequence, slices[-1].offset + slices[-1].length) if slices else reached
