"""``symbolon agreement suspend``, ``resume``, ``terminate`` and ``list``: what became of what was agreed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from agreements.agreement import Agreement
from agreements.signing import SignedDeclaration
from agreements.standing import Standing
from cli.output import HomeOption, JsonOption, UserOption, emit, failing_clearly, foreign, login_name
from cli.tables import Table
from node.agreements import signing
from node.agreements.book import AgreementBook
from node.agreements.declaring import SHORTEST, Make, declare
from node.agreements.signing import Signatory, load_signatory
from node.agreements.state import account, remarks
from node.cases_file import open_book
from node.config import load_home
from symbolon.rpc.errors import ErrorCode, SymbolonError

_Name = Annotated[
    str, typer.Argument(help="Id of the agreement, for all its versions, or the first 8 characters of a fingerprint.")
]
_Reason = Annotated[str, typer.Option(help="Why, for the disclosure log; asked for if not given. Needed with --json.")]


@failing_clearly
def suspend(
    name: _Name, reason: _Reason = "", user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Suspend an agreement at once, for what is under way too, until this agency resumes it. The partners are told."""
    _declare(home, name, signing.suspend, reason, user, as_json)


@failing_clearly
def resume(
    name: _Name, reason: _Reason = "", user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Take back this agency's own suspension. One by a partner stays."""
    _declare(home, name, signing.resume, reason, user, as_json)


@failing_clearly
def terminate(
    name: _Name,
    last_day: Annotated[
        str, typer.Option(help="Last day in force, YYYY-MM-DD; as early as the notice agreed allows if not given.")
    ] = "",
    reason: _Reason = "",
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Give notice of the end of an agreement for this agency. It cannot be taken back or put off.

    To stop answers at once, suspend it.
    """
    day = _day(last_day)

    def make(signatory: Signatory, book: AgreementBook, agreement: Agreement, now: datetime) -> SignedDeclaration:
        return signing.terminate(signatory, book, agreement, now, day)

    _declare(home, name, make, reason, user, as_json)


@failing_clearly
def list_agreements(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the agreements of this agency and where each stands: signed, in force, suspended, ended, superseded."""
    node = load_home(home)
    now = datetime.now(UTC)
    with open_book(node) as book:
        summaries = [_summary(one, node.party.name, now) for one in book.current()]
    empty = "No agreements: nobody may ask and nothing is answered."
    emit({"agreements": summaries}, as_json, lambda: _table(summaries) if summaries else empty)


def _declare(home: Path, name: str, make: Make, reason: str, user: str, as_json: bool) -> None:
    node = load_home(home)
    signatory = load_signatory(node)
    now = datetime.now(UTC)
    with open_book(node) as book:
        personal = {"reason": _asked_reason(reason, as_json), "user": user or login_name()}
        after = declare(book, signatory, name, make, now, personal)
    summaries = [_summary(one, node.party.name, now) for one in after]
    emit({"agreements": summaries}, as_json, lambda: _table(summaries))


def _asked_reason(reason: str, as_json: bool) -> str:
    if not reason and as_json:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--reason: needed with --json, for nobody is asked")
    reason = (reason or typer.prompt("Reason, for the disclosure log")).strip()
    if not reason:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--reason: expected some text")
    return reason


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--last-day: expected YYYY-MM-DD") from None


def _summary(standing: Standing, agency: str, now: datetime) -> dict[str, Any]:
    agreement = standing.agreement
    found = account(standing, agency, now)
    return {
        "id": agreement.id,
        "version": agreement.version,
        "hash": agreement.hash.hex(),
        "state": found.state.value,
        "in_force_with": list(found.partners),
        "unsigned": list(found.unsigned),
        "suspended_by": list(found.suspended_by),
        "ends": {party: day.isoformat() for party, day in found.ends.items()},
        "superseded_from": found.superseded_from.isoformat() if found.superseded_from else None,
        "valid_from": agreement.validity.from_day.isoformat(),
        "valid_until": agreement.validity.until.isoformat(),
        "parties": sorted(agreement.party_of),
        "purposes": sorted(agreement.purposes),
        "remarks": remarks(found, now.astimezone(UTC).date()),
    }


def _table(summaries: list[dict[str, Any]]) -> Table:
    table = Table()
    for column in ("id", "fingerprint", "state", "in force with", "remarks", "valid"):
        table.add_column(column)
    for one in summaries:
        table.add_row(
            foreign(f"{one['id']} v{one['version']}"),
            one["hash"][:SHORTEST],
            one["state"],
            "\n".join(one["in_force_with"]),
            "\n".join(one["remarks"]),
            f"{one['valid_from']}\n{one['valid_until']}",
        )
    return table
