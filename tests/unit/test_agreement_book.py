"""A node's book of agreements: what all parties signed counts, each version in its place; the file is not believed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agreements.agreement import Agreement
from agreements.reading import parse_agreement
from agreements.template import TEMPLATE
from node.agreements import book as agreement_book
from node.agreements.book import AgreementBook
from node.cases_file import open_cases
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.agreement_desk import DAY, DE, FIRST, FR, GR, NOW, Desk, amended, open_desk
from tests.unit.signatories import CERTIFIED, Signatories


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


def other_book(desk: Desk) -> AgreementBook:
    """Give the book as another process would open it."""
    return AgreementBook(open_cases(desk.file.path), FR, desk.keys.authority.certificate, desk.ledger)


def test_an_agreement_counts_once_all_have_signed_and_this_node_has_accepted(desk: Desk) -> None:
    with desk.file.transaction() as connection:
        desk.book.keep(connection, desk.keys.bundle(FIRST), NOW)
    assert not desk.in_force()
    desk.conclude()
    assert desk.in_force()
    assert desk.logged() == ["agreement_accepted"]


def test_accepting_twice_is_one_acceptance(desk: Desk) -> None:
    desk.conclude()
    desk.conclude()
    assert desk.logged() == ["agreement_accepted"]


def test_a_missing_signature_is_told_by_its_party_and_nothing_counts(desk: Desk) -> None:
    with pytest.raises(SymbolonError, match=f"not signed yet by {DE}") as caught:
        desk.accept(desk.keys.bundle(FIRST, [FR]))
    assert caught.value.code is ErrorCode.AGREEMENT_UNSIGNED
    assert (len(desk.book.current()), desk.logged()) == (0, [])


def _tampered(bundle: bytes) -> bytes:
    values = json.loads(bundle)
    values["agreement"]["answer"]["maximum"] = 1
    return json.dumps(values).encode()


def _of_another_authority(_: Signatories) -> bytes:
    return Signatories().bundle(FIRST)


def _signed_by_a_stranger(keys: Signatories) -> bytes:
    return keys.bundle(FIRST, [FR, DE, GR])


def _signed_for_another(keys: Signatories) -> bytes:
    values = json.loads(keys.bundle(FIRST, [FR, GR]))
    values["signatures"][1]["declaration"]["agency"] = DE
    return json.dumps(values).encode()


def _signed_tomorrow(keys: Signatories) -> bytes:
    return keys.bundle(FIRST, at=NOW + DAY)


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        (lambda keys: _tampered(keys.bundle(FIRST)), "under another text"),
        (_of_another_authority, "not valid under the federation's authority"),
        (_signed_by_a_stranger, "GR-YPAM: it is no party"),
        (_signed_for_another, "DE-ZASM: "),
        (_signed_tomorrow, "dated in the future"),
    ],
)
def test_a_signature_that_does_not_hold_is_named_with_its_reason(desk: Desk, forged: object, reason: str) -> None:
    with pytest.raises(SymbolonError, match=reason) as caught:
        desk.accept(forged(desk.keys))  # type: ignore[operator]
    assert caught.value.code is ErrorCode.AGREEMENT_UNSIGNED
    assert len(desk.book.current()) == 0


def test_others_agreements_are_refused(desk: Desk) -> None:
    of_others = parse_agreement(TEMPLATE.replace(FR, GR))
    with pytest.raises(SymbolonError, match="FR-DNMS is no party"):
        desk.conclude(of_others)
    with pytest.raises(SymbolonError, match="FR-DNMS is no party"), desk.file.transaction() as connection:
        desk.book.keep(connection, desk.keys.bundle(of_others), NOW)


def test_what_is_no_bundle_is_refused_without_quoting_it(desk: Desk) -> None:
    with pytest.raises(SymbolonError) as caught:
        desk.accept(b'{"agreement": "Melanos"}')
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert "Melanos" not in str(caught.value)


def test_the_file_is_not_believed(desk: Desk) -> None:
    """Whoever can write the database can take agreements away, and cannot give any."""
    desk.conclude()
    forged = _tampered(desk.book.bundle(FIRST.hash))
    with desk.file.transaction() as connection:
        connection.execute("UPDATE agreement SET bundle = ?", (forged,))
        agreement_book._touch(connection)
    assert len(desk.book.current()) == 0
    half = desk.keys.bundle(FIRST, [FR])
    with desk.file.transaction() as connection:
        connection.execute("UPDATE agreement SET bundle = ?", (half,))
        agreement_book._touch(connection)
    assert not desk.in_force()


def test_a_statement_in_the_file_that_does_not_verify_ends_its_agreement_here(desk: Desk) -> None:
    desk.conclude()
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW))
    with desk.file.transaction() as connection:
        connection.execute(
            "UPDATE agreement_statement SET content = CAST(replace(content, 'suspends', 'resumes') AS BLOB)"
        )
        agreement_book._touch(connection)
    assert desk.book.current().find(FIRST.hash) is None


def test_nothing_is_verified_again_while_nothing_changes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.conclude()
    current = desk.book.current()
    monkeypatch.setattr(AgreementBook, "_standings", None)
    assert desk.book.current() is current


def test_a_change_by_another_process_counts_here_at_once(desk: Desk) -> None:
    desk.conclude()
    other = other_book(desk)
    assert desk.in_force()
    with other.transaction() as connection:
        other.declare(connection, desk.keys.declare("suspends", FR, FIRST, NOW), NOW)
    assert not desk.in_force()


def test_what_was_rolled_back_is_not_remembered(desk: Desk) -> None:
    desk.conclude()
    suspension = desk.keys.declare("suspends", FR, FIRST, NOW)
    with contextlib.suppress(RuntimeError), desk.file.transaction() as connection:
        desk.book.declare(connection, suspension, NOW)
        assert not desk.in_force()
        raise RuntimeError
    assert desk.in_force()
    desk.declare(suspension)
    assert not desk.in_force()


def test_an_amendment_takes_the_place_of_the_version_before_from_its_first_day(desk: Desk) -> None:
    second = amended(since="2026-09-01")
    desk.conclude()
    desk.conclude(second)
    assert desk.in_force(at=datetime(2026, 8, 31, tzinfo=UTC))
    assert not desk.in_force(at=datetime(2026, 9, 1, tzinfo=UTC))
    assert desk.in_force(second, at=datetime(2026, 9, 1, tzinfo=UTC))
    assert desk.logged() == ["agreement_accepted", "agreement_accepted", "agreement_superseded"]


def test_an_amendment_whose_first_day_is_past_takes_the_place_today(desk: Desk) -> None:
    second = amended()
    desk.conclude()
    desk.conclude(second)
    assert (desk.in_force(at=NOW), desk.in_force(second, at=NOW)) == (False, True)


def test_an_amendment_that_begins_before_the_one_it_amends_ends_both(desk: Desk) -> None:
    second = amended(since="2026-12-01")
    third = amended(second, 3, since="2026-09-01")
    for one in (FIRST, second, third):
        desk.conclude(one)
    day = datetime(2026, 10, 1, tzinfo=UTC)
    assert [desk.in_force(one, day) for one in (FIRST, second, third)] == [False, False, True]


@pytest.mark.parametrize(
    ("accepted", "offered", "reason"),
    [
        ([], amended(), "accept version 1 first"),
        ([FIRST], amended(amended()), "supersedes another text"),
        ([FIRST], amended(amended(), 3), "accept version 2 first"),
        (
            [FIRST],
            parse_agreement(TEMPLATE.replace("bit_budget = 22", "bit_budget = 30")),
            "version 1, of another text",
        ),
        ([FIRST, amended()], parse_agreement(TEMPLATE.replace("maximum = 2", "maximum = 1")), "version 2"),
        ([], parse_agreement(TEMPLATE.replace("until = 2027-12-31", "until = 2026-05-31")), "validity is over"),
    ],
)
def test_what_has_no_place_in_the_chain_of_versions_is_refused(
    desk: Desk, accepted: list[Agreement], offered: Agreement, reason: str
) -> None:
    for one in accepted:
        desk.conclude(one)
    before = len(desk.book.current())
    with pytest.raises(SymbolonError, match=reason) as caught:
        desk.conclude(offered)
    assert caught.value.code is ErrorCode.AGREEMENT_REFUSED
    assert len(desk.book.current()) == before


def test_who_accedes_needs_no_version_before_and_cannot_fall_back_to_it(desk: Desk) -> None:
    second = amended()
    desk.accept(desk.keys.bundle(second), acceding=True)
    assert desk.in_force(second)
    with pytest.raises(SymbolonError, match="version 2"):
        desk.conclude()


def test_drafts_of_one_version_are_kept_beside_each_other_and_one_is_accepted(desk: Desk) -> None:
    other = parse_agreement(TEMPLATE.replace("maximum = 2", "maximum = 1"))
    for draft in (FIRST, other):
        with desk.file.transaction() as connection:
            desk.book.keep(connection, desk.keys.bundle(draft, [FR]), NOW)
    desk.conclude(other)
    assert (desk.in_force(), desk.in_force(other)) == (False, True)


def test_a_log_that_cannot_be_written_lets_nothing_count(desk: Desk) -> None:
    desk.conclude()
    desk.ledger.close()
    with pytest.raises(SymbolonError) as caught:
        desk.conclude(amended())
    assert caught.value.code is ErrorCode.LOG_NOT_WRITABLE
    assert (desk.in_force(), desk.in_force(amended())) == (True, False)


def test_the_bundle_is_given_back_as_it_was_signed(desk: Desk) -> None:
    desk.conclude()
    again = desk.book.bundle(FIRST.hash)
    with open_cases(desk.file.path.with_name("other.db")) as file:
        partner = AgreementBook(file, DE, desk.keys.authority.certificate, desk.ledger)
        with file.transaction() as connection:
            assert partner.accept(connection, again, NOW).hash == FIRST.hash
    with pytest.raises(SymbolonError) as caught:
        desk.book.bundle(bytes(32))
    assert caught.value.code is ErrorCode.AGREEMENT_UNKNOWN


def test_a_certificate_that_has_expired_concludes_nothing_however_early_its_signature_is_dated(desk: Desk) -> None:
    with pytest.raises(SymbolonError, match="not valid") as caught:
        desk.accept(desk.keys.bundle(FIRST), CERTIFIED + 400 * DAY)
    assert caught.value.code is ErrorCode.AGREEMENT_UNSIGNED
    assert not desk.in_force()


def test_a_signature_is_checked_once_in_a_process(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.conclude()
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW))
    assert not desk.in_force()
    monkeypatch.setattr(agreement_book, "verify", None)
    with desk.file.transaction() as connection:
        agreement_book._touch(connection)
    assert not desk.in_force()
    assert desk.book.current().find(FIRST.hash) is not None


def test_certificates_that_expire_later_end_no_agreement(desk: Desk) -> None:
    desk.accept(desk.keys.bundle(FIRST, at=CERTIFIED + 10 * DAY), NOW)
    assert other_book(desk).current().find(FIRST.hash).in_force(FR, DE, datetime(2027, 6, 1, tzinfo=UTC))  # type: ignore[union-attr]
