"""What a list is read as: formats, headings, what is set aside and why, and that no row is lost."""

from __future__ import annotations

import json
from datetime import date

import pytest

from node.batches.columns import read_columns
from node.batches.reading import MOST_BYTES, read_list, subject_of, thinned
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import refusal

TODAY = date(2026, 11, 26)


def states(content: str | bytes, kind: str = "csv") -> list[tuple[int, str, str, str]]:
    raw = content.encode() if isinstance(content, str) else content
    read = read_list(raw, kind, 100, TODAY)  # type: ignore[arg-type]  # one of its kinds
    return [(row.line, row.reference, row.state, row.field) for row in read.rows]


def test_each_row_keeps_its_line_and_its_own_reference() -> None:
    content = "reference,names,dob\nA-1,Idris Maran,1984-08-16\n\nA-2,Zoran Qel,1970-01-02\n"
    assert states(content) == [(2, "A-1", "waiting", ""), (4, "A-2", "waiting", "")]


def test_a_row_that_cannot_be_read_is_set_aside_with_line_and_field() -> None:
    content = "reference,names,dob\nA-1,Idris Maran,yesterday\nA-2,Zoran Qel\nA-3,Zoran Qel,1970-01-02\n"
    assert states(content) == [(2, "A-1", "unread", "dob"), (3, "", "unread", "row"), (4, "A-3", "waiting", "")]


def test_a_row_with_a_value_that_cannot_be_meant_is_set_aside_by_its_field() -> None:
    content = "names,dob,nationality\nIdris Maran,2031-01-01,IQ\nZoran Qel,1970-01-02,QZX\nAda Quorl,1970-01-02,XXA\n"
    assert [(state, field) for _, _, state, field in states(content)] == [
        ("unread", "dob"),
        ("unread", "nationality"),
        ("waiting", ""),
    ]


def test_a_row_of_another_encoding_costs_one_row() -> None:
    content = b"names,dob\nJos\xe9 Maran,1984-08-16\nZoran Qel,1970-01-02\n"
    assert [state for _, _, state, _ in states(content)] == ["unread", "waiting"]


def test_a_person_that_stands_there_twice_is_asked_once_and_both_are_told() -> None:
    content = "reference,names,dob\nA-1,Idris Maran,1984-08-16\nA-2,Idris Maran,1984-08-16\n"
    read = read_list(content.encode(), "csv", 10, TODAY)
    assert [(row.state, row.reason) for row in read.rows] == [
        ("waiting", ""),
        ("duplicate", "the same person as on line 2"),
    ]
    assert read.rows[1].person == ""


def test_a_row_that_says_too_little_is_thin() -> None:
    assert states("names\nMaran\n")[0][2] == "thin"
    read = read_list(b"names,dob\nIdris Maran,1984-08-16\n", "csv", 10, TODAY)
    assert [(row.state, row.person) for row in thinned(read, lambda _: False).rows] == [("thin", "")]
    assert thinned(read, lambda _: True) == read


def test_a_documents_number_is_enough_for_a_row() -> None:
    assert states("reference,documents\nA-1,passport:IQ:A1234567\n") == [(2, "A-1", "waiting", "")]


def test_no_reason_repeats_what_stands_in_the_row() -> None:
    content = "reference,names,dob,gender\nA-1,Idris Maran,Quorlvex,M\nA-2,Idris Maran,1984,Quorlvex\n"
    read = read_list(content.encode(), "csv", 10, TODAY)
    assert [row.state for row in read.rows] == ["unread", "unread"]
    assert "Quorlvex" not in str([(row.field, row.reason) for row in read.rows])


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("Reference,Full name,Date of birth", ("reference", "names", "dob")),
        ("record_id,names,programs", ("reference", "names", "programs")),
        ("First name,Last name,Born", ("given_name", "family_name", "dob")),
        ("ID;Name;Birth date;Nationality", ("reference", "names", "dob", "nationality")),
    ],
)
def test_headings_that_people_write_are_read_as_fields(header: str, fields: tuple[str, ...]) -> None:
    assert read_columns(header).fields == fields


def test_a_list_tells_which_heading_it_took_for_which_field() -> None:
    read = read_list(b"ID;Name;source\n1;Idris Maran;x\n", "csv", 10, TODAY)
    assert read.renamed == (("ID", "reference"), ("Name", "names"), ("source", ""))


def test_given_and_family_name_are_one_name() -> None:
    read = read_list(b"First name,Surname,Born\nIdris,Maran,1984\n", "csv", 10, TODAY)
    assert [name.text for name in subject_of(read.rows[0].person).names] == ["Idris Maran"]


@pytest.mark.parametrize("header", ["names,Idris Maran", "names,shoe_size", "names,name", "names;Idris Maran"])
def test_a_heading_that_is_not_known_is_refused_and_a_name_in_it_not_repeated(header: str) -> None:
    with pytest.raises(SymbolonError) as error:
        read_list(f"{header}\nx,y\n".encode(), "csv", 10, TODAY)
    code, detail = refusal(error)
    assert code is ErrorCode.INVALID_INPUT
    assert detail.startswith("header line:")
    assert "Idris" not in detail


def test_a_list_separated_by_tabs_is_named_as_one() -> None:
    with pytest.raises(SymbolonError) as error:
        read_list(b"names\tdob\nIdris Maran\t1984-08-16\n", "csv", 10, TODAY)
    assert refusal(error)[1] == (
        "header line: its columns are separated by tabs: save the list with commas or semicolons"
    )


def test_json_lines_have_the_same_fields() -> None:
    rows = [
        {"reference": "A-1", "names": ["Idris Maran"], "dob": ["1984-08-16"]},
        {"record_id": "A-2", "names": ["Zoran Qel"], "dob": ["1970-01-02"], "source": "x"},
        {"names": ["Zoran Qel"], "shoe size": 3},
        {"reference": ["A-4"], "names": ["Zoran Qel"], "dob": ["1970"]},
    ]
    content = "\n".join([*map(json.dumps, rows), "{", "[]"])
    assert [(reference, state) for _, reference, state, _ in states(content, "jsonl")] == [
        ("A-1", "waiting"),
        ("A-2", "waiting"),
        ("", "unread"),
        ("", "unread"),
        ("", "unread"),
        ("", "unread"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "header line: there is none that can be read"),
        (b"names\n", "list: it has no row"),
        (b"names\n" + b"Idris Maran\n" * 11, "list: more than 10 rows; divide it"),
        (b"x" * (MOST_BYTES + 1), "list: more than 4 MiB; divide it"),
        (b"PK\x03\x04", "the file is a ZIP archive or a spreadsheet: save it as CSV in UTF-8"),
    ],
)
def test_what_is_no_list_is_refused_whole(content: bytes, said: str) -> None:
    with pytest.raises(SymbolonError) as error:
        read_list(content, "csv", 10, TODAY)
    assert refusal(error) == (ErrorCode.INVALID_INPUT, said)
