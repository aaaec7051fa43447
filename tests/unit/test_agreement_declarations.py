"""What parties state of their agreements: who takes back a word is heard at once, and nobody speaks for another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from agreements.reading import parse_agreement
from agreements.signing import Kind
from agreements.template import TEMPLATE
from node.agreements import book, signing
from node.agreements.declarations import write_message
from node.cases_file import open_cases
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.agreement_desk import DAY, DE, FIRST, FR, GR, HOUR, NOW, Desk, amended, open_desk
from tests.unit.signatories import CERTIFIED, Signatories


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("by", [FR, DE])
def test_a_suspension_counts_at_once_and_only_its_party_takes_it_back(desk: Desk, by: str) -> None:
    other = DE if by == FR else FR
    desk.conclude()
    desk.declare(desk.keys.declare("suspends", by, FIRST, NOW))
    assert not desk.in_force()
    desk.declare(desk.keys.declare("resumes", other, FIRST, NOW + HOUR))
    assert not desk.in_force()
    desk.declare(desk.keys.declare("resumes", by, FIRST, NOW + HOUR))
    assert desk.in_force()


def test_statements_count_in_the_order_they_were_made_not_in_that_they_came(desk: Desk) -> None:
    desk.conclude()
    suspension = desk.keys.declare("suspends", DE, FIRST, NOW)
    resumption = desk.keys.declare("resumes", DE, FIRST, NOW + HOUR)
    desk.declare(resumption)
    desk.declare(suspension)
    assert desk.in_force()
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW + 2 * HOUR))
    desk.declare(resumption)
    assert not desk.in_force(), "an old resumption, sent again, takes nothing back"


def test_of_a_suspension_and_a_resumption_of_one_moment_the_suspension_counts(desk: Desk) -> None:
    desk.conclude()
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW))
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW))
    assert not desk.in_force()


def test_a_statement_signed_again_is_still_one(desk: Desk) -> None:
    desk.conclude()
    for _ in range(3):
        desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW))
    assert desk.logged() == ["agreement_accepted", "agreement_suspended"]
    assert len(desk.book.declarations(FIRST.hash)) == 1


def test_a_resumption_of_the_future_is_refused_and_a_suspension_of_the_future_counts(desk: Desk) -> None:
    desk.conclude()
    with pytest.raises(SymbolonError, match="future"):
        desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + 2 * DAY), NOW)
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW + 2 * DAY), NOW)
    assert not desk.in_force()


def test_a_suspension_of_the_future_counts_from_its_arrival_and_is_taken_back_by_what_is_stated_after_it(
    desk: Desk,
) -> None:
    desk.conclude()
    suspension = desk.keys.declare("suspends", DE, FIRST, NOW + 200 * DAY)
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW - HOUR), NOW)
    desk.declare(suspension, NOW)
    assert not desk.in_force()
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW - HOUR), NOW + HOUR)
    assert not desk.in_force(), "one stated before it takes nothing back"
    desk.declare(suspension, NOW + 2 * HOUR)  # comes again, and nothing is new
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + HOUR), NOW + 3 * HOUR)
    assert desk.in_force()


def test_a_suspension_by_a_clock_that_was_wrong_is_taken_back_once_it_is_right(desk: Desk) -> None:
    desk.conclude()
    ahead = NOW + 200 * DAY
    desk.declare(signing.suspend(desk.keys.of(FR), desk.book, FIRST, ahead), ahead)
    assert not desk.in_force()
    resumption = signing.resume(desk.keys.of(FR), desk.book, FIRST, NOW + HOUR)
    assert resumption.declaration.at < NOW + 2 * HOUR, "partners refuse a resumption of the future"
    desk.declare(resumption, NOW + HOUR)
    assert desk.in_force()


def test_since_when_a_suspension_counts_here_is_told_and_saying_it_again_does_not_move_it(desk: Desk) -> None:
    desk.conclude()
    stated: tuple[tuple[int, Kind], ...] = ((1, "suspends"), (2, "suspends"), (3, "resumes"), (5, "suspends"))
    for day, kind in stated:
        desk.declare(desk.keys.declare(kind, DE, FIRST, NOW + day * DAY - HOUR), NOW + day * DAY)
        standing = desk.book.current().find(FIRST.hash)
        assert standing is not None
        since = {} if kind == "resumes" else {DE: NOW + (1 if day < 3 else 5) * DAY}
        assert standing.suspended_since == since


def test_an_ending_binds_until_its_last_day_and_is_neither_taken_back_nor_put_off(desk: Desk) -> None:
    desk.conclude()
    last = date(2026, 10, 1)
    desk.declare(desk.keys.declare("ends", DE, FIRST, NOW, last))
    desk.declare(desk.keys.declare("ends", DE, FIRST, NOW + HOUR, last + 30 * DAY))
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + HOUR))
    assert desk.in_force(at=datetime(2026, 10, 1, 23, 59, tzinfo=UTC))
    assert not desk.in_force(at=datetime(2026, 10, 2, tzinfo=UTC))


def test_notice_that_is_too_short_counts_as_the_shortest_agreed(desk: Desk) -> None:
    desk.conclude()
    desk.declare(desk.keys.declare("ends", DE, FIRST, NOW, NOW.date()))
    last = NOW + FIRST.validity.notice_days * DAY
    assert desk.in_force(at=last)
    assert not desk.in_force(at=last + DAY)


def test_a_suspension_that_comes_before_its_agreement_counts_once_that_is_here(desk: Desk) -> None:
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW))
    desk.conclude()
    assert not desk.in_force()


def test_an_agency_cannot_fill_the_file_with_statements_on_what_is_not_here(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "MOST_UNKNOWN", 2)
    for one in (FIRST, amended()):
        desk.declare(desk.keys.declare("suspends", DE, one, NOW))
    with pytest.raises(SymbolonError, match="too many"):
        desk.declare(desk.keys.declare("suspends", DE, amended(version=3), NOW))
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW + HOUR))


def test_a_partner_that_says_a_thing_a_thousand_times_leaves_one_statement_and_one_entry(desk: Desk) -> None:
    desk.conclude()
    for number in range(1000):
        desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW + timedelta(seconds=number)))
    assert len(desk.book.declarations(FIRST.hash)) == 1
    assert desk.logged() == ["agreement_accepted", "agreement_suspended"]
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + timedelta(seconds=998)))
    assert not desk.in_force(), "the last time it was said counts"


def test_a_partner_that_changes_its_word_too_often_in_a_day_stays_suspended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "MOST_A_DAY", 2)
    desk.conclude()
    day = NOW + DAY
    for minute, kind in enumerate(("suspends", "resumes", "suspends")):
        desk.declare(desk.keys.declare(kind, DE, FIRST, NOW + timedelta(minutes=minute)), day)  # type: ignore[arg-type]
    with pytest.raises(SymbolonError, match="too many"):
        desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + HOUR), day)
    assert not desk.in_force()
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + HOUR), day + DAY)
    assert desk.in_force()


def test_saying_a_suspension_again_takes_nothing_from_how_often_a_party_may_change_its_word(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "MOST_A_DAY", 2)
    desk.conclude()
    for minutes in range(5):
        desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW + timedelta(minutes=minutes)))
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + HOUR))
    assert desk.in_force()


@pytest.mark.parametrize(
    "damage", ["UPDATE agreement SET bundle = x'00'", "UPDATE agreement_statement SET content = x'00'"]
)
def test_a_suspension_counts_where_what_is_stored_is_damaged_and_after_it_is_restored(desk: Desk, damage: str) -> None:
    desk.conclude()
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW))
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + HOUR))
    bundle = desk.book.bundle(FIRST.hash)
    with desk.book.transaction() as connection:
        connection.execute(damage)
    with pytest.raises(SymbolonError):
        desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + 2 * HOUR))
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW + 3 * HOUR))
    with desk.book.transaction() as connection:
        connection.execute("UPDATE agreement SET bundle = ?", (bundle,))
        connection.execute("UPDATE agreement_change SET token = x'01'")
    assert not desk.in_force()


def test_an_agency_changes_its_own_word_as_often_as_it_likes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "MOST_A_DAY", 1)
    desk.conclude()
    for minute, kind in enumerate(("suspends", "resumes", "suspends", "resumes")):
        desk.declare(desk.keys.declare(kind, FR, FIRST, NOW + timedelta(minutes=minute)))  # type: ignore[arg-type]
    assert desk.in_force()


def test_what_is_not_the_latest_word_is_neither_kept_nor_logged(desk: Desk) -> None:
    desk.conclude()
    desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + HOUR))
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW))
    last = NOW.date() + 200 * DAY
    desk.declare(desk.keys.declare("ends", DE, FIRST, NOW, last))
    desk.declare(desk.keys.declare("ends", DE, FIRST, NOW + HOUR, last + DAY))
    assert desk.logged() == ["agreement_accepted", "agreement_resumed", "agreement_ended"]
    assert {one.kind for one in desk.book.declarations(FIRST.hash)} == {"resumes", "ends"}


def test_notice_dated_back_counts_from_the_day_it_comes(desk: Desk) -> None:
    desk.conclude()
    notice = FIRST.validity.notice_days * DAY
    desk.declare(desk.keys.declare("ends", DE, FIRST, NOW - notice - 2 * DAY, (NOW - DAY).date()), NOW)
    assert desk.in_force(at=NOW + notice)
    assert not desk.in_force(at=NOW + notice + DAY)


def test_notice_that_was_under_way_for_some_days_counts_from_the_day_it_was_given(desk: Desk) -> None:
    desk.conclude()
    notice = FIRST.validity.notice_days * DAY
    desk.declare(desk.keys.declare("ends", DE, FIRST, NOW, (NOW + notice).date()), NOW + 5 * DAY)
    assert not desk.in_force(at=NOW + notice + DAY)


def test_an_expired_certificate_takes_force_away_and_gives_none_back(desk: Desk) -> None:
    desk.conclude()
    expired = CERTIFIED + 400 * DAY
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW), expired)
    assert not desk.in_force()
    with pytest.raises(SymbolonError, match="not valid") as caught:
        desk.declare(desk.keys.declare("resumes", DE, FIRST, NOW + HOUR), expired)
    assert caught.value.code is ErrorCode.DECLARATION_REFUSED
    assert not desk.in_force()


def test_a_stranger_declares_nothing(desk: Desk) -> None:
    desk.conclude()
    for kind in ("suspends", "resumes"):
        with pytest.raises(SymbolonError, match="GR-YPAM is no party"):
            desk.declare(desk.keys.declare(kind, GR, FIRST, NOW))
    with pytest.raises(SymbolonError, match="not valid"):
        desk.declare(Signatories().declare("suspends", DE, FIRST, NOW))
    assert desk.in_force()
    assert desk.logged() == ["agreement_accepted"]


def test_an_own_statement_is_announced_to_every_other_party_and_a_partners_to_nobody(desk: Desk) -> None:
    three = parse_agreement(
        TEMPLATE
        + f'[[parties]]\nagency = "{GR}"\ncountry = "GR"\nroles = ["asks"]\nauthorities = ["x"]\ncontact = "y"\n'
    )
    desk.conclude(three)
    desk.declare(desk.keys.declare("suspends", DE, three, NOW))
    assert desk.posted == []
    own = desk.keys.declare("suspends", FR, three, NOW)
    desk.declare(own)
    assert [recipient for recipient, _ in desk.posted] == ["symbolon://agency/DE-ZASM", "symbolon://agency/GR-YPAM"]
    content = json.loads(desk.posted[0][1])
    assert (content["kind"], content["declaration"]) == ("declaration", own.model_dump(mode="json"))


def test_what_is_announced_counts_at_the_partner_if_it_comes_from_who_made_it(desk: Desk, tmp_path: Path) -> None:
    suspension = write_message(desk.keys.declare("suspends", FR, FIRST, NOW))
    with open_cases(tmp_path / "partner.db") as file:
        partner = desk.keys.book(file, DE, desk.ledger, FIRST)
        with pytest.raises(SymbolonError) as caught, file.transaction() as connection:
            partner.receive_declaration(connection, "symbolon://agency/GR-YPAM", suspension, NOW)
        assert caught.value.code is ErrorCode.MALFORMED
        assert partner.current().find(FIRST.hash).in_force(FR, DE, NOW)  # type: ignore[union-attr]
        with file.transaction() as connection:
            partner.receive_declaration(connection, "symbolon://agency/FR-DNMS", suspension, NOW)
        assert not partner.current().find(FIRST.hash).in_force(FR, DE, NOW)  # type: ignore[union-attr]


def test_a_message_that_is_no_declaration_is_malformed(desk: Desk) -> None:
    signature = write_message(desk.keys.declare("signs", DE, FIRST, NOW))
    for content in (b"", b"{}", b'{"kind": "declaration"}', signature):
        with pytest.raises(SymbolonError), desk.file.transaction() as connection:
            desk.book.receive_declaration(connection, "symbolon://agency/DE-ZASM", content, NOW)


def test_a_suspension_of_the_version_before_does_not_bind_what_all_have_signed_since(desk: Desk) -> None:
    second = amended()
    desk.conclude()
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW))
    desk.conclude(second)
    assert desk.in_force(second)
