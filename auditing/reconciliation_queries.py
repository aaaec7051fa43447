"""One query between two agencies, as the logs of asker, holder and coordinator have it.

Its places, in the order of time: put (asker), carried (coordinator), received, opened and answered (holder), returned
(coordinator), got (asker). Which of them have to be there follows from the others: who got a reply that verified was
answered; who answered had received; what was carried was put. That a query was put does not say that it arrived.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agreements.sentences import Code, Sentence, Value, joined, said
from auditing.reconciliation_claims import REPLAYED, Claim
from auditing.reconciliation_logs import UNDER_WAY, Clocks, Window, is_missing
from auditing.reconciliation_outcome import Outcome, word_of

PLACES = ("put", "carried", "received", "opened", "answered", "returned", "got")

_REPLIED = frozenset({"hit", "nothing", "inconclusive", "quota_used", "lapsed"})
"""Outcomes that only a reply has which verified as the holder's."""

_LAPSED = "lapsed"

_PLACE_OF = {
    "query_sent": "put",
    "query_relayed": "carried",
    "query_received": "received",
    "query_opened": "opened",
    "query_answered": "answered",
    "answer_relayed": "returned",
    "answer_received": "got",
}

_EVENT_OF = {place: event for event, place in _PLACE_OF.items()}


@dataclass(slots=True)
class Exchange:
    """The claims on one query by their places; ``again`` are those that stand where another stands already."""

    asker: int | None
    holder: int | None
    hub: int | None
    at: dict[str, Claim] = field(default_factory=dict)
    refused: Claim | None = None
    again: list[Claim] = field(default_factory=list)

    @classmethod
    def of(cls, claims: Sequence[Claim], places: Mapping[str, int], hub: int | None) -> Exchange:
        """Put claims where they belong, those in a wrong log nowhere; ``places`` gives the log of each party."""
        _, asker, holder = json.loads(claims[0].key)
        exchange = cls(places.get(asker), places.get(holder), hub)
        for claim in claims:
            place = _PLACE_OF.get(claim.event, "answered")
            if claim.log != exchange.log_of(place):
                continue
            if claim.event in _PLACE_OF:
                if exchange.at.setdefault(place, claim) is not claim:
                    exchange.again.append(claim)
            elif claim.event == "query_refused" and claim.facts.get("reason") != REPLAYED:
                exchange.refused = exchange.refused or claim
        return exchange

    @property
    def is_seen_twice(self) -> bool:
        """Say whether logs of two parties could speak of it."""
        return sum(one is not None for one in (self.asker, self.holder, self.hub)) > 1

    @property
    def word(self) -> Claim | None:
        """Give the holder's last word: its answer, or its refusal."""
        return self.at.get("answered") or self.refused

    def log_of(self, place: str) -> int | None:
        """Give the log in which a place is."""
        if place in ("put", "got"):
            return self.asker
        return self.hub if place in ("carried", "returned") else self.holder

    def pairs(self) -> Iterator[tuple[Claim, Claim]]:
        """Give what went from one log to another, as sent and taken, for the clocks."""
        put, carried, received, returned, got = (
            self.at.get(place) for place in ("put", "carried", "received", "returned", "got")
        )
        ways = [(put, received), (put, carried), (carried, received), (self.word, returned)]
        if self.has_reply:
            ways += [(self.word, got), (returned, got)]
        for sent, taken in ways:
            if sent is not None and taken is not None:
                yield sent, taken

    @property
    def has_reply(self) -> bool:
        """Say whether the asker says that it has read a reply."""
        got = self.at.get("got")
        return got is not None and got.facts.get("outcome") in _REPLIED

    def witnesses(self, place: str) -> tuple[Claim, ...]:
        """Give the claims from which it follows that a place has its entry; none where nothing says so."""
        return tuple(one for one in _FOLLOWS[place](self) if one is not None)


def _follows_put(one: Exchange) -> tuple[Claim | None, ...]:
    return one.at.get("carried"), one.at.get("received") or one.word, one.at.get("got")


def _follows_got(one: Exchange) -> tuple[Claim | None, ...]:
    return one.at.get("put"), one.word, one.at.get("returned")


def _follows_received(one: Exchange) -> tuple[Claim | None, ...]:
    if one.refused is not None and not one.refused.facts.get("opened") and "answered" not in one.at:
        return ()  # refused before it was admitted
    return one.at.get("answered"), one.at.get("opened"), one.refused, *_replies(one)


def _follows_answered(one: Exchange) -> tuple[Claim | None, ...]:
    return () if one.refused is not None and "opened" not in one.at else (one.at.get("opened"), *_replies(one))


def _follows_opened(one: Exchange) -> tuple[Claim | None, ...]:
    answered = one.at.get("answered")
    return (answered,) if answered is not None and answered.facts.get("opened") else ()


def _follows_carried(one: Exchange) -> tuple[Claim | None, ...]:
    return one.at.get("received") or one.word, one.at.get("returned"), one.at["got"] if one.has_reply else None


def _follows_returned(one: Exchange) -> tuple[Claim | None, ...]:
    return (one.at["got"],) if one.has_reply else ()


def _replies(one: Exchange) -> tuple[Claim | None, ...]:
    returned = one.at.get("returned")
    is_reply = returned is not None and returned.facts.get("outcome") == "reply"
    return one.at["got"] if one.has_reply else None, returned if is_reply else None


