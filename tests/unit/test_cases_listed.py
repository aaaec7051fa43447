"""The officers' lists: a document nobody can read hides no other, and one question put often is one line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agreements.stages import ReferralState
from node.cases import asking, holding
from node.cases.listing import Wanted
from node.cases.urgency import weighed_case, weighed_referral
from node.cases.wire import case_listed, referral_listed
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import cases_pb2 as wire
from tests.unit.two_desks import ANALYST, REFERENCE, RELEASE, ROW, TEXT, Desk, TwoDesks, held, refusal, two_desks

OTHER = "QRSTUVWXYZ234567"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


def silent_hits(desks: TwoDesks, first: int, count: int, record: str = "Z-1", case: str = "2026/117") -> list[str]:
    """Note silent hits an hour apart, and give their references."""
    references = [f"{number:016d}".translate(str.maketrans("0189", "ABCD")) for number in range(first, first + count)]
    for reference in references:
        desks.clock[0] += timedelta(hours=1)
        desks.hit(TEXT, reference, silent=True, record=record, case=case)
    return references


def lines(desks: TwoDesks) -> list[wire.ReferralShown]:
    """Give what the holder's officer gets as the list."""
    scene = desks.holder.desk.scene()
    return [referral_listed(weighed_referral(line, scene)) for line in desks.holder.desk.referrals(RELEASE)]


# Documents that cannot be read


def _break(desks: TwoDesks) -> None:
    for desk, table in ((desks.asker, "hit_case"), (desks.holder, "referral")):
        with desk.file.transaction() as connection:
            connection.execute(
                f"UPDATE {table} SET document = replace(document, '\"version\":', '\"Melanos\":')"  # noqa: S608  # tables of ours
                " WHERE reference = ?",
                (REFERENCE,),
            )


def test_a_document_nobody_can_read_is_a_line_that_says_so_and_hides_no_other(
    desks: TwoDesks, caplog: pytest.LogCaptureFixture
) -> None:
    desks.hit(TEXT, OTHER)
    for reference in (REFERENCE, OTHER):
        desks.ask(asking.confirm, reference=reference)
        desks.ask(asking.request, facts="seen twice", reference=reference)
    desks.carry()
    _break(desks)
    scene = desks.asker.desk.scene()
    shown = [case_listed(weighed_case(line, scene)) for line in desks.asker.desk.cases(ANALYST)]
    cases = {one.file.reference: one.file for one in shown}
    referrals = {one.file.reference: one.file for one in lines(desks)}
    for files, partner in ((cases, "DE-ZASM"), (referrals, "FR-DNMS")):
        assert {reference: file.state for reference, file in files.items()} == {
            REFERENCE: "unreadable",
            OTHER: "requested",
        }
        assert files[REFERENCE].partner == partner
        assert list(files[REFERENCE].alerts) == [
            "this file cannot be read: tell who runs the node; it stood at requested"
        ]
    assert "ValidationError" in caplog.text
    assert "Melanos" not in caplog.text


def test_cases_are_looked_for_although_a_document_is_no_json(desks: TwoDesks) -> None:
    desks.hit(TEXT, OTHER, case="2026/200")
    with desks.asker.file.transaction() as connection:
        connection.execute("UPDATE hit_case SET document = '{' WHERE reference = ?", (REFERENCE,))

    def found(**wanted: str) -> set[str]:
        return {line.reference for line in desks.asker.desk.cases(ANALYST, wanted=Wanted(**wanted))}

    assert found(reference="2026/200") == {OTHER}
    assert found(member="symbolon://agency/DE-ZASM", state="hit") == {REFERENCE, OTHER}
    assert found(member="symbolon://agency/IT-ALTRA") == set()
    assert found(reference="2026/117") == set()


def test_a_document_nobody_can_read_is_a_clear_error_to_who_opens_it(desks: TwoDesks) -> None:
    _break(desks)
    for take in (
        lambda: desks.ask(asking.confirm),
        lambda: desks.hold(holding.recall, reason="a mistake"),
        lambda: desks.asker.desk.show_case(REFERENCE, "", ANALYST),
        lambda: desks.holder.desk.show_referral(REFERENCE, RELEASE),
    ):
        with pytest.raises(SymbolonError) as error:
            take()
        assert refusal(error) == (
            ErrorCode.STEP_NOT_POSSIBLE,
            "this file cannot be read: tell who runs the node",
        )
        assert error.value.__cause__ is None


# What runs out


