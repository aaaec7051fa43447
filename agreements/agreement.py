"""The agreement: a closed, typed, versioned document, not code.

What is not in the schema cannot be said, and what is missing is an error, never a permission. The document is written
as TOML; its canonical form is RFC 8785 JSON, and SHA-256 of that is the name by which both sides know that they mean
the same text. Signatures, stages beyond the first answer, fields, approvals and retention are not in this version of
the schema; ``schema`` says which version it is, so that they can come without changing what this one means.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated, Literal, Self

import rfc8785
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from symbolon.rpc.identity import IdentityError, Party

Purpose = Literal[
    "migrant_smuggling",
    "trafficking_in_human_beings",
    "terrorism",
    "organised_crime",
    "document_fraud",
    "missing_persons",
]
"""Purposes a query may have; a purpose not listed here does not exist."""

Role = Literal["asks", "holds"]

MAX_LEVEL = 2
"""0 nothing, 1 hit or no hit, 2 reference, match quality and contact point."""


class AgreementFormatError(ValueError):
    """A text that is no agreement: the ``place`` in it and the ``reason``."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


def _agency(name: str) -> str:
    try:
        return Party.agency(name).name
    except IdentityError:
        raise ValueError("expected the name of an agency as certified, for example FR-DNMS") from None


AgencyName = Annotated[str, AfterValidator(_agency)]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
_Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class _Clause(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PartyClause(_Clause):
    """One party and what it does under the agreement."""

    agency: AgencyName
    roles: frozenset[Role] = Field(min_length=1)
    contact: _Line


class LevelClause(_Clause):
    """What is answered at once: the highest level, and the least score of the full comparison for each."""

    maximum: int = Field(ge=0, le=MAX_LEVEL)
    hit_score: float = Field(gt=0, lt=1)
    reference_score: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _more_needs_more(self) -> Self:
        if self.reference_score < self.hit_score:
            raise ValueError("reference_score must not be below hit_score: more is told for more certainty only")
        return self


class Agreement(_Clause):
    """An agreement between two or more agencies."""

    schema_version: Literal[1] = Field(alias="schema")
    id: _Identifier
    version: int = Field(ge=1)
    title: _Line
    legal_basis: _Line
    parties: tuple[PartyClause, ...] = Field(min_length=2)
    purposes: frozenset[Purpose] = Field(min_length=1)
    valid_from: date
    valid_until: date
    answer: LevelClause
    bit_budget: float = Field(ge=16, le=64)
    maximum_candidates: int = Field(ge=1, le=20)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        names = [party.agency for party in self.parties]
        if len(set(names)) != len(names):
            raise ValueError("parties: an agency is named twice")
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until: lies before valid_from")
        return self

    @cached_property
    def canonical(self) -> bytes:
        """Give the RFC 8785 form: sets in order, every field present."""
        values = self.model_dump(mode="json", by_alias=True)
        values["purposes"] = sorted(values["purposes"])
        values["parties"] = sorted(
            ({**party, "roles": sorted(party["roles"])} for party in values["parties"]), key=lambda one: one["agency"]
        )
        return rfc8785.dumps(values)

    @cached_property
    def hash(self) -> bytes:
        """Give SHA-256 of the canonical form: 32 bytes, the agreement's name in queries and logs."""
        return hashlib.sha256(self.canonical).digest()

    def has_role(self, agency: str, role: Role) -> bool:
        """Say whether an agency is a party that asks, or holds, under this agreement."""
        return any(party.agency == agency and role in party.roles for party in self.parties)

    def in_force(self, now: datetime) -> bool:
        """Say whether it is valid on the day of ``now`` in UTC, both ends included."""
        return self.valid_from <= now.astimezone(UTC).date() <= self.valid_until


def parse_agreement(text: str) -> Agreement:
    """Read an agreement from TOML; raise `AgreementFormatError` with the first place and reason."""
    errors = agreement_errors(text)
    if errors:
        raise errors[0]
    return Agreement.model_validate(tomllib.loads(text))


def agreement_errors(text: str) -> list[AgreementFormatError]:
    """Give everything that keeps a text from being an agreement, in the order of the document."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [AgreementFormatError("the file", f"not TOML: {error}")]
    try:
        Agreement.model_validate(values)
    except ValidationError as error:
        return [
            AgreementFormatError(
                ".".join(str(part) for part in one["loc"]) or "the agreement", one["msg"].removeprefix("Value error, ")
            )
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    return []
