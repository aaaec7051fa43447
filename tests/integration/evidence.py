"""One run of a small federation, and everything that each of its parties held in it.

A listed person and a stranger are asked for twice by the command line, then `SPECIMENS` are delivered by hand, each
many times and in random order, so that their replies can be compared. What is stored is read twice: while the
processes run (write-ahead logs and all) and after they have stopped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from deploy.local import COORDINATOR, CUSTODIAN
from matching.envelope import SealedQuery
from matching.errors import ProtocolError
from symbolon.v1.relay_pb2 import AnswerRequest, AnswerResponse
from tests.integration.attacks import everything_in, held_in_memory
from tests.integration.crafted import OTHER_PURPOSE, Crafted, CraftingAsker, crafting
from tests.integration.invented import (
    AGENCIES,
    HOLDER,
    Row,
    Scene,
    asked,
    invented_federation,
)
from tests.integration.recording_party import Message, read_messages, recording

RECORDS = 40
TICK = 0.1
REPEATS = 20
SPECIMENS = ("hit", "nothing", "not allowed", "malformed", "fishing", "replayed")
SEARCHED = 30
"""Messages of a kind that are searched; the queries by command line come first, then specimens of every kind."""

ANSWER = "symbolon.v1.Responder/Answer"
DELIVER = "symbolon.v1.Relay/Deliver"
EVALUATE = "symbolon.v1.Custodian/Evaluate"


@dataclass(frozen=True)
class Evidence:
    """What was done, and what was held by whom. ``stored`` is every byte of each party's home."""

    scene: Scene
    outcomes: Mapping[str, Sequence[Mapping[str, Any]]]
    messages: Mapping[str, Sequence[Message]]
    stored: Mapping[str, bytes]
    in_memory: Mapping[str, set[bytes]] | None
    ticks: Mapping[str, Sequence[int]]
    told: Mapping[str, set[int | None]]
    crafted: Crafted

    @property
    def wanted(self) -> Row:
        """Give the person whom the holder lists and who was asked for."""
        return self.scene.lists[HOLDER][0]

    def captured(self, party: str) -> bytes:
        """Give what a party held: its messages after TLS (of each kind the first `SEARCHED`), and its home."""
        ways: dict[tuple[str, str], list[bytes]] = {}
        for message in self.messages[party]:
            ways.setdefault((message.direction, message.method), []).append(message.data)
        return b"\0".join([*(data for way in ways.values() for data in way[:SEARCHED]), self.stored[party]])

    def delivered(self, party: str) -> list[SealedQuery]:
        """Give the envelopes that came to a node, in order."""
        return [
            SealedQuery.from_bytes(AnswerRequest.FromString(message.data).envelope.query)
            for message in self.messages[party]
            if (message.direction, message.method) == ("in", ANSWER)
        ]

    def replies(self, party: str) -> list[bytes]:
        """Give the replies that a node sent, in order."""
        return [
            AnswerResponse.FromString(message.data).reply.reply
            for message in self.messages[party]
            if (message.direction, message.method) == ("out", ANSWER)
        ]


def gather(folder: Path) -> Evidence:
    """Run the federation once and give what was held."""
    return asyncio.run(_gather(folder))


async def _gather(folder: Path) -> Evidence:
    def launcher(party: str) -> list[str]:
        return recording(folder / f"{party}.messages")

    tick = {"reply-tick-milliseconds": str(int(TICK * 1000))}
    async with invented_federation(folder / "federation", RECORDS, launcher, **tick) as scene:
        subjects = {"listed": asked(scene.lists[HOLDER][0]), "stranger": asked(scene.stranger)}
        outcomes: dict[str, list[Mapping[str, Any]]] = {name: [] for name in subjects}
        for name in ("listed", "stranger") * 2:
            code, answers = await scene.query(subjects[name])
            assert code == 0, answers
            outcomes[name].append(answers)
        parties = (COORDINATOR, CUSTODIAN, *AGENCIES)
        before = len(_timed(folder, HOLDER))
        async with crafting(scene) as asker:
            kinds, told, first = await _deliver_specimens(asker, subjects["listed"], subjects["stranger"])
        in_memory = _look_into_memory(scene, parties)
        running = {party: everything_in(scene.federation.home(party)) for party in parties}
        delays = _timed(folder, HOLDER)[before:]
    ticks = {kind: [round(delay / TICK) for one, delay in zip(kinds, delays, strict=True) if one == kind]
             for kind in SPECIMENS}  # fmt: skip
    stored = {party: running[party] + everything_in(scene.federation.home(party)) for party in parties}
    messages = {party: read_messages(folder / f"{party}.messages") for party in parties}
    return Evidence(scene, outcomes, messages, stored, in_memory, ticks, told, first)


async def _deliver_specimens(
    asker: CraftingAsker, listed: Row, stranger: Row
) -> tuple[list[str], dict[str, set[int | None]], Crafted]:
    """Deliver each kind `REPEATS` times in random order; give the order and the levels that the asker could read."""
    first = asker.craft(HOLDER, listed)
    assert asker.read(first, await asker.ask(first)).level == 2
    kinds = ["replayed", *Random(1).sample(SPECIMENS * REPEATS, len(SPECIMENS) * REPEATS)]  # noqa: S311  # an order
    told: dict[str, set[int | None]] = {kind: set() for kind in SPECIMENS}
    for kind in kinds:
        crafted = {
            "hit": lambda: asker.craft(HOLDER, listed),
            "nothing": lambda: asker.craft(HOLDER, stranger),
            "not allowed": lambda: asker.craft(HOLDER, listed, purpose=OTHER_PURPOSE),
            "malformed": lambda: asker.craft(HOLDER, listed, spoil=True),
            "fishing": lambda: asker.craft(HOLDER, listed, payload=stranger),
            "replayed": lambda: first,
        }[kind]()
        delivery = await asker.ask(crafted)
        try:
            told[kind].add(asker.read(crafted, delivery).level)
        except ProtocolError:
            told[kind].add(None)
    return ["replayed", *kinds], told, first


def _timed(folder: Path, party: str) -> list[float]:
    """Give the seconds from the arrival of each envelope to the departure of its reply; they came one by one."""
    answers = [message for message in read_messages(folder / f"{party}.messages") if message.method == ANSWER]
    pairs = zip(answers[::2], answers[1::2], strict=True)
    return [sent.seconds - came.seconds for came, sent in pairs if (came.direction, sent.direction) == ("in", "out")]


def _look_into_memory(scene: Scene, parties: Sequence[str]) -> dict[str, set[bytes]] | None:
    """Look for the names asked for in every process; None where the system forbids to look."""
    parts = [part for row in (scene.lists[HOLDER][0], scene.stranger) for part in row["names"][0].split()]
    texts = [text.encode() for part in parts for text in (part, part.lower())]
    time.sleep(0.1)  # the last reply is on its way
    try:
        return {party: held_in_memory(scene.federation.running[party].process.pid, texts) for party in parties}
    except PermissionError:
        return None
