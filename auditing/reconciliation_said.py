"""What a reconciliation says beside its findings and counts, in sentences; and all of it as one object for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from agreements.sentences import Sentence, plural, said
from auditing.reconciliation_logs import Clocks, Skew, clocks_of
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
                "text": str(one.text),
                "entries": [{"party": party, "entry": number} for party, number in one.entries],
            }
            for one in outcome.findings
        ],
        "more_findings": outcome.more,
        "kinds": dict(outcome.kinds),
        "not_checked": {str(what): count for what, count in outcome.not_checked.items()},
        "not_compared": {str(what): count for what, count in outcome.left_out.items()},
    }


def periods(outcome: Outcome) -> Iterator[Sentence]:
    """Say of what time each log speaks."""
    for log in outcome.logs:
        until = datetime.fromtimestamp(log.until, UTC)
        if log.since is None:
            yield said("%(party)s: speaks of the time from the beginning to %(until)s.", party=log.party, until=until)
        else:
            since = datetime.fromtimestamp(log.since, UTC)
            yield said(
                "%(party)s: speaks of the time from %(since)s to %(until)s.", party=log.party, since=since, until=until
            )


def clocks_said(outcome: Outcome, clocks: Clocks) -> Iterator[Sentence]:
    """Say how clocks stand, and how long things took."""
    for skew in clocks.skews():
        yield clocks_of(outcome.logs, skew)
        yield from _legs(outcome, skew)


def left_out(outcome: Outcome) -> Iterator[Sentence]:
    """Say what is not shown, not checked and not compared."""
    if outcome.more:
        yield plural("And %(count)s finding more.", "And %(count)s findings more.", outcome.more)
    for what, count in sorted(outcome.not_checked.items(), key=lambda item: str(item[0])):
        yield said("Not checked: %(what)s.", what=_times(what, count))
    for what, count in sorted(outcome.left_out.items(), key=lambda item: str(item[0])):
        yield said("Not compared: %(what)s.", what=_times(what, count))


def conclusion(outcome: Outcome) -> Sentence:
    """Say what came of it."""
    found = sum(outcome.kinds.values())
    if not found:
        return said("Nothing was found: as far as it was checked, what each says it sent the other says it received.")
    return plural(
        "%(count)s finding: ask both parties to explain it.",
        "%(count)s findings: ask both parties to explain each.",
        found,
    )


def _skew(outcome: Outcome, skew: Skew) -> dict[str, Any]:
    return {
        "first": outcome.logs[skew.first].party,
        "second": outcome.logs[skew.second].party,
        "second_ahead_seconds": skew.offset,
        "there": dict(zip(_LEGS, skew.there, strict=True)) if skew.there else None,
        "back": dict(zip(_LEGS, skew.back, strict=True)) if skew.back else None,
    }


def _legs(outcome: Outcome, skew: Skew) -> Iterator[Sentence]:
    """Say how long things took by the two clocks, there and back."""
    for begin, end, leg in ((skew.first, skew.second, skew.there), (skew.second, skew.first, skew.back)):
        if leg is not None:
            count, least, middle, most = leg
            yield said(
                "From %(begin)s to %(end)s: median %(middle)s s (%(least)s to %(most)s, of %(number)s).",
                begin=outcome.logs[begin].party,
                end=outcome.logs[end].party,
                middle=round(middle, 2),
                least=round(least, 2),
                most=round(most, 2),
                number=count,
            )


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _times(what: Sentence, count: int) -> Sentence:
    return said("%(what)s (%(times)s)", what=what, times=count) if count > 1 else what
