"""Fishing patterns: none in ordinary traffic, each attack found where it is, and nothing said of the person."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from auditing.findings import Finding
from auditing.people import Showing
from auditing.report import Report, Review
from auditing.selection import Selection
from auditing.thresholds import RULES, Thresholds, stated
from ledger.officer_events import OfficerRefused
from tests.unit.log_traffic import (
    MONDAY,
    Said,
    answered,
    entries_of,
    invented_birth,
    invented_name,
    normal_traffic,
    received,
    sent,
)

ATTACKED = MONDAY + timedelta(days=45, hours=2)  # a Thursday


def _review(
    said: Iterable[Said], showing: Showing = Showing.NAMES, thresholds: Any = None, **filters: Any
) -> tuple[Report, tuple[Finding, ...]]:
    review = Review(Selection(**filters), Thresholds(**(thresholds or {})), showing)
    for one in entries_of(said, opened=showing is not Showing.NONE):
        review.observe(one)
    return review.report("FR-DNMS", {}), review.findings


def _found(said: Iterable[Said], **options: Any) -> list[tuple[str, str]]:
    _, findings = _review([*normal_traffic(), *said], **options)
    return sorted({(one.pattern, one.who or one.house) for one in findings})


@pytest.mark.parametrize("seed", range(4))
def test_ordinary_traffic_raises_no_alarm(seed: int) -> None:
    _, findings = _review(normal_traffic(days=60, users=3 + 2 * seed, seed=seed))
    assert findings == ()


def _series(count: int, step: timedelta, user: str = "user.3", names: list[str] | None = None) -> list[Said]:
    chance = random.Random(7)  # noqa: S311
    names = names or [invented_name(chance) for _ in range(count)]
    said = []
    for place, name in enumerate(names):
        query = sent(ATTACKED + place * step, user, name, invented_birth(chance))
        said += [query, answered(query)]
    return said


def test_a_burst_is_measured_by_the_users_own_hours() -> None:
    assert _found(_series(40, timedelta(seconds=40))) == [("burst", ""), ("burst", "user.3")]


def test_a_burst_of_a_user_without_history_is_measured_by_the_agency() -> None:
    assert _found(_series(40, timedelta(seconds=40), "newcomer")) == [("burst", ""), ("burst", "newcomer")]


def test_a_burst_of_a_partner_is_found_without_opening_anything() -> None:
    said = [one for n in range(90) for one in received(ATTACKED + timedelta(seconds=30 * n), "gr.1")]
    assert ("burst", "GR-YPAM") in _found(said, showing=Showing.NONE)


def test_an_agency_that_is_always_busy_raises_no_alarm() -> None:
    busy = normal_traffic(days=30, users=80)
    assert [one for one in _review(busy)[1] if one.pattern == "burst"] == []


def test_one_user_with_most_queries_is_named() -> None:
    said = [
        one
        for day in range(47)
        if (MONDAY + timedelta(days=day)).weekday() < 5
        for n in range(40)
        for one in _one(day, n)
    ]
    assert ("share", "user.1") in _found(said)


def _one(day: int, place: int) -> list[Said]:
    chance = random.Random(day * 1000 + place)  # noqa: S311
    time = MONDAY + timedelta(days=day, minutes=14 * place + chance.random())
    query = sent(time, "user.1", invented_name(chance), invented_birth(chance))
    return [query, answered(query)]


@pytest.mark.parametrize("backwards", [False, True])
def test_names_in_alphabetical_order_are_a_sequence(backwards: bool) -> None:
    chance = random.Random(3)  # noqa: S311
    names = sorted({invented_name(chance) for _ in range(22)}, reverse=backwards)
    said = _series(22, timedelta(minutes=31), "user.2", names)
    assert _found(said) == [("sequence", "user.2")]


def test_names_in_order_of_the_last_word_are_a_sequence() -> None:
    chance = random.Random(4)  # noqa: S311
    names = sorted({invented_name(chance) for _ in range(14)}, key=lambda name: name.split()[1])
    assert ("sequence", "user.2") in _found(_series(14, timedelta(minutes=31), "user.2", names))


def test_document_numbers_that_follow_each_other_are_a_sequence() -> None:
    chance = random.Random(6)  # noqa: S311
    said = [
        sent(
            ATTACKED + timedelta(minutes=20 * n),
            "user.4",
            invented_name(chance),
            invented_birth(chance),
            **{"subject.documents": f'[{{"number": "AB{4711000 + 3 * n}"}}]'},
        )
        for n in range(6)
    ]
    assert _found(said) == [("sequence", "user.4")]


def test_guessing_at_one_birth_date_is_found() -> None:
    said = [
        sent(ATTACKED + timedelta(minutes=31 * n), "user.5", "Idris Maran", f"1979-{n + 1:02}-11") for n in range(8)
    ]
    assert _found(said) == [("variants", "user.5")]


def test_the_same_person_again_and_again_is_found_whoever_asks() -> None:
    said = [sent(ATTACKED + timedelta(days=n, hours=n), f"user.{n}", "Idris Maran", "1979-03-11") for n in range(5)]
    _, findings = _review([*normal_traffic(), *said])
    (finding,) = findings
    assert (finding.pattern, finding.count, len(finding.numbers)) == ("repeats", 5, 5)


def test_a_retry_within_the_hour_is_no_repetition() -> None:
    said = [sent(ATTACKED + timedelta(minutes=5 * n), "user.1", "Idris Maran", "1979-03-11") for n in range(5)]
    assert _found(said) == []


def test_one_record_opened_again_and_again_is_found_in_the_holders_log() -> None:
    said = [one for n in range(6) for one in received(ATTACKED + timedelta(days=n), f"gr.{n}", 2, "r-9999")]
    assert _found(said) == [("repeats", "GR-YPAM")]


def test_hits_without_follow_up_are_held_against_who_asked() -> None:
    chance = random.Random(9)  # noqa: S311
    said = []
    for n in range(12):
        query = sent(
            MONDAY + timedelta(days=7, hours=n, minutes=n), "newcomer", invented_name(chance), invented_birth(chance)
        )
        said += [query, answered(query, 2, f"X{n}")]
    found = _found(said, thresholds={"day_ends": 24, "day_begins": 0})
    assert found == [("no_follow_up", "newcomer")]


def test_a_partner_who_never_asks_about_its_hits_is_named() -> None:
    sender = "symbolon://agency/KR-NMSB"
    said = [
        one for n in range(12) for one in received(MONDAY + timedelta(days=n, hours=1), f"kr.{n}", 2, f"k-{n}", sender)
    ]
    assert _found(said, showing=Showing.NONE) == [("no_follow_up", "KR-NMSB")]


def test_queries_at_night_are_found() -> None:
    chance = random.Random(11)  # noqa: S311
    said = [
        sent(ATTACKED + timedelta(days=n, hours=14), "night.owl", invented_name(chance), invented_birth(chance))
        for n in range(12)
    ]
    assert _found(said) == [("out_of_hours", "night.owl")]
    assert _found(said, thresholds={"day_begins": 0, "day_ends": 24, "weekend": True}) == []


def test_denied_calls_and_refused_queries_are_probing() -> None:
    calls = [Said(ATTACKED + timedelta(minutes=n), OfficerRefused(reason="key")) for n in range(12)]
    queries = [one for n in range(12) for one in received(ATTACKED + timedelta(minutes=4 * n), "gr.1", None)]
    assert _found([*calls, *queries], showing=Showing.NONE) == [("denied", ""), ("denied", "GR-YPAM")]


def test_a_clock_that_went_back_is_named() -> None:
    review = Review(Selection(), Thresholds(), Showing.NONE)
    entries = list(entries_of(normal_traffic(days=3)))
    for one in (entries[5], entries[0]):
        review.observe(one)
    review.report("FR-DNMS", {})
    assert [(one.pattern, one.numbers) for one in review.findings] == [("clock", (1,))]


def test_a_finding_names_entries_and_not_the_person() -> None:
    report, findings = _review([*normal_traffic(), *_series(40, timedelta(seconds=40))])
    (finding,) = (one for one in findings if one.who == "user.3")
    assert len(finding.numbers) >= 40
    names = {one.personal["subject.names"][2:-2] for one in normal_traffic() if "subject.names" in one.personal}
    shown = str(report.to_json())
    assert [name for name in names if name in shown] == []


def test_patterns_outside_the_period_or_of_others_are_left_out() -> None:
    attack = _series(40, timedelta(seconds=40))
    assert _found(attack, until=date(2026, 10, 10)) == []
    assert _found(attack, since=date(2026, 10, 10)) == [("burst", ""), ("burst", "user.3")]
    assert _found(attack, user="user.1") == []
    assert _found(attack, partner="MA-BCTM") == []


def test_pseudonyms_name_nobody() -> None:
    report, findings = _review([*normal_traffic(), *_series(40, timedelta(seconds=40))], Showing.PSEUDONYMS)
    assert findings
    assert "user.3" not in str(report.to_json())
    shown = {str(row[2]) for row in report.table("findings").rows}
    assert [one for one in shown if not re.fullmatch(r"#\d|\(this agency\)", one)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.pattern)
def test_every_rule_says_when_and_what_it_cannot_see(rule: Any) -> None:
    text, unseen = map(str, stated(rule, Thresholds()))
    assert len(text) > 40
    assert len(unseen) > 40
    assert "%(" not in text + unseen
