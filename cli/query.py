"""``symbolon query``: ask the partners whether they know a person, and show each node's outcome as it comes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from cli.output import (
    HomeOption,
    JsonOption,
    OfficerKeyOption,
    calling,
    console,
    emit,
    error_console,
    failing_clearly,
    foreign,
)
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
from cli.tables import Table
from node.desk.client import DeskClient
from node.officers.connection import load_desk_home
from node.officers.key import load_key
from node.queries.outcome_words import KNOWN, LEFT, outcome_word
from symbolon.rpc.errors import ErrorCode
from symbolon.v1 import desk_pb2

_STYLES = {"hit": "bold green", "nothing": "default", "not_asked": "yellow"}
_UNKNOWN_STYLE = "bold red"
_COPIED = frozenset({"outcome", "reference"})  # columns whose words are not broken: people copy them


@failing_clearly
def query(
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
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Ask partner agencies whether they know a person.

    Who asks is the officer whose key is given, who holds the role analyst. Purpose, legal basis, case and what the case
    is about are required, go to the partners asked, and are logged on both sides. A partner whose agreement does not
    allow the question is not asked, and the reason is told. Exit code 20 says that some nodes gave no answer, so that a
    match there is not excluded.
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
    node = load_desk_home(home)
    officer = load_key(officer_key)

    async def run() -> list[dict[str, Any]]:
        answers = []
        async with DeskClient(node, officer) as desk:
            async for event in desk.query(
                await with_zone(desk, zone, row),
                purpose=purpose,
                legal_basis=legal_basis,
                case_reference=case_reference,
                justification=justification,
                recipients=recipients,
                agreement=agreement,
            ):
                shown = describe(event)
                if as_json:
                    emit(shown, True, lambda: None)
                if shown["event"] == "answer":
                    answers.append(shown)
                    if not as_json:
                        _show(shown)
        return answers

    with calling(f"this agency's node {node.party.uri} at {node.settings.address}"):
        answers = asyncio.run(run())
    if not as_json:
        console.print(summary_of(answers))
    if any(answer["outcome"] not in KNOWN for answer in answers):
        if not as_json:
            row_of_catalogue = ErrorCode.SOME_UNANSWERED.value
            error_console.print(f"[bold red]{row_of_catalogue.text}[/]; {row_of_catalogue.way_out}")
        raise typer.Exit(ErrorCode.SOME_UNANSWERED.value.exit_code)


def describe(event: desk_pb2.QueryResponse) -> dict[str, Any]:
    """Give an event of the stream as it is printed with ``--json``."""
    if event.WhichOneof("event") == "progress":
        return {"event": "step", "step": event.progress.step, "milliseconds": round(event.progress.milliseconds, 1)}
    return {"event": "answer", **describe_answer(event.answer)}


def describe_answer(answer: desk_pb2.NodeAnswer) -> dict[str, Any]:
    """Give one node's outcome as it is printed with ``--json``."""
    return {
        "member": answer.member,
        "display_name": answer.display_name,
        "outcome": outcome_word(answer.outcome),
        "level": answer.level,
        "candidates": [
            {"reference": one.reference, "band": one.band, "code": one.code, "reasons": list(one.reasons)}
            for one in answer.candidates
        ],
        "contact": answer.contact,
        "explanation": answer.explanation,
        **{name: getattr(answer, name) if answer.HasField(name) else None for name in LEFT},
        "milliseconds": round(answer.milliseconds, 1),
    }


def _show(answer: dict[str, Any]) -> None:
    style = _STYLES.get(answer["outcome"], _UNKNOWN_STYLE)
    text = answer["outcome"].replace("_", " ")
    if answer["outcome"] == "hit":
        text += f" (level {answer['level']})"
    left = _left(answer)
    took = f" ({answer['milliseconds']:.0f} ms{left})"
    line = Text.assemble((f"{text:<16}", style), " ", foreign(answer["display_name"]), took)
    if answer["outcome"] == "not_asked":  # where nobody is asked, no table follows that would say why
        line = Text.assemble((f"{text:<16}", style), " ", foreign(f"{answer['display_name']}: {answer['explanation']}"))
    console.print(line)


def _said_of(candidate: dict[str, Any]) -> list[str]:
    handling = [f"to be handled as {candidate['code']}, as its owner says"] if candidate["code"] else []
    return [*handling, *candidate["reasons"]]


def _left(answer: dict[str, Any]) -> str:
    if answer["left_today"] is None:
        return ""
    return (
        f", {answer['left_today']} queries left today, {answer['left_this_year']} this year,"
        f" {answer['left_in_case']} in this case"
    )


def summary_of(answers: list[dict[str, Any]]) -> Table:
    """Give the table of all outcomes."""
    table = Table(title="Outcome of each node")
    for column in ("agency", "outcome", "level", "quality", "reference", "contact", "what to know"):
        table.add_column(column, no_wrap=column in _COPIED)
    for answer in sorted(answers, key=lambda one: (-int(one["level"]), str(one["member"]))):
        known = "; ".join(said for one in answer["candidates"][:1] for said in _said_of(one))
        table.add_row(
            foreign(f"{answer['display_name']} ({answer['member'].rpartition('/')[2]})"),
            answer["outcome"].replace("_", " "),
            str(answer["level"]) if answer["outcome"] in KNOWN else "?",
            foreign(*(one["band"] for one in answer["candidates"])),
            foreign(*(one["reference"] for one in answer["candidates"])),
            foreign(answer["contact"]),
            foreign(answer["explanation"] or known),
        )
    return table
