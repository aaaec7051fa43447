"""The tables of a report that need an agreement's text, a coordinator's log, or many keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from auditing import measures, people
from auditing.measures import Durations, Tally, others
from auditing.people import OTHERS, People, Showing
from auditing.report import Review
from auditing.selection import Selection
from auditing.tables import Table, as_text, columns
from auditing.thresholds import Thresholds
from ledger.case_events import ContentDeleted, ContentReceived, FeedbackSent
from ledger.events import QueryRelayed
from ledger.federation_events import AnswerRelayed, CallRefused
from tests.unit.agreed import AGREEMENT
from tests.unit.log_traffic import ASKER, MONDAY, PARTNER, Said, entries_of, received

HASH = AGREEMENT.hash.hex()


def _tables(said: Iterable[Said], showing: Showing = Showing.NONE) -> dict[str, Any]:
    review = Review(Selection(), Thresholds(), showing)
    for one in entries_of(said, opened=showing is not Showing.NONE):
        review.observe(one)
    tables: dict[str, Any] = review.report("FR-DNMS", {HASH: AGREEMENT}).to_json()["tables"]
    return tables


def _under_the_agreement(said: list[Said]) -> list[Said]:
    return [Said(one.time, one.event.model_copy(update={"agreement_hash": HASH}), one.personal) for one in said]


def test_the_use_of_a_quota_stands_beside_what_the_agreement_allows() -> None:
    said = [one for n in range(8) for one in received(MONDAY + timedelta(minutes=n), "g", 0 if n < 6 else None)]
    (row,) = _tables(_under_the_agreement(said))["quotas"]
    limit = AGREEMENT.quotas.queries_a_day
    assert (row["used"], row["limit"], row["refused"]) == (6, limit, 2)
    assert row["percent"] == pytest.approx(600 / limit)


def _content(day: int, reference: str) -> Said:
    event = ContentReceived(partner=PARTNER, agreement_hash=HASH, fields=("name",), digest="cc", trace=())
    return Said(MONDAY + timedelta(days=day), event, {"reference": reference})


def test_duties_that_are_late_are_named() -> None:
    about = {"partner": PARTNER, "agreement_hash": HASH}
    late = AGREEMENT.handling.feedback_days + 2
    said = [
        _content(0, "R1"),
        _content(0, "R2"),
        _content(0, "R3"),
        Said(MONDAY + timedelta(days=1), FeedbackSent.model_validate({**about, "use": "led_on"}), {"reference": "R2"}),
        Said(MONDAY + timedelta(days=2), ContentDeleted.model_validate({**about, "cause": "due"}), {"reference": "R3"}),
        _content(late, "R4"),
    ]
    (row,) = _tables(said, Showing.PSEUDONYMS)["duties"]
    assert [row[name] for name in ("received", "feedback", "deleted", "late_feedback", "entries")] == [4, 1, 1, 1, "1"]
    (closed,) = _tables(said)["duties"]
    assert (closed["received"], closed["late_feedback"]) == (4, None)


def test_a_coordinators_log_has_what_it_relayed() -> None:
    relayed = QueryRelayed(
        query_id="ab",
        sender=ASKER,
        recipients=(PARTNER,),
        purposes=("terrorism",),
        agreements=("gr-de",),
        entries=(8,),
        envelope_bytes=(14846,),
        digests=("cd",),
    )
    answer = AnswerRelayed(
        query_id="ab",
        digest="cd",
        sender=ASKER,
        recipient=PARTNER,
        purpose="terrorism",
        agreement="gr-de",
        outcome="reply",
        milliseconds=90,
    )
    refused = CallRefused(caller=ASKER, method="Deliver", reason="quota_exhausted", calls=12)
    said = [Said(MONDAY, relayed), Said(MONDAY + timedelta(seconds=0.09), answer), Said(MONDAY, refused)]
    tables = _tables(said)
    (row,) = tables["queries"]
    assert (row["direction"], row["partner"], row["queries"]) == ("relayed", "GR-YPAM → DE-ZASM", 1)
    assert [(one["who"], one["count"]) for one in tables["denied_calls"]] == [("GR-YPAM", 12)]
    assert [one["pattern"] for one in tables["findings"]] == ["Denied calls and refused queries"]


def test_what_a_partner_invents_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "MOST_KEYS", 3)
    tally: Tally[tuple[str, ...]] = Tally(others(1))
    for number in range(100):
        tally.add((str(number),), "queries")
    assert next((key, counts["queries"]) for key, counts in tally.rows()) == ((OTHERS,), 97)
    monkeypatch.setattr(people, "MOST_PEOPLE", 3)
    known = People(Showing.NAMES)
    assert {known.label("GR", str(number)) for number in range(100)} == {"GR 0", "GR 1", "GR 2", f"GR {OTHERS}"}


def test_quantiles_are_right_within_a_twentieth() -> None:
    times = Durations()
    for number in range(1, 1001):
        times.add(number / 100)
    assert times.quantile(0.5) == pytest.approx(5, rel=0.05)
    assert times.quantile(0.95) == pytest.approx(9.5, rel=0.05)
    assert (times.count, times.longest) == (1000, 10)
    assert Durations().quantile(0.5) == 0


@pytest.mark.parametrize("text", ["=1+1", "+49", "-3", "@x", "\t=1"])
def test_a_formula_is_text_in_csv(text: str) -> None:
    table = Table("t", "t", "", columns(name="name"), ((text,),))
    cell = table.to_csv().splitlines()[1]
    assert not cell.strip('"').startswith(("=", "+", "-", "@"))


def test_cells_are_shown_for_people() -> None:
    assert [as_text(one) for one in (None, 1234, 2.25, "a\u202eb")] == ["-", "1,234", "2.2", "a\ufffdb"]


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "＝1", "＠a"])
def test_no_cell_of_a_table_is_a_formula(words: str) -> None:
    table = Table("t", "T", "", columns(one="One"), ((words,),))
    cell = table.to_csv().splitlines()[1].strip('"')
    assert cell.startswith(("'", "\N{REPLACEMENT CHARACTER}"))
