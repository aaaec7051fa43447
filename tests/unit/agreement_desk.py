"""One agency's book of agreements over a real file and a real log, and the keys of everybody who signs."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agreements.agreement import Agreement
from agreements.reading import parse_agreement
from agreements.signing import SignedDeclaration
from agreements.template import TEMPLATE
from ledger.log import Ledger
from node.agreements.book import AgreementBook
from node.cases_file import open_cases
from node.database import DatabaseFile
from tests.unit.signatories import Signatories

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


@contextlib.contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """Open the book of `FR` in a folder; nothing is in it."""
    keys = Signatories()
    with open_cases(folder / "cases.db") as file, Ledger(folder / "ledger.db") as ledger:
        yield Desk(file, ledger, keys, AgreementBook(file, FR, keys.authority.certificate, ledger))
