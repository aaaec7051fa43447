"""The laws of the decision, over invented agreements and questions, and equality with a second evaluator."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from agreements.agreement import Agreement
from agreements.codes import HANDLING_CODES, Action
from agreements.decision import Decision, minimum
from agreements.facts import MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.standing import AgreementSet
from tests.unit.agreed import AGREEMENTS, ASKED, MATCH, QUOTA, RECORD, STEPS
from tests.unit.invented_questions import Question, agreements, questions, scores
from tests.unit.reference_decision import decide_slowly

_many = settings(max_examples=400)


@_many
@given(questions())
def test_it_is_what_the_second_evaluator_says(question: Question) -> None:
    parts = (question.record, question.match, question.stage, question.steps, question.quota)
    expected = decide_slowly(list(question.standings), question.asked, *parts)
    decision = question.decided()
    event(f"level {expected.level}, silent {expected.silent}")
    told = (decision.level, decision.fields, decision.silent, decision.maximum_candidates)
    assert told == (expected.level, expected.fields, expected.silent, expected.candidates)


def test_the_invented_questions_reach_every_level() -> None:
    """Otherwise the laws would hold of refusals only."""
    seen: set[tuple[int, bool]] = set()

    @settings(max_examples=400, database=None, derandomize=True)
    @given(questions())
    def look(question: Question) -> None:
        decision = question.decided()
        seen.add((decision.level, decision.silent))

    look()
    assert seen == {(0, False), (0, True), (1, False), (2, False), (3, False), (4, False)}


@given(questions())
def test_removing_an_agreement_never_raises(question: Question) -> None:
    before = question.decided()
    for left_out in range(len(question.standings)):
        fewer = question.standings[:left_out] + question.standings[left_out + 1 :]
        after = replace(question, standings=fewer).decided()
        assert after.level <= before.level
        assert after.fields <= before.fields


@given(questions())
def test_the_order_of_agreements_never_matters(question: Question) -> None:
    decisions = {replace(question, standings=order).decided() for order in itertools.permutations(question.standings)}
    assert len(decisions) == 1


_UP = {
    "answer.maximum": (0, 2), "answer.maximum_candidates": (1, 20), "release.maximum": (0, 4),
    "emergency.maximum": (0, 4), "emergency.uses_a_month": (0, 9), "quotas.queries_a_day": (0, 20),
    "quotas.queries_a_year": (0, 20), "quotas.queries_a_case": (0, 20), "quotas.requests_a_day": (0, 20),
    "protection.own_nationals": (0, 4), "protection.minors": (0, 4), "protection.victims": (0, 4),
    "protection.witnesses": (0, 4),
}  # fmt: skip
"""Clauses by whose number less is told where it is lower."""

_DOWN = {
    "offences.minimum_penalty_months": (0, 120),
    "release.confirmations": (1, 3),
    "release.approval.needed": (1, 5),
}
_LISTS = ("purposes", "person_roles", "record_categories", "offences.categories", "release.core_fields")
_MORE_LISTS = ("release.supplementary_fields", "release.approval.roles", "emergency.approval.roles")
_WORDS = {"death_penalty": ("refuse", "assurance", "answer"), "discreet_hits": ("tell_holder_only", "tell_both")}


def _with(agreement: Agreement, place: str, change: Any) -> Agreement | None:
    """Give the agreement with one clause changed; none where the schema does not take that."""
    values = agreement.model_dump(by_alias=True)
    *path, name = place.split(".")
    inner = values
    for step in path:
        inner = inner[step]
    inner[name] = change(inner[name])
    try:
        return Agreement.model_validate(values)
    except ValueError:
        return None


def _assert_no_more(narrower: Decision, wider: Decision) -> None:
    assert narrower.level <= wider.level
    assert narrower.fields <= wider.fields
    assert narrower.maximum_candidates <= wider.maximum_candidates


@pytest.mark.parametrize("place", [*_UP, *_DOWN])
@settings(max_examples=30)
@given(question=questions(), data=st.data())
def test_narrowing_a_number_never_raises(place: str, question: Question, data: st.DataObject) -> None:
    low, high = sorted(data.draw(st.tuples(*(st.integers(*(_UP | _DOWN)[place]),) * 2)))
    texts = [_with(question.standings[0].agreement, place, lambda _, number=number: number) for number in (low, high)]
    assume(all(texts))
    less, more = (question.with_agreement(text).decided() for text in texts if text)
    if place in _DOWN:
        less, more = more, less
    _assert_no_more(less, more)


@pytest.mark.parametrize("place", [*_LISTS, *_MORE_LISTS, "offences.barred_natures", *_WORDS])
@settings(max_examples=30)
@given(question=questions(), data=st.data())
def test_narrowing_a_list_or_word_never_raises(place: str, question: Question, data: st.DataObject) -> None:
    def narrower(value: Any) -> Any:
        if place in _WORDS:
            order = _WORDS[place]
            return order[data.draw(st.integers(0, order.index(value)))]
        if place == "offences.barred_natures":
            return {*value, "ordinary"}
        return data.draw(st.sets(st.sampled_from(sorted(value))))

    text = _with(question.standings[0].agreement, place, narrower)
    assume(text is not None)
    if text is not None:
        named = replace(question.asked, agreement_hash=question.standings[0].agreement.hash)
        question = replace(question, asked=named)
        _assert_no_more(question.with_agreement(text).decided(), question.decided())


@given(questions(), scores(), scores())
def test_a_higher_score_never_lowers(question: Question, one: float, other: float) -> None:
    low, high = sorted((one, other))
    less = replace(question, match=MatchFacts(low, 40.0)).decided()
    more = replace(question, match=MatchFacts(high, 40.0)).decided()
    _assert_no_more(less, more)


UNKNOWN: dict[str, dict[str, Any]] = {
    "asked": {"purpose": "", "user": "", "legal_basis": False, "case": "", "offence": "", "penalty_months": None,
              "nature": "", "person_role": "", "death_penalty": "unknown", "assurance": False},
    "record": {"category": "", "person_role": "", "nature": "", "nationalities": (), "minor": "unknown",
               "victim": "unknown", "witness": "unknown", "sealed": "unknown", "discreet": "unknown", "barred": None,
               "hidden_until": RecordRules().hidden_until, "withheld": None, "at_most": 0},
    "steps": {"confirmed_by": frozenset(), "request_complete": False, "requested_by": "", "approvals": ()},
    "quota": {"queries_today": None, "queries_this_year": None, "queries_in_case": None, "requests_today": None,
              "emergencies_this_month": None},
}  # fmt: skip
_FACTS = [(part, name, value) for part, facts in UNKNOWN.items() for name, value in facts.items()]


@pytest.mark.parametrize(("part", "name", "value"), _FACTS, ids=lambda one: str(one) if isinstance(one, str) else "")
@settings(max_examples=25)
@given(question=questions())
def test_what_is_unknown_never_beats_what_is_known(part: str, name: str, value: Any, question: Question) -> None:
    """Of steps in a joint team alone an unknown confirmation can be better than a wrong one; then nothing is told."""
    is_team = question.standings[0].agreement.joint_team is not None
    assume(not (is_team and name == "confirmed_by"))
    _assert_no_more(question.changed(part, **{name: value}).decided(), question.decided())


def test_each_unknown_fact_is_what_forgetting_it_gives() -> None:
    forgotten = {"record": RecordRules(), "steps": Steps(), "quota": QuotaUse()}
    for part, facts in UNKNOWN.items():
        for name, value in facts.items():
            if part in forgotten:
                assert getattr(forgotten[part], name) == value, name


@given(questions())
def test_no_match_is_never_better_than_a_match(question: Question) -> None:
    assert replace(question, match=None).decided().level == 0


@given(questions())
def test_released_fields_are_allowed_fields(question: Question) -> None:
    decision = question.decided()
    release = question.standings[0].agreement.release
    allowed = release.core_fields if decision.level == 3 else release.core_fields | release.supplementary_fields
    assert decision.fields <= (allowed if decision.level >= 3 else frozenset())
    if decision.level == 0:
        assert (decision.fields, decision.maximum_candidates, decision.conditions) == (frozenset(), 0, None)
    elif question.record.withheld is not None:
        assert not decision.fields & question.record.withheld
        assert decision.conditions is not None


@given(questions())
def test_nothing_is_told_at_once_beyond_level_2(question: Question) -> None:
    assert replace(question, stage=Stage.ANSWER).decided().level <= 2


@given(questions())
def test_the_asker_alone_never_decides_lower_than_the_holder(question: Question) -> None:
    asker, holder = question.decided_asking(), question.decided()
    _assert_no_more(holder, asker)
    both = minimum(asker, holder)
    assert (both.level, both.fields, both.silent) == (holder.level, holder.fields, holder.silent)


@given(questions())
def test_a_silent_hit_is_told_to_the_asker_as_nothing(question: Question) -> None:
    decision = question.decided()
    if decision.silent:
        assert (decision.level, decision.fields, decision.conditions) == (0, frozenset(), None)
        loud = question.changed("record", discreet="no").decided()
        assert loud.level > 0


@st.composite
def _decisions(draw: st.DrawFn) -> Decision:
    code, caveats = draw(st.sampled_from(HANDLING_CODES)), draw(st.lists(st.sampled_from(["a", "b"]), max_size=2))
    action: Action = draw(st.sampled_from(["arrest", "locate", "none"]))
    record = replace(RECORD, code=code, caveats=tuple(caveats), action=action, at_most=draw(st.integers(0, 4)))
    stage = draw(st.sampled_from(Stage))
    base = Question(tuple(AGREEMENTS), ASKED, record, MATCH, stage, STEPS, QUOTA)
    if draw(st.booleans()):
        return base.decided()
    return base.with_agreement(draw(agreements())).decided()


def _without_trace(decision: Decision) -> Decision:
    return replace(decision, caps=())


@given(_decisions(), _decisions(), _decisions())
def test_the_minimum_is_commutative_associative_and_idempotent(one: Decision, other: Decision, third: Decision) -> None:
    assert _without_trace(minimum(one, other)) == _without_trace(minimum(other, one))
    left, right = minimum(minimum(one, other), third), minimum(one, minimum(other, third))
    assert _without_trace(left) == _without_trace(right)
    assert minimum(one, one) == one


@given(_decisions(), _decisions())
def test_the_minimum_is_never_above_either_and_keeps_both_conditions(one: Decision, other: Decision) -> None:
    both = minimum(one, other)
    for decision in (one, other):
        _assert_no_more(both, decision)
        if both.conditions is not None and decision.conditions is not None:
            kept, own = both.conditions, decision.conditions
            assert HANDLING_CODES.index(kept.code) >= HANDLING_CODES.index(own.code)
            assert set(kept.caveats) >= set(own.caveats)
            assert kept.retention_days <= own.retention_days
            assert kept.action in (own.action, "none", None) or own.action is None
    assert set(both.caps) == set(one.caps) | set(other.caps)


def test_an_empty_set_of_agreements_allows_nothing() -> None:
    assert Question((), ASKED, RECORD, MATCH, Stage.ANSWER, STEPS, QUOTA).decided().level == len(AgreementSet()) == 0
