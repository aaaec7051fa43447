"""The node's live view of the directory: joins, refreshes what is pinned, and answers who a URI is.

What is to be believed is `node.directory.review`'s to say; this module fetches, tells the log, and pins. A coordinator
that is down, or shows what is not to be believed, and an own disk without room cost freshness only: what is pinned
stays usable.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from ledger.checkpoints import parse_checkpoint
from ledger.merkle import TreeHead
from ledger.notes import NoteError, parse_note
from ledger.witnessing import Refusal
from node.config import NodeHome
from node.custody import CustodianClient
from node.directory.copy import DirectoryFile
from node.directory.membership import Federation, Member, load_federation, own_entry, pin, save_federation, sole_writer
from node.directory.review import News, Position, Reviewed, review
from node.directory.trust import MOST_ENTRIES, DirectoryCopy, Shown
from node.keys import NodeKeys
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.channel import answered, open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.v1.directory_pb2 import (
    FederationDescription,
    JoinRequest,
    ListMembersRequest,
    ListMembersResponse,
)
from symbolon.v1.directory_pb2_grpc import DirectoryStub

if TYPE_CHECKING:
    from symbolon.v1.directory_pb2_grpc import DirectoryAsyncStub

JOIN_SECONDS = 10.0
REFRESH_CALL_SECONDS = 2.0
"""Deadline of a refresh: a query waits for it, and a hub that hangs must leave the query its time."""

REFRESH_SECONDS = 30.0
"""Seconds for which the directory counts as fresh."""

MOST_SHOWN_BYTES = 64 * 1024 * 1024
"""Bytes of entries taken in one refresh; an honest directory has a hundredth of it."""

_RETRY_SECONDS = 2.0  # at most one refresh in this time, however many unknown names are asked for

logger = logging.getLogger("symbolon.node")

OnNews = Callable[[News], Awaitable[None]]
OnJoin = Callable[[Federation | None, News], None]
"""Write what a join brought; no federation where nothing is pinned."""


class Directory:
    """Members by URI, kept fresh from the coordinator over one channel."""

    def __init__(self, home: NodeHome, channel: grpc.aio.Channel, on_news: OnNews) -> None:
        """Start from what is pinned; raise `SymbolonError` when the node has not joined."""
        self._home = home
        self._stub = DirectoryStub(channel)
        self._on_news = on_news
        self._federation = load_federation(home.federation_path)
        self._file = DirectoryFile(home.directory_path)
        self._copy = self._file.load()
        self._position = _position(home, self._federation)
        self._refreshed = float("-inf")
        self._trouble = ""
        self._lock = asyncio.Lock()
        self._refreshing: set[asyncio.Task[None]] = set()

    @property
    def federation(self) -> Federation:
        """Give what is pinned now."""
        return self._federation

    @property
    def copy(self) -> DirectoryCopy:
        """Give the copy of the directory log as it was last reviewed."""
        return self._copy

    @property
    def file(self) -> DirectoryFile:
        """Give the file of the copy."""
        return self._file

    @property
    def trouble(self) -> str:
        """Say why the directory could not be refreshed the last time; empty where it could."""
        return self._trouble

    async def members(self) -> dict[str, Member]:
        """Give the other members by URI, fresh where the coordinator can be reached."""
        await self._refresh_unless_younger_than(REFRESH_SECONDS)
        own = self._home.party.uri
        return {uri: member for uri, member in self._federation.members.items() if uri != own}

    async def member(self, uri: str) -> Member | None:
        """Give one member, asking the coordinator once more when it is unknown."""
        if uri not in self._federation.members:
            await self._refresh_unless_younger_than(_RETRY_SECONDS)
        return self._federation.members.get(uri)

    async def check_head(self, head: TreeHead) -> Refusal | None:
        """Say why this node does not witness a head of the directory, or None where it is one of its own copy.

        The coordinator must not show this node one directory to use and another to cosign.
        """
        if head.size > self._copy.size:
            await self._refresh_unless_younger_than(_RETRY_SECONDS)
        copy = self._copy
        if head.size > copy.size:
            return Refusal.OUT_OF_DATE
        if copy.is_disputed or copy.root(head.size) != head.root:
            return Refusal.INCONSISTENT
        return None

    async def _refresh_unless_younger_than(self, seconds: float) -> None:
        refreshing = asyncio.create_task(self._refresh(seconds))
        self._refreshing.add(refreshing)
        refreshing.add_done_callback(self._refreshing.discard)
        # Who asks may go away meanwhile: what was stored has to be told the log all the same.
        await asyncio.shield(refreshing)

    async def _refresh(self, seconds: float) -> None:
        async with self._lock:
            if time.monotonic() - self._refreshed < seconds:
                return
            # Set first: a coordinator that is down is not asked again by every query.
            self._refreshed = time.monotonic()
            try:
                known = self._copy.size
                listed, shown = await fetch(self._stub, known, REFRESH_CALL_SECONDS, _hub_named(self._home))
                reviewed = await asyncio.to_thread(self._review, listed, shown)
                self._trouble = ""
            except (SymbolonError, sqlite3.Error, OSError) as error:  # the two last: the own disk
                self._trouble = str(error)
                logger.warning("directory not refreshed: %s", error)
                return
            await self._take(reviewed)

    def _review(self, listed: ListMembersResponse, shown: Shown) -> Reviewed:
        with sole_writer(self._home.federation_path):
            return review(self._file, self._federation, listed, shown, self._position)

    async def _take(self, reviewed: Reviewed) -> None:
        self._copy = reviewed.copy
        if reviewed.news:
            await self._on_news(reviewed.news)
        for one in reviewed.news.disputes:
            logger.critical("the coordinator's directory is disputed: %s, entry %d", one.kind.value, one.entry)
        known = self._federation.hub_signing_key or reviewed.hub.raw.hex()
        news: dict[str, object] = {"members": dict(reviewed.members), "hub_signing_key": known}
        if (updated := self._federation.model_copy(update=news)) != self._federation:
            self._federation = updated
            await asyncio.to_thread(_save_members, self._home.federation_path, news)


async def fetch(stub: DirectoryAsyncStub, known: int, seconds: float, who: str) -> tuple[ListMembersResponse, Shown]:
    """Ask for the directory, and for more of its log until the head is reached; give the last answer and all entries.

    All of it together may take so many seconds. Raises `SymbolonError`.
    """
    bodies: list[bytes] = []
    size, until = 0, time.monotonic() + seconds
    while True:
        request, left = ListMembersRequest(known=known + len(bodies)), max(0.0, until - time.monotonic())
        listed: ListMembersResponse = await answered(stub.ListMembers(request, timeout=left), who)
        bodies += listed.log_entries
        size += sum(map(len, listed.log_entries))
        if size > MOST_SHOWN_BYTES or known + len(bodies) > MOST_ENTRIES:
            detail = f"it has more than {MOST_SHOWN_BYTES} bytes or {MOST_ENTRIES} entries"
            raise SymbolonError(ErrorCode.DIRECTORY_UNREADABLE, detail)
        if not listed.log_entries or known + len(bodies) >= _head_size(listed.head):
            return listed, Shown(known, bodies, listed.head, listed.cosigned_head)


def _head_size(head: bytes) -> int:
    try:
        return parse_checkpoint(parse_note(head).text).head.size
    except NoteError:
        return 0  # what is wrong with it, the review says


def _save_members(path: Path, news: dict[str, object]) -> None:
    """Bring the file's members and the coordinator's key up to date, and nothing else.

    Epoch, key and custodian stay as ``join`` wrote them, maybe after this process started: it goes on with those it
    started with until it is started again, since tokens of another epoch are of no use before enrolment.
    """
    with sole_writer(path):
        try:
            pinned = load_federation(path)
        except SymbolonError as error:
            logger.warning("members not saved: %s", error)
            return
        save_federation(path, pinned.model_copy(update=news))


async def join(home: NodeHome, keys: NodeKeys, on_join: OnJoin) -> tuple[Federation, Reviewed]:
    """Enter this node in the directory, pin the federation, and compare the epoch's key with the custodian's own word.

    ``on_join`` writes the log before anything is pinned. Raises `SymbolonError`: `UNREACHABLE`, `NORMALISER_MISMATCH`,
    `KEY_CHANGED`, `DIRECTORY_DISPUTED`, `DIRECTORY_WAITING` and others of the catalogue.
    """
    known = _known(home.federation_path)
    position = _position(home, known, keys)
    file = DirectoryFile(home.directory_path)
    size = file.load().size
    entry = await asyncio.to_thread(own_entry, home, keys, datetime.now(UTC))
    file.add_own(hashlib.sha256(entry.description).hexdigest())
    hub = _hub_named(home)
    async with open_channel(home.settings.coordinator_address, home.coordinator, home.tls) as channel:
        directory = DirectoryStub(channel)
        await answered(directory.Join(JoinRequest(entry=entry), timeout=JOIN_SECONDS), hub)
        listed, shown = await fetch(directory, size, JOIN_SECONDS, hub)
    reviewed = await asyncio.to_thread(_review_at_join, home.federation_path, file, listed, shown, position, on_join)
    _check_epoch(reviewed, listed.federation)
    federation = pin(known, listed.federation, reviewed.members, reviewed.hub)
    await _compare_with_custodian(home, federation)
    await asyncio.to_thread(pin_for_good, home.federation_path, federation, reviewed.news, on_join)
    return federation, reviewed


def _review_at_join(
    path: Path, file: DirectoryFile, listed: ListMembersResponse, shown: Shown, position: Position, on_join: OnJoin
) -> Reviewed:
    with sole_writer(path):
        reviewed = review(file, _known(path), listed, shown, position)
        if not reviewed.copy.is_disputed:
            return reviewed
        on_join(None, reviewed.news)
    kinds = sorted({one.evidence.kind.value for one in file.disputes() if not one.is_settled})
    raise SymbolonError(ErrorCode.DIRECTORY_DISPUTED, ", ".join(kinds))


def _check_epoch(reviewed: Reviewed, described: FederationDescription) -> None:
    """Raise `SymbolonError` (`DIRECTORY_WAITING`) unless the epoch's entry is settled."""
    if described.epoch not in reviewed.copy.settled.epochs:
        entry = reviewed.copy.logged.epochs[described.epoch].entry
        raise SymbolonError(ErrorCode.DIRECTORY_WAITING, f"entry {entry}, epoch {described.epoch}")


