"""The clauses of an agreement, each a closed type: what is not listed cannot be said, what is missing is an error.

What the clauses decide together is in ``agreements.decision``; how they read for people in ``agreements.prose``.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StringConstraints, model_validator

from agreements.codes import (
    AfterEnd,
    Consent,
    HandlingCode,
    Nature,
    Offence,
    OfficerRole,
    ReleasedField,
)
from agreements.countries import is_canonical
from symbolon.rpc.identity import IdentityError, Party

Role = Literal["asks", "holds"]

AT_ONCE = 2
"""Highest level answered at once: 0 nothing, 1 hit or no hit, 2 reference, match quality and contact point."""

CORE, SUPPLEMENTARY = 3, 4
"""Levels of a release: the core fields, and the supplementary ones too."""

MAX_LEVEL = SUPPLEMENTARY


def _agency(name: str) -> str:
    try:
        return Party.agency(name).name
    except IdentityError:
        raise ValueError("expected the name of an agency as certified, for example FR-DNMS") from None


def _country(code: str) -> str:
    if not is_canonical(code):
        raise ValueError("expected a country's code of ISO 3166, two letters, for example FR")
    return code


def _one_line(text: str) -> str:
    if not text.isprintable():  # a line break or a change of direction could forge a clause of the rendered text
        raise ValueError("expected one line of text, without control characters")
    return text


AgencyName = Annotated[str, AfterValidator(_agency)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400), AfterValidator(_one_line)]
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Day = Annotated[date, Strict()]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{64})?$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_country)]
OfficerName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_Score = Annotated[float, Strict(), Field(gt=0, lt=1)]
_LevelAtOnce = Annotated[int, Strict(), Field(ge=0, le=AT_ONCE)]
_LevelOfAny = Annotated[int, Strict(), Field(ge=0, le=MAX_LEVEL)]


class Clause(BaseModel):
    """A clause: frozen, closed, and silent about the values it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PartyClause(Clause):
    """One party: who it is, its country, what it does under the agreement, for which of its authorities."""

    agency: AgencyName
    country: Country
    roles: frozenset[Role] = Field(min_length=1)
    authorities: tuple[Line, ...] = Field(min_length=1, max_length=20)
    contact: Line


class ValidityClause(Clause):
    """When it is in force (both days included, UTC), how it ends, and what then becomes of what was shared."""

    from_day: Day = Field(alias="from")
    until: Day
    notice_days: Whole = Field(ge=0, le=3650)
    after_end: AfterEnd

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until < self.from_day:
            raise ValueError("until: lies before from")
        return self


class OffenceClause(Clause):
    """What a question may be about: categories, the least maximum penalty in the asker's law, natures barred."""

    categories: frozenset[Offence] = Field(min_length=1)
    minimum_penalty_months: Whole = Field(ge=0, le=1200)
    barred_natures: frozenset[Nature]


class AnswerClause(Clause):
    """What is answered at once: the highest level, and the least score of the full comparison for each."""

    maximum: _LevelAtOnce
    hit_score: _Score
    reference_score: _Score
    bit_budget: Number = Field(ge=16, le=64)
    maximum_candidates: Whole = Field(ge=1, le=20)

    @model_validator(mode="after")
    def _more_needs_more(self) -> Self:
        if self.reference_score < self.hit_score:
            raise ValueError("reference_score must not be below hit_score: more is told for more certainty only")
        return self


class ApprovalClause(Clause):
    """Who approves: how many different officers, holding one of which roles; never one who asked."""

    needed: Whole = Field(ge=1, le=5)
    roles: frozenset[OfficerRole] = Field(min_length=1)

    @model_validator(mode="after")
    def _auditors_do_not_approve(self) -> Self:
        if "auditor" in self.roles:
            raise ValueError("roles: an auditor approves nothing")
        return self


class ReleaseClause(Clause):
    """What may be released after a reasoned request: the highest level, scores, fields of each, people and clocks."""

    maximum: _LevelOfAny
    core_score: _Score
    supplementary_score: _Score
    core_fields: frozenset[ReleasedField]
    supplementary_fields: frozenset[ReleasedField]
    confirmations: Whole = Field(ge=1, le=3)
    approval: ApprovalClause
    clock_hours: Whole = Field(ge=1, le=720)
    urgent_clock_hours: Whole = Field(ge=1, le=720)

    @model_validator(mode="after")
    def _more_needs_more(self) -> Self:
        if self.supplementary_score < self.core_score:
            raise ValueError("supplementary_score must not be below core_score: more is told for more certainty only")
        if self.urgent_clock_hours > self.clock_hours:
            raise ValueError("urgent_clock_hours must not exceed clock_hours")
        return self


class QuotaClause(Clause):
    """How much one party may ask one other: queries a day, a year (UTC) and in one case; requests a day."""

    queries_a_day: Whole = Field(ge=0, le=1_000_000)
    queries_a_year: Whole = Field(ge=0, le=100_000_000)
    queries_a_case: Whole = Field(ge=0, le=100_000)
    requests_a_day: Whole = Field(ge=0, le=100_000)


class ProtectionClause(Clause):
    """The highest level at which the holder's own nationals, minors, victims and witnesses are told of."""

    own_nationals: _LevelOfAny
    minors: _LevelOfAny
    victims: _LevelOfAny
    witnesses: _LevelOfAny


class HandlingClause(Clause):
    """The conditions under which what is told may be used."""

    code: HandlingCode
    caveats: tuple[Line, ...] = Field(max_length=20)
    onward_transfer: Consent
    change_of_purpose: Consent
    retention_days: Whole = Field(ge=1, le=3650)
    feedback_days: Whole = Field(ge=1, le=3650)


class EmergencyClause(Clause):
    """The shorter path where a life is in danger: how far, who approves, how often, and when it is reviewed."""

    maximum: _LevelOfAny
    approval: ApprovalClause
    review_days: Whole = Field(ge=1, le=90)
    uses_a_month: Whole = Field(ge=0, le=1000)


class TeamMemberClause(Clause):
    """One person of a joint team."""

    agency: AgencyName
    officer: OfficerName


class JointTeamClause(Clause):
    """A joint team: only its members, and only in its case, may ask under the agreement."""

    case: Line
    members: tuple[TeamMemberClause, ...] = Field(min_length=2, max_length=200)

    @model_validator(mode="after")
    def _names_nobody_twice(self) -> Self:
        if len(self.officers) != len(self.members):
            raise ValueError("members: an officer is named twice")
        return self

    @cached_property
    def officers(self) -> frozenset[tuple[str, str]]:
        """Give the members as agency and officer."""
        return frozenset((member.agency, member.officer) for member in self.members)
