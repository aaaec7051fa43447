"""The stop rule: when nothing may be disclosed, how that is said, and that it ends by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from ledger.exchange import Clocks, Exchange
from ledger.log import Ledger
from ledger.padding import pads
from ledger.reading import LedgerReader
from node.disclosing import LOG_NOT_WRITABLE, NOT_WITNESSED, ROOM_BYTES, Disclosing

HOUR = 3600.0
NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Witnessed:
    """An exchange of which only the age of the last witnessed head is looked at."""

    age = 0.0

    def unwitnessed_seconds(self) -> float:
        """Give the age."""
        return self.age


class Rule:
    """A stop rule over a real log; room on the disk and age of the last witnessed head are as the test says."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.db")
        self.witnessed = Witnessed()
        self.free = ROOM_BYTES
        self.path = folder / "ledger.db"
        self.disclosing = self.restarted()

    def restarted(self) -> Disclosing:
        """Give the rule of a program that starts now."""
        exchange = cast(Exchange, self.witnessed)
        return Disclosing(self.ledger, self.path, exchange, 24 * HOUR, Clocks(lambda: NOW), lambda _: self.free)

    def events(self) -> list[dict[str, object]]:
        """Give the entries that say something."""
        entries = [entry.event.model_dump() for entry in LedgerReader(self.path).entries()]
        return [one for one in entries if one["type"] != "log_padded"]


@pytest.fixture
def rule(tmp_path: Path) -> Iterator[Rule]:
    made = Rule(tmp_path)
    yield made
    made.ledger.close()


async def test_a_witnessed_log_with_room_lets_disclose(rule: Rule) -> None:
    rule.witnessed.age = 24 * HOUR
    await rule.disclosing.look()
    assert (rule.disclosing.reason(), rule.events()) == ("", [])


async def test_unwitnessed_for_too_long_stops_at_once_and_witnessed_again_goes_on(
    rule: Rule, caplog: pytest.LogCaptureFixture
) -> None:
    rule.witnessed.age = 24 * HOUR + 1
    assert rule.disclosing.reason() == NOT_WITNESSED  # whether or not it was looked at since
    for _ in range(2):
        await rule.disclosing.look()
    assert rule.events() == [{"type": "disclosure_stopped", "reason": NOT_WITNESSED}]
    assert "nothing is disclosed from now on" in caplog.text
    rule.witnessed.age = 0.0
    for _ in range(2):
        await rule.disclosing.look()
    resumed = {"type": "disclosure_resumed", "reason": NOT_WITNESSED, "since": int(NOW.timestamp())}
    assert rule.events()[1:] == [resumed]
    assert "disclosure goes on" in caplog.text


async def test_a_disk_without_room_stops_while_that_can_still_be_written(rule: Rule) -> None:
    rule.free = ROOM_BYTES - 1
    assert rule.disclosing.reason() == LOG_NOT_WRITABLE
    await rule.disclosing.look()
    assert [one["type"] for one in rule.events()] == ["disclosure_stopped"]
    rule.free = ROOM_BYTES
    await rule.disclosing.look()
    assert [one["type"] for one in rule.events()] == ["disclosure_stopped", "disclosure_resumed"]


async def test_a_log_that_cannot_be_written_stops_and_is_tried_until_it_can(rule: Rule) -> None:
    rule.path.rename(rule.path.with_name("away.db"))
    with pytest.raises(Exception, match="cannot be written"):
        await rule.ledger.record()
    assert rule.disclosing.reason() == LOG_NOT_WRITABLE
    for _ in range(3):
        await rule.disclosing.look()
    assert rule.disclosing.reason() == LOG_NOT_WRITABLE
    rule.path.with_name("away.db").rename(rule.path)
    await rule.disclosing.look()
    assert rule.disclosing.reason() == ""
    assert [one["type"] for one in rule.events()] == ["disclosure_stopped", "disclosure_resumed"]


async def test_a_reason_that_takes_the_place_of_another_does_not_end_the_stop(rule: Rule) -> None:
    rule.witnessed.age = 25 * HOUR
    await rule.disclosing.look()
    rule.witnessed.age, rule.free = 0.0, 0
    await rule.disclosing.look()
    assert [one["type"] for one in rule.events()] == ["disclosure_stopped"]


async def test_what_a_restart_finds_stopped_it_resumes_and_stops_once(rule: Rule) -> None:
    """Else the log has a stop and, with no word of its end, a hit told after it."""
    rule.witnessed.age = 25 * HOUR
    await rule.disclosing.look()
    (stopped,) = (one for one in LedgerReader(rule.path).entries() if one.event.type == "disclosure_stopped")
    rule.ledger.append(*pads(3))
    await rule.restarted().look()
    assert [one["type"] for one in rule.events()] == ["disclosure_stopped"]
    rule.witnessed.age = 0.0
    again = rule.restarted()
    await again.look()
    resumed = {"type": "disclosure_resumed", "reason": NOT_WITNESSED, "since": int(stopped.time.timestamp())}
    assert rule.events()[1:] == [resumed]
    await rule.restarted().look()
    assert len(rule.events()) == 2


def test_a_log_that_was_moved_away_stops_before_anything_is_written(rule: Rule) -> None:
    rule.path.rename(rule.path.with_name("away.db"))
    assert rule.disclosing.reason() == LOG_NOT_WRITABLE
