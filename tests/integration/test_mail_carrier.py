"""When bags leave: in slots that depend on the partners alone, whatever there is to say and whatever goes wrong."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.log import Ledger
from matching.keys import SealingKey, SigningKey
from matching.mailbag import Mailbag, MailbagHeader, open_mailbag, seal_mailbag
from node.database import DatabaseFile
from node.directory.membership import Member
from node.keys import NodeKeys
from node.mail import store, tables
from node.mail.carrier import Carrier
from node.mail.frames import decode_content
from node.mail.post_room import PostRoom
from node.mail.unread import BAGS_A_TICK, MOST_WAITING
from symbolon.rpc.identity import Party
from symbolon.rpc.server import Policy, Service
from symbolon.v1.mail_pb2 import CarryRequest, CarryResponse
from symbolon.v1.mail_pb2_grpc import PostServicer, add_PostServicer_to_server
from tests.integration.federation import DevelopmentAuthority, channel_to, serving
from tests.integration.hub import ASKER, HUB

TICK = 0.6
PARTNERS = [Party.agency(name).uri for name in ("AA-ONE", "BB-TWO", "CC-THREE")]
UNUSABLE = Party.agency("DD-FOUR").uri
KEYS = {
    uri: NodeKeys(SigningKey.generate(), SealingKey.generate(), bytes(32)) for uri in (ASKER.uri, *PARTNERS, UNUSABLE)
}


def member(uri: str) -> Member:
    signing, sealing = KEYS[uri].signing.public_key().raw.hex(), KEYS[uri].sealing.public_key().raw.hex()
    sealing = bytes(32).hex() if uri == UNUSABLE else sealing
    return Member(
        uri=uri,
        display_name=uri,
        signing_key=signing,
        sealing_key=sealing,
        normaliser="",
        golden_digest="",
        issued_at=1,
    )


@dataclass
class TaughtPost(PostServicer):
    """A hub that keeps bags with their moments, and answers as late as the test says."""

    came: list[tuple[float, Mailbag]] = field(default_factory=list)
    delay: float = 0.0

    async def Carry(self, request: CarryRequest, context: Any) -> CarryResponse:  # noqa: N802
        self.came.append((asyncio.get_running_loop().time(), Mailbag.from_bytes(request.bag)))
        await asyncio.sleep(self.delay)
        return CarryResponse()

    def recipients(self) -> list[str]:
        return [bag.header.recipient for _, bag in self.came]

    def pauses(self) -> list[float]:
        return [later - earlier for (earlier, _), (later, _) in itertools.pairwise(self.came)]

    def says(self, place: int) -> int:
        """Give how many parts of messages a bag has."""
        _, bag = self.came[place]
        recipient = bag.header.recipient
        content = open_mailbag(bag, recipient, KEYS[recipient].sealing, KEYS[ASKER.uri].signing.public_key())
        return len(decode_content(content)[1])


@dataclass
class Scene:
    """A node's mail with three partners, and the hub it is handed to."""

    cases: DatabaseFile
    room: PostRoom
    hub: TaughtPost
    carrier: Carrier
    partners: list[str]

    def post(self, recipient: str, content: bytes) -> None:
        now = datetime.now(UTC)
        with self.cases.transaction() as connection:
            store.post(connection, recipient, content, now, now + timedelta(days=1))


def refuse(*_: object) -> None:
    """Handle no message: each is set aside."""
    raise LookupError


@contextmanager
def parts(folder: Path) -> Iterator[tuple[DatabaseFile, PostRoom, list[str]]]:
    cases, partners = DatabaseFile(folder / "cases.db", tables.MIGRATIONS), list(reversed(PARTNERS))
    with Ledger(folder / "ledger.db") as ledger:
        keys = KEYS[ASKER.uri]
        yield cases, PostRoom(ASKER.uri, keys, cases, ledger, lambda: partners, member, refuse), partners
    cases.close()


async def refresh() -> None:
    raise OSError("the disk is full")


@asynccontextmanager
async def working(authority: DevelopmentAuthority, homes: Path) -> AsyncIterator[Scene]:
    hub_tls, own_tls = authority.certify(homes / "hub", HUB), authority.certify(homes / "own", ASKER)
    hub = TaughtPost()
    policy = Policy({"/symbolon.v1.Post/Carry": lambda caller: caller == ASKER})
    service = Service(hub_tls, policy, [lambda server: add_PostServicer_to_server(hub, server)])
    with parts(homes) as (cases, room, partners):
        async with serving(service) as address, channel_to(address, HUB, own_tls) as channel:
            carrier = Carrier(room, channel, TICK, refresh)
            async with carrier.at_work():
                yield Scene(cases, room, hub, carrier, partners)


