"""Carrying mailbags between agencies: check, count, log, hand on. Nothing is kept.

Bags come at a constant rate whether they say anything or not, so the hub learns nothing from them, and a log entry for
each would say nothing either: one is written before each `BAGS_AN_ENTRY` bags of a pair. Rules, in order: the bag is
the canonical encoding of a mailbag, of its one size; the sender named is the caller; the bag was made lately; it is
signed with the key the caller has entered in the directory; the recipient is a member; the day's number is not used up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from coordinator.delivery import shaved
from coordinator.directory import Directory
from coordinator.entries import Entry
from coordinator.metering import DailyMeter
from coordinator.recording import mail_relayed
from coordinator.responders import Responders
from ledger.log import Ledger
from matching.errors import ProtocolError, SignatureError, WindowError
from matching.keys import SigningPublicKey
from matching.mailbag import Mailbag, check_fresh
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.rpc.server import innermost_place
from symbolon.rpc.threads import in_thread
from symbolon.v1.relay_pb2 import DeliveryFailure

MOST_BAGS_AT_ONCE = 64
"""Bags under way at the hub; one more is refused at once (`BUSY`), and its sender packs the next."""

MOST_BAGS_OF_ONE_AGENCY = 16
"""Bags of one agency under way, so that none fills the hub for the others."""

BAGS_AN_ENTRY = 1_000
"""Bags of a pair that one log entry stands for: about as many as pass in seventeen hours at one a minute."""

logger = logging.getLogger("symbolon.coordinator")


class MailRelay:
    """Carries for all agencies."""

    def __init__(
        self,
        directory: Directory,
        responders: Responders,
        meter: DailyMeter,
        ledger: Ledger,
        bags_a_day: int,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the open parts; ``clock`` gives aware times."""
        self._directory = directory
        self._responders = responders
        self._meter = meter
        self._ledger = ledger
        self._bags_a_day = bags_a_day
        self._clock = clock
        self._under_way: Counter[str] = Counter()
        self._entered: Counter[tuple[str, str]] = Counter()  # bags of a pair for which an entry is written already
        self._entering = asyncio.Lock()
        self._checking = ThreadPoolExecutor(1, thread_name_prefix="mail")

    async def carry(self, caller: Party, raw: bytes, remaining: float) -> DeliveryFailure.ValueType | None:
        """Hand one bag to its recipient's node and give the failure on the way, or None.

        ``remaining`` are the seconds left of the sender's deadline. Raises `SymbolonError` before anything is handed
        on, as `read_bag` does, and `NOT_JOINED`, `QUOTA_EXHAUSTED`, `LOG_NOT_WRITABLE` or `BUSY`.
        """
        with self._place(caller):
            entry = self._directory.entry_of(caller)
            now = self._clock()
            bag = await in_thread(self._checking, read_bag, raw, caller, entry.signing, now)
            recipient = self._directory.find(bag.header.recipient)
            if recipient is None:
                return DeliveryFailure.DELIVERY_FAILURE_UNKNOWN_MEMBER
            await in_thread(self._checking, self._meter.take, now, caller.name, "bags", 1, self._bags_a_day)
            await self._enter(bag)
            return await self._hand_on(recipient, raw, shaved(remaining))

    async def _enter(self, bag: Mailbag) -> None:
        pair = (bag.header.sender, bag.header.recipient)
        async with self._entering:
            if not self._entered[pair]:
                await mail_relayed(self._ledger, *pair, BAGS_AN_ENTRY)
                self._entered[pair] = BAGS_AN_ENTRY
            self._entered[pair] -= 1

    async def _hand_on(self, recipient: Entry, raw: bytes, seconds: float) -> DeliveryFailure.ValueType | None:
        try:
            return await self._responders.hand_on(recipient, raw, seconds)
        except Exception as error:  # noqa: BLE001  # whatever a node sends, the sender is told that it failed
            # The type and place only: the text may quote what the node sent.
            logger.error("%s: %s at %s", recipient.member.uri, type(error).__name__, innermost_place(error))
            return DeliveryFailure.DELIVERY_FAILURE_INVALID_REPLY

    @contextlib.contextmanager
    def _place(self, caller: Party) -> Iterator[None]:
        if self._under_way.total() >= MOST_BAGS_AT_ONCE or self._under_way[caller.uri] >= MOST_BAGS_OF_ONE_AGENCY:
            raise SymbolonError(ErrorCode.BUSY)
        self._under_way[caller.uri] += 1
        try:
            yield
        finally:
            self._under_way[caller.uri] -= 1


def read_bag(raw: bytes, caller: Party, key: SigningPublicKey, now: datetime) -> Mailbag:
    """Read and check one bag.

    Raises `SymbolonError`: `MALFORMED`, `NOT_PERMITTED`, `ENVELOPE_EXPIRED` or `KEY_CHANGED`.
    """
    try:
        bag = Mailbag.from_bytes(raw)
    except ProtocolError:
        raise SymbolonError(ErrorCode.MALFORMED, "bag: not of the agreed form or size") from None
    if bag.header.sender != caller.uri:
        raise SymbolonError(ErrorCode.NOT_PERMITTED, "bag: the sender named is not the caller")
    try:
        check_fresh(bag.header, int(now.timestamp()))
        bag.verify_signature(key)
    except WindowError as error:
        raise SymbolonError(ErrorCode.ENVELOPE_EXPIRED, str(error)) from None
    except SignatureError:
        detail = "bag: not signed with the key in the directory: join again after changing keys"
        raise SymbolonError(ErrorCode.KEY_CHANGED, detail) from None
    return bag
