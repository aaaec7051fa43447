"""An import uploaded over HTTPS to a real node that is killed in the middle: no row is lost or taken twice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import httpx
import pytest

from deploy.local import LocalFederation
from node.config import load_home
from node.records.sqlite import SqliteRecordStore
from tests.integration.commands import CommandedFederation
from tests.integration.console_browser import ConsoleBrowser, enrol
from tests.integration.test_operations import AGENCY, OPERATOR, PARTNER, invented_list, until

pytestmark = pytest.mark.timeout(300)

ROWS, FAULTS = 20_000, 200


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    folder = tmp_path_factory.mktemp("killed")
    with (
        asyncio.Runner() as runner,
        CommandedFederation(folder, {AGENCY: "Asking", PARTNER: "Holding"}, consoles=(AGENCY,)) as made,
    ):
        runner.run(made.prepare())
        runner.run(made.add_officer(AGENCY, OPERATOR, "operator"))
        runner.run(made.start_hub())
        runner.run(made.command(AGENCY, "node", "join"))
        runner.run(made.start(AGENCY))
        yield made


async def test_an_import_goes_on_after_the_node_was_killed(running: LocalFederation) -> None:
    secret = await enrol(running, AGENCY, OPERATOR)
    async with ConsoleBrowser(running, AGENCY) as browser:
        assert (await browser.get("/sign-in")).status_code == 200
        assert (await browser.sign_in(OPERATOR, secret)).status_code == 303
        sent = await _upload(browser, invented_list(ROWS, ROWS // FAULTS))
        assert sent.status_code == 303
        seen: set[str] = set()

        async def half_way() -> bool:
            page = (await browser.get("/node/list")).text
            seen.update(re.findall(r'<progress max="100" value="(\d+)"', page))
            return any(int(one) >= 10 for one in seen)

        await until(half_way)
        assert not seen & {"100"}, "the import was over before the node was killed"
    process = running.running.pop(AGENCY)
    process.kill()
    process.stop()
    await running.start(AGENCY)
    home = load_home(running.home(AGENCY))
    await until(lambda: asyncio.to_thread(lambda: [*home.uploads_folder.glob("*")] == []))
    with SqliteRecordStore(home.records_path) as store:
        (kept,) = store.runs(9)
        tally = kept.run.tally
        assert (tally.read, tally.added, tally.changed, tally.rejected) == (ROWS, ROWS - FAULTS, 0, FAULTS)
        assert kept.ended_at is not None
        assert store.counts().records == ROWS - FAULTS


async def _upload(browser: ConsoleBrowser, content: bytes) -> httpx.Response:
    await browser.get("/node/list")
    return await browser.client.post(
        "/node/list",
        data={"csrf": browser.token},
        files={"file": ("list.jsonl", content)},
        headers={"origin": browser.origin, "sec-fetch-site": "same-origin"},
    )
