"""``symbolon audit statistics``: right counts, and no small one to be had from what is told."""

from __future__ import annotations

import csv
import itertools
import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from auditing.selection import Selection
from auditing.statistics import Period, count
from auditing.suppression import WITHHELD, tell
from cli import audit
from ledger.subject_events import SubjectAccessDecided
from tests.unit.log_traffic import MONDAY, Said, answered, entries_of, make_home, received, sent


def _traffic(queries: int, matches: int, partner: str = "GR-YPAM", day: int = 0) -> list[Said]:
    sender = f"symbolon://agency/{partner}"
    start = MONDAY + timedelta(days=day, seconds=sum(map(ord, partner)))
    return [
        one
        for n in range(queries)
        for one in received(start + timedelta(minutes=n), "g.alexis", int(n < matches), f"r{n}", sender)
    ]


def _rows(said: list[Said], by: Period = Period.MONTH) -> list[tuple[object, ...]]:
    return [row[2:] for row in count(entries_of(said, opened=False), by, Selection())[0].rows]


def test_queries_and_matches_are_counted_by_party_and_purpose() -> None:
    said = [*_traffic(20, 7), *_traffic(9, 0, "KR-NMSB")]
    assert _rows(said) == [
        ("GR-YPAM", "terrorism", 20, 7),
        ("KR-NMSB", "terrorism", 9, 0),
        ("all", "all", 29, 7),
    ]


def test_both_directions_are_counted_apart() -> None:
    said = [query for n in range(6) for query in _asked(n)] + _traffic(6, 0)
    table = count(entries_of(said), Period.YEAR, Selection())[0]
    assert [row[:5] for row in table.rows if row[2] != "all"] == [
        ("2026", "received", "GR-YPAM", "terrorism", 6),
        ("2026", "sent", "DE-ZASM", "migrant_smuggling", 6),
    ]


def _asked(place: int) -> list[Said]:
    query = sent(MONDAY + timedelta(minutes=place), "a.martin", "Idris Maran")
    return [query, answered(query, 2, "R1")]


@pytest.mark.parametrize(("by", "periods"), [(Period.DAY, 2), (Period.MONTH, 1), (Period.YEAR, 1)])
def test_periods_are_days_months_or_years(by: Period, periods: int) -> None:
    table = count(entries_of([*_traffic(6, 0), *_traffic(6, 0, day=1)]), by, Selection())[0]
    assert len({row[0] for row in table.rows}) == periods


def test_a_small_count_is_not_told_and_neither_is_a_total_that_betrays_it() -> None:
    assert _rows(_traffic(3, 1)) == [("GR-YPAM", "terrorism", "<5", "<5"), ("all", "all", WITHHELD, WITHHELD)]
    said = [*_traffic(20, 6), *_traffic(3, 0, "KR-NMSB"), *_traffic(30, 30, "MA-BCTM")]
    assert _rows(said) == [
        ("GR-YPAM", "terrorism", WITHHELD, WITHHELD),
        ("KR-NMSB", "terrorism", "<5", "<5"),
        ("MA-BCTM", "terrorism", 30, WITHHELD),
        ("all", "all", 53, 36),
    ]


def test_matches_that_were_not_told_are_not_counted() -> None:
    assert _rows(_traffic(10, 0))[0][3] == 0


def _assignments(counts: list[int], told: tuple[int | str, ...], total: int | str, least: int) -> set[tuple[int, ...]]:
    """Give all counts that agree with what is told, to somebody who knows the rule."""
    shown = [one for one in told if isinstance(one, int) and one]
    most = min(shown) if shown else sum(counts) + least
    ranges = [
        [one] if isinstance(one, int) else range(least, most + 1) if one == WITHHELD else range(1, least)
        for one in told
    ]
    return {one for one in itertools.product(*ranges) if total == WITHHELD or sum(one) == total}


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_every_small_count_may_still_be_any(counts: list[int]) -> None:
    least = 4
    told = tell(counts, least)
    possible = _assignments(counts, told.counts, told.total, least)
    for place, one in enumerate(told.counts):
        if one == f"<{least}":
            assert {each[place] for each in possible} == set(range(1, least))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_what_is_told_is_true(counts: list[int]) -> None:
    told = tell(counts)
    assert all(one == count for one, count in zip(told.counts, counts, strict=True) if isinstance(one, int))
    assert told.total in (sum(counts), WITHHELD)


def test_nothing_is_withheld_where_nothing_is_small() -> None:
    assert tell([5, 0, 12]).counts == (5, 0, 12)
    assert tell([5, 0, 12]).total == 17


@pytest.fixture
def home(tmp_path: Path) -> Path:
    chance = random.Random(1)  # noqa: S311
    decided = SubjectAccessDecided(outcome="refused", entries=0, withheld=("all=prevention",), heard=())
    said = [one for day in range(3) for one in _traffic(chance.randint(6, 9), 2, day=day)]
    said += [Said(MONDAY + timedelta(hours=n), decided, {"user": "l.adviser", "request": f"D{n}"}) for n in range(6)]
    return make_home(tmp_path / "fr", [*said, *_asked(1)])


def _statistics(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(audit.app, ["statistics", "--home", str(home), *arguments])


def test_the_command_opens_and_names_nobody(home: Path, tmp_path: Path) -> None:
    before = (home / "data" / "ledger.db").read_bytes()
    folder = tmp_path / "csv"
    result = _statistics(home, "--by", "day", "--csv", str(folder), "--json")
    assert result.exit_code == 0, result.output
    told = result.output + "".join(file.read_text() for file in folder.iterdir())
    assert not [name for name in ("martin", "alexis", "Maran", "adviser") if name in told]
    assert (home / "data" / "ledger.db").read_bytes() == before
    tables = json.loads(result.stdout)["tables"]
    with (folder / "statistics.csv").open(newline="") as source:
        assert len(list(csv.DictReader(source))) == len(tables["statistics"])


def test_requests_of_data_subjects_are_counted_by_year(home: Path) -> None:
    result = _statistics(home, "--json")
    assert json.loads(result.stdout)["tables"]["subject_requests"] == [
        {"year": "2026", "outcome": "refused", "requests": 6}
    ]


def test_the_threshold_can_be_higher(home: Path) -> None:
    rows = json.loads(_statistics(home, "--least", "50", "--json").stdout)["tables"]["statistics"]
    assert {row["queries"] for row in rows} == {"<50", WITHHELD}
