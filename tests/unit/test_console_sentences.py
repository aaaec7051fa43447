"""Every sentence that comes to the console in parts is known to it in all languages, whatever stands in it.

The texts themselves are collected from the code that says them (`tests.unit.console_texts`); here are those that are
made of codes, and that what is worded is worded whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, cast, get_args

import pytest

from agreements import codes
from agreements.agreement import Agreement
from agreements.difference import differences
from agreements.prose import articles
from agreements.prose_words import plain
from agreements.sentences import Code, Sentence, Value, all_of, any_of, parts, plural, said
from auditing.reconciliation_steps import _FROM_ASKER, _FROM_HOLDER
from auditing.subject_extract import _BY_TYPE, Decision, ToldLine, _follow_up
from auditing.subject_letter import CATEGORIES, FIELDS, letter_lines, set_letter, write_letter
from console.languages import Language, languages
from console.wording.audit_texts import TABLE_TEXTS
from console.wording.plain_words import PLAIN_WORDS
from console.wording.said import worded
from console.wording.sentences import sentence
from ledger.case_events import FollowUpEvent
from matching.subject import SUBJECT_FIELDS
from node.queries.outcome_words import outcome_word
from node.sentences import sentence_shown
from symbolon.v1.desk_pb2 import NodeOutcome
from tests.unit.agreed import AGREEMENT, agreement_like
from tests.unit.console_texts import texts
from tests.unit.test_agreements import TEAM

ENGLISH, FRENCH, ARABIC = (languages()[code] for code in ("en", "fr", "ar"))


@cache
def known() -> frozenset[str]:
    """Give the texts that are marked for translation; to collect them takes seconds."""
    return frozenset(one.id if isinstance(one.id, str) else one.id[0] for one in texts() if one.id)


class Marked:
    """Knows the texts that are marked for translation, and says so."""

    def gettext(self, text: str) -> str:
        return f"«{text}»" if text in known() else text

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one) if count == 1 else f"«{many}»" if one in known() else many


@dataclass(frozen=True)
class MarkedLanguage(Language):
    """A language that marks what it knows."""


MARKED = MarkedLanguage("en", cast("Any", Marked()))


def in_language(one: Sentence, language: Language) -> str:
    """Give a sentence as a page has it, without the marks of direction."""
    return worded(sentence_shown(one), language).replace("\u2068", "").replace("\u2069", "")


def unknown(sentences: Iterable[Sentence]) -> set[str]:
    """Give the texts among these, and among what stands in them, that no catalogue has."""
    return {part.text for one in sentences for part in parts(one) if part.text} - known()


EVERY_FIELD = {"core_fields": get_args(codes.ReleasedField), "supplementary_fields": []}
SAID_WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"purposes": get_args(codes.Purpose), "person_roles": get_args(codes.PersonRole)},
    {"offences": {"categories": get_args(codes.Offence), "barred_natures": get_args(codes.Nature)}},
    {"record_categories": get_args(codes.RecordCategory), "release": EVERY_FIELD},
    {"release": {"maximum": 0, "confirmations": 3}, "answer": {"maximum": 0, "maximum_candidates": 1}},
    {"release": {"approval": {"needed": 5, "roles": [one for one in get_args(codes.OfficerRole) if one != "auditor"]}}},
    {"offences": {"minimum_penalty_months": 0, "barred_natures": []}, "joint_team": TEAM},
    {"validity": {"after_end": "keep_under_conditions"}, "discreet_hits": "tell_both", "death_penalty": "refuse"},
    {"death_penalty": "answer", "emergency": {"uses_a_month": 1}, "handling": {"onward_transfer": "never"}},
    *(
        {"handling": {"code": code}, "answer": {"maximum": 1}, "emergency": {"maximum": 0}}
        for code in ("H0", "H2", "H3")
    ),
)


def all_sentences(agreement: Agreement) -> Iterator[Sentence]:
    for article in articles(agreement):
        yield from (article.heading, *article.agreed, *article.practice)


@pytest.mark.parametrize("changes", SAID_WAYS)
def test_every_sentence_of_an_agreement_is_known(changes: dict[str, Any]) -> None:
    agreement = agreement_like(**changes)
    assert unknown(all_sentences(agreement)) == set()
    changed = (one.change for one in differences(AGREEMENT, agreement))
    assert unknown(changed) == set()
    for one in all_sentences(agreement):
        assert in_language(one, MARKED).startswith("«")


def test_every_code_of_a_closed_list_has_its_word_inside_a_sentence() -> None:
    lists = (codes.Purpose, codes.Offence, codes.Nature, codes.RecordCategory)
    assert {plain(code) for one in lists for code in get_args(one)} <= PLAIN_WORDS
    assert {plain(outcome_word(number)) for number in NodeOutcome.values() if number} <= PLAIN_WORDS


def _kinds(event: type[FollowUpEvent]) -> Iterator[str]:
    for one in event.__subclasses__():
        if kind := one.model_fields.get("type"):
            yield from get_args(kind.annotation)
        yield from _kinds(one)


def test_every_line_of_a_letter_is_known() -> None:
    kinds = set(_kinds(FollowUpEvent))
    assert len(kinds) > 30
    assert unknown(_follow_up(kind) for kind in kinds - _BY_TYPE.keys()) == set()
    assert unknown([*CATEGORIES.values(), *FIELDS.values(), *(one for _, one in _BY_TYPE.values())]) == set()
    assert FIELDS.keys() >= set(SUBJECT_FIELDS)


def test_every_kind_of_message_that_is_compared_has_its_word() -> None:
    assert {plain(kind) for kind in (*_FROM_ASKER, *_FROM_HOLDER)} <= TABLE_TEXTS


TOLD = ToldLine(
    7,
    date(2026, 9, 7),
    "asked",
    "",
    "migrant_smuggling",
    said("This agency asked whether you are known to: %(recipients)s.", recipients=all_of(["DE-ZASM", "GR-YPAM"])),
    {"subject.names": ["Idris MARAN"]},
)
LETTER: tuple[Any, ...] = ("FR-DNMS", "D-7", datetime(2026, 11, 26, tzinfo=UTC), [TOLD], Decision(frozenset({"asked"})))


def in_letter(language: Language) -> str:
    return set_letter((in_language(one.says, language), one.indent) for one in letter_lines(*LETTER))


def test_the_letter_says_the_same_in_every_language() -> None:
    english, french, arabic = (in_letter(one) for one in (ENGLISH, FRENCH, ARABIC))
    assert english.replace("7 Sept 2026", "2026-09-07").replace("26 Nov 2026", "2026-11-26") == write_letter(*LETTER)
    for letter in (french, arabic):
        assert len(letter.split("\n\n")) == len(english.split("\n\n"))
        assert not re.search(r"\b(agency|whether|known|answered|purpose|log)\b", letter)
        assert all(one in letter for one in ("D-7", "DE-ZASM", "GR-YPAM", "Idris MARAN", "2016/680"))
    assert "7 sept. 2026 : Ce service a demandé si vous êtes connu de : DE-ZASM et GR-YPAM." in french
    assert "Finalité : trafic de migrants." in french.replace("\n      ", " ")
    assert "تهريب المهاجرين" in arabic


def test_values_are_written_as_the_language_writes_them() -> None:
    values: dict[str, Value] = {"count": 1200, "what": any_of([Code("query_sent"), Code("no_such_code"), 0.5])}
    one = plural("%(count)s finding of %(what)s", "%(count)s findings of %(what)s", **values)  # type: ignore[arg-type]  # of several kinds
    assert str(one) == "1,200 findings of query_sent, no_such_code or 0.5"
    assert in_language(one, FRENCH) == "1\u202f200 findings of Interrogation envoyée, no such code ou 0,5"
    dated = said("From %(begin)s to %(end)s", begin=date(2026, 1, 2), end=datetime(2026, 1, 3, 4, 5, tzinfo=UTC))
    assert str(dated) == "From 2026-01-02 to 2026-01-03 04:05:00 UTC"
    assert in_language(dated, ENGLISH) == "From 2 Jan 2026 to 3 Jan 2026, 04:05:00 UTC"
    named = said("a %(name)s", name="100 % %(name)s")
    assert str(named) == in_language(named, FRENCH) == "a 100 % %(name)s"


def test_a_number_in_what_the_node_says_is_written_as_the_language_writes_it_and_that_of_a_document_as_it_is() -> None:
    pending = "48000 records are not enrolled: no query finds them as they are now."
    assert sentence(pending, ENGLISH).startswith("48,000 records")
    assert sentence(pending, FRENCH).startswith("48\u202f000 fiches")
    wrong = "passport 1234567; of 1234567, its check digit is wrong"
    assert "1234567," in sentence(wrong, ENGLISH)


@pytest.mark.parametrize(
    ("count", "days"), [(0, "0 يوم"), (1, "يوم واحد"), (2, "يومين"), (5, "5 أيام"), (90, "90 يومًا")]
)
def test_numbers_take_the_form_of_the_language(count: int, days: str) -> None:
    one = said("One party may end it with %(days)s of notice.", days=plural("%(count)s day", "%(count)s days", count))
    assert days in in_language(one, ARABIC)


def test_a_name_among_arabic_words_keeps_its_own_direction() -> None:
    shown = worded(sentence_shown(said("From: %(party)s", party="FR-DNMS")), ARABIC)
    assert "\u2068FR-DNMS\u2069" in shown
