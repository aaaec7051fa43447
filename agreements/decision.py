"""The decision: at which level a question is answered or a release made, with which fields and under which conditions.

One pure, total function. Every rule (``agreements.rules``) gives the highest level it allows, and the lowest of all
counts, so the order of rules does not matter and no rule can open what another closed. The asker's side decides the
same question by `decide_asking`, without what only the holder knows, and the lower of both decisions counts
(`minimum`). The trace names each rule with what it allowed, for the log; it holds nothing personal.

A release may come to a level below 3, where a protection clause or the agreement allows no more: then no field may
leave, so there is nothing to approve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import get_args

from agreements import rules
from agreements.agreement import Agreement
from agreements.clauses import AT_ONCE, CORE, MAX_LEVEL, SUPPLEMENTARY
from agreements.codes import ReleasedField
from agreements.conditions import Conditions, conditions_of, stricter, with_record
from agreements.facts import Asked, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.rules import Cap, approvals_given
from agreements.standing import AgreementSet

__all__ = ["Cap", "Conditions", "Decision", "approvals_given", "decide", "decide_asking", "minimum", "refused"]

_LEVEL = itemgetter(1)
_RELEASED = frozenset(get_args(ReleasedField))


@dataclass(frozen=True, slots=True)
class Decision:
    """The level (0 to 4), the fields that may be released, how many candidates may be told, the conditions, the trace.

    ``silent`` says that there would have been a hit, of which only the holder's officer may know. Level 0 has no
    fields, no candidates and no conditions.
    """

    level: int
    fields: frozenset[str]
    maximum_candidates: int
    conditions: Conditions | None
    caps: tuple[Cap, ...]
    silent: bool = False

    @property
    def trace(self) -> tuple[str, ...]:
        """Give one line for each rule."""
        return tuple(f"{clause}: at most level {level}" for clause, level in self.caps)


def refused(clause: str) -> Decision:
    """Give the decision to tell nothing because of one rule."""
    return _nothing(((clause, 0),))


def decide(
    agreements: AgreementSet,
    asked: Asked,
    record: RecordRules,
    match: MatchFacts | None,
    stage: Stage = Stage.ANSWER,
    steps: Steps = Steps(),  # noqa: B008  # frozen
    quota: QuotaUse = QuotaUse(),  # noqa: B008  # frozen
) -> Decision:
    """Decide as the holder, under the one agreement the question names by hash. What is no answer is as a release."""
    standing = agreements.find(asked.agreement_hash)
    if standing is None:
        return refused("agreement.known")
    agreement = standing.agreement
    caps = rules.caps_of_question(standing, asked, stage) + rules.caps_of_record(agreement, asked, record)
    if stage == Stage.ANSWER:
        caps += _caps_of_answer(agreement, match, quota)
    else:
        caps += _caps_of_release(agreement, asked, match, steps, quota)
    would_be = _lowest(caps)
    is_silent = record.discreet != "no" and agreement.discreet_hits == "tell_holder_only"
    caps.append(("discreet_hits", 0 if is_silent else MAX_LEVEL))
    if is_silent or would_be == 0:
        return _nothing(tuple(caps), silent=would_be > 0)
    fields = _fields(agreement, would_be, record)
    own = conditions_of(agreement, _is_emergency(asked, stage))
    conditions = with_record(own, agreement, asked, record, would_be, fields)
    return Decision(would_be, fields, _candidates(agreement, would_be), conditions, tuple(caps))


def decide_asking(
    agreements: AgreementSet,
    asked: Asked,
    stage: Stage = Stage.ANSWER,
    steps: Steps = Steps(),  # noqa: B008  # frozen
) -> Decision:
    """Decide as the asker: the same rules without record, match, quota and approvals, which the holder alone knows."""
    standing = agreements.find(asked.agreement_hash)
    if standing is None:
        return refused("agreement.known")
    agreement = standing.agreement
    caps = rules.caps_of_question(standing, asked, stage)
    if stage == Stage.ANSWER:
        caps.append(rules.cap_of_answer(agreement))
    else:
        caps += [rules.cap_of_release(agreement, asked), *rules.caps_of_request(agreement, asked, steps)]
    level = _lowest(caps)
    if level == 0:
        return _nothing(tuple(caps))
    conditions = conditions_of(agreement, _is_emergency(asked, stage))
    return Decision(level, _fields(agreement, level, None), _candidates(agreement, level), conditions, tuple(caps))


def minimum(one: Decision, other: Decision) -> Decision:
    """Give what both allow: the lower level, the fields of both, the stricter conditions, both traces."""
    caps = tuple(dict.fromkeys(one.caps + other.caps))
    level = min(one.level, other.level)
    silent = one.silent or other.silent
    if level == 0 or one.conditions is None or other.conditions is None:
        return _nothing(caps, silent)
    fields = one.fields & other.fields
    conditions = stricter(one.conditions, other.conditions)
    if "action" not in fields:
        conditions = replace(conditions, action=None)
    return Decision(level, fields, min(one.maximum_candidates, other.maximum_candidates), conditions, caps, silent)


def _nothing(caps: tuple[Cap, ...], silent: bool = False) -> Decision:
    return Decision(0, frozenset(), 0, None, caps, silent)


def _lowest(caps: Sequence[Cap]) -> int:
    return min(caps, key=_LEVEL)[1]


def _caps_of_answer(agreement: Agreement, match: MatchFacts | None, quota: QuotaUse) -> list[Cap]:
    return [
        rules.cap_of_answer(agreement),
        *rules.caps_of_queries(agreement, quota),
        *rules.caps_of_answer_match(agreement, match),
    ]


def _caps_of_release(
    agreement: Agreement, asked: Asked, match: MatchFacts | None, steps: Steps, quota: QuotaUse
) -> list[Cap]:
    return [
        rules.cap_of_release(agreement, asked),
        *rules.caps_of_requests(agreement, asked, quota),
        *rules.caps_of_release_match(agreement, match),
        *rules.caps_of_request(agreement, asked, steps),
        rules.cap_of_approval(agreement, asked, steps),
    ]


def _is_emergency(asked: Asked, stage: Stage) -> bool:
    return asked.emergency is not None and stage != Stage.ANSWER


def _candidates(agreement: Agreement, level: int) -> int:
    return agreement.answer.maximum_candidates if level >= AT_ONCE else 0


def _fields(agreement: Agreement, level: int, record: RecordRules | None) -> frozenset[str]:
    """Give the fields of a level without those withheld; a word withheld that is no field withholds all."""
    release = agreement.release
    fields: frozenset[str] = frozenset()
    if level >= CORE:
        fields |= release.core_fields
    if level >= SUPPLEMENTARY:
        fields |= release.supplementary_fields
    if record is None:
        return fields
    if record.withheld is None or not record.withheld <= _RELEASED:
        return frozenset()
    return fields - record.withheld
