"""Every error, outcome and refusal that the node says is known to the console, so that it can be translated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from agreements import asking as choice
from console.languages import Language, languages
from console.wording import case_sentences, error_sentences, query_sentences, refusal_sentences
from console.wording.query_words import QUERY_WORDS
from console.wording.sentences import PATTERNS, sentence
from console.wording.words import WORDS
from matching import slips
from matching.comparison.disclosure import features
from matching.comparison.evidence import Contribution, Outcome
from matching.subject import SubjectFormatError, parse_subject
from node.batches import columns
from node.officers.register import ROLES
from node.queries import check, hint, outcomes, plan
from node.queries.asking import _undelivered
from node.queries.extent import LONGEST_NAME, MOST_OF_EACH
from node.queries.justification import Justification, JustificationError, check_justification
from node.records.row_files import _FOREIGN_STARTS
from node.records.rows import RECORD_FIELDS, RowError, parse_record, read_csv_header, read_csv_row, read_json_row
from symbolon.rpc.errors import ErrorCode, SymbolonError

SAID = (
    *case_sentences.SAID,
    *error_sentences.SAID,
    *query_sentences.SAID,
    *refusal_sentences.SAID,
)


class Marked:
    """Knows the texts that are marked for translation, and says so."""

    known = frozenset((*SAID, *(english for _, english in PATTERNS), *WORDS.values(), "%(one)s; %(other)s"))

    def gettext(self, text: str) -> str:
        return f"«{text}»" if text in self.known else text


@dataclass(frozen=True)
class MarkedLanguage(Language):
    """A language that marks what it knows."""


LANGUAGE = MarkedLanguage("en", cast("Any", Marked()))
ENGLISH = languages()["en"]


def said(text: str) -> str:
    return sentence(text, LANGUAGE)


def is_known(text: str) -> bool:
    """Say whether a sentence is known as a whole, and English stays what it is."""
    return said(text).startswith("«") and sentence(text, ENGLISH) in (text, labelled(text))


def labelled(text: str) -> str:
    """Give a sentence that begins with a field as it is shown, with the field's label."""
    field = re.match(r"[\w ]+?(?=:| has | is )", text)
    label = QUERY_WORDS.get(f"field.{field[0]}", field[0]) if field else ""
    return f"{label}{text[field.end() :]}" if field else text


def test_every_error_and_its_way_out_is_known_in_the_order_of_the_catalogue() -> None:
    rows = [code.value for code in ErrorCode]
    assert list(error_sentences.SAID) == [one for row in rows for one in (row.text, row.way_out)]


@pytest.mark.parametrize("code", ErrorCode)
def test_a_refusal_by_a_node_or_by_the_coordinator_is_known_with_its_way_out(code: ErrorCode) -> None:
    what, way_out = f"«{code.value.text}»", f"«{code.value.way_out}»"
    assert said(outcomes._refusal(code.code)) == f"«{what}; {way_out}»"
    assert said(str(SymbolonError(code, "a; b"))) == f"«{what}: a; b»"
    awaited = cast("Any", _Awaited())
    undelivered = _undelivered(awaited, SymbolonError(code, "no; word"), 0).explanation
    assert said(undelivered) == f"«the coordinator did not deliver: ««{what}: no; word»; {way_out}»»"
    assert sentence(undelivered, ENGLISH) == undelivered


class _Member:
    uri = display_name = "DE-ZASM"


class _Awaited:
    member = _Member()


def explanations() -> Iterator[str]:
    yield from (explanation for _, explanation in outcomes._FAILURES.values())
    yield from outcomes._INCONCLUSIVE_EXPLAINED.values()
    yield from outcomes._QUOTA_EXPLAINED.values()
    yield from (outcomes._STOPPED_EXPLAINED, outcomes._LAPSED_EXPLAINED, outcomes._refusal("no such code"), check.LATE)
    yield from (value for name, value in vars(outcomes).items() if name.endswith("_EXPLAINED") and type(value) is str)
    yield from choice.REASONS.values()
    yield from choice.OPEN
    yield from (
        "no agreement lets this agency ask that one",
        "no agreement allows this question",
        "the agreement FR-DE-2026 does not let this agency ask that one",
        f"{choice.REASONS['in_force']}: FR-DE-2026 v2 is not accepted here yet",
        "the coordinator reports a failure of a kind unknown here",
        "the coordinator gave no outcome for this node",
        "the node's answer does not verify or is not for this query; a match there is not excluded",
    )


@pytest.mark.parametrize("one", sorted({*explanations()}))
def test_every_explanation_of_an_outcome_is_known(one: str) -> None:
    assert is_known(one)


def test_what_a_draft_lacks_is_known() -> None:
    for one in (
        *(
            plan.MINIMUM,
            hint.NO_NUMBER,
            hint.NO_COUNTRY,
            slips.AHEAD,
            slips.NO_SUCH_COUNTRY,
            f"dob: {slips.AHEAD}",
            f"nationality: {slips.NO_SUCH_COUNTRY}",
            "is required",
            "nothing in it carries 32.5 bits",
        ),
        *(f"{field}: a query has at most {most}" for field, most in MOST_OF_EACH.items()),
        f"a name of a query has at most {LONGEST_NAME} characters",
        f"names: a name of a query has at most {LONGEST_NAME} characters",
        "legal_basis has 300 bytes of UTF-8, not 1 to 200",
        "has 300 bytes of UTF-8, not 1 to 200",
        "case_reference is not a single line: it holds control characters",
        "is not a single line: it holds control characters",
        "recipients: no such member: symbolon://x/y",
    ):
        assert is_known(one), one


