"""Two real nodes that follow hits up over real mail, and the steps of their officers; invented people only."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import ANALYST, LocalFederation
from ledger.reading import LedgerReader
from node.cases.client import CaseClient
from node.config import load_home
from node.desk.client import DeskClient
from node.officers.key import load_key
from symbolon.v1 import cases_pb2 as wire
from tests.integration.commands import CommandedFederation

ASKER, HOLDER = "FR-DNMS", "DE-ZASM"
WEBER, VOGT, CHEF = "k.weber", "l.vogt", "m.chef"
PATIENCE = 60.0
PEOPLE = {
    "way": "Zhavilto Quorlvex",
    "down": "Brenquist Odlemar",
    "suspended": "Tirvald Oxenquay",
    "recalled": "Mirelka Dostvane",
    "corrected": "Ulfrida Perzhenko",
    "silent": "Quenby Astrovalt",
    "emergency": "Vasko Trelliman",
    "eyes": "Henrikke Boldavay",
    "due": "Osvaldra Quintrel",
    "ended": "Perrault Valtoske",
    "cleared": "Ignavarro Westelburg",
}


def row_of(key: str) -> dict[str, Any]:
    """Give a person's record."""
    number = list(PEOPLE).index(key)
    row: dict[str, Any] = {
        "record_id": f"Z-{key}",
        "names": [PEOPLE[key]],
        "dob": [f"19{70 + number}-03-02"],
        "nationality": ["MD"],
        "phones": [f"+373 22 00 00 {number:02}"],
    }
    return row | ({"rules": {"discreet": "yes"}} if key == "silent" else {})


@contextmanager
def two_nodes(folder: Path, kind: type[LocalFederation] = CommandedFederation) -> Iterator[LocalFederation]:
    """Run two nodes with quick mail, the holder's list enrolled."""
    settings = {"mail-tick-seconds": "0.2"}
    with (
        asyncio.Runner() as runner,
        kind(folder, {ASKER: "Asking", HOLDER: "Holding"}, settings=settings) as made,
    ):
        runner.run(prepare(made, folder))
        yield made


async def prepare(made: LocalFederation, folder: Path) -> None:
    await made.prepare()
    for agency in (ASKER, HOLDER):
        settings = made.home(agency) / "node.toml"
        settings.write_text(settings.read_text().replace("sweep_seconds = 60.0", "sweep_seconds = 0.5"))
    await made.add_officer(ASKER, CHEF, "supervisor")
    await made.add_officer(HOLDER, WEBER, "release_officer")
    await made.add_officer(HOLDER, VOGT, "supervisor")
    await made.start_hub()
    await made.start_nodes()
    await load(made, folder, *map(row_of, PEOPLE))


def kill(made: LocalFederation, agency: str) -> None:
    """End a node as a power cut would."""
    process = made.running.pop(agency)
    process.kill()
    assert process.process.stdout is not None
    process.process.stdout.close()


async def load(made: LocalFederation, folder: Path, *rows: dict[str, Any]) -> None:
    """Import records at the holder and enrol them."""
    path = folder / f"list-{time.monotonic_ns()}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    await made.command(HOLDER, "node", "import", str(path))
    await made.command(HOLDER, "node", "enrol")


@asynccontextmanager
async def desk(made: LocalFederation, agency: str, officer: str) -> AsyncIterator[CaseClient]:
    async with CaseClient(load_home(made.home(agency)), load_key(made.officer_key(agency, officer))) as client:
        yield client


async def hit_on(made: LocalFederation, key: str) -> str:
    """Ask about a person; give the reference of the hit, empty without one."""
    row = row_of(key)
    asked = {name: row[name] for name in ("names", "dob", "nationality")}
    async with DeskClient(load_home(made.home(ASKER)), load_key(made.officer_key(ASKER))) as client:
        events = client.query(
            asked, purpose=EVERY_PURPOSE, legal_basis="article 1", case_reference="2026/117", justification=EVERY_CASE
        )
        answers = [event.answer async for event in events if event.WhichOneof("event") == "answer"]
    return next((one.reference for answer in answers for one in answer.candidates), "")


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that mail brings about."""
    end = time.monotonic() + PATIENCE
    while not await reached():
        assert time.monotonic() < end, "the mail did not bring it about"
        await asyncio.sleep(0.1)


async def case_is(made: LocalFederation, reference: str, state: str) -> wire.CaseShown:
    """Wait until the asker's case is in a state, and give it."""
    seen: list[wire.CaseShown] = []

    async def reached() -> bool:
        async with desk(made, ASKER, ANALYST) as client:
            seen[:] = [await client.case(reference)]
        return seen[0].file.state == state

    await until(reached)
    return seen[0]


async def referral_is(made: LocalFederation, reference: str, state: str) -> wire.ReferralShown:
    """Wait until the holder's referral is in a state, and give it."""
    seen: list[wire.ReferralShown] = []

    async def reached() -> bool:
        async with desk(made, HOLDER, WEBER) as client:
            seen[:] = [await client.referral(reference)]
        return seen[0].file.state == state

    await until(reached)
    return seen[0]


async def ask(made: LocalFederation, reference: str, by: str = ANALYST, **step: Any) -> wire.CaseShown:
    async with desk(made, ASKER, by) as client:
        return await client.act_on_case(reference, **step)


async def hold(made: LocalFederation, reference: str, by: str = WEBER, **step: Any) -> wire.ReferralShown:
    async with desk(made, HOLDER, by) as client:
        for of_what_is_shown in {"approve", "send", "correct", "confirm_match"} & step.keys():
            step[of_what_is_shown] = wire.Worded(words=(await client.referral(reference)).digest)
        return await client.act_on_referral(reference, **step)


async def to_request(made: LocalFederation, key: str) -> str:
    end = time.monotonic() + PATIENCE
    while not (reference := await hit_on(made, key)):
        assert time.monotonic() < end, "no hit"
        await asyncio.sleep(1.0)  # the hub waits some seconds before it dials a node anew that was not there yet
    await ask(made, reference, confirm=wire.Worded(words="the same scar"))
    await ask(made, reference, request=wire.FollowUp(facts="seen twice at the border"))
    await referral_is(made, reference, "requested")
    return reference


async def to_offer(made: LocalFederation, key: str) -> str:
    reference = await to_request(made, key)
    await hold(made, reference, approve=wire.Worded())
    await hold(made, reference, VOGT, approve=wire.Worded())
    return reference


async def acknowledge(made: LocalFederation, reference: str) -> None:
    offered = await case_is(made, reference, "offered")
    await ask(made, reference, acknowledge=wire.Worded(words=offered.file.offer.digest))


async def to_content(made: LocalFederation, key: str) -> str:
    reference = await to_offer(made, key)
    await acknowledge(made, reference)
    await case_is(made, reference, "readable")
    return reference


def events(made: LocalFederation, agency: str) -> list[str]:
    return [entry.event.type for entry in LedgerReader(load_home(made.home(agency)).ledger_path).entries()]
