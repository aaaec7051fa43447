"""The hub's relay over real mutual TLS: what it passes on, what it refuses, and how each failure is told."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from coordinator import delivery as delivering
from coordinator.delivery import shaved
from coordinator.metering import DailyMeter
from ledger.log import Ledger
from matching.envelope import MAX_LIFETIME, MAX_SKEW, SealedQuery
from matching.keys import SigningKey
from matching.lockbox import SizeClass
from matching.reply import REPLY_BYTES
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import Policy, Service
from symbolon.v1.envelope_pb2 import SealedReply
from symbolon.v1.relay_pb2 import AnswerRequest, AnswerResponse, DeliverResponse, DeliveryFailure
from symbolon.v1.relay_pb2_grpc import RelayStub
from tests.integration.federation import DevelopmentAuthority, refusal, serving
from tests.integration.hub import (
    ASKER,
    FIRST,
    OUTSIDER,
    SECOND,
    Agency,
    Stage,
    by_recipient,
    delivery,
    for_ever,
    new_query_id,
    stage,
    well_formed,
)


@pytest.mark.parametrize("size", SizeClass)
async def test_envelopes_are_passed_on_byte_for_byte_and_replies_come_back(
    authority: DevelopmentAuthority, homes: Path, size: SizeClass
) -> None:
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        first, first_node = await made.node(FIRST)
        second, second_node = await made.node(SECOND)
        query_id = new_query_id()
        queries = [asker.seal(one, query_id, size) for one in (first, second)]
        outcomes = await made.deliver(asker, *queries)
    assert first_node.received == [queries[0].to_bytes()]
    assert second_node.received == [queries[1].to_bytes()]
    assert by_recipient(outcomes) == {FIRST.uri: "reply", SECOND.uri: "reply"}
    assert {outcome.reply.reply for outcome in outcomes} == {bytes(REPLY_BYTES)}


async def test_a_slow_node_costs_its_own_outcome_only_and_that_within_the_deadline(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        fast, _ = await made.node(FIRST)
        slow, slow_node = await made.node(SECOND, for_ever)
        query_id = new_query_id()
        request = delivery(asker.seal(slow, query_id), asker.seal(fast, query_id))
        async with made.channel(asker) as channel:
            started = time.monotonic()
            arrivals = [
                (outcome, time.monotonic() - started)
                async for outcome in RelayStub(channel).Deliver(request, timeout=1.5)
            ]
        await asyncio.wait_for(slow_node.abandoned.wait(), 5)
    (first, first_after), (second, second_after) = arrivals
    assert by_recipient([first, second]) == {FIRST.uri: "reply", SECOND.uri: "DELIVERY_FAILURE_TIMED_OUT"}
    assert first.recipient == FIRST.uri
    assert first_after < 1.0 < second_after < 1.5


async def test_every_failure_on_the_way_has_its_own_name(
    authority: DevelopmentAuthority, homes: Path, unused_tcp_port: int
) -> None:
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        down = made.agency(FIRST)
        down.address = f"127.0.0.1:{unused_tcp_port}"
        await made.join(down)
        absent = made.agency(OUTSIDER)
        query_id = new_query_id()
        outcomes = await made.deliver(asker, asker.seal(down, query_id), asker.seal(absent, query_id))
    assert by_recipient(outcomes) == {
        FIRST.uri: "DELIVERY_FAILURE_UNREACHABLE",
        OUTSIDER.uri: "DELIVERY_FAILURE_UNKNOWN_MEMBER",
    }


@pytest.mark.parametrize("code", [ErrorCode.EPOCH_MISMATCH, ErrorCode.LOG_NOT_WRITABLE, ErrorCode.BUSY])
async def test_a_refusal_carries_the_code_of_the_catalogue_and_nothing_else(
    authority: DevelopmentAuthority, homes: Path, code: ErrorCode
) -> None:
    async def refuse(request: AnswerRequest, context: Any) -> AnswerResponse:
        raise SymbolonError(code, "some detail")

    outcome = await outcome_of(authority, homes, refuse)
    assert outcome == DeliverResponse(
        recipient=FIRST.uri, failure=DeliveryFailure.DELIVERY_FAILURE_REFUSED, error_code=code.code
    )


@pytest.mark.parametrize("size", [0, REPLY_BYTES - 1, REPLY_BYTES + 1, 9_000_000])
async def test_a_reply_of_another_size_is_not_passed_on(
    authority: DevelopmentAuthority, homes: Path, size: int
) -> None:
    async def answer(request: AnswerRequest, context: Any) -> AnswerResponse:
        return AnswerResponse(reply=SealedReply(reply=bytes(size)))

    outcome = await outcome_of(authority, homes, answer, message_limit=16 << 20)
    assert outcome == DeliverResponse(recipient=FIRST.uri, failure=DeliveryFailure.DELIVERY_FAILURE_INVALID_REPLY)


async def outcome_of(
    authority: DevelopmentAuthority, homes: Path, answering: Any, message_limit: int = 1 << 20
) -> DeliverResponse:
    """Give what the hub makes of one node's answer."""
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        node, _ = await made.node(FIRST, answering, message_limit)
        (outcome,) = await made.deliver(asker, asker.seal(node, new_query_id()))
        return outcome


