"""Importing: every row is taken or set aside, once, however the file is cut and whenever the process dies."""

from __future__ import annotations

import json
import random
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.records.doubtful import doubtful
from node.records.importing import BATCH_ROWS, ImportSummary, Replacement, import_file, read_rejects, rejects_path
from node.records.row_files import MAX_ROW_BYTES, RowFile
from node.records.sqlite import SqliteRecordStore
from node.records.store import ImportRun
from node.single_run import only_run
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.forked import Forked

NOW = datetime(2026, 1, 2, tzinfo=UTC)
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteRecordStore]:
    with SqliteRecordStore(tmp_path / "data" / "records.db") as opened:
        yield opened


def row(number: int, **fields: object) -> str:
    return json.dumps({"record_id": f"X-{number}", "names": [f"Person {number}"], **fields})


def write(tmp_path: Path, content: str | bytes, name: str = "list.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def run(path: Path, store: SqliteRecordStore, replacement: Replacement | None = None) -> ImportSummary:
    return import_file(path, store, path.parent / "rejects", NOW, replacement=replacement)


def rejects(path: Path, store: SqliteRecordStore) -> list[dict[str, object]]:
    latest = store.latest_run()
    assert latest is not None
    return list(read_rejects(rejects_path(path.parent / "rejects", latest), latest))


def ids(store: SqliteRecordStore) -> list[str]:
    return [stored.record.record_id for stored in store.records()]


def test_a_list_is_taken_once_however_often_it_is_imported(tmp_path: Path, store: SqliteRecordStore) -> None:
    path = write(tmp_path, "\n".join(row(number) for number in range(1200)))
    first, second = run(path, store), run(path, store)
    assert (first.read, first.added, first.rejected) == (1200, 1200, 0)
    assert (second.read, second.unchanged, second.added, second.changed) == (1200, 1200, 0, 0)
    assert first.rejects_path is None
    assert store.counts().revisions == 1200


def test_an_edited_row_becomes_a_new_revision_and_the_old_one_stays(tmp_path: Path, store: SqliteRecordStore) -> None:
    run(write(tmp_path, row(1) + "\n" + row(2)), store)
    summary = run(write(tmp_path, row(1, pob=["Tessa"]) + "\n" + row(2)), store)
    assert (summary.changed, summary.unchanged) == (1, 1)
    current, former = store.current("X-1"), store.get("X-1", 1)
    assert current is not None
    assert (current.revision, current.record.subject.birth_places) == (2, ("Tessa",))
    assert former is not None
    assert former.record.subject.birth_places == ()


def test_every_bad_row_is_set_aside_whole_with_line_field_and_reason(tmp_path: Path, store: SqliteRecordStore) -> None:
    lines: list[bytes] = [
        b"\xef\xbb\xbf" + row(1).encode() + b"\r\n",
        b"\r\n",
        row(2, dob=["in spring"]).encode() + b"\r\n",
        b'{"record_id": "X-3", "names": ["\xff"]}\n',
        row(1).encode() + b"\n",
        b'{"record_id": "X-4", "names": ["A\x00"]}\n',
        b'{"record_id": "X-5"\n',
        row(6).encode(),
    ]
    path = write(tmp_path, b"".join(lines))
    summary = run(path, store)
    assert (summary.read, summary.added, summary.rejected) == (7, 2, 5)
    assert summary.rejects_path is not None
    assert summary.rejects_path.stat().st_mode & 0o077 == 0
    told = [(one["line"], one["field"], one["reason"]) for one in rejects(path, store)]
    assert told == [
        (3, "dob", "expected YYYY, YYYY-MM, YYYY-MM-DD, or another of the forms that lists write dates in"),
        (4, "row", "not UTF-8 at byte 33 of the row"),
        (5, "record_id", "stands on line 1 of this file already"),
        (6, "row", "a NUL character at byte 34 of the row"),
        (7, "row", "not JSON: an error at character 20"),
    ]
    first, second = rejects(path, store)[:2]
    assert first["row"] == lines[2].decode().strip()
    assert first["record_id"] == "X-2"
    assert "row_base64" in second


def test_a_record_with_a_value_that_cannot_be_meant_is_kept_and_told_of(
    tmp_path: Path, store: SqliteRecordStore
) -> None:
    rows = [
        row(1, dob=["2031-01-01"]),
        row(2, nationality=["ZZZ"], dob=["1980"]),
        row(3, nationality=["XXA"], dob=["1405-11-18"]),
        row(4, dob=["1980-02-03"], nationality=["SUN", "DE"]),
    ]
    summary = run(write(tmp_path, "\n".join(rows)), store)
    assert (summary.added, summary.rejected, summary.doubtful) == (4, 0, 2)
    assert {one.record.record_id: [slip.field for slip in slips] for one, slips in doubtful(store, NOW.date())} == {
        "X-1": ["dob"],
        "X-2": ["nationality"],
    }
    mended = run(write(tmp_path, row(1, dob=["1931-01-01"]), "mended.jsonl"), store)
    assert (mended.changed, mended.doubtful) == (1, 1)


def test_a_mended_reject_is_imported_from_its_own_row(tmp_path: Path, store: SqliteRecordStore) -> None:
    path = write(tmp_path, row(1, dob=["in spring"]))
    run(path, store)
    mended = str(rejects(path, store)[0]["row"]).replace("in spring", "1975-05-01")
    assert run(write(tmp_path, mended, "mended.jsonl"), store).added == 1


def test_an_over_long_line_costs_one_row_and_constant_memory(tmp_path: Path, store: SqliteRecordStore) -> None:
    path = tmp_path / "list.jsonl"
    with path.open("wb") as file:
        file.write(row(1).encode() + b"\n")
        for _ in range(40):
            file.write(b"x" * MAX_ROW_BYTES)
        file.write(b"\n" + row(2).encode())
    tracemalloc.start()
    summary = run(path, store)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (summary.added, summary.rejected) == (2, 1)
    assert rejects(path, store)[0]["reason"] == f"a line longer than {MAX_ROW_BYTES:,} bytes"
    assert peak < 20 * MAX_ROW_BYTES


def test_csv_rows_may_span_lines_and_a_stray_quote_costs_one_row(tmp_path: Path, store: SqliteRecordStore) -> None:
    content = (
        "\ufeffrecord_id,names,addresses\r\n"
        'C-1,Ada Orme,"1, Long Street\r\nTessa"\r\n'
        'C-2,"Ben Orme,\r\n'
        "C-3,Cleo Orme,\r\n"
        'C-4,"Dee ""the fast"" Orme",\r\n'
    )
    path = write(tmp_path, content, "list.csv")
    summary = run(path, store)
    assert ids(store) == ["C-1", "C-3", "C-4"]
    assert summary.rejected == 1
    assert rejects(path, store)[0]["line"] == 4
    stored = store.current("C-1")
    assert stored is not None
    assert stored.record.subject.addresses == ("1, Long Street\r\nTessa",)


def test_the_same_content_in_csv_and_jsonl_is_unchanged(tmp_path: Path, store: SqliteRecordStore) -> None:
    run(write(tmp_path, row(1)), store)
    assert run(write(tmp_path, "names,record_id\nPerson 1,X-1\n", "list.csv"), store).unchanged == 1
    assert run(write(tmp_path, "names;record_id\nPerson 1;X-1\n", "spreadsheet.csv"), store).unchanged == 1


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"\xff\xfe{\x00", "list.jsonl", "UTF-16"),
        (b"\x1f\x8b\x08", "list.jsonl", "compressed"),
        (b"PK\x03\x04", "list.csv", "spreadsheet"),
        (b"", "list.csv", "there is none"),
        (b"record_id,colour\n", "list.csv", r"column 2 \(colour\) is unknown"),
        (b"{}", "list.txt", "say which with --format"),
    ],
)
def test_a_file_of_another_kind_is_refused_as_a_whole(
    tmp_path: Path, store: SqliteRecordStore, content: bytes, name: str, reason: str
) -> None:
    with pytest.raises(SymbolonError, match=reason) as caught:
        run(write(tmp_path, content, name), store)
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert store.counts().records == 0


