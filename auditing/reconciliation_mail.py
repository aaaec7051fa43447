"""What one agency sent to another and the other took, by mail: messages, and the steps of cases that messages carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agreements.sentences import Sentence, Value, said
from auditing.reconciliation_claims import Claim
from auditing.reconciliation_logs import OUT_OF_ORDER, UNDER_WAY, Clocks, Order, Window, is_missing
from auditing.reconciliation_outcome import Outcome

Way = Literal["case", "message"]
"""Which entries are in the order of the mail among themselves."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One thing that was sent and taken, or of which one side speaks only.

    ``what`` names it in the counts, ``about`` in a sentence; ``unlike`` says what differs between the two.
    ``answered`` is when its sender had an answer to it, by which time it had come.
    """

    way: Way
    what: str
    about: Sentence
    sender: int
    taker: int
    sent: Claim | None
    taken: Claim | None
    unlike: Sentence | None = None
    answered: float | None = None

    @property
    def is_ignored(self) -> bool:
        """Say whether it came, and its case did not allow it."""
        return self.taken is not None and self.taken.event == "case_message_ignored"


def message_of(claims: Sequence[Claim], places: Mapping[str, int]) -> Sending | None:
    """Give the message that claims under one digest are about; after a power cut an entry may stand there twice."""
    posted = next((one for one in claims if one.event == "message_posted"), None)
    accepted = next((one for one in claims if one.event == "message_accepted"), None)
    named = posted or accepted
    partner = places.get(str(named.facts["partner"])) if named is not None else None
    if named is None or partner is None:
        return None
    sender, taker = (named.log, partner) if named is posted else (partner, named.log)
    taken = next((one for one in claims if one.event == "message_accepted" and one.log == taker), None)
    return Sending("message", "message", said("a message"), sender, taker, posted, taken)


def learn(one: Sending, clocks: Clocks, order: Order) -> None:
    """Learn from what was sent and taken how clocks stand, and how far the mail has come."""
    if one.sent is None or one.taken is None:
        return
    if one.way == "message":
        clocks.learn("mail", one.sender, one.sent.time, one.taker, one.taken.time)
    numbers, times = (one.sent.number, one.taken.number), (one.sent.time, one.taken.time)
    order.learn(one.way, one.sender, one.taker, numbers, times)


def judge_times(outcome: Outcome, clocks: Clocks, sent: Claim, taken: Claim) -> None:
    """Find what is dated before that from which it came, as no clocks that stand as these do could show."""
    early = clocks.moved(sent.time, sent.log, taken.log) - taken.time
    if early > OUT_OF_ORDER:
        text = said(
            "%(taken)s is dated %(seconds)s seconds before %(sent)s, from which it came, the clocks' difference allowed"
            " for.",
            taken=outcome.place(taken),
            seconds=round(early),
            sent=outcome.place(sent),
        )
        outcome.find("clock", text, sent, taken)


class MailJudge:
    """Says of one sending after the other whether it matches, is missing on one side, or differs."""

    def __init__(self, outcome: Outcome, clocks: Clocks, order: Order) -> None:
        """Take where findings go, the clocks, and how far the mail has come."""
        self._outcome = outcome
        self._clocks = clocks
        self._order = order

    def judge(self, one: Sending) -> None:
        """Judge one."""
        self._outcome.count(one.what, one.sender, one.taker, self._verdict(one))

    def _verdict(self, one: Sending) -> str:
        if one.sent is not None and one.taken is not None:
            return self._compared(one, one.sent, one.taken)
        is_taken = one.taken is not None
        lacking, claim = (one.sender, one.taken) if is_taken else (one.taker, one.sent)
        window = self._sending_window(one) if is_taken else self._taking_window(one)
        if claim is None or not is_missing(self._outcome.logs[lacking], window):
            return "not_yet"
        values: dict[str, Value] = {
            "party": self._outcome.logs[lacking].party,
            "about": one.about,
            "place": self._outcome.place(claim),
        }
        if is_taken:
            text = said("%(party)s has no entry that it sent %(about)s, which %(place)s has.", **values)
        else:
            text = said("%(party)s has no entry that it received %(about)s, which %(place)s has.", **values)
        self._outcome.find("missing", text, claim)
        return "missing"

    def _compared(self, one: Sending, sent: Claim, taken: Claim) -> str:
        judge_times(self._outcome, self._clocks, sent, taken)
        if one.unlike is None:
            return "ignored" if one.is_ignored else "matched"
        text = said(
            "%(places)s differ on %(about)s: %(unlike)s.",
            places=self._outcome.places((sent, taken)),
            about=one.about,
            unlike=one.unlike,
        )
        self._outcome.find("differing", text, sent, taken)
        return "differing"

    def _taking_window(self, one: Sending) -> Window:
        if one.sent is None:
            raise ValueError("nothing was sent")
        begin = self._clocks.moved(one.sent.time, one.sender, one.taker)
        by = self._order.came_by(one.way, one.sender, one.taker, one.sent.number)
        if by is None and one.answered is not None:
            by = self._clocks.moved(one.answered, one.sender, one.taker)
        return Window(begin, by if by is not None else begin + UNDER_WAY["mail"])

    def _sending_window(self, one: Sending) -> Window:
        if one.taken is None:
            raise ValueError("nothing was taken")
        end = self._clocks.moved(one.taken.time, one.taker, one.sender)
        since = self._order.sent_from(one.way, one.sender, one.taker, one.taken.number)
        return Window(since if since is not None else end - UNDER_WAY["mail"], end)
