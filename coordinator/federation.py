"""What all members have in common, above all the live epoch's public key, as the custodian tells it.

The key of an epoch is an entry of the directory log from when it is first seen, which pins it for ever; then the
custodian may be down and the federation is still described. A custodian that shows another key for a pinned epoch is
refused loudly: nobody joins or lists members until it shows the pinned one again, or a new epoch.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import grpc

from coordinator.directory_log import DirectoryLog
from coordinator.home import CoordinatorHome
from ledger.directory_events import EpochAnnounced
from matching import sodium
from matching.errors import GroupError
from matching.oblivious import SUITE
from symbolon.rpc.errors import ErrorCode, SymbolonError, from_rpc_error
from symbolon.v1.custodian_pb2 import DescribeKeyRequest, DescribeKeyResponse
from symbolon.v1.custodian_pb2_grpc import CustodianStub
from symbolon.v1.directory_pb2 import FederationDescription

REFRESH_SECONDS = 30.0
"""Seconds between two looks at the custodian's key."""

RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds before each retry while the custodian cannot be asked; the last one repeats."""

CALL_SECONDS = 5.0

logger = logging.getLogger("symbolon.coordinator")

AskKey = Callable[[], Awaitable[DescribeKeyResponse]]


class FederationWatch:
    """The federation's description, kept true by `keep` in the background."""

    def __init__(self, home: CoordinatorHome, log: DirectoryLog, normaliser: str) -> None:
        """Start from the epochs that the directory log announces."""
        self._home = home
        self._log = log
        self._normaliser = normaliser
        self._changed: str | None = None

    def describe(self) -> FederationDescription:
        """Describe the federation.

        Raises `SymbolonError`: `UNREACHABLE` before the custodian was ever asked, `KEY_CHANGED` while it shows a key
        that contradicts the pinned one.
        """
        if self._changed is not None:
            raise SymbolonError(ErrorCode.KEY_CHANGED, f"the custodian shows another key for epoch {self._changed}")
        state = self._log.state
        if state.live is None:
            raise SymbolonError(ErrorCode.UNREACHABLE, f"{self._home.custodian.uri} has not told its key yet")
        return FederationDescription(
            name=self._home.settings.federation,
            custodian=self._home.custodian.uri,
            custodian_address=self._home.settings.custodian_address,
            epoch=state.live,
            epoch_public_key=bytes.fromhex(state.epochs[state.live].public_key),
            normaliser=self._normaliser,
        )

    async def take(self, shown: DescribeKeyResponse) -> None:
        """Take what the custodian shows: announce a new epoch, notice a contradiction.

        Raises `SymbolonError`: `KEY_CHANGED` or `MALFORMED` when it is not to be believed, `LOG_NOT_WRITABLE`.
        """
        if shown.suite != SUITE or not shown.epoch or not _is_element(shown.public_key):
            raise SymbolonError(ErrorCode.MALFORMED, "the custodian's description of its key")
        state, key = self._log.state, shown.public_key.hex()
        known = state.epochs.get(shown.epoch)
        if known and known.public_key != key:
            self._changed = shown.epoch
            raise SymbolonError(ErrorCode.KEY_CHANGED, f"the public key of epoch {shown.epoch}")
        if state.live != shown.epoch or self._changed:
            logger.info("epoch %s is live", shown.epoch)
        if state.live != shown.epoch:
            custodian = self._home.custodian.uri
            await self._log.record(EpochAnnounced(epoch=shown.epoch, public_key=key, custodian=custodian))
        self._changed = None

    async def keep(self, ask: AskKey) -> None:
        """Ask again and again, for ever; what goes wrong is logged when it changes."""
        failures = 0
        said = ""
        while True:
            try:
                await self._refresh(ask)
                failures, said = 0, ""
            except SymbolonError as error:
                failures += 1
                if str(error) != said:
                    said = str(error)
                    level = logging.CRITICAL if error.code is ErrorCode.KEY_CHANGED else logging.WARNING
                    logger.log(level, "custodian %s: %s", self._home.custodian.uri, said)
            pause = RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1] if failures else REFRESH_SECONDS
            await asyncio.sleep(pause)

    async def _refresh(self, ask: AskKey) -> None:
        try:
            shown = await ask()
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None
        await self.take(shown)


def ask_over(channel: grpc.aio.Channel) -> AskKey:
    """Give the question for the key over a channel to the custodian."""
    stub = CustodianStub(channel)

    async def ask() -> DescribeKeyResponse:
        shown: DescribeKeyResponse = await stub.DescribeKey(DescribeKeyRequest(), timeout=CALL_SECONDS)
        return shown

    return ask


def _is_element(data: bytes) -> bool:
    try:
        sodium.check_element(data)
    except GroupError:
        return False
    return True
