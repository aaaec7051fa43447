"""A coordinator that lies about the directory, between real processes: each lie, and who finds it.

Three agencies, a custodian and a coordinator, each its own process. The thief of the authority's key certifies what he
wants. Every test ends with the truth told and the disputes settled, so that the next begins as this one did.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from coordinator.home import CONFIG_FILE, HEADING
from coordinator.home import load_home as load_hub
from deploy.local import COORDINATOR, LocalFederation
from ledger.cosignatures import witness_name
from ledger.directory_events import MemberRekeyed
from ledger.reading import LedgerReader
from matching.oblivious import generate_key
from node.config import NodeHome, load_home
from node.desk.client import DeskClient
from node.directory.membership import load_federation, own_entry, verify_entry
from node.keys import create_keys, load_keys
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.channel import open_channel
from symbolon.rpc.folder import certify_party, prepare_party, write_whole
from symbolon.rpc.identity import Party
from symbolon.rpc.settings import write_settings
from symbolon.v1.desk_pb2 import StatusResponse
from symbolon.v1.directory_pb2 import JoinRequest, MemberEntry
from symbolon.v1.directory_pb2_grpc import DirectoryStub
from tests.integration.commands import CommandedFederation
from tests.integration.lying_directory import lying_directory

NODE, PARTNER, THIRD = "FR-DNMS", "DE-ZASM", "GR-YDM"
AGENCIES = {NODE: "Division", PARTNER: "Zentrale", THIRD: "Ypiresia"}
WITNESS_MINUTES = 0.05
WAITED = 60.0

pytestmark = pytest.mark.asyncio(loop_scope="module")


def uri(name: str) -> str:
    return Party.agency(name).uri


@dataclass
class Scene:
    """The running federation, and the file of lies."""

    federation: LocalFederation
    file: Path

    def home(self, name: str) -> NodeHome:
        """Give a node's folder."""
        return load_home(self.federation.home(name))

    def authority(self) -> Path:
        """Name the folder of the authority, whose key the thief has."""
        return self.federation.folder / "authority"

    def key_of(self, name: str, at: str = NODE) -> str:
        """Give the fingerprint of a member's signing key as a node has it pinned."""
        return load_federation(self.home(at).federation_path).members[uri(name)].fingerprints[0]

    async def status(self, name: str = NODE) -> StatusResponse:
        """Ask a node for its state, which makes it look at the directory."""
        async with DeskClient(self.home(name)) as desk:
            return await desk.status()

    async def until(self, holds: Callable[[StatusResponse], object], name: str = NODE) -> StatusResponse:
        """Wait until a node's state is so."""
        async with asyncio.timeout(WAITED):
            while not holds(state := await self.status(name)):  # noqa: ASYNC110  # it happens elsewhere
                await asyncio.sleep(0.3)
        return state

    def forged(self, name: str, folder: Path) -> tuple[NodeHome, MemberEntry]:
        """Certify another key for a member with the stolen authority."""
        thief = NodeHome(folder, self.home(name).settings)
        shutil.rmtree(folder, ignore_errors=True)
        prepare_party(folder, thief.party)
        certify_party(folder, thief.party, self.authority(), datetime.now(UTC))
        return thief, own_entry(thief, create_keys(thief.keys), datetime.now(UTC) + timedelta(seconds=5))

    @contextlib.asynccontextmanager
    async def telling(self, lie: str, to: str = NODE, **what: Any) -> AsyncIterator[None]:
        """Let the coordinator lie to one node within the body; then have the disputes settled."""
        self.file.write_text(json.dumps({"lie": lie, "to": uri(to), **what}))
        try:
            yield
        finally:
            self.file.unlink()
        await self.settle(to)

    async def settle(self, name: str) -> None:
        """Settle all disputes of a node."""
        for one in (await self.status(name)).directory_disputes:
            number = one.partition(":")[0]
            await self.federation.command(name, "node", "directory", "settle", number, "--reason", "test")
        assert not (await self.status(name)).directory_disputes

    def events(self, name: str, kind: str) -> list[dict[str, Any]]:
        """Give the events of one type in a node's log."""
        found = (entry.event.model_dump() for entry in LedgerReader(self.home(name).ledger_path).entries())
        return [event for event in found if event["type"] == kind]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("transparency")
    file = folder / "lie"
    with CommandedFederation(folder / "federation", AGENCIES) as federation:
        for party in (*AGENCIES, COORDINATOR):
            federation.launchers[party] = lying_directory(file)
        await federation.set_up()
        hub = load_hub(federation.home(COORDINATOR))
        quick = hub.settings.model_copy(update={"witness_minutes": WITNESS_MINUTES})
        (hub.folder / CONFIG_FILE).unlink()
        write_settings(hub.folder / CONFIG_FILE, quick, HEADING)
        await federation.start_hub()
        await federation.start_nodes()
        made = Scene(federation, file)
        for name in AGENCIES:
            await made.until(lambda state: state.directory_entries == 5 and len(state.members) == 2, name)
        yield made


