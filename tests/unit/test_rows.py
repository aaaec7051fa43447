"""One row: what becomes a record, and how every other row is refused without repeating what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.subject import Document, Name
from node.records.rows import (
    RECORD_FIELDS,
    Record,
    RowError,
    parse_record,
    read_csv_header,
    read_csv_row,
    read_json_row,
)
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.conftest import REPOSITORY

FULL = {
    "record_id": "X-1",
    "category": "individual",
    "names": ["Idris Maran"],
    "aliases": ["Abu Zahra", "I. Maran"],
    "alias_quality": ["weak", "strong"],
    "names_original": ["إدريس مران"],
    "name_parts": {"last": "Maran", "given": "Idris"},
    "dob": ["1975-03-02", "1975~"],
    "pob": ["Tessa"],
    "nationality": ["IQ"],
    "gender": "M",
    "documents": [{"type": "passport", "country": "IQ", "number": "A1:23", "note": "expired"}],
    "phones": ["+964 1 234"],
    "emails": ["i@example.org"],
    "addresses": ["1, Long Street, Tessa"],
    "address_countries": ["IQ"],
    "programs": ["smuggling"],
    "listed_on": "2020-01-02",
    "source": "own investigation",
    "rules": {"category": "arrest", "sealed": "no", "barred": ["FR-DNMS", "RU"], "at_most": 2},
}


def test_a_full_row_becomes_a_record_and_the_same_row_again() -> None:
    record = parse_record(FULL)
    assert record.record_id == "X-1"
    assert record.subject.names[1] == Name("Abu Zahra", "weak")
    assert record.programs == ("smuggling",)
    assert parse_record(record.to_row()) == record
    assert FULL.keys() == RECORD_FIELDS


def test_equal_content_has_one_text_whatever_the_order_and_the_empty_fields() -> None:
    scrambled = dict(reversed(FULL.items()))
    sparse = {"record_id": "X-2", "names": ["A"], "gender": "", "aliases": [], "programs": [""], "source": " "}
    assert parse_record(scrambled).to_json() == parse_record(FULL).to_json()
    assert parse_record(sparse).to_json() == '{"category":"individual","names":["A"],"record_id":"X-2"}'


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"record_id": None}, "record_id", "expected a text"),
        ({"record_id": " "}, "record_id", "is empty"),
        ({"names": [], "names_original": []}, "names", "at least one name"),
        ({"dob": ["SECRET"]}, "dob", "expected YYYY"),
        ({"alias_quality": ["weak"]}, "alias_quality", "as many entries"),
        ({"programs": "SECRET"}, "programs", "expected a list"),
        ({"dateofbirth": "SECRET"}, "row", "dateofbirth"),
        ({"Secret Name": "SECRET"}, "row", "a field the format does not have"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not_repeated(
    change: dict[str, object], field: str, reason: str
) -> None:
    with pytest.raises(RowError, match=reason) as caught:
        parse_record(FULL | change)
    assert caught.value.field == field
    assert "SECRET" not in str(caught.value)
    assert "Secret" not in str(caught.value)


def test_a_row_without_an_id_says_so() -> None:
    with pytest.raises(RowError, match="record_id: is missing"):
        parse_record({"names": ["A"]})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"names": ["SECRET"', "not JSON: an error at character 20"),
        ("[1, 2]", "not a JSON object"),
        ('{"names": ["A"], "names": ["SECRET"]}', "a field stands there twice"),
        ('{"names": NaN}', "NaN"),
        ('{"names": ["SECRET\\u0000"]}', "names: a control character"),
        ('{"name_parts": {"la\\u0007st": "A"}}', "name_parts: a control character"),
        ("[" * 100_000, "not JSON"),
        ('{"gender": ' + "1" * 5000 + "}", "not JSON"),
    ],
)
def test_a_line_that_is_no_json_object_is_refused_with_its_reason(line: str, reason: str) -> None:
    with pytest.raises(RowError, match=reason) as caught:
        read_json_row(line)
    assert "SECRET" not in str(caught.value)


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(RowError, match="names"):
        parse_record(read_json_row('{"record_id": "X", "names": ["\\ud800"]}'))


def test_csv_and_jsonl_give_the_same_record() -> None:
    row = {**FULL, "documents": [{"type": "passport", "country": "IQ", "number": "A1:23"}]}
    header = read_csv_header(",".join(row))
    cells = {
        **{field: "|".join(value) for field, value in row.items() if isinstance(value, list) and field != "documents"},
        "documents": "passport:IQ:A1:23",
        "name_parts": "last=Maran|given=Idris",
        "rules": json.dumps(row["rules"]).replace('"', '""'),
    }
    for separator in ",;":
        line = separator.join('"' + str(cells.get(field, row[field])) + '"' for field in header)
        assert read_csv_header(separator.join(row)) == header
        assert parse_record(read_csv_row(header, line, separator)) == parse_record(row)
    assert parse_record(row).subject.documents == (Document("passport", "A1:23", "IQ"),)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("record_id,nmes", r"column 2 \(nmes\) is unknown"),
        ("record_id\tnames\tdob", "its columns are separated by tabs: save the list with commas or semicolons"),
        ("record_id|names|dob", "column 1 is unknown$"),
        ("X-1,Idris Maran", "column 1 is unknown$"),
        ("record_id,names,names", "column names stands there twice"),
        ("names,dob", "column record_id is missing"),
        ('record_id,"names', "quotation mark"),
    ],
)
def test_a_header_that_does_not_fit_stops_the_import_and_shows_no_data(header: str, reason: str) -> None:
    with pytest.raises(SymbolonError, match=reason) as caught:
        read_csv_header(header)
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert "Maran" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("X-1,A", "2 cells where the header has 4"),
        ("X-1,A,passport:IQ,", "documents: expected type:country:number"),
        ("X-1,A,,Maran", "name_parts: expected part=value"),
        ('X-1,"A" b,,', "quotation mark"),
        ("X-1,A\x00,,", "a control character"),
    ],
)
def test_a_csv_row_that_does_not_fit_is_refused_with_its_reason(line: str, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        read_csv_row(("record_id", "names", "documents", "name_parts"), line)


@given(
    st.builds(
        Record,
        record_id=st.from_regex(r"[A-Z]{1,5}-[0-9]{1,5}", fullmatch=True),
        subject=st.just(parse_record(FULL).subject),
        programs=st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), max_size=3).map(tuple),
        source=st.text(st.characters(categories=["L", "N"]), max_size=30),
    )
)
def test_the_text_of_a_record_reads_back_as_the_record(record: Record) -> None:
    assert parse_record(read_json_row(record.to_json())) == record


@pytest.mark.shared
def test_all_but_a_handful_of_the_rows_of_five_official_lists_are_records(shared: Path) -> None:
    refused: list[str] = []
    read = 0
    for path in sorted((shared / "data" / "federation").glob("agency_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            read += 1
            try:
                record = parse_record(read_json_row(line))
                assert parse_record(json.loads(record.to_json())) == record
            except RowError as error:
                refused.append(error.field)
    assert read > 30_000
    assert len(refused) < read / 1000


def test_the_format_page_has_every_field_and_its_two_examples_are_one_record() -> None:
    page = (REPOSITORY / "docs" / "reference" / "records.md").read_text(encoding="utf-8")
    tables = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert all(f"`{field}`" in tables for field in RECORD_FIELDS)
    header, line = page.partition("```csv\n")[2].partition("```")[0].splitlines()
    example = page.partition("```json\n")[2].partition("```")[0]
    assert parse_record(read_csv_row(read_csv_header(header), line)) == parse_record(read_json_row(example))
