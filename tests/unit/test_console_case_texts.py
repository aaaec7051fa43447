"""That all the node says of a case is known to the console: codes have words, sentences a text or a pattern.

A language that marks each text it knows stands for a translation: what comes out unmarked is known to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast, get_args

import pytest

from agreements.force import without_force
from agreements.stages import CASE, REVIEW, CaseState, ReviewState
from agreements.standing import Standing
from console.comparing import SIGNS
from console.languages import Language
from console.pages.case_forms import _TAKEN, _WAYS
from console.timeline import side_of
from console.wording.case_sentences import SAID
from console.wording.case_words import CASE_WORDS
from console.wording.error_sentences import SAID as ERRORS_SAID
from console.wording.sentences import PATTERNS, sentence
from console.wording.words import WORDS
from matching.comparison import likeness
from matching.comparison.disclosure import features
from matching.comparison.likeness import Likeness
from matching.scoring import compare
from matching.subject import parse_subject
from node.cases import alerts
from node.cases.allowance import Allowance
from node.cases.comparing import NOT_COMPARED, VERDICTS, WITH_NAMES
from node.cases.desk_steps import CASE_STEPS
from node.cases.messages import DeletionCause, Unclear
from node.cases.store import UNREADABLE
from tests.unit.two_desks import ASKER, HOLDER, NOW, TEXT


class Marked:
    """Knows the texts that are marked for translation, and says so."""

    known = frozenset((*SAID, *ERRORS_SAID, *(english for _, english in PATTERNS), *WORDS.values()))

    def gettext(self, text: str) -> str:
        return f"«{text}»" if text in self.known else text


@dataclass(frozen=True)
class MarkedLanguage(Language):
    """A language that marks what it knows."""


LANGUAGE = MarkedLanguage("en", cast("Any", Marked()))


def said(text: str) -> str:
    return sentence(text, LANGUAGE)


def alert_sentences() -> Iterator[str]:
    yield from (one.words for one in alerts._OF_STAGE.values())
    for who in ("danger to life", "danger to life, and you answer for it"):
        yield f"{who}: the holder has to decide the request"
    yield from (f"review of the emergency: {state}" for state in (ReviewState.DUE, ReviewState.OVERDUE))
    yield from ("the holder's time for the request has passed", "content has come: read it", "feedback is overdue")
    yield from ("the holder asks about the request", "the giver waits for feedback")
    yield f"{UNREADABLE}; it stood at hit"
    for a_day, a_month in ((1, 1), (20, 5)):
        yield from Allowance(NOW.date(), NOW.date(), 0, a_day, 0, a_month).used_up()


def why_without_force() -> Iterator[str]:
    whole = Standing(TEXT, frozenset(TEXT.party_of), accepted=True)
    yesterday, since = NOW.date() - timedelta(days=1), datetime(2026, 5, 1, 8, tzinfo=NOW.tzinfo)
    standings = [
        replace(whole, signed_by=frozenset()),
        replace(whole, accepted=False),
        replace(whole, superseded_from=yesterday),
        replace(whole, ended={ASKER: yesterday}),
        replace(whole, ended={ASKER: yesterday, HOLDER: yesterday}),
        replace(whole, suspended_by=frozenset({HOLDER})),
        replace(whole, suspended_by=frozenset({HOLDER}), suspended_since={HOLDER: since}),
        replace(whole, suspended_by=frozenset({HOLDER, ASKER}), suspended_since={HOLDER: since}),
    ]
    found = [without_force(standing, ASKER, HOLDER, NOW) for standing in standings]
    found += [without_force(whole, ASKER, HOLDER, NOW + timedelta(days=many)) for many in (-9999, 9999)]
    assert all(found)
    yield from found
    yield "not to be read here: tell who runs the node"


@pytest.mark.parametrize("one", sorted({*alert_sentences()}))
def test_every_alert_of_a_case_is_known(one: str) -> None:
    assert said(one).startswith("«")


@pytest.mark.parametrize("why", sorted({*why_without_force()}))
def test_why_an_agreement_has_no_force_is_known_alone_and_within_an_alert(why: str) -> None:
    assert said(why).startswith("«")
    for alert in (
        f"nothing is asked or taken on: the agreement is {why}",
        f"nothing is asked or taken on: the agreement is {why}: put the query again under that one",
        f"nobody reads the content meanwhile: the agreement is {why}",
        f"nobody reads the copy meanwhile: the agreement is {why}",
    ):
        assert said(alert).count("«") > 1, alert


@pytest.mark.parametrize("guard", sorted({move.guard for t in (CASE, REVIEW) for move in t.values() if move.guard}))
def test_what_has_to_hold_for_a_step_is_known(guard: str) -> None:
    assert said(guard) == f"«{guard}»"


def test_what_a_step_is_refused_by_is_known() -> None:
    words = re.compile(r'"([a-z][^"{}]*)"')
    for name in ("asking", "reviewing", "steps"):
        text = (alerts.__file__ or "").replace("alerts.py", f"{name}.py")
        with open(text, encoding="utf-8") as file:
            source = file.read()
        for detail in re.findall(
            r"(?:STEP_NOT_POSSIBLE|NOT_THIS_OFFICER|check_absent\().{0,160}?\)\n", source, re.DOTALL
        ):
            for one in words.findall(detail):
                if " " in one:
                    assert said(one).startswith("«"), one
    for state in CaseState:
        assert said(f"confirm: not possible while the state is {state.value.replace('_', ' ')}").startswith("«")
        assert said(f"there is no content while the state is {state}").startswith("«")
    for one in (
        "a file takes at most 20 of these",
        "reason is required",
        "facts: 4,001 characters, and at most 4,000 are taken",
        "to: DE-ZASM has it already",
    ):
        assert said(one).startswith("«"), one


def test_every_feature_and_outcome_is_known() -> None:
    for feature in features():
        assert said(feature).startswith("«") or feature in WORDS, feature
        for outcome in ("agrees", "agrees in part", "on one side only", "differs"):
            assert said(f"{feature}: {outcome}").startswith("«"), (feature, outcome)


def test_every_way_that_parts_of_names_answer_each_other_is_known() -> None:
    ways = {one.words for one in vars(likeness).values() if isinstance(one, Likeness)}
    assert len(ways) > 8
    for way in ways:
        assert said(way) == f"«{way}»"
        assert said(f"giorgos {way} georgios").count("«") == 2


ROWS: list[dict[str, Any]] = [
    {"names": ["Giorgos Melanos"], "dob": ["1984-08-16"], "nationality": ["GR"], "gender": "M"},
    {"names": ["Γιώργος Μελανός"], "dob": ["1984-08-18"], "nationality": ["CY"], "gender": "F"},
    {"names": ["Maria Giorgos Melanos"], "dob": ["1984"], "documents": [{"type": "passport", "number": "AK1234567"}]},
    {"names": ["Anna Rossi"], "dob": ["1990-01-01"], "documents": [{"type": "passport", "number": "AK1234576"}]},
    {"names": ["محمد علي حسن"], "dob": ["1984-01-01"], "pob": ["Athens"], "phones": ["+30 21 0000 0000"]},
    {"names": ["Mohammed Ali Hussein"], "dob": ["1985-08-16"], "pob": ["Athina"], "phones": ["+302100000000"]},
    {"names": ["Melanos Giorgos"], "dob": ["1986-08-16"], "addresses": ["5 Long Street, Athens"]},
    {"names": ["Acme Shipping Ltd"], "category": "entity"},
    {"names": ["Acme Maritime SA 12"], "category": "entity"},
    {"names": ["Giorgos Melano"], "dob": ["circa 1984"], "addresses": ["7 Long Street, Athens"]},
]


def test_what_comparing_says_of_many_pairs_is_known() -> None:
    subjects = [parse_subject({"category": "individual", **row}) for row in ROWS]
    unknown = {
        one.explanation
        for query in subjects
        for record in subjects
        for one in compare(query, record).contributions
        if said(one.explanation).count("«") < 2 or said(one.sentence) == one.sentence
    }
    assert unknown == set()


def test_states_steps_and_verdicts_of_cases_have_their_words() -> None:
    assert {f"meaning.{state}" for state in (*CaseState, "unreadable")} <= set(CASE_WORDS)
    assert {f"review.{state}" for state in ReviewState if state is not ReviewState.NONE} <= set(CASE_WORDS)
    kinds = {*(set(CASE_STEPS) - {"ask_leave"}), *_WAYS.values()}
    assert {f"step.{kind}" for kind in kinds} == {code for code in CASE_WORDS if code.startswith("step.")}
    assert {f"done.{step}" for step in set(CASE_STEPS) - {"read"}} == {
        code for code in CASE_WORDS if code.startswith("done.")
    }
    verdicts = {*VERDICTS.values(), NOT_COMPARED, WITH_NAMES}
    assert verdicts == set(SIGNS)
    assert {f"verdict.{verdict}" for verdict in verdicts} == {c for c in CASE_WORDS if c.startswith("verdict.")}


def test_every_step_has_what_it_takes_from_its_form() -> None:
    assert _TAKEN.keys() == CASE_STEPS.keys()


def test_what_the_holder_does_is_told_of_the_holder() -> None:
    of_holder = [f"asked_about_{one}" for one in get_args(Unclear)]
    of_holder += ["hit", "offer_comes", "recall_comes", "holder_overdue", "onward_transfer_given", "dispute_settled"]
    assert {side_of(event, "") for event in of_holder} == {"holder"}
    assert {side_of(f"delete_{cause}", "") for cause in get_args(DeletionCause)} == {"time"}
    assert side_of("read", "a.durand") == "here"


def test_a_hostile_sentence_is_shown_and_fails_nothing() -> None:
    long = " against ".join(["x"] * 3000)
    assert said(f"name: {long} (+1.0)")
    assert said("%(x)s on both sides") == "«%(x)s on both sides»"
