"""The node's live view of the directory: joins, refreshes what is pinned, and answers who a URI is.

Decisions are `node.membership`'s; this module fetches and stores. A coordinator that is down costs freshness only: what
is pinned stays usable.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import grpc
from cryptography import x509

from node.config import NodeHome
from node.keys import NodeKeys
from node.membership import (
    Federation,
    KeyChange,
    Member,
    load_federation,
    own_entry,
    pin,
    save_federation,
    verify_entry,
)
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.channel import answered, open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.v1.custodian_pb2 import DescribeKeyRequest
from symbolon.v1.custodian_pb2_grpc import CustodianStub
from symbolon.v1.directory_pb2 import JoinRequest, ListMembersRequest, ListMembersResponse
from symbolon.v1.directory_pb2_grpc import DirectoryStub

CALL_SECONDS = 10.0
REFRESH_SECONDS = 30.0
"""Seconds for which the directory counts as fresh."""

_RETRY_SECONDS = 2.0  # at most one refresh in this time, however many unknown names are asked for

logger = logging.getLogger("symbolon.node")

OnChange = Callable[[Sequence[KeyChange]], Awaitable[None]]


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
                listed = await answered(self._stub.ListMembers(ListMembersRequest(), timeout=CALL_SECONDS))
            except SymbolonError as error:
                logger.warning("directory not refreshed: %s", error)
                return
            await self._take(listed)

    async def _take(self, listed: ListMembersResponse) -> None:
        now = datetime.now(UTC)
        members = certified_members(listed, self._authority, now)
        federation, changes = pin(self._federation, listed.federation, members)
        if changes:
            await self._on_change(changes)
        if federation != self._federation:
            # The epoch is taken over by `join` alone, because its tokens are of no use before enrolment.
            kept = {"epoch": self._federation.epoch, "epoch_public_key": self._federation.epoch_public_key}
            self._federation = federation.model_copy(update=kept)
            save_federation(self._home.federation_path, self._federation)


async def join(home: NodeHome, keys: NodeKeys) -> tuple[Federation, tuple[KeyChange, ...]]:
    """Enter this node in the directory, pin the federation, and compare the epoch's key with the custodian's own word.

    Raises `SymbolonError`: `UNREACHABLE`, `NORMALISER_MISMATCH`, `KEY_CHANGED` and others of the catalogue.
    """
    now = datetime.now(UTC)
    authority = load_certificate(home.tls.authority.read_bytes())
    try:
        known = load_federation(home.federation_path)
    except SymbolonError as error:
        if error.code is not ErrorCode.NOT_JOINED:
            raise
        known = None
    async with open_channel(home.settings.coordinator_address, home.coordinator, home.tls) as channel:
        directory = DirectoryStub(channel)
        await answered(directory.Join(JoinRequest(entry=own_entry(home, keys, now)), timeout=CALL_SECONDS))
        listed = await answered(directory.ListMembers(ListMembersRequest(), timeout=CALL_SECONDS))
    federation, changes = pin(known, listed.federation, certified_members(listed, authority, now))
    await _compare_with_custodian(home, federation)
    save_federation(home.federation_path, federation)
    return federation, changes


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


async def _compare_with_custodian(home: NodeHome, federation: Federation) -> None:
    custodian = Party.parse(federation.custodian)
    async with open_channel(federation.custodian_address, custodian, home.tls) as channel:
        described = await answered(CustodianStub(channel).DescribeKey(DescribeKeyRequest(), timeout=CALL_SECONDS))
    if (described.epoch, described.public_key.hex()) != (federation.epoch, federation.epoch_public_key):
        raise SymbolonError(ErrorCode.KEY_CHANGED, "coordinator and custodian name different keys for the epoch")
