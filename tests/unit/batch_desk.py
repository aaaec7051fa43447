"""The batches of one agency over a taught asker: real files, log, register and calls; nobody is really asked.

The taught asker writes into the log what the real one writes, in the same order, and can die at each point between.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ledger.entries import Statement
from ledger.events import AnswerReceived, QueryDenied, QuerySent
from ledger.log import Ledger
from matching.envelope import QUERY_ID_BYTES
from node.batches.calls import BatchCalls
from node.batches.running import Batches, Means
from node.batches.store import BatchStore
from node.cases.cleared import Cleared
from node.officers.key import OfficerKey
from node.officers.permission import Permission
from node.officers.register import Officer, Officers
from node.queries.answers import NOTHING, Answer, Candidate
from node.queries.asking import Step
from node.queries.outcomes import NodeOutcome, Outcome
from node.queries.plan import Planned, Question, Reach, within_reach
from node.queries.precedence import Precedence
from symbolon.rpc.errors import SymbolonError
from symbolon.rpc.identity import Party
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.desk_pb2 import QueryRequest
from tests.unit.test_plan_and_outcomes import member_at
from tests.unit.two_desks import ASKER, HOLDER, agreement, in_force

MARTIN = "a.martin"
DE = Party.agency(HOLDER).uri
TEXT = agreement(validity__from=date(2020, 1, 1), validity__until=date(2090, 12, 31))
QUERY = QueryRequest(
    purpose="migrant_smuggling",
    legal_basis="article 26",
    case_reference="2026/117",
    offence="migrant_smuggling",
    penalty_months=60,
    nature="ordinary",
    person_role="suspect",
    death_penalty="no",
)


def listed(count: int) -> bytes:
    """Give a CSV of invented people, told apart by their names' ends and birth days."""
    people = (f"R-{n},Zhavilto Quorlvex{'abcdefghij'[n % 10] * (n // 10 + 1)},{1950 + n}-03-02" for n in range(count))
    return "\n".join(["reference,names,dob", *people]).encode()


@dataclass
class TaughtAsker:
    """Answers as it was taught: ``answers`` by a name's last word, else nothing found."""

    ledger: Ledger
    answers: dict[str, Answer | Outcome] = field(default_factory=dict)
    errors: dict[str, SymbolonError] = field(default_factory=dict)
    dies: str = ""
    at: str = ""
    died: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    cases: set[tuple[str, str]] = field(default_factory=set)
    cleared: set[str] = field(default_factory=set)
    before_each: Callable[[], None] = lambda: None
    most_at_once: int = 0
    _now: int = 0

    async def reach(self, draft: Question) -> Reach:
        members = {DE: member_at(DE)}
        asker = Party.agency(ASKER).uri
        planned, not_asked = within_reach(draft, in_force(TEXT), asker, members, datetime.now(UTC))
        return Reach(planned, not_asked, tuple(sorted(TEXT.purposes)), members)

    async def ask(
        self, question: Question, until: float, query_id: bytes | None = None
    ) -> AsyncGenerator[Step | NodeOutcome, None]:
        assert query_id is not None
        assert len(query_id) == QUERY_ID_BYTES
        self.before_each()
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            async for event in self._ask(question, query_id):
                yield event
        finally:
            self._now -= 1

    async def _ask(self, question: Question, query_id: bytes) -> AsyncIterator[Step | NodeOutcome]:
        name = question.subject.names[0].text
        await self._may_die("before it is sent", name)
        planned = (await self.reach(question)).planned
        if name in self.errors:
            error = self.errors[name]
            await self._record(QueryDenied(query_id=query_id.hex(), purpose="", recipients=(), reason=error.code.code))
            raise error
        sent = QuerySent(
            query_id=query_id.hex(),
            purpose=question.purpose,
            recipients=(DE,),
            agreements=(TEXT.id,),
            agreement_hashes=(TEXT.hash.hex(),),
        )
        await self._record(sent, names=name)
        self.asked.append(name)
        await self._may_die("before it is answered", name)
        yield Step("relay", 1.0)
        yield await self._answered(planned[0], query_id, name)
        await self._may_die("before it is stored", name)

    async def _answered(self, planned: Planned, query_id: bytes, name: str) -> NodeOutcome:
        taught = self.answers.get(name, NOTHING)
        answer = taught if isinstance(taught, Answer) else NOTHING
        outcome = taught if isinstance(taught, Outcome) else Outcome.HIT if answer.level else Outcome.NOTHING
        references = [one.reference for one in answer.candidates]
        event = AnswerReceived(
            query_id=query_id.hex(),
            envelope_digest="00",
            member=DE,
            agreement_hash=TEXT.hash.hex(),
            purpose="migrant_smuggling",
            outcome=outcome.value,
            level=answer.level,
            candidates=len(references),
            cases=(),
            trace=(),
        )
        await self._record(event, **({"references": json.dumps(references)} if references else {}))
        await self._may_die("before it is noted", name)
        self.cases |= {(DE, one) for one in references if one not in self.cleared}
        return NodeOutcome(
            DE,
            planned.member.display_name,
            outcome,
            answer,
            "" if outcome.answered else "no answer",
            cleared={one: _cleared(one) for one in references if one in self.cleared},
        )

    async def _record(self, event: Any, **personal: str) -> None:
        await self.ledger.record(Statement(event, personal))

    async def _may_die(self, point: str, name: str) -> None:
        """Stand still for good, as a process that was killed."""
        if (self.dies, self.at) == (point, name):
            self.died.set()
            await asyncio.Event().wait()


