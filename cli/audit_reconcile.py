"""``symbolon audit reconcile``: compares what exports of several parties say of each other, without any party's folder.

Exit codes as those of ``symbolon-verify``: 0 nothing was found, 1 findings, 2 the files cannot be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TaskID

from auditing.reconciliation_logs import Clocks
from auditing.reconciliation_outcome import Outcome
from auditing.reconciliation_said import to_json
from cli.output import JsonOption, emit, error_console, show_error
from cli.reconcile_output import shown
from node.auditing.reconciling import Given, reconcile_files
from symbolon.rpc.errors import SymbolonError

FOUND, UNUSABLE = 1, 2


def reconcile(
    files: Annotated[list[Path], typer.Argument(help="Exports of two agencies or more; of their coordinator too.")],
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--key",
            help="A log's verifier key, or a file with it: your own copy; for each log, and each key it has had.",
        ),
    ] = None,
    authority: Annotated[Path | None, typer.Option(help="Certificate of the federation's authority (PEM).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare exports: what one says it told, sent or released, what the other says it received, and the duties.

    Each file is verified first. No party's folder is needed, and nothing personal is printed. Exit code 0: nothing
    was found. 1: findings. 2: a file cannot be used.
    """
    try:
        outcome, clocks = _compared(files, Given.read(keys or (), authority), as_json)
    except SymbolonError as error:
        show_error(error, as_json=as_json)
        raise typer.Exit(UNUSABLE) from None
    emit(to_json(outcome, clocks), as_json, lambda: shown(outcome, clocks))
    if outcome.kinds:
        raise typer.Exit(FOUND)


def _compared(files: Sequence[Path], given: Given, as_json: bool) -> tuple[Outcome, Clocks]:
    quiet = as_json or not error_console.is_terminal
    tasks: dict[str, TaskID] = {}
    with Progress(console=error_console, transient=True, disable=quiet) as progress:

        def told(party: str, count: int, total: int) -> None:
            if party not in tasks:
                tasks[party] = progress.add_task(party, total=total)
            progress.update(tasks[party], completed=count)

        return reconcile_files({str(path): path for path in files}, given, told)
