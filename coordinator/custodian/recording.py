"""What a custodian writes into its log: who had how many elements evaluated and for what, and who was told which key.

It never sees what an element stands for, so no entry can speak of a person.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from ledger.entries import Statement
from ledger.federation_events import ElementsEvaluated, EpochLive, KeyDescribed
from ledger.log import Ledger
from symbolon.rpc.identity import Party


async def elements_evaluated(ledger: Ledger, caller: Party, use: str, epoch: str, elements: int) -> None:
    """Write that evaluated elements are about to leave."""
    await ledger.record(Statement(ElementsEvaluated(caller=caller.uri, use=use, epoch=epoch, elements=elements)))


def epoch_live(ledger: Ledger, custodian: Party, epoch: str, public_key: bytes) -> None:
    """Write that the key of an epoch is about to be used."""
    ledger.append(Statement(EpochLive(custodian=custodian.uri, epoch=epoch, public_key=public_key.hex())))


class DescribedKey:
    """The live key as it is told, with an entry for each party and day: a coordinator asks twice a minute."""

    def __init__(self, ledger: Ledger, epoch: str, public_key: bytes, clock: Callable[[], datetime]) -> None:
        self.epoch = epoch
        self.public_key = public_key
        self._ledger = ledger
        self._clock = clock
        self._told: dict[Party, date] = {}

    async def told_to(self, caller: Party) -> None:
        """Write that a party is about to be told, unless that stands there for today."""
        today = self._clock().astimezone(UTC).date()
        if self._told.get(caller) == today:
            return
        event = KeyDescribed(caller=caller.uri, epoch=self.epoch, public_key=self.public_key.hex())
        await self._ledger.record(Statement(event))
        self._told[caller] = today
