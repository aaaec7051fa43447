"""The quotas at the holder: never exceeded by anybody who races, counted by the day in UTC, told to the asker."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from agreements.agreement import Agreement
from agreements.facts import QuotaUse
from agreements.reading import parse_agreement
from agreements.template import TEMPLATE
from node.cases.requests import count_request
from node.cases_file import open_cases
from node.database import DatabaseFile
from node.queries.answers import NOTHING, QUOTA_USED, Answer
from node.queries.quota import CASES_FOR, QuotaBook
from tests.unit import kept_files
from tests.unit.holder import Asking, holder, person

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ASKED = person(names=["Giorgos Melanos"], dob=["1984-08-16"], nationality=["GR"])
ROW = json.dumps({"record_id": "DE-1", "names": ["MELANOS Georgios"], "dob": ["1984-08-16"], "nationality": ["GR"]})


def agreement(day: int = 500, year: int = 50_000, case: int = 200) -> str:
    """Give the text of an agreement with these quotas."""
    text = TEMPLATE.replace("queries_a_day = 500", f"queries_a_day = {day}")
    text = text.replace("queries_a_year = 50000", f"queries_a_year = {year}")
    return text.replace("queries_a_case = 200", f"queries_a_case = {case}")


def today(answer: Answer) -> int | None:
    """Give how many queries an answer says are left of the day."""
    return answer.left.today if answer.left else None


def _agreed(day: int = 500, year: int = 50_000, case: int = 200) -> Agreement:
    return parse_agreement(agreement(day, year, case))


@pytest.fixture
def file(tmp_path: Path) -> Iterator[DatabaseFile]:
    with open_cases(tmp_path / "cases.db") as opened:
        yield opened


def _admitted(book: QuotaBook, agreed: Agreement, times: int, at: datetime = NOON, case: str = "1") -> int:
    return sum(book.count(agreed, "FR-DNMS", case, at).is_admitted for _ in range(times))


@pytest.mark.parametrize("limits", [{"day": 3}, {"year": 3}, {"case": 3}], ids=str)
def test_no_more_than_each_limit_is_admitted(file: DatabaseFile, limits: dict[str, int]) -> None:
    assert _admitted(QuotaBook(file), _agreed(**limits), 5) == 3


def test_what_was_used_before_and_what_is_left_are_told(file: DatabaseFile) -> None:
    book, agreed = QuotaBook(file), _agreed(day=2)
    first, second, third = (book.count(agreed, "FR-DNMS", "1", NOON) for _ in range(3))
    assert (first.before, first.left.today) == (QuotaUse(0, 0, 0), 1)
    assert (second.before, second.left.today) == (QuotaUse(1, 1, 1), 0)
    assert (third.before, third.is_admitted, third.left.today) == (QuotaUse(2, 2, 2), False, 0)


def test_a_limit_of_none_admits_nothing(file: DatabaseFile) -> None:
    assert _admitted(QuotaBook(file), _agreed(day=0), 1) == 0


def test_a_refused_query_uses_up_nothing(file: DatabaseFile) -> None:
    book = QuotaBook(file)
    assert _admitted(book, _agreed(case=1), 3) == 1
    assert book.count(_agreed(case=1), "FR-DNMS", "2", NOON).before == QuotaUse(1, 1, 0)


def test_the_day_changes_at_midnight_utc_whatever_the_zone(file: DatabaseFile) -> None:
    book, agreed = QuotaBook(file), _agreed(day=1)
    midnight = datetime(2026, 11, 26, tzinfo=UTC)
    assert _admitted(book, agreed, 2, midnight - timedelta(microseconds=1)) == 1
    tokyo = (midnight - timedelta(hours=1)).astimezone(timezone(timedelta(hours=9)))
    assert (tokyo.day, _admitted(book, agreed, 1, tokyo)) == (26, 0)
    assert _admitted(book, agreed, 2, midnight) == 1


def test_the_year_changes_and_a_case_never_does(file: DatabaseFile) -> None:
    book = QuotaBook(file)
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert _admitted(book, _agreed(year=1), 2, new_year - timedelta(seconds=1)) == 1
    assert _admitted(book, _agreed(year=1), 2, new_year) == 1
    assert book.count(_agreed(), "FR-DNMS", "1", new_year).before.queries_in_case == 2


def test_days_and_years_that_are_over_are_erased_and_no_case_is_written_down(file: DatabaseFile) -> None:
    book = QuotaBook(file)
    for days in (0, 1, 400):
        book.count(_agreed(), "FR-DNMS", "SECRET-117", NOON + timedelta(days=days))
    rows = [tuple(row) for row in file.connection.execute("SELECT kind, span FROM quota WHERE kind <> 'case'")]
    assert rows == [("day", "2027-12-30"), ("year", "2027")]
    assert "SECRET" not in "\n".join(file.connection.iterdump())


def test_each_asker_and_agreement_has_its_own_and_an_amendment_gives_no_new_start(file: DatabaseFile) -> None:
    book, first = QuotaBook(file), _agreed(day=1)
    text = agreement(day=1).replace("version = 1", "version = 2")
    amended = parse_agreement(text.replace('supersedes = ""', f'supersedes = "{first.hash.hex()}"'))
    other = parse_agreement(agreement(day=1).replace('id = "fr-de-2026"', 'id = "another"'))
    assert _admitted(book, first, 1) == 1
    assert _admitted(book, amended, 1) == 0
    assert _admitted(book, other, 1) == 1
    assert book.count(first, "GR-YPAM", "1", NOON).is_admitted


def _race(path: Path) -> int:
    with open_cases(path) as file, ThreadPoolExecutor(3) as threads:
        book = QuotaBook(file)
        return sum(threads.map(lambda place: _admitted(book, _agreed(day=50), 10, case=str(place % 2)), range(3)))


def test_processes_and_threads_that_race_never_exceed_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as processes:
        assert sum(processes.map(_race, [path] * 4)) == 50  # of 120
    with open_cases(path) as file:
        assert QuotaBook(file).count(_agreed(day=50), "FR-DNMS", "1", NOON).before.queries_today == 50


async def test_a_partner_that_has_used_up_its_day_is_told_so_and_nothing_of_records(tmp_path: Path) -> None:
    with holder(tmp_path, ROW, agreement(day=2)) as zasm:
        answers = [await zasm.ask_counted(Asking(ASKED)) for _ in range(3)]
        opened, refused = len(zasm.logged("query_opened")), zasm.logged("query_refused")
    assert [(answer.level, today(answer)) for answer in answers] == [(2, 1), (2, 0), (0, 0)]
    assert answers[2] == QUOTA_USED.model_copy(update={"left": answers[2].left})
    assert (opened, refused[0].event.model_dump()["reason"]) == (2, "quota_used")


async def test_a_query_counts_whatever_it_finds(tmp_path: Path) -> None:
    stranger = person(names=["Tatsuo Kirimori"], dob=["1961-02-03"], nationality=["JP"])
    fishing = Asking(ASKED, payload=b"{}")
    with holder(tmp_path, ROW, agreement(day=9)) as zasm:
        left = [
            today(await zasm.ask_counted(one))
            for one in (Asking(stranger), fishing, Asking(ASKED, body={"justification": ""}), Asking(ASKED))
        ]
        nobody_s = await zasm.ask_counted(Asking(ASKED, body={"agreement_hash": bytes(32)}))
    assert left == [8, 7, 6, 5]
    assert nobody_s.left is None


async def test_what_is_left_depends_on_no_record(tmp_path: Path) -> None:
    answers = []
    for place, rules in enumerate(({}, {"sealed": "yes"}, {"discreet": "yes"})):
        row = json.dumps({**json.loads(ROW), "rules": rules})
        with holder(tmp_path / str(place), row, agreement(day=9)) as zasm:
            answers.append(await zasm.ask_counted(Asking(ASKED)))
    assert [today(answer) for answer in answers] == [8, 8, 8]
    assert answers[1] == answers[2] == NOTHING.model_copy(update={"left": answers[0].left})


async def test_the_quota_of_a_case_is_that_case_s_alone(tmp_path: Path) -> None:
    with holder(tmp_path, ROW, agreement(case=1)) as zasm:
        levels = [
            (await zasm.ask(Asking(ASKED, body={"case_reference": case}))).level for case in ("1", "1", " 1", "2")
        ]
    assert levels == [2, 0, 0, 2]


def test_a_case_in_which_nothing_was_asked_for_years_is_forgotten_and_no_other(file: DatabaseFile) -> None:
    book, agreed = QuotaBook(file), _agreed(case=2)
    for case in ("old", "going on"):
        _admitted(book, agreed, 1, case=case)
    _admitted(book, agreed, 1, NOON + CASES_FOR / 2, "going on")
    _admitted(book, agreed, 1, NOON + CASES_FOR + timedelta(days=1), "another")
    kept = file.connection.execute("SELECT used FROM quota WHERE kind = 'case' ORDER BY used").fetchall()
    assert [row["used"] for row in kept] == [1, 2]
    assert _admitted(book, agreed, 1, NOON + CASES_FOR + timedelta(days=1), "going on") == 0


async def test_what_is_left_of_the_requests_is_in_each_answer(tmp_path: Path) -> None:
    stranger = person(names=["Tatsuo Kirimori"], dob=["1961-02-03"], nationality=["JP"])
    with holder(tmp_path, ROW, agreement()) as zasm:
        await zasm.ask(Asking(ASKED))
        (referral,) = kept_files.referrals(zasm.cases.connection)
        with zasm.cases.transaction() as connection:
            count_request(connection, referral, zasm.agreement.id, datetime.now(UTC), emergency=True)
        answers = [await zasm.ask_counted(Asking(one)) for one in (ASKED, stranger)]
        lefts = [answer.left.requests for answer in answers if answer.left]
    assert [(one.requests_today, one.emergencies_this_month) for one in lefts] == [(49, 2)] * 2
