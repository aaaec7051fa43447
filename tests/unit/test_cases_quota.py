"""What officers of both sides read of the quotas for requests: what is left, what is used up, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agreements.stages import CaseState, ReferralState
from cli.case_output import described
from cli.case_text import text_of
from node.cases import asking, holding, store
from node.cases.alerts import alerts_of_case, alerts_of_referral, allowance_of
from node.cases.allowance import last_told, note_left
from node.cases.messages import RequestsLeft
from node.cases.wire import case_shown, referral_shown
from symbolon.rpc.identity import Party
from tests.unit.two_desks import HOLDER, NOW, REFERENCE, SUPERVISOR, TwoDesks, agreement, held, two_desks

TEXT = agreement(quotas__requests_a_day=2, emergency__uses_a_month=1)
APPEAL = {"responsible": "m.chef", "danger": "forty people at sea"}
OTHER, THIRD = "QRSTUVWXYZ234567", "ZYXWVUTSRQPONMLK"
URI = Party.agency(HOLDER).uri
DAY_USED = "the quota of 2 requests a day at the holder is used up: ask again from 2026-06-02 00:00 UTC"
MONTH_USED = "the quota of 1 emergency a month at the holder is used up: ask again from 2026-07-01 00:00 UTC"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with three hits between them, under an agreement of two requests a day and one emergency."""
    for desks in two_desks(tmp_path, TEXT):
        desks.hit(TEXT, OTHER)
        desks.hit(TEXT, THIRD)
        yield desks


def to_see_to(desks: TwoDesks, reference: str) -> list[str]:
    """Give what the asker's officers have to see to."""
    return [one.words for one in alerts_of_case(desks.case(reference), desks.asker.desk.scene())]


def at_the_holder(desks: TwoDesks, reference: str) -> list[str]:
    """Give what the holder's officers have to see to."""
    return [one.words for one in alerts_of_referral(desks.referral(reference), desks.holder.desk.scene())]


def ask(desks: TwoDesks, reference: str, *, emergency: bool = False) -> None:
    """Ask about a hit, and let the answer come."""
    if not emergency:
        desks.ask(asking.confirm, reference=reference)
    desks.ask(asking.request, facts="seen", reference=reference, emergency=APPEAL if emergency else None)
    desks.carry()


def left(desks: TwoDesks, reference: str) -> tuple[int, int] | None:
    """Give the requests and emergencies that the asker may still make, as far as it was told."""
    known = allowance_of(desks.case(reference), desks.asker.desk.scene())
    return (known.requests, known.emergencies) if known else None


def test_what_is_left_is_told_before_it_is_used_up(desks: TwoDesks) -> None:
    assert left(desks, OTHER) is None  # nothing was said yet
    ask(desks, REFERENCE)
    assert left(desks, REFERENCE) is None  # a request is under way
    assert left(desks, OTHER) == (1, 1)
    shown = case_shown(desks.case(OTHER), desks.asker.desk.scene()).requests_left
    assert (shown.requests_today, shown.requests_a_day, shown.said_on) == (1, 2, "2026-06-01")
    desks.wait(timedelta(days=1))
    assert left(desks, OTHER) == (2, 1)


def test_a_request_refused_reads_which_quota_is_used_up_and_until_when(desks: TwoDesks) -> None:
    for reference in (REFERENCE, OTHER, THIRD):
        ask(desks, reference)
    assert desks.case(THIRD).state is CaseState.CONFIRMED
    assert to_see_to(desks, THIRD) == ["confirmed: ask for more, or leave it", DAY_USED]
    assert at_the_holder(desks, THIRD) == []
    desks.wait(timedelta(days=1))
    assert to_see_to(desks, THIRD) == ["confirmed: ask for more, or leave it"]
    desks.ask(asking.request, facts="seen", reference=THIRD)
    desks.carry()
    assert desks.case(THIRD).state is CaseState.REQUESTED


def test_an_emergency_refused_reads_the_month_and_the_holder_sees_it(desks: TwoDesks) -> None:
    ask(desks, REFERENCE, emergency=True)
    ask(desks, OTHER, emergency=True)
    assert desks.case(OTHER).state is CaseState.HIT
    hit = "a hit: confirm that it is the person asked for, or reject it"
    assert to_see_to(desks, OTHER) == [hit, MONTH_USED]
    refused = desks.referral(OTHER)
    assert refused.state is ReferralState.APPEAL_REFUSED
    assert at_the_holder(desks, OTHER) == [
        "an appeal for a life was refused, for a quota is used up: speak with the asker"
    ]
    assert OTHER in [line.reference for line in desks.holder.desk.referrals(SUPERVISOR)]
    shown = referral_shown(refused, desks.holder.desk.scene())
    assert (shown.appeal.emergency.danger, shown.file.HasField("request")) == ("forty people at sea", False)
    desks.hold(holding.see, reference=OTHER)
    assert desks.holder.events()[-1] == "refused_appeal_seen"
    assert (desks.referral(OTHER).state, at_the_holder(desks, OTHER)) == (ReferralState.TOLD, [])