def test_every_reason_told_without_values_is_known() -> None:
    ends: tuple[Outcome, ...] = ("agrees", "close", "missing", "differs")
    for feature in features():
        for outcome in ends:
            line = Contribution(feature, 1.0, "", outcome).generic
            assert is_known(line), line
            assert f"«{feature}»" in said(line), line


def test_every_field_may_stand_before_a_refusal() -> None:
    named = {*RECORD_FIELDS, *columns.FIELDS, *Justification.model_fields, *plan.REASONS}
    assert named - set(refusal_sentences.FIELDS) == set()


def refusals() -> Iterator[tuple[str, str]]:
    """Give what is said of values that cannot be read: the field and the reason."""
    named: dict[str, Any] = {"names": ["Anna Rossi"]}
    rows: list[dict[str, Any]] = [
        *({"dob": [day]} for day in ("x", "1984-13-45", "1985/1984", "0004", "x" * 3000)),
        *({field: [" "]} for field in ("names", "nationality", "phones")),
        {"gender": "Z"},
        {"category": "ghost"},
        {"nationality": ["Atlantis"]},
        {"names": "Anna"},
        {"names": [3]},
        {"names": ["x" * 3000]},
        {"name_parts": []},
        {"alias_quality": ["weak"]},
        {"documents": [{}]},
        {"shoe": 1},
    ]
    for row in rows:
        with pytest.raises(SubjectFormatError) as caught:
            parse_subject(named | row)
        yield caught.value.field, caught.value.reason
    stated: list[dict[str, object]] = [{"penalty_months": one} for one in (-1, 1201, "x")]
    stated += [{"offence": "x"}, {"nature": "x"}, {"person_role": "x"}, {"death_penalty": "x"}, {"assurance": "x"}]
    for values in stated:
        with pytest.raises(JustificationError) as wrong:
            check_justification(values)
        yield wrong.value.field, wrong.value.reason
    reads: list[Callable[[], object]] = [
        lambda: read_json_row("{"),
        lambda: read_json_row("[]"),
        lambda: read_json_row('{"a": NaN}'),
        lambda: read_json_row('{"a": 1, "a": 2}'),
        lambda: read_json_row('{"names": "\\u0001"}'),
        lambda: read_csv_row(("names",), "a,b"),
        lambda: read_csv_row(("names",), 'a"b"c,"'),
        lambda: read_csv_row(("documents",), "AK123"),
        lambda: read_csv_row(("name_parts",), "Anna"),
        lambda: parse_record(named),
        lambda: parse_record({"record_id": "1"}),
        lambda: parse_record(named | {"record_id": "1", "shoe": "1"}),
        lambda: parse_record(named | {"record_id": "1", "rules": {"flags": {"x": "y"}}}),
    ]
    for read in reads:
        with pytest.raises(RowError) as bad:
            read()
        yield bad.value.field, bad.value.reason
    for header in (
        "names",
        "record_id,names,names",
        "record_id,shoe",
        "record_id|names",
        "record_id\tnames",
        'a"b"c,"',
    ):
        with pytest.raises(SymbolonError) as refused:
            read_csv_header(header)
        yield tuple(refused.value.detail.split(": ", 1))  # type: ignore[misc]  # two parts
    yield from (("row", start) for start in _FOREIGN_STARTS.values())


def test_what_is_said_of_values_that_cannot_be_read_is_known_with_and_without_its_field() -> None:
    unknown = [one for one in refusals() if not (is_known(one[1]) and is_known(": ".join(one)))]
    assert unknown == []


def test_what_an_officer_lacks_is_known() -> None:
    assert set(ROLES) < set(refusal_sentences.SAID)
    for needed, has in ((ROLES[:1], ROLES[1:2]), (ROLES[:3], ROLES[3:]), (ROLES[:2], ("none",))):
        line = f"it takes the role {' or '.join(needed)}; this officer has {' and '.join(has)}"
        assert is_known(line)
        assert all(f"«{one}»" in said(line) for one in (*needed, *has)), said(line)


def test_sentences_joined_by_semicolons_are_translated_where_each_is_known() -> None:
    one, other, third = "it is closed", "is required", "the case is missing"
    assert said(f"{one}; {other}") == f"««{one}»; «{other}»»"
    assert said(f"{one}; {other}; {third}") == f"«««{one}»; «{other}»»; «{third}»»"
    assert said(f"{one}; what nobody knows") == f"{one}; what nobody knows"
    assert sentence(f"{one}; {other}", ENGLISH) == f"{one}; {other}"
    assert "؛ " in sentence(f"{one}; {other}", languages()["ar"])
    assert ";" not in sentence(f"{one}; {other}", languages()["ar"])
