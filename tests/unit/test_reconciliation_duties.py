"""What the agreement makes a duty, in two real logs whose later entries are moved in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from node.cases import asking, holding, leave, reviewing
from node.cases.messages import EmergencyAppeal
from tests.unit.exported import Party
from tests.unit.reconciled import Logs, texts
from tests.unit.two_desks import ASKER, HOLDER, SUPERVISOR, TEXT, TwoDesks, opened_desks

DAYS = TEXT.handling.retention_days
APPEAL = EmergencyAppeal(responsible="m.chef", danger="forty people at sea")


def logs_of(desks: TwoDesks) -> Logs:
    sides = (desks.asker, desks.holder)
    exports = {desk.name: Party(f"symbolon://agency/{desk.name}").export(desk.folder / "ledger.db") for desk in sides}
    return Logs.of(exports, TEXT)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    """Give logs that end with content that is there."""
    with opened_desks(tmp_path_factory.mktemp("copied"), TEXT) as desks:
        desks.to_content()
        return logs_of(desks)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    """Give logs of content used, fed back and deleted."""
    with opened_desks(tmp_path_factory.mktemp("used"), TEXT) as desks:
        desks.to_content()
        desks.ask(asking.give_feedback, use="located")
        desks.ask(asking.delete)
        desks.carry()
        return logs_of(desks)


@pytest.fixture(scope="module")
def appealed(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    """Give logs of a release in an emergency, reviewed at the holder only."""
    with opened_desks(tmp_path_factory.mktemp("appealed"), TEXT) as desks:
        desks.to_request(emergency=APPEAL)
        desks.hold(holding.approve, by=SUPERVISOR)
        desks.carry()
        desks.acknowledge()
        desks.carry()
        desks.hold(reviewing.review, by=replace(SUPERVISOR, name="n.richter"), result="in order")
        return logs_of(desks)


def found(logs: Logs) -> list[tuple[str, str]]:
    return [(one.kind, str(one.text)) for one in logs.compared().findings]


def test_a_copy_that_is_not_erased_and_not_fed_back_is_named_once_its_days_are_over(copied: Logs) -> None:
    assert found(copied) == []
    late = found(replace(copied, later=timedelta(days=TEXT.handling.feedback_days + 2)))
    assert [kind for kind, _ in late] == ["overdue_feedback"]
    later = found(replace(copied, later=timedelta(days=DAYS + 2)))
    assert [kind for kind, _ in later] == ["overdue_deletion", "overdue_feedback"]
    number = copied.find(ASKER, "content_received").number
    assert later[0][1].startswith(f"{ASKER} entry {number} (content_received): the copy was not erased")


def test_a_copy_erased_on_its_day_is_in_order(used: Logs) -> None:
    erased = used.find(ASKER, "content_deleted")
    on_its_day = used.delayed(ASKER, timedelta(days=DAYS), since=erased.number)
    on_its_day = on_its_day.delayed(HOLDER, timedelta(days=DAYS), since=used.find(HOLDER, "deletion_confirmed").number)
    assert found(on_its_day) == []


def test_a_copy_erased_too_late_is_named_with_both_entries(used: Logs) -> None:
    erased = used.find(ASKER, "content_deleted")
    late = used.delayed(ASKER, timedelta(days=DAYS + 3), since=erased.number)
    late = late.delayed(HOLDER, timedelta(days=DAYS + 3), since=used.find(HOLDER, "deletion_confirmed").number)
    ((kind, text),) = found(late)
    assert kind == "overdue_deletion"
    assert f"erased only with entry {erased.number}" in text


def test_feedback_given_too_late_is_named(used: Logs) -> None:
    days = timedelta(days=TEXT.handling.feedback_days + 3)
    late = used.delayed(ASKER, days, since=used.find(ASKER, "feedback_sent").number)
    late = late.delayed(HOLDER, days, since=used.find(HOLDER, "feedback_received").number)
    ((kind, text),) = found(late)
    assert kind == "overdue_feedback"
    assert "feedback was given only with entry" in text


def test_a_receipt_for_an_erasure_that_never_was_is_missing_at_the_asker(used: Logs) -> None:
    ((kind, text),) = found(used.without(ASKER, used.find(ASKER, "content_deleted")))
    assert kind == "missing"
    assert text.startswith(f"{ASKER} has no entry that it sent the receipt for an erasure")


def test_a_receipt_for_another_cause_differs(used: Logs) -> None:
    ((kind, text),) = found(used.saying(HOLDER, used.find(HOLDER, "deletion_confirmed"), cause="due"))
    assert kind == "differing"
    assert "cause officer sent, due received" in text


def test_what_is_offered_takes_the_approvals_before_content_is_sent(tmp_path: Path) -> None:
    with opened_desks(tmp_path, TEXT) as desks:
        desks.to_offer()
        logs = logs_of(desks)
    assert found(logs) == []
    dropped = found(logs.without(HOLDER, logs.find(HOLDER, "approval_given")))
    assert {kind for kind, _ in dropped} == {"release_without_approval"}
    assert any("(release_offered) was made with 1 of 2 approvals" in text for _, text in dropped)


def test_a_request_without_answer_is_named_once_its_hours_are_over(tmp_path: Path) -> None:
    with opened_desks(tmp_path, TEXT) as desks:
        desks.to_request()
        logs = logs_of(desks)
    hours = TEXT.release.clock_hours
    assert found(replace(logs, later=timedelta(hours=hours - 1))) == []
    ((kind, text),) = found(replace(logs, later=timedelta(hours=hours + 1)))
    assert kind == "unanswered_referral"
    assert f"not answered within {hours} hours" in text


def test_an_urgent_request_has_the_shorter_clock(tmp_path: Path) -> None:
    with opened_desks(tmp_path, TEXT) as desks:
        desks.to_request(urgency="urgent")
        logs = logs_of(desks)
    hours = TEXT.release.urgent_clock_hours
    assert [kind for kind, _ in found(replace(logs, later=timedelta(hours=hours + 1)))] == ["unanswered_referral"]


def test_the_clock_stands_still_with_a_judge(tmp_path: Path) -> None:
    with opened_desks(tmp_path, TEXT) as desks:
        desks.to_request()
        desks.hold(holding.hand_to_judge)
        desks.carry()
        logs = logs_of(desks)
    assert found(replace(logs, later=timedelta(days=60))) == []


def test_a_declined_request_is_answered(tmp_path: Path) -> None:
    with opened_desks(tmp_path, TEXT) as desks:
        desks.to_request()
        desks.hold(holding.decline, reason="another matter")
        desks.carry()
        logs = logs_of(desks)
    assert found(replace(logs, later=timedelta(days=60))) == []


def test_an_emergency_is_approved_by_as_many_as_its_own_clause_asks(appealed: Logs) -> None:
    assert found(appealed) == []
    dropped = found(appealed.without(HOLDER, appealed.find(HOLDER, "approval_given")))
    assert any("made with 0 of 1 approvals (entries: none)" in text for _, text in dropped)


def test_what_came_of_an_emergency_is_reviewed_on_each_side(appealed: Logs) -> None:
    days = TEXT.emergency.review_days
    ((kind, text),) = found(replace(appealed, later=timedelta(days=days + 2)))
    assert kind == "emergency_without_review"
    assert text.startswith(f"{ASKER} entry {appealed.find(ASKER, 'emergency_used').number} (emergency_used)")
    unreviewed = appealed.without(HOLDER, appealed.find(HOLDER, "emergency_reviewed"))
    both = found(replace(unreviewed, later=timedelta(days=days + 2)))
    assert [kind for kind, _ in both] == ["emergency_without_review"] * 2


def test_leave_takes_the_approvals_of_a_release(tmp_path: Path) -> None:
    with opened_desks(tmp_path, TEXT) as desks:
        desks.to_content()
        desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="an arrest")
        desks.carry()
        desks.hold(leave.answer_consent, number=1, given=True)
        desks.hold(leave.answer_consent, by=SUPERVISOR, number=1, given=True)
        desks.carry()
        logs = logs_of(desks)
    assert texts(logs.compared()) == []
    ((kind, text),) = found(logs.without(HOLDER, logs.find(HOLDER, "consent_approved")))
    assert kind == "release_without_approval"
    assert "(consent_decided) was made with 1 of 2 approvals" in text


def test_of_repeated_feedback_the_one_that_was_dropped_is_named(tmp_path: Path) -> None:
    with opened_desks(tmp_path, TEXT) as desks:
        desks.to_content()
        for use in ("located", "no_use", "located"):
            desks.ask(asking.give_feedback, use=use)
            desks.carry()
        logs = logs_of(desks)
    assert texts(logs.compared()) == []
    for place in range(3):
        sent = logs.find(ASKER, "feedback_sent", place)
        dropped = logs.without(HOLDER, logs.find(HOLDER, "feedback_received", place)).compared()
        assert [one.entries for one in dropped.findings] == [((ASKER, sent.number),)], place
