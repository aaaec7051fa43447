"""The reference of the agreement and the code say the same: clauses, words, and the rules in the order of a trace."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from agreements.codes import Offence, Purpose
from agreements.decision import decide, decide_asking
from agreements.facts import Asked, Emergency, MatchFacts, Stage
from agreements.standing import AgreementSet
from tests.unit.agreed import AGREEMENTS, ASKED, MATCH, QUOTA, RECORD, STEPS
from tests.unit.agreement_page import PAGE, agreement_parts, rules_on_the_page
from tests.unit.reference_pages import with_tables

EMERGENCY = replace(ASKED, emergency=Emergency("g.blanc", True))


def test_the_tables_follow_from_the_schema() -> None:
    """``python -m tests.unit.reference_pages`` writes them anew."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, agreement_parts()) == page


def test_every_word_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [word for word in get_args(Purpose) + get_args(Offence) if f"`{word}`" not in page] == []


def _rules(asked: Asked, match: MatchFacts | None, stage: Stage) -> list[str]:
    return [rule for rule, _ in decide(AGREEMENTS, asked, RECORD, match, stage, STEPS, QUOTA).caps]


@pytest.mark.parametrize("asked", [ASKED, EMERGENCY])
@pytest.mark.parametrize("match", [MATCH, None])
@pytest.mark.parametrize("stage", Stage)
def test_a_trace_has_the_rules_of_the_page_in_its_order(asked: Asked, match: MatchFacts | None, stage: Stage) -> None:
    rules = _rules(asked, match, stage)
    listed = rules_on_the_page()
    assert len(set(rules)) == len(rules)
    assert [rule for rule in listed if rule in rules] == rules
    asking = [rule for rule, _ in decide_asking(AGREEMENTS, asked, stage, STEPS).caps]
    assert [rule for rule in rules if rule in asking] == asking


def test_every_rule_of_the_page_is_in_some_trace() -> None:
    seen = {rule for rule, _ in decide(AgreementSet(), ASKED, RECORD, MATCH).caps}
    for asked, match, stage in (
        (ASKED, MATCH, Stage.ANSWER),
        (EMERGENCY, None, Stage.RELEASE),
        (ASKED, MATCH, Stage.RELEASE),
        (ASKED, MATCH, Stage.CORRECTION),
    ):
        seen |= set(_rules(asked, match, stage))
    assert seen == set(rules_on_the_page())


def test_a_trace_and_what_is_printed_of_the_facts_hold_nothing_personal() -> None:
    secret = "Melanos"
    asked = replace(EMERGENCY, user=secret, case=secret, emergency=Emergency(secret, True))
    record = replace(RECORD, caveats=(secret,), nationalities=(secret,), barred=frozenset({secret}))
    steps = replace(STEPS, requested_by=secret, confirmed_by=frozenset({secret}))
    for stage in Stage:
        decision = decide(AGREEMENTS, asked, record, MATCH, stage, steps, QUOTA)
        assert decision.level > 0
        assert secret not in "\n".join(decision.trace)
        assert secret not in repr((asked, record, steps, decision))