def test_a_missing_file_and_a_second_import_at_once_are_refused(tmp_path: Path, store: SqliteRecordStore) -> None:
    with pytest.raises(SymbolonError, match="No such file"):
        run(tmp_path / "list.jsonl", store)
    path = write(tmp_path, row(1))
    with only_run(tmp_path / "rejects" / "import.lock", "import"), pytest.raises(SymbolonError) as caught:
        run(path, store)
    assert caught.value.code is ErrorCode.BUSY


def test_what_a_newer_file_does_not_list_stays(tmp_path: Path, store: SqliteRecordStore) -> None:
    run(write(tmp_path, row(1) + "\n" + row(2)), store)
    summary = run(write(tmp_path, row(2)), store)
    assert (summary.absent, summary.removed) == (0, 0)
    assert ids(store) == ["X-1", "X-2"]


def test_a_replacement_removes_only_the_confirmed_number(tmp_path: Path, store: SqliteRecordStore) -> None:
    run(write(tmp_path, "\n".join(map(row, range(5)))), store)
    path = write(tmp_path, "\n".join(map(row, range(2))))
    asked = run(path, store, Replacement())
    assert (asked.absent, asked.removed) == (3, 0)
    with pytest.raises(SymbolonError, match="3 records are not in the file, not 2: none was removed"):
        run(path, store, Replacement(confirmed=2))
    assert len(ids(store)) == 5
    assert run(path, store, Replacement(confirmed=3)).removed == 3
    assert ids(store) == ["X-0", "X-1"]
    assert run(path, store, Replacement(confirmed=0)).removed == 0


