"""Why a question is asked, as the asker states it and both sides decide by it.

It travels in the body of the envelope as RFC 8785 JSON of a closed type. A holder that cannot read it, or finds it
missing, decides by a justification that states nothing, which every agreement refuses: it never guesses.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agreements import facts
from agreements.codes import Known, Nature, Offence, PersonRole
from matching.envelope import BODY_LIMITS

LONGEST = BODY_LIMITS["justification"]
"""Bytes of the longest one that travels."""

_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class JustificationError(ValueError):
    """A justification that cannot be stated: the ``field`` and the ``reason``, never the value."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Appeal(_Closed):
    """An appeal to the emergency clause: who answers for it by name, and what the danger is."""

    responsible: _Line
    reason: _Line


class Justification(_Closed):
    """What the rules need to know of the asker's case; each default is what tells least.

    ``penalty_months`` is the maximum penalty in the asker's law, ``person_role`` what the person is in the asker's
    case, ``death_penalty`` whether the asker's law threatens it, ``assurance`` whether it is excluded in writing.
    """

    offence: Offence | Literal[""] = ""
    penalty_months: Annotated[int, Field(strict=True, ge=0, le=1200)] | None = None
    nature: Nature | Literal[""] = ""
    person_role: PersonRole | Literal[""] = ""
    death_penalty: Known = "unknown"
    assurance: Annotated[bool, Field(strict=True)] = False
    emergency: Appeal | None = None

    def to_text(self) -> str:
        """Give the canonical text; raise `JustificationError` where it is too long to travel."""
        text = rfc8785.dumps(self.model_dump(mode="json")).decode()
        if len(text.encode()) > LONGEST:
            raise JustificationError("emergency", f"the justification has more than {LONGEST} bytes: say it shorter")
        return text


UNSTATED = Justification()
"""States nothing; no agreement allows a question so justified."""


def check_justification(values: dict[str, object]) -> Justification:
    """Check what somebody stated; raise `JustificationError` with the first field that is wrong."""
    try:
        justification = Justification.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"] if str(part) in _NAMES)
        raise JustificationError(field or "justification", first["msg"].removeprefix("Value error, ")) from None
    justification.to_text()
    return justification


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
    appeal = justification.emergency
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
        emergency=facts.Emergency(appeal.responsible, bool(appeal.reason)) if appeal else None,
    )


_NAMES = frozenset(Justification.model_fields) | frozenset(Appeal.model_fields)
