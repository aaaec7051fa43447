"""The node's view of the directory while others write the same file, and while the hub is slow."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.config import NodeHome
from node.directory import review, view
from node.directory.membership import (
    Federation,
    load_federation,
    own_entry,
    pin,
    save_federation,
    sole_writer,
    verify_entry,
)
from node.directory.review import News
from node.directory.view import pin_for_good
from node.keys import create_keys
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.folder import create_authority
from symbolon.v1.directory_pb2 import ListMembersRequest, ListMembersResponse
from tests.directory_log import WrittenLog, announced, stated
from tests.integration.directories import (
    HUB_KEY,
    OTHER,
    Hub,
    connected,
    described,
    entry_of,
    hub_entry,
    listed,
    make_home,
)


@pytest.fixture
def home(tmp_path: Path) -> NodeHome:
    create_authority(tmp_path / "authority", "Test Authority", datetime.now(UTC))
    home = make_home(tmp_path / "node", "FR-DNMS", tmp_path / "authority")
    save_federation(home.federation_path, pin(None, described(), {}, HUB_KEY.public_key()))
    return home


@pytest.fixture
def listing(home: NodeHome, tmp_path: Path) -> ListMembersResponse:
    """Give what a hub lists when another agency has joined."""
    other = make_home(tmp_path / "other", "DE-ZASM", tmp_path / "authority")
    entry = own_entry(other, create_keys(other.keys), datetime.now(UTC))
    log = WrittenLog(HUB_KEY).write(stated(), announced(key="00" * 32), entry_of(entry))
    return listed(log, [entry], hub_entry(tmp_path))


async def test_a_running_node_does_not_undo_the_epoch_that_a_join_wrote(
    home: NodeHome, listing: ListMembersResponse
) -> None:
    async with connected(home, Hub(listing)) as directory:
        joined = pin(None, described("2027-1", b"\x01" * 32), {}, HUB_KEY.public_key())
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
    async with connected(home, Hub(listing, seconds=60), seconds=view.REFRESH_CALL_SECONDS) as directory:
        started = time.monotonic()
        assert await directory.members() == {}
        assert time.monotonic() - started < 4


@pytest.mark.parametrize("broken", [Path.mkdir, lambda path: path.write_bytes(b"no database" * 400)])
async def test_what_is_pinned_is_given_when_the_own_disk_fails(
    home: NodeHome, listing: ListMembersResponse, broken: Callable[[Path], object]
) -> None:
    async with connected(home, Hub(listing)) as directory:
        home.directory_path.unlink()
        broken(home.directory_path)
        assert await directory.members() == {}
        assert directory.trouble


async def test_certificates_are_verified_and_the_file_is_written_beside_the_event_loop(
    home: NodeHome, listing: ListMembersResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = set()

    def noting(function: Any) -> Any:
        def noted(*arguments: Any) -> Any:
            at_work.add((function.__name__, threading.current_thread() is threading.main_thread()))
            return function(*arguments)

        return noted

    for module, function in ((review, verify_entry), (view, save_federation)):
        monkeypatch.setattr(module, function.__name__, noting(function))
    async with connected(home, Hub(listing)) as directory:
        await directory.members()
    assert at_work == {("verify_entry", False), ("save_federation", False)}


def test_nothing_is_pinned_that_cannot_be_logged(home: NodeHome, listing: ListMembersResponse) -> None:
    authority = load_certificate(home.tls.authority.read_bytes())
    member = verify_entry(listing.entries[0], authority, datetime.now(UTC))
    before = home.federation_path.read_bytes()
    logged = []

    def full(federation: Federation | None, news: News) -> None:
        logged.append(federation)
        raise OSError("the disk is full")

    federation = pin(None, described(), {OTHER: member}, HUB_KEY.public_key())
    with pytest.raises(OSError, match="full"):
        pin_for_good(home.federation_path, federation, News(), full)
    assert logged == [federation]
    assert home.federation_path.read_bytes() == before


async def test_a_hub_that_never_ends_its_directory_costs_one_refresh_and_no_query(
    home: NodeHome, listing: ListMembersResponse
) -> None:
    async with connected(home, Endless(listing), seconds=0.5) as directory, asyncio.timeout(30):
        assert await directory.members() == {}
        assert directory.trouble
        assert directory.copy.size == 0


class Endless(Hub):
    """Signs for more entries than it has, and gives one of no bytes each time it is asked."""

    async def ListMembers(self, request: ListMembersRequest, context: Any) -> ListMembersResponse:  # noqa: N802
        """List the members."""
        answer = ListMembersResponse.FromString(self.listing.SerializeToString())
        del answer.log_entries[:]
        answer.log_entries.append(b"")
        lines = answer.head.split(b"\n")
        answer.head = b"\n".join([lines[0], b"1152921504606846976", *lines[2:]])
        return answer
