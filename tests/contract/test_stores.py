"""What every record store promises, whichever database it stands on: one class, run on each implementation."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from node.records.row_files import Position
from node.records.rows import Record, parse_record, read_outline
from node.records.sqlite import SqliteRecordStore
from node.records.store import AcceptedRow, ImportBatch, ImportRun, RecordStore, Reject
from symbolon.rpc.errors import ErrorCode, SymbolonError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

Opener = Callable[[], RecordStore]


@pytest.fixture(params=["sqlite"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Give what opens one and the same store, each time as another process would."""
    assert request.param == "sqlite"
    return lambda: SqliteRecordStore(tmp_path / "records.db")


@pytest.fixture
def store(opener: Opener) -> Iterator[RecordStore]:
    with opener() as opened:
        yield opened


def person(number: int, **fields: object) -> Record:
    return parse_record({"record_id": f"X-{number:04}", "names": [f"Person {number}"], **fields})


def no_rejects(rejects: Sequence[Reject]) -> int:
    raise AssertionError(f"unexpected rejects: {rejects}")


def batch(records: Sequence[Record], rejects: Sequence[Reject] = (), *, lines: int = 0) -> ImportBatch:
    rows = [AcceptedRow(line, line * 100, record, b"{}") for line, record in enumerate(records, lines + 1)]
    reached = lines + len(records) + len(rejects)
    return ImportBatch(rows, rejects, Position(reached * 100, reached, f"{reached:064}"))


def put(store: RecordStore, *records: Record, source: str = "list", at: datetime = NOW) -> ImportRun:
    run = store.take(store.begin_import(source, "jsonl", at), batch(records), at, no_rejects)
    store.finish_import(run, at)
    return run


def number_of(store: RecordStore, record: Record) -> int:
    stored = store.current(record.record_id)
    assert stored is not None
    return stored.number


