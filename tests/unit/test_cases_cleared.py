"""Cleared hits: the same hit coming again bothers nobody, a changed or better one does; and taking a clearing back."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agreements.agreement import Agreement
from node.cases import asking, store
from node.cases.cleared import Cleared, cleared_hits, count_return, known_again
from node.cases.clockwork import KEEPING
from node.cases.facts import write_asked
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import ANALYST, HOLDER, TEXT, TwoDesks, agreement, asked_under, officer, refusal, two_desks

TAG, OTHER_TAG = "a" * 32, "b" * 32
URI = Party.agency(HOLDER).uri
FIRST = "FIRSTAAAAAAAAAAA"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    yield from two_desks(tmp_path, TEXT)


def hit(
    desks: TwoDesks, reference: str = FIRST, tag: str = TAG, band: str = "probable", text: Agreement = TEXT
) -> None:
    """Note a hit at the asker that has a tag."""
    asked = write_asked(asked_under(text, desks.clock[0]), "art. 26")
    received = store.ReceivedHit(reference, URI, text, asked, b"q" * 16, band, desks.clock[0], repeat=tag)
    with desks.asker.file.transaction() as connection:
        store.note_hit(connection, received)


def clear(desks: TwoDesks, reason: str = "another birth place") -> None:
    hit(desks)
    desks.ask(asking.reject, reference=FIRST, reason=reason)


def again(desks: TwoDesks, *told: tuple[str, str], member: str = URI, by: str = ANALYST.name) -> dict[str, Cleared]:
    """Give what is known again of an answer."""
    return known_again(desks.asker.file.connection, member, told or ((TAG, "probable"),), by)


def test_who_rejects_a_hit_clears_it_with_name_moment_and_reason(desks: TwoDesks) -> None:
    clear(desks)
    cleared = again(desks)[TAG]
    said = (cleared.officer, cleared.cleared_at, cleared.reason, cleared.reference, cleared.case_reference)
    assert said == (ANALYST.name, desks.clock[0], "another birth place", FIRST, "2026/117")


def test_it_stays_cleared_when_the_rejected_case_is_erased(desks: TwoDesks) -> None:
    clear(desks)
    desks.wait(timedelta(days=1))
    with pytest.raises(SymbolonError):
        desks.case(FIRST)
    assert TAG in again(desks)


def test_what_was_confirmed_or_has_no_tag_is_not_cleared(desks: TwoDesks) -> None:
    hit(desks, "NOTAGAAAAAAAAAAA", "")
    desks.ask(asking.reject, reference="NOTAGAAAAAAAAAAA", reason="another")
    hit(desks, "CONFIRMEDAAAAAAA", OTHER_TAG)
    desks.ask(asking.confirm, reference="CONFIRMEDAAAAAAA")
    assert cleared_hits(desks.asker.file.connection, 10) == []
    assert again(desks, ("", "possible"), (OTHER_TAG, "possible")) == {}


@pytest.mark.parametrize(("band", "is_known"), [("strong", False), ("probable", True), ("possible", True)])
def test_a_hit_that_is_better_now_is_looked_at_again(desks: TwoDesks, band: str, is_known: bool) -> None:
    clear(desks)
    assert (TAG in again(desks, (TAG, band))) is is_known


def test_another_members_hit_is_not_known_by_the_same_tag(desks: TwoDesks) -> None:
    clear(desks)
    assert again(desks, member=Party.agency("IT-ALTRA").uri) == {}


def test_a_tag_that_an_answer_has_twice_folds_nobody_away(desks: TwoDesks) -> None:
    """A holder that gave one tag to two records would hide one behind the other."""
    clear(desks)
    assert again(desks, (TAG, "probable"), (TAG, "possible")) == {}


def test_a_joint_teams_clearing_is_for_its_members(tmp_path: Path) -> None:
    team = {
        "case": "2026/117",
        "members": [{"agency": "FR-DNMS", "officer": "a.durand"}, {"agency": HOLDER, "officer": "k.weber"}],
    }
    text = agreement(joint_team=team)
    for desks in two_desks(tmp_path, text):
        hit(desks, text=text)
        desks.ask(asking.reject, reference=FIRST, reason="another")
        assert TAG in again(desks)
        assert again(desks, by="z.fremd") == {}
        stranger = officer("z.fremd")
        assert desks.asker.desk.cleared(stranger) == []
        with pytest.raises(SymbolonError):
            desks.asker.desk.take_back_clearing(FIRST, "", stranger)
        assert len(desks.asker.desk.cleared(officer("p.pruefer", "auditor"))) == 1


def test_who_takes_it_back_is_logged_and_the_hit_is_new_again(desks: TwoDesks) -> None:
    clear(desks)
    desks.asker.desk.take_back_clearing(FIRST, HOLDER, ANALYST)
    assert again(desks) == {}
    assert desks.asker.events()[-1] == "clearing_taken_back"
    with pytest.raises(SymbolonError) as error:
        desks.asker.desk.take_back_clearing(FIRST, "", ANALYST)
    assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE
    assert desks.asker.events()[-1] == "step_refused"


def test_a_clearing_is_erased_when_a_closed_case_would_be(desks: TwoDesks) -> None:
    clear(desks)
    desks.wait(KEEPING.closed - timedelta(days=1))
    assert TAG in again(desks)
    desks.wait(timedelta(days=1, seconds=1))
    assert cleared_hits(desks.asker.file.connection, 10) == []


def test_nothing_of_a_person_is_kept_with_a_clearing(desks: TwoDesks) -> None:
    clear(desks)
    row = desks.asker.file.connection.execute("SELECT * FROM cleared_hit").fetchone()
    assert "Melanos" not in str(dict(row))
    assert "1984" not in str(dict(row))


async def test_the_page_of_cleared_hits_lists_them_and_takes_one_back(tmp_path: Path, desks: TwoDesks) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    clear(desks, nasty)
    (cleared,) = cleared_hits(desks.asker.file.connection, 10)
    with desks.asker.file.transaction() as connection:
        count_return(connection, cleared, desks.clock[0])
    with ConsoleDesk(tmp_path, desks.asker.desk) as console:
        console.enter("a.durand", "analyst")
        console.enter("s.chef", "supervisor")
        console.enter("k.weber", "release_officer")
        page = (await console.browser("s.chef").get("/cases/cleared")).text
        assert "1 time" in page
        assert html.escape(nasty) in page
        assert "<img src=x" not in page
        assert "<button>Take it back" not in page
        assert (await console.browser("k.weber").get("/cases/cleared")).status_code == 403
        browser = console.browser("a.durand")
        assert "<button>Take it back" in (await browser.get("/cases/cleared")).text
        sent = await browser.send("/cases/cleared/take-back", reference=FIRST, partner=HOLDER)
        assert sent.headers["location"] == "/cases/cleared"
        assert "No hits are cleared." in (await browser.get("/cases/cleared")).text
        assert (await browser.send("/cases/cleared/take-back", reference=FIRST)).status_code == 404
