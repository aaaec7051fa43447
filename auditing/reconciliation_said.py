"""What a reconciliation says beside its findings and counts, in sentences; and all of it as one object for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from auditing.reconciliation_logs import Clocks, Log, Skew, clocks_of
from auditing.reconciliation_outcome import Outcome

_LEGS = ("count", "least", "median", "most")


def to_json(outcome: Outcome, clocks: Clocks) -> dict[str, Any]:
    """Give all of it for programs."""
    return {
        "right": not outcome.kinds,
        "logs": [
            {"party": log.party, "since": _moment(log.since), "until": _moment(log.until)} for log in outcome.logs
        ],
        "counts": outcome.rows(),
        "clocks": [_skew(outcome, skew) for skew in clocks.skews()],
        "findings": [
            {
                "kind": one.kind,
                "text": one.text,
                "entries": [{"party": party, "entry": number} for party, number in one.entries],
            }
            for one in outcome.findings
        ],
        "more_findings": outcome.more,
        "kinds": dict(outcome.kinds),
        "not_checked": dict(outcome.not_checked),
        "not_compared": dict(outcome.left_out),
    }


def periods(outcome: Outcome) -> Iterator[str]:
    """Say of what time each log speaks."""
    for log in outcome.logs:
        yield f"{log.party}: {_period(log)}."


def clocks_said(outcome: Outcome, clocks: Clocks) -> Iterator[str]:
    """Say how clocks stand, and how long things took."""
    for skew in clocks.skews():
        yield clocks_of(outcome.logs, skew) + _legs(outcome, skew)


def left_out(outcome: Outcome) -> Iterator[str]:
    """Say what is not shown, not checked and not compared."""
    if outcome.more:
        yield f"And {outcome.more:,} {'finding' if outcome.more == 1 else 'findings'} more."
    for what, count in sorted(outcome.not_checked.items()):
        yield f"Not checked: {_times(what, count)}."
    for what, count in sorted(outcome.left_out.items()):
        yield f"Not compared: {_times(what, count)}."


def conclusion(outcome: Outcome) -> str:
    """Say what came of it."""
    found = sum(outcome.kinds.values())
    if not found:
        return "Nothing was found: as far as it was checked, what each says it sent the other says it received."
    return f"{found:,} {'finding' if found == 1 else 'findings'}: ask both parties to explain each."


def _skew(outcome: Outcome, skew: Skew) -> dict[str, Any]:
    return {
        "first": outcome.logs[skew.first].party,
        "second": outcome.logs[skew.second].party,
        "second_ahead_seconds": skew.offset,
        "there": dict(zip(_LEGS, skew.there, strict=True)) if skew.there else None,
        "back": dict(zip(_LEGS, skew.back, strict=True)) if skew.back else None,
    }


def _legs(outcome: Outcome, skew: Skew) -> str:
    """Say how long things took by the two clocks, there and back."""
    said = ""
    for begin, end, leg in ((skew.first, skew.second, skew.there), (skew.second, skew.first, skew.back)):
        if leg is not None:
            count, least, middle, most = leg
            named = f"{outcome.logs[begin].party} → {outcome.logs[end].party}"
            said += f" {named}: median {middle:,.2f} s ({least:,.2f} to {most:,.2f}, of {count:,})."
    return said


def _period(log: Log) -> str:
    begin = "from the beginning" if log.since is None else f"from {_moment(log.since)}"
    return f"speaks of the time {begin} to {_moment(log.until)}"


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _times(what: str, count: int) -> str:
    return f"{what} ({count:,})" if count > 1 else what