def newer(desk: Desk, table: str, count: int, *alike: str) -> None:
    """Put copies of the one file there is into a table, an hour apart; alike in these moments."""
    with desk.file.transaction() as connection:
        row = dict(connection.execute(f"SELECT * FROM {table}").fetchone())  # noqa: S608  # tables of ours
        for hours in range(1, count + 1):
            reference = f"{hours:016d}".translate(str.maketrans("0189", "ABCD"))
            later = {
                name: (datetime.fromisoformat(row[name]) + timedelta(hours=hours)).isoformat(timespec="microseconds")
                for name in ("opened_at", "since", "wakes")
            }
            document = row["document"].replace(REFERENCE, reference)
            later |= {name: row[name] for name in alike}
            copy = row | later | {"reference": reference, "document": document}
            copy |= {"alike": reference} if "alike" in row else {}
            sql = f"INSERT INTO {table} ({', '.join(copy)}) VALUES ({', '.join('?' * len(copy))})"  # noqa: S608  # tables of ours
            connection.execute(sql, tuple(copy.values()))


@pytest.mark.parametrize("alike", [(), ("wakes",)])
def test_what_runs_out_first_is_in_every_list_however_much_is_newer(
    desks: TwoDesks, monkeypatch: pytest.MonkeyPatch, alike: tuple[str, ...]
) -> None:
    monkeypatch.setattr("node.cases.desk.MOST_LISTED", 3)
    desks.to_request()
    assert not desks.holder.desk.referrals(RELEASE).has_more
    newer(desks.holder, "referral", 4, *alike)
    newer(desks.asker, "hit_case", 4, *alike)
    referrals, cases = desks.holder.desk.referrals(RELEASE), desks.asker.desk.cases(ANALYST)
    for found in (referrals, cases):
        assert (len(found), found[-1].reference, found.has_more) == (3, REFERENCE, True)
        assert [line.opened_at for line in found] == sorted((line.opened_at for line in found), reverse=True)


def test_a_request_whose_time_has_passed_stays_in_the_list_before_those_whose_runs(
    desks: TwoDesks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.cases.desk.MOST_LISTED", 3)
    desks.to_request()
    newer(desks.holder, "referral", 4)
    with desks.holder.file.transaction() as connection:
        connection.execute(
            "UPDATE referral SET state = 'overdue', wakes = '2099-01-01T00:00:00+00:00' WHERE reference = ?",
            (REFERENCE,),
        )
    assert REFERENCE in [line.reference for line in desks.holder.desk.referrals(RELEASE)]


# Silent hits that come again


def test_silent_hits_on_one_record_for_one_case_are_one_line(desks: TwoDesks) -> None:
    references = silent_hits(desks, 0, 5)
    (line,) = lines(desks)
    assert line.file.reference == references[-1]
    assert list(line.file.alerts) == [
        "a silent hit: its asker was told nothing",
        "5 times for this case, first on 2026-06-01; the newest is shown",
    ]


def test_silent_hits_on_other_people_or_for_other_cases_have_lines_of_their_own(desks: TwoDesks) -> None:
    desks.holder.records["Z-2"] = held(ROW | {"dob": ["1990-01-01"]})
    newest = [
        silent_hits(desks, first, 2, record, case)[-1]
        for first, record, case in ((0, "Z-1", "2026/117"), (10, "Z-2", "2026/117"), (20, "Z-1", "2026/118"))
    ]
    assert [one.file.reference for one in lines(desks)] == newest[::-1]


def test_records_that_are_the_same_person_to_the_letter_share_a_line(desks: TwoDesks) -> None:
    desks.holder.records["Z-2"] = held()
    silent_hits(desks, 0, 2)
    silent_hits(desks, 10, 2, "Z-2")
    assert len(lines(desks)) == 1


def test_silent_hits_without_end_push_nothing_out_of_the_list(desks: TwoDesks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.cases.desk.MOST_LISTED", 3)
    desks.to_request()
    silent_hits(desks, 0, 10)
    assert [one.file.state for one in lines(desks)] == ["requested", "silent"]


def test_who_takes_note_of_a_silent_hit_takes_note_of_its_line(desks: TwoDesks) -> None:
    references = silent_hits(desks, 0, 4)
    (other,) = silent_hits(desks, 10, 1, case="2026/118")
    seen = desks.holder.desk.see(references[-1], RELEASE)
    assert seen.reference == references[-1]
    assert {desks.referral(one).state for one in references} == {ReferralState.SILENT_SEEN}
    assert desks.referral(other).state is ReferralState.SILENT
    assert desks.holder.events().count("hit_silent_seen") == 4
    assert [one.file.state for one in lines(desks)] == ["silent"]
    (again,) = silent_hits(desks, 20, 1)
    assert lines(desks)[0].file.reference == again  # what comes after is to be seen again
