"""An officer's connection to the own agency's running node, which the clients of the desk's services share.

It is opened from the node's own folder, or from that of a system of the agency (`node.systems.home`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, Self, TypeVar

import grpc
from google.protobuf.message import Message

from node.config import load_home
from node.officers.token import OfficerProof
from node.systems.home import CONFIG_FILE, load_system_home
from symbolon.rpc.channel import TlsFiles, answered, open_channel
from symbolon.rpc.identity import Party

CALL_SECONDS = 60.0
"""Seconds that one call may take."""

Answer = TypeVar("Answer", bound=Message)


class DeskSettings(Protocol):
    """What is set of a node whose desk is called."""

    @property
    def address(self) -> str:
        """Give host:port of the node."""

    @property
    def query_seconds(self) -> float:
        """Give the seconds that the node lets a query take."""


class DeskHome(Protocol):
    """From where a node's desk is called."""

    @property
    def settings(self) -> DeskSettings:
        """Give what is set of the node."""

    @property
    def party(self) -> Party:
        """Give the agency whose node is called."""

    @property
    def tls(self) -> TlsFiles:
        """Give the files of the certificate by which it is called; raise `SymbolonError` when one is missing."""


def load_desk_home(folder: Path) -> DeskHome:
    """Read the settings of a system's folder, or of a node's where it is none.

    Raises `SymbolonError` where they are missing or wrong.
    """
    return load_system_home(folder) if (folder / CONFIG_FILE).exists() else load_home(folder)


class OfficerConnection:
    """A connection of one officer to the node that ``home`` names; an asynchronous context manager.

    Each call of a subclass raises `SymbolonError` as the node states. Without an officer the node tells its state only.
    """

    def __init__(self, home: DeskHome, officer: OfficerProof | None = None) -> None:
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
