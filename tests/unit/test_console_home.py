"""The first page: what waits for whom, and nothing for whom it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import ANALYST, REFERENCE, RELEASE, TEXT, TwoDesks, opened_desks


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    with opened_desks(tmp_path, TEXT) as made:
        yield made


async def test_who_decides_sees_the_request_that_waits(desks: TwoDesks, tmp_path: Path) -> None:
    desks.to_request()
    with ConsoleDesk(tmp_path, desks.holder.desk) as console:
        console.enter(RELEASE.name, "release_officer")
        console.enter("aude.auditor", "auditor")
        page = (await console.browser(RELEASE.name).get("/")).text
        assert f'href="/referrals/{REFERENCE}"' in page
        assert "/queries/new" not in page
        assert REFERENCE not in (await console.browser("aude.auditor").get("/")).text


async def test_who_asks_sees_the_case_that_needs_him_and_where_to_ask(desks: TwoDesks, tmp_path: Path) -> None:
    desks.to_offer()
    with ConsoleDesk(tmp_path, desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        page = (await console.browser(ANALYST.name).get("/")).text
        assert REFERENCE in page
        assert 'href="/queries/new"' in page
        assert "/referrals" not in page
