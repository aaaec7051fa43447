"""An operator's work in the console of a whole node: its state, a list with faults, partners, agreements, records."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import pytest

from deploy.local import LocalFederation
from ledger.reading import LedgerReader
from node.config import load_home
from node.officers.register import Officer
from symbolon.v1 import operations_pb2 as wire
from tests.integration.commands import CommandedFederation
from tests.integration.console_node import ConsoleNode, console_node
from tests.unit.console_desk import Browser

pytestmark = pytest.mark.timeout(300)

AGENCY, PARTNER = "AA-ASK", "BB-HOLD"
HOSTILE = "<script>alert(1)</script> \"'&"
OPERATOR, ANALYST = "o.perator", "a.nalyst"
ROWS = 2000
FAULTS = 40
PATIENCE = 120.0


def invented_list(rows: int = ROWS, every: int = ROWS // FAULTS) -> bytes:
    """Give a list of invented people in which every so many rows is none."""
    lines = []
    for number in range(rows):
        row: dict[str, Any] = {"record_id": f"L-{number:05}", "names": [f"Zhavil{number:05} Quorlvex"]}
        row["dob"] = ["31 May"] if number % every == every - 1 else [f"{1950 + number % 40}-03-{1 + number % 28:02}"]
        lines.append(json.dumps(row | {"nationality": ["MD"]}))
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    """Run a hub, and a partner with a hostile name that has joined; the node of the test runs in the test itself."""
    folder = tmp_path_factory.mktemp("operations")
    agencies = {AGENCY: "Asking", PARTNER: HOSTILE}
    with asyncio.Runner() as runner, CommandedFederation(folder, agencies) as made:
        runner.run(made.prepare())
        runner.run(made.add_officer(AGENCY, OPERATOR, "operator"))
        runner.run(made.add_officer(AGENCY, ANALYST, "analyst"))
        runner.run(made.start_hub())
        for agency in agencies:
            runner.run(made.command(agency, "node", "join"))
        yield made


@asynccontextmanager
async def node_of(federation: LocalFederation) -> AsyncIterator[ConsoleNode]:
    async with console_node(load_home(federation.home(AGENCY))) as node:
        yield node


async def send_list(browser: Browser, content: bytes, name: str = "list.jsonl", **fields: str) -> Any:
    await browser.get("/node/list")
    return await browser.send("/node/list", files={"file": (name, content)}, **fields)


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    end = time.monotonic() + PATIENCE
    while not await reached():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.1)


async def over(browser: Browser) -> bool:
    return "data-runs" not in (await browser.get("/node/list")).text


def events(federation: LocalFederation) -> list[str]:
    return [one.event.type for one in LedgerReader(federation.home(AGENCY) / "data" / "ledger.db").entries()]


async def test_a_list_with_faults_is_imported_mended_and_enrolled(federation: LocalFederation) -> None:
    async with node_of(federation) as node:
        browser = node.browser(OPERATOR)
        sent = await send_list(browser, invented_list(), whole_list="yes", enrol="yes")
        assert sent.headers["location"] == "/node/list", sent.text
        await until(lambda: over(browser))
        page = (await browser.get("/node/list")).text
        assert f"{ROWS - FAULTS:,}" in page
        uploads = node.home.uploads_folder
        await until(lambda: asyncio.to_thread(lambda: list(uploads.iterdir()) == []))
        panel, _, _ = page.partition('id="imports"')
        assert "Enrolment" in panel
        run = re.search(r'href="/node/rejects/(\d+)"', panel)  # the enrolment that followed leaves it there
        assert run is not None
        assert f"{ROWS:,} read: {ROWS - FAULTS:,} added" in panel
        before = events(federation).count("records_listed")
        rejected = (await browser.get(f"/node/rejects/{run[1]}")).text
        assert "L-00049" in rejected
        assert "31 May" in rejected
        assert events(federation).count("records_listed") == before + 1
        rows = await browser.get(f"/node/rejects/{run[1]}/rows")
        assert rows.headers["content-disposition"].startswith("attachment")
        assert len(rows.content.splitlines()) == FAULTS
        await until(lambda: over(browser))
        mended = rows.content.replace(b"31 May", b"1961-05-31")
        assert (await send_list(browser, mended, enrol="yes")).status_code == 303
        await until(lambda: _enrolled(browser, ROWS))
        await until(lambda: over(browser))
        state = (await browser.get("/node")).text
        assert "records are not enrolled" not in state


async def _enrolled(browser: Browser, records: int) -> bool:
    page = (await browser.get("/node")).text
    return re.search(rf"Enrolled in epoch [^<]+</dt><dd>{records:,}<", page) is not None


async def test_an_upload_is_private_and_gone_after_a_form_that_does_not_count(federation: LocalFederation) -> None:
    async with node_of(federation) as node:
        browser = node.browser(OPERATOR)
        await browser.get("/node/list")
        answer = await browser.send("/node/list", token="x", files={"file": ("list.jsonl", invented_list(10, 5))})
        assert answer.status_code == 403
        told = await browser.send("/node/list", files={"file": ("list.xyz", invented_list(10, 5))})
        assert told.status_code == 422
        assert "say whether the file is JSON lines or CSV" in told.text
        assert [*node.home.uploads_folder.glob("*")] == []
        added = await node.desk.lists.add_to_upload(wire.AddToUploadRequest(content=b"{}"), _operator(node))
        (path,) = node.home.uploads_folder.glob("*")
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        await node.desk.lists.drop_upload(wire.DropUploadRequest(upload=added.upload), _operator(node))


def _operator(node: ConsoleNode) -> Any:
    return Officer(OPERATOR, frozenset({"operator"}))


async def test_one_work_at_a_time_and_a_cancelled_import_is_written_down(federation: LocalFederation) -> None:
    async with node_of(federation) as node:
        browser = node.browser(OPERATOR)
        first = await send_list(browser, invented_list(30_000, 100), row_format="jsonl")
        assert first.status_code == 303
        second = await send_list(browser, invented_list(10, 5))
        assert second.status_code == 422
        assert "an import or enrolment of this node is running" in second.text
        assert (await browser.send("/node/enrol")).status_code == 422

        async def some_rows() -> bool:
            told = await node.desk.lists.show_work(wire.ShowWorkRequest(), _operator(node))
            return 0 < told.work.done < told.work.total

        await until(some_rows)
        before = events(federation).count("records_imported")
        assert (await browser.send("/node/cancel")).status_code == 303
        page = (await browser.get("/node/list")).text
        assert "Stopped" in page
        assert events(federation).count("records_imported") == before + 1
        assert [*node.home.uploads_folder.glob("*")] == []


async def test_an_import_goes_on_after_the_node_was_stopped(federation: LocalFederation) -> None:
    async with node_of(federation) as node:
        browser = node.browser(OPERATOR)
        await send_list(browser, invented_list(20_000, 100).replace(b"L-", b"R-"))

        async def some_rows() -> bool:
            told = await node.desk.lists.show_work(wire.ShowWorkRequest(), _operator(node))
            return 0 < told.work.done < told.work.total

        await until(some_rows)
    async with node_of(federation) as node:
        browser = node.browser(OPERATOR)
        assert "goes on after a stop of the node" in (await browser.get("/node/list")).text
        await until(lambda: over(browser))
        told = await node.desk.lists.show_work(wire.ShowWorkRequest(), _operator(node))
        newest = told.imports[0]
        assert (newest.read, newest.added, newest.rejected) == (20_000, 19_800, 200)


async def test_partners_names_are_shown_as_text_only(federation: LocalFederation) -> None:
    async with node_of(federation) as node:
        browser = node.browser(OPERATOR)
        page = (await browser.get("/node/partners")).text
        assert HOSTILE not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        for path in ("/node", "/node/mail", "/node/quotas", "/node/records", "/node/list"):
            answer = await browser.get(path)
            assert answer.status_code == 200, path
            assert HOSTILE not in answer.text
        refused = await browser.send("/node/partners", decision="accept", number="999", reason="by telephone")
        assert refused.status_code == 422
        refused = await browser.send(
            "/node/partners", decision="accept", number="999", reason="by telephone", compared="yes"
        )
        assert refused.status_code == 404


async def test_an_agreement_tells_who_receives_what_and_can_be_suspended_and_resumed(
    federation: LocalFederation,
) -> None:
    async with node_of(federation) as node:
        browser = node.browser(OPERATOR)
        listed = (await browser.get("/agreements")).text
        found = re.search(r'href="(/agreements/[0-9a-f]{64})"', listed)
        assert found is not None
        page = (await browser.get(found[1])).text
        assert "Who will really receive what" in page
        assert "Hit with reference, match quality and contact" in page
        assert "What binds is the signed document" in page
        assert "Each party may suspend it by its own word." in page
        file = await browser.get(f"{found[1]}/document")
        assert file.headers["content-disposition"].startswith("attachment")
        assert sha256(file.content).hexdigest() == found[1].rpartition("/")[2]
        await browser.get(found[1])
        asked = await browser.send(found[1], act="suspend", reason="an order")
        assert asked.status_code == 422
        assert (await browser.send(found[1], act="suspend", reason="an order", sure="yes")).status_code == 303
        suspended = (await browser.get(found[1])).text
        assert "The agreement is not in force between the two agencies now." in suspended
        assert "No agreement is in force" in (await browser.get("/node")).text
        await browser.get(found[1])
        assert (await browser.send(found[1], act="resume", reason="lifted", sure="yes")).status_code == 303
        reader = (await node.browser(ANALYST).get(found[1])).text
        assert "Suspend it" not in reader
        assert "Hit with reference" in reader


async def test_a_record_is_found_looked_at_removed_and_let_back_each_in_the_log(federation: LocalFederation) -> None:
    async with node_of(federation) as node:
        browser = node.browser(OPERATOR)
        await send_list(browser, b'{"record_id": "S-1", "names": ["Mirelka <b>Dostvane"], "dob": ["1971"]}\n')
        await until(lambda: over(browser))
        await browser.get("/node/records")
        found = (await browser.send("/node/records", sought="DOSTVANE")).text
        assert "Mirelka &lt;b&gt;Dostvane" in found
        shown = (await browser.send("/node/records/show", record_id="S-1")).text
        assert "1971" in shown
        assert "Rules as they stand now" in shown
        assert (await browser.send("/node/records/act", act="remove", record_id="S-1")).status_code == 422
        removed = await browser.send("/node/records/act", act="remove", record_id="S-1", sure="yes")
        assert removed.status_code == 303
        assert (await browser.send("/node/records/show", record_id="S-1")).status_code == 404
        assert (await browser.send("/node/records/act", act="restore", record_id="S-1")).status_code == 303
        told = events(federation)
        assert [told.count(one) for one in ("record_shown", "record_removed", "record_restored")] == [1, 1, 1]
