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
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

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


def _one_line(text: str) -> str:
    if not text.isprintable():  # a line break or a change of direction could forge a clause of the rendered text
        raise ValueError("expected one line of text, without control characters")
    return text


AgencyName = Annotated[str, AfterValidator(_agency)]
_Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400), AfterValidator(_one_line)
]
_Whole = Annotated[int, Strict()]
_Number = Annotated[float, Strict()]
_Day = Annotated[date, Strict()]
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

    maximum: _Whole = Field(ge=0, le=MAX_LEVEL)
    hit_score: _Number = Field(gt=0, lt=1)
    reference_score: _Number = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _more_needs_more(self) -> Self:
        if self.reference_score < self.hit_score:
            raise ValueError("reference_score must not be below hit_score: more is told for more certainty only")
        return self


class Agreement(_Clause):
    """An agreement between two or more agencies."""

    schema_version: Literal[1] = Field(alias="schema")
    id: _Identifier
    version: _Whole = Field(ge=1)
    title: _Line
    legal_basis: _Line
    parties: tuple[PartyClause, ...] = Field(min_length=2)
    purposes: frozenset[Purpose] = Field(min_length=1)
    valid_from: _Day
    valid_until: _Day
    answer: LevelClause
    bit_budget: _Number = Field(ge=16, le=64)
    maximum_candidates: _Whole = Field(ge=1, le=20)

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
        """Say whether it is valid on the day of ``now`` in UTC, both ends included. A time without zone is none."""
        return now.tzinfo is not None and self.valid_from <= now.astimezone(UTC).date() <= self.valid_until


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
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return [AgreementFormatError("the file", f"not TOML: {error}")]
    try:
        Agreement.model_validate(values)
    except ValidationError as error:
        return [
            AgreementFormatError(".".join(str(part) for part in one["loc"]) or "the agreement", _explain(one))
            for one in error.errors(include_url=False, include_input=False)
        ]
    return []


_EXPLANATIONS = {
    "missing": "is missing: every clause is required; symbolon agreement new writes a file that has them all",
    "extra_forbidden": "is no clause of schema 1: correct its spelling, or remove it",
    "literal_error": "expected {expected}",
    "too_short": "expected {min_length} or more",
    "string_too_short": "expected some text",
    "string_too_long": "expected {max_length} characters at most",
    "string_type": "expected text in quotes",
    "string_pattern_mismatch": "expected letters, digits, dots, hyphens and underscores, 100 at most",
    "int_type": "expected a whole number without quotes",
    "float_type": "expected a number without quotes",
    "date_type": "expected a day without quotes, for example 2027-12-31",
    "greater_than": "expected a number above {gt}",
    "greater_than_equal": "expected a number from {ge} on",
    "less_than": "expected a number below {lt}",
    "less_than_equal": "expected a number up to {le}",
}
"""What is wrong with a clause and what it wants instead, by the type of the schema's error; never the value found."""


def _explain(error: ErrorDetails) -> str:
    wanted = _EXPLANATIONS.get(error["type"])
    return error["msg"].removeprefix("Value error, ") if wanted is None else wanted.format(**error.get("ctx", {}))