async def test_bytes_that_are_no_message_are_an_invalid_reply(authority: DevelopmentAuthority, homes: Path) -> None:
    async def garbage(request: bytes, context: Any) -> bytes:
        return b"\xff" * 40

    handlers: dict[str, Any] = {"Answer": grpc.unary_unary_rpc_method_handler(garbage)}
    policy = Policy({"/symbolon.v1.Responder/Answer": lambda party: True})
    async with stage(authority, homes) as made:
        asker, node = made.agency(ASKER), made.agency(FIRST)
        await made.join(asker)
        register: Callable[[Any], None] = lambda server: server.add_registered_method_handlers(  # noqa: E731
            "symbolon.v1.Responder", handlers
        )
        async with serving(Service(node.tls, policy, [register])) as node.address:
            await made.join(node)
            (outcome,) = await made.deliver(asker, asker.seal(node, new_query_id()))
    assert by_recipient([outcome]) == {FIRST.uri: "DELIVERY_FAILURE_INVALID_REPLY"}


async def test_another_party_at_a_members_address_gets_no_envelope(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes) as made:
        asker, robbed = made.agency(ASKER), made.agency(FIRST)
        await made.join(asker)
        thief, thief_node = await made.node(SECOND)
        robbed.address = thief.address
        await made.join(robbed)
        outcomes = await made.deliver(asker, asker.seal(robbed, new_query_id()))
    assert by_recipient(outcomes) == {FIRST.uri: "DELIVERY_FAILURE_UNREACHABLE"}
    assert thief_node.received == []


async def test_a_member_that_moved_is_reached_at_its_new_address(authority: DevelopmentAuthority, homes: Path) -> None:
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        member, former = await made.node(FIRST)
        await made.deliver(asker, asker.seal(member, new_query_id()))
        current = type(former)()
        member.address = await made.serve_node(member, current)
        await made.join(member, member.entry(issued_at=int(time.time()) + 1))
        outcomes = await made.deliver(asker, asker.seal(member, new_query_id()))
    assert by_recipient(outcomes) == {FIRST.uri: "reply"}
    assert (len(former.received), len(current.received)) == (1, 1)


async def test_when_the_asker_goes_away_the_node_is_left_alone(authority: DevelopmentAuthority, homes: Path) -> None:
    asked = asyncio.Event()

    async def wait(request: AnswerRequest, context: Any) -> AnswerResponse:
        asked.set()
        return await for_ever(request, context)

    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        member, node = await made.node(FIRST, wait)
        async with made.channel(asker) as channel:
            call = RelayStub(channel).Deliver(delivery(asker.seal(member, new_query_id())), timeout=20)
            await asyncio.wait_for(asked.wait(), 5)
            call.cancel()
            await asyncio.wait_for(node.abandoned.wait(), 5)


