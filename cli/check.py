"""``symbolon check``: ask while somebody waits, and say in one word what it comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.desk import at_desk
from cli.output import (
    HomeOption,
    JsonOption,
    OfficerKeyOption,
    console,
    emit,
    error_console,
    failing_clearly,
)
from cli.query import describe_answer, summary_of
from cli.query_options import (
    AgreementOption,
    AliasOption,
    AssuranceOption,
    BornOption,
    CaseReferenceOption,
    DeathPenaltyOption,
    DocumentOption,
    GenderOption,
    LegalBasisOption,
    MrzOption,
    NameOption,
    NationalityOption,
    NativeOption,
    NatureOption,
    OffenceOption,
    PenaltyOption,
    PersonFileOption,
    PurposeOption,
    RecipientsOption,
    RoleOption,
    read_zone,
    recipient,
    row_of_options,
    row_of_person,
    stated_justification,
    with_zone,
)
from node.desk.client import DeskClient, query_request
from symbolon.rpc.errors import ErrorCode
from symbolon.v1 import desk_pb2

_VERDICTS = {
    desk_pb2.VERDICT_HIT: ("hit", "bold green"),
    desk_pb2.VERDICT_NOTHING_KNOWN: ("nothing_known", "default"),
    desk_pb2.VERDICT_NOT_CONCLUSIVE: ("not_conclusive", "bold red"),
}
_COUNTS = ("hits", "cleared", "nothing", "unanswered", "not_asked")


@failing_clearly
def check(
    purpose: PurposeOption,
    legal_basis: LegalBasisOption,
    case_reference: CaseReferenceOption,
    offence: OffenceOption,
    penalty_months: PenaltyOption,
    nature: NatureOption,
    role: RoleOption,
    name: NameOption = None,
    alias: AliasOption = None,
    native: NativeOption = None,
    born: BornOption = None,
    nationality: NationalityOption = None,
    gender: GenderOption = "",
    document: DocumentOption = None,
    mrz: MrzOption = None,
    file: PersonFileOption = None,
    death_penalty: DeathPenaltyOption = "unknown",
    assurance: AssuranceOption = False,
    to: RecipientsOption = None,
    agreement: AgreementOption = "",
    seconds: Annotated[float, typer.Option(help="Seconds somebody may be kept waiting.", min=2, max=60)] = 10.0,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Ask about a document or person while somebody waits.

    It is a query like any other, under the same agreements, quotas and logs, but gives one verdict: hit, nothing known
    or not conclusive. Nothing known is said only where every agency that was asked answered so; one that was late
    excludes no match, and exit code 20 says so.
    """
    row = row_of_person(file, row_of_options(name, alias, native, born, nationality, gender, document))
    zone = read_zone(mrz)
    justification = stated_justification(
        offence=offence,
        penalty_months=penalty_months,
        nature=nature,
        person_role=role,
        death_penalty=death_penalty,
        assurance=assurance,
    )
    recipients = [recipient(agency) for agency in to or ()]

    async def told(desk: DeskClient) -> desk_pb2.CheckResponse:
        request = query_request(
            await with_zone(desk, zone, row),
            purpose=purpose,
            legal_basis=legal_basis,
            case_reference=case_reference,
            justification=justification,
            recipients=recipients,
            agreement=agreement,
        )
        return await desk.check(request, seconds)

    answer = at_desk(DeskClient, home, officer_key, told)
    shown = _described(answer)
    emit(shown, as_json, lambda: _show(answer, shown))
    if answer.verdict == desk_pb2.VERDICT_NOT_CONCLUSIVE:
        if not as_json:
            row_of_catalogue = ErrorCode.SOME_UNANSWERED.value
            error_console.print(f"[bold red]{row_of_catalogue.text}[/]; {row_of_catalogue.way_out}")
        raise typer.Exit(ErrorCode.SOME_UNANSWERED.value.exit_code)


def _described(answer: desk_pb2.CheckResponse) -> dict[str, Any]:
    return {
        "verdict": _VERDICTS[answer.verdict][0],
        **{name: getattr(answer, name) for name in _COUNTS},
        "answers": [describe_answer(one) for one in answer.answers],
    }


def _show(answer: desk_pb2.CheckResponse, shown: dict[str, Any]) -> None:
    word, style = _VERDICTS[answer.verdict]
    counts = ", ".join(f"{name.replace('_', ' ')} {shown[name]}" for name in _COUNTS)
    console.print(f"[{style}]{word.replace('_', ' ')}[/] ({counts})")
    console.print(summary_of(shown["answers"]))
