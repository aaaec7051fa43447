"""A desk that asks, without a network: real agreements, real planning, real logs, and answers as a test gives them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from agreements.agreement import Agreement
from agreements.standing import AgreementSet, Standing
from ledger.log import Ledger
from matching.features import golden_digest, own_normaliser
from matching.keys import SealingKey, SigningKey
from node.database import DatabaseFile
from node.directory.membership import Member
from node.investigations.calls import InvestigationCalls
from node.investigations.store import InvestigationStore
from node.officers.permission import Permission
from node.queries.asking import Asker, Step
from node.queries.calls import QueryCalls
from node.queries.outcomes import NodeOutcome
from node.queries.plan import Question, Reach, askable_purposes, plan, within_reach
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1.desk_pb2 import QueryRequest
from tests.unit.two_desks import NOW, TEXT

FR, DE, GR = (f"symbolon://agency/{name}" for name in ("FR-DNMS", "DE-ZASM", "GR-YPAM"))
PERSON = {"names": ["Giorgos Melanos"], "dob": ["1984-08-16"], "nationality": ["GR"]}
CASE: Mapping[str, Any] = {
    "purpose": "migrant_smuggling",
    "legal_basis": "art. 26",
    "case_reference": "2026/117",
    "offence": "migrant_smuggling",
    "penalty_months": 120,
    "nature": "ordinary",
    "person_role": "suspect",
    "death_penalty": "no",
}


def member(uri: str) -> Member:
    """Give a member whose features are made as ours."""
    return Member(
        uri=uri,
        display_name=f"Agency {uri.rpartition('/')[2]}",
        signing_key=SigningKey.generate().public_key().raw.hex(),
        sealing_key=SealingKey.generate().public_key().raw.hex(),
        normaliser=own_normaliser(),
        golden_digest=golden_digest(),
        issued_at=1,
    )


def request(row: Mapping[str, Any] | None = None, **changes: Any) -> QueryRequest:
    """Give a query that the agreement allows, with fields changed."""
    person = json.dumps(PERSON if row is None else row).encode()
    return QueryRequest(subject_json=person, **{**CASE, **changes})


class TaughtAsker(Asker):
    """Plans as the real one does, and then tells the outcomes it was taught, one when each gate opens."""

    def __init__(self, *outcomes: NodeOutcome, text: Agreement = TEXT, error: ErrorCode | None = None) -> None:
        self.outcomes = list(outcomes)
        self.agreements = AgreementSet([Standing(text, frozenset(text.party_of), accepted=True)])
        self.known = {uri: member(uri) for uri in (DE, GR)}
        self.gate = asyncio.Semaphore(1000)
        self.error = error
        self.asked: list[Question] = []
        self.until = 0.0

    async def reach(self, draft: Question) -> Reach:
        planned, not_asked = within_reach(draft, self.agreements, FR, self.known, NOW)
        return Reach(planned, not_asked, askable_purposes(self.agreements, "FR-DNMS", self.known, NOW), set(self.known))

    async def ask(
        self, question: Question, until: float, query_id: bytes | None = None
    ) -> AsyncGenerator[Step | NodeOutcome, None]:
        self.asked.append(question)
        self.until = until - time.monotonic()
        _, not_asked = plan(question, self.agreements, FR, self.known, NOW)
        for outcome in not_asked:
            yield outcome
        if self.error is not None:
            raise SymbolonError(self.error)
        yield Step("features", 1.0)
        for outcome in self.outcomes:
            await self.gate.acquire()
            yield outcome


def calls(ledger: Ledger, asker: Asker) -> QueryCalls:
    """Give the calls over an asker."""
    return QueryCalls(Permission(ledger), asker)


def investigations(
    ledger: Ledger, file: DatabaseFile, clock: Callable[[], datetime] = lambda: NOW
) -> InvestigationCalls:
    """Give the calls of saved cases over a file."""
    return InvestigationCalls(Permission(ledger), InvestigationStore(file, timedelta(days=365)), ledger, clock)
