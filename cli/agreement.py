"""``symbolon agreement``: write, check and read agreements."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agreements.agreement import Agreement, agreement_errors
from agreements.prose import render
from agreements.template import TEMPLATE
from cli.output import HomeOption, JsonOption, emit, failing_clearly, foreign
from node.agreement_folder import AgreementFolder, read_agreement
from node.config import load_home
from symbolon.rpc.errors import ErrorCode, SymbolonError

app = typer.Typer(
    help="Write, check and read agreements.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_File = Annotated[Path, typer.Argument(help="An agreement as TOML.")]


@app.command(epilog="Example: symbolon agreement new agreements/fr-de.toml")
@failing_clearly
def new(file: Annotated[Path, typer.Argument(help="File to write.")], as_json: JsonOption = False) -> None:
    """Write a commented template to fill in."""
    if file.exists():
        raise SymbolonError(ErrorCode.ALREADY_INITIALISED, str(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TEMPLATE, encoding="utf-8")
    emit({"file": str(file)}, as_json, lambda: f"Fill in {file}, then symbolon agreement check {file}.")


@app.command(epilog="Example: symbolon agreement check agreements/fr-de.toml")
@failing_clearly
def check(file: _File, as_json: JsonOption = False) -> None:
    """Say whether a file is an agreement, or everything that keeps it from being one (exit code 3)."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file}: {type(error).__name__}") from None
    errors = agreement_errors(text)
    data: dict[str, Any] = {
        "valid": not errors,
        "errors": [{"place": one.place, "reason": one.reason} for one in errors],
    }
    if not errors:
        data["hash"] = read_agreement(file).hash.hex()
    emit(data, as_json, lambda: _findings(file, data))
    if errors:
        raise typer.Exit(ErrorCode.INVALID_INPUT.value.exit_code)


@app.command(epilog="Example: symbolon agreement show agreements/fr-de.toml")
@failing_clearly
def show(file: _File, as_json: JsonOption = False) -> None:
    """Show an agreement as text: who may ask whom for what, and what is answered."""
    agreement = read_agreement(file)
    text = render(agreement)
    emit({"hash": agreement.hash.hex(), "text": text}, as_json, lambda: text)


@app.command("list", epilog="Example: symbolon agreement list --home node")
@failing_clearly
def list_agreements(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the agreements of a node."""
    folder = load_home(home).agreements_folder
    agreements = AgreementFolder(folder).current()
    now = datetime.now(UTC)
    data = {"agreements": [_summary(one, now) for one in agreements]}
    empty = f"No agreements in {folder}: nobody may ask and nothing is answered."
    emit(data, as_json, lambda: _table(data["agreements"]) if agreements else empty)


def _findings(file: Path, data: dict[str, Any]) -> str:
    if data["valid"]:
        return f"{file} is an agreement, fingerprint {data['hash']}."
    return "\n".join(f"{file}: {one['place']}: {one['reason']}" for one in data["errors"])


def _summary(agreement: Agreement, now: datetime) -> dict[str, Any]:
    return {
        "id": agreement.id,
        "version": agreement.version,
        "parties": sorted(party.agency for party in agreement.parties),
        "purposes": sorted(agreement.purposes),
        "level": agreement.answer.maximum,
        "in_force": agreement.in_force(now),
        "valid_until": agreement.valid_until.isoformat(),
        "hash": agreement.hash.hex(),
    }


def _table(summaries: list[dict[str, Any]]) -> Table:
    table = Table()
    for column in ("id", "parties", "purposes", "level", "in force", "valid until"):
        table.add_column(column, overflow="fold")
    for one in summaries:
        lists = "\n".join(one["parties"]), "\n".join(one["purposes"])
        in_force = "yes" if one["in_force"] else "no"
        table.add_row(
            foreign(f"{one['id']} v{one['version']}"), *lists, str(one["level"]), in_force, one["valid_until"]
        )
    return table
