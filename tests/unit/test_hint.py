"""What a draft of a query lacks: bits, readings, problems; and that a hint can be trusted where the query is put."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cli.hint import _lines
from ledger.log import Ledger
from matching.features import query_features
from matching.forgetting import WORD_CACHES
from matching.identifying import additions, best_bits
from matching.slips import AHEAD, NO_SUCH_COUNTRY
from matching.subject import Subject, parse_subject
from node.queries import hint as hint_module
from node.queries import wire
from node.queries.extent import MOST_OF_EACH
from node.queries.hint import NO_COUNTRY, NO_NUMBER, OF_NO_COUNTRY, read_draft
from node.queries.plan import MINIMUM
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2
from tests.unit.asked_desk import DE, GR, PERSON, TaughtAsker, calls, request
from tests.unit.two_desks import ANALYST, RELEASE

TODAY = date(2026, 11, 26)

_NAMES = some.lists(
    some.sampled_from(["Ali Hassan", "Mohamed", "Giorgos Melanos", "Wei Li", "Zhavilto Quorlvex", "محمد علي", "José"]),
    min_size=1,
    max_size=3,
)
_ROWS = some.fixed_dictionaries(
    {"names": _NAMES},
    optional={
        "dob": some.lists(some.sampled_from(["1980", "1980-05-06", "1975~", "1960/1990", "1980-01-01"]), max_size=2),
        "nationality": some.lists(some.sampled_from(["SY", "RU", "SUN", "LI", "XXA"]), max_size=2),
        "documents": some.lists(
            some.sampled_from([{"type": "passport", "country": "GR", "number": "AB123456"}, {"number": "123"}]),
            max_size=1,
        ),
    },
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


async def _hint(ledger: Ledger, row: dict[str, Any] | None = None, **changes: Any) -> desk_pb2.HintResponse:
    asked = desk_pb2.HintRequest(draft=request(row, **changes))
    return await calls(ledger, TaughtAsker()).hint(asked, ANALYST)


@given(_ROWS)
def test_a_query_can_be_put_exactly_where_its_best_conjunction_carries_the_budget(row: dict[str, Any]) -> None:
    subject = parse_subject(row)
    bits = best_bits(subject)
    assert not query_features(subject, bits + 0.001)
    assert bits == 0 or query_features(subject, bits - 0.001)


@given(_ROWS)
def test_what_would_help_does(row: dict[str, Any]) -> None:
    row.pop("documents", None)
    gains = {one.kind: one.bits for one in additions(parse_subject(row))}
    with_document = parse_subject(row | {"documents": [{"type": "passport", "country": "GR", "number": "AB123456"}]})
    assert best_bits(with_document) == pytest.approx(best_bits(parse_subject(row)) + gains.get("document", 0), abs=0.5)
    if not row.get("dob"):
        dated = parse_subject(row | {"dob": ["1979-08-17"]})
        assert best_bits(dated) == pytest.approx(best_bits(parse_subject(row)) + gains["birth_date"])


async def test_a_complete_query_is_answerable_and_says_whom_it_reaches(ledger: Ledger) -> None:
    hint = await _hint(ledger)
    assert hint.answerable
    assert hint.minimum
    assert hint.bits > hint.budget == 22
    assert hint.tokens > 0
    assert list(hint.problems) == []
    assert list(hint.purposes) == ["migrant_smuggling"]
    reached = {one.member: (one.asked, one.code, one.reason) for one in hint.reach}
    assert reached == {DE: (True, "H1", ""), GR: (False, "", "no agreement lets this agency ask that one")}


async def test_an_empty_draft_is_told_all_it_lacks(ledger: Ledger) -> None:
    hint = await calls(ledger, TaughtAsker()).hint(desk_pb2.HintRequest(), ANALYST)
    assert not hint.answerable
    assert hint.bits == 0
    missing = {one.field for one in hint.problems}
    stated = {"purpose", "legal_basis", "case_reference", "offence", "penalty_months", "nature", "person_role"}
    assert missing == stated | {"names"}
    assert MINIMUM in {one.reason for one in hint.problems}


async def test_a_documents_number_is_enough_without_any_name(ledger: Ledger) -> None:
    hint = await _hint(ledger, {"documents": [{"type": "passport", "country": "IQ", "number": "A1234567"}]})
    assert hint.answerable
    assert not hint.problems


@pytest.mark.parametrize(
    ("document", "is_told"),
    [
        ({"number": "A1234567"}, True),
        ({"type": "passport", "number": "A1234567"}, True),
        ({"number": "A1234567", "country": "IQ"}, False),
        ({"number": "000000"}, False),  # which is no number with a country either
    ],
)
async def test_a_number_without_its_country_is_told_what_it_lacks(
    ledger: Ledger, document: dict[str, str], is_told: bool
) -> None:
    problems = (await _hint(ledger, {"documents": [document]})).problems
    assert (("documents", OF_NO_COUNTRY) in {(one.field, one.reason) for one in problems}) is is_told
    named = await _hint(ledger, {"documents": [document], "names": ["Zhavilto Quorlvex"], "dob": ["1979-08-17"]})
    assert not named.problems


@pytest.mark.parametrize(
    ("stated", "fact"),
    [
        ({"nature": "political"}, "nature"),
        ({"penalty_months": 1}, "penalty_months"),
        ({"death_penalty": "yes"}, "death_penalty"),
        ({"agreement": "nope"}, "agreement"),
    ],
)
async def test_what_no_agreement_allows_is_named_at_its_field(
    ledger: Ledger, stated: dict[str, Any], fact: str
) -> None:
    hint = await _hint(ledger, **stated)
    assert not hint.answerable
    assert fact in {one.field for one in hint.problems}


async def test_a_thin_query_is_told_what_would_make_it_answerable(ledger: Ledger) -> None:
    thin = await _hint(ledger, {"names": ["Ali Hassan"]})
    assert not thin.answerable
    assert thin.minimum
    kinds = [one.kind for one in thin.additions]
    assert kinds[0] == "document"
    assert set(kinds) == {"document", "birth_date", "birth_year", "name_part", "nationality"}
    assert [one.bits for one in thin.additions] == sorted((one.bits for one in thin.additions), reverse=True)
    dated = await _hint(ledger, {"names": ["Ali Hassan"], "dob": ["1979-08-17"], "nationality": ["SY"]})
    assert dated.answerable


async def test_each_value_is_shown_as_it_is_read(ledger: Ledger) -> None:
    row = {
        "names": ["Melanós, Giórgos"],
        "names_original": ["Μελανός Γιώργος"],
        "dob": ["05/06/1968", "1970~", "1971-02"],
        "nationality": ["GRC", "XXA"],
        "documents": [
            {"type": "national_id", "country": "PL", "number": "440514 01359"},
            {"type": "national_id", "country": "PL", "number": "44051401358"},
            {"type": "passport", "country": "GR", "number": "ab 123-456"},
            {"number": "000000"},
        ],
        "emails": ["g@example.org"],
    }
    hint = await _hint(ledger, row)
    read = [(one.field, one.read, one.state) for one in hint.readings]
    assert ("names", "melanos giorgos", "") in read
    assert ("names_original", "melanos giorgos", "") in read
    assert {("dob", "1968-06-05", "exact"), ("dob", "1968-05-06", "exact")} <= set(read)
    assert {("dob", "1970~", "approximate"), ("dob", "1971-02", "partial")} <= set(read)
    assert {("nationality", "GR", ""), ("nationality", "", NO_COUNTRY)} <= set(read)
    numbers = [(read, state) for field, read, state in read if field == "documents"]
    assert numbers == [
        ("PL 44051401359", "right"),
        ("PL 44051401358", "wrong"),
        ("GR AB123456", "unchecked"),
        ("", NO_NUMBER),
    ]


async def test_what_cannot_be_read_is_named_by_field_and_the_rest_is_weighed(ledger: Ledger) -> None:
    row = {**PERSON, "dob": ["1984-08-16", "30 Feb 1968"], "nationality": ["Atlantis"], "gender": "?", "shoe": ["44"]}
    hint = await _hint(ledger, row, nature="odd", legal_basis="x" * 500)
    assert not hint.answerable
    assert {"dob", "nationality", "gender", "row", "nature", "legal_basis"} <= {one.field for one in hint.problems}
    assert "Feb" not in str(hint.problems)
    assert hint.bits > 22


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("dob", "2091-01-01", AHEAD),
        ("dob", "2091", AHEAD),
        ("nationality", "QZX", NO_SUCH_COUNTRY),
        ("nationality", "ZZZ", NO_SUCH_COUNTRY),
        ("nationality", "xx", NO_SUCH_COUNTRY),
        ("address_countries", "QZ", NO_SUCH_COUNTRY),
    ],
)
async def test_what_cannot_be_meant_stands_in_the_way_of_a_hint_and_of_the_query(
    ledger: Ledger, field: str, value: str, reason: str
) -> None:
    hint = await _hint(ledger, {**PERSON, field: [value]})
    assert [(one.field, one.reason) for one in hint.problems] == [(field, reason)]
    assert not hint.answerable
    assert value not in {one.written for one in hint.readings}
    with pytest.raises(SymbolonError) as caught:
        wire.question_of(request({**PERSON, field: [value]}), "a.nalyst", TODAY)
    assert (caught.value.code, caught.value.detail) == (ErrorCode.INVALID_INPUT, f"{field}: {reason}")


async def test_of_an_ambiguous_date_only_what_has_been_is_read(ledger: Ledger) -> None:
    row = PERSON | {"dob": ["1405-11-18"]}
    assert any(birth.earliest > TODAY for birth in parse_subject(row).births)
    question = wire.question_of(request(row), "a.nalyst", TODAY)
    assert question.subject.births
    assert all(birth.latest <= TODAY for birth in question.subject.births)
    hint = await _hint(ledger, row)
    assert hint.answerable
    assert [one.read for one in hint.readings if one.field == "dob"] == [
        birth.written() for birth in question.subject.births
    ]


@pytest.mark.parametrize("code", ["SUN", "D", "RKS", "XXA", "XXX", "UNO", "XOM", "csk", "EL"])
def test_codes_of_passports_and_of_states_that_are_gone_are_known(code: str) -> None:
    assert wire.question_of(request({**PERSON, "nationality": [code]}), "a.nalyst", TODAY)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"dob": ["1"] * 3000}, "dob"),
        ({"names": [f"Ab{number}" for number in range(3000)]}, "names"),
        ({"name_parts": {f"k{number}": "x" for number in range(3000)}}, "name_parts"),
        ({f"k{number}": "x" for number in range(3000)}, "row"),
    ],
)
async def test_of_a_draft_no_more_is_read_than_a_query_may_say(
    ledger: Ledger, row: dict[str, Any], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []

    def counted(row: dict[str, Any]) -> Subject:
        read.append(row)
        return parse_subject(row)

    monkeypatch.setattr(hint_module, "parse_subject", counted)
    hint = await _hint(ledger, PERSON | row)
    assert len(read) <= 1 + sum(MOST_OF_EACH.values())
    assert field in {one.field for one in hint.problems}
    assert len(hint.readings) <= sum(MOST_OF_EACH.values())


async def test_a_draft_is_read_in_a_thread_so_that_the_node_goes_on(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[int] = set()

    def told(row: dict[str, Any]) -> Subject:
        threads.add(threading.get_ident())
        return parse_subject(row)

    monkeypatch.setattr(hint_module, "parse_subject", told)
    await _hint(ledger)
    assert threads
    assert threading.get_ident() not in threads


@pytest.mark.parametrize(
    "row",
    [
        {"dob": ["1"] * 3000},
        {f"k{number}": "x" for number in range(3000)},
        {"documents": [{f"k{number}": "" for number in range(3000)}]},
    ],
)
def test_a_query_of_more_than_one_may_say_is_refused_before_it_is_read(
    row: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: object) -> Subject:
        raise AssertionError("it is read")

    monkeypatch.setattr(wire, "parse_subject", read)
    with pytest.raises(SymbolonError) as caught:
        wire.question_of(request(PERSON | row), "a.nalyst", TODAY)
    assert caught.value.code is ErrorCode.INVALID_INPUT


async def test_a_reason_an_agreement_does_not_take_is_told_for_each_agency(ledger: Ledger) -> None:
    hint = await _hint(ledger, penalty_months=3)
    assert not hint.answerable
    assert [one.reason for one in hint.reach if one.member == DE] == [
        "the offence is not punishable severely enough for the agreement"
    ]
    with pytest.raises(SymbolonError) as caught:
        await _hint(ledger, recipients=["symbolon://agency/XX-NONE"])
    assert caught.value.code is ErrorCode.INVALID_INPUT
    with pytest.raises(SymbolonError) as caught:
        await _hint(ledger, recipients=["a; " * 20_000])  # each a sentence to the console, which would translate it
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("unstated", "reason"),
    [
        ({"purpose": ""}, "the purpose is not stated yet"),
        ({"offence": ""}, "the offence is not stated yet"),
        ({"penalty_months": None}, "the maximum penalty is not stated yet"),
        ({"person_role": ""}, "what the person is in the case is not stated yet"),
        ({"purpose": "", "offence": ""}, "the purpose is not stated yet"),
    ],
)
async def test_what_is_not_stated_yet_is_no_fault_of_an_agreement(
    ledger: Ledger, unstated: dict[str, Any], reason: str
) -> None:
    hint = await _hint(ledger, **unstated)
    reach = {one.member: one for one in hint.reach}
    assert (reach[DE].asked, reach[DE].open, reach[DE].reason) == (False, True, reason)
    assert not reach[GR].open  # nothing that is stated would change it
    assert f"not known yet whether it would be asked: {reason}" in "\n".join(_lines(hint))


async def test_printed_hints_say_that_it_fits_too_many_and_count_bits_as_people_do(ledger: Ledger) -> None:
    thin = "\n".join(_lines(await _hint(ledger, {"names": ["Ali Hassan"]})))
    assert "Too many people fit what is there." in thin
    assert "Too many people" not in "\n".join(_lines(await _hint(ledger)))
    one = desk_pb2.HintResponse(additions=[desk_pb2.HintAddition(kind="birth_year", bits=0.8)])
    assert "would help: birth year, about 1 bit" in list(_lines(one))


async def test_a_hint_writes_nothing_and_keeps_no_word(ledger: Ledger) -> None:
    await _hint(ledger)
    assert list(ledger.entries()) == []
    assert [cache for cache in WORD_CACHES if cache.cache_info().currsize] == []


async def test_only_who_may_query_gets_help_with_it(ledger: Ledger) -> None:
    desk = calls(ledger, TaughtAsker())
    for call in (
        desk.hint(desk_pb2.HintRequest(), RELEASE),
        desk.read_mrz(desk_pb2.ReadMrzRequest(), RELEASE),
        desk.check(desk_pb2.CheckRequest(), RELEASE),
    ):
        with pytest.raises(SymbolonError) as caught:
            await call
        assert caught.value.code is ErrorCode.ROLE_MISSING


async def test_a_pasted_zone_becomes_a_subject_with_verdicts(ledger: Ledger) -> None:
    lines = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
    desk = calls(ledger, TaughtAsker())
    read = await desk.read_mrz(desk_pb2.ReadMrzRequest(text=lines), ANALYST)
    row = json.loads(read.subject_json)
    assert (read.form, row["names"], row["dob"]) == ("TD3", ["ERIKSSON, ANNA MARIA"], ["1974-08-12"])
    assert all(check.right for check in read.checks)
    assert not read.names_cut
    wrong = await desk.read_mrz(desk_pb2.ReadMrzRequest(text=lines.replace("7408122", "7408123")), ANALYST)
    assert {check.field for check in wrong.checks if not check.right} == {"birth date", "composite"}
    assert json.loads(wrong.subject_json) == {}
    full = lines.replace("ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "ANNA<MARIA<ELEONORA<CHRISTINA")
    assert (await desk.read_mrz(desk_pb2.ReadMrzRequest(text=full), ANALYST)).names_cut
    with pytest.raises(SymbolonError) as caught:
        await desk.read_mrz(desk_pb2.ReadMrzRequest(text="Anna Eriksson"), ANALYST)
    assert "Anna" not in str(caught.value)


def test_an_alias_that_cannot_be_read_does_not_move_the_quality_of_others() -> None:
    draft = read_draft({"names": ["A B"], "aliases": ["", "C D"], "alias_quality": ["weak", "strong"]}, TODAY)
    assert [name.text for name in draft.subject.names] == ["A B", "C D"]
    assert [problem.field for problem in draft.problems] == ["aliases"]


@pytest.mark.parametrize("text", [b'{"names":' + b"[" * 100_000, b'{"names": ["', b'{"gender": ' + b"1" * 5000 + b"}"])
def test_what_is_no_json_is_an_error_of_the_caller_however_deep(text: bytes) -> None:
    asked = desk_pb2.QueryRequest(subject_json=text)
    for read in (wire.question_of, wire.draft_of):
        with pytest.raises(SymbolonError, match="not JSON") as error:
            read(asked, "a.martin", TODAY)
        assert error.value.code is ErrorCode.INVALID_INPUT
