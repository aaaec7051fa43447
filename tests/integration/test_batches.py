"""A list over two real nodes: 60 rows, the asking node killed in the middle, and every row told in the end.

The log of the asker is the judge: each row's query stands in it at least once, and no more often than once but for
those that were under way when the node died and that the owner had asked again.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import LocalFederation
from ledger.events import QuerySent
from ledger.reading import LedgerReader
from node.batches.client import BatchClient
from node.batches.running import ROWS_AT_ONCE
from node.config import load_home
from node.officers.key import load_key
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.desk_pb2 import QueryRequest
from tests.integration.case_nodes import ASKER, kill, row_of, two_nodes

pytestmark = pytest.mark.timeout(600)

ROWS = 60
KNOWN = ("way", "down", "recalled")
QUERY = QueryRequest(
    purpose=EVERY_PURPOSE,
    legal_basis="article 1",
    case_reference="2026/117",
    **EVERY_CASE.model_dump(exclude_none=True),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    with two_nodes(tmp_path_factory.mktemp("batches")) as federation:
        yield federation


def people() -> list[dict[str, object]]:
    """Give 60 persons, of whom the holder knows three."""
    known = {7 + 20 * place: row_of(key) for place, key in enumerate(KNOWN)}
    rows: list[dict[str, object]] = []
    for number in range(ROWS):
        row = known.get(number) or {
            "names": [f"Ostrivan {chr(97 + number % 26)}elqu{chr(97 + number // 26)}mar"],
            "dob": [f"{1940 + number}-04-0{1 + number % 9}"],
            "nationality": ["MD"],
        }
        rows.append({name: row[name] for name in ("names", "dob", "nationality")} | {"reference": f"P-{number}"})
    return rows


def client(made: LocalFederation) -> BatchClient:
    return BatchClient(load_home(made.home(ASKER)), load_key(made.officer_key(ASKER)))


async def reached(made: LocalFederation, reference: str, done: int) -> wire.Batch:
    """Wait until so many rows are done, or the batch runs no longer."""
    async with client(made) as desk:
        for _ in range(3000):
            batch = await desk.batch(reference)
            if batch.state != "running" or sum(batch.counts[one] for one in ("hit", "nothing", "incomplete")) >= done:
                return batch
            await asyncio.sleep(0.02)
    raise AssertionError("the batch does not go on")


def asked(made: LocalFederation) -> Counter[str]:
    """Give how often each person was asked about, by the names in the asker's log."""
    log = LedgerReader(load_home(made.home(ASKER)).ledger_path)
    names: Counter[str] = Counter()
    for entry in log.entries():
        if isinstance(entry.event, QuerySent):
            opened = {one.name: one.value for one in log.openings(entry.number)}
            names[
                json.loads(opened["subject.names"])[0]["text"]
                if "{" in opened["subject.names"]
                else opened["subject.names"]
            ] += 1
    return names


async def test_a_list_outlives_the_death_of_its_node_and_asks_no_row_twice_but_those_under_way(
    made: LocalFederation,
) -> None:
    content = "\n".join(json.dumps(row) for row in people()).encode()
    async with client(made) as desk:
        prepared = await desk.prepare(QUERY, content, wire.LIST_FORMAT_JSONL)
        assert dict(prepared.counts) == {"waiting": ROWS}
        assert not asked(made)
        reference = (await desk.start(prepared.reference)).reference
    half = await reached(made, reference, 15)
    assert half.state == "running"
    kill(made, ASKER)
    before = asked(made)
    assert max(before.values()) == 1
    await made.start(ASKER)
    batch = await reached(made, reference, ROWS)
    batch = await over(made, reference)
    unknown = batch.counts["unknown"]
    assert unknown <= ROWS_AT_ONCE
    if unknown:
        assert (batch.state, batch.reason) == ("stopped", "interrupted")
        async with client(made) as desk:
            await desk.start(reference, ask_unknown=True)
        batch = await over(made, reference)
    assert batch.state == "finished"
    assert batch.counts["hit"] == len(KNOWN)
    assert batch.counts["nothing"] == ROWS - len(KNOWN)
    async with client(made) as desk:
        rows = [row async for row in desk.results(reference)]
    assert [row.reference for row in rows] == [f"P-{number}" for number in range(ROWS)]
    assert [row.reference for row in rows if row.state == "hit"] == ["P-7", "P-27", "P-47"]
    assert all(row.answers[0].hits for row in rows if row.state == "hit")
    after = asked(made)
    assert len(after) == ROWS
    assert sum(after.values()) == ROWS + unknown
    assert max(after.values()) <= 2
    files = [*(made.home(ASKER) / "data").glob("batches.db*")]
    assert all(b"Ostrivan" not in path.read_bytes() for path in files)


async def over(made: LocalFederation, reference: str) -> wire.Batch:
    """Wait until a batch runs no longer."""
    batch = await reached(made, reference, ROWS + 1)
    assert batch.state != "running"
    return batch


async def test_the_command_asks_about_a_list_and_keeps_its_results(made: LocalFederation, tmp_path: Path) -> None:
    path, kept = tmp_path / "persons.csv", tmp_path / "results.csv"
    way = row_of("way")
    path.write_text(
        f"reference,names,dob\nR-1,{way['names'][0]},{way['dob'][0]}\nR-2,Idris Quelmaran,1960-01-02\nR-3,Mara,\n"
    )
    key = ("--officer-key", str(made.officer_key(ASKER)))
    why = (
        "--purpose",
        EVERY_PURPOSE,
        "--legal-basis",
        "article 1",
        "--case",
        "2026/118",
        "--offence",
        EVERY_CASE.offence,
    )
    more = ("--penalty-months", "120", "--nature", "ordinary", "--role", "suspect", "--death-penalty", "no")
    batch = await made.command(ASKER, "batch", "start", str(path), *why, *more, "--yes", *key)
    assert (batch["state"], batch["counts"]) == ("finished", {"hit": 1, "nothing": 1, "thin": 1})
    reference = batch["reference"]
    listed = await made.command(ASKER, "batch", "list", *key)
    assert reference in [one["reference"] for one in listed["batches"]]
    rows = (await made.command(ASKER, "batch", "results", reference, "--state", "hit", *key))["rows"]
    assert [row["reference"] for row in rows] == ["R-1"]
    await made.command(ASKER, "batch", "results", reference, "--csv", str(kept), *key)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert '"R-3","thin"' in kept.read_text()
    assert (await made.command(ASKER, "batch", "delete", reference, *key))["erased"] is True
