"""A query put again opens a second case on the same record: each of the two names the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlite_utils import Database

from agreements.agreement import Agreement
from cli.case_output import described
from cli.case_text import text_of
from node.cases import asking, store
from node.cases.cleared import cleared_hits
from node.cases.facts import write_asked
from node.cases.tables import MIGRATIONS
from node.cases.wire import case_shown
from node.database import DatabaseFile
from symbolon.rpc.identity import Party
from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import (
    ANALYST,
    HOLDER,
    REFERENCE,
    SECOND_ANALYST,
    TEXT,
    TwoDesks,
    agreement,
    asked_under,
    two_desks,
)

TAG, OTHER_TAG = "a" * 32, "b" * 32
FIRST, SECOND, THIRD = "FIRSTAAAAAAAAAAA", "SECONDAAAAAAAAAA", "THIRDAAAAAAAAAAA"
MEMBERS = [{"agency": "FR-DNMS", "officer": ANALYST.name}, {"agency": HOLDER, "officer": "t.team"}]
TEAM = agreement(joint_team={"case": "2026/117", "members": MEMBERS})


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    yield from two_desks(tmp_path, TEXT)


def hit(
    desks: TwoDesks,
    reference: str,
    query: bytes,
    tag: str = TAG,
    member: str = HOLDER,
    text: Agreement = TEXT,
) -> None:
    """Note a hit of one query at the asker."""
    asked = write_asked(asked_under(text, desks.clock[0]), "art. 26")
    uri = Party.agency(member).uri
    received = store.ReceivedHit(reference, uri, text, asked, query * 16, "probable", desks.clock[0], repeat=tag)
    with desks.asker.file.transaction() as connection:
        store.note_hit(connection, received)


def named(desks: TwoDesks, reference: str) -> list[tuple[str, str]]:
    """Give the cases that are named beside one, and where they stand."""
    found = desks.asker.desk.same_hits(desks.case(reference), ANALYST)
    return [(one.reference, one.state.value) for one in found]


def test_cases_of_one_record_name_each_other_and_where_they_stand(desks: TwoDesks) -> None:
    hit(desks, FIRST, b"1")
    hit(desks, SECOND, b"2")
    desks.ask(asking.confirm, reference=FIRST)
    assert named(desks, SECOND) == [(FIRST, "confirmed")]
    assert named(desks, FIRST) == [(SECOND, "hit")]


@pytest.mark.parametrize(
    "other",
    [
        {"tag": OTHER_TAG},
        {"member": "IT-ALTRA"},
        {"query": b"1"},  # two records of one answer, which the holder gave one tag
    ],
)
def test_another_record_is_not_named(desks: TwoDesks, other: dict[str, object]) -> None:
    hit(desks, FIRST, b"1")
    hit(desks, SECOND, **{"query": b"2"} | other)  # type: ignore[arg-type]
    assert named(desks, FIRST) == []


def test_after_a_month_of_nights_the_case_that_is_further_is_named(desks: TwoDesks) -> None:
    hit(desks, FIRST, b"1")
    desks.ask(asking.confirm, reference=FIRST)
    for night in range(2, 27):
        desks.clock[0] += timedelta(days=1)
        hit(desks, f"NIGHT{chr(63 + night) * 11}", bytes([night]))
    assert (FIRST, "confirmed") in named(desks, "NIGHTYYYYYYYYYYY")


def test_to_reject_a_double_of_what_is_confirmed_clears_nothing(desks: TwoDesks) -> None:
    hit(desks, FIRST, b"1")
    hit(desks, SECOND, b"2")
    desks.ask(asking.confirm, reference=FIRST)
    desks.ask(asking.reject, reference=SECOND, reason="a double of the other")
    assert cleared_hits(desks.asker.file.connection, 10) == []


def test_what_is_confirmed_after_it_was_cleared_is_cleared_no_more(desks: TwoDesks) -> None:
    hit(desks, FIRST, b"1")
    hit(desks, SECOND, b"2")
    desks.ask(asking.reject, reference=FIRST, reason="another scar")
    assert len(cleared_hits(desks.asker.file.connection, 10)) == 1
    desks.ask(asking.confirm, reference=SECOND)
    assert cleared_hits(desks.asker.file.connection, 10) == []


def test_hits_without_a_tag_are_not_taken_for_one(desks: TwoDesks) -> None:
    hit(desks, FIRST, b"1", tag="")
    hit(desks, SECOND, b"2", tag="")
    assert named(desks, FIRST) == []


def test_a_joint_teams_case_is_named_to_its_members_only(desks: TwoDesks) -> None:
    hit(desks, FIRST, b"1")
    hit(desks, SECOND, b"2", text=TEAM)
    case = desks.case(FIRST)
    assert [one.reference for one in desks.asker.desk.same_hits(case, ANALYST)] == [SECOND]
    assert desks.asker.desk.same_hits(case, SECOND_ANALYST) == []


async def test_the_console_and_the_command_line_name_them(desks: TwoDesks, tmp_path: Path) -> None:
    hit(desks, FIRST, b"1")
    hit(desks, SECOND, b"2")
    with ConsoleDesk(tmp_path, cases=desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        page = (await console.browser(ANALYST.name).get(f"/cases/{HOLDER}/{SECOND}")).text
    assert f'href="/cases/{HOLDER}/{FIRST}"' in page
    scene, case = desks.asker.desk.scene(), desks.case(SECOND)
    shown = described(case_shown(case, scene, ANALYST, desks.asker.desk.same_hits(case, ANALYST)))
    terminal = Console(width=120)
    with terminal.capture() as capture:
        terminal.print(text_of("case", shown, desks.clock[0]))
    assert f"same record also in {FIRST}, hit, since" in " ".join(capture.get().split())


def test_a_file_that_cannot_be_read_hides_no_other(desks: TwoDesks) -> None:
    for reference, query in ((FIRST, b"1"), (SECOND, b"2"), (THIRD, b"3")):
        hit(desks, reference, query)
    with desks.asker.file.transaction() as connection:
        connection.execute("UPDATE hit_case SET document = '{' WHERE reference = ?", (SECOND,))
    assert named(desks, FIRST) == [(THIRD, "hit")]


def test_cases_that_were_there_before_are_found_too(desks: TwoDesks, tmp_path: Path) -> None:
    hit(desks, FIRST, b"1")
    hit(desks, SECOND, b"2")
    rows = [tuple(row)[:-1] for row in desks.asker.file.connection.execute("SELECT * FROM hit_case")]
    older = Database(tmp_path / "older.db")
    MIGRATIONS.apply(older, stop_before="tag_cases")
    for row in (*rows, (rows[0][0], "DAMAGEDAAAAAAAAA", *rows[0][2:-1], "{")):
        older.execute("INSERT INTO hit_case VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    older.conn.commit()
    older.close()
    with DatabaseFile(tmp_path / "older.db", MIGRATIONS) as newer:
        found = dict(newer.connection.execute("SELECT reference, tag FROM hit_case").fetchall())
        assert found == {REFERENCE: "", "DAMAGEDAAAAAAAAA": "", FIRST: TAG, SECOND: TAG}
