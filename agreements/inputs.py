"""What a decision was made from, as text: written beside what came of it, and read to make the decision again.

The text is RFC 8785 JSON, complete for `decide` and `decide_asking` but for the agreement's own text, which is named by
its hash. People have no names in it: what the rules ask of names is whether they are given, which are the same and who
is a member of a joint team, so every name becomes a number, and a member's stays, for the agreement says it. The same
of the case. Pure; neither side of a decision knows that it is written down.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from functools import cache
from typing import Any, Literal

import rfc8785
from pydantic import ConfigDict, TypeAdapter, ValidationError

from agreements.agreement import Agreement
from agreements.conditions import Conditions
from agreements.decision import Decision, decide, decide_asking, minimum, refused
from agreements.facts import Approval, Asked, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.standing import AgreementSet, Standing

Side = Literal["asker", "holder"]

_SMALL = re.compile(r"\de[-+]\d")  # a number with an exponent, or a text that looks so
_EXACT = 2**53
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


class InputError(ValueError):
    """A text that is no input of a decision; the message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class StandingFacts:
    """Where the agreement stood, without its text: the fields of `agreements.standing.Standing`."""

    signed_by: frozenset[str]
    accepted: bool
    suspended_by: frozenset[str]
    ended: Mapping[str, date]
    superseded_from: date | None

    @classmethod
    def of(cls, standing: Standing) -> StandingFacts:
        """Give where an agreement stands."""
        return cls(
            standing.signed_by, standing.accepted, standing.suspended_by, standing.ended, standing.superseded_from
        )

    def under(self, agreement: Agreement) -> Standing:
        """Give the standing of this agreement's text."""
        return Standing(agreement, self.signed_by, self.accepted, self.suspended_by, self.ended, self.superseded_from)