def pin_for_good(path: Path, federation: Federation, news: News, on_join: OnJoin) -> None:
    """Have what is to be pinned logged, then save it; if ``on_join`` raises, nothing is pinned."""
    with sole_writer(path):
        on_join(federation, news)
        save_federation(path, federation)


def _position(home: NodeHome, pinned: Federation | None, keys: NodeKeys | None = None) -> Position:
    own = pinned.members.get(home.party.uri) if pinned else None
    fingerprints = own.fingerprints if own else None
    if keys is not None:
        fingerprints = keys.signing.public_key().fingerprint(), keys.sealing.public_key().fingerprint()
    authority = load_certificate(home.tls.authority.read_bytes())
    return Position(authority, home.coordinator, home.party.uri, fingerprints)


def _known(path: Path) -> Federation | None:
    try:
        return load_federation(path)
    except SymbolonError as error:
        if error.code is not ErrorCode.NOT_JOINED:
            raise
        return None


def _hub_named(home: NodeHome) -> str:
    return f"the coordinator {home.coordinator.uri} at {home.settings.coordinator_address}"


async def _compare_with_custodian(home: NodeHome, federation: Federation) -> None:
    custodian = Party.parse(federation.custodian)
    public_key = bytes.fromhex(federation.epoch_public_key)
    async with open_channel(federation.custodian_address, custodian, home.tls) as channel:
        client = CustodianClient(channel, federation.epoch, public_key, who=federation.custodian_named)
        described = await client.describe_key()
    if (described.epoch, described.public_key.hex()) != (federation.epoch, federation.epoch_public_key):
        raise SymbolonError(ErrorCode.KEY_CHANGED, "coordinator and custodian name different keys for the epoch")