Spoiling = Callable[[Agency, Agency, Agency], list[SealedQuery | bytes]]
ONE, OTHER = bytes(16), bytes(15) + b"\1"


def re_signed(asker: Agency, recipient: Agency) -> SealedQuery:
    return Agency(asker.party, asker.tls, signing=SigningKey.generate()).seal(recipient, ONE)


def grown(query: SealedQuery) -> bytes:
    return query.to_bytes() + b"\0"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda asker, first, second: [], ErrorCode.MALFORMED),
        (lambda asker, first, second: [asker.seal(first, ONE)] * 65, ErrorCode.MALFORMED),
        (lambda asker, first, second: [asker.seal(first, ONE)] * 2, ErrorCode.MALFORMED),
        (lambda asker, first, second: [asker.seal(first, ONE), asker.seal(second, OTHER)], ErrorCode.MALFORMED),
        (lambda asker, first, second: [asker.seal(first, ONE), b"garbage"], ErrorCode.MALFORMED),
        (lambda asker, first, second: [grown(asker.seal(first, ONE))], ErrorCode.MALFORMED),
        (lambda asker, first, second: [asker.seal(first, ONE).to_bytes()[:-1]], ErrorCode.MALFORMED),
        (lambda asker, first, second: [second.seal(first, ONE)], ErrorCode.NOT_PERMITTED),
        (lambda asker, first, second: [asker.seal(first, ONE), second.seal(second, ONE)], ErrorCode.NOT_PERMITTED),
        (lambda asker, first, second: [re_signed(asker, first)], ErrorCode.KEY_CHANGED),
        (lambda asker, first, second: [at(asker, first, -MAX_SKEW - 70)], ErrorCode.ENVELOPE_EXPIRED),
        (lambda asker, first, second: [at(asker, first, MAX_SKEW + 10)], ErrorCode.ENVELOPE_EXPIRED),
        (lambda asker, first, second: [at(asker, first, 0, MAX_LIFETIME + 1)], ErrorCode.ENVELOPE_EXPIRED),
    ],
)
async def test_what_is_not_one_sound_query_of_the_caller_is_refused_and_neither_counted_nor_delivered(
    authority: DevelopmentAuthority, homes: Path, spoil: Spoiling, code: ErrorCode
) -> None:
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        first, node = await made.node(FIRST)
        second, _ = await made.node(SECOND)
        async with refusal() as refused:
            await made.deliver(asker, *spoil(asker, first, second))
        assert refused().code is code
        assert node.received == []
        assert counted(made) == 0
        assert relayed(made) == []


def at(asker: Agency, recipient: Agency, seconds: int, lifetime: int = 60) -> SealedQuery:
    issued = int(time.time()) + seconds
    return asker.seal(recipient, ONE, issued_at=issued, expires_at=issued + lifetime)


def counted(made: Stage) -> int:
    with DailyMeter(made.home.meter_path) as meter:
        return meter.counted(made.now(), ASKER.name, "queries")


def relayed(made: Stage) -> list[dict[str, Any]]:
    with Ledger(made.home.ledger_path) as ledger:
        events = [entry.event.model_dump() for entry in ledger.entries()]
    return [event for event in events if event["type"] == "query_relayed"]


async def test_who_has_not_joined_cannot_ask(authority: DevelopmentAuthority, homes: Path) -> None:
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        member, node = await made.node(FIRST)
        async with refusal() as refused:
            await made.deliver(asker, asker.seal(member, new_query_id()))
    assert refused().code is ErrorCode.NOT_JOINED
    assert node.received == []


