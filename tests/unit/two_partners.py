"""An asker taught what each of two partners says, either of which may leave, or have its agreement end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from ledger.events import AnswerReceived, QuerySent
from node.queries.answers import NOTHING, Answer
from node.queries.asking import Step
from node.queries.outcomes import NodeOutcome, Outcome
from node.queries.plan import Planned, Question, Reach, check_recipients, within_reach
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from tests.unit.batch_desk import DE, TEXT, BatchDesk, TaughtAsker
from tests.unit.test_plan_and_outcomes import member_at
from tests.unit.two_desks import ASKER, agreement, in_force

IT = Party.agency("IT-ALTRA").uri
_TEXT_OF_IT = agreement(
    id="FR-IT",
    parties=[
        {
            "agency": one,
            "country": one[:2],
            "roles": ["asks", "holds"],
            "authorities": ["it"],
            "contact": "desk@example",
        }
        for one in (ASKER, "IT-ALTRA")
    ],
    validity__from=date(2020, 1, 1),
    validity__until=date(2090, 12, 31),
)


@dataclass
class TwoPartners(TaughtAsker):
    """Says ``words`` by a name and a partner, else nothing found. ``left`` are members no more, of ``ended`` all is."""

    words: dict[tuple[str, str], Answer | Outcome] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)

    async def reach(self, draft: Question) -> Reach:
        members = {one: member_at(one) for one in (DE, IT) if one not in self.left}
        texts = [text for member, text in ((DE, TEXT), (IT, _TEXT_OF_IT)) if member not in self.ended]
        planned, not_asked = within_reach(draft, in_force(*texts), Party.agency(ASKER).uri, members, datetime.now(UTC))
        return Reach(planned, not_asked, tuple(sorted(TEXT.purposes)), members)

    async def _ask(self, question: Question, query_id: bytes) -> AsyncIterator[Step | NodeOutcome]:
        name = question.subject.names[0].text
        await self._may_die("before it is sent", name)
        reach = await self.reach(question)
        check_recipients(question, reach.members)
        if not reach.planned:
            raise SymbolonError(ErrorCode.NO_AGREEMENT)
        if name in self.errors:
            raise self.errors[name]
        for outcome in reach.not_asked:
            yield outcome
        sent = QuerySent(
            query_id=query_id.hex(),
            purpose=question.purpose,
            recipients=tuple(one.member.uri for one in reach.planned),
            agreements=(TEXT.id,),
            agreement_hashes=(TEXT.hash.hex(),),
            not_asked=tuple(one.member for one in reach.not_asked),
        )
        await self._record(sent, names=name)
        self.asked.append(name)
        for planned in reach.planned:
            await self._may_die(f"before {planned.member.display_name} answers", name)
            yield await self._word(planned, query_id, name)
        await self._may_die("before it is stored", name)

    async def _word(self, planned: Planned, query_id: bytes, name: str) -> NodeOutcome:
        member = planned.member.uri
        taught = self.words.get((name, member), NOTHING)
        answer = taught if isinstance(taught, Answer) else NOTHING
        outcome = taught if isinstance(taught, Outcome) else Outcome.HIT if answer.level else Outcome.NOTHING
        references = [one.reference for one in answer.candidates]
        event = AnswerReceived(
            query_id=query_id.hex(),
            envelope_digest="00",
            member=member,
            agreement_hash=planned.agreement.hash.hex(),
            purpose="migrant_smuggling",
            outcome=outcome.value,
            level=answer.level,
            candidates=len(references),
            cases=(),
            trace=(),
        )
        await self._record(event, **({"references": json.dumps(references)} if references else {}))
        self.cases |= {(member, one) for one in references}
        return NodeOutcome(member, planned.member.display_name, outcome, answer)


class TwoPartnerDesk(BatchDesk):
    """The batches of an agency with two partners."""

    asker: TwoPartners

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asker = TwoPartners(self.ledger)
        self.renew()
