"""``symbolon compare``: whether two written names are one, and why; nothing is asked of anybody and nothing is kept."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from cli.output import JsonOption, emit, failing_clearly, foreign
from cli.tables import Table
from matching.comparison.evidence import signed
from matching.scoring import Comparison, compare_written_names
from matching.subject import Category
from symbolon.rpc.errors import ErrorCode, SymbolonError


@failing_clearly
def compare(
    one: Annotated[str, typer.Argument(help="A name as written, in any script.")],
    other: Annotated[str, typer.Argument(help="The name it is compared with.")],
    category: Annotated[
        str, typer.Option(help="What the names are of: individual, entity, vessel, aircraft or vehicle.")
    ] = "individual",
    as_json: JsonOption = False,
) -> None:
    """Say whether two written names are one, and why.

    The score is of bare names, part by part. A node weighs names together with all else it knows, so a hit is not
    decided here. Nothing is asked of anybody, and nothing is kept.
    """
    known: tuple[Category, ...] = get_args(Category)
    kind = next((one_known for one_known in known if one_known == category), None)
    if kind is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--category: one of {', '.join(known)}")
    comparison = compare_written_names(one, other, kind)
    emit(_as_data(comparison), as_json, lambda: _as_table(comparison))


def _as_data(comparison: Comparison) -> dict[str, Any]:
    reasons = [
        {"feature": one.feature, "points": round(one.points, 2), "sentence": one.sentence, "outcome": one.outcome}
        for one in comparison.contributions
    ]
    return {"score": round(comparison.score, 4), "band": comparison.band, "contributions": reasons}


def _as_table(comparison: Comparison) -> Table:
    table = Table(title=f"score {comparison.score:.3f}: {comparison.band or 'below every band'}")
    for heading in ("feature", "points", "why"):
        table.add_column(heading)
    for one in comparison.contributions:
        table.add_row(one.feature, signed(one.points), foreign(one.sentence))
    return table
