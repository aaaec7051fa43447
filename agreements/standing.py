"""Where an agreement stands at one node: signed by whom, accepted, suspended, ended, superseded; and the set of all.

An agreement is in force between two of its parties only if every party has signed it, this node has accepted it, its
validity covers the day, neither of the two has suspended or ended it, and no later version has taken its place. All of
this can only take force away, and nothing but a signed statement gives it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from agreements.agreement import Agreement, utc_day


@dataclass(frozen=True, slots=True)
class Standing:
    """One agreement as it stands: parties whose signatures were verified here, and what was declared since.

    ``ended`` maps a party to the last day on which the agreement binds it; ``superseded_from`` is the first day of the
    version that takes its place. ``suspended_since`` says, for people, when suspensions began to count
    here.
    """

    agreement: Agreement
    signed_by: frozenset[str]
    accepted: bool = False
    suspended_by: frozenset[str] = frozenset()
    ended: Mapping[str, date] = field(default_factory=dict)
    superseded_from: date | None = None
    suspended_since: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Say whether every party has signed and this node has accepted it."""
        return self.accepted is True and self.agreement.party_of.keys() <= self.signed_by

    def in_force(self, one: str, other: str, now: datetime) -> bool:
        """Say whether it binds two agencies at a moment; a time without zone is none."""
        today = utc_day(now)
        if today is None or not self.is_complete or not self.agreement.covers(today):
            return False
        if self.superseded_from is not None and today >= self.superseded_from:
            return False
        return all(
            agency not in self.suspended_by and today <= self.ended.get(agency, today) for agency in (one, other)
        )


class AgreementSet:
    """The agreements of a node, found by their hash and by who asks whom. Immutable; a change makes a new set."""

    def __init__(self, standings: Iterable[Standing] = ()) -> None:
        """Take the standings; of two with one hash none counts, for nobody could say which is true."""
        self._by_hash: dict[bytes, Standing] = {}
        self._between: dict[tuple[str, str], list[Standing]] = {}
        doubled = set()
        for standing in standings:
            if standing.agreement.hash in self._by_hash:
                doubled.add(standing.agreement.hash)
            self._by_hash[standing.agreement.hash] = standing
        for agreement_hash in doubled:
            del self._by_hash[agreement_hash]
        for standing in self._by_hash.values():
            for pair in _pairs(standing.agreement):
                self._between.setdefault(pair, []).append(standing)

    def __iter__(self) -> Iterator[Standing]:
        """Give the standings."""
        return iter(self._by_hash.values())

    def __len__(self) -> int:
        """Count them."""
        return len(self._by_hash)

    def find(self, agreement_hash: bytes) -> Standing | None:
        """Give the one of that hash."""
        return self._by_hash.get(agreement_hash)

    def between(self, asker: str, holder: str) -> tuple[Standing, ...]:
        """Give those under which the one may ask the other, in force or not."""
        return tuple(self._between.get((asker, holder), ()))


def _pairs(agreement: Agreement) -> Iterator[tuple[str, str]]:
    askers = [party.agency for party in agreement.parties if "asks" in party.roles]
    holders = [party.agency for party in agreement.parties if "holds" in party.roles]
    return ((asker, holder) for asker in askers for holder in holders if asker != holder)
