"""The index: finds what was put, replaces and forgets as a whole, and holds nothing a thief could use."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from matching.lockbox import IndexRow, index_row, lookup_value, token_secrets
from node.enrolment.index import MOST_LOOKUPS, EnrolledRecord, IndexStore, Marker, Place, Profile

PEPPER = bytes(range(32))
OWN = "symbolon://agency/FR-DNMS"
FIRST = Profile("epoch-1", "1", (24.0,))
SECOND = Profile("epoch-2", "1", (24.0,))


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexStore]:
    with IndexStore(tmp_path / "index.db") as opened:
        yield opened


def token(number: int) -> bytes:
    return hashlib.sha512(b"%d" % number).digest()


def row(one: int, place: Place, epoch: str = "epoch-1") -> IndexRow[Place]:
    return index_row(token(one), epoch, OWN, PEPPER, place)


def enrolled(number: int, revision: int, tokens: list[int], epoch: str = "epoch-1") -> EnrolledRecord:
    rows = [row(one, Place(number, revision, ordinal, 24.0), epoch) for ordinal, one in enumerate(tokens)]
    return EnrolledRecord(number, revision, rows)


def lookups(*tokens: int, epoch: str = "epoch-1") -> list[bytes]:
    return [lookup_value(PEPPER, token_secrets(token(one), epoch, OWN).tag) for one in tokens]


def places(index: IndexStore, *tokens: int, epoch: str = "epoch-1") -> set[tuple[int, int, int]]:
    found = index.find(lookups(*tokens, epoch=epoch), epoch)
    return {(one.reference.record_number, one.reference.revision, one.reference.ordinal) for one in found}


def test_every_record_that_has_a_feature_is_found_by_it(index: IndexStore) -> None:
    index.replace([enrolled(11, 1, [1, 2]), enrolled(12, 1, [2, 3])], FIRST)
    assert places(index, 2) == {(11, 1, 1), (12, 1, 0)}
    assert places(index, 1, 3, 99) == {(11, 1, 0), (12, 1, 1)}
    assert index.find(lookups(2), "epoch-1")[0].masked == row(2, Place(11, 1, 1, 24.0)).masked
    assert index.find([], "epoch-1") == []
    assert index.find(lookups(2), "epoch-9") == []


def test_new_entries_take_the_place_of_the_former_ones_with_their_marker(index: IndexStore) -> None:
    index.replace([enrolled(11, 1, [1, 2])], FIRST)
    index.replace([enrolled(11, 2, [2, 3])], FIRST)
    assert places(index, 1, 2, 3) == {(11, 2, 0), (11, 2, 1)}
    assert list(index.markers()) == [Marker(11, 2, FIRST)]
    assert {one.reference.ordinal for one in index.entries_of(11, "epoch-1")} == {0, 1}


def test_a_replacement_that_fails_changes_nothing(index: IndexStore) -> None:
    index.replace([enrolled(11, 1, [1])], FIRST)
    twice = EnrolledRecord(12, 1, [row(5, Place(12, 1, 0, 24.0)), row(5, Place(12, 1, 1, 24.0))])
    with pytest.raises(Exception, match="UNIQUE"):
        index.replace([enrolled(11, 2, [2]), twice], FIRST)
    assert places(index, 1, 2, 5) == {(11, 1, 0)}
    assert list(index.markers()) == [Marker(11, 1, FIRST)]


def test_two_epochs_answer_side_by_side_but_never_with_an_older_revision(index: IndexStore) -> None:
    index.replace([enrolled(11, 1, [1])], FIRST)
    index.replace([enrolled(11, 1, [1], "epoch-2")], SECOND)
    assert places(index, 1) == places(index, 1, epoch="epoch-2") == {(11, 1, 0)}
    index.replace([enrolled(11, 2, [2], "epoch-2")], SECOND)
    assert places(index, 1) == set()
    assert places(index, 2, epoch="epoch-2") == {(11, 2, 0)}


def test_an_epoch_that_is_over_is_forgotten(index: IndexStore) -> None:
    index.replace([enrolled(11, 1, [1])], FIRST)
    index.replace([enrolled(11, 1, [1], "epoch-2")], SECOND)
    index.keep_only("epoch-2")
    assert places(index, 1) == set()
    assert list(index.markers()) == [Marker(11, 1, SECOND)]


def test_a_removed_record_is_found_in_no_epoch(index: IndexStore) -> None:
    index.replace([enrolled(11, 1, [1]), enrolled(12, 1, [1])], FIRST)
    index.replace([enrolled(11, 1, [1], "epoch-2")], SECOND)
    index.remove([11, 404])
    assert places(index, 1) == {(12, 1, 0)}
    assert places(index, 1, epoch="epoch-2") == set()
    assert [marker.number for marker in index.markers()] == [12]


def test_records_without_features_are_counted_and_named(index: IndexStore) -> None:
    index.replace([enrolled(11, 1, [1, 2]), enrolled(12, 1, [])], FIRST)
    counts = index.counts("epoch-1")
    assert (counts.records, counts.entries, counts.without_entries) == (2, 2, 1)
    assert index.without_entries("epoch-1") == [12]
    assert index.counts("epoch-9").records == 0


def test_markers_are_whole_and_in_order(index: IndexStore) -> None:
    numbers = [secrets.randbits(63) for _ in range(2300)]
    index.replace([enrolled(number, 1, []) for number in numbers], FIRST)
    index.replace([enrolled(number, 1, [], "epoch-2") for number in numbers], SECOND)
    markers = list(index.markers())
    assert [marker.number for marker in markers] == sorted(numbers * 2)
    assert len(set(markers)) == 4600


def test_more_look_ups_than_a_lockbox_has_are_a_bug_of_the_caller(index: IndexStore) -> None:
    with pytest.raises(ValueError, match="257 look-up values"):
        index.find([secrets.token_bytes(16)] * (MOST_LOOKUPS + 1), "epoch-1")


def test_the_file_holds_neither_token_nor_tag_nor_wrap_secret(tmp_path: Path) -> None:
    with IndexStore(tmp_path / "index.db") as index:
        index.replace([enrolled(11, 1, list(range(50)))], FIRST)
        content = b"".join(side.read_bytes() for side in tmp_path.iterdir())
        assert all(side.stat().st_mode & 0o077 == 0 for side in tmp_path.iterdir())
    for one in range(1, 50):
        derived = token_secrets(token(one), "epoch-1", OWN)
        assert lookups(one)[0] in content
        assert not any(secret in content for secret in (token(one), derived.tag, derived.wrap_secret))


def test_the_largest_lockbox_is_looked_up_in_milliseconds_among_many_entries(tmp_path: Path) -> None:
    with IndexStore(tmp_path / "index.db") as index:
        for start in range(0, 100_000, 10_000):
            rows = [
                IndexRow(secrets.token_bytes(16), bytes(32), Place(start, 1, ordinal, 24.0))
                for ordinal in range(10_000)
            ]
            index.replace([EnrolledRecord(start, 1, rows)], FIRST)
        wanted = [*(row.lookup for row in rows[:16]), *(secrets.token_bytes(16) for _ in range(240))]
        took = []
        for _ in range(5):
            started = time.perf_counter()
            assert len(index.find(wanted, "epoch-1")) == 16
            took.append(time.perf_counter() - started)
    assert min(took) < 0.02
