"""The desk's calls about queries: decode, ask, encode. Nothing is decided here."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, date, datetime

from matching.forgetting import words_forgotten
from matching.identifiers import ZoneFormatError, parse_machine_readable_zone
from node.officers.permission import Permission
from node.officers.register import Officer
from node.queries.asking import Asker, Step
from node.queries.check import seconds_of, summed_up
from node.queries.hint import hint
from node.queries.outcomes import NodeOutcome
from node.queries.plan import check_recipients
from node.queries.precedence import Precedence
from node.queries.wire import draft_of, hint_shown, node_answer, question_of
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2


class QueryCalls:
    """The part of the service Desk that puts queries, and what helps to put them."""

    def __init__(self, permission: Permission, asker: Asker, precedence: Precedence | None = None) -> None:
        """Take what checks roles, the asker, and what lets single queries go before lists."""
        self._permission = permission
        self._asker = asker
        self._precedence = precedence or Precedence()

    async def query(
        self, request: desk_pb2.QueryRequest, officer: Officer, until: float
    ) -> AsyncGenerator[desk_pb2.QueryResponse, None]:
        """Put a query and stream its steps and outcomes."""
        await self._permission.check(officer, "query")
        question = question_of(request, officer.name, _today())
        with self._precedence.single():
            async with aclosing(self._asker.ask(question, until)) as events:
                async for event in events:
                    if isinstance(event, Step):
                        progress = desk_pb2.QueryProgress(step=event.name, milliseconds=event.milliseconds)
                        yield desk_pb2.QueryResponse(progress=progress)
                    else:
                        yield desk_pb2.QueryResponse(answer=node_answer(event))

    async def hint(self, request: desk_pb2.HintRequest, officer: Officer) -> desk_pb2.HintResponse:
        """Say what a draft lacks; nothing of it leaves the node or is kept."""
        await self._permission.check(officer, "query")
        draft, question = await asyncio.to_thread(draft_of, request.draft, officer.name, _today())
        reach = await self._asker.reach(question)
        check_recipients(question, reach.members)
        with words_forgotten():
            return hint_shown(await asyncio.to_thread(hint, draft, question, reach))

    async def read_mrz(self, request: desk_pb2.ReadMrzRequest, officer: Officer) -> desk_pb2.ReadMrzResponse:
        """Read a machine readable zone; raise `SymbolonError` (`INVALID_INPUT`) where it is none."""
        await self._permission.check(officer, "query")
        try:
            zone = parse_machine_readable_zone(request.text, _today())
        except ZoneFormatError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"mrz: {error}") from None
        return desk_pb2.ReadMrzResponse(
            form=zone.form,
            subject_json=json.dumps(zone.to_row(), ensure_ascii=False).encode(),
            checks=[desk_pb2.MrzCheck(field=field, right=right) for field, right in zone.checks],
            names_cut=zone.names_cut,
            expiry=zone.expiry,
        )

    async def check(self, request: desk_pb2.CheckRequest, officer: Officer) -> desk_pb2.CheckResponse:
        """Put a query and give the one answer it comes to, at the latest after the seconds asked for."""
        await self._permission.check(officer, "query")
        question, seconds = question_of(request.query, officer.name, _today()), seconds_of(request)
        until = time.monotonic() + seconds
        outcomes: list[NodeOutcome] = []
        try:
            with self._precedence.single():
                async with asyncio.timeout(seconds), aclosing(self._asker.ask(question, until)) as events:
                    async for event in events:
                        if not isinstance(event, Step):
                            outcomes.append(event)
        except TimeoutError:
            reach = await self._asker.reach(question)
            return summed_up(question.recipients, outcomes, [one.member for one in reach.planned])
        return summed_up(question.recipients, outcomes, ())


def _today() -> date:
    return datetime.now(UTC).date()
