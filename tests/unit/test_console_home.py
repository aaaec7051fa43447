"""The first page: what waits for whom, and nothing for whom it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.cases import asking, holding
from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import (
    ANALYST,
    REFERENCE,
    RELEASE,
    SECOND_ANALYST,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    agreement,
    held,
    opened_desks,
)


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


async def test_what_waits_for_a_colleague_is_told_apart_from_what_is_ones_own(desks: TwoDesks, tmp_path: Path) -> None:
    desks.to_request()
    desks.hold(holding.approve)
    with ConsoleDesk(tmp_path, desks.holder.desk) as console:
        console.enter(RELEASE.name, "release_officer")
        console.enter(SUPERVISOR.name, "supervisor")
        own, other = console.browser(RELEASE.name), console.browser(SUPERVISOR.name)
        first_page = (await own.get("/")).text
        assert f'href="/referrals/{REFERENCE}"' not in first_page
        assert "1 waits for a colleague." in first_page
        listed = (await own.get("/referrals?kind=for_others")).text
        assert "you have approved the release" in listed
        assert REFERENCE not in (await own.get("/referrals?kind=mine")).text
        assert "you have approved the release" in (await own.get(f"/referrals/{REFERENCE}")).text
        assert f'href="/referrals/{REFERENCE}"' in (await other.get("/")).text
        assert "a request: decide it" in (await other.get("/referrals?kind=mine")).text
        # What would leave has changed: the approval is void, and it is his again.
        desks.holder.records["Z-1"] = held(withheld=frozenset({"dob"}))
        assert f'href="/referrals/{REFERENCE}"' in (await own.get("/")).text


async def test_who_has_confirmed_is_told_that_a_colleague_has_to(tmp_path: Path) -> None:
    with opened_desks(tmp_path, agreement(release__confirmations=2)) as desks:
        desks.ask(asking.confirm)
        with ConsoleDesk(tmp_path, desks.asker.desk) as console:
            for one in (ANALYST, SECOND_ANALYST):
                console.enter(one.name, "analyst")
            console.enter("m.chef", "supervisor")
            own = console.browser(ANALYST.name)
            assert "1 waits for a colleague." in (await own.get("/")).text
            assert "you have confirmed the match" in (await own.get("/cases")).text
            assert REFERENCE in (await console.browser(SECOND_ANALYST.name).get("/")).text
            assert "1 waits for a colleague." in (await console.browser("m.chef").get("/")).text  # another role


async def test_files_are_known_from_each_other_by_the_askers_case_and_when_it_asked(
    desks: TwoDesks, tmp_path: Path
) -> None:
    desks.to_request()
    with ConsoleDesk(tmp_path, desks.holder.desk) as console:
        console.enter(RELEASE.name, "release_officer")
        for path in ("/", "/referrals"):
            page = (await console.browser(RELEASE.name).get(path)).text
            assert "2026/117" in page
            assert "2026-06-01T09:00:00+00:00" in page
    (tmp_path / "asker").mkdir()
    with ConsoleDesk(tmp_path / "asker", desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        page = (await console.browser(ANALYST.name).get("/cases")).text
        assert "2026/117" in page
        assert "2026-06-01T09:00:00+00:00" in page


async def test_the_list_of_referrals_counts_what_the_first_page_counts(desks: TwoDesks, tmp_path: Path) -> None:
    desks.to_offer()
    with ConsoleDesk(tmp_path, desks.holder.desk) as console:
        console.enter(RELEASE.name, "release_officer")
        browser = console.browser(RELEASE.name)
        assert "Nothing waits for you." in (await browser.get("/")).text
        assert REFERENCE not in (await browser.get("/referrals")).text
        assert REFERENCE in (await browser.get("/referrals?all=1")).text
