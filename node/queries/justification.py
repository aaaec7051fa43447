"""Why a question is asked, as the asker states it and both sides decide by it.

It travels in the body of the envelope as RFC 8785 JSON of a closed type. A holder that cannot read it, or finds it
missing, decides by a justification that states nothing, which every agreement refuses: it never guesses.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agreements import facts
from agreements.codes import Known, Nature, Offence, PersonRole
from matching.plain_reasons import reason_of


class JustificationError(ValueError):
    """A justification that cannot be stated: the ``field`` and the ``reason``, never the value."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Justification(BaseModel):
    """What the rules need to know of the asker's case; each default is what tells least.

    ``penalty_months`` is the maximum penalty in the asker's law, ``person_role`` what the person is in the asker's
    case, ``death_penalty`` whether the asker's law threatens it, ``assurance`` whether it is excluded in writing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    offence: Offence | Literal[""] = ""
    penalty_months: Annotated[int, Field(strict=True, ge=0, le=1200)] | None = None
    nature: Nature | Literal[""] = ""
    person_role: PersonRole | Literal[""] = ""
    death_penalty: Known = "unknown"
    assurance: Annotated[bool, Field(strict=True)] = False

    def to_text(self) -> str:
        """Give the canonical text."""
        return rfc8785.dumps(self.model_dump(mode="json")).decode()


UNSTATED = Justification()
"""States nothing; no agreement allows a question so justified."""


def check_justification(values: dict[str, object]) -> Justification:
    """Check what somebody stated; raise `JustificationError` with the first field that is wrong."""
    try:
        return Justification.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"] if str(part) in Justification.model_fields)
        raise JustificationError(field or "justification", reason_of(first)) from None


def read_justification(text: str) -> Justification:
    """Read what came in an envelope; what is not exactly a canonical one states nothing."""
    try:
        justification = Justification.model_validate_json(text)
        is_canonical = justification.to_text() == text
    except ValueError:
        return UNSTATED
    return justification if is_canonical else UNSTATED


def asked(
    justification: Justification,
    *,
    asker: str,
    holder: str,
    agreement_hash: bytes,
    purpose: str,
    user: str,
    legal_basis: str,
    case: str,
    now: datetime,
) -> facts.Asked:
    """Give the facts that the rules decide from; agencies are names. Both sides of a question use this."""
    return facts.Asked(
        asker=asker,
        holder=holder,
        agreement_hash=agreement_hash,
        now=now,
        purpose=purpose,
        user=user.strip(),
        legal_basis=bool(legal_basis.strip()),
        case=case.strip(),
        offence=justification.offence,
        penalty_months=justification.penalty_months,
        nature=justification.nature,
        person_role=justification.person_role,
        death_penalty=justification.death_penalty,
        assurance=justification.assurance,
    )
