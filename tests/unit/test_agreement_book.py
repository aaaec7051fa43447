"""A node's book of agreements: only what all parties signed counts, and who takes back a word is heard at once."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from agreements.agreement import Agreement
from agreements.reading import parse_agreement
from agreements.signing import SignedDeclaration
from agreements.template import TEMPLATE
from ledger.log import Ledger
from node import agreement_book
from node.agreement_book import AgreementBook
from node.agreement_declarations import write_message
from node.cases_file import open_cases
from node.database import DatabaseFile
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.signatories import CERTIFIED, Signatories

FR, DE, GR = "FR-DNMS", "DE-ZASM", "GR-YPAM"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = parse_agreement(TEMPLATE)


def amended(of: Agreement = FIRST, version: int = 2, since: str = "2026-01-01") -> Agreement:
    text = TEMPLATE.replace("version = 1", f"version = {version}").replace("from = 2026-01-01", f"from = {since}")
    return parse_agreement(text.replace('supersedes = ""', f'supersedes = "{of.hash.hex()}"'))


@dataclass
class Desk:
    """One agency's book over a real file and a real log, and everybody's keys."""

    file: DatabaseFile
    ledger: Ledger
    keys: Signatories
    book: AgreementBook
    posted: list[tuple[str, bytes]] = field(default_factory=list)

    def accept(self, content: bytes, now: datetime = NOW, *, acceding: bool = False) -> Agreement:
        with self.file.transaction() as connection:
            return self.book.accept(connection, content, now, acceding=acceding)

    def conclude(self, agreement: Agreement = FIRST, now: datetime = NOW) -> Agreement:
        return self.accept(self.keys.bundle(agreement), now)

    def declare(self, signed: SignedDeclaration, now: datetime = NOW + DAY) -> None:
        with self.file.transaction() as connection:
            self.book.declare(connection, signed, now, self._post)

    def in_force(self, agreement: Agreement = FIRST, at: datetime = NOW + DAY) -> bool:
        standing = self.book.current().find(agreement.hash)
        return standing is not None and standing.in_force(FR, DE, at)

    def logged(self) -> list[str]:
        return [entry.event.type for entry in self.ledger.entries()]

    def _post(self, connection: sqlite3.Connection, recipient: str, content: bytes) -> None:
        assert connection.in_transaction
        self.posted.append((recipient, content))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    keys = Signatories()
    with open_cases(tmp_path / "cases.db") as file, Ledger(tmp_path / "ledger.db") as ledger:
        yield Desk(file, ledger, keys, AgreementBook(file, FR, keys.authority.certificate, ledger))


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
    monkeypatch.setattr(agreement_book, "MOST_UNKNOWN", 2)
    for hour in range(2):
        desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW + hour * HOUR))
    with pytest.raises(SymbolonError, match="too many"):
        desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW + 3 * HOUR))


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


def test_a_suspension_of_the_version_before_does_not_bind_what_all_have_signed_since(desk: Desk) -> None:
    second = amended()
    desk.conclude()
    desk.declare(desk.keys.declare("suspends", DE, FIRST, NOW))
    desk.conclude(second)
    assert desk.in_force(second)


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


def test_certificates_that_expire_later_end_no_agreement(desk: Desk) -> None:
    desk.accept(desk.keys.bundle(FIRST, at=CERTIFIED + 10 * DAY), NOW)
    assert other_book(desk).current().find(FIRST.hash).in_force(FR, DE, datetime(2027, 6, 1, tzinfo=UTC))  # type: ignore[union-attr]