def rekeyed(entry: MemberEntry, scene: Scene) -> dict[str, Any]:
    """Give the log's event for a forged entry."""
    member = verify_entry(
        entry, load_certificate((scene.authority() / "authority.pem").read_bytes()), datetime.now(UTC)
    )
    event = MemberRekeyed(
        member=member.uri,
        description_digest=hashlib.sha256(entry.description).hexdigest(),
        certificate_digest=hashlib.sha256(entry.certificate).hexdigest(),
        signing_fingerprint=member.fingerprints[0],
        sealing_fingerprint=member.fingerprints[1],
        issued_at=member.issued_at,
    )
    return event.model_dump(mode="json")


async def test_members_cosign_the_directory_and_the_status_counts_them(scene: Scene) -> None:
    state = await scene.until(lambda state: len(state.directory_witnesses) == 2)
    assert list(state.directory_witnesses) == [uri(PARTNER), uri(THIRD)]
    assert (state.directory_settled, state.directory_trouble) == (5, "")
    assert not state.directory_waiting
    assert state.directory_seen_at > time.time() - 60


async def test_a_certified_key_that_is_not_in_the_log_is_found_by_the_node_it_is_shown_to(
    scene: Scene, tmp_path: Path
) -> None:
    before = scene.key_of(PARTNER)
    _, forged = scene.forged(PARTNER, tmp_path / "thief")
    async with scene.telling("unlogged key", forged=forged.SerializeToString().hex()):
        state = await scene.until(lambda state: state.directory_disputes)
        assert [one.partition(": ")[2] for one in state.directory_disputes] == ["not_logged"]
        assert scene.key_of(PARTNER) == before
    assert scene.events(NODE, "directory_disputed")[-1]["kind"] == "not_logged"
    assert not scene.events(THIRD, "directory_disputed")


async def test_a_second_history_is_found_by_the_node_it_is_shown_to(scene: Scene, tmp_path: Path) -> None:
    before = scene.key_of(PARTNER)
    _, forged = scene.forged(PARTNER, tmp_path / "thief")
    shown: dict[str, Any] = {"forged": forged.SerializeToString().hex(), "event": rekeyed(forged, scene)}
    async with scene.telling("other history", **shown):
        state = await scene.until(lambda state: state.directory_disputes)
        assert [one.partition(": ")[2] for one in state.directory_disputes][-1] == "forked"
        assert scene.key_of(PARTNER) == before


async def test_an_older_directory_is_found_by_the_node_it_is_shown_to(scene: Scene) -> None:
    async with scene.telling("older directory", size=3):
        state = await scene.until(lambda state: state.directory_disputes)
        assert state.directory_disputes[-1].endswith("rolled_back")
        assert len(state.members) == 2


