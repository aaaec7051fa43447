"""The front-line check: one verdict, which never says *nothing known* where any node gave no answer."""

from __future__ import annotations

import asyncio
import itertools
import time
import tomllib
from collections.abc import AsyncGenerator, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agreements.template import TEMPLATE
from ledger.log import Ledger
from node.batches.states import kept
from node.cases.cleared import Cleared
from node.queries.answers import Answer, Candidate
from node.queries.asking import Step
from node.queries.check import LATE
from node.queries.outcomes import NodeOutcome, Outcome
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2
from tests.unit.asked_desk import DE, GR, TaughtAsker, calls, request
from tests.unit.two_desks import ANALYST, agreement

_PARTIES: list[dict[str, Any]] = tomllib.loads(TEMPLATE)["parties"]
ALL_ASKED = agreement(parties=[*_PARTIES, deepcopy(_PARTIES[1]) | {"agency": "GR-YPAM", "country": "GR"}])
"""The agreement with a third party, so that two nodes are asked."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


def _told(member: str, outcome: Outcome) -> NodeOutcome:
    level = 1 if outcome is Outcome.HIT else 0
    return NodeOutcome(member, member.rpartition("/")[2], outcome, Answer(level=level))


async def _checked(ledger: Ledger, asker: TaughtAsker, seconds: float = 0, **changes: Any) -> desk_pb2.CheckResponse:
    return await calls(ledger, asker).check(desk_pb2.CheckRequest(query=request(**changes), seconds=seconds), ANALYST)


async def test_a_query_that_is_watched_no_longer_is_ended_where_it_was_watched(ledger: Ledger) -> None:
    ended: list[asyncio.Task[Any] | None] = []

    class Watched(TaughtAsker):
        async def ask(self, *of: Any) -> AsyncGenerator[Step | NodeOutcome, None]:
            try:
                async for event in super().ask(*of):
                    yield event
            finally:
                ended.append(asyncio.current_task())

    asker = Watched(_told(DE, Outcome.NOTHING), _told(GR, Outcome.NOTHING), text=ALL_ASKED)
    answers = calls(ledger, asker).query(request(), ANALYST, time.monotonic() + 20)
    await anext(answers)
    await answers.aclose()
    assert ended == [asyncio.current_task()]


@pytest.mark.parametrize(("one", "other"), list(itertools.product(Outcome, Outcome)))
async def test_nothing_known_is_said_only_where_every_node_answered_so(
    ledger: Ledger, one: Outcome, other: Outcome
) -> None:
    asker = TaughtAsker(_told(DE, one), _told(GR, other), text=ALL_ASKED)
    answer = await _checked(ledger, asker)
    both = {one, other}
    if Outcome.HIT in both:
        assert answer.verdict == desk_pb2.VERDICT_HIT
    elif both <= {Outcome.NOTHING, Outcome.NOT_ASKED} and Outcome.NOTHING in both:
        assert answer.verdict == desk_pb2.VERDICT_NOTHING_KNOWN
    else:
        assert answer.verdict == desk_pb2.VERDICT_NOT_CONCLUSIVE
    assert answer.hits + answer.nothing + answer.unanswered + answer.not_asked == 2


async def test_an_agency_that_was_named_and_may_not_be_asked_leaves_it_open(ledger: Ledger) -> None:
    asker = TaughtAsker(_told(DE, Outcome.NOTHING))
    assert (await _checked(ledger, asker)).verdict == desk_pb2.VERDICT_NOTHING_KNOWN
    named = await _checked(ledger, asker, recipients=[DE, GR])
    assert (named.verdict, named.not_asked) == (desk_pb2.VERDICT_NOT_CONCLUSIVE, 1)


async def test_a_node_that_is_late_is_told_of_and_leaves_it_open(ledger: Ledger) -> None:
    asker = TaughtAsker(_told(DE, Outcome.NOTHING), _told(GR, Outcome.NOTHING), text=ALL_ASKED)
    asker.gate._value = 1  # the second answer never comes
    answer = await _checked(ledger, asker, seconds=2)
    assert answer.verdict == desk_pb2.VERDICT_NOT_CONCLUSIVE
    assert {one.member: one.explanation for one in answer.answers} == {DE: "", GR: LATE}
    assert asker.until <= 2


@pytest.mark.parametrize("seconds", [1.9, 60.1, -1.0, float("nan"), float("inf")])
async def test_nobody_waits_too_short_or_too_long(ledger: Ledger, seconds: float) -> None:
    with pytest.raises(SymbolonError) as caught:
        await _checked(ledger, TaughtAsker(), seconds=seconds)
    assert caught.value.code is ErrorCode.INVALID_INPUT


async def test_a_check_that_cannot_be_put_says_why_and_gives_no_verdict(ledger: Ledger) -> None:
    with pytest.raises(SymbolonError) as caught:
        await _checked(ledger, TaughtAsker(), row={"names": ["Melanos"]})
    assert caught.value.code is ErrorCode.QUERY_TOO_THIN


def _cleared(reference: str) -> Cleared:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    asked = {"agreement": "", "purpose": "", "case_reference": "", "band": "strong", "officer": "", "reason": ""}
    return Cleared(DE, "", reference, **asked, cleared_at=now, team=None, returned=1, returned_at=now)


@pytest.mark.parametrize(("how_many", "verdict"), [(2, "NOTHING_KNOWN"), (1, "HIT"), (0, "HIT")])
async def test_a_hit_that_was_cleared_is_no_hit_for_who_waits(ledger: Ledger, how_many: int, verdict: str) -> None:
    told = ("A" * 16, "B" * 16)
    answer = Answer(level=2, candidates=tuple(Candidate(reference=one, band="strong") for one in told))
    cleared = {one: _cleared("C" * 16) for one in told[:how_many]}
    outcome = NodeOutcome(DE, "DE-ZASM", Outcome.HIT, answer, cleared=cleared)
    checked = await _checked(ledger, TaughtAsker(outcome))
    assert desk_pb2.Verdict.Name(checked.verdict) == f"VERDICT_{verdict}"
    assert (checked.hits, checked.cleared) == ((0, 1) if verdict == "NOTHING_KNOWN" else (1, 0))
    (kept_hit, other) = kept(outcome).hits
    assert (kept_hit.cleared, other.cleared) == tuple("C" * 16 if one in cleared else "" for one in told)
