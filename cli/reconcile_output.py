"""How the outcome of ``symbolon audit reconcile`` is shown on a terminal (`auditing.reconciliation_said`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group
from rich.text import Text

from agreements.sentences import Sentence
from auditing.reconciliation_logs import Clocks
from auditing.reconciliation_outcome import COLUMNS, Outcome
from auditing.reconciliation_said import clocks_said, conclusion, left_out, periods
from cli.output import foreign
from cli.tables import Table

_TITLES = {
    "matched": "matched",
    "missing": "missing",
    "differing": "differ",
    "not_yet": "not yet",
    "ignored": "ignored",
}


def shown(outcome: Outcome, clocks: Clocks) -> Group:
    """Give all of it for people."""
    parts: list[Any] = [*_printed(periods(outcome)), _counts(outcome)]
    parts += _printed(clocks_said(outcome, clocks))
    parts += _printed(one.text for one in outcome.findings)
    parts += _printed(left_out(outcome))
    parts.append(foreign(str(conclusion(outcome))))
    return Group(*parts)


def _printed(sentences: Iterable[Sentence]) -> Iterator[Text]:
    return (foreign(str(one)) for one in sentences)


def _counts(outcome: Outcome) -> Table:
    table = Table(title="What one sent and the other took", title_justify="left", title_style="bold")
    table.add_column("what, from → to")
    for column in COLUMNS:
        table.add_column(_TITLES[column], justify="right", no_wrap=True)
    for row in outcome.rows():
        ways = " → ".join(row[name].removeprefix("symbolon://") for name in ("from", "to"))
        table.add_row(foreign(row["what"], ways), *(str(row[column]) for column in COLUMNS))
    return table
