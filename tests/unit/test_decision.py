"""What a decision says of itself, and what two decisions give together."""

from __future__ import annotations

from dataclasses import replace

from agreements.conditions import Conditions, stricter
from agreements.decision import Decision, decide, minimum, refused
from agreements.facts import Stage
from agreements.standing import AgreementSet
from tests.unit.agreed import AGREEMENTS, ASKED, MATCH, QUOTA, RECORD, STEPS, agreement_like, in_force


def _released(core_fields: tuple[str, ...] = ("names", "action")) -> Decision:
    agreement = agreement_like(release={"core_fields": core_fields})
    asked = replace(ASKED, agreement_hash=agreement.hash)
    return decide(AgreementSet([in_force(agreement)]), asked, RECORD, MATCH, Stage.RELEASE, STEPS, QUOTA)


def test_the_trace_has_a_line_for_each_rule() -> None:
    decision = refused("agreement.known")
    assert (decision.trace, decision.level) == (("agreement.known: at most level 0",), 0)
    assert "scores: at most level 2" in decide(AGREEMENTS, ASKED, RECORD, MATCH, quota=QUOTA).trace


def test_an_action_that_one_side_may_not_tell_is_told_by_neither() -> None:
    with_action, without = _released(), _released(("names",))
    assert with_action.conditions is not None
    assert with_action.conditions.action == "arrest"
    both = minimum(with_action, without)
    assert both.conditions is not None
    assert ("action" in both.fields, both.conditions.action) == (False, None)


def test_a_hit_that_is_silent_for_one_side_stays_silent() -> None:
    silent = decide(AGREEMENTS, ASKED, replace(RECORD, discreet="yes"), MATCH, quota=QUOTA)
    told = decide(AGREEMENTS, ASKED, RECORD, MATCH, quota=QUOTA)
    for both in (minimum(silent, told), minimum(told, silent)):
        assert (both.level, both.silent, both.conditions) == (0, True, None)


def test_two_actions_that_contradict_leave_none() -> None:
    one = _released()
    assert one.conditions is not None
    other = replace(one, conditions=replace(one.conditions, action="locate"))
    both = minimum(one, other)
    assert both.conditions is not None
    assert both.conditions.action == "none"


def test_of_two_conditions_the_stricter_of_each_kind_counts() -> None:
    lax = Conditions("H0", ("b",), 100, 9, "arrest", 30, "with_consent", "with_consent")
    strict = Conditions("H2", ("a", "b"), 10, 90, "arrest", 7, "never", "with_consent")
    expected = Conditions("H2", ("a", "b"), 10, 9, "arrest", 7, "never", "with_consent")
    assert stricter(lax, strict) == stricter(strict, lax) == expected
    assert stricter(strict, replace(lax, onward_transfer="with_consent", change_of_purpose="never")) == replace(
        expected, change_of_purpose="never"
    )


def test_a_side_that_says_nothing_of_action_and_review_leaves_those_of_the_other() -> None:
    said = Conditions("H0", (), 1, 1, "arrest", 7)
    unsaid = replace(said, action=None, review_days=None)
    assert stricter(said, unsaid) == stricter(unsaid, said) == said
    assert stricter(unsaid, unsaid) == unsaid


def test_conditions_that_name_no_consent_give_none() -> None:
    bare = Conditions("H0", (), 1, 1)
    assert (bare.onward_transfer, bare.change_of_purpose) == ("never", "never")


def test_what_is_printed_of_conditions_leaves_out_caveats() -> None:
    assert "Melanos" not in repr(Conditions("H0", ("Melanos",), 1, 1))