@dataclass(frozen=True, slots=True, repr=False)
class Considered:
    """A record decided on, by its own rules, and its match; None for a record that is not there any more."""

    record: RecordRules | None
    match: MatchFacts | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What the holder told an asker, who keeps the lesser of that and of its own decision."""

    fields: frozenset[str]
    conditions: Conditions


@dataclass(frozen=True, slots=True, repr=False)
class DecisionInput:
    """Everything one decision is made from, whichever side makes it.

    ``standing`` is None where the agreement was not known. A holder decides on each of ``considered``, best match
    first, and the highest level counts; an asker has none.
    """

    side: Side
    asked: Asked
    standing: StandingFacts | None
    stage: Stage = Stage.ANSWER
    considered: tuple[Considered, ...] = ()
    steps: Steps = field(default_factory=Steps)
    quota: QuotaUse = field(default_factory=QuotaUse)
    told: Told | None = None

    @property
    def only_corrects(self) -> bool:
        """Say whether it takes no agreement in force, because it only corrects what was released."""
        return self.stage is Stage.CORRECTION

    def decide(self, agreement: Agreement | None) -> Decision:
        """Decide again; ``agreement`` is the text of the hash asked under."""
        known = [self.standing.under(agreement)] if self.standing is not None and agreement is not None else []
        return self.decide_under(AgreementSet(known))

    def decide_under(self, agreements: AgreementSet) -> Decision:
        """Decide under these agreements, wherever they stand."""
        if self.side == "asker":
            return self._decide_asking(agreements)
        if agreements.find(self.asked.agreement_hash) is None:
            return refused("agreement.known")
        decisions = (self._decide_on(agreements, one) for one in self.considered)
        return max(decisions, key=lambda one: one.level, default=refused("match"))

    def _decide_on(self, agreements: AgreementSet, one: Considered) -> Decision:
        if one.record is None:
            return refused("record.current")
        return decide(agreements, self.asked, one.record, one.match, self.stage, self.steps, self.quota)

    def _decide_asking(self, agreements: AgreementSet) -> Decision:
        own = decide_asking(agreements, self.asked, self.stage, self.steps)
        return own if self.told is None else _lesser(own, self.told)


@dataclass(frozen=True, slots=True, repr=False)
class Decided:
    """A decision, and beside it what it was made from, under which agreement."""

    decision: Decision
    made_from: DecisionInput
    agreement: Agreement | None

    @property
    def text(self) -> str:
        """Give what it was made from, for the log."""
        return write_inputs([(self.made_from, self.agreement)])

    def within(self, told: Told) -> Decided:
        """Give the lesser of this decision of an asker and of what the holder told."""
        return Decided(_lesser(self.decision, told), replace(self.made_from, told=told), self.agreement)


def decided(agreements: AgreementSet, side: Side, asked: Asked, **parts: Any) -> Decided:
    """Decide under the agreements as they stand, and keep what it is made from; ``parts`` as for `input_of`."""
    standing = agreements.find(asked.agreement_hash)
    made_from = input_of(side, standing, asked, **parts)
    agreement = standing.agreement if standing is not None else None
    return Decided(made_from.decide_under(agreements), made_from, agreement)


def input_of(side: Side, standing: Standing | None, asked: Asked, **parts: Any) -> DecisionInput:
    """Give the input of a decision under an agreement as it stands; ``parts`` are the other fields."""
    return DecisionInput(side, asked, StandingFacts.of(standing) if standing is not None else None, **parts)


def write_inputs(inputs: Iterable[tuple[DecisionInput, Agreement | None]]) -> str:
    """Give the text of decisions that are logged together, each with its agreement, without the names of people."""
    values = [_plain(_nameless(one, agreement)) for one, agreement in inputs]
    text = _encode(values)
    # Python writes all numbers that come up as RFC 8785 does, but for very small ones.
    return rfc8785.dumps(values).decode() if _SMALL.search(text) else text


def read_inputs(text: str) -> tuple[DecisionInput, ...]:
    """Read such a text; raise `InputError` on anything else."""
    try:
        return _READER.validate_json(text)
    except (ValidationError, RecursionError):  # without "from": it quotes what it read
        raise InputError("it is no input of a decision") from None


def _lesser(own: Decision, told: Told) -> Decision:
    return minimum(own, Decision(own.level, told.fields, 0, told.conditions, ()))


_READER: TypeAdapter[tuple[DecisionInput, ...]] = TypeAdapter(
    tuple[DecisionInput, ...], config=ConfigDict(val_json_bytes="hex", hide_input_in_errors=True)
)


def _nameless(one: DecisionInput, agreement: Agreement | None) -> DecisionInput:
    """Replace names and case; what the rules make of them stays."""
    team = agreement.joint_team if agreement is not None else None
    name = _renamer({member for _, member in team.officers} if team is not None else set())
    asked, steps = one.asked, one.steps
    case = asked.case if team is not None and asked.case == team.case else "stated" if asked.case.strip() else ""
    appeal = asked.emergency and replace(asked.emergency, responsible=name(asked.emergency.responsible))
    return replace(
        one,
        asked=replace(asked, user=name(asked.user), case=case, emergency=appeal),
        steps=Steps(
            frozenset(map(name, sorted(steps.confirmed_by))),
            steps.request_complete,
            name(steps.requested_by),
            tuple(Approval(name(approval.officer), approval.role) for approval in steps.approvals),
        ),
    )


def _renamer(members: set[str]) -> Callable[[str], str]:
    numbers: dict[str, str] = {}

    def rename(name: str) -> str:
        key = name.strip().casefold()
        if name in members or not key:
            return name if key else ""
        if key in members:  # nearly a member: the same officer, and yet not of the team
            return f"{key} "
        return numbers.setdefault(key, f"officer {len(numbers) + 1}")

    return rename


def _plain(value: Any) -> Any:
    """Give a value as JSON has it: sets sorted, days and moments as text, bytes in hexadecimal, finite numbers."""
    if value is None or type(value) in (str, bool, int):
        return value
    if isinstance(value, frozenset | tuple):
        return [_plain(one) for one in (sorted(value) if isinstance(value, frozenset) else value)]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in _names(value.__class__)}
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: float) -> float:
    if not math.isfinite(value):
        return -1  # which every rule reads as it reads this one: as none
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))
