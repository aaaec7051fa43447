"""The facts of a question as they are kept with its hit, so that the release is decided from what was asked."""

from __future__ import annotations

import hashlib
from datetime import datetime

import rfc8785
from pydantic import BaseModel, ConfigDict, Field

from agreements.codes import Known
from agreements.facts import Asked, Emergency
from matching.subject import Subject


def digest_of_subject(subject: Subject) -> str:
    """Give SHA-256 of a subject, by which it is seen whether a record is still of whom it was."""
    return hashlib.sha256(rfc8785.dumps(subject.to_row())).hexdigest()


class AskedFacts(BaseModel):
    """The fields of `agreements.facts.Asked` but its moment and its emergency, which belong to each decision.

    ``basis`` is the legal basis in the asker's words, for people: rules know only whether one is stated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    asker: str
    holder: str
    agreement: str = Field(pattern=r"^[0-9a-f]{64}$")
    purpose: str
    user: str
    legal_basis: bool
    case: str
    offence: str
    penalty_months: int | None
    nature: str
    person_role: str
    death_penalty: Known
    assurance: bool
    basis: str = ""

    @classmethod
    def of(cls, asked: Asked, basis: str = "") -> AskedFacts:
        """Keep the facts of a question."""
        values = {name: getattr(asked, name) for name in cls.model_fields if name not in ("agreement", "basis")}
        return cls(agreement=asked.agreement_hash.hex(), basis=basis, **values)

    def at(self, now: datetime, emergency: Emergency | None = None) -> Asked:
        """Give the question as it is decided at a moment."""
        values = self.model_dump(exclude={"agreement", "basis"})
        return Asked(agreement_hash=bytes.fromhex(self.agreement), now=now, emergency=emergency, **values)


def write_asked(asked: Asked, basis: str = "") -> str:
    """Give the JSON in which a question's facts are noted with its hit, with the legal basis in words."""
    return AskedFacts.of(asked, basis).model_dump_json()
