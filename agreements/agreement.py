"""The agreement: a closed, typed, versioned document, not code.

What is not in the schema cannot be said, and what is missing is an error, never a permission. The document is written
as TOML or YAML; its canonical form is RFC 8785 JSON, and SHA-256 of that is the name by which all sides know that they
mean the same text. Signatures are beside it (``agreements.signing``): an agreement says nothing of its own validity.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Literal, Self

import rfc8785
from pydantic import Field, model_validator

from agreements.clauses import (
    AnswerClause,
    Clause,
    EmergencyClause,
    Fingerprint,
    HandlingClause,
    Identifier,
    JointTeamClause,
    Line,
    OffenceClause,
    PartyClause,
    ProtectionClause,
    QuotaClause,
    ReleaseClause,
    Role,
    ValidityClause,
    Whole,
)
from agreements.codes import OfficerRole, PenaltyRule, PersonRole, Purpose, RecordCategory


class Agreement(Clause):
    """An agreement between two or more agencies."""

    schema_version: Literal[2] = Field(alias="schema")
    id: Identifier
    version: Whole = Field(ge=1, le=1_000_000)
    supersedes: Fingerprint
    title: Line
    legal_basis: Line
    parties: tuple[PartyClause, ...] = Field(min_length=2, max_length=60)
    validity: ValidityClause
    purposes: frozenset[Purpose] = Field(min_length=1)
    offences: OffenceClause
    person_roles: frozenset[PersonRole] = Field(min_length=1)
    record_categories: frozenset[RecordCategory] = Field(min_length=1)
    answer: AnswerClause
    release: ReleaseClause
    quotas: QuotaClause
    protection: ProtectionClause
    death_penalty: PenaltyRule
    discreet_hits: Literal["tell_holder_only", "tell_both"]
    handling: HandlingClause
    emergency: EmergencyClause
    joint_team: JointTeamClause | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        names = [party.agency for party in self.parties]
        if len(set(names)) != len(names):
            raise ValueError("parties: an agency is named twice")
        if (self.version == 1) != (self.supersedes == ""):
            raise ValueError(
                "supersedes: version 1 supersedes nothing, every later one names the fingerprint before it"
            )
        if not any(one != other for one in self._who("asks") for other in self._who("holds")):
            raise ValueError("parties: nobody asks another who holds")
        if self.release.core_score < self.answer.reference_score:
            raise ValueError("release.core_score must not be below answer.reference_score: more needs more certainty")
        strangers = {member.agency for member in self.joint_team.members} - set(names) if self.joint_team else set()
        if strangers:
            raise ValueError("joint_team.members: a member's agency is no party")
        return self

    def _who(self, role: Role) -> list[str]:
        return [party.agency for party in self.parties if role in party.roles]

    @cached_property
    def canonical(self) -> bytes:
        """Give the RFC 8785 form: every field present, what has no order sorted."""
        return rfc8785.dumps(_ordered(self.model_dump(mode="json", by_alias=True)))

    @cached_property
    def hash(self) -> bytes:
        """Give SHA-256 of the canonical form: 32 bytes, the agreement's name in queries and logs."""
        return hashlib.sha256(self.canonical).digest()

    @cached_property
    def party_of(self) -> dict[str, PartyClause]:
        """Give the parties by agency."""
        return {party.agency: party for party in self.parties}

    def has_role(self, agency: str, role: Role) -> bool:
        """Say whether an agency is a party that asks, or holds, under this agreement."""
        party = self.party_of.get(agency)
        return party is not None and role in party.roles

    @property
    def approver_roles(self) -> frozenset[OfficerRole]:
        """Give the roles of which one approves, in an emergency too where there is a path for one."""
        appeal = self.emergency
        has_path = appeal.maximum > 0 and appeal.uses_a_month > 0
        return self.release.approval.roles | (appeal.approval.roles if has_path else frozenset())

    def covers(self, day: date) -> bool:
        """Say whether a day lies in its validity, both days included."""
        return self.validity.from_day <= day <= self.validity.until


def utc_day(now: datetime) -> date | None:
    """Give the day of a moment in UTC; none of a time without zone, which is no moment."""
    return None if now.utcoffset() is None else now.astimezone(UTC).date()


_WITHOUT_ORDER = frozenset(
    {"purposes", "person_roles", "record_categories", "roles", "categories", "barred_natures", "core_fields"}
    | {"supplementary_fields"}
)


def _ordered(values: Any, name: str = "") -> Any:
    """Sort what is a set, and the lists of parties and members, in which order says nothing either."""
    if isinstance(values, dict):
        return {key: _ordered(value, key) for key, value in values.items()}
    if not isinstance(values, list):
        return values
    held = [_ordered(value) for value in values]
    if name in _WITHOUT_ORDER:
        return sorted(held)
    if name in ("parties", "members"):
        return sorted(held, key=rfc8785.dumps)
    return held
