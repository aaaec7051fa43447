"""How an agreement stands, in one word, and for which bit budgets a list is enrolled."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from agreements.reading import parse_agreement
from agreements.standing import AgreementSet, Standing
from agreements.template import TEMPLATE
from node.agreements.state import State, account, budgets_of, outlook

FR, DE, GR = "FR-DNMS", "DE-ZASM", "GR-YPAM"
TWO = parse_agreement(TEMPLATE)
THIRD = f'[[parties]]\nagency = "{GR}"\ncountry = "GR"\nroles = ["asks"]\nauthorities = ["x"]\ncontact = "y"\n'
THREE = parse_agreement(TEMPLATE.replace("fr-de-2026", "three") + THIRD)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
YESTERDAY, TODAY = date(2026, 5, 31), date(2026, 6, 1)


def standing(agreement: Any = TWO, **changed: Any) -> Standing:
    signed = frozenset(agreement.party_of)
    return Standing(**({"agreement": agreement, "signed_by": signed, "accepted": True} | changed))


@pytest.mark.parametrize(
    ("changed", "at", "state"),
    [
        ({}, NOW, State.IN_FORCE),
        ({"signed_by": frozenset({FR}), "accepted": False}, NOW, State.AWAITING_SIGNATURES),
        ({"signed_by": frozenset({FR})}, NOW, State.AWAITING_SIGNATURES),
        ({"accepted": False}, NOW, State.AWAITING_ACCEPTANCE),
        ({"superseded_from": TODAY}, NOW, State.SUPERSEDED),
        ({"superseded_from": date(2026, 6, 2)}, NOW, State.IN_FORCE),
        ({}, datetime(2028, 1, 1, tzinfo=UTC), State.EXPIRED),
        ({}, datetime(2025, 1, 1, tzinfo=UTC), State.TO_BEGIN),
        ({"suspended_by": frozenset({FR})}, NOW, State.SUSPENDED),
        ({"suspended_by": frozenset({DE})}, NOW, State.SUSPENDED),
        ({"ended": {DE: YESTERDAY}}, NOW, State.ENDED),
        ({"ended": {DE: TODAY}}, NOW, State.IN_FORCE),
        ({"ended": {DE: YESTERDAY}, "suspended_by": frozenset({FR})}, NOW, State.ENDED),
    ],
)
def test_the_first_word_that_fits_is_told(changed: dict[str, Any], at: datetime, state: State) -> None:
    found = account(standing(**changed), FR, at)
    assert (found.state, found.partners) == (state, (DE,) if state is State.IN_FORCE else ())


def test_among_several_it_is_told_with_whom_it_is_in_force() -> None:
    suspended = account(standing(THREE, suspended_by=frozenset({GR})), FR, NOW)
    assert (suspended.state, suspended.partners, suspended.suspended_by) == (State.IN_FORCE, (DE,), (GR,))
    left = standing(THREE, ended={GR: YESTERDAY})
    assert (account(left, FR, NOW).partners, account(left, GR, NOW).state) == ((DE,), State.ENDED)


@pytest.mark.parametrize(
    ("changed", "at", "words"),
    [
        ({}, NOW, "in force here from now to 2027-12-31"),
        ({}, datetime(2025, 1, 1, tzinfo=UTC), "in force here from 2026-01-01 to 2027-12-31"),
        (
            {"suspended_by": frozenset({DE}), "suspended_since": {DE: NOW}},
            NOW,
            f"not in force, but suspended by {DE} since 2026-06-01 00:00 UTC, until {DE} resumes it",
        ),
    ],
)
def test_what_holds_of_an_accepted_agreement_and_from_when(changed: dict[str, Any], at: datetime, words: str) -> None:
    assert outlook(TWO, AgreementSet([standing(**changed)]), FR, at) == words


def test_of_an_amendment_it_is_told_from_when_it_takes_the_place_of_which_version() -> None:
    text = TEMPLATE.replace("version = 1", "version = 2").replace("from = 2026-01-01", "from = 2026-07-01")
    second = parse_agreement(text.replace('supersedes = ""', f'supersedes = "{TWO.hash.hex()}"'))
    both = AgreementSet([standing(superseded_from=date(2026, 7, 1)), standing(second)])
    said = "in force here from 2026-07-01 to 2027-12-31, in the place of version 1 from 2026-07-01"
    assert outlook(second, both, FR, NOW) == said


def test_a_list_is_enrolled_for_what_is_accepted_and_not_over() -> None:
    other = parse_agreement(TEMPLATE.replace("fr-de-2026", "other").replace("bit_budget = 22", "bit_budget = 30"))
    for last, budgets in (
        ({}, (22.0, 30.0)),
        ({"suspended_by": frozenset({DE})}, (22.0, 30.0)),
        ({"accepted": False}, (22.0,)),
        ({"superseded_from": TODAY}, (22.0,)),
        ({"ended": {FR: YESTERDAY}}, (22.0,)),
    ):
        assert budgets_of(AgreementSet([standing(), standing(other, **last)]), FR, NOW) == budgets


def test_who_only_asks_enrols_for_nothing() -> None:
    assert budgets_of(AgreementSet([standing(THREE)]), GR, NOW) == ()
