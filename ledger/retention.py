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
from ledger.holds import Holds
from ledger.log import connect, telling_why, write_entries
from symbolon.rpc.errors import ErrorCode, SymbolonError

KEPT_DAYS = 1095
"""Three years, as Regulation (EU) 2024/982 has it, where a setting says nothing else."""

LEAST_VALUE = 3
"""Characters of a value that a hold may name, at least."""

TOGETHER = 1_000
"""Entries looked at in one commit, so that nobody who writes waits long for it."""


def place_hold(path: Path, value: str, personal: Mapping[str, str], now: datetime) -> tuple[int, int]:
    """Keep what names this value until the hold is lifted; give the hold's number, and how many entries it keeps now.

    ``personal`` are user and reason. Raises `SymbolonError` (`INVALID_INPUT`) for a value that would keep nearly
    everything, and where no reason is given.
    """
    if len(value.strip()) < LEAST_VALUE:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"value: fewer than {LEAST_VALUE} characters")
    _check_reason(personal)
    with telling_why(path), closing(connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        number = _write(connection, Statement(HoldPlaced(), {**personal, "value": value}), now)
        connection.execute("COMMIT")
        return number, len(_naming(connection, [value], 1, number - 1))


def lift_hold(path: Path, hold: int, personal: Mapping[str, str], now: datetime) -> None:
    """End a hold; raise `SymbolonError`: `NOT_FOUND` where it does not stand, `INVALID_INPUT` without a reason."""
    _check_reason(personal)
    with telling_why(path), closing(connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if hold not in _standing(connection).numbers():
            raise SymbolonError(ErrorCode.NOT_FOUND, f"hold {hold}")
        _write(connection, Statement(HoldLifted(hold=hold), personal), now)
        connection.execute("COMMIT")


def holds(path: Path) -> list[int]:
    """Give the numbers of the holds there are."""
    with telling_why(path), closing(connect(path)) as connection:
        return _standing(connection).numbers()


def erase(path: Path, days: int, now: datetime) -> int:
    """Erase what is personal in entries older than so many days, and not held; give the number of entries.

    Raises `SymbolonError` (`LOG_DAMAGED`) where it cannot be known what is held.
    """
    before = now.astimezone(UTC) - timedelta(days=days)
    erased = 0
    place: int | None = 0
    with telling_why(path), closing(connect(path)) as connection:
        held = _standing(connection)  # nobody who writes waits for that
        while place is not None:
            connection.execute("BEGIN IMMEDIATE")
            held.follow(connection)
            place, count = _erase_some(connection, place, held, before, datetime.now(UTC))
            connection.execute("COMMIT")
            erased += count
        if erased:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or it would stay in the write-ahead log
    return erased


def _erase_some(
    connection: sqlite3.Connection, place: int, held: Holds, before: datetime, now: datetime
) -> tuple[int | None, int]:
    """Erase among the next entries behind ``place``; give where to go on, None at the end, and how many were erased."""
    numbers = connection.execute(
        "SELECT DISTINCT entry FROM opening WHERE entry > ? ORDER BY entry LIMIT ?", (place, TOGETHER)
    ).fetchall()
    old = [number for (number,) in numbers if _time_of(connection, number) < before]
    if not old:
        return None, 0
    kept = _naming(connection, held.values(connection), old[0], old[-1])
    ripe = [number for number in old if number not in kept]
    if ripe:
        _erase_all(connection, ripe, before, now)
    return numbers[-1][0], len(ripe)


def _erase_all(connection: sqlite3.Connection, ripe: Sequence[int], before: datetime, now: datetime) -> None:
    fields = sum(connection.execute("DELETE FROM opening WHERE entry = ?", (number,)).rowcount for number in ripe)
    event = PersonalErased(before=before.isoformat(), first=ripe[0], last=ripe[-1], entries=len(ripe), fields=fields)
    _write(connection, Statement(event), now)


def _naming(connection: sqlite3.Connection, values: Sequence[str], first: int, last: int) -> set[int]:
    """Give those of some entries that name one of the values in a personal field, alone or in a list."""
    query = (
        "SELECT DISTINCT entry FROM opening"
        " WHERE entry BETWEEN ?1 AND ?2 AND (value = ?3 OR instr(value, '\"' || ?3 || '\"'))"
    )
    return {number for value in values for (number,) in connection.execute(query, (first, last, value))}


def _standing(connection: sqlite3.Connection) -> Holds:
    held = Holds()
    held.follow(connection)
    return held


def _check_reason(personal: Mapping[str, str]) -> None:
    if not personal["reason"].strip():
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--reason: say why")


def _time_of(connection: sqlite3.Connection, number: int) -> datetime:
    (body,) = connection.execute("SELECT body FROM entry WHERE number = ?", (number,)).fetchone()
    return time_of(body)


def _write(connection: sqlite3.Connection, statement: Statement, now: datetime) -> int:
    try:
        (entry,) = write_entries(connection, [draft(statement)], now)
    except StatementError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    return entry.number
