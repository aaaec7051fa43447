"""Mail between real nodes through a real hub: both sides are killed at bad moments, and the hub looks on.

The tests are steps on one federation, in the order of this file.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import statistics
import time
from collections.abc import Iterator

import pytest

from deploy.local import COORDINATOR
from ledger.events import MailRelayed, MessageAccepted, MessagePosted
from matching.mailbag import Mailbag
from node.desk.client import DeskClient
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.folder import party_tls
from symbolon.v1.mail_pb2 import AcceptRequest
from symbolon.v1.mail_pb2_grpc import MailboxStub
from tests.integration.federation import channel_to, refusal
from tests.integration.hub import HUB
from tests.integration.mail_houses import RECEIVER, SENDER, TICK, Houses, running_houses, until

WINDOW = 2.0
"""Seconds for which the hub counts."""


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Give two nodes and a hub."""
    with running_houses(tmp_path_factory.mktemp("mail")) as made:
        yield made


def noise(size: int, seed: int) -> bytes:
    return hashlib.shake_128(seed.to_bytes(4, "big")).digest(size)


async def test_a_message_of_a_hundred_kibibytes_arrives(houses: Houses) -> None:
    houses.post(noise(100 * 1024, 1))
    await until(houses.all_arrived)
    await until(houses.all_confirmed)


async def test_the_hub_sees_as_many_bags_of_one_size_whether_messages_flow_or_not(houses: Houses) -> None:
    marks = [time.monotonic()]
    await asyncio.sleep(WINDOW)
    marks.append(time.monotonic())
    houses.post(noise(150_000, 2), *(noise(50, seed) for seed in range(3, 60)))
    await asyncio.sleep(WINDOW)
    marks.append(time.monotonic())
    bags = [(moment, raw, Mailbag.from_bytes(raw).header.sender) for moment, raw in houses.bags()]
    assert len({(len(raw), len(sender)) for _, raw, sender in bags}) == 1
    for first, last in itertools.pairwise(marks):
        for party in (SENDER, RECEIVER):
            moments = [moment for moment, _, sender in bags if sender == party.uri and first <= moment < last]
            assert len(moments) == pytest.approx(WINDOW / TICK, abs=2)
            pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
            assert statistics.median(pauses) == pytest.approx(TICK, rel=0.1)
    await until(houses.all_confirmed)
    assert houses.all_arrived()


async def test_mail_waits_for_who_is_down_and_what_was_posted_last_before_a_kill_leaves(houses: Houses) -> None:
    houses.kill(RECEIVER.name)
    houses.post(noise(40_000, 70), noise(10, 71))
    await asyncio.sleep(3 * TICK)
    assert houses.unconfirmed() == 2
    houses.post(noise(20_000, 72))
    houses.kill(SENDER.name)
    await houses.start(SENDER.name, RECEIVER.name)
    await until(houses.all_confirmed)
    assert houses.all_arrived()


async def test_a_receiver_killed_before_its_receipt_handles_nothing_twice(houses: Houses) -> None:
    unconfirmed = 0
    for attempt in range(5):  # now and then the receipt is faster than the kill
        houses.post(noise(100, 90 + attempt))
        await until(houses.all_arrived)
        houses.kill(RECEIVER.name)
        await asyncio.sleep(2 * TICK)
        unconfirmed = houses.unconfirmed()
        await houses.start(RECEIVER.name)
        if unconfirmed:
            break
    assert unconfirmed == 1
    houses.post(b"the one after")
    await until(houses.all_confirmed)
    assert houses.all_arrived()


async def test_both_logs_have_every_message_and_the_hub_s_has_the_pairs_alone(houses: Houses) -> None:
    posted = {one.digest for one in houses.events(SENDER.name) if isinstance(one, MessagePosted)}
    accepted = {one.digest for one in houses.events(RECEIVER.name) if isinstance(one, MessageAccepted)}
    assert posted == accepted
    assert len(posted) == len(houses.posted)
    relayed = [one for one in houses.events(COORDINATOR) if isinstance(one, MailRelayed)]
    ways = sorted((one.sender, one.recipient) for one in relayed)
    assert ways == sorted([(SENDER.uri, RECEIVER.uri), (RECEIVER.uri, SENDER.uri)])


async def test_the_status_tells_what_waits_and_what_was_set_aside(houses: Houses) -> None:
    async with DeskClient(houses.homes[RECEIVER.name]) as desk:
        state = await desk.status()
    assert (state.messages_waiting, state.messages_set_aside) == (0, len(houses.posted))


async def test_every_bag_is_accepted_alike_and_from_the_coordinator_only(houses: Houses) -> None:
    address = houses.federation.address(RECEIVER.name)
    _, bag = houses.bags()[0]
    hub = party_tls(houses.federation.home(COORDINATOR), HUB)
    async with channel_to(address, RECEIVER, hub) as channel:
        for raw in (bag, bag[:-1], b"", bytes(len(bag)), b"x" * 70_000):
            answer = await MailboxStub(channel).Accept(AcceptRequest(bag=raw), timeout=2)
            assert answer.SerializeToString() == b""
    async with channel_to(address, RECEIVER, houses.homes[SENDER.name].tls) as channel, refusal() as error:
        await MailboxStub(channel).Accept(AcceptRequest(bag=bag), timeout=2)
    assert error().code is ErrorCode.NOT_PERMITTED