_FOLLOWS: Mapping[str, Callable[[Exchange], tuple[Claim | None, ...]]] = {
    "put": _follows_put,
    "carried": _follows_carried,
    "received": _follows_received,
    "opened": _follows_opened,
    "answered": _follows_answered,
    "returned": _follows_returned,
    "got": _follows_got,
}


class QueryJudge:
    """Says of one query after the other what matches, what is missing, and what differs."""

    def __init__(self, outcome: Outcome, clocks: Clocks) -> None:
        """Take where findings go, and the clocks."""
        self._outcome = outcome
        self._clocks = clocks

    def judge(self, one: Exchange) -> None:
        """Judge one query."""
        asker = one.asker if one.asker is not None else one.hub
        holder = one.holder if one.holder is not None else one.hub
        if asker is None or holder is None or not one.is_seen_twice:
            return
        missing = [verdict for place in PLACES if (verdict := self._missing(one, place))]
        differing = self._differing(one)
        column = "missing" if "missing" in missing else "differing" if differing else "not_yet" if missing else ""
        self._outcome.count("query", asker, holder, column or "matched")

    def _missing(self, one: Exchange, place: str) -> str:
        log, witnesses = one.log_of(place), one.witnesses(place)
        if log is None or place in one.at or not witnesses:
            return ""
        if not is_missing(self._outcome.logs[log], self._window(one, place, log)):
            return "not_yet"
        party, event = self._outcome.logs[log].party, _EVENT_OF[place]
        values: dict[str, Value] = {
            "party": party,
            "event": Code(event),
            "places": self._outcome.places(witnesses),
        }
        if level := max(map(_level, one.at.values()), default=0):
            text = said(
                "%(party)s has no %(event)s, which follows from %(places)s (level %(level)s).", level=level, **values
            )
        else:
            text = said("%(party)s has no %(event)s, which follows from %(places)s.", **values)
        self._outcome.find("missing", text, *witnesses)
        return "missing"

    def _window(self, one: Exchange, place: str, log: int) -> Window:
        """Give when, by the clock of its log, the entry must have been made: between those before and after it."""
        where = PLACES.index(place)
        known = [(PLACES.index(name), claim) for name, claim in one.at.items()]
        if one.refused is not None:
            known.append((PLACES.index("answered"), one.refused))
        moments = [(at, self._clocks.moved(claim.time, claim.log, log)) for at, claim in known]
        before = max((moment for at, moment in moments if at < where), default=None)
        after = min((moment for at, moment in moments if at > where), default=None)
        if before is None:
            before = (after or 0.0) - UNDER_WAY["query"]
        return Window(before, after if after is not None else before + UNDER_WAY["query"])

    def _differing(self, one: Exchange) -> bool:
        differ = (
            self._facts(one, "purpose"),
            self._facts(one, "agreement"),
            said("the same is there twice") if one.again else None,
            self._facts(one, "digest"),
            self._levels(one),
            self._cases(one),
            self._relayed(one),
        )
        found = [each for each in differ if each is not None]
        claims = [claim for claim in (*one.at.values(), one.refused, *one.again) if claim is not None]
        if found:
            text = said("%(places)s differ: %(found)s.", places=self._outcome.places(claims), found=joined(found))
            self._outcome.find("differing", text, *claims)
        return bool(found)

    def _facts(self, one: Exchange, name: str) -> Sentence | None:
        """Say that logs name different ones; the coordinator knows agreements by name only and says none here."""
        claims = [claim for claim in (*one.at.values(), one.refused) if claim is not None and claim.facts.get(name)]
        if len({claim.facts[name] for claim in claims}) < 2:
            return None
        return _DIFFERENT[name]

    def _levels(self, one: Exchange) -> Sentence | None:
        got, word = one.at.get("got"), one.word
        if got is None or word is None or got.facts.get("outcome") == _LAPSED:
            return None
        told, read = _level(word), _level(got)
        if told == read:
            return None
        values: dict[str, Value] = {"answer": str(word.number), "told": told, "reply": str(got.number)}
        if one.has_reply:
            return said(
                "entry %(answer)s answers level %(told)s, entry %(reply)s received level %(read)s", read=read, **values
            )
        if not told:
            return None
        return said(
            "entry %(answer)s answers level %(told)s, entry %(reply)s received no reply (%(outcome)s)",
            outcome=word_of(got.facts.get("outcome")),
            **values,
        )

    def _cases(self, one: Exchange) -> Sentence | None:
        got, answered = one.at.get("got"), one.at.get("answered")
        if got is None or answered is None or not one.has_reply or got.facts.get("outcome") == _LAPSED:
            return None
        told, read = set(answered.facts.get("cases", ())), set(got.facts.get("cases", ()))
        if told == read:
            return None
        return said(
            "they name different references (told: %(told)s, received: %(read)s)", told=len(told), read=len(read)
        )

    def _relayed(self, one: Exchange) -> Sentence | None:
        returned, got = one.at.get("returned"), one.at.get("got")
        if returned is None or got is None:
            return None
        carried = returned.facts.get("outcome") == "reply"
        if one.has_reply and not carried:
            return said("the asker has a reply, the coordinator carried none")
        return None


def _level(claim: Claim) -> int:
    level: Any = claim.facts.get("level", 0)
    return int(level)


_DIFFERENT = {
    "purpose": said("they are of different purposes"),
    "agreement": said("they are of different agreements"),
    "digest": said("they are of different envelopes"),
}
