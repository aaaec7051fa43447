"""What goes into the next bag: it always fits, and over any line every message comes whole, once and in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.encoding import encode
from matching.errors import EncodingError
from matching.mailbag import MAILBAG_CONTENT_BYTES
from node.mail.bags import (
    FIRST_PATIENCE,
    MOST_PATIENCE,
    MOST_RECEIPTS,
    Outgoing,
    Packed,
    Sending,
    heard,
    pack,
)
from node.mail.frames import (
    LARGEST_MESSAGE,
    MOST_FRAMES,
    Part,
    Receipt,
    decode_content,
    encode_content,
)


def name(number: int) -> bytes:
    return number.to_bytes(16, "big")


def content_of(packed: Packed) -> bytes:
    parts = [Part(s.message, s.sequence, s.after, s.offset, s.total, bytes(s.length)) for s in packed.slices]
    return encode_content(packed.receipts, parts)


SIZES = st.integers(1, 200) | st.integers(1, 50_000) | st.just(LARGEST_MESSAGE)


@st.composite
def outstanding(draw: st.DrawFn) -> list[Outgoing]:
    sizes = draw(st.lists(SIZES, max_size=12)) * draw(st.sampled_from([1, 1, 40]))
    return [Outgoing(name(number), 10 * number + 1, size) for number, size in enumerate(sizes)]


@given(outstanding(), st.integers(0, 300), st.tuples(st.integers(0, 90), st.integers(0, 60_000)))
def test_a_bag_never_overflows_and_reads_as_what_was_packed(
    outgoing: list[Outgoing], receipts: int, reached: tuple[int, int]
) -> None:
    packed = pack(outgoing, {name(number): number for number in range(receipts)}, Sending(reached=reached))
    content = content_of(packed)
    assert len(content) <= MAILBAG_CONTENT_BYTES
    read, parts = decode_content(content)
    assert tuple(read) == packed.receipts
    assert [(part.message, part.offset, len(part.data)) for part in parts] == [
        (one.message, one.offset, one.length) for one in packed.slices
    ]
    assert len(read) == min(receipts, MOST_RECEIPTS)


@settings(max_examples=50)
@given(
    st.lists(st.integers(1, 200) | st.integers(1, 90_000), max_size=40).map(
        lambda sizes: [Outgoing(name(number), number + 1, size) for number, size in enumerate(sizes)]
    )
)
def test_bags_go_through_all_that_is_outstanding_without_a_gap(outgoing: list[Outgoing]) -> None:
    first = (outgoing[0].sequence, 0) if outgoing else (0, 0)
    sending = Sending(first, first, patience=10**9)
    sent: dict[bytes, int] = {}
    for _ in range(2 + sum(one.size + 200 for one in outgoing) // 16_000):
        packed = pack(outgoing, {}, sending)
        sending = packed.sending
        for one in packed.slices:
            assert one.offset == sent.get(one.message, 0)
            sent[one.message] = one.offset + one.length
    assert sent == {one.message: one.size for one in outgoing}
    assert pack(outgoing, {}, sending).slices == ()


@given(outstanding())
def test_a_part_names_the_outstanding_message_before_its_own(outgoing: list[Outgoing]) -> None:
    before = dict(zip((one.message for one in outgoing), [0, *(one.sequence for one in outgoing)], strict=False))
    assert all(one.after == before[one.message] for one in pack(outgoing, {}, Sending()).slices)


def test_a_bag_is_filled_before_the_next_one_is_begun() -> None:
    packed = pack([Outgoing(name(1), 1, 100_000), Outgoing(name(2), 2, 5)], {}, Sending())
    assert len(content_of(packed)) == MAILBAG_CONTENT_BYTES
    assert [one.message for one in packed.slices] == [name(1)]


def test_without_receipts_the_mail_is_sent_again_after_ever_longer_waits() -> None:
    outgoing, sending = [Outgoing(name(1), 1, 10)], Sending()
    sent = []
    for bag in range(200):
        packed = pack(outgoing, {}, sending)
        sending = packed.sending
        sent += [bag] if packed.slices else []
    waits = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert waits[:4] == [FIRST_PATIENCE, 2 * FIRST_PATIENCE, 4 * FIRST_PATIENCE, MOST_PATIENCE]
    assert set(waits[3:]) == {MOST_PATIENCE}


def test_a_partner_that_is_heard_of_again_is_not_waited_for() -> None:
    sending = Sending(reached=(1, 10), held=(1, 0), silent=10, patience=MOST_PATIENCE)
    assert pack([Outgoing(name(1), 1, 10)], {}, sending).slices == ()
    assert pack([Outgoing(name(1), 1, 10)], {}, heard(sending)).slices != ()


def test_a_partner_that_lost_what_it_held_gets_it_again_at_once() -> None:
    sending = Sending(reached=(1, 30_000), held=(1, 20_000))
    first = pack([Outgoing(name(1), 1, 40_000, held=0)], {}, sending).slices[0]
    assert first.offset == 0


# A whole pair, with the receiver's rule as the protocol page has it, over a line that loses, repeats and reorders.


@dataclass
class Receiver:
    """Takes the stream in order; everything else is dropped."""

    taken: list[bytes] = field(default_factory=list)
    last: int = 0
    arriving: tuple[bytes, int] = (b"", 0)
    read: int = 0

    def take(self, number: int, packed: Packed) -> Iterator[Receipt]:
        if number <= self.read:
            return
        self.read = number
        for one in packed.slices:
            if one.message in self.taken:
                yield Receipt(one.message, one.total)
            elif one.after <= self.last < one.sequence:
                held = self.arriving[1] if self.arriving[0] == one.message else 0
                if one.offset <= held:
                    held = max(held, one.offset + one.length)
                self.arriving = (one.message, held)
                if held == one.total:
                    self.taken.append(one.message)
                    self.last = one.sequence
                yield Receipt(one.message, held)


def confirmed(outgoing: Sequence[Outgoing], receipts: Sequence[Receipt]) -> list[Outgoing]:
    held = {receipt.message: receipt.held for receipt in receipts}
    rows = [Outgoing(o.message, o.sequence, o.size, held.get(o.message, o.held)) for o in outgoing]
    return [one for one in rows if one.held < one.size]


@settings(max_examples=150)
@given(
    sizes=st.lists(st.integers(1, 60_000), min_size=1, max_size=8),
    there=st.lists(st.sampled_from(["kept", "kept", "lost", "late"]), max_size=60),
    back=st.lists(st.booleans(), max_size=60),
    restarts=st.sets(st.integers(0, 59), max_size=3),
)
def test_every_message_comes_once_and_in_order_over_any_line(
    sizes: list[int], there: list[str], back: list[bool], restarts: set[int]
) -> None:
    outgoing = [Outgoing(name(number), number + 1, size) for number, size in enumerate(sizes)]
    wanted = [one.message for one in outgoing]
    receiver, sending, late = Receiver(), Sending(), None
    for bag in range(1, 400):
        if bag in restarts:
            sending = Sending()
        packed = pack(outgoing, {}, sending)
        sending = packed.sending
        fate = there[bag - 1] if bag <= len(there) else "kept"
        receipts: list[Receipt] = []
        if fate == "late":
            late = (bag, packed)
        if fate == "kept":
            receipts += receiver.take(bag, packed)
            receipts += receiver.take(bag, packed)
            if late is not None:
                receipts += receiver.take(*late)
        if bag > len(back) or back[bag - 1]:
            outgoing = confirmed(outgoing, receipts)
            sending = heard(sending)
    assert receiver.taken == wanted
    assert outgoing == []


@pytest.mark.parametrize(
    "part",
    [
        Part(name(1), 5, 5, 0, 10, b"x"),
        Part(name(1), 5, 6, 0, 10, b"x"),
        Part(name(1), 2**63, 0, 0, 10, b"x"),
        Part(name(1), 5, 0, 10, 10, b"x"),
        Part(name(1), 5, 0, 0, 10, b""),
        Part(name(1), 5, 0, 0, LARGEST_MESSAGE + 1, b"x"),
        Part(b"short", 5, 0, 0, 10, b"x"),
    ],
)
def test_a_part_that_contradicts_itself_is_refused(part: Part) -> None:
    with pytest.raises(EncodingError):
        decode_content(encode_content((), [part]))


def test_a_receipt_for_more_than_a_message_can_hold_is_refused() -> None:
    with pytest.raises(EncodingError):
        decode_content(encode_content([Receipt(name(1), LARGEST_MESSAGE + 1)], ()))


def test_more_frames_than_a_bag_is_read_for_are_refused() -> None:
    with pytest.raises(EncodingError):
        decode_content(encode("symbolon/v1/mail", *[b""] * (MOST_FRAMES + 1)))


@given(st.binary(max_size=300))
def test_other_bytes_are_no_content(raw: bytes) -> None:
    with pytest.raises(EncodingError):
        decode_content(raw)
