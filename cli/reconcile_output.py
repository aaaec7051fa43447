"""How the outcome of ``symbolon audit reconcile`` is shown: sentences for people, one object for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Group

from auditing.reconciliation_logs import Clocks, Log, Skew, clocks_of
from auditing.reconciliation_outcome import COLUMNS, Outcome
from cli.output import counted, foreign
from cli.tables import Table

_TITLES = {
    "matched": "matched",
    "missing": "missing",
    "differing": "differ",
    "not_yet": "not yet",
    "ignored": "ignored",
}
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


def shown(outcome: Outcome, clocks: Clocks) -> Group:
    """Give all of it for people."""
    parts: list[Any] = [foreign(f"{log.party}: {_period(log)}.") for log in outcome.logs]
    parts.append(_counts(outcome))
    parts += [foreign(clocks_of(outcome.logs, skew) + _legs(outcome, skew)) for skew in clocks.skews()]
    parts += [foreign(one.text) for one in outcome.findings]
    if outcome.more:
        parts.append(foreign(f"And {counted(outcome.more, 'finding')} more."))
    parts += [foreign(f"Not checked: {_times(what, count)}.") for what, count in sorted(outcome.not_checked.items())]
    parts += [foreign(f"Not compared: {_times(what, count)}.") for what, count in sorted(outcome.left_out.items())]
    parts.append(foreign(_conclusion(outcome)))
    return Group(*parts)


def _counts(outcome: Outcome) -> Table:
    table = Table(title="What one sent and the other took", title_justify="left", title_style="bold")
    table.add_column("what, from → to")
    for column in COLUMNS:
        table.add_column(_TITLES[column], justify="right", no_wrap=True)
    for row in outcome.rows():
        ways = " → ".join(row[name].removeprefix("symbolon://") for name in ("from", "to"))
        table.add_row(foreign(row["what"], ways), *(str(row[column]) for column in COLUMNS))
    return table


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


def _conclusion(outcome: Outcome) -> str:
    found = sum(outcome.kinds.values())
    if not found:
        return "Nothing was found: as far as it was checked, what each says it sent the other says it received."
    return f"{counted(found, 'finding')}: ask both parties to explain each."
