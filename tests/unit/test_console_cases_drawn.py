"""What a report looks like on paper, and a case on a phone: drawn by Chromium."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from console.languages import languages
from node.cases import asking
from tests.unit.chromium import drawn, needs_chromium
from tests.unit.console_desk import ORIGIN, ConsoleDesk
from tests.unit.two_desks import ANALYST, ASKER, HOLDER, REFERENCE, TEXT, TwoDesks, opened_desks

pytestmark = needs_chromium

CASE = f"/cases/{HOLDER}/{REFERENCE}"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    with opened_desks(tmp_path, TEXT) as made:
        made.to_content()
        yield made


@pytest.fixture
def console(tmp_path: Path, desks: TwoDesks) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path, cases=desks.asker.desk) as made:
        made.enter(ANALYST.name, "analyst")
        yield made


@pytest.mark.parametrize("language", sorted(languages()))
async def test_every_sheet_of_a_report_says_its_code_whose_it_is_and_who_printed_it(
    desks: TwoDesks, console: ConsoleDesk, language: str
) -> None:
    for _ in range(60):
        desks.ask(asking.read)
    code = desks.case().conditions
    assert code is not None
    async with drawn(console.browser(ANALYST.name, language)) as page:
        await page.goto(ORIGIN + CASE)
        await page.check("#report_content")
        await page.click(f"form[action='{CASE}/report'] button")
        assert await page.evaluate("document.dir") == languages()[language].direction
        printed = await page.pdf(format="A4", print_background=True)
    sheets = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(printed)).pages]
    assert len(sheets) >= 3
    for sheet in sheets:
        head = sheet[:300]
        for wanted in (code.code, ASKER, REFERENCE, ANALYST.name):
            assert wanted in head
    assert "0000 0000" in "".join(sheets).replace("\n", " ")


async def test_a_case_fits_a_phone_and_its_report_prints_by_a_button(desks: TwoDesks, console: ConsoleDesk) -> None:
    async with drawn(console.browser(ANALYST.name), narrow=True) as page:
        for path in ("/cases", CASE):
            await page.goto(ORIGIN + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.click(f"form[action='{CASE}/read'] button")
        await page.wait_for_load_state()  # before, the page stands there without its sheet
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.click(f"form[action='{CASE}/report'] button")
        await page.wait_for_load_state()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.evaluate("window.print = () => { document.title = 'printed' }")
        await page.click("[data-print]")
        assert await page.title() == "printed"
    assert desks.asker.events().count("content_read") == 1
