"""That every code of the house's closed lists has its word in the console, and no word stands for no code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

import pytest

from agreements import codes
from agreements.articles_of_rules import article_of
from agreements.stages import CaseEvent, CaseState, ReferralEvent, ReferralState, ReviewState
from console.wording.log_words import LOG_WORDS
from console.wording.rules import RULES
from console.wording.words import WORDS
from matching.scoring import Band
from matching.subject import SUBJECT_FIELDS, Category
from node.accounts.keeping import Standing
from node.cases.alerts import AlertKind
from node.cases.holding import MATCH_CONFIRMED
from node.cases.messages import DeletionCause, Unclear, Urgency, Use
from node.cases.release import STOPPED
from node.cases.withholding import _LETTING, CONDITIONS, FLAG, INTERNAL, NOT_AGREED, NOT_SENT, WITHHELD
from node.officers.register import ROLES
from node.records.rows import RECORD_FIELDS
from node.records.rules import OwnRules
from tests.unit.agreement_page import rules_on_the_page
from tests.unit.two_desks import TEXT

_LISTS: dict[str, Iterable[str]] = {
    "roles of officers": ROLES,
    "accounts": [f"account_is_{standing}" for standing in get_args(Standing)],
    "purposes": get_args(codes.Purpose),
    "offences": get_args(codes.Offence),
    "natures": get_args(codes.Nature),
    "roles of persons": get_args(codes.PersonRole),
    "categories of records": get_args(codes.RecordCategory),
    "actions": get_args(codes.Action),
    "what may not be known": get_args(codes.Known),
    "handling codes": codes.HANDLING_CODES,
    "fields released": get_args(codes.ReleasedField),
    "fields of records": RECORD_FIELDS,
    "rules of records": OwnRules.model_fields,
    "consents": get_args(codes.Consent),
    "states of cases": CaseState,
    "events of cases": CaseEvent,
    "states of referrals": ReferralState,
    "events of referrals": ReferralEvent,
    "states of reviews": ReviewState,
    "uses": get_args(Use),
    "questions": get_args(Unclear),
    "causes of deletion": get_args(DeletionCause),
    "urgency": get_args(Urgency),
    "bands": get_args(Band),
    "categories of subjects": get_args(Category),
    "what is to be seen to": get_args(AlertKind),
}


@pytest.mark.parametrize("name", _LISTS)
def test_every_code_of_a_closed_list_has_its_word(name: str) -> None:
    assert [code for code in _LISTS[name] if str(code) not in WORDS] == []


def _of_history() -> Iterator[str]:
    """Give the events of a history that are made of parts."""
    for topic in get_args(Unclear):
        yield from (f"{verb}_about_{topic}" for verb in ("ask", "asked", "answer", "answered"))
    for wanted in ("onward_transfer", "change_of_purpose"):
        yield from (f"ask_{wanted}", *(f"{wanted}_{what}" for what in ("asked", "given", "refused")))
    yield from (f"delete_{cause}" for cause in get_args(DeletionCause))
    yield from (f"holder_{state}" for state in ("requested", "with_judge", "overdue"))


def test_every_event_of_a_history_that_is_made_of_parts_has_its_word() -> None:
    assert [event for event in _of_history() if event not in WORDS] == []


def test_every_rule_of_a_decision_is_told_in_plain_words_and_no_other() -> None:
    known = {
        *rules_on_the_page(), MATCH_CONFIRMED, STOPPED, INTERNAL, NOT_AGREED, WITHHELD, NOT_SENT, FLAG,
        "record.current", "handling.onward_transfer", "handling.change_of_purpose", CONDITIONS, *_LETTING.values(),
    }  # fmt: skip
    assert set(RULES) == known


def test_every_rule_of_an_agreement_rests_on_an_article() -> None:
    of_no_agreement = {"agreement.known", "match", "disclosure.stopped", "field.internal"}
    assert {rule for rule in RULES if article_of(rule, TEXT) == 0} == of_no_agreement


def test_every_field_of_a_subject_in_the_log_has_its_word() -> None:
    assert {f"subject.{field}" for field in SUBJECT_FIELDS} <= LOG_WORDS.keys()
