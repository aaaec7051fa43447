"""The input of a decision as text: it leads to the same decision again, and names nobody."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements.decision import Decision, minimum
from agreements.facts import Approval, Emergency, Stage
from agreements.inputs import Considered, DecisionInput, InputError, Told, input_of, read_inputs, write_inputs
from agreements.standing import AgreementSet
from tests.unit.agreed import AGREEMENT, AGREEMENTS, ASKED, MATCH, QUOTA, RECORD, STEPS, in_force
from tests.unit.invented_questions import OFFICERS, Question, questions

_WHOLE = input_of(
    "holder",
    in_force(AGREEMENT),
    replace(ASKED, emergency=Emergency("g.blanc", True)),
    stage=Stage.RELEASE,
    considered=(Considered(RECORD, MATCH),),
    steps=STEPS,
    quota=QUOTA,
)


def _again(one: DecisionInput, question: Question | None = None) -> Decision:
    standing = AgreementSet(question.standings if question else AGREEMENTS).find(one.asked.agreement_hash)
    agreement = standing.agreement if standing else None
    (read,) = read_inputs(write_inputs([(one, agreement)]))
    return read.decide(agreement)


def _as_input(side: str, question: Question) -> DecisionInput:
    standing = AgreementSet(question.standings).find(question.asked.agreement_hash)
    considered = (Considered(question.record, question.match),) if side == "holder" else ()
    parts = {"stage": question.stage, "considered": considered, "steps": question.steps, "quota": question.quota}
    return input_of(side, standing, question.asked, **parts)  # type: ignore[arg-type]


@settings(max_examples=400)
@given(questions())
def test_what_is_read_leads_to_the_same_decision(question: Question) -> None:
    assert _again(_as_input("holder", question), question) == question.decided()
    assert _again(_as_input("asker", question), question) == question.decided_asking()


@given(questions())
def test_the_text_is_canonical(question: Question) -> None:
    text = write_inputs([(_as_input("holder", question), None), (_as_input("asker", question), None)])
    assert rfc8785.dumps(json.loads(text)).decode() == text


@pytest.mark.parametrize("score", [1e-7, 0.00001, 0.5, 1.0, 1e300])
def test_numbers_are_canonical(score: float) -> None:
    text = write_inputs([(replace(_WHOLE, considered=(Considered(RECORD, replace(MATCH, score=score)),)), None)])
    assert rfc8785.dumps(json.loads(text)).decode() == text
    assert read_inputs(text)[0].considered[0].match == replace(MATCH, score=score)


@given(questions())
def test_the_lesser_of_what_was_told_is_decided_again(question: Question) -> None:
    own, other = question.decided_asking(), question.decided()
    if other.conditions is None:
        return
    told = replace(_as_input("asker", question), told=Told(other.fields, other.conditions))
    assert _again(told, question) == minimum(own, Decision(own.level, other.fields, 0, other.conditions, ()))


@settings(max_examples=50)
@given(questions())
def test_the_highest_of_several_candidates_counts(question: Question) -> None:
    one = _as_input("holder", question)
    worse = Considered(replace(question.record, at_most=0), question.match)
    assert _again(replace(one, considered=(worse, *one.considered, worse)), question).level == question.decided().level


def test_nobody_is_named_in_it() -> None:
    approvals = tuple(Approval(officer, "judge") for officer in OFFICERS)
    one = replace(_WHOLE, steps=replace(STEPS, approvals=approvals, requested_by="h.gris"))
    text = write_inputs([(one, AGREEMENT)])
    for name in (*filter(str.strip, OFFICERS), "g.blanc", "h.gris", ASKED.case):
        assert name.casefold() not in text.casefold()
    (read,) = read_inputs(text)
    assert read.decide(AGREEMENT) == one.decide(AGREEMENT)


def test_without_a_candidate_nothing_matched_and_without_a_record_it_is_gone() -> None:
    assert _again(replace(_WHOLE, considered=())).trace == ("match: at most level 0",)
    assert _again(replace(_WHOLE, considered=(Considered(None),))).trace == ("record.current: at most level 0",)
    assert replace(_WHOLE, standing=None).decide(AGREEMENT).trace == ("agreement.known: at most level 0",)


_SOUND = json.loads(write_inputs([(_WHOLE, AGREEMENT)]))


@pytest.mark.parametrize("text", ["", "{}", "null", "[1]", "[{}]", "[" * 100_000, '[{"side":"hub"}]', "\ud800"])
def test_what_is_no_input_is_refused_without_quoting(text: str) -> None:
    with pytest.raises(InputError, match=r"^it is no input of a decision$"):
        read_inputs(text)


_values = st.none() | st.booleans() | st.integers() | st.text() | st.floats() | st.lists(st.text(), max_size=2)


@given(st.data())
def test_a_changed_input_is_refused_or_decided(data: st.DataObject) -> None:
    """Whatever stands in it, `decide` is reached only with what it can read, and never fails."""
    changed = json.loads(json.dumps(_SOUND))
    place = changed[0]
    while isinstance(place, dict) and place:
        name = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[name], dict) or data.draw(st.booleans()):
            place[name] = data.draw(_values)
            break
        place = place[name]
    try:
        (read,) = read_inputs(json.dumps(changed))
    except InputError:
        return
    read.decide(AGREEMENT)
