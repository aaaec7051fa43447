"""The pages of lists: what is shown before anybody is asked; foreign words stay words; what is kept as a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from console.languages import languages
from console.wording.sentences import sentence
from node.batches.reading import MOST_BYTES
from node.batches.results import COLUMNS, results_csv
from node.queries.asking import Asker
from node.queries.calls import QueryCalls
from node.queries.outcomes import Outcome
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.desk_pb2 import NODE_OUTCOME_HIT, NODE_OUTCOME_TIMED_OUT
from tests.unit.batch_desk import MARTIN, BatchDesk, hit, listed
from tests.unit.console_desk import Browser, ConsoleDesk
from tests.unit.two_desks import TEXT

NAME = "Zhavilto Quorlvex"
REFERENCE = "ABCDEFGHIJKLMNOP"
EVIL = '"><script>alert(1)</script>'
WHY = {
    "purpose": "migrant_smuggling",
    "legal_basis": "article 26",
    "case_reference": "2026/117",
    "offence": "migrant_smuggling",
    "penalty_months": "60",
    "nature": "ordinary",
    "person_role": "suspect",
    "death_penalty": "no",
}


class Desks:
    """The console of an agency with its batches."""

    def __init__(self, folder: Path) -> None:
        self.batches = BatchDesk(folder)
        queries = QueryCalls(self.batches.permission, cast(Asker, self.batches.asker))
        self.console = ConsoleDesk(folder, batches=self.batches.calls, queries=queries)
        self.console.enter(MARTIN, "analyst")
        self.console.enter("m.chef", "supervisor")
        self.console.enter("c.audit", "auditor")

    async def hand_over(
        self, browser: Browser, content: bytes, name: str = "persons.csv", **why: str
    ) -> httpx.Response:
        await browser.get("/batches/new")
        return await browser.send("/batches/new", files={"list": (name, content)}, **(WHY | why))

    async def finished(self, content: bytes) -> str:
        """Have a list asked to its end; give its path."""
        browser = self.console.browser(MARTIN)
        path = (await self.hand_over(browser, content)).headers["location"]
        await browser.get(path)
        async with self.batches.batches.at_work():
            assert (await browser.send(f"{path}/start")).status_code == 303
            await self.batches.until(path.rpartition("/")[2], "finished")
        return path


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    made = Desks(tmp_path)
    with made.console:
        yield made
    made.batches.close()


async def test_a_list_is_shown_before_anybody_is_asked(desks: Desks) -> None:
    browser = desks.console.browser(MARTIN)
    answer = await desks.hand_over(browser, listed(3) + b"\nR-8,Maran,\nR-9,Idris Maran,yesterday")
    assert answer.status_code == 303
    page = (await browser.get(answer.headers["location"])).text
    assert "Nobody has been asked yet" in page
    assert "Ask about 3 persons" in page
    assert "DE-ZASM" in page
    assert "499" in page
    assert "R-8" in page
    assert "R-9" in page
    assert "Birth date: <bdi>expected YYYY" in page
    assert desks.batches.asker.asked == []


async def test_the_page_never_shows_a_person_of_the_list(desks: Desks) -> None:
    path = await desks.finished(listed(2))
    browser = desks.console.browser(MARTIN)
    for page in ("/batches", path, f"{path}/results", f"{path}/results.csv", f"{path}/results.json"):
        answer = await browser.get(page)
        assert answer.status_code == 200
        assert NAME not in answer.text
        assert MARTIN in answer.text or "/results" in page


async def test_results_lead_to_the_case_of_a_hit(desks: Desks) -> None:
    desks.batches.asker.answers = {NAME + "b": hit(REFERENCE), NAME + "c": Outcome.TIMED_OUT}
    path = await desks.finished(listed(4))
    browser = desks.console.browser(MARTIN)
    page = (await browser.get(f"{path}/results?state=hit")).text
    assert f'href="/cases/DE-ZASM/{REFERENCE}"' in page
    assert "R-1" in page
    assert "R-2" not in page
    told = json.loads((await browser.get(f"{path}/results.json")).text)
    assert [row["state"] for row in told["rows"]] == ["nothing", "hit", "incomplete", "nothing"]


@pytest.mark.parametrize("after", ["9" * 5000, "٣" * 5000, "-1", "x", "²", "1e9"])
async def test_results_are_asked_for_from_any_place(desks: Desks, after: str) -> None:
    path = await desks.finished(listed(2))
    assert (await desks.console.browser(MARTIN).get(f"{path}/results?after={after}")).status_code == 200


async def test_what_others_wrote_is_shown_and_not_obeyed(desks: Desks) -> None:
    person = json.dumps({"reference": EVIL, "names": [f"Idris {EVIL}"], "dob": ["1984-08-16"]})
    wrong = json.dumps({"reference": EVIL, "names": ["Idris Maran"], "dob": [EVIL], EVIL: 1})
    browser = desks.console.browser(MARTIN)
    answer = await desks.hand_over(browser, f"{person}\n{wrong}\n".encode(), "x.jsonl", case_reference=EVIL)
    path = answer.headers["location"]
    for page in ("/batches", path, f"{path}/results"):
        text = (await browser.get(page)).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text
    refused = await desks.hand_over(browser, b"", EVIL, legal_basis=EVIL)
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"penalty_months": "many"}, "Maximum penalty is required"),
        ({"penalty_months": "9" * 400}, "Maximum penalty is required"),
        ({"penalty_months": "1201"}, "Maximum penalty: expected a number up to 1,200"),
        ({"offence": "tax_fraud"}, "Offence: expected one of"),
        ({"case_reference": ""}, "Case reference is required"),
        ({"recipients": "../x"}, "Agencies to ask: no such member"),
    ],
)
async def test_a_form_that_is_wrong_is_shown_again_with_what_was_typed(
    desks: Desks, change: dict[str, str], said: str
) -> None:
    answer = await desks.hand_over(desks.console.browser(MARTIN), listed(1), **change)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="article 26"' in answer.text
    assert desks.batches.store.all() == []


async def test_the_form_offers_what_a_single_query_does_and_names_its_limits(desks: Desks) -> None:
    page = (await desks.console.browser(MARTIN).get("/batches/new")).text
    purposes = re.search(r'<select id="purpose".*?</select>', page, re.S)
    assert purposes is not None
    assert re.findall(r'<option value="(\w+)"', purposes[0]) == sorted(TEXT.purposes)
    assert '<input type="checkbox" id="to-1" name="recipients" value="symbolon://agency/DE-ZASM">' in page
    assert "At most 4 MiB and 1,000 rows." in page


async def test_a_list_that_is_too_large_is_told_the_limit(desks: Desks) -> None:
    answer = await desks.hand_over(desks.console.browser(MARTIN), b"x" * (MOST_BYTES + 2**20 + 1))
    assert answer.status_code == 413
    assert "more than 4 MiB" in answer.text
    answer = await desks.hand_over(desks.console.browser(MARTIN), b"x" * (MOST_BYTES + 1))
    assert (answer.status_code, "more than 4 MiB" in answer.text) == (422, True)
    answer = await desks.hand_over(desks.console.browser(MARTIN), listed(1001))
    assert (answer.status_code, "more than 1,000 rows" in answer.text) == (422, True)


async def test_numbers_are_written_as_the_reader_s_language_writes_them(desks: Desks) -> None:
    browser = desks.console.browser(MARTIN)
    people = (f"Zhavilto Quorlvex{''.join(letters)},1984-08-16" for letters in product("abcdefghij", repeat=3))
    path = (await desks.hand_over(browser, "\n".join(["names,dob", *people]).encode())).headers["location"]
    assert "Ask about 1,000 persons" in (await browser.get(path)).text
    assert "more than 1,000 rows; divide it" in (await desks.hand_over(browser, listed(1001))).text
    assert sentence("list: more than 1,000 rows; divide it", languages()["fr"]).count("1\u202f000") == 1


async def test_hits_that_were_cleared_are_counted_apart(desks: Desks) -> None:
    desks.batches.asker.answers = {NAME + "a": hit(REFERENCE), NAME + "b": hit(REFERENCE[::-1])}
    desks.batches.asker.cleared = {REFERENCE}
    path = await desks.finished(listed(3))
    browser = desks.console.browser(MARTIN)
    shown = (await browser.get(path)).text
    assert "<dt>Hits</dt><dd>1</dd>" in shown
    assert "<dt>Cleared before</dt><dd>1</dd>" in shown
    assert "Cleared before: 1" in (await browser.get(f"{path}/results")).text
    cleared = (await browser.get(f"{path}/results?state=cleared")).text
    assert "R-0" in cleared
    assert "R-1" not in cleared


async def test_a_form_without_a_file_is_shown_again(desks: Desks) -> None:
    browser = desks.console.browser(MARTIN)
    await browser.get("/batches/new")
    answer = await browser.send("/batches/new", **WHY)
    assert answer.status_code == 422
    assert "choose a file" in answer.text


async def test_a_supervisor_reads_and_an_auditor_counts(desks: Desks) -> None:
    path = await desks.finished(listed(2))
    chef, auditor = desks.console.browser("m.chef"), desks.console.browser("c.audit")
    assert (await chef.get(f"{path}/results")).status_code == 200
    page = await auditor.get(path)
    assert page.status_code == 200
    assert "2026/117" not in page.text
    assert "/results" not in page.text
    assert (await auditor.get(f"{path}/results")).status_code == 403
    assert (await chef.get("/batches/new")).status_code == 403


async def test_a_list_is_cancelled_and_erased_by_forms(desks: Desks) -> None:
    browser = desks.console.browser(MARTIN)
    path = (await desks.hand_over(browser, listed(2))).headers["location"]
    await browser.get(path)
    assert (await browser.send(f"{path}/cancel")).headers["location"] == path
    assert "Cancelled" in (await browser.get(path)).text
    assert (await browser.send(f"{path}/delete")).headers["location"] == "/batches"
    assert (await browser.get(path)).status_code == 404


async def test_progress_is_told_until_the_list_is_over(desks: Desks) -> None:
    path = await desks.finished(listed(2))
    answer = await desks.console.browser(MARTIN).get(f"{path}/progress")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "event: over\ndata: over\n\n"


@pytest.mark.parametrize(
    "words",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("https://x")', "＝1"],
)
def test_no_cell_is_a_formula(words: str) -> None:
    row = wire.BatchRow(line=2, reference=words, state="unread", field="row", reason=words)
    header, line = csv.reader(io.StringIO(results_csv([row]), newline=""))
    assert header == list(COLUMNS)
    assert line[1] == line[4] == "'" + words
    assert results_csv([row]).count("\"'") == 2


def test_the_file_has_a_line_for_each_hit() -> None:
    answers: Any = [
        wire.RowAnswer(
            member="symbolon://agency/DE",
            outcome=NODE_OUTCOME_HIT,
            level=2,
            hits=[wire.RowHit(reference="A", band="strong"), wire.RowHit(reference="B", band="possible")],
        ),
        wire.RowAnswer(member="symbolon://agency/IT", outcome=NODE_OUTCOME_TIMED_OUT, explanation="no answer"),
    ]
    lines = list(csv.DictReader(io.StringIO(results_csv([wire.BatchRow(line=2, state="hit", answers=answers)]))))
    assert [(one["agency"], one["outcome"], one["case"]) for one in lines] == [
        ("DE", "hit", "A"),
        ("DE", "hit", "B"),
        ("IT", "timed_out", ""),
    ]