def _cleared(reference: str) -> Cleared:
    return Cleared(
        DE, "a" * 32, reference, TEXT.hash.hex(), "migrant_smuggling", "2026/117", "strong", MARTIN, "another person",
        datetime.now(UTC), None, 0, None,
    )  # fmt: skip


def hit(reference: str) -> Answer:
    """Give an answer with one candidate."""
    return Answer(level=2, candidates=(Candidate(reference=reference, band="strong"),), contact="desk@example")


class BatchDesk:
    """One agency's files, and its batches as often as they are started anew."""

    def __init__(self, folder: Path, most: int = 1000) -> None:
        self.folder = folder
        self.ledger = Ledger(folder / "ledger.db")
        self.officers = Officers(folder / "officers.db")
        self.store = BatchStore(folder / "batches.db")
        self.asker = TaughtAsker(self.ledger)
        self.precedence = Precedence()
        self.stopped = ""
        self.left = (499, 150)
        self._most = most
        self.enter(MARTIN, "analyst")
        self.renew()

    def close(self) -> None:
        self.store.__exit__()
        self.officers.close()
        self.ledger.close()

    def enter(self, name: str, *roles: str) -> Officer:
        self.officers.add(OfficerKey.draw(name), roles, "", "test", datetime.now(UTC), lambda _: None)
        return self.officer(name)

    def officer(self, name: str = MARTIN) -> Officer:
        return Officer(name, frozenset(self.officers.roles_of(name)))

    def renew(self) -> None:
        """Begin anew over the same files, as a node that starts."""
        means = Means(
            self.asker,
            self.ledger,
            self.precedence,
            self.officers.roles_of,
            lambda: self.stopped,
            lambda member, reference: (member, reference) in self.asker.cases,
            20.0,
            7,
        )
        self.batches = Batches(self.store, means)
        self.permission = Permission(self.ledger)
        self.calls = BatchCalls(self.permission, self.batches, lambda _: self.left, most=self._most)

    async def prepare(self, content: bytes, kind: str = "CSV", query: QueryRequest = QUERY) -> wire.Batch:
        request = wire.PrepareBatchRequest(
            query=query, list=[content], format=wire.ListFormat.Value(f"LIST_FORMAT_{kind}")
        )
        return (await self.calls.prepare_batch(request, self.officer())).batch

    async def start(self, reference: str, *, ask_unknown: bool = False) -> wire.Batch:
        request = wire.StartBatchRequest(reference=reference, ask_unknown=ask_unknown)
        return (await self.calls.start_batch(request, self.officer())).batch

    async def shown(self, reference: str, by: Officer | None = None) -> wire.Batch:
        request = wire.ShowBatchRequest(reference=reference)
        return (await self.calls.show_batch(request, by or self.officer())).batch

    async def results(self, reference: str, *states: str) -> list[wire.BatchRow]:
        request = wire.BatchResultsRequest(reference=reference, states=states, most=1000)
        return list((await self.calls.batch_results(request, self.officer())).rows)

    async def until(self, reference: str, *states: str, by: Officer | None = None) -> wire.Batch:
        """Wait until a batch is in one of the states."""
        for _ in range(2000):
            shown = await self.shown(reference, by)
            if shown.state in states:
                return shown
            await asyncio.sleep(0.01)
        raise AssertionError(f"the batch is still {shown.state}")

    async def over(self, content: bytes) -> wire.Batch:
        """Ask about a list until it stops or ends."""
        prepared = await self.prepare(content)
        async with self.batches.at_work():
            await self.start(prepared.reference)
            return await self.until(prepared.reference, "finished", "stopped", "cancelled")

    @asynccontextmanager
    async def killed(self, content: bytes) -> AsyncIterator[str]:
        """Ask about a list until the asker dies, and give its reference to a node that was started anew."""
        prepared = await self.prepare(content)
        async with self.batches.at_work():
            await self.start(prepared.reference)
            async with asyncio.timeout(20):
                await self.asker.died.wait()
        self.asker.dies = ""
        self.renew()
        async with self.batches.at_work():
            yield prepared.reference

    def events(self) -> list[str]:
        return [entry.event.type for entry in self.ledger.entries()]

    def files(self) -> bytes:
        """Give all that lies in the files of the batches."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("batches.db*")))
