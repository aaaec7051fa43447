"""Two real logs of a hit followed up, compared: whole, with any one entry dropped, with entries that say otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from auditing.reconciliation_outcome import Outcome
from tests.unit.exported import walked
from tests.unit.reconciled import Logs, texts
from tests.unit.two_desks import ASKER, HOLDER, TEXT

ONE_SIDED = {
    "agreement_accepted",
    "hit_confirmed",
    "match_confirmed",
    "content_deleted",  # by a recall, whose receipt stands for it
}
"""Entries that no other log speaks of."""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    return Logs.of(walked(tmp_path_factory.mktemp("walked")).exports, TEXT)


def unchecked(outcome: Outcome, what: str) -> int:
    """Give how often something could not be checked, by its sentence."""
    return sum(count for one, count in outcome.not_checked.items() if str(one) == what)


def test_logs_of_a_walk_to_correction_and_recall_match(logs: Logs) -> None:
    outcome = logs.compared()
    assert texts(outcome) == []
    assert not outcome.not_checked
    counts = {(row["what"], row["from"]): row["matched"] for row in outcome.rows()}
    for what in ("offer", "content", "correction", "recall"):
        assert counts[what, HOLDER] == 1, what
    for what in ("request", "acknowledgement", "recall receipt", "correction receipt"):
        assert counts[what, ASKER] == 1, what


def test_dropping_any_one_entry_of_either_side_names_that_disclosure_and_nothing_else(logs: Logs) -> None:
    for party, entries in logs.entries.items():
        for entry, _ in entries:
            outcome = logs.without(party, entry).compared()
            where = f"{party} {entry.number} {entry.event.type}"
            if entry.event.type in ONE_SIDED:
                assert texts(outcome) == [], where
                continue
            assert outcome.findings, where
            for finding in outcome.findings:
                assert finding.kind in ("missing", "release_without_approval"), where
                assert party in str(finding.text), where
                cited = {(one, number) for one, number in finding.entries}
                assert (party, entry.number) not in cited, where
            dropped = entry.event
            if finding_of_missing := [one for one in outcome.findings if one.kind == "missing"]:
                assert len(finding_of_missing) <= 2, where  # a request that came also told the asker so
                assert all(party in str(one.text).split(" has no entry", 1)[0] for one in finding_of_missing), where
            else:
                assert dropped.type == "approval_given", where


def test_an_approval_less_than_the_agreement_asks_is_a_release_without_approval(logs: Logs) -> None:
    outcome = logs.without(HOLDER, logs.find(HOLDER, "approval_given")).compared()
    assert {one.kind for one in outcome.findings} == {"release_without_approval"}
    assert any("was made with 1 of 2 approvals" in text for text in texts(outcome))
    assert any("counted 2 approvals, of which the log has 1" in text for text in texts(outcome))


def test_one_person_who_approves_twice_is_found(logs: Logs) -> None:
    second = logs.find(HOLDER, "approval_given", 1)
    outcome = logs.opening(HOLDER, second, officer="k.weber").compared()
    assert len(outcome.findings) == 1
    assert "approved by 1 of 2 people, one of them twice" in str(outcome.findings[0].text)


def test_an_approval_in_a_role_that_does_not_approve_counts_for_nothing(logs: Logs) -> None:
    outcome = logs.saying(HOLDER, logs.find(HOLDER, "approval_given"), role="analyst").compared()
    assert ["made with 1 of 2" in text for text in texts(outcome)] == [True]


def test_an_approval_of_something_else_counts_for_nothing(logs: Logs) -> None:
    outcome = logs.saying(HOLDER, logs.find(HOLDER, "approval_given"), approved="ab" * 32).compared()
    assert any("made with 1 of 2" in text for text in texts(outcome))


def test_what_needs_opened_fields_is_counted_as_not_checked_and_never_as_fine(logs: Logs) -> None:
    outcome = logs.closed().compared()
    assert texts(outcome) == []
    assert {str(what): count for what, count in outcome.not_checked.items()} == {
        "whether different people approved: the field officer is not opened": 2,
        "whether who asked approved: the field decision is not opened": 2,
    }


def test_duties_under_an_agreement_that_is_not_there_are_counted_as_not_checked(logs: Logs) -> None:
    outcome = replace(logs, agreements=()).compared()
    assert texts(outcome) == []
    assert unchecked(outcome, "approvals: the text of the agreement is in no export") == 2
    assert unchecked(outcome, "feedback and erasure: the text of the agreement is in no export") == 1


def test_content_of_another_digest_differs(logs: Logs) -> None:
    outcome = logs.saying(HOLDER, logs.find(HOLDER, "content_sent"), digest="ab" * 32).compared()
    assert [one.kind for one in outcome.findings] == ["differing"]
    assert "another digest" in str(outcome.findings[0].text)


def test_more_fields_received_than_sent_differ_and_fewer_do_not(logs: Logs) -> None:
    sent, received = logs.find(HOLDER, "content_sent"), logs.find(ASKER, "content_received")
    assert texts(logs.saying(ASKER, received, fields=("names",)).compared()) == []
    outcome = logs.saying(HOLDER, sent, fields=("names",)).compared()
    assert ["other fields" in text for text in texts(outcome)] == [True]


def test_an_emergency_that_one_side_only_knows_differs(logs: Logs) -> None:
    outcome = logs.saying(ASKER, logs.find(ASKER, "request_sent"), emergency=True).compared()
    assert ["emergency yes sent, no received" in text for text in texts(outcome)] == [True]


def test_mail_that_may_be_under_way_is_not_missing(logs: Logs) -> None:
    last = logs.find(HOLDER, "recall_confirmed")
    outcome = replace(logs.without(HOLDER, last), later=timedelta(hours=1)).compared()
    assert texts(outcome) == []
    assert [row["not_yet"] for row in outcome.rows() if row["what"] == "recall receipt"] == [1]


def test_mail_before_some_that_has_come_is_missing_however_short_it_is_ago(logs: Logs) -> None:
    earlier = logs.find(ASKER, "content_received")
    outcome = replace(logs.without(ASKER, earlier), later=timedelta()).compared()
    assert len(outcome.findings) == 1
    assert "has no entry that it received released content" in str(outcome.findings[0].text)


def test_what_lies_before_an_export_is_not_missing_from_it(logs: Logs) -> None:
    begin = logs.find(ASKER, "content_received")
    early = [entry for entry, _ in logs.entries[ASKER] if entry.number < begin.number]
    part = replace(logs.without(ASKER, *early), since={ASKER: begin.time}).compared()
    assert texts(part) == []
    assert sum(row["not_yet"] for row in part.rows()) == 4  # request, word of it, offer, acknowledgement


def test_approvals_before_an_export_are_not_checked(logs: Logs) -> None:
    begin = logs.find(HOLDER, "acknowledgement_received")
    early = [entry for entry, _ in logs.entries[HOLDER] if entry.number < begin.number]
    part = replace(logs.without(HOLDER, *early), since={HOLDER: begin.time}).compared()
    assert texts(part) == []
    assert unchecked(part, "approvals: the request lies before the first entry of the export") == 2