def test_an_appeal_refused_may_be_made_again_as_another_request(desks: TwoDesks) -> None:
    ask(desks, REFERENCE, emergency=True)
    ask(desks, OTHER, emergency=True)
    ask(desks, OTHER)
    referral = desks.referral(OTHER)
    assert (referral.state, referral.appeal) == (ReferralState.REQUESTED, None)


def test_an_appeal_that_nobody_sees_lapses_later_than_a_hit(desks: TwoDesks) -> None:
    ask(desks, REFERENCE, emergency=True)
    ask(desks, OTHER, emergency=True)
    desks.wait(timedelta(days=89))
    assert desks.referral(OTHER).state is ReferralState.APPEAL_REFUSED
    assert store.find_referral(desks.holder.file.connection, THIRD) is None
    desks.wait(timedelta(days=1))
    assert store.find_referral(desks.holder.file.connection, OTHER) is None


@pytest.mark.parametrize("rules", [{}, {"sealed": "yes"}, {"barred": frozenset({"FR-DNMS"})}])
def test_what_is_said_of_quotas_depends_on_no_record(desks: TwoDesks, rules: dict[str, Any]) -> None:
    ask(desks, REFERENCE, emergency=True)
    desks.holder.records["Z-1"] = held(**rules)
    ask(desks, OTHER, emergency=True)
    assert left(desks, OTHER) == (1, 0)
    ask(desks, THIRD)
    assert left(desks, OTHER) == (0, 0)
    assert to_see_to(desks, OTHER)[1:] == [DAY_USED, MONTH_USED]


def told(day: int, requests: int, emergencies: int, month: int = 6) -> RequestsLeft:
    """Give what a holder says."""
    day_said = date(2026, month, day)
    return RequestsLeft(day=day_said, requests_today=requests, emergencies_this_month=emergencies)


@pytest.mark.parametrize(
    ("first", "second", "known"),
    [
        (told(1, 1, 1), told(1, 2, 1), told(1, 1, 1)),  # the second was overtaken
        (told(1, 2, 1), told(1, 1, 0), told(1, 1, 0)),
        (told(2, 0, 1), told(1, 2, 1), told(2, 0, 1)),
        (told(1, 0, 0), told(2, 2, 1), told(2, 2, 0)),
        (told(30, 0, 0), told(1, 2, 1, 7), told(1, 2, 1, 7)),
    ],
)
def test_the_latest_word_counts(
    desks: TwoDesks, first: RequestsLeft, second: RequestsLeft, known: RequestsLeft
) -> None:
    with desks.asker.file.transaction() as connection:
        for said in (first, second):
            note_left(connection, URI, TEXT.hash.hex(), said)
        assert last_told(connection, URI, TEXT.hash.hex()) == known


def test_the_next_month_after_december_is_january(desks: TwoDesks) -> None:
    with desks.asker.file.transaction() as connection:
        said = RequestsLeft(day=date(2026, 12, 31), requests_today=0, emergencies_this_month=0)
        note_left(connection, URI, TEXT.hash.hex(), said)
    desks.clock[0] = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    known = allowance_of(desks.case(), desks.asker.desk.scene())
    assert known is not None
    assert [words.rpartition("from ")[2] for words in known.used_up()] == ["2027-01-01 00:00 UTC"] * 2


def test_people_read_what_is_left_and_what_was_refused(desks: TwoDesks) -> None:
    ask(desks, REFERENCE, emergency=True)
    ask(desks, OTHER, emergency=True)
    console = Console(width=120)
    with console.capture() as capture:
        case = described(case_shown(desks.case(OTHER), desks.asker.desk.scene()))
        referral = described(referral_shown(desks.referral(OTHER), desks.holder.desk.scene()))
        console.print(text_of("case", case, NOW), text_of("referral", referral, NOW))
    read = " ".join(capture.get().split())
    left_to_ask = "1 of 2 requests today, 0 of 1 in emergency this month (UTC), by its word of 2026-06-01"
    assert f"left to ask {left_to_ask}" in read
    assert "The appeal that was refused facts seen" in read
    assert "danger to life forty people at sea" in read
    assert "symbolon referral see" in read
