"""The node's view of the directory while others write the same file, and while the hub is slow."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from coordinator.description import own_entry as hub_own_entry
from coordinator.home import CoordinatorHome, CoordinatorSettings
from matching.features import NORMALISER_VERSION
from matching.keys import SigningKey
from node import directory as directory_module
from node.config import NodeHome, checked_settings
from node.directory import Directory, pin_for_good
from node.keys import create_keys
from node.membership import (
    Federation,
    KeyChange,
    load_federation,
    own_entry,
    pin,
    save_federation,
    sole_writer,
    verify_entry,
)
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.folder import certify_party, create_authority, prepare_party, write_whole
from symbolon.v1.directory_pb2 import (
    CoordinatorEntry,
    FederationDescription,
    JoinRequest,
    JoinResponse,
    ListMembersRequest,
    ListMembersResponse,
)
from symbolon.v1.directory_pb2_grpc import DirectoryServicer, add_DirectoryServicer_to_server

HUB_KEY = SigningKey.generate()
OTHER = "symbolon://agency/DE-ZASM"


def described(epoch: str = "2026-1", key: bytes = bytes(32)) -> FederationDescription:
    """Describe a federation as its hub does."""
    return FederationDescription(
        name="Test",
        custodian="symbolon://custodian/FIRST",
        custodian_address="127.0.0.1:3",
        epoch=epoch,
        epoch_public_key=key,
        normaliser=NORMALISER_VERSION,
    )


def make_home(folder: Path, agency: str, authority: Path) -> NodeHome:
    """Make a certified node."""
    settings = checked_settings(
        agency=agency,
        display_name="An agency",
        listen="127.0.0.1:1",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:2",
        contact="desk@agency.example",
        declared_records=100,
    )
    home = NodeHome(folder, settings)
    prepare_party(folder, home.party)
    certify_party(folder, home.party, authority, datetime.now(UTC))
    return home


@pytest.fixture
def home(tmp_path: Path) -> NodeHome:
    create_authority(tmp_path / "authority", "Test Authority", datetime.now(UTC))
    home = make_home(tmp_path / "node", "FR-DNMS", tmp_path / "authority")
    save_federation(home.federation_path, pin(None, described(), [], HUB_KEY.public_key())[0])
    return home


@pytest.fixture
def listing(home: NodeHome, tmp_path: Path) -> ListMembersResponse:
    """Give what a hub lists when another agency has joined."""
    other = make_home(tmp_path / "other", "DE-ZASM", tmp_path / "authority")
    entry = own_entry(other, create_keys(other.keys), datetime.now(UTC))
    return ListMembersResponse(federation=described(), entries=[entry], coordinator=hub_entry(tmp_path))


def hub_entry(folder: Path) -> CoordinatorEntry:
    """Give the coordinator's own entry, of the key that the nodes here have pinned."""
    settings = CoordinatorSettings(
        name="HUB",
        federation="Test",
        listen="127.0.0.1:2",
        agencies=("FR-DNMS",),
        custodian="FIRST",
        custodian_address="127.0.0.1:3",
    )
    hub = CoordinatorHome(folder / "hub", settings)
    write_whole(hub.signing_path, HUB_KEY.seed, secret=True)
    prepare_party(hub.folder, hub.party)
    certify_party(hub.folder, hub.party, folder / "authority", datetime.now(UTC))
    return hub_own_entry(hub)


class Hub(DirectoryServicer):
    """Lists what the test says, after as long as the test says."""

    def __init__(self, listing: ListMembersResponse, seconds: float = 0.0) -> None:
        self._listing = listing
        self._seconds = seconds

    async def ListMembers(self, request: ListMembersRequest, context: Any) -> ListMembersResponse:  # noqa: N802
        """List the members."""
        await asyncio.sleep(self._seconds)
        return self._listing

    async def Join(self, request: JoinRequest, context: Any) -> JoinResponse:  # noqa: N802
        """Take nobody in."""
        raise NotImplementedError


@asynccontextmanager
async def connected(home: NodeHome, hub: Hub) -> AsyncIterator[Directory]:
    """Give the directory of a node whose channel leads to this hub."""
    server = grpc.aio.server()
    add_DirectoryServicer_to_server(hub, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Directory(home, channel, unlogged)
    finally:
        await server.stop(0)


async def unlogged(changes: Sequence[KeyChange]) -> None:
    """Take changes where at most new members are expected."""
    assert all(change.is_new for change in changes), changes


async def test_a_running_node_does_not_undo_the_epoch_that_a_join_wrote(
    home: NodeHome, listing: ListMembersResponse
) -> None:
    async with connected(home, Hub(listing)) as directory:
        joined = pin(None, described("2027-1", b"\x01" * 32), [], HUB_KEY.public_key())[0]
        save_federation(home.federation_path, joined)
        assert set(await directory.members()) == {OTHER}
        assert directory.federation.epoch == "2026-1", "until it is started again"
    saved = load_federation(home.federation_path)
    assert (saved.epoch, saved.epoch_public_key) == ("2027-1", "01" * 32)
    assert set(saved.members) == {OTHER}


async def test_the_two_writers_of_the_file_wait_for_each_other(home: NodeHome, listing: ListMembersResponse) -> None:
    async with connected(home, Hub(listing)) as directory:
        with sole_writer(home.federation_path):
            known = load_federation(home.federation_path)
            asking = asyncio.create_task(directory.members())
            await asyncio.wait([asking], timeout=0.5)
            assert not asking.done()
            save_federation(home.federation_path, known.model_copy(update={"epoch": "2027-1"}))
        await asking
    saved = load_federation(home.federation_path)
    assert (saved.epoch, set(saved.members)) == ("2027-1", {OTHER})


async def test_what_is_pinned_is_given_when_the_hub_hangs_and_soon(
    home: NodeHome, listing: ListMembersResponse
) -> None:
    async with connected(home, Hub(listing, seconds=60)) as directory:
        started = time.monotonic()
        assert await directory.members() == {}
        assert time.monotonic() - started < 4


async def test_certificates_are_verified_and_the_file_is_written_beside_the_event_loop(
    home: NodeHome, listing: ListMembersResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = set()

    def noting(function: Any) -> Any:
        def noted(*arguments: Any) -> Any:
            at_work.add((function.__name__, threading.current_thread() is threading.main_thread()))
            return function(*arguments)

        return noted

    for function in (verify_entry, save_federation):
        monkeypatch.setattr(directory_module, function.__name__, noting(function))
    async with connected(home, Hub(listing)) as directory:
        await directory.members()
    assert at_work == {("verify_entry", False), ("save_federation", False)}


def test_nothing_is_pinned_that_cannot_be_logged(home: NodeHome, listing: ListMembersResponse) -> None:
    authority = load_certificate(home.tls.authority.read_bytes())
    member = verify_entry(listing.entries[0], authority, datetime.now(UTC))
    before = home.federation_path.read_bytes()
    logged = []

    def full(federation: Federation, changes: Sequence[KeyChange]) -> None:
        logged.append(federation)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        pin_for_good(home.federation_path, described(), [member], HUB_KEY.public_key(), full)
    assert [set(federation.members) for federation in logged] == [{OTHER}]
    assert home.federation_path.read_bytes() == before
