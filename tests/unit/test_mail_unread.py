"""What of the bags that come has its place in the queue: each partner's own pace, and nobody's flood."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field

import pytest

from matching.keys import SIGNATURE_BYTES
from matching.mailbag import _SEALED_BYTES, Mailbag, MailbagHeader
from node.mail.unread import BAGS_A_TICK, MOST_WAITING, Unread

ALFA, BRAVO = "symbolon://agency/AA-ALFA", "symbolon://agency/BB-BRAVO"
TICK = 60.0


def bag(sender: str, number: int = 0) -> bytes:
    header = MailbagHeader(sender, "symbolon://agency/CC-OWN", number, 0)
    return Mailbag(header, bytes(_SEALED_BYTES), bytes(SIGNATURE_BYTES)).to_bytes()


@dataclass
class Desk:
    """A queue, a clock that the test sets, and who was read."""

    now: float = 1_000.0
    read: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.unread = Unread(TICK, lambda: self.now)
        self.unread.expect([ALFA, BRAVO])

    def come(self, sender: str, count: int = 1) -> None:
        for number in range(count):
            self.unread.put(bag(sender, number))

    async def read_all(self) -> None:
        while not self.unread._queue.empty():
            self.read.append(Mailbag.from_bytes(await self.unread.get()).header.sender)


async def test_a_flood_of_one_partner_takes_no_place_of_another() -> None:
    desk = Desk()
    desk.come(ALFA, 1_000)
    desk.come(BRAVO, 3)
    await desk.read_all()
    assert desk.read == [ALFA] * MOST_WAITING + [BRAVO] * 3


async def test_a_flood_that_lasts_is_read_at_twice_the_own_pace() -> None:
    desk = Desk()
    for _ in range(1_000):
        desk.come(ALFA, 10)
        await desk.read_all()
        desk.now += TICK / 10
    assert MOST_WAITING + 100 * BAGS_A_TICK - 2 <= desk.read.count(ALFA) <= MOST_WAITING + 100 * BAGS_A_TICK


async def test_a_reader_that_is_stuck_for_a_day_keeps_a_few_bags_of_each() -> None:
    desk = Desk()
    for _ in range(1_440):
        desk.come(ALFA)
        desk.come(BRAVO)
        desk.now += TICK
    await desk.read_all()
    assert desk.read == [ALFA, BRAVO] * MOST_WAITING


async def test_no_bag_of_a_partner_that_keeps_its_tick_is_dropped_whatever_the_line_does() -> None:
    desk, chance = Desk(), random.Random(7)  # noqa: S311  # the same delays in every run
    came = sorted(number * TICK / 2 + chance.uniform(0, 2 * TICK) for number in range(2_000))
    for moment in came:
        desk.now = 1_000.0 + moment
        desk.come(ALFA)
        await desk.read_all()
    assert len(desk.read) == 2_000


async def test_who_is_no_partner_and_what_is_no_bag_have_one_share_together() -> None:
    desk = Desk()
    for number in range(100):
        desk.come(f"symbolon://agency/XX-N{number}")
        desk.unread.put(b"no bag")
    desk.come(ALFA)
    waiting = [await desk.unread.get() for _ in range(desk.unread._queue.qsize())]
    assert len(waiting) == MOST_WAITING + 1
    assert waiting[-1] == bag(ALFA)


async def test_a_share_outlasts_a_new_partner_and_a_clock_set_back() -> None:
    desk = Desk()
    desk.come(ALFA, MOST_WAITING)
    await desk.read_all()
    desk.unread.expect([ALFA, BRAVO, "symbolon://agency/DD-NEW"])
    desk.now -= 1_000
    desk.come(ALFA, 5)
    await desk.read_all()
    assert desk.read == [ALFA] * MOST_WAITING
    desk.now += TICK
    desk.come(ALFA, 5)
    await desk.read_all()
    assert desk.read == [ALFA] * (MOST_WAITING + BAGS_A_TICK)


async def test_the_process_log_has_a_line_for_each_time_that_dropping_begins(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    desk = Desk()
    desk.come(ALFA, 500)
    assert caplog.text.count(ALFA) == 1
    await desk.read_all()
    desk.now += TICK
    desk.come(ALFA, 500)
    assert caplog.text.count(ALFA) == 2
