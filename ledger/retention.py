"""How long what is personal stays in a log: it is erased after its time, unless it is under review.

Erased are the openings (salt and value) of entries that are old enough; the entries stay, with their commitments and
every proof. That they were erased is an entry, written in the same commit. A *hold* keeps all entries that name one
value in a personal field (a case reference, a reference, a record id, an officer), also those still to come: a value
alone, or one of a list. Holds are placed and lifted by name and with a reason, which stand in the log too.

Times are those of the entries. The order in which holds and erasures happen is that of the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger.entries import Statement, StatementError, draft, time_of
from ledger.federation_events import HoldLifted, HoldPlaced, PersonalErased
from ledger.log import connect, telling_why, write_entries
from symbolon.rpc.errors import ErrorCode, SymbolonError

KEPT_DAYS = 1095
"""Three years, as Regulation (EU) 2024/982 has it, where a setting says nothing else."""

LEAST_VALUE = 3
"""Characters of a value that a hold may name, at least."""

TOGETHER = 1_000
"""Entries looked at in one commit, so that nobody who writes waits long for it."""


def place_hold(path: Path, value: str, personal: Mapping[str, str], now: datetime) -> int:
    """Keep what names this value until the hold is lifted; give the hold's number. ``personal`` are user and reason.

    Raises `SymbolonError` (`INVALID_INPUT`) for a value that would keep nearly everything.
    """
    if len(value.strip()) < LEAST_VALUE:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"value: fewer than {LEAST_VALUE} characters")
    with telling_why(path), closing(connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        number = _write(connection, Statement(HoldPlaced(), {**personal, "value": value}), now)
        connection.execute("INSERT INTO hold VALUES (?, ?)", (number, value))
        connection.execute("COMMIT")
    return number


def lift_hold(path: Path, hold: int, personal: Mapping[str, str], now: datetime) -> None:
    """End a hold; raise `SymbolonError` (`NOT_FOUND`) where there is none of that number."""
    with telling_why(path), closing(connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("DELETE FROM hold WHERE entry = ?", (hold,)).rowcount == 0:
            raise SymbolonError(ErrorCode.NOT_FOUND, f"hold {hold}")
        _write(connection, Statement(HoldLifted(hold=hold), personal), now)
        connection.execute("COMMIT")


def holds(path: Path) -> list[int]:
    """Give the numbers of the holds there are."""
    with telling_why(path), closing(connect(path)) as connection:
        return [number for (number,) in connection.execute("SELECT entry FROM hold ORDER BY entry")]


def erase(path: Path, days: int, now: datetime) -> int:
    """Erase what is personal in entries older than so many days, and not held; give the number of entries."""
    before = now.astimezone(UTC) - timedelta(days=days)
    erased = 0
    place: int | None = 0
    with telling_why(path), closing(connect(path)) as connection:
        while place is not None:
            connection.execute("BEGIN IMMEDIATE")
            place, count = _erase_some(connection, place, before, datetime.now(UTC))
            connection.execute("COMMIT")
            erased += count
        if erased:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or it would stay in the write-ahead log
    return erased


def _erase_some(connection: sqlite3.Connection, place: int, before: datetime, now: datetime) -> tuple[int | None, int]:
    """Erase among the next entries behind ``place``; give where to go on, None at the end, and how many were erased."""
    numbers = connection.execute(
        "SELECT DISTINCT entry FROM opening WHERE entry > ? ORDER BY entry LIMIT ?", (place, TOGETHER)
    ).fetchall()
    old = [number for (number,) in numbers if _time_of(connection, number) < before]
    if not old:
        return None, 0
    kept = _held_among(connection, old)
    ripe = [number for number in old if number not in kept]
    if ripe:
        _erase_all(connection, ripe, before, now)
    return numbers[-1][0], len(ripe)


def _erase_all(connection: sqlite3.Connection, ripe: Sequence[int], before: datetime, now: datetime) -> None:
    fields = sum(connection.execute("DELETE FROM opening WHERE entry = ?", (number,)).rowcount for number in ripe)
    event = PersonalErased(before=before.isoformat(), first=ripe[0], last=ripe[-1], entries=len(ripe), fields=fields)
    _write(connection, Statement(event), now)


def _held_among(connection: sqlite3.Connection, numbers: Sequence[int]) -> set[int]:
    """Give those of some entries, in ascending order, that a hold keeps: the value stands there, alone or in a list."""
    rows = connection.execute(
        "SELECT DISTINCT o.entry FROM opening o JOIN hold h ON o.value = h.value OR instr(o.value, ?1 || h.value || ?1)"
        " WHERE o.entry BETWEEN ?2 AND ?3",
        ('"', numbers[0], numbers[-1]),
    )
    return {number for (number,) in rows}


def _time_of(connection: sqlite3.Connection, number: int) -> datetime:
    (body,) = connection.execute("SELECT body FROM entry WHERE number = ?", (number,)).fetchone()
    return time_of(body)


def _write(connection: sqlite3.Connection, statement: Statement, now: datetime) -> int:
    try:
        (entry,) = write_entries(connection, [draft(statement)], now)
    except StatementError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    return entry.number
