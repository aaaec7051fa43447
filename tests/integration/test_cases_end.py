"""How a copy ends by itself at real nodes: on its day, and with the agreement it came under; invented people only.

Both count in whole days (UTC), as agencies sign them, so that no setting makes them seconds. The nodes' clocks are the
machine's; instead the past is brought to them: a due date, and a notice that was given long ago, by an agency whose
certificate is that old.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.local import LocalFederation
from node.agreements import signing
from node.agreements.mail import by_mail
from node.cases_file import open_book
from node.config import load_home
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import certify_party, create_authority
from symbolon.rpc.identity import Party
from symbolon.v1 import cases_pb2 as wire
from tests.integration.case_nodes import ASKER, ask, case_is, hit_on, kill, referral_is, to_content, two_nodes
from tests.integration.commands import CommandedFederation

pytestmark = pytest.mark.timeout(300)


LONG_AGO = datetime.now(UTC) - timedelta(days=200)


class LastingFederation(CommandedFederation):
    """A federation that began long ago, and whose asker has its certificate since."""

    async def run(self, *words: str, **options: Any) -> Any:
        """Run a command; the authority begins long ago."""
        if words[:2] != ("authority", "init"):
            return await super().run(*words, **options)
        create_authority(self.folder / "authority", "Demo Authority", LONG_AGO)
        return {}

    async def set_up(self) -> None:
        """Make every party's home, the asker's certificate long ago."""
        await super().set_up()
        certify_party(self.home(ASKER), Party.agency(ASKER), self.folder / "authority", LONG_AGO)


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    """Run two nodes, the holder's list enrolled."""
    with two_nodes(tmp_path_factory.mktemp("cases"), LastingFederation) as made:
        yield made


async def test_on_its_day_a_node_erases_the_copy_by_itself_and_the_giver_gets_the_receipt(
    federation: LocalFederation,
) -> None:
    reference = await to_content(federation, "due")
    kill(federation, ASKER)
    with closing(sqlite3.connect(load_home(federation.home(ASKER)).cases_path)) as database, database:
        moved = database.execute(
            "UPDATE hit_case SET document = json_set(document, '$.due', ?), wakes = since WHERE reference = ?",
            (datetime.now(UTC).date().isoformat(), reference),
        )
        assert moved.rowcount == 1
    await federation.start(ASKER)
    await case_is(federation, reference, "deleted")
    assert (await referral_is(federation, reference, "deleted_there")).receipt == "due"
    with pytest.raises(SymbolonError) as error:
        await ask(federation, reference, read=wire.Plain())
    assert error.value.code is ErrorCode.STEP_NOT_POSSIBLE


async def test_with_the_end_of_the_agreement_both_nodes_see_to_it_that_the_copy_goes(
    federation: LocalFederation,
) -> None:
    reference = await to_content(federation, "ended")
    home = load_home(federation.home(ASKER))
    with open_book(home) as book:
        (standing,) = book.current()
        given = datetime.now(UTC) - timedelta(days=standing.agreement.validity.notice_days + 2)
        notice = signing.terminate(signing.load_signatory(home), book, standing.agreement, given)
        with book.transaction() as connection:
            book.declare(connection, notice, given, by_mail(given))
    await case_is(federation, reference, "deleted")
    assert (await referral_is(federation, reference, "deleted_there")).receipt == "agreement_ended"
    with pytest.raises(SymbolonError) as error:
        await hit_on(federation, "ended")
    assert error.value.code is ErrorCode.NO_AGREEMENT
