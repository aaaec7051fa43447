"""The parts of ``docs/explanation/stages.md`` that follow from the tables of ``agreements.stages``: drawings and moves.

Written into the page by ``python -m tests.unit.reference_pages``, like the tables of the reference.
"""

from __future__ import annotations

from typing import Any

from agreements.stages import CASE, REFERRAL, REVIEW, CaseState, ReferralState, ReviewState, drawing, listing

_MACHINES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "case": (CASE, (CaseState.HIT,)),
    "referral": (REFERRAL, (ReferralState.TOLD, ReferralState.SILENT)),
    "review": (REVIEW, (ReviewState.NONE,)),
}


def stages_parts() -> dict[str, str]:
    """Give a drawing and a table for each machine."""
    drawings = {
        f"{name} drawing": f"\n```mermaid\n{drawing(table, first)}\n```\n\n"
        for name, (table, first) in _MACHINES.items()
    }
    return drawings | {f"{name} table": f"\n{listing(table)}\n\n" for name, (table, _) in _MACHINES.items()}
