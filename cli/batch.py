"""``symbolon batch``: have partners asked about a list of persons, each row a query of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import MofNCompleteColumn

from cli.batch_output import asked, batch_json, listing, rows_table, to_ask, told
from cli.desk import at_desk
from cli.output import HomeOption, JsonOption, OfficerKeyOption, console, counted, emit, error_console, failing_clearly
from cli.progress import progress
from cli.query_options import (
    AgreementOption,
    AssuranceOption,
    CaseReferenceOption,
    DeathPenaltyOption,
    LegalBasisOption,
    NatureOption,
    OffenceOption,
    PenaltyOption,
    PurposeOption,
    RecipientsOption,
    RoleOption,
    recipient,
)
from node.batches.client import BatchClient
from node.batches.results import results_csv, row_json
from node.records.row_files import guess_format
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import write_whole
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.desk_pb2 import QueryRequest

app = typer.Typer(
    help="Have partners asked about a list of persons.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Result = TypeVar("Result")

LOOK_SECONDS = 0.5
"""Seconds from one look at how far a batch is to the next."""

_FORMATS = {"csv": wire.LIST_FORMAT_CSV, "jsonl": wire.LIST_FORMAT_JSONL}

_Reference = Annotated[str, typer.Argument(metavar="REFERENCE", help="Reference of the batch.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Start without asking first; needed where nobody can be asked.")]
_Follow = Annotated[bool, typer.Option("--follow/--no-follow", help="Stay until it ends or stops, with a bar.")]


@app.command(
    epilog="Example: symbolon batch start persons.csv --purpose migrant_smuggling"
    " --legal-basis 'art. 25 (EU) 2024/982' --case 2026/117 --offence migrant_smuggling --penalty-months 120"
    " --nature ordinary --role suspect --death-penalty no --officer-key a.martin.key"
)
@failing_clearly
def start(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list: CSV or JSON Lines, UTF-8.")],
    purpose: PurposeOption,
    legal_basis: LegalBasisOption,
    case_reference: CaseReferenceOption,
    offence: OffenceOption,
    penalty_months: PenaltyOption,
    nature: NatureOption,
    role: RoleOption,
    death_penalty: DeathPenaltyOption = "unknown",
    assurance: AssuranceOption = False,
    to: RecipientsOption = None,
    agreement: AgreementOption = "",
    yes: _Yes = False,
    follow: _Follow = True,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Read a list, show what can be asked of it and what partners still take, and start once you say so.

    Each row is a query of its own, counted and logged as if you had typed it. The node goes on when this command ends.
    """
    query = QueryRequest(
        purpose=purpose,
        legal_basis=legal_basis,
        case_reference=case_reference,
        offence=offence,
        penalty_months=penalty_months,
        nature=nature,
        person_role=role,
        death_penalty=death_penalty,
        assurance=assurance,
        recipients=[recipient(agency) for agency in to or ()],
        agreement=agreement,
    )
    content, list_format = _read(file), _FORMATS[guess_format(file)]
    prepared = _call(home, officer_key, lambda client: client.prepare(query, content, list_format))
    if not as_json:
        console.print(told(prepared))
    if not yes and (
        as_json or not typer.confirm(f"Ask about {to_ask(prepared):,} of {counted(prepared.rows, 'row')}?")
    ):
        emit(batch_json(prepared), as_json, lambda: "Nothing was asked; the list is erased within the hour.")
        return
    _go_on(prepared.reference, home, officer_key, as_json, follow=follow, ask_unknown=False)


@app.command(epilog="Example: symbolon batch resume HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@failing_clearly
def resume(
    reference: _Reference,
    ask_again: Annotated[
        bool, typer.Option("--ask-again", help="Ask once more where an interruption left open whether a row was asked.")
    ] = False,
    follow: _Follow = True,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Let a batch that has stopped go on, or one that was only prepared begin."""
    _go_on(reference, home, officer_key, as_json, follow=follow, ask_unknown=ask_again)


@app.command("list", epilog="Example: symbolon batch list --officer-key a.martin.key")
@failing_clearly
def list_batches(officer_key: OfficerKeyOption = None, home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List your batches; for supervisors and auditors, those of all officers."""
    batches = _call(home, officer_key, lambda client: client.batches())
    emit({"batches": [batch_json(one) for one in batches]}, as_json, lambda: listing(batches))


@app.command(epilog="Example: symbolon batch show HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@failing_clearly
def show(
    reference: _Reference, officer_key: OfficerKeyOption = None, home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Show how far a batch is."""
    batch = _call(home, officer_key, lambda client: client.batch(reference))
    emit(batch_json(batch), as_json, lambda: told(batch))


@app.command(epilog="Example: symbolon batch results HGQ3N5M2TAYV7KLC --state hit --officer-key a.martin.key")
@failing_clearly
def results(
    reference: _Reference,
    state: Annotated[
        list[str] | None, typer.Option(help="Only rows in this state, as hit or incomplete; repeatable.")
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write them into a CSV file, for a spreadsheet.")
    ] = None,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show what came of the rows, by line and your own reference. That it was read is logged."""

    async def all_rows(client: BatchClient) -> list[wire.BatchRow]:
        return [row async for row in client.results(reference, *state or ())]

    rows = _call(home, officer_key, all_rows)
    if csv_file:
        write_whole(csv_file, results_csv(rows).encode(), secret=True)
        emit(
            {"rows": len(rows), "file": str(csv_file)},
            as_json,
            lambda: f"{counted(len(rows), 'row is', 'rows are')} in {csv_file}.",
        )
        return
    shown = [row_json(row) for row in rows]
    emit({"rows": shown}, as_json, lambda: rows_table(shown))


@app.command(epilog="Example: symbolon batch cancel HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@failing_clearly
def cancel(
    reference: _Reference, officer_key: OfficerKeyOption = None, home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Ask no further. The persons that were not asked about are erased; results stay."""
    batch = _call(home, officer_key, lambda client: client.cancel(reference))
    emit(batch_json(batch), as_json, lambda: told(batch))


@app.command(epilog="Example: symbolon batch delete HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@failing_clearly
def delete(
    reference: _Reference, officer_key: OfficerKeyOption = None, home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Erase a batch with its results."""
    _call(home, officer_key, lambda client: client.delete(reference))
    emit({"reference": reference, "erased": True}, as_json, lambda: f"{reference} is erased.")


def _go_on(
    reference: str, home: Path, officer_key: Path | None, as_json: bool, *, follow: bool, ask_unknown: bool
) -> None:
    async def run(client: BatchClient) -> wire.Batch:
        batch = await client.start(reference, ask_unknown=ask_unknown)
        with progress("asking", MofNCompleteColumn(), as_json) as advance:
            while follow and batch.state == "running":
                advance(asked(batch), to_ask(batch))
                await asyncio.sleep(LOOK_SECONDS)
                batch = await client.batch(reference)
        return batch

    batch = _call(home, officer_key, run)
    emit(batch_json(batch), as_json, lambda: told(batch))
    if not as_json and batch.state == "finished":
        error_console.print(f"Next: symbolon batch results {reference}", markup=False)


def _call(home: Path, officer_key: Path | None, call: Callable[[BatchClient], Awaitable[Result]]) -> Result:
    return at_desk(BatchClient, home, officer_key, call)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error.strerror}") from None
