"""Two nodes and a hub in their own processes, exchanging mail: used by `test_mail`.

The homes are made and the nodes join inside the test's process, since only the mail is looked at, and it takes an
operator's commands a second each. The hub records every message it has.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from deploy.agreement import conclude_demo, demo_agreement
from deploy.local import COORDINATOR, LocalFederation
from ledger.log import Ledger
from ledger.reading import LedgerReader
from node.config import NodeHome, checked_settings, create_home
from node.database import DatabaseFile
from node.directory.recording import joined
from node.directory.view import join
from node.keys import load_keys
from node.mail import store, tables
from symbolon.v1.mail_pb2 import CarryRequest
from tests.integration.commands import CommandedFederation
from tests.integration.federation import DevelopmentAuthority
from tests.integration.hub import ASKER, FIRST, HUB, hub_home, make_custodian, running_custodian
from tests.integration.recording_party import read_messages, recording

SENDER, RECEIVER = ASKER, FIRST
TICK = 0.2
CARRY = "symbolon.v1.Post/Carry"
WAITED = 15.0
"""Seconds after which what should have happened has not."""


@dataclass
class Houses:
    """The running parties, what the hub recorded, and what was posted from the sender to the receiver, in order."""

    federation: LocalFederation
    recorded: Path
    homes: dict[str, NodeHome] = field(default_factory=dict)
    posted: list[bytes] = field(default_factory=list)

    @contextlib.contextmanager
    def cases(self, agency: str) -> Iterator[DatabaseFile]:
        """Open a node's cases beside the node, as another process of the house would."""
        with contextlib.closing(DatabaseFile(self.homes[agency].cases_path, tables.MIGRATIONS)) as file:
            yield file

    def post(self, *contents: bytes) -> None:
        """Commit messages to the receiver at the sender."""
        now = datetime.now(UTC)
        with self.cases(SENDER.name) as file, file.transaction() as connection:
            for content in contents:
                store.post(connection, RECEIVER.uri, content, now, now + timedelta(days=30))
        self.posted += contents

    def arrived(self) -> list[bytes]:
        """Give what the receiver's handler was given, in order: the default one has all set aside."""
        with self.cases(RECEIVER.name) as file:
            rows = file.connection.execute("SELECT content FROM mail_set_aside ORDER BY number")
            return [row["content"] for row in rows]

    def unconfirmed(self) -> int:
        """Say how many messages the sender has no full receipt for."""
        with self.cases(SENDER.name) as file:
            return sum(one.messages for one in store.waiting(file.connection))

    def all_arrived(self) -> bool:
        """Say whether everything posted was handled, once and in order."""
        return self.arrived() == self.posted

    def all_confirmed(self) -> bool:
        """Say whether the sender knows that."""
        return self.unconfirmed() == 0

    def bags(self) -> list[tuple[float, bytes]]:
        """Give the bags that came to the hub, and when."""
        messages = read_messages(self.recorded)
        return [
            (one.seconds, CarryRequest.FromString(one.data).bag)
            for one in messages
            if (one.direction, one.method) == ("in", CARRY)
        ]

    def events(self, party: str) -> Sequence[object]:
        """Give the events of a party's log."""
        return [entry.event for entry in LedgerReader(self.federation.home(party) / "data" / "ledger.db").entries()]

    def kill(self, agency: str) -> None:
        """Kill a node as a power cut would."""
        party = self.federation.running.pop(agency)
        party.kill()
        party.stop()

    async def start(self, *agencies: str) -> None:
        """Start nodes, several at once."""
        await asyncio.gather(*map(self.federation.start, agencies))


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail when it takes too long."""
    async with asyncio.timeout(WAITED):
        while not holds():  # noqa: ASYNC110  # what is waited for happens in another process
            await asyncio.sleep(0.005)


@contextlib.contextmanager
def running_houses(folder: Path) -> Iterator[Houses]:
    """Make the homes, let the nodes join, and start all processes."""
    agencies = {party.name: f"Agency {party.name}" for party in (SENDER, RECEIVER)}
    with CommandedFederation(folder / "federation", agencies) as federation:
        made = Houses(federation, folder / "hub.messages")
        federation.launchers[COORDINATOR] = recording(made.recorded)
        asyncio.run(_start(made, DevelopmentAuthority.create(folder / "authority")))
        yield made


async def _start(houses: Houses, authority: DevelopmentAuthority) -> None:
    federation = houses.federation
    async with running_custodian(make_custodian(authority, federation.home("FIRST"))) as custodian:
        listen = federation.address(COORDINATOR)
        hub_home(authority, federation.home(COORDINATOR), custodian, listen=listen, delivery_seconds=5.0)
        await federation.start(COORDINATOR)
        for agency in federation.agencies:
            houses.homes[agency] = _home(federation, agency, authority)
        homes = [federation.home(agency) for agency in federation.agencies]
        await asyncio.to_thread(conclude_demo, homes, demo_agreement(federation.agencies, 2, 22.0))
        for agency in (*federation.agencies, SENDER.name):  # the first one once more: now it knows the second
            await _join(houses.homes[agency])
    await houses.start(*federation.agencies)


def _home(federation: LocalFederation, agency: str, authority: DevelopmentAuthority) -> NodeHome:
    settings = checked_settings(
        agency=agency,
        display_name=federation.agencies[agency],
        listen=federation.address(agency),
        address=federation.address(agency),
        coordinator=HUB.name,
        coordinator_address=federation.address(COORDINATOR),
        contact="desk",
        declared_records=10,
        mail_tick_seconds=TICK,
    )
    home = create_home(federation.home(agency), settings)
    authority.certify_prepared(home.folder, home.party)
    return home


async def _join(home: NodeHome) -> None:
    with Ledger(home.ledger_path) as ledger:
        await join(home, load_keys(home.keys), partial(joined, ledger, "op"))
