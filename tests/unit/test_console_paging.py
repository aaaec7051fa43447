"""Long lists at the console come in parts, and what was looked for stays with the part that is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.paging import LINES, Part, part_of
from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import ANALYST, RELEASE, TEXT, TwoDesks, opened_desks

HITS = LINES + 5


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoDesks]:
    """Give two desks with some more hits than a page has lines, the last ones of another case."""
    with opened_desks(tmp_path_factory.mktemp("desks"), TEXT) as both:
        for number in range(1, HITS):
            both.hit(TEXT, f"HIT{number:013}", case="2026/117" if number < HITS - 2 else "2026/118")
        yield both


def references(page: str) -> list[str]:
    return re.findall(r"<bdi>([A-Z0-9]{16})</bdi>", page)


@pytest.mark.parametrize(
    ("number", "first", "lines", "more"),
    [("", 0, 100, True), ("1", 100, 100, True), ("2", 200, 50, False), ("9", 200, 50, False), ("-1", 0, 100, True)],
)
def test_a_part_has_its_lines_and_says_what_follows(number: str, first: int, lines: int, more: bool) -> None:
    part = part_of(range(250), number)
    assert (part.lines[0], len(part.lines), part.has_more, part.total) == (first, lines, more, 250)


def test_of_nothing_there_is_one_empty_part() -> None:
    part: Part[int] = part_of((), "3")
    assert (list(part.lines), part.number, part.has_more) == ([], 0, False)


async def test_cases_come_in_parts_that_together_are_all(desks: TwoDesks, tmp_path: Path) -> None:
    with ConsoleDesk(tmp_path, cases=desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        browser = console.browser(ANALYST.name)
        first = (await browser.get("/cases")).text
        second = (await browser.send("/cases", page="1")).text
        narrowed = (await browser.send("/cases", case_reference="2026/117", page="1")).text
    assert len(references(first)) == LINES
    assert len({*references(first), *references(second)}) == HITS
    assert len(references(narrowed)) == HITS - 2 - LINES
    assert 'name="case_reference" value="2026/117"' in narrowed.partition("</table>")[2]


async def test_referrals_come_in_parts_that_together_are_all(desks: TwoDesks, tmp_path: Path) -> None:
    with ConsoleDesk(tmp_path, cases=desks.holder.desk, agency="DE-ZASM") as console:
        console.enter(RELEASE.name, "release_officer")
        browser = console.browser(RELEASE.name)
        first = (await browser.get("/referrals?all=1")).text
        onward = re.search(r'href="([^"]+page=1)"', first)
        assert onward
        second = (await browser.get(onward[1].replace("&amp;", "&"))).text
    assert len(references(first)) == LINES
    assert len({*references(first), *references(second)}) == HITS


@pytest.mark.parametrize("most", [HITS - 1, HITS])
async def test_a_list_says_that_it_has_not_all(
    desks: TwoDesks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("node.cases.desk.MOST_LISTED", most)
    (tmp_path / "holder").mkdir()
    with ConsoleDesk(tmp_path, cases=desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        cases = (await console.browser(ANALYST.name).get("/cases")).text
    with ConsoleDesk(tmp_path / "holder", cases=desks.holder.desk, agency="DE-ZASM") as console:
        console.enter(RELEASE.name, "release_officer")
        referrals = (await console.browser(RELEASE.name).get("/referrals?all=1")).text
    assert [("Not all are listed here" in page) for page in (cases, referrals)] == [most < HITS] * 2


@pytest.mark.parametrize(("most", "counted"), [(HITS - 1, f"{HITS - 1} or more"), (HITS, f"{HITS}")])
async def test_the_first_page_says_that_it_has_not_counted_all(
    desks: TwoDesks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, counted: str
) -> None:
    monkeypatch.setattr("node.cases.desk.MOST_LISTED", most)
    with ConsoleDesk(tmp_path, cases=desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        page = (await console.browser(ANALYST.name).get("/")).text
    assert f'Cases to see to <span class="count">{counted}</span>' in page