@pytest.mark.parametrize(
    ("lie", "kind"), [("unlogged epoch", "not_logged"), ("epoch announced twice", "contradictory")]
)
async def test_another_key_of_the_epoch_is_found_by_the_node_it_is_shown_to(scene: Scene, lie: str, kind: str) -> None:
    before = load_federation(scene.home(NODE).federation_path)
    async with scene.telling(lie, public_key=generate_key().public_key().hex()):
        state = await scene.until(lambda state: state.directory_disputes)
        assert state.directory_disputes[-1].endswith(kind)
        assert load_federation(scene.home(NODE).federation_path).epoch_public_key == before.epoch_public_key


@pytest.mark.parametrize("lie", ["huge", "garbled"])
async def test_a_huge_or_garbled_directory_costs_freshness_only(scene: Scene, lie: str) -> None:
    async with scene.telling(lie):
        state = await scene.until(lambda state: state.directory_trouble)
        assert len(state.members) == 2
        assert not state.directory_disputes
    await scene.until(lambda state: not state.directory_trouble)


async def test_what_is_pinned_stays_usable_while_the_coordinator_is_down(scene: Scene) -> None:
    coordinator = scene.federation.running.pop(COORDINATOR)
    coordinator.kill()
    coordinator.stop()
    state = await scene.until(lambda state: state.directory_trouble)
    assert len(state.members) == 2
    await scene.federation.start(COORDINATOR)
    await scene.until(lambda state: not state.directory_trouble)


async def with_new_keys(scene: Scene, name: str) -> str:
    """Give a member new keys, enter them, and start it again; give the fingerprint of the new signing key."""
    home = scene.home(name)
    scene.federation.running.pop(name).stop()
    fresh = create_keys(home.folder / f"fresh-{time.time()}")
    for file, key in (("signing.key", fresh.signing), ("sealing.key", fresh.sealing)):
        write_whole(home.keys / file, key.seed, secret=True)
    await scene.federation.command(name, "node", "join")
    await scene.federation.start(name)
    return fresh.signing.public_key().fingerprint()


async def test_a_new_key_of_a_member_counts_once_another_has_cosigned_it(scene: Scene) -> None:
    fresh = await with_new_keys(scene, PARTNER)
    await scene.until(lambda _: scene.key_of(PARTNER) == fresh)
    changed = scene.events(NODE, "keys_changed")[-1]
    assert (changed["member"], changed["signing_fingerprint"]) == (uri(PARTNER), fresh)
    state = await scene.until(lambda state: len(state.directory_witnesses) == 2)
    assert (state.directory_entries, state.directory_settled) == (6, 6)
    shown = await scene.federation.command(NODE, "node", "directory", "show")
    (partner,) = (one for one in shown["members"] if one["member"] == uri(PARTNER))
    assert (partner["entry"], partner["signing_fingerprint"]) == (6, fresh)
    listed = await scene.federation.command(COORDINATOR, "coordinator", "directory")
    assert [entry["type"] for entry in listed["entries"]][-1] == "member_rekeyed"
    assert {witness_name(uri(name)) for name in (PARTNER, THIRD)} <= set(listed["cosigners"])


async def admitting(scene: Scene, *names: str) -> None:
    """Start the coordinator again with these agencies."""
    hub = load_hub(scene.federation.home(COORDINATOR))
    scene.federation.running.pop(COORDINATOR).stop()
    (hub.folder / CONFIG_FILE).unlink()
    write_settings(hub.folder / CONFIG_FILE, hub.settings.model_copy(update={"agencies": names}), HEADING)
    await scene.federation.start(COORDINATOR)


async def test_a_removal_taken_back_is_found_by_the_node_it_is_shown_to(scene: Scene) -> None:
    await admitting(scene, NODE, PARTNER)
    await scene.until(lambda state: list(state.members) == [uri(PARTNER)])
    assert scene.events(NODE, "member_dropped")[-1]["member"] == uri(THIRD)
    async with scene.telling("removed entry"):
        state = await scene.until(lambda state: state.directory_disputes)
        assert state.directory_disputes[-1].endswith("forked") or state.directory_disputes[-1].endswith("rolled_back")
        assert list(state.members) == [uri(PARTNER)]
    await admitting(scene, *AGENCIES)
    await scene.until(lambda state: len(state.members) == 2)


