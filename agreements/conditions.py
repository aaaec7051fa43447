"""The conditions that bind whoever is told: the agreement's, and what the record's owner adds to them.

Conditions only ever add up: of two sets the stricter of each kind counts. What is told under them is decided in
``agreements.decision``. What an owner says about a record is content of that record: its caveats and its action are
told with the fields only (from level 3), its handling code binds from the first answer on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args

from agreements.agreement import Agreement
from agreements.clauses import CORE
from agreements.codes import HANDLING_CODES, Action, Consent, HandlingCode
from agreements.countries import states_of
from agreements.facts import Asked, RecordRules

_ACTIONS = frozenset(get_args(Action))


@dataclass(frozen=True, slots=True)
class Conditions:
    """What binds whoever is told: handling, deletion, feedback, what is to be done with the person, review.

    ``action`` is None where nothing is told of it; ``review_days`` is for an emergency only. Caveats are sorted.
    """

    code: HandlingCode
    caveats: tuple[str, ...] = field(repr=False)
    retention_days: int
    feedback_days: int
    action: Action | None = None
    review_days: int | None = None
    onward_transfer: Consent = "never"
    change_of_purpose: Consent = "never"


def conditions_of(agreement: Agreement, is_emergency: bool) -> Conditions:
    """Give the agreement's own conditions."""
    handling = agreement.handling
    return Conditions(
        code=handling.code,
        caveats=tuple(sorted(set(handling.caveats))),
        retention_days=handling.retention_days,
        feedback_days=handling.feedback_days,
        review_days=agreement.emergency.review_days if is_emergency else None,
        onward_transfer=handling.onward_transfer,
        change_of_purpose=handling.change_of_purpose,
    )


def with_record(
    own: Conditions, agreement: Agreement, asked: Asked, record: RecordRules, level: int, fields: frozenset[str]
) -> Conditions:
    """Add what the record's owner demands, as far as the level lets it be told."""
    asker = agreement.party_of.get(asked.asker)
    return Conditions(
        code=_stricter_code(own.code, record.code),
        caveats=tuple(sorted({*own.caveats, *record.caveats})) if level >= CORE else own.caveats,
        retention_days=own.retention_days,
        feedback_days=own.feedback_days,
        action=_action(record, asker.country) if asker is not None and "action" in fields else None,
        review_days=own.review_days,
        onward_transfer=own.onward_transfer,
        change_of_purpose=own.change_of_purpose,
    )


def stricter(one: Conditions, other: Conditions) -> Conditions:
    """Give conditions that keep both: the higher code, all caveats, the shorter times; of two actions neither."""
    return Conditions(
        code=_stricter_code(one.code, other.code),
        caveats=tuple(sorted({*one.caveats, *other.caveats})),
        retention_days=min(one.retention_days, other.retention_days),
        feedback_days=min(one.feedback_days, other.feedback_days),
        action=_common_action(one.action, other.action),
        review_days=min((days for days in (one.review_days, other.review_days) if days is not None), default=None),
        onward_transfer=_stricter_consent(one.onward_transfer, other.onward_transfer),
        change_of_purpose=_stricter_consent(one.change_of_purpose, other.change_of_purpose),
    )


def _stricter_code(one: HandlingCode, other: HandlingCode) -> HandlingCode:
    return HANDLING_CODES[max(_rank(one), _rank(other))]


def _rank(code: str) -> int:
    """Give the place of a code; one that is not listed counts as the strictest."""
    return HANDLING_CODES.index(code) if code in HANDLING_CODES else len(HANDLING_CODES) - 1


def _stricter_consent(one: Consent, other: Consent) -> Consent:
    return "with_consent" if one == other == "with_consent" else "never"


def _common_action(one: Action | None, other: Action | None) -> Action | None:
    if one is None or other is None:
        return other if one is None else one
    return one if one == other else "none"


def _action(record: RecordRules, country: str) -> Action:
    """Give what is to be done there: the fallback of a flag where one stands, nothing where flags contradict."""
    flagged = [action for code, action in record.flags.items() if country in (states_of(code) or (country,))]
    actions = set(flagged or [record.action])
    action = actions.pop() if len(actions) == 1 else "none"
    return action if action in _ACTIONS else "none"
