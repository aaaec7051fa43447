"""The agency's own records that fit the person of a request: found by name, never by a name alone, named ones kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditing.subjects import Wanted
from node.auditing.own_records import MOST_IN_DOUBT, OwnRecords, look_up
from node.records.sqlite import SqliteRecordStore
from tests.unit.listed import NAMESAKE, OTHER, PERSON, enter_list

VESSEL = {"record_id": "v-1", "names": ["Idris Maran"], "category": "vessel"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteRecordStore]:
    with SqliteRecordStore(tmp_path / "records.db") as opened:
        enter_list(opened, tmp_path, PERSON, NAMESAKE, OTHER, VESSEL)
        yield opened


def bands(found: OwnRecords) -> dict[str, str | None]:
    return {one.record_id: one.band for one in found.listed}


def test_a_record_that_fits_by_name_and_birth_is_taken(store: SqliteRecordStore) -> None:
    found = look_up(Wanted(names=("Idrees Maran",), births=("1980-05-17",)), store.records())
    assert found.taken == {"r-77"}
    assert (found.listed[0].name, found.listed[0].births) == ("Idris MARAN", ("1980-05-17",))
    assert "r-other" not in bands(found)


def test_a_name_alone_leaves_every_record_in_doubt(store: SqliteRecordStore) -> None:
    found = look_up(Wanted(names=("Idris Maran",)), store.records())
    assert found.taken == frozenset()
    assert set(bands(found)) == {"r-77", "r-80"}


def test_what_an_officer_takes_out_or_adds_counts(store: SqliteRecordStore) -> None:
    of_person = {"names": ("Idris Maran",), "births": ("1980-05-17",)}
    out = look_up(Wanted(**of_person, without=frozenset({"r-77"})), store.records())  # type: ignore[arg-type]
    assert out.taken == frozenset()
    assert bands(out)["r-77"] == "strong"
    added = look_up(Wanted(**of_person, records=frozenset({"r-other", "gone"})), store.records())  # type: ignore[arg-type]
    assert added.taken == {"r-77", "r-other", "gone"}
    assert {one.record_id: one.name for one in added.listed}["gone"] == ""  # removed, or mistyped


def test_nothing_is_read_where_ids_alone_are_known() -> None:
    def unread() -> Iterator[object]:
        raise AssertionError("the list is read")
        yield

    found = look_up(Wanted(records=frozenset({"r-1"})), unread())  # type: ignore[arg-type]
    assert found.taken == {"r-1"}


def test_of_many_in_doubt_the_rest_is_counted(tmp_path: Path) -> None:
    with SqliteRecordStore(tmp_path / "many.db") as store:
        rows = ({"record_id": f"r-{number}", "names": ["Idris Maran"]} for number in range(MOST_IN_DOUBT + 3))
        enter_list(store, tmp_path, *rows)
        found = look_up(Wanted(names=("Idris Maran",)), store.records())
    assert (len(found.listed), found.left_off) == (MOST_IN_DOUBT, 3)
