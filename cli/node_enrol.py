"""``symbolon node enrol``: have the custodian evaluate what is new in the records, blinded."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

from rich.progress import MofNCompleteColumn

from cli.output import HomeOption, JsonOption, UserOption, counted, emit, failing_clearly, login_name
from cli.progress import progress
from node.config import NodeHome, load_home
from node.enrolment.enrolling import EnrolmentSummary
from node.enrolment.running import enrol_node


@failing_clearly
def enrol(user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Enrol what is new or changed, so that partners' queries find it. Goes on where it was interrupted."""
    summary = asyncio.run(_enrol(load_home(home), user or login_name(), as_json))
    data = asdict(summary) | {"unfindable_path": str(summary.unfindable_path) if summary.unfindable_path else None}
    emit(data, as_json, lambda: _enrolment_text(summary))


async def _enrol(node: NodeHome, user: str, as_json: bool) -> EnrolmentSummary:
    with progress("Enrolling", MofNCompleteColumn(), as_json) as advance:
        return await enrol_node(node, user, advance)


def _enrolment_text(summary: EnrolmentSummary) -> str:
    rate = summary.tokens / summary.seconds if summary.seconds else 0.0
    lines = [
        f"{counted(summary.records, 'record')} enrolled with {counted(summary.tokens, 'new token')} in"
        f" {counted(summary.batches, 'batch', 'batches')}, {summary.seconds:.1f} s ({rate:,.0f} tokens/s);"
        f" {summary.removed:,} removed."
    ]
    if summary.unfindable_path:
        lines.append(
            f"{summary.without_features} records say too little to be found blind; they are listed in"
            f" {summary.unfindable_path}."
        )
    return "\n".join(lines)
