"""``symbolon hint``: what a query still lacks, before it is put; nothing of it leaves the node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.text import Text

from cli.desk import at_desk
from cli.output import HomeOption, JsonOption, OfficerKeyOption, counted, emit, failing_clearly, foreign
from cli.query_options import (
    AgreementOption,
    AliasOption,
    AssuranceOption,
    BornOption,
    CaseReferenceOption,
    DeathPenaltyOption,
    DocumentOption,
    DraftPenaltyOption,
    GenderOption,
    LegalBasisOption,
    MrzOption,
    NameOption,
    NationalityOption,
    NativeOption,
    NatureOption,
    OffenceOption,
    PersonFileOption,
    PurposeOption,
    RecipientsOption,
    RoleOption,
    read_zone,
    recipient,
    row_of_options,
    row_of_person,
    with_zone,
)
from node.desk.client import DeskClient
from symbolon.v1 import desk_pb2


@failing_clearly
def hint(
    purpose: PurposeOption = "",
    legal_basis: LegalBasisOption = "",
    case_reference: CaseReferenceOption = "",
    offence: OffenceOption = "",
    penalty_months: DraftPenaltyOption = None,
    nature: NatureOption = "",
    role: RoleOption = "",
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
    """Say what a query still lacks, before it is put.

    Give what you have of it by the options of a query. Nothing of it leaves the node, and nothing is counted or logged.
    """
    row = row_of_person(file, row_of_options(name, alias, native, born, nationality, gender, document))
    zone = read_zone(mrz)
    draft = desk_pb2.QueryRequest(
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

    async def told(desk: DeskClient) -> desk_pb2.HintResponse:
        person = await with_zone(desk, zone, row)
        draft.subject_json = json.dumps(person, ensure_ascii=False).encode()
        return await desk.hint(draft)

    answer = at_desk(DeskClient, home, officer_key, told)
    emit(_described(answer), as_json, lambda: _shown(answer))


def _described(answer: desk_pb2.HintResponse) -> dict[str, Any]:
    return {
        "answerable": answer.answerable,
        "bits": round(answer.bits, 1),
        "budget": answer.budget,
        "tokens": answer.tokens,
        "minimum": answer.minimum,
        "problems": [{"field": one.field, "reason": one.reason} for one in answer.problems],
        "additions": [{"kind": one.kind, "bits": round(one.bits, 1)} for one in answer.additions],
        "readings": [
            {"field": one.field, "written": one.written, "read": one.read, "state": one.state}
            for one in answer.readings
        ],
        "reach": [
            {
                "member": one.member,
                "asked": one.asked,
                "agreement": one.agreement,
                "budget": one.budget,
                "enough": one.enough,
                "reason": one.reason,
                "open": one.open,
            }
            for one in answer.reach
        ],
        "purposes": list(answer.purposes),
    }


def _shown(answer: desk_pb2.HintResponse) -> Text:
    return foreign(*_lines(answer))


def _lines(answer: desk_pb2.HintResponse) -> Iterator[str]:
    yield "It can be put as it is." if answer.answerable else "It cannot be put yet."
    yield f"It carries {answer.bits:.1f} identifying bits; {answer.budget:g} are wanted."
    if answer.bits < answer.budget:
        yield "Too many people fit what is there."
    for problem in answer.problems:
        yield f"stands in the way: {problem.field}: {problem.reason}"
    for addition in answer.additions:
        yield f"would help: {addition.kind.replace('_', ' ')}, about {counted(round(addition.bits), 'bit')}"
    for reading in answer.readings:
        state = f" ({reading.state})" if reading.state else ""
        yield f"read: {reading.field}: {reading.written} as {reading.read or '-'}{state}"
    for one in answer.reach:
        whether = f"would be asked under {one.agreement}" if one.asked else f"{_not_asked(one)}: {one.reason}"
        yield f"{one.display_name}: {whether}"


def _not_asked(one: desk_pb2.HintReach) -> str:
    return "not known yet whether it would be asked" if one.open else "would not be asked"
