"""A federation of three agencies whose logs are shown to witnesses every few seconds: for `test_witness_exchange`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from coordinator.home import load_home as load_hub
from deploy.local import COORDINATOR, LocalFederation
from ledger.checkpoints import ledger_origin, parse_checkpoint
from ledger.cosignatures import CosignatureKey, witness_name
from ledger.heads import cosigners
from ledger.log import Ledger
from ledger.notes import verify_note
from ledger.reading import LedgerReader
from ledger.witness import Witness
from matching.keys import SigningKey
from node.config import load_home
from node.keys import load_keys
from symbolon.rpc.identity import Party
from tests.integration.commands import CommandedFederation
from tests.integration.invented import AGENCIES, ASKER, BYSTANDER, HOLDER, USER, Scene, draw_rows, enrol_rows

PARTIES = (ASKER, HOLDER, BYSTANDER, COORDINATOR)
PADDING = 32
SETTINGS: dict[str, object] = {"witness_minutes": 0.05, "log_padding": PADDING}
STOPPING: dict[str, object] = {"witness_hours": 0.0025, "witnesses_needed": 3}
"""For the holder alone: nine seconds, and everybody else has to cosign."""
WAITED = 40.0


def uri_of(party: str) -> str:
    """Give a party's URI."""
    return (Party("coordinator", party) if party == COORDINATOR else Party.agency(party)).uri


def signing_key(scene: Scene, party: str) -> SigningKey:
    """Give a party's signing key, as an insider has it."""
    home = scene.federation.home(party)
    return load_hub(home).signing_key() if party == COORDINATOR else load_keys(load_home(home).keys).signing


def log_of(scene: Scene, party: str) -> Path:
    """Name a party's log."""
    return scene.federation.home(party) / "data" / "ledger.db"


def witnessed(scene: Scene, party: str) -> tuple[int, set[str]]:
    """Give size and cosigners of a party's largest witnessed head; each cosignature verifies under its party's key."""
    note = LedgerReader(log_of(scene, party)).witnessed_head()
    if note is None:
        return 0, set()
    keys = [
        CosignatureKey(witness_name(uri_of(one)), signing_key(scene, one).public_key())
        for one in PARTIES
        if one != party
    ]
    assert len(verify_note(note, keys)) == len(cosigners(note))
    return parse_checkpoint(note.text).head.size, set(cosigners(note))


def everybody_but(party: str) -> set[str]:
    """Name all other parties as witnesses."""
    return {witness_name(uri_of(one)) for one in PARTIES if one != party}


def sizes(scene: Scene, party: str) -> list[int]:
    """Give the sizes of all heads a party has signed."""
    with contextlib.closing(sqlite3.connect(log_of(scene, party))) as connection:
        return [size for (size,) in connection.execute("SELECT size FROM checkpoint ORDER BY size")]


def events(scene: Scene, party: str, *types: str) -> list[dict[str, Any]]:
    """Give the events of some types in a party's log."""
    # Not by way of `LedgerReader`: these logs grow fast, and it checks every entry each time.
    with contextlib.closing(sqlite3.connect(log_of(scene, party))) as connection:
        bodies = connection.execute("SELECT body FROM entry WHERE instr(body, 'log_padded') = 0 ORDER BY number")
        found = [json.loads(body)["event"] for (body,) in bodies]
    return [event for event in found if event["type"] in types]


def witness_of(scene: Scene, party: str) -> Witness:
    """Open what a party has cosigned."""
    path = scene.federation.home(party) / "data" / "witness.db"
    return Witness(path, witness_name(uri_of(party)), signing_key(scene, party))


def second_history(scene: Scene, party: str, folder: Path) -> Ledger:
    """Copy a party's log as it stands, to be written on differently."""
    folder.mkdir(exist_ok=True)
    with (
        contextlib.closing(sqlite3.connect(log_of(scene, party))) as own,
        contextlib.closing(sqlite3.connect(folder / "ledger.db")) as copy,
    ):
        own.backup(copy)
    return Ledger(folder / "ledger.db")


def origin_of(party: str) -> str:
    """Name a party's log."""
    return ledger_origin(uri_of(party))


async def until(holds: Callable[[], bool], seconds: float = WAITED) -> None:
    """Wait until it holds; fail when it takes too long."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  # what is waited for happens in another process
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def witnessed_federation(
    folder: Path, prepare: Callable[[LocalFederation], None] = lambda _: None
) -> AsyncIterator[Scene]:
    """Prepare, start, import and enrol; the holder discloses nothing without everybody's cosignature."""
    lists = {agency: draw_rows(agency, 4, seed=1) for agency in AGENCIES}
    with CommandedFederation(folder, AGENCIES, settings={"query-seconds": "8"}) as federation:
        await federation.prepare()
        await federation.add_officer(ASKER, USER, "analyst")
        for party in PARTIES:
            name = "coordinator.toml" if party == COORDINATOR else "node.toml"
            set_up(federation.home(party) / name, SETTINGS | (STOPPING if party == HOLDER else {}))
        prepare(federation)
        await federation.start_hub()
        await federation.start_nodes()
        await asyncio.gather(*(enrol_rows(federation, agency, rows) for agency, rows in lists.items()))
        yield Scene(federation, lists, draw_rows("nobody", 1, seed=2)[0])


def set_up(path: Path, settings: Mapping[str, object]) -> None:
    """Change settings in a party's file."""
    text = path.read_text(encoding="utf-8")
    for name, value in settings.items():
        text, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.M)
        assert count == 1, name
    path.write_text(text, encoding="utf-8")
