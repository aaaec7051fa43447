"""The node's live view of the directory: joins, refreshes what is pinned, and answers who a URI is.

Decisions are `node.membership`'s; this module fetches and stores. A coordinator that is down costs freshness only: what
is pinned stays usable.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import grpc
from cryptography import x509

from matching.keys import SigningPublicKey
from node.config import NodeHome
from node.custody import CustodianClient
from node.keys import NodeKeys
from node.membership import (
    Federation,
    KeyChange,
    Member,
    load_federation,
    newest,
    own_entry,
    pin,
    save_federation,
    sole_writer,
    verify_coordinator,
    verify_entry,
)
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.channel import answered, open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.v1.directory_pb2 import FederationDescription, JoinRequest, ListMembersRequest, ListMembersResponse
from symbolon.v1.directory_pb2_grpc import DirectoryStub

JOIN_SECONDS = 10.0
REFRESH_CALL_SECONDS = 2.0
"""Deadline of a refresh: a query waits for it, and a hub that hangs must leave the query its time."""

REFRESH_SECONDS = 30.0
"""Seconds for which the directory counts as fresh."""

_RETRY_SECONDS = 2.0  # at most one refresh in this time, however many unknown names are asked for

logger = logging.getLogger("symbolon.node")

OnChange = Callable[[Sequence[KeyChange]], Awaitable[None]]
OnJoin = Callable[[Federation, Sequence[KeyChange]], None]


class Directory:
    """Members by URI, kept fresh from the coordinator over one channel."""

    def __init__(self, home: NodeHome, channel: grpc.aio.Channel, on_change: OnChange) -> None:
        """Start from what is pinned; raise `SymbolonError` when the node has not joined."""
        self._home = home
        self._stub = DirectoryStub(channel)
        self._on_change = on_change
        self._authority = load_certificate(home.tls.authority.read_bytes())
        self._federation = load_federation(home.federation_path)
        self._refreshed = float("-inf")
        self._lock = asyncio.Lock()

    @property
    def federation(self) -> Federation:
        """Give what is pinned now."""
        return self._federation

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

    async def _refresh_unless_younger_than(self, seconds: float) -> None:
        async with self._lock:
            if time.monotonic() - self._refreshed < seconds:
                return
            # Set first: a coordinator that is down is not asked again by every query.
            self._refreshed = time.monotonic()
            try:
                call = self._stub.ListMembers(ListMembersRequest(), timeout=REFRESH_CALL_SECONDS)
                listed = await answered(call, _hub_named(self._home))
            except SymbolonError as error:
                logger.warning("directory not refreshed: %s", error)
                return
            await self._take(listed)

    async def _take(self, listed: ListMembersResponse) -> None:
        now = datetime.now(UTC)
        hub = verify_coordinator(listed.coordinator, self._authority, self._home.coordinator, now)
        members = await asyncio.to_thread(certified_members, listed, self._authority, now)
        federation, changes = pin(self._federation, listed.federation, members, hub)
        if changes:
            await self._on_change(changes)
        news = {"members": federation.members, "hub_signing_key": federation.hub_signing_key}
        if (updated := self._federation.model_copy(update=news)) != self._federation:
            self._federation = updated
            await asyncio.to_thread(_add_members, self._home.federation_path, federation.members.values(), hub)


def _add_members(path: Path, members: Iterable[Member], hub: SigningPublicKey) -> None:
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
        news = {"members": newest(pinned.members, members), "hub_signing_key": hub.raw.hex()}
        save_federation(path, pinned.model_copy(update=news))


async def join(home: NodeHome, keys: NodeKeys, on_join: OnJoin) -> tuple[Federation, tuple[KeyChange, ...]]:
    """Enter this node in the directory, pin the federation, and compare the epoch's key with the custodian's own word.

    ``on_join`` writes the log before anything is pinned. Raises `SymbolonError`: `UNREACHABLE`, `NORMALISER_MISMATCH`,
    `KEY_CHANGED` and others of the catalogue.
    """
    now = datetime.now(UTC)
    authority = load_certificate(home.tls.authority.read_bytes())
    entry = await asyncio.to_thread(own_entry, home, keys, now)
    hub = _hub_named(home)
    async with open_channel(home.settings.coordinator_address, home.coordinator, home.tls) as channel:
        directory = DirectoryStub(channel)
        await answered(directory.Join(JoinRequest(entry=entry), timeout=JOIN_SECONDS), hub)
        listed = await answered(directory.ListMembers(ListMembersRequest(), timeout=JOIN_SECONDS), hub)
    key = verify_coordinator(listed.coordinator, authority, home.coordinator, now)
    members = await asyncio.to_thread(certified_members, listed, authority, now)
    federation, _ = pin(_known(home.federation_path), listed.federation, members, key)
    await _compare_with_custodian(home, federation)
    return await asyncio.to_thread(pin_for_good, home.federation_path, listed.federation, members, key, on_join)


def pin_for_good(
    path: Path, described: FederationDescription, members: Sequence[Member], hub: SigningPublicKey, on_join: OnJoin
) -> tuple[Federation, tuple[KeyChange, ...]]:
    """Merge into what is pinned, have it logged, then save it; if ``on_join`` raises, nothing is pinned."""
    with sole_writer(path):
        federation, changes = pin(_known(path), described, members, hub)
        on_join(federation, changes)
        save_federation(path, federation)
    return federation, changes


def _known(path: Path) -> Federation | None:
    try:
        return load_federation(path)
    except SymbolonError as error:
        if error.code is not ErrorCode.NOT_JOINED:
            raise
        return None


def certified_members(listed: ListMembersResponse, authority: x509.Certificate, now: datetime) -> list[Member]:
    """Give the members whose entries verify; the others are named in the process's log and not believed.

    One expired certificate must not stop the queries to everyone else, and a forged entry must not be used.
    """
    members = []
    for place, entry in enumerate(listed.entries):
        try:
            members.append(verify_entry(entry, authority, now))
        except SymbolonError as error:
            logger.error("directory entry %d not believed: %s", place, error)
    return members


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
