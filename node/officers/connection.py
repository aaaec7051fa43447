"""An officer's connection to the own agency's running node, which the clients of the desk's services share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self, TypeVar

import grpc
from google.protobuf.message import Message

from node.config import NodeHome
from node.officers.token import OfficerProof
from symbolon.rpc.channel import answered, open_channel

CALL_SECONDS = 60.0
"""Seconds that one call may take."""

Answer = TypeVar("Answer", bound=Message)


class OfficerConnection:
    """A connection of one officer to the node of ``home``; an asynchronous context manager.

    Each call of a subclass raises `SymbolonError` as the node states. Without an officer the node tells its state only.
    """

    def __init__(self, home: NodeHome, officer: OfficerProof | None = None) -> None:
        self._proof = officer.metadata if officer else ()
        self._channel: grpc.aio.Channel = open_channel(home.settings.address, home.party, home.tls)

    async def __aenter__(self) -> Self:
        """Give the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the channel."""
        await self._channel.close()

    async def _call(self, method: Callable[..., Awaitable[Answer]], request: object) -> Answer:
        return await answered(method(request, timeout=CALL_SECONDS, metadata=self._proof))
