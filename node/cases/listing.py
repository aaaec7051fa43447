"""The lists of cases and referrals for officers: a line a file, what is under way before others, newest first.

A list is for people, and takes so many lines. Where there are more, what runs out first is in it, and of all else only
the newest. A line needs no document: one that cannot be read hides no other. Silent hits on one record, for one case of
one asker, are one line however often the asker puts its query, or they would push out all that is to be decided.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from agreements.stages import ReferralState
from node.cases.files import Case, Referral
from node.officers.register import Officer
from symbolon.rpc.identity import Party
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

Kind = TypeVar("Kind", Case, Referral)


@dataclass(frozen=True, slots=True)
class Listed(Generic[Kind]):
    """A line of a list, about the newest file it stands for; ``file`` is None where that cannot be read.

    ``times`` is how many files it stands for, ``first_at`` when the first of them was opened.
    """

    reference: str
    partner: str
    state: str
    since: datetime
    opened_at: datetime
    times: int
    first_at: datetime
    file: Kind | None


class Lines(list[Listed[Kind]]):
    """The lines of a list; ``has_more`` says that there are others, which it does not take."""

    has_more = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are looked for: at this member by its URI, in this state, of this own reference; empty for any."""

    member: str = ""
    state: str = ""
    reference: str = ""


def cases(
    connection: sqlite3.Connection,
    without: Iterable[str],
    most: int,
    *,
    seen_by: Officer | None = None,
    wanted: Wanted = Wanted(),
) -> Lines[Case]:
    """Give the asker's files that are not in these states.

    With an officer only those that he may see, which is as `files.Team.has` says. A file that cannot be read has no
    reference of the asker's own to be found by.
    """
    sought = [value for name in ("member", "state", "reference") for value in [getattr(wanted, name)] * 2]
    return _lines(Case, _most_urgent(connection, _CASES, without, most, seen_by, sought), most)


def referrals(
    connection: sqlite3.Connection,
    without: Iterable[str],
    most: int,
    *,
    seen_by: Officer | None = None,
) -> Lines[Referral]:
    """Give the holder's files like `cases`."""
    return _lines(Referral, _most_urgent(connection, _REFERRALS, without, most, seen_by), most)


def silent_ones_like(connection: sqlite3.Connection, referral: Referral) -> list[Referral]:
    """Give the other silent hits that nobody has seen and that share a line with this one; what is read of them."""
    rows = connection.execute(
        "SELECT document FROM referral WHERE state = ? AND alike = ? AND reference <> ? ORDER BY opened_at",
        (ReferralState.SILENT.value, referral.alike, referral.reference),
    )
    files = (_readable(Referral, row["document"]) for row in rows.fetchall())
    return [file for file in files if file is not None]


def same_hits(connection: sqlite3.Connection, case: Case) -> list[Case]:
    """Give the other cases that the same query, put again in the same case, opened on the same record.

    Those that somebody went on with come first, of both the newest; no more than a page names. It is so by the holder's
    word: of one answer, two hits it gives one tag are two records.
    """
    rows = connection.execute(
        "SELECT document FROM hit_case WHERE member = ? AND tag = ? AND tag <> '' AND reference <> ?"
        " ORDER BY state = 'hit', opened_at DESC LIMIT ?",  # first those that somebody went on with
        (case.member, case.repeat, case.reference, _MOST_ALIKE),
    )
    files = (_readable(Case, row["document"]) for row in rows.fetchall())
    return [file for file in files if file is not None and file.query_id != case.query_id]


_MOST_ALIKE = 20  # cases of one record that are named beside one of them

# What waits for one of these (`wakes.Wait`) is under way, or its officers have not taken note of its end; what time
# does something with has its moment, and of the same moment the older file comes first.
_UNDER_WAY = "waits IN ('always', 'moment', 'people', 'told')"
_BY = "CASE WHEN waits IN ('always', 'moment') THEN wakes || opened_at END"
# Where a referral stands whose time has passed, or that nothing but an officer here moves: it counts from then on.
_BY_OF_REFERRAL = f"CASE WHEN state IN ('overdue', 'appeal_refused', 'disputed') THEN since || opened_at ELSE {_BY} END"
_CASES = (
    "SELECT reference, member AS partner, state, since, opened_at, 1 AS times, opened_at AS first_at, document,"
    " {under_way} AS under_way"
    " FROM hit_case WHERE (state NOT IN ({}) OR waits = 'told') AND ({})"
    " AND (? = '' OR member = ?) AND (? = '' OR state = ?)"
    " AND (? = '' OR CASE WHEN json_valid(document) THEN json_extract(document, '$.asked.case') END = ?)"
    " ORDER BY {under_way} DESC, {by} NULLS LAST, opened_at DESC LIMIT ?"
)
# SQLite takes the row number of a group from the row with its maximum, where nothing else but a count is asked for.
_REFERRALS = (
    "SELECT reference, asker AS partner, state, since, opened_at, times, document, {under_way} AS under_way,"
    " (SELECT min(opened_at)"
    " FROM referral AS first WHERE first.state = file.state AND first.alike = file.alike) AS first_at"
    " FROM (SELECT rowid AS newest, max(opened_at) AS newest_at, count(*) AS times"
    " FROM referral WHERE state NOT IN ({}) AND ({}) GROUP BY state, alike"
    " ORDER BY {under_way} DESC, {by_of_referral} NULLS LAST, newest_at DESC LIMIT ?)"
    " JOIN referral AS file ON file.rowid = newest"
    " ORDER BY {under_way} DESC, {by_of_referral} NULLS LAST, newest_at DESC"
)
# As `files.Team.has` says of a file that can be read.
_SEEN = (
    "? IS NULL OR team IS NULL OR EXISTS (SELECT 1 FROM json_each(team, '$.members') WHERE value = ?)"
    " OR EXISTS (SELECT 1 FROM json_each(team, '$.approvers') JOIN json_each(?) AS held USING (value))"
)


def _most_urgent(
    connection: sqlite3.Connection,
    query: str,
    without: Iterable[str],
    most: int,
    seen_by: Officer | None,
    sought: Iterable[str] = (),
) -> list[sqlite3.Row]:
    names = list(without)
    left_out = ", ".join("?" * len(names))
    name = seen_by.name if seen_by else None
    roles = json.dumps(sorted(seen_by.roles) if seen_by else [])
    whole = query.format(left_out, _SEEN, under_way=_UNDER_WAY, by=_BY, by_of_referral=_BY_OF_REFERRAL)
    return connection.execute(whole, (*names, name, name, roles, *sought, most + 1)).fetchall()


def _lines(kind: type[Kind], rows: list[sqlite3.Row], most: int) -> Lines[Kind]:
    newest = sorted(rows[:most], key=lambda row: (row["under_way"], row["opened_at"]), reverse=True)
    lines = Lines(_line(kind, row) for row in newest)
    lines.has_more = len(rows) > most
    return lines


def _line(kind: type[Kind], row: sqlite3.Row) -> Listed[Kind]:
    since, opened, first = (datetime.fromisoformat(row[name]) for name in ("since", "opened_at", "first_at"))
    partner = row["partner"] if kind is Referral else Party.parse(row["partner"]).name
    file = _readable(kind, row["document"])
    return Listed(row["reference"], partner, row["state"], since, opened, row["times"], first, file)


def _readable(kind: type[Kind], document: str) -> Kind | None:
    try:
        return kind.model_validate_json(document)
    except ValueError as error:
        # The type and the place only: the text may quote a person's data.
        logger.error("a file is not to be read: %s at %s", type(error).__name__, innermost_place(error))
        return None