async def test_a_stolen_identity_in_the_true_log_is_found_by_its_owner(scene: Scene, tmp_path: Path) -> None:
    """The thief has the authority's key and the coordinator is honest: everybody sees the entry, the owner knows."""
    thief, forged = scene.forged(PARTNER, tmp_path / "thief")
    hub = scene.home(NODE)
    async with open_channel(hub.settings.coordinator_address, hub.coordinator, thief.tls) as channel:
        await DirectoryStub(channel).Join(JoinRequest(entry=forged), timeout=10)
    state = await scene.until(lambda state: state.directory_disputes, PARTNER)
    assert [one.partition(": ")[2] for one in state.directory_disputes] == ["not_ours"]
    assert scene.events(PARTNER, "directory_disputed")[-1]["entry"] == state.directory_entries
    (kept,) = (await scene.federation.command(PARTNER, "node", "directory", "show"))["disputes"]
    assert rekeyed(forged, scene)["certificate_digest"] in kept["evidence"]
    await scene.settle(PARTNER)
    await asyncio.sleep(6)  # the thief dated his entry ahead
    await scene.federation.command(PARTNER, "node", "join")
    own = load_keys(scene.home(PARTNER).keys).signing.public_key().fingerprint()
    entries = (await scene.status(PARTNER)).directory_entries
    for name in (NODE, THIRD):
        await scene.until(lambda state: state.directory_settled >= entries, name)
        assert scene.key_of(PARTNER, name) == own


async def test_an_entry_more_for_one_node_waits_there_and_is_a_second_history_once_the_true_log_grows(
    scene: Scene, tmp_path: Path
) -> None:
    """The node alone cannot know; that nobody else has cosigned it keeps the key out."""
    before = scene.key_of(PARTNER, THIRD)
    _, forged = scene.forged(PARTNER, tmp_path / "thief")
    shown: dict[str, Any] = {"forged": forged.SerializeToString().hex(), "event": rekeyed(forged, scene)}
    scene.file.write_text(json.dumps({"lie": "longer log", "to": uri(THIRD), **shown}))
    try:
        state = await scene.until(lambda state: state.directory_waiting, THIRD)
        await asyncio.sleep(WITNESS_MINUTES * 60 * 2)
        state = await scene.status(THIRD)
        assert len(state.directory_waiting) == 1
        assert scene.key_of(PARTNER, THIRD) == before
    finally:
        scene.file.unlink()
    await scene.until(lambda state: any(one.endswith("rolled_back") for one in state.directory_disputes), THIRD)
    await scene.federation.command(NODE, "node", "join")
    await scene.until(lambda state: any(one.endswith("forked") for one in state.directory_disputes), THIRD)
    assert scene.key_of(PARTNER, THIRD) == before


async def test_where_nobody_else_cosigns_a_new_key_waits_until_a_person_has_compared_it(scene: Scene) -> None:
    """The third has disputed the directory, so it cosigns nothing more."""
    before = scene.key_of(PARTNER)
    fresh = await with_new_keys(scene, PARTNER)
    await scene.until(lambda state: state.directory_waiting)
    await asyncio.sleep(WITNESS_MINUTES * 60 * 2)
    assert (await scene.status()).directory_waiting
    assert scene.key_of(PARTNER) == before
    number = str((await scene.status()).directory_entries)
    options = ["--reason", "read to us by telephone", "--user", "an.operator"]
    await scene.federation.command(NODE, "node", "directory", "accept", number, *options)
    await scene.until(lambda state: not state.directory_waiting)
    assert scene.key_of(PARTNER) == fresh
    assert scene.events(NODE, "directory_accepted")[-1]["what"] == "entries"
