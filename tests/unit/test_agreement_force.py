"""What officers read of an agreement that has no force, or has it again: which one, why, since when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.agreement import Agreement
from agreements.asking import NoAgreementError, may_ask
from agreements.force import without_force
from agreements.standing import AgreementSet, Standing
from node.cases import asking, holding
from node.cases.alerts import alerts_of_case, alerts_of_referral
from node.cases.desk_steps import View, open_steps
from symbolon.rpc.errors import SymbolonError
from tests.unit.two_desks import (
    ASKER,
    HOLDER,
    NOW,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    agreement,
    asked_under,
    in_force,
    two_desks,
)

SINCE = datetime(2026, 5, 31, 22, 5, tzinfo=UTC)
SUSPENDED = {"suspended_by": frozenset({HOLDER}), "suspended_since": {HOLDER: SINCE}}
BY_HOLDER = "suspended by DE-ZASM since 2026-05-31 22:05 UTC, until DE-ZASM resumes it"
REPLACED = {"superseded_from": date(2026, 6, 1)}
LATER = "replaced by a later version since 2026-06-01"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


def standing(text: Agreement = TEXT, **changes: Any) -> Standing:
    """Give an agreement as it stands, in force but for the changes."""
    return next(iter(in_force(text, **changes)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"signed_by": frozenset({ASKER})}, "not signed yet by DE-ZASM"),
        ({"accepted": False}, "not accepted here yet"),
        (REPLACED, LATER),
        ({"ended": {ASKER: date(2026, 5, 31)}}, "ended by FR-DNMS, its last day was 2026-05-31"),
        ({"ended": {ASKER: date(2026, 6, 1)}}, ""),
        (SUSPENDED, BY_HOLDER),
        ({"suspended_by": frozenset({ASKER})}, "suspended by FR-DNMS, until FR-DNMS resumes it"),
        ({"suspended_by": frozenset({"GR-YPAM"})}, ""),
        (SUSPENDED | REPLACED, LATER),
    ],
)
def test_why_an_agreement_has_no_force_is_told_with_its_day(changes: dict[str, Any], words: str) -> None:
    assert without_force(standing(**changes), ASKER, HOLDER, NOW) == words


def test_the_days_of_its_validity_are_told() -> None:
    assert without_force(standing(), ASKER, HOLDER, NOW - timedelta(days=365)) == "to begin on 2026-01-01"
    last = TEXT.validity.until
    assert without_force(standing(), ASKER, HOLDER, NOW + timedelta(days=9000)) == f"over: {last} was its last day"


@given(
    suspended=st.frozensets(st.sampled_from([ASKER, HOLDER, "GR-YPAM"])),
    ended=st.dictionaries(st.sampled_from([ASKER, HOLDER]), st.dates(date(2026, 5, 30), date(2026, 6, 3))),
    superseded=st.none() | st.dates(date(2026, 5, 30), date(2026, 6, 3)),
    signed=st.sampled_from([frozenset({ASKER, HOLDER}), frozenset({ASKER})]),
    accepted=st.booleans(),
    days=st.sampled_from([-400, 0, 1, 9000]),
)
def test_a_reason_is_given_exactly_where_there_is_no_force(
    suspended: Any, ended: Any, superseded: Any, signed: Any, accepted: bool, days: int
) -> None:
    one = Standing(TEXT, signed, accepted, suspended, ended, superseded)
    now = NOW + timedelta(days=days)
    assert (without_force(one, ASKER, HOLDER, now) == "") == one.in_force(ASKER, HOLDER, now)


def test_who_may_not_ask_reads_which_agreement_stands_how() -> None:
    later = agreement(version=2, supersedes=TEXT.hash.hex())
    held = AgreementSet([standing(TEXT, **REPLACED), standing(later, **SUSPENDED)])
    with pytest.raises(NoAgreementError) as error:
        may_ask(held, asked_under(later, NOW))
    said = f"no agreement with that agency is in force now: {later.id} v2 is {BY_HOLDER}"
    assert str(error.value) == said


def alerts(desks: TwoDesks) -> tuple[list[str], list[str]]:
    """Give what the officers of both sides have to see to."""
    case, referral = desks.case(), desks.referral()
    return (
        [one.words for one in alerts_of_case(case, desks.asker.desk.scene())],
        [one.words for one in alerts_of_referral(referral, desks.holder.desk.scene())],
    )


@pytest.mark.parametrize(
    ("changes", "words", "way_on"),
    [(SUSPENDED, BY_HOLDER, ""), (REPLACED, LATER, ": put the query again under that one")],
)
def test_officers_read_why_nothing_goes_on_and_the_asker_s_what_to_do(
    desks: TwoDesks, changes: dict[str, Any], words: str, way_on: str
) -> None:
    desks.to_offer()
    before = alerts(desks)
    assert before[0] == ["conditions are offered: acknowledge them to get the content"]
    desks.agree(TEXT, **changes)
    assert alerts(desks) == (
        [f"nothing is asked or taken on: the agreement is {words}{way_on}"],
        [f"nothing is released, though it may be declined: the agreement is {words}"],
    )
    desks.agree(TEXT)
    assert alerts(desks) == before


def test_officers_read_of_an_agreement_that_is_not_here(desks: TwoDesks) -> None:
    desks.agree()
    (said,) = alerts(desks)[0]
    assert said == "nothing is asked or taken on: the agreement is not to be read here: tell who runs the node"


def test_what_a_suspension_kept_back_is_to_be_sent_once_it_is_resumed(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.acknowledge()
    desks.agree(TEXT, **SUSPENDED)
    desks.carry()
    assert alerts(desks)[1] == [
        f"nothing is released, though it may be declined: the agreement is {BY_HOLDER}",
        "content is kept back although its conditions were acknowledged: in_force",
    ]
    desks.agree(TEXT)
    assert alerts(desks)[1] == [
        "content was kept back while the agreement was not in force, and now it is: send it, or decline"
    ]
    desks.hold(holding.send, by=SUPERVISOR)
    assert alerts(desks)[1] == []


@pytest.mark.parametrize("by", [ASKER, HOLDER])
def test_nobody_reads_what_is_under_a_suspension_until_it_is_resumed(desks: TwoDesks, by: str) -> None:
    desks.to_content()
    before = alerts(desks)
    desks.agree(TEXT, suspended_by=frozenset({by}), suspended_since={by: SINCE})
    why = f"the agreement is suspended by {by} since 2026-05-31 22:05 UTC, until {by} resumes it"
    assert f"nobody reads the content meanwhile: {why}" in alerts(desks)[0]
    with pytest.raises(SymbolonError, match=why):
        desks.ask(asking.read)
    assert "content_read" not in desks.asker.events()
    steps = [one.name for one in open_steps(View(desks.case()), desks.asker.desk.scene())]
    assert "read" not in steps
    assert "delete" in steps
    desks.agree(TEXT)
    assert alerts(desks) == before
    desks.ask(asking.read)
    assert desks.case().content


def test_a_suspension_by_others_or_of_an_older_version_stops_no_reading(desks: TwoDesks) -> None:
    desks.to_content()
    desks.agree(TEXT, suspended_by=frozenset({"GR-YPAM"}))
    desks.ask(asking.read)
    later = agreement(version=2, supersedes=TEXT.hash.hex())
    desks.asker.agreements = AgreementSet([standing(TEXT, **SUSPENDED, **REPLACED), standing(later)])
    desks.ask(asking.read)
    desks.asker.agreements = AgreementSet([standing(TEXT, **REPLACED), standing(later, **SUSPENDED)])
    with pytest.raises(SymbolonError, match=BY_HOLDER):
        desks.ask(asking.read)


def test_nobody_reads_what_was_shared_under_an_agreement_that_is_not_here(desks: TwoDesks) -> None:
    desks.to_content()
    desks.agree()
    with pytest.raises(SymbolonError, match="not to be read here"):
        desks.ask(asking.read)