def test_a_replacement_keeps_the_record_of_a_row_set_aside(tmp_path: Path, store: SqliteRecordStore) -> None:
    run(write(tmp_path, "\n".join(map(row, range(3)))), store)
    path = write(tmp_path, row(0) + "\n" + row(1, dob=["soon"]))
    assert run(path, store, Replacement(confirmed=1)).removed == 1
    assert ids(store) == ["X-0", "X-1"]


def test_a_replacement_is_refused_while_a_rejected_row_might_be_any_record(
    tmp_path: Path, store: SqliteRecordStore
) -> None:
    run(write(tmp_path, "\n".join(map(row, range(3)))), store)
    path = write(tmp_path, row(0) + "\n{broken")
    with pytest.raises(SymbolonError) as caught:
        run(path, store, Replacement(confirmed=2))
    assert caught.value.code is ErrorCode.ROWS_REJECTED
    assert len(ids(store)) == 3


def test_a_record_removed_by_hand_comes_back_only_when_restored(tmp_path: Path, store: SqliteRecordStore) -> None:
    path = write(tmp_path, row(1))
    run(path, store)
    store.remove("X-1", NOW)
    assert run(path, store).rejected == 1
    assert "removed by hand" in str(rejects(path, store)[0]["reason"])
    assert store.restore("X-1")
    assert run(path, store).added == 1
    assert ids(store) == ["X-1"]


def test_an_import_begun_before_another_file_starts_over(tmp_path: Path, store: SqliteRecordStore) -> None:
    older = write(tmp_path, "\n".join(map(row, range(BATCH_ROWS + 5))), "older.jsonl")
    _interrupt(older, store)
    run(write(tmp_path, row(0), "newer.jsonl"), store)
    summary = run(older, store, Replacement())
    assert not summary.resumed
    assert (summary.read, summary.absent) == (BATCH_ROWS + 5, 0)


def test_an_interrupted_import_goes_on_behind_its_last_batch(tmp_path: Path, store: SqliteRecordStore) -> None:
    path = write(tmp_path, "\n".join([row(0, dob=["x"]), *map(row, range(1, 2 * BATCH_ROWS))]))
    _interrupt(path, store)
    summary = run(path, store)
    assert summary.resumed
    assert (summary.read, summary.added, summary.rejected) == (2 * BATCH_ROWS, 2 * BATCH_ROWS - 1, 1)
    assert len(rejects(path, store)) == 1


def test_an_interrupted_import_of_csv_goes_on_with_its_header(tmp_path: Path, store: SqliteRecordStore) -> None:
    rows = "".join(f"C-{number},Person {number}\n" for number in range(BATCH_ROWS + 3))
    path = write(tmp_path, "record_id,names\n" + rows, "list.csv")
    _interrupt(path, store)
    summary = run(path, store)
    assert summary.resumed
    assert (summary.added, summary.rejected) == (BATCH_ROWS + 3, 0)


