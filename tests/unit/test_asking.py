"""Under which agreement a question is put: the one that tells most, the same one on every try, or a reason why none."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agreements.agreement import Agreement
from agreements.asking import REASONS, NoAgreementError, may_ask
from agreements.decision import decide_asking
from agreements.standing import AgreementSet
from tests.unit.agreed import AGREEMENT, AGREEMENTS, ASKED, NOW, agreement_like, in_force
from tests.unit.agreement_page import rules_on_the_page
from tests.unit.test_agreements import TEAM


def _picked(*agreements: Agreement) -> Agreement:
    sets = [AgreementSet(map(in_force, order)) for order in itertools.permutations(agreements)]
    picked = {may_ask(one, ASKED).agreement.hash: may_ask(one, ASKED).agreement for one in sets}
    assert len(picked) == 1
    return picked.popitem()[1]


def test_the_agreement_is_found_with_what_it_lets_ask() -> None:
    leave = may_ask(AGREEMENTS, replace(ASKED, agreement_hash=b""))
    assert (leave.agreement.hash, leave.decision.level) == (AGREEMENT.hash, 2)
    assert leave.decision == decide_asking(AGREEMENTS, ASKED)


def test_of_several_agreements_the_one_that_tells_most_is_picked() -> None:
    assert (
        _picked(agreement_like(id="a", answer={"maximum": 1}), AGREEMENT, agreement_like(id="b", answer={"maximum": 0}))
        == AGREEMENT
    )


def test_of_two_that_answer_the_same_the_one_that_releases_more_is_picked() -> None:
    for title in range(8):
        less = agreement_like(title=f"{title}", release={"maximum": 3})
        assert _picked(AGREEMENT, less) == AGREEMENT


def test_in_the_case_of_a_joint_team_its_member_asks_under_its_agreement_whatever_the_others_tell() -> None:
    team = agreement_like(id="team", joint_team=TEAM | {"case": ASKED.case}, answer={"maximum": 1})
    assert _picked(AGREEMENT, team) == team
    both = AgreementSet([in_force(AGREEMENT), in_force(team)])
    assert may_ask(both, replace(ASKED, case="another")).agreement == AGREEMENT
    assert may_ask(both, replace(ASKED, user="another")).agreement == AGREEMENT


def test_the_analyst_may_name_the_agreement_and_no_other_is_taken_for_it() -> None:
    less = agreement_like(id="less", answer={"maximum": 1})
    both = AgreementSet([in_force(AGREEMENT), in_force(less)])
    assert may_ask(both, ASKED, "less").agreement == less
    with pytest.raises(NoAgreementError, match="agreement none does not let this agency ask that one"):
        may_ask(both, ASKED, "none")
    with pytest.raises(NoAgreementError, match="less v1 is suspended by DE-ZASM"):
        may_ask(AgreementSet([in_force(AGREEMENT), in_force(less, suspended_by=frozenset({"DE-ZASM"}))]), ASKED, "less")


def test_of_two_that_tell_the_same_every_try_picks_the_same() -> None:
    one, other = agreement_like(title="one"), agreement_like(title="other")
    assert _picked(one, other).hash == min(one.hash, other.hash)


def test_an_amendment_that_tells_less_is_obeyed_from_its_first_day() -> None:
    amended = agreement_like(version=2, supersedes=AGREEMENT.hash.hex(), answer={"maximum": 1})
    tomorrow = NOW.date() + timedelta(days=1)
    for first_day, picked in ((NOW.date(), amended), (tomorrow, AGREEMENT)):
        later = agreement_like(amended, validity={"from": first_day})
        held = AgreementSet([in_force(AGREEMENT, superseded_from=first_day), in_force(later)])
        assert may_ask(held, ASKED).agreement.version == picked.version


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"asker": "GR-YPAM"}, "lets this agency ask that one"),
        ({"holder": "FR-DNMS"}, "lets this agency ask that one"),
        ({"now": NOW + timedelta(days=900)}, "in force now: fr-de-2026 v1 is over"),
        ({"now": NOW.replace(tzinfo=None)}, "in force now"),
        ({"purpose": "terrorism"}, "covers this purpose"),
        ({"offence": "arson"}, "cover this offence"),
        ({"penalty_months": 1}, "severely enough"),
        ({"nature": ""}, "nature was not stated"),
        ({"person_role": "witness"}, "persons of this role"),
        ({"death_penalty": "yes"}, "assurance"),
        ({"legal_basis": False}, "legal basis is missing"),
        ({"case": ""}, "case is missing"),
        ({"user": " "}, "name of who asks is missing"),
    ],
)
def test_who_may_not_ask_is_told_why(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(NoAgreementError, match=said):
        may_ask(AGREEMENTS, replace(ASKED, **changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"joint_team": TEAM}, "members of the joint team"), ({"answer": {"maximum": 0}}, "answers nothing at once")],
)
def test_an_agreement_that_lets_nobody_ask_this_says_so(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(NoAgreementError, match=said):
        may_ask(AgreementSet([in_force(agreement_like(**changes))]), ASKED)


def test_the_reason_is_that_of_the_agreement_that_came_nearest() -> None:
    other = agreement_like(id="other", purposes=["terrorism"])
    old = in_force(agreement_like(id="old"), suspended_by=frozenset({"DE-ZASM"}))
    with pytest.raises(NoAgreementError, match="covers this purpose"):
        may_ask(AgreementSet([old, in_force(other)]), ASKED)


def test_a_team_that_the_asker_is_not_of_does_not_hide_why_its_own_agreement_has_no_force() -> None:
    own = in_force(AGREEMENT, suspended_by=frozenset({"FR-DNMS"}))
    with pytest.raises(NoAgreementError, match="suspended by FR-DNMS"):
        may_ask(AgreementSet([own, in_force(agreement_like(id="team", joint_team=TEAM))]), ASKED)


def test_every_reason_is_that_of_a_rule() -> None:
    assert set(REASONS) <= set(rules_on_the_page())
