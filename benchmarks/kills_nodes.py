"""Whole parties killed while queries run: every answer told has its entry in the log of each party that had a part.

Two nodes, a coordinator and a custodian are processes of their own. An analyst's program puts queries without pause;
at random moments one of the four is killed and started again. Each query has a case reference of its own, by which the
entries are found afterwards.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import COORDINATOR, CUSTODIAN, LocalFederation
from ledger.entries import Entry
from ledger.events import AnswerReceived, QueryAnswered, QueryRefused, QuerySent
from ledger.federation_events import AnswerRelayed, ElementsEvaluated
from ledger.log import Ledger
from ledger.reading import LedgerReader
from node.config import load_home
from node.desk.client import DeskClient
from node.officers.key import load_key
from symbolon.rpc.errors import SymbolonError
from symbolon.v1.desk_pb2 import NodeOutcome

ASKER, HOLDER = "FR-DNMS", "DE-ZASM"
LANES = 4
PATIENCE = 60.0
"""Seconds in which answers must come again after a party was started."""

PAUSE = 0.1
"""Seconds after a query of which nothing came, for a party is down."""

LISTED = {"names": ["Zhavilto Quorlvex"], "dob": ["1971-03-02"], "nationality": ["MD"]}
STRANGER = {"names": ["Brenquist Odlemar"], "dob": ["1983-11-20"], "nationality": ["GE"]}


@dataclass(frozen=True)
class Told:
    """An outcome that the analyst's program was told: of which query, by its case reference, and what."""

    case: str
    member: str
    outcome: str

    @property
    def is_answer(self) -> bool:
        """Say whether the holder's word is known."""
        return self.outcome in ("hit", "nothing")


@dataclass
class Answered:
    """What came of it: the outcomes told, and those of which an entry is missing, by the party whose log lacks it."""

    kills: int = 0
    queries: int = 0
    told: list[Told] = field(default_factory=list)
    answers: int = 0
    missing: dict[str, list[str]] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    answered: asyncio.Event = field(default_factory=asyncio.Event)


async def kill_parties(folder: Path, times: int, chance: random.Random) -> Answered:
    """Kill a party so often while queries run, and compare what was told with all four logs."""
    found = Answered()
    async with _federation(folder) as made:
        lanes = [asyncio.create_task(_ask_for_ever(made, found, lane)) for lane in range(LANES)]
        for _ in range(times):
            await _answers(found, chance.randrange(1, 12))
            await asyncio.sleep(chance.uniform(0, 0.2))
            party = chance.choice((ASKER, HOLDER, COORDINATOR, CUSTODIAN))
            _kill(made, party)
            found.kills += 1
            await made.start(party)
        await _answers(found, LANES)
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        made.stop()
        await asyncio.to_thread(_compare, made, found)
    return found


@asynccontextmanager
async def _federation(folder: Path) -> AsyncIterator[LocalFederation]:
    with LocalFederation(folder / "federation", {ASKER: "Asking", HOLDER: "Holding"}) as made:
        await made.prepare()
        await made.start_hub()
        await made.start_nodes()
        path = folder / "list.jsonl"
        path.write_text(json.dumps({"record_id": "K-1", **LISTED}) + "\n")
        await made.command(HOLDER, "node", "import", str(path))
        await made.command(HOLDER, "node", "enrol")
        yield made


def _kill(made: LocalFederation, party: str) -> None:
    process = made.running.pop(party)
    process.kill()
    if process.process.stdout is not None:
        process.process.stdout.close()


async def _answers(found: Answered, wanted: int) -> None:
    """Wait for so many answers more."""
    async with asyncio.timeout(PATIENCE):
        for _ in range(wanted):
            await found.answered.wait()
            found.answered.clear()


async def _ask_for_ever(made: LocalFederation, found: Answered, lane: int) -> None:
    number = 0
    while True:
        number += 1
        case = f"kill {lane}/{number}"
        found.queries += 1
        try:
            async for told in _ask(made, case, LISTED if number % 2 else STRANGER):
                found.told.append(told)
                if told.is_answer:
                    found.answers += 1
                    found.answered.set()
                else:
                    await asyncio.sleep(PAUSE)
        except SymbolonError:
            await asyncio.sleep(PAUSE)


async def _ask(made: LocalFederation, case: str, subject: dict[str, Any]) -> AsyncIterator[Told]:
    async with DeskClient(load_home(made.home(ASKER)), load_key(made.officer_key(ASKER))) as desk:
        events = desk.query(
            subject, purpose=EVERY_PURPOSE, legal_basis="article 1", case_reference=case, justification=EVERY_CASE
        )
        async for event in events:
            if event.WhichOneof("event") == "answer":
                outcome = NodeOutcome.Name(event.answer.outcome).removeprefix("NODE_OUTCOME_").lower()
                yield Told(case, event.answer.member, outcome)


def _compare(made: LocalFederation, found: Answered) -> None:
    """Look for the entry of each outcome told, and verify all four logs."""
    readers = {}
    for party in (ASKER, HOLDER, COORDINATOR, CUSTODIAN):
        path = made.home(party) / "data" / "ledger.db"
        Ledger(path).close()  # which checks its end
        readers[party] = LedgerReader(path)
        found.entries[party] = readers[party].verify()
    received, sent = _of_asker(readers[ASKER])
    answered = {case for case, entry in _by_case(readers[HOLDER], (QueryAnswered, QueryRefused))}
    relayed = {
        one.event.query_id
        for one in readers[COORDINATOR].entries()
        if isinstance(one.event, AnswerRelayed) and one.event.outcome == "reply"
    }
    conclusive = [one for one in found.told if one.is_answer]
    found.missing = {
        ASKER: [one.case for one in found.told if (one.case, one.member, one.outcome) not in received],
        HOLDER: [one.case for one in conclusive if one.case not in answered],
        COORDINATOR: [one.case for one in conclusive if not sent.get(one.case, set()) & relayed],
        CUSTODIAN: [str(short)] if (short := len(conclusive) - _evaluations(readers[CUSTODIAN])) > 0 else [],
    }


def _of_asker(reader: LedgerReader) -> tuple[set[tuple[str, str, str]], dict[str, set[str]]]:
    """Give the outcomes that the asker's log has, and the query ids of each case."""
    received, sent = set(), dict[str, set[str]]()
    for case, entry in _by_case(reader, (AnswerReceived, QuerySent)):
        if isinstance(entry.event, AnswerReceived):
            received.add((case, entry.event.member, entry.event.outcome))
        elif isinstance(entry.event, QuerySent):
            sent.setdefault(case, set()).add(entry.event.query_id)
    return received, sent


def _by_case(reader: LedgerReader, events: tuple[type, ...]) -> Iterator[tuple[str, Entry]]:
    for entry in reader.entries():
        if isinstance(entry.event, events):
            opened = {one.name: one.value for one in reader.openings(entry.number)}
            yield opened.get("case_reference", ""), entry


def _evaluations(reader: LedgerReader) -> int:
    return sum(isinstance(one.event, ElementsEvaluated) and one.event.use == "query" for one in reader.entries())
