"""Why an agreement has no force between two agencies at a moment, since when or from when, in plain words. Pure.

Whether it has is decided by `agreements.standing.Standing.in_force` alone; this says what an officer reads beside it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from agreements.agreement import utc_day
from agreements.standing import Standing

REPLACED = "replaced by a later version since"
"""What is said with the day where a later version has taken its place."""


def without_force(standing: Standing, one: str, other: str, now: datetime) -> str:
    """Say why it does not bind two agencies, to follow *the agreement is*; empty where it does.

    What it does not come back from is told before what may pass.
    """
    today = utc_day(now)
    if today is None:
        return "not in force: the moment has no zone"
    agreement, validity, replaced = standing.agreement, standing.agreement.validity, standing.superseded_from
    unsigned = sorted(agreement.party_of.keys() - standing.signed_by)
    over = [f"ended by {party}, its last day was {day}" for party, day in _ended(standing, one, other) if day < today]
    suspended = [suspension(standing, party) for party in (one, other) if party in standing.suspended_by]
    reached = (
        (bool(unsigned), f"not signed yet by {', '.join(unsigned)}"),
        (not standing.is_complete, "not accepted here yet"),
        (
            replaced is not None and today >= replaced,
            f"{REPLACED} {replaced}",
        ),
        (validity.until < today, f"over: {validity.until} was its last day"),
        (bool(over), " and ".join(over)),
        (today < validity.from_day, f"to begin on {validity.from_day}"),
        (bool(suspended), " and ".join(suspended)),
    )
    return next((words for is_reached, words in reached if is_reached), "")


def suspension(standing: Standing, party: str) -> str:
    """Say that a party has suspended it, since when that counts here, and who ends it."""
    since = standing.suspended_since.get(party)
    begun = f" since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if since else ""
    return f"suspended by {party}{begun}, until {party} resumes it"


def _ended(standing: Standing, *parties: str) -> list[tuple[str, date]]:
    return [(party, standing.ended[party]) for party in dict.fromkeys(parties) if party in standing.ended]
