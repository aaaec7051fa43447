"""What the hub refuses to carry, what it counts and writes, and that it tells nothing of the recipient's node."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from coordinator import mail as hub_mail
from ledger.events import MailRelayed
from ledger.reading import LedgerReader
from matching.keys import SigningKey
from matching.mailbag import MAX_AGE, Mailbag, MailbagHeader, seal_mailbag
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.identity import Party
from symbolon.rpc.server import Policy, Service
from symbolon.v1.mail_pb2 import AcceptRequest, AcceptResponse, CarryRequest
from symbolon.v1.mail_pb2_grpc import MailboxServicer, PostStub, add_MailboxServicer_to_server
from symbolon.v1.relay_pb2 import DeliveryFailure
from tests.integration.federation import DevelopmentAuthority, channel_to, refusal, serving
from tests.integration.hub import ASKER, FIRST, HUB, OUTSIDER, SECOND, Agency, Stage, stage


class TaughtMailbox(MailboxServicer):
    """A node's mailbox that keeps what it got, as late as the test says."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.delay = 0.0

    async def Accept(self, request: AcceptRequest, context: Any) -> AcceptResponse:  # noqa: N802
        await asyncio.sleep(self.delay)
        self.received.append(request.bag)
        return AcceptResponse()


@dataclasses.dataclass
class Scene:
    """A hub with two members; the second one's node is a mailbox."""

    hub: Stage
    sender: Agency
    recipient: Agency
    mailbox: TaughtMailbox

    def bag(self, *, signing: SigningKey | None = None, **changed: Any) -> bytes:
        """Seal a bag that says nothing; ``changed`` are header fields."""
        values: dict[str, Any] = {
            "sender": self.sender.party.uri,
            "recipient": self.recipient.party.uri,
            "number": time.monotonic_ns(),
            "issued_at": int(time.time()),
        }
        header = MailbagHeader(**(values | changed))
        key = signing or self.sender.signing
        return seal_mailbag(header, b"", self.recipient.sealing.public_key(), key).to_bytes()

    async def carry(self, raw: bytes, seconds: float = 5) -> str:
        """Hand a bag to the hub and give the failure's name, or *carried*."""
        async with self.hub.channel(self.sender) as channel:
            answer = await PostStub(channel).Carry(CarryRequest(bag=raw), timeout=seconds)
        return DeliveryFailure.Name(answer.failure) if answer.HasField("failure") else "carried"

    def entries(self) -> list[MailRelayed]:
        """Give what the hub's log has of mail."""
        log = LedgerReader(self.hub.home.ledger_path)
        return [entry.event for entry in log.entries() if isinstance(entry.event, MailRelayed)]


LIMIT = 8


@pytest.fixture
async def scene(authority: DevelopmentAuthority, homes: Path) -> AsyncIterator[Scene]:
    async with stage(authority, homes, bags_a_day=LIMIT) as hub:
        sender, recipient = hub.agency(ASKER), hub.agency(FIRST)
        mailbox = TaughtMailbox()
        policy = Policy({"/symbolon.v1.Mailbox/Accept": lambda caller: caller == HUB})
        service = Service(recipient.tls, policy, [lambda server: add_MailboxServicer_to_server(mailbox, server)])
        async with serving(service) as recipient.address:
            sender.address = recipient.address
            await hub.join(sender)
            await hub.join(recipient)
            yield Scene(hub, sender, recipient, mailbox)


async def test_a_bag_comes_to_its_recipient_as_it_was_sealed(scene: Scene) -> None:
    bag = scene.bag()
    assert await scene.carry(bag) == "carried"
    assert scene.mailbox.received == [bag]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sender": FIRST.uri}, ErrorCode.NOT_PERMITTED),
        ({"issued_at": int(time.time()) + 3_600}, ErrorCode.ENVELOPE_EXPIRED),
        ({"issued_at": int(time.time()) - MAX_AGE - 300}, ErrorCode.ENVELOPE_EXPIRED),
        ({"signing": SigningKey.generate()}, ErrorCode.KEY_CHANGED),
    ],
    ids=["another sender", "from the future", "held back", "another key"],
)
async def test_a_bag_that_is_not_the_caller_s_own_of_today_is_refused(
    scene: Scene, change: dict[str, Any], code: ErrorCode
) -> None:
    async with refusal() as error:
        await scene.carry(scene.bag(**change))
    assert error().code is code
    assert scene.mailbox.received == []


async def test_a_bag_of_another_size_is_refused(scene: Scene) -> None:
    bag = scene.bag()
    for raw in (b"", bag[:-1], bag + b"\0", bytes(len(bag)), bag * 4):
        async with refusal() as error:
            await scene.carry(raw)
        assert error().code is ErrorCode.MALFORMED
    assert scene.mailbox.received == []


async def test_who_has_not_joined_or_is_not_admitted_carries_nothing(scene: Scene) -> None:
    for party, code in ((SECOND, ErrorCode.NOT_JOINED), (OUTSIDER, ErrorCode.NOT_PERMITTED)):
        outside = scene.hub.agency(party)
        async with channel_to(scene.hub.address, HUB, outside.tls) as channel, refusal() as error:
            await PostStub(channel).Carry(CarryRequest(bag=scene.bag(sender=party.uri)), timeout=5)
        assert error().code is code


async def test_a_bag_for_nobody_and_one_for_a_node_that_is_away_are_told_apart_for_the_operator(scene: Scene) -> None:
    nobody = scene.bag(recipient=Party.agency("YY-NOBODY").uri)
    assert await scene.carry(nobody) == "DELIVERY_FAILURE_UNKNOWN_MEMBER"
    scene.mailbox.delay = 3
    assert await scene.carry(scene.bag(), seconds=0.5) == "DELIVERY_FAILURE_TIMED_OUT"


async def test_bags_are_counted_by_day_and_one_too_many_is_refused(scene: Scene) -> None:
    for _ in range(LIMIT):
        assert await scene.carry(scene.bag()) == "carried"
    async with refusal() as error:
        await scene.carry(scene.bag())
    assert error().code is ErrorCode.QUOTA_EXHAUSTED
    assert len(scene.mailbox.received) == LIMIT


async def test_the_log_has_one_entry_for_many_bags_written_before_the_first(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_mail, "BAGS_AN_ENTRY", 3)
    counts = []
    for _ in range(7):
        await scene.carry(scene.bag())
        counts.append(len(scene.entries()))
    assert counts == [1, 1, 1, 2, 2, 2, 3]
    assert {(one.sender, one.recipient, one.bags) for one in scene.entries()} == {
        (scene.sender.party.uri, scene.recipient.party.uri, 3)
    }


async def test_a_flood_of_one_agency_is_refused_beyond_its_places(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_mail, "MOST_BAGS_OF_ONE_AGENCY", 2)
    scene.mailbox.delay = 0.5
    tasks = [asyncio.create_task(scene.carry(scene.bag())) for _ in range(5)]
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(one == "carried" for one in done) == 2


async def test_a_bag_s_header_says_nothing_but_parties_number_and_time(scene: Scene) -> None:
    header = Mailbag.from_bytes(scene.bag()).header
    assert {field.name for field in dataclasses.fields(header)} == {"sender", "recipient", "number", "issued_at"}
