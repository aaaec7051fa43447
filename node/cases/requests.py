"""How many requests each asker has made here: counted when one is taken on, apart from the referral it is about.

The agreement's quotas are of a UTC day and a UTC month. Counts belong to an agreement by its id: an amendment gives
nobody a new start. A count stays while its referral does, which is decided by what was used before its request, and
for `COUNTED_FOR` at least: a referral that is erased within the month gives nobody a new start either.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from agreements.agreement import Agreement
from agreements.facts import QuotaUse
from node.cases.files import Referral
from node.cases.messages import RequestsLeft

COUNTED_FOR = timedelta(days=62)
"""How long a request counts at least: longer than any quota's span, a month."""

TABLES = (
    """CREATE TABLE request_received (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        asker TEXT NOT NULL,
        agreement TEXT NOT NULL,
        reference TEXT NOT NULL UNIQUE,
        received_on TEXT NOT NULL,
        emergency INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX request_day ON request_received (asker, agreement, received_on)",
    "CREATE INDEX request_age ON request_received (received_on)",
)


def count_request(
    connection: sqlite3.Connection, referral: Referral, agreement: str, now: datetime, *, emergency: bool
) -> None:
    """Count a request that has come, under its agreement's id: an amendment gives nobody a new start."""
    connection.execute(
        "INSERT INTO request_received (asker, agreement, reference, received_on, emergency) VALUES (?, ?, ?, ?, ?)",
        (referral.asked.asker, agreement, referral.reference, _day(now), emergency),
    )


def use_before(connection: sqlite3.Connection, referral: Referral, agreement: str, now: datetime) -> QuotaUse:
    """Give what the asker had used before this request: of its own day and month, or of today's where none has come."""
    row = connection.execute(
        "SELECT number, received_on FROM request_received WHERE reference = ?", (referral.reference,)
    ).fetchone()
    before, day = (row["number"], row["received_on"]) if row else (_ALL, _day(now))
    return _use(connection, referral.asked.asker, agreement, day, before)


def use_today(connection: sqlite3.Connection, asker: str, agreement: str, now: datetime) -> QuotaUse:
    """Give what an asker has used so far of this day and month, under the agreement's id."""
    return _use(connection, asker, agreement, _day(now), _ALL)


def left_of(use: QuotaUse, agreement: Agreement, now: datetime, *, emergency: bool | None = None) -> RequestsLeft:
    """Give what is left of the agreement's quotas after this use, and after one request more where one is taken on."""
    requests = (use.requests_today or 0) + (emergency is not None)
    emergencies = (use.emergencies_this_month or 0) + bool(emergency)
    return RequestsLeft(
        day=now.astimezone(UTC).date(),
        requests_today=max(0, agreement.quotas.requests_a_day - requests),
        emergencies_this_month=max(0, agreement.emergency.uses_a_month - emergencies),
    )


_ALL = 2**62
"""Above the number of every request."""


def _use(connection: sqlite3.Connection, asker: str, agreement: str, day: str, before: int) -> QuotaUse:
    counted = connection.execute(
        "SELECT count(*) FILTER (WHERE received_on = ?) AS today,"
        " count(*) FILTER (WHERE emergency AND substr(received_on, 1, 7) = ?) AS emergencies"
        " FROM request_received WHERE asker = ? AND agreement = ? AND number < ?",
        (day, day[:7], asker, agreement, before),
    ).fetchone()
    return QuotaUse(requests_today=counted["today"], emergencies_this_month=counted["emergencies"])


def forget(connection: sqlite3.Connection, now: datetime) -> None:
    """Erase what no quota counts any more, in the caller's transaction."""
    connection.execute(
        "DELETE FROM request_received WHERE received_on < ? AND reference NOT IN (SELECT reference FROM referral)",
        (_day(now - COUNTED_FOR),),
    )


def is_any_to_forget(connection: sqlite3.Connection, now: datetime) -> bool:
    """Say whether there is anything for `forget`, without the write lock."""
    found = connection.execute(
        "SELECT 1 FROM request_received WHERE received_on < ?"
        " AND reference NOT IN (SELECT reference FROM referral) LIMIT 1",
        (_day(now - COUNTED_FOR),),
    )
    return found.fetchone() is not None


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()
