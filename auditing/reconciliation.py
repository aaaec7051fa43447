"""Compares the logs of parties: what one says it told, sent or released with what the other says it received.

Works on claims sorted by what they are about (`auditing.reconciliation_claims`), one query, message or case in memory
at a time, in two passes: the first learns how clocks stand and how far the mail has come, the second judges. Pure: the
claims are sorted, and may be read twice, by whoever calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from agreements.agreement import Agreement
from agreements.sentences import Sentence, said
from auditing.reconciliation_claims import Claim, Topic
from auditing.reconciliation_duties import DutyJudge
from auditing.reconciliation_logs import Clocks, Order, clocks_of
from auditing.reconciliation_mail import MailJudge, Sending, judge_times, learn, message_of
from auditing.reconciliation_outcome import Outcome
from auditing.reconciliation_queries import Exchange, QueryJudge
from auditing.reconciliation_steps import sendings, side_of, steps_of

MOST_CLAIMS = 20_000
"""Entries about one query, message or case that are compared; one that has more is named and left out."""

_TOO_LARGE: Mapping[Topic, Sentence] = {
    "case": said("a case with more than %(most)s entries", most=MOST_CLAIMS),
    "message": said("a message with more than %(most)s entries", most=MOST_CLAIMS),
    "query": said("a query with more than %(most)s entries", most=MOST_CLAIMS),
}

Group: TypeAlias = list[Claim]
"""All claims about one thing, by log and number; no more than one beyond `MOST_CLAIMS`."""


def reconcile(outcome: Outcome, agreements: Mapping[str, Agreement], groups: Callable[[], Iterable[Group]]) -> Clocks:
    """Compare the logs of an outcome, and give how their clocks stand; ``groups`` gives the claims, each time anew."""
    clocks, order = Clocks(), Order()
    work = _Work(outcome, clocks, order)
    for group in groups():
        if len(group) <= MOST_CLAIMS:
            work.learn(group)
    _judge_clocks(outcome, clocks)
    duties = DutyJudge(outcome, agreements)
    for group in groups():
        if len(group) <= MOST_CLAIMS:
            work.judge(group, duties)
        else:
            outcome.not_checked[_TOO_LARGE[group[0].topic]] += 1
    return clocks


class _Work:
    def __init__(self, outcome: Outcome, clocks: Clocks, order: Order) -> None:
        self._outcome = outcome
        self._clocks = clocks
        self._order = order
        self._places = {log.party: place for place, log in enumerate(outcome.logs)}
        self._hub = next((place for place, log in enumerate(outcome.logs) if log.is_hub), None)
        self._queries = QueryJudge(outcome, clocks)
        self._mail = MailJudge(outcome, clocks, order)

    def learn(self, group: Group) -> None:
        """Learn from a group what the second pass needs."""
        if group[0].topic == "query":
            for sent, taken in Exchange.of(group, self._places, self._hub).pairs():
                self._clocks.learn("query", sent.log, sent.time, taken.log, taken.time)
        else:
            for one in self._sendings(group):
                learn(one, self._clocks, self._order)

    def judge(self, group: Group, duties: DutyJudge) -> None:
        """Judge a group."""
        if group[0].topic == "query":
            exchange = Exchange.of(group, self._places, self._hub)
            self._queries.judge(exchange)
            for sent, taken in exchange.pairs():
                judge_times(self._outcome, self._clocks, sent, taken)
            return
        for one in self._sendings(group):
            self._mail.judge(one)
        if group[0].topic == "case" and (sides := self._sides(group)) is not None:
            asker, holder = sides
            duties.judge_asker([one for one in group if one.log == asker])
            duties.judge_holder([one for one in group if one.log == holder])

    def _sendings(self, group: Group) -> Iterator[Sending]:
        if group[0].topic == "message":
            message = message_of(group, self._places)
            return iter(() if message is None else (message,))
        sides = self._sides(group)
        if sides is None:
            return iter(())
        asker, holder = (list(steps_of([one for one in group if one.log == log])) for log in sides)
        return sendings(asker, holder, sides, self._clocks)

    def _sides(self, group: Group) -> tuple[int, int] | None:
        """Give the logs of asker and holder of a case; nothing where no entry says which is which."""
        for claim in group:
            partner = self._places.get(str(claim.facts.get("partner", "")))
            side = side_of(claim)
            if side is not None and partner is not None and partner != claim.log:
                return (claim.log, partner) if side == "asker" else (partner, claim.log)
        return None


def _judge_clocks(outcome: Outcome, clocks: Clocks) -> None:
    for skew in clocks.skews():
        if skew.is_wrong:
            outcome.find("clock", clocks_of(outcome.logs, skew))