async def test_the_delivery_is_in_the_log_before_a_node_is_asked(authority: DevelopmentAuthority, homes: Path) -> None:
    seen: list[dict[str, Any]] = []

    async def look(request: AnswerRequest, context: Any) -> AnswerResponse:
        seen.extend(relayed(made))
        return await well_formed(request, context)

    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        member, _ = await made.node(FIRST, look)
        query = asker.seal(member, new_query_id())
        await made.deliver(asker, query)
    assert seen == [
        {
            "type": "query_relayed",
            "query_id": query.header.query_id.hex(),
            "sender": ASKER.uri,
            "recipients": (FIRST.uri,),
            "purposes": ("P1",),
            "agreements": ("test-1",),
            "entries": (64,),
            "envelope_bytes": (len(query.to_bytes()),),
            "digests": (query.digest().hex(),),
        }
    ]


def rename_table(log: Path, old: str, new: str) -> None:
    """Take a table away from under a running party, or give it back."""
    with closing(sqlite3.connect(log)) as connection:
        connection.execute(f"ALTER TABLE {old} RENAME TO {new}")
        connection.commit()


async def test_without_a_log_nothing_is_delivered_and_nobody_enters(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        member, node = await made.node(FIRST)
        for log in (made.home.ledger_path, made.home.directory_log_path):
            rename_table(log, "entry", "lost")
        async with refusal() as refused:
            await made.deliver(asker, asker.seal(member, new_query_id()))
        assert refused().code is ErrorCode.LOG_NOT_WRITABLE
        assert node.received == []
        async with refusal() as refused:
            await made.join(made.agency(SECOND))
        assert refused().code is ErrorCode.LOG_NOT_WRITABLE
        rename_table(made.home.directory_log_path, "lost", "entry")
        assert len((await made.members(asker)).entries) == 2


async def test_queries_a_day_are_limited_and_begin_anew_on_the_next(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes, queries_a_day=9, queries_of={ASKER.name: 2}) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        member, node = await made.node(FIRST)
        made.ahead = timedelta(days=1) - (made.now() - made.now().replace(hour=1))  # no midnight comes in between
        for _ in range(2):
            await made.deliver(asker, today(made, asker, member))
        async with refusal() as refused:
            await made.deliver(asker, today(made, asker, member))
        assert (refused().code, refused().detail) == (ErrorCode.QUOTA_EXHAUSTED, "queries, 2 a day")
        assert len(node.received) == 2
        made.ahead += timedelta(days=1)
        await made.deliver(asker, today(made, asker, member))
        assert len(node.received) == 3


def today(made: Stage, asker: Agency, member: Agency) -> SealedQuery:
    now = int(made.now().timestamp())
    return asker.seal(member, new_query_id(), issued_at=now, expires_at=now + 60)


async def test_an_agency_cannot_fill_the_hub(
    authority: DevelopmentAuthority, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "MOST_OF_ONE_AGENCY", 1)
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        member, node = await made.node(FIRST, for_ever)
        slow = asyncio.create_task(made.deliver(asker, asker.seal(member, new_query_id()), seconds=8))
        while not node.received:  # noqa: ASYNC110  # the node has no event of its own for this
            await asyncio.sleep(0.01)
        async with refusal() as refused:
            await made.deliver(asker, asker.seal(member, new_query_id()))
        assert refused().code is ErrorCode.BUSY
        other, _ = await made.node(SECOND)
        assert by_recipient(await made.deliver(other, other.seal(member, new_query_id()), seconds=4))
        assert by_recipient(await slow) == {FIRST.uri: "DELIVERY_FAILURE_TIMED_OUT"}
        assert len(node.received) == 2


@pytest.mark.parametrize(("remaining", "left"), [(20.0, 19.5), (5.0, 4.5), (1.0, 0.9), (0.1, 0.09)])
def test_the_deadline_is_shaved_for_the_report(remaining: float, left: float) -> None:
    assert shaved(remaining) == pytest.approx(left)
