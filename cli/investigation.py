"""``symbolon investigation``: saved cases, in which every query states the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.desk import at_desk
from cli.output import HomeOption, JsonOption, OfficerKeyOption, emit, failing_clearly, foreign
from cli.query_options import (
    AssuranceOption,
    CaseReferenceOption,
    DeathPenaltyOption,
    LegalBasisOption,
    NatureOption,
    OffenceOption,
    PenaltyOption,
    PurposeOption,
    RoleOption,
)
from cli.tables import Table
from node.investigations.client import InvestigationClient
from symbolon.v1 import investigations_pb2 as wire

app = typer.Typer(
    help="Save what the queries of a case state, and close it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_Name = Annotated[str, typer.Argument(help="Name of the saved case, as the list gives it.")]


@app.command("list", epilog="Example: symbolon investigation list --officer-key a.martin.key")
@failing_clearly
def list_investigations(
    closed_too: Annotated[bool, typer.Option("--all", help="Those that are closed, too.")] = False,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the saved cases, the last changed first."""
    found = at_desk(InvestigationClient, home, officer_key, lambda client: client.investigations(closed_too=closed_too))
    emit({"investigations": [_described(one) for one in found]}, as_json, lambda: _table(found))


@app.command(epilog="Example: symbolon investigation show HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@failing_clearly
def show(
    name: _Name, officer_key: OfficerKeyOption = None, home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Show what a saved case states."""
    _show(at_desk(InvestigationClient, home, officer_key, lambda client: client.investigation(name)), as_json)


@app.command(
    epilog="Example: symbolon investigation save --case 2026/117 --purpose migrant_smuggling"
    " --legal-basis 'art. 25 (EU) 2024/982' --offence migrant_smuggling --penalty-months 120 --nature ordinary"
    " --role suspect --death-penalty no --officer-key a.martin.key"
)
@failing_clearly
def save(
    case_reference: CaseReferenceOption,
    purpose: PurposeOption,
    legal_basis: LegalBasisOption,
    offence: OffenceOption,
    penalty_months: PenaltyOption,
    nature: NatureOption,
    role: RoleOption,
    death_penalty: DeathPenaltyOption = "unknown",
    assurance: AssuranceOption = False,
    name: Annotated[
        str,
        typer.Option("--change", help="Name of the saved case to change; none for a new one.", show_default=False),
    ] = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Save a case under this agency's own reference, or change an open one."""
    case = wire.Investigation(
        name=name,
        case_reference=case_reference,
        purpose=purpose,
        legal_basis=legal_basis,
        offence=offence,
        penalty_months=penalty_months,
        nature=nature,
        person_role=role,
        death_penalty=death_penalty,
        assurance=assurance,
    )
    _show(at_desk(InvestigationClient, home, officer_key, lambda client: client.save(case)), as_json)


@app.command(epilog="Example: symbolon investigation close HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@failing_clearly
def close(
    name: _Name, officer_key: OfficerKeyOption = None, home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Close a saved case: it is read for a time that the node's settings say, and then erased."""
    _show(at_desk(InvestigationClient, home, officer_key, lambda client: client.close(name)), as_json)


def _show(one: wire.Investigation, as_json: bool) -> None:
    described = _described(one)
    lines = (f"{name.replace('_', ' ')}: {value}" for name, value in described.items() if value not in ("", None))
    emit(described, as_json, lambda: foreign(*lines))


def _table(found: list[wire.Investigation]) -> object:
    if not found:
        return "No case is saved."
    table = Table()
    for heading in ("Name", "Case", "Purpose", "Changed", "By", "State"):
        table.add_column(heading, no_wrap=heading == "Name")
    for one in found:
        state = "closed" if one.closed_at else "open"
        cells = (one.name, one.case_reference, one.purpose, _moment(one.changed_at), one.changed_by, state)
        table.add_row(*map(foreign, cells))
    return table


def _described(one: wire.Investigation) -> dict[str, Any]:
    return {
        "name": one.name,
        "case_reference": one.case_reference,
        "purpose": one.purpose,
        "legal_basis": one.legal_basis,
        "offence": one.offence,
        "penalty_months": one.penalty_months if one.HasField("penalty_months") else None,
        "nature": one.nature,
        "person_role": one.person_role,
        "death_penalty": one.death_penalty,
        "assurance": one.assurance,
        "opened_by": one.opened_by,
        "opened_at": _moment(one.opened_at),
        "changed_by": one.changed_by,
        "changed_at": _moment(one.changed_at),
        "closed_at": _moment(one.closed_at),
    }


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else ""
