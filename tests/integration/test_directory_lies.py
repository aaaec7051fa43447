"""A hub that lies about the directory to one node: what the node uses, what it keeps, and what it says of it.

The same lies between real processes are in `test_directory_transparency`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.node_directory import directory as cli_directory
from ledger.directory_events import DirectoryEvent, MemberLeft, MemberRekeyed
from ledger.merkle import TreeHead
from ledger.witnessing import Refusal
from matching.keys import SigningKey
from node.config import NodeHome
from node.directory.copy import DirectoryFile
from node.directory.membership import (
    load_federation,
    own_entry,
    pin,
    save_federation,
)
from node.directory.review import News
from node.directory.trust import Dispute
from node.directory.view import Directory
from node.keys import create_keys
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.folder import create_authority
from symbolon.v1.directory_pb2 import (
    ListMembersResponse,
    MemberEntry,
)
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
    save_settings,
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


class Scene:
    """A node that has seen an honest directory, and what it writes into its log of the next one."""

    def __init__(self, home: NodeHome, hub: Hub, log: WrittenLog, entry: MemberEntry) -> None:
        self.home, self.hub, self.log, self.entry = home, hub, log, entry
        self.news: list[News] = []

    async def note(self, news: News) -> None:
        """Take the news."""
        self.news.append(news)

    async def look(self, directory: Directory, listing: ListMembersResponse) -> dict[str, Any]:
        """Let the node look again, at this listing."""
        self.hub.listing = listing
        vars(directory)["_refreshed"] = float("-inf")
        return dict(await directory.members())

    def show(self, *events: DirectoryEvent, entries: Sequence[MemberEntry] | None = None) -> ListMembersResponse:
        """Write events and list these entries."""
        self.log.write(*events)
        return listed(self.log, [self.entry] if entries is None else entries, self.hub.listing.coordinator)

    def kinds(self) -> list[str]:
        """Give the disputes of the news."""
        return [one.kind.value for news in self.news for one in news.disputes]


@pytest.fixture
def scene(home: NodeHome, listing: ListMembersResponse) -> Scene:
    (entry,) = listing.entries
    log = WrittenLog(HUB_KEY).write(stated(), announced(key="00" * 32), entry_of(entry))
    return Scene(home, Hub(listed(log, [entry], listing.coordinator)), log, entry)


@asynccontextmanager
async def looking(scene: Scene) -> AsyncIterator[Directory]:
    """Give the directory of a node that has looked once."""
    async with connected(scene.home, scene.hub, scene.note) as directory:
        assert set(await scene.look(directory, scene.hub.listing)) == {OTHER}
        scene.news.clear()  # the first look found a new member
        yield directory


def another_entry(scene: Scene, tmp_path: Path, agency: str = "DE-ZASM", seconds: int = 5) -> MemberEntry:
    """Certify other keys for a member, as who has stolen the authority can."""
    thief = make_home(tmp_path / f"thief-{agency}", agency, tmp_path / "authority")
    return own_entry(thief, create_keys(thief.keys), datetime.now(UTC) + timedelta(seconds=seconds))


async def test_a_certified_key_that_the_log_does_not_have_is_not_used_and_kept_as_evidence(
    scene: Scene, tmp_path: Path
) -> None:
    forged = another_entry(scene, tmp_path)
    async with looking(scene) as directory:
        before = directory.federation.members
        await scene.look(directory, scene.show(entries=[forged]))
        assert directory.federation.members == before
    assert scene.kinds() == ["not_logged"]
    (kept,) = DirectoryFile(scene.home.directory_path).disputes()
    assert forged.SerializeToString(deterministic=True).hex() in kept.evidence.content.decode()


async def test_an_epoch_key_that_the_log_does_not_have_is_kept_as_evidence(scene: Scene) -> None:
    async with looking(scene) as directory:
        listing = scene.show()
        listing.federation.CopyFrom(described("2027-1", b"\x01" * 32))
        await scene.look(directory, listing)
        assert directory.federation.epoch == "2026-1"
    assert scene.kinds() == ["not_logged"]


async def test_a_key_that_the_log_has_is_used_after_it_was_written_down(scene: Scene, tmp_path: Path) -> None:
    entry = another_entry(scene, tmp_path)
    async with looking(scene) as directory:
        members = await scene.look(directory, scene.show(entry_of(entry, MemberRekeyed), entries=[entry]))
    (news,) = scene.news
    assert [change.member for change in news.changes] == [OTHER]
    assert members[OTHER].fingerprints == (news.changes[0].signing_fingerprint, news.changes[0].sealing_fingerprint)


async def test_who_left_counts_no_longer_and_who_is_merely_withheld_does(scene: Scene) -> None:
    async with looking(scene) as directory:
        assert set(await scene.look(directory, scene.show(entries=[]))) == {OTHER}
        assert scene.news == []
        assert await scene.look(directory, scene.show(MemberLeft(member=OTHER), entries=[])) == {}
    assert [one.member for news in scene.news for one in news.dropped] == [OTHER]
    assert load_federation(scene.home.federation_path).members == {}


async def test_a_second_history_changes_nothing_and_while_it_is_disputed_nothing_new_counts(
    scene: Scene, tmp_path: Path
) -> None:
    entry = another_entry(scene, tmp_path)
    async with looking(scene) as directory:
        honest, before = scene.show(), directory.federation
        other = scene.log.forked(2).write(entry_of(entry))
        await scene.look(directory, listed(other, [entry], honest.coordinator))
        await scene.look(directory, listed(other, [entry], honest.coordinator))
        assert directory.federation == before
        await scene.look(directory, scene.show(entry_of(entry, MemberRekeyed), entries=[entry]))
        assert directory.federation == before, "the log goes on, but a person has to look first"
        file = DirectoryFile(scene.home.directory_path)
        assert [one.evidence.kind for one in file.disputes()] == [Dispute.FORKED]
        file.settle_dispute(1)
        await scene.look(directory, scene.show(entries=[entry]))
        assert directory.federation != before
    assert scene.kinds() == ["forked"], "the same evidence is told once"


async def test_an_entry_about_this_node_that_it_did_not_make_is_found_by_it(scene: Scene, tmp_path: Path) -> None:
    forged = another_entry(scene, tmp_path, "FR-DNMS")
    async with looking(scene) as directory:
        await scene.look(directory, scene.show(entry_of(forged), entries=[scene.entry, forged]))
        assert scene.home.party.uri not in directory.federation.members
        assert directory.copy.size == 4, "it stands in the log, so it stands in the copy"
    assert scene.kinds() == ["not_ours"]


async def test_another_certified_key_of_the_coordinator_is_refused_until_a_person_has_compared_it(
    scene: Scene, tmp_path: Path
) -> None:
    thief = WrittenLog(SigningKey.generate(), scene.log.entries)
    forged = hub_entry(tmp_path / "again", thief.key, tmp_path / "authority")
    async with looking(scene) as directory:
        await scene.look(directory, listed(thief, [scene.entry], forged))
        assert directory.federation.hub_signing == HUB_KEY.public_key()
    assert scene.kinds() == ["coordinator_key"]
    fingerprint = thief.key.public_key().fingerprint()
    home = ["--home", str(scene.home.folder), "--reason", "compared", "--user", "a.operator"]
    save_settings(scene.home)
    result = CliRunner().invoke(cli_directory, ["accept-coordinator-key", "00" * 32, *home])
    assert result.exit_code == ErrorCode.NOT_FOUND.value.exit_code
    read_aloud = " ".join(fingerprint[at : at + 4] for at in range(0, 64, 4)).upper()
    result = CliRunner().invoke(cli_directory, ["accept-coordinator-key", read_aloud, *home])
    assert result.exit_code == 0, result.output
    assert load_federation(scene.home.federation_path).hub_signing == thief.key.public_key()


@pytest.mark.parametrize(
    "garbled",
    [
        {"head": b""},
        {"head": b"\xff\xfe"},
        {"log_entries": [b"{"], "head": b"\n\n"},
        {"cosigned_head": b"garbage"},
        {"log_entries": [b"[" * 100_000]},
    ],
)
async def test_a_garbled_directory_changes_nothing_and_the_next_good_one_counts(
    scene: Scene, garbled: dict[str, Any]
) -> None:
    async with looking(scene) as directory:
        before = directory.federation
        scene.log.write(announced("2027-1"))
        broken = scene.show()
        spoilt = ListMembersResponse(
            federation=broken.federation,
            entries=broken.entries,
            coordinator=broken.coordinator,
            log_entries=[*broken.log_entries[:3], *garbled.get("log_entries", broken.log_entries[3:])],
            head=garbled.get("head", broken.head),
            cosigned_head=garbled.get("cosigned_head", b""),
        )
        await scene.look(directory, spoilt)
        assert directory.federation == before
        assert directory.trouble
        await scene.look(directory, broken)
        assert not directory.trouble
        assert directory.copy.size == 4
    assert scene.news == []


async def test_a_head_is_witnessed_only_where_it_is_one_of_the_directory_in_use(scene: Scene) -> None:
    async with looking(scene) as directory:
        assert await directory.check_head(TreeHead(3, directory.copy.root(3))) is None
        assert await directory.check_head(TreeHead(2, directory.copy.root(2))) is None
        assert await directory.check_head(TreeHead(3, bytes(32))) is Refusal.INCONSISTENT
        assert await directory.check_head(TreeHead(9, bytes(32))) is Refusal.OUT_OF_DATE