async def bags(scene: Scene, count: int) -> None:
    async with asyncio.timeout(10):
        while len(scene.hub.came) < count:  # noqa: ASYNC110  # another party's doing
            await asyncio.sleep(0.01)


async def test_partners_are_served_in_turn_in_equal_slots_whatever_there_is_to_say(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with working(authority, homes) as scene:
        await bags(scene, 3)
        scene.post(PARTNERS[1], bytes(100_000))
        await bags(scene, 9)
        assert scene.hub.recipients()[:9] == PARTNERS * 3
        assert [scene.hub.says(place) for place in range(9)] == [0, 0, 0, 0, 1, 0, 0, 1, 0]
        assert scene.hub.pauses()[:8] == pytest.approx([TICK / 3] * 8, abs=0.1)
        assert sum(scene.hub.pauses()[:8]) == pytest.approx(8 * TICK / 3, abs=0.1)


async def test_a_hub_that_is_slow_does_not_change_when_bags_leave(authority: DevelopmentAuthority, homes: Path) -> None:
    async with working(authority, homes) as scene:
        scene.hub.delay = 2.0
        await bags(scene, 6)
        assert sum(scene.hub.pauses()[:5]) == pytest.approx(5 * TICK / 3, abs=0.15)


async def test_mail_that_cannot_be_read_leaves_no_hole_in_the_traffic(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with working(authority, homes) as scene:
        await bags(scene, 2)
        with scene.cases.transaction() as connection:
            connection.execute("ALTER TABLE mail_outbox RENAME TO elsewhere")
        await bags(scene, 8)
        assert scene.hub.recipients()[:8] == (PARTNERS * 3)[:8]
        numbers = [bag.header.number for _, bag in scene.hub.came]
        assert numbers[0::3] == sorted(set(numbers[0::3]))


async def test_a_new_partner_is_served_from_the_next_tick_on(authority: DevelopmentAuthority, homes: Path) -> None:
    async with working(authority, homes) as scene:
        del scene.partners[:2]
        await bags(scene, 1)
        scene.partners.append(PARTNERS[2])
        await bags(scene, 6)
        assert scene.hub.recipients()[0] == PARTNERS[0]
        assert set(scene.hub.recipients()[-2:]) == {PARTNERS[0], PARTNERS[2]}


def bag_of(sender: str, number: int) -> bytes:
    """Make a bag that names a sender, of which nobody looks at more."""
    header = MailbagHeader(sender, ASKER.uri, number, int(datetime.now(UTC).timestamp()))
    return seal_mailbag(header, b"", KEYS[ASKER.uri].sealing.public_key(), KEYS[sender].signing).to_bytes()


async def test_of_a_partner_that_floods_a_few_bags_are_read_and_every_bag_of_another(
    authority: DevelopmentAuthority, homes: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    async with working(authority, homes) as scene:
        await bags(scene, 3)
        monkeypatch.setattr(scene.room, "read_bag", lambda raw, _: read.append(Mailbag.from_bytes(raw).header.sender))
        for number in range(400):
            scene.carrier.accept(bag_of(PARTNERS[0], number))
        for number in range(3):
            scene.carrier.accept(bag_of(PARTNERS[1], number))
            scene.carrier.accept(bag_of(UNUSABLE, number))
        await bags(scene, 6)
    assert read.count(PARTNERS[1]) == 3
    assert MOST_WAITING <= read.count(PARTNERS[0]) <= MOST_WAITING + 2 * BAGS_A_TICK
    assert caplog.text.count(f"mailbags of {PARTNERS[0]} are dropped") <= 2 * BAGS_A_TICK + 1


async def test_what_is_to_be_handed_over_again_is_at_the_next_tick(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with working(authority, homes) as scene:
        with scene.cases.transaction() as connection:
            connection.execute(
                "INSERT INTO mail_set_aside (partner, message, content, reason, set_aside_at, again)"
                " VALUES (?, x'00', x'00', 'ValueError', ?, 1)",
                (PARTNERS[0], tables.milliseconds(datetime.now(UTC))),
            )
        await bags(scene, 3)
        async with asyncio.timeout(10):
            while (found := store.set_aside(scene.cases.connection)) and found[0].again:  # noqa: ASYNC110  # the carrier's doing
                await asyncio.sleep(0.01)
        assert [one.reason for one in found] == ["LookupError"]


async def test_a_bag_that_cannot_be_made_is_logged_with_its_partner(
    authority: DevelopmentAuthority, homes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with working(authority, homes) as scene:
        scene.partners.append(UNUSABLE)
        await bags(scene, 8)
    assert f"mail for {UNUSABLE}: FieldError" in caplog.text
    assert UNUSABLE not in scene.hub.recipients()