class TestRecordStore:
    def test_a_record_is_given_back_as_it_was_put(self, store: RecordStore) -> None:
        record = person(1, dob=["1975~"], programs=["smuggling"], names_original=["إدريس"])
        put(store, record)
        stored = store.current("X-0001")
        assert stored is not None
        assert (stored.record, stored.revision, stored.imported_at) == (record, 1, NOW)
        assert store.get("X-0001", 1) == stored
        assert store.revision(stored.number, 1) == store.current_of(stored.number) == record

    def test_what_is_unknown_is_none(self, store: RecordStore) -> None:
        put(store, person(1))
        assert store.current("X-9") is None
        assert store.get("X-0001", 2) is None
        assert store.revision(1, 1) is None
        assert store.current_of(1) is None
        assert store.latest_run() is not None
        assert store.remove("X-9", NOW) is None

    def test_records_are_found_by_the_beginning_of_the_id_and_by_part_of_a_name_in_any_script(
        self, store: RecordStore
    ) -> None:
        put(store, person(1), person(2, names_original=["إدريس"]), person(3, names=["Ilse Brandhorst"]))
        store.mark_enrolled([(number_of(store, person(1)), 1)], NOW)

        def found(text: str, after: str = "", most: int = 9) -> list[tuple[str, bool]]:
            return [(one.record.record_id, enrolled) for one, enrolled in store.find(text, after, most)]

        assert found("") == [("X-0001", True), ("X-0002", False), ("X-0003", False)]
        assert found("x-0003") == found("BRANDH") == [("X-0003", False)]
        assert found("دريس") == [("X-0002", False)]
        put(store, person(4, names=['Anna "Die Eule" Wald']), person(5, aliases=["C:\\Straße"]))
        assert found('"die') == [("X-0004", False)]
        assert found("c:\\strasse") == [("X-0005", False)]
        assert found("individual") == [], "what stands elsewhere in a row is no name"
        assert found("", after="X-0001", most=1) == [("X-0002", False)]
        store.remove("X-0003", NOW)
        assert found("brandhorst") == found("%") == []

    def test_records_are_counted_by_what_their_rules_are_worked_out_from(self, store: RecordStore) -> None:
        put(store, person(1, rules={"at_most": 2}), person(2, rules={"at_most": 2}), person(3))
        counted = sorted(number for _, number in store.outline_counts())
        assert sum(counted) == 3
        assert any('"at_most":2' in outline for outline, _ in store.outline_counts())

    def test_whoever_may_be_a_minor_is_counted_under_the_own_birth_date(self, store: RecordStore) -> None:
        births = [["1970-01-02"], ["1999-12-31"], ["2009-05-06"], ["1999"], ["1970-01-02", "2009-05-06"], []]
        put(store, *(person(number, dob=days) for number, days in enumerate(births)))
        counted = {read_outline(outline)[1].births: number for outline, number in store.outline_counts()}
        assert sorted(counted.values()) == [1, 1, 1, 1, 2]
        assert all(counted[person(1, dob=days).subject.births] == 1 for days in births[2:])

    def test_records_are_picked_by_what_a_slip_can_be_in(self, store: RecordStore) -> None:
        put(store, person(3, dob=["2030-01-01"]), person(1, nationality=["ZZ"]), person(2, dob=["1970-01-02"]))
        put(store, person(4, address_countries=["ZZ"]), at=LATER)
        put(store, person(1, nationality=["FR"]), at=LATER)
        store.remove("X-0003", LATER)
        rows: list[Mapping[str, object]] = []

        def may_slip(row: Mapping[str, object]) -> bool:
            rows.append(row)
            return bool(row["address_countries"])

        assert store.ids_by_slips(may_slip) == ["X-0004"]
        assert ["1970-01-02"] not in [row["dob"] for row in rows], "who was born so long ago is as good as undated"
        assert store.ids_by_slips(lambda _: True) == ["X-0001", "X-0002", "X-0004"]
        assert store.ids_by_slips(lambda _: True, after="X-0001") == ["X-0002", "X-0004"]

    def test_runs_are_kept_with_when_they_began_and_ended(self, store: RecordStore) -> None:
        assert store.runs(9) == []
        assert store.run(1) is None
        put(store, person(1))
        put(store, person(2), at=LATER)
        newest, first = store.runs(9)
        assert (first.began_at, first.ended_at, newest.began_at) == (NOW, NOW, LATER)
        assert store.run(first.run.run_id) == first.run
        assert store.runs(1) == [newest]

    def test_revisions_never_change_and_the_newest_is_current(self, store: RecordStore) -> None:
        put(store, person(1))
        put(store, person(1, pob=["Tessa"]), at=LATER)
        first, second = store.get("X-0001", 1), store.current("X-0001")
        assert first is not None
        assert second is not None
        assert (first.record, first.imported_at) == (person(1), NOW)
        assert (second.revision, second.imported_at) == (2, LATER)
        assert first.number == second.number
        assert first.digest != second.digest

    def test_a_change_of_the_rules_holds_at_once_and_needs_no_enrolment(self, store: RecordStore) -> None:
        put(store, person(1, rules={"at_most": 4}))
        number = number_of(store, person(1))
        store.mark_enrolled([(number, 1)], NOW)
        tally = put(store, person(1, rules={"at_most": 0}), at=LATER).tally
        assert (tally.changed, store.counts().revisions, store.has_pending()) == (1, 1, False)
        stored = store.current("X-0001")
        assert stored is not None
        assert (stored.revision, stored.imported_at) == (1, LATER)
        assert store.current_of(number) == store.revision(number, 1) == person(1, rules={"at_most": 0})

    def test_a_change_of_rules_and_subject_together_is_a_revision(self, store: RecordStore) -> None:
        put(store, person(1))
        put(store, person(1, gender="F", rules={"at_most": 0}))
        former = store.get("X-0001", 1)
        assert former is not None
        assert (former.record, store.counts().revisions) == (person(1), 2)

    def test_equal_content_makes_no_revision(self, store: RecordStore) -> None:
        put(store, person(1), person(2))
        tally = put(store, person(1), person(2, gender="F")).tally
        assert (tally.read, tally.unchanged, tally.changed) == (2, 1, 1)
        assert store.counts().revisions == 3

    def test_the_former_revision_is_kept_until_well_after_the_new_one_is_enrolled(self, store: RecordStore) -> None:
        put(store, person(1))
        put(store, person(1, gender="F"))
        number = number_of(store, person(1))
        assert store.forget_superseded(LATER) == 0
        store.mark_enrolled([(number, 2)], NOW)
        assert store.forget_superseded(NOW) == 0
        assert store.revision(number, 1) == person(1)
        assert store.forget_superseded(LATER) == 1
        assert store.revision(number, 1) is None
        assert store.revision(number, 2) is not None

    def test_enrolling_an_older_revision_supersedes_no_newer_one(self, store: RecordStore) -> None:
        for gender in ("", "F", "M"):
            put(store, person(1, gender=gender))
        number = number_of(store, person(1))
        store.mark_enrolled([(number, 2)], NOW)
        store.forget_superseded(LATER)
        assert [store.revision(number, revision) is not None for revision in (1, 2, 3)] == [False, True, True]
        assert store.counts().pending == 1

    def test_a_removed_record_is_gone_at_once_in_every_way(self, store: RecordStore) -> None:
        put(store, person(1), person(2))
        put(store, person(1, gender="F"), person(2))
        number = number_of(store, person(1))
        store.mark_enrolled([(number, 1)], NOW)
        assert store.remove("X-0001", LATER) == number
        assert store.current("X-0001") is None
        assert store.get("X-0001", 1) is None
        assert store.revision(number, 1) is None
        assert store.current_of(number) is None
        assert [stored.record for stored in store.records()] == [person(2)]
        assert {state.number: state.removed for state in store.states()}[number]
        assert (store.counts().records, store.counts().removed, store.counts().revisions) == (1, 1, 1)

    def test_removing_twice_is_removing_once(self, store: RecordStore) -> None:
        put(store, person(1))
        first = store.remove("X-0001", NOW)
        assert store.remove("X-0001", LATER) == first
        assert store.counts().removed == 1

    def test_a_record_removed_by_hand_is_refused_until_restored(self, store: RecordStore) -> None:
        put(store, person(1))
        number = number_of(store, person(1))
        store.remove("X-0001", NOW)
        refused: list[Reject] = []

        def set_aside(rejects: Sequence[Reject]) -> int:
            refused.extend(rejects)
            return 77

        run = store.take(store.begin_import("list", "jsonl", NOW), batch([person(1)]), NOW, set_aside)
        store.finish_import(run, NOW)
        assert [one.field for one in refused] == ["record_id"]
        assert (run.tally.rejected, run.tally.added, run.rejects_bytes) == (1, 0, 77)
        assert store.restore("X-0001")
        assert not store.restore("X-0001")
        assert put(store, person(1)).tally.added == 1
        assert number_of(store, person(1)) == number
        assert store.revision(number, 1) is None  # a revision number is never used for other content
        assert store.revision(number, 2) == person(1)

    def test_a_record_that_was_absent_comes_back_with_the_next_list(self, store: RecordStore) -> None:
        put(store, person(1), person(2))
        run = store.take(store.begin_import("list", "jsonl", NOW), batch([person(2)]), NOW, no_rejects)
        assert store.count_absent(run) == 1
        with pytest.raises(SymbolonError, match="1 records are not in the file, not 5") as caught:
            store.remove_absent(run, 5, NOW)
        assert caught.value.code is ErrorCode.INVALID_INPUT
        assert store.remove_absent(run, 1, NOW).removed == 1
        store.finish_import(run, NOW)
        assert store.counts().records == 1
        assert put(store, person(1), person(2)).tally.added == 1

    def test_a_second_row_of_one_id_is_refused_with_the_line_of_the_first(self, store: RecordStore) -> None:
        refused: list[Reject] = []
        run = store.begin_import("list", "jsonl", NOW)
        run = store.take(run, batch([person(1), person(2)]), NOW, no_rejects)

        def set_aside(rejects: Sequence[Reject]) -> int:
            refused.extend(rejects)
            return 1

        store.take(run, batch([person(2, gender="F"), person(3), person(3)], lines=2), NOW, set_aside)
        assert [(one.line, one.reason) for one in refused] == [
            (3, "stands on line 2 of this file already"),
            (5, "stands on line 4 of this file already"),
        ]
        stored = store.current("X-0002")
        assert stored is not None
        assert stored.record == person(2)

    def test_a_batch_whose_rejects_cannot_be_kept_is_not_stored(self, store: RecordStore) -> None:
        run = store.begin_import("list", "jsonl", NOW)
        bad = Reject(2, 200, "dob", "unreadable", b"{}")

        def disk_full(rejects: Sequence[Reject]) -> int:
            assert list(rejects) == [bad]
            raise OSError("no space")

        with pytest.raises(OSError, match="no space"):
            store.take(run, batch([person(1)], [bad]), NOW, disk_full)
        assert store.counts().records == 0
        assert store.begin_import("list", "jsonl", NOW) == run

    def test_an_unfinished_run_is_gone_on_with_and_a_finished_one_is_not(self, opener: Opener) -> None:
        with opener() as store:
            run = store.take(store.begin_import("list", "jsonl", NOW), batch([person(1)]), NOW, no_rejects)
        with opener() as store:
            assert store.begin_import("list", "jsonl", LATER) == run == store.latest_run()
            store.finish_import(run, LATER)
            assert store.begin_import("list", "jsonl", LATER).run_id != run.run_id

    def test_a_run_keeps_what_it_removed(self, opener: Opener) -> None:
        with opener() as store:
            put(store, person(1), person(2), person(3))
            run = store.take(store.begin_import("list", "jsonl", NOW), batch([person(2)]), NOW, no_rejects)
            assert run.removed is None
            run = store.remove_absent(run, 2, NOW)
        with opener() as store:
            assert store.begin_import("list", "jsonl", LATER) == run == store.latest_run()
            assert run.removed == 2

    def test_a_run_that_cannot_be_recorded_is_not_finished(self, store: RecordStore) -> None:
        run = store.take(store.begin_import("list", "jsonl", NOW), batch([person(1)]), NOW, no_rejects)
        recorded: list[ImportRun] = []

        def disk_full(run: ImportRun) -> None:
            recorded.append(run)
            raise OSError("no space")

        with pytest.raises(OSError, match="no space"):
            store.finish_import(run, NOW, disk_full)
        assert recorded == [run]
        assert store.begin_import("list", "jsonl", NOW) == run

    def test_a_run_of_another_file_ends_the_one_before(self, store: RecordStore) -> None:
        first = store.begin_import("first", "jsonl", NOW)
        store.begin_import("second", "jsonl", NOW)
        assert store.begin_import("first", "jsonl", NOW).run_id != first.run_id

    def test_readings_are_whole_and_in_order(self, store: RecordStore) -> None:
        records = [person(number) for number in range(2500)]
        put(store, *reversed(records))
        assert [stored.record for stored in store.records()] == records
        states = list(store.states())
        assert [state.number for state in states] == sorted(state.number for state in states)
        assert len({state.number for state in states}) == 2500
        assert store.counts().pending == 2500

    def test_numbers_say_nothing_of_the_place_in_the_list(self, store: RecordStore) -> None:
        put(store, *(person(number) for number in range(200)))
        numbers = [number_of(store, person(number)) for number in range(200)]
        ascending = sum(first < second for first, second in pairwise(numbers))
        assert 60 < ascending < 140
        assert max(numbers) > 2**60

    def test_numbers_are_told_by_id(self, store: RecordStore) -> None:
        put(store, person(1))
        number = number_of(store, person(1))
        assert store.identify([number, 5]) == {number: "X-0001"}

    def test_a_reader_is_not_held_up_by_a_writer(self, opener: Opener) -> None:
        with opener() as writer, opener() as reader:
            put(writer, person(1))
            seen: list[int] = []
            run = writer.begin_import("list", "jsonl", NOW)
            bad = Reject(2, 200, "dob", "unreadable", b"{}")

            def while_writing(_: Sequence[Reject]) -> int:
                thread = threading.Thread(target=lambda: seen.append(reader.counts().records))
                thread.start()
                thread.join(5)
                return 1

            writer.take(run, batch([person(2)], [bad]), NOW, while_writing)
            assert seen == [1]
            assert reader.counts().records == 2

    def test_many_threads_may_write_at_once(self, store: RecordStore) -> None:
        put(store, *(person(number) for number in range(40)))
        threads = [
            threading.Thread(target=lambda part=part: [store.remove(f"X-{n:04}", NOW) for n in range(part, 40, 4)])
            for part in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (store.counts().records, store.counts().removed) == (0, 40)


def test_the_file_is_the_owners_alone_and_keeps_nothing_of_a_removed_person(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    with SqliteRecordStore(path) as store:
        put(store, person(1, aliases=["Vanishing Name"]), person(2))
        assert path.stat().st_mode & 0o077 == 0
        assert all(side.stat().st_mode & 0o077 == 0 for side in tmp_path.iterdir())
        assert b"Vanishing Name" in b"".join(side.read_bytes() for side in tmp_path.iterdir())
        store.remove("X-0001", NOW)
        assert b"Vanishing Name" not in b"".join(side.read_bytes() for side in tmp_path.iterdir())


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"not a database at all, but long enough to look at" * 20)
    with pytest.raises(SymbolonError, match=r"records\.db is not a database"):
        SqliteRecordStore(path)


def test_a_stored_row_is_the_one_json_text_of_its_record(tmp_path: Path) -> None:
    with SqliteRecordStore(tmp_path / "records.db") as store:
        put(store, person(1, gender="F"))
    connection = sqlite3.connect(tmp_path / "records.db")
    try:
        (text,) = connection.execute("SELECT row_json FROM revision").fetchone()
    finally:
        connection.close()
    assert text == person(1, gender="F").to_json()
    assert json.loads(text) == person(1, gender="F").to_row()