def test_a_file_changed_before_the_position_is_read_from_the_start(tmp_path: Path, store: SqliteRecordStore) -> None:
    lines = [row(number) for number in range(BATCH_ROWS + 5)]
    path = write(tmp_path, "\n".join(lines))
    _interrupt(path, store)
    path.write_text("\n".join([row(0, pob=["Tessa"]), *lines[1:]]), encoding="utf-8")
    summary = run(path, store)
    assert not summary.resumed
    assert (summary.read, summary.added, summary.changed) == (BATCH_ROWS + 5, 5, 1)


def test_what_a_dead_process_wrote_beyond_its_last_commit_is_cut_off(tmp_path: Path, store: SqliteRecordStore) -> None:
    path = write(tmp_path, "\n".join([row(0, dob=["x"]), *map(row, range(1, BATCH_ROWS)), "{broken"]))
    _interrupt(path, store)
    latest = store.latest_run()
    assert latest is not None
    with rejects_path(tmp_path / "rejects", latest).open("ab") as file:
        file.write(b'{"line": 501, "torn')
    assert run(path, store).rejected == 2
    assert [one["line"] for one in rejects(path, store)] == [1, BATCH_ROWS + 1]


def test_one_killed_after_its_removals_goes_on_to_its_end(
    tmp_path: Path, store: SqliteRecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(write(tmp_path, "\n".join(map(row, range(10))), "before.jsonl"), store)
    path = write(tmp_path, "\n".join(map(row, range(7))))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SqliteRecordStore, "finish_import", killed)
        with pytest.raises(KeyboardInterrupt):
            run(path, store, Replacement(3))
    recorded: list[ImportRun] = []
    summary = import_file(path, store, tmp_path / "rejects", NOW, replacement=Replacement(3), record=recorded.append)
    assert (summary.read, summary.absent, summary.removed, summary.resumed) == (7, 3, 3, True)
    assert [one.removed for one in recorded] == [3]
    assert ids(store) == [f"X-{number}" for number in range(7)]


def _interrupt(path: Path, store: SqliteRecordStore) -> None:
    """Stop an import after its first batch."""

    class StoppedError(Exception):
        pass

    def stop(consumed: int, size: int) -> None:
        assert 0 < consumed < size
        raise StoppedError

    with pytest.raises(StoppedError):
        import_file(path, store, path.parent / "rejects", NOW, progress=stop)


_SLOW_IMPORT = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from node.records.importing import import_file
from node.records.sqlite import SqliteRecordStore
path, folder = Path(sys.argv[1]), Path(sys.argv[2])
with SqliteRecordStore(folder / "records.db") as store:
    print("ready", flush=True)
    import_file(path, store, folder / "rejects", datetime.now(UTC), progress=lambda done, size: time.sleep(0.01))
"""


def test_killed_at_random_points_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311  # the same points in every run
    lines = [row(number, dob=["bad"]) if number % 10 == 3 else row(number) for number in range(6000)]
    path = write(tmp_path, "\n".join(lines))
    folder = tmp_path / "data"
    kills = 0
    while True:
        process = Forked(("-c", _SLOW_IMPORT, str(path), str(folder)))
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.03, 0.25))
        process.kill()
        process.communicate()
        with SqliteRecordStore(folder / "records.db") as store:
            run = store.latest_run()
        # Killed between the last batch and the end of the process, an import is complete all the same.
        finished = run is not None and run.tally.read == 6000
        if finished:
            break
        kills += 1
    with SqliteRecordStore(folder / "records.db") as store:
        latest = store.latest_run()
        assert latest is not None
        assert latest.run_id == 1
        assert kills >= 1
        tally = latest.tally
        assert (tally.read, tally.added, tally.rejected) == (6000, 5400, 600)
        assert store.counts().revisions == 5400
        set_aside = list(read_rejects(rejects_path(folder / "rejects", latest), latest))
        assert [one["line"] for one in set_aside] == list(range(4, 6000, 10))
        assert rejects_path(folder / "rejects", latest).stat().st_size == latest.rejects_bytes


def test_positions_are_those_of_the_rows_given(tmp_path: Path) -> None:
    content = 'record_id,names\na,"x\ny"\n\nb,z\n'
    path = write(tmp_path, content, "list.csv")
    with path.open("rb") as stream:
        rows = RowFile(stream, "csv", len(content))
        reached = [(raw.line, raw.content, rows.position.offset) for raw in rows.rows()]
    assert reached == [(2, b'a,"x\ny"', 24), (5, b"b,z", 29)]
