"""Every guard of the tables holds: for each one a case in which it fails, and then the move is not made."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.agreement import Agreement
from agreements.stages import CASE, REFERRAL, REVIEW, Guard
from node.cases import asking, holding
from node.cases.correcting import correct
from node.cases.leave import answer_consent
from node.cases.messages import (
    Acknowledgement,
    ConsentAnswer,
    ConsentRequest,
    Content,
    Correction,
    DeletionReceipt,
    Message,
    digest_of_offer,
    write_message,
)
from node.cases.reviewing import review
from symbolon.rpc.errors import SymbolonError
from tests.unit.two_desks import (
    ANALYST,
    REFERENCE,
    ROW,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    agreement,
    held,
    in_force,
    officer,
    opened_desks,
)

LEGAL = officer("j.amt", "legal_adviser")
APPEAL = {"responsible": "c.chef", "danger": "a boat without a pilot"}
SUSPENDED = in_force(TEXT, suspended_by=frozenset({"FR-DNMS"}))
DAY = timedelta(days=1)


def _asked(step: Any, **details: Any) -> Callable[[TwoDesks], None]:
    """Give the try of a step at the asker, which may be refused."""

    def take(desks: TwoDesks) -> None:
        with suppress(SymbolonError):
            desks.ask(step, **details)

    return take


def _held(step: Any, **details: Any) -> Callable[[TwoDesks], None]:
    def take(desks: TwoDesks) -> None:
        with suppress(SymbolonError):
            desks.hold(step, **details)

    return take


def _to_asker(make: Callable[[TwoDesks], Message]) -> Callable[[TwoDesks], None]:
    def take(desks: TwoDesks) -> None:
        desks.asker.take("DE-ZASM", write_message(make(desks)))

    return take


def _to_holder(message: Message, sender: str = "FR-DNMS") -> Callable[[TwoDesks], None]:
    def take(desks: TwoDesks) -> None:
        desks.holder.take(sender, write_message(message))

    return take


def _content(desks: TwoDesks) -> Content:
    offer = desks.case().offer
    assert offer is not None
    values = {"salt": "0" * 64, "content": {"names": ["Another"]}, "conditions": offer.conditions, "due": "2027-01-01"}
    return Content.model_validate({"reference": REFERENCE, "offer_digest": digest_of_offer(offer)} | values)


def _correction(desks: TwoDesks) -> Correction:
    offer = desks.case().offer
    assert offer is not None
    values = {"number": 1, "offer_digest": "0" * 64, "salt": "0" * 64, "content": {}, "conditions": offer.conditions}
    return Correction.model_validate({"reference": REFERENCE} | values)


def _leave_asked(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="the same network")
    desks.carry()


def _leave_answered(desks: TwoDesks) -> None:
    _leave_asked(desks)
    desks.hold(answer_consent, number=1, given=False)
    desks.carry()


def _changed_content(desks: TwoDesks) -> None:
    desks.to_content()
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1985-08-16"]})
    desks.hold(holding.confirm_match)


def _one_correction(desks: TwoDesks) -> None:
    _changed_content(desks)
    desks.hold(correct)


def _stricter_correction(desks: TwoDesks) -> None:
    desks.to_content()
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1985-08-16"]}, code="H3")
    desks.hold(holding.confirm_match)
    desks.hold(correct)


def _one_approval(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.approve)


def _suspended_at_the_asker(way: Callable[[TwoDesks], None]) -> Callable[[TwoDesks], None]:
    def go(desks: TwoDesks) -> None:
        way(desks)
        desks.asker.agreements = SUSPENDED

    return go


def _confirmed(desks: TwoDesks) -> None:
    desks.ask(asking.confirm)


def _offer_under_way(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)


def _acknowledged_while_suspended(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.acknowledge()
    desks.holder.agreements = SUSPENDED


def _emergency(desks: TwoDesks) -> None:
    desks.ask(asking.request, facts="a boat", emergency=APPEAL)
    desks.carry()
    desks.hold(holding.approve)
    desks.carry()
    desks.acknowledge()
    desks.carry()


def _refused(*, emergency: bool) -> Callable[[TwoDesks], None]:
    """Come to a request that is over the quota, after the match was confirmed or not."""

    def go(desks: TwoDesks) -> None:
        desks.hit(ONE_A_DAY, "QRSTUVWXYZ234567")
        desks.ask(asking.confirm, reference="QRSTUVWXYZ234567")
        desks.ask(asking.request, facts="seen", reference="QRSTUVWXYZ234567")
        desks.carry()
        if emergency:
            desks.ask(asking.request, facts="a boat", emergency=APPEAL)
        else:
            desks.ask(asking.confirm)
            desks.ask(asking.request, facts="seen twice")

    return go


def _carry(desks: TwoDesks) -> None:
    desks.carry()


def _nothing(_: TwoDesks) -> None:
    pass


TWO = agreement(release__confirmations=2)
ONE_A_DAY = agreement(quotas__requests_a_day=1)
RECEIPT = DeletionReceipt(reference=REFERENCE, cause="officer")
ACKNOWLEDGEMENT = Acknowledgement(reference=REFERENCE, offer_digest="0" * 64, acknowledged_by=ANALYST.name)
SECOND_WISH = ConsentRequest(
    reference=REFERENCE, number=1, wanted="onward_transfer", to="X", reason="y", requested_by=ANALYST.name
)
Way = Callable[[TwoDesks], None]

FAILING: dict[Guard, tuple[Way, Way, str, Agreement]] = {
    Guard.ANOTHER_OFFICER: (_confirmed, _asked(asking.confirm), "hit/told", TWO),
    Guard.ENOUGH_OFFICERS: (_nothing, _confirmed, "hit/told", TWO),
    Guard.REASON: (_nothing, _asked(asking.reject, reason=" "), "hit/told", TEXT),
    Guard.OWN_DECISION: (
        _suspended_at_the_asker(_confirmed),
        _asked(asking.request, facts="seen twice"),
        "confirmed/told",
        TEXT,
    ),
    Guard.NAMED_PERSON: (
        _nothing,
        _asked(asking.request, facts="a boat", emergency=APPEAL | {"responsible": ANALYST.name}),
        "hit/told",
        TEXT,
    ),
    Guard.CONDITIONS_SHOWN: (
        TwoDesks.to_offer,
        _asked(asking.acknowledge, offer_digest="0" * 64),
        "offered/offered",
        TEXT,
    ),
    Guard.AS_OFFERED: (_acknowledged_while_suspended, _to_asker(_content), "acknowledged/offered", TEXT),
    Guard.AS_ACKNOWLEDGED: (TwoDesks.to_content, _to_asker(_correction), "deleted/content_sent", TEXT),
    Guard.NOT_BARRED: (
        TwoDesks.to_content,
        _asked(asking.ask_consent, wanted="change_of_purpose", to="terrorism", reason="x"),
        "no line",
        TEXT,
    ),
    Guard.ASKED_ONCE: (
        _leave_answered,
        _to_asker(lambda _: ConsentAnswer(reference=REFERENCE, number=1, given=True)),
        "no line",
        TEXT,
    ),
    Guard.LEFT_ALONE: (_nothing, lambda desks: desks.wait(29 * DAY), "hit/told", TEXT),
    Guard.TOLD_TO_SENDER: (_refused(emergency=False), _carry, "confirmed/told", ONE_A_DAY),
    Guard.APPEAL: (_refused(emergency=False), _carry, "confirmed/told", ONE_A_DAY),
    Guard.CONFIRMED: (_refused(emergency=True), _carry, "hit/appeal_refused", ONE_A_DAY),
    Guard.NOT_CONFIRMED: (_refused(emergency=False), _carry, "confirmed/told", ONE_A_DAY),
    Guard.TIME_PASSED: (
        TwoDesks.to_request,
        lambda desks: desks.wait(timedelta(hours=47)),
        "requested/requested",
        TEXT,
    ),
    Guard.FITTING_OFFICER: (TwoDesks.to_request, _held(holding.approve, by=LEGAL), "no line", TEXT),
    Guard.LAST_APPROVAL: (TwoDesks.to_request, _held(holding.approve), "requested/requested", TEXT),
    Guard.OF_THE_OFFER: (TwoDesks.to_offer, _to_holder(ACKNOWLEDGEMENT), "offered/offered", TEXT),
    Guard.DECIDED_AGAIN: (_acknowledged_while_suspended, _carry, "acknowledged/acknowledged", TEXT),
    Guard.CHANGED: (TwoDesks.to_offer, TwoDesks.acknowledge, "acknowledged/offered", TEXT),
    Guard.SAME_CONDITIONS: (_stricter_correction, _held(correct, by=SUPERVISOR), "readable/offered", TEXT),
    Guard.OTHER_CONDITIONS: (_one_correction, _held(correct, by=SUPERVISOR), "readable/corrected", TEXT),
    Guard.OWN_NUMBER: (_leave_asked, _to_holder(SECOND_WISH), "no line", TEXT),
    Guard.LAST_APPROVAL_AGAIN: (_leave_asked, _held(answer_consent, number=1, given=True), "no answer", TEXT),
    Guard.RECORD_SHOWN: (TwoDesks.to_request, _held(holding.confirm_match, digest="0" * 64), "no line", TEXT),
    Guard.SENT_BEFORE: (_offer_under_way, _to_holder(RECEIPT), "requested/offered", TEXT),
    Guard.REVIEW_DAYS_PASSED: (_emergency, lambda desks: desks.wait(DAY), "review due", TEXT),
    Guard.NO_PART: (_emergency, _asked(review, result="in order"), "review due", TEXT),
}
"""For each guard: the way to it, what is tried without it, where both files stand then, and the agreement."""


def test_every_guard_has_a_failing_case() -> None:
    used = {move.guard for table in (CASE, REFERRAL, REVIEW) for move in table.values()} - {None}
    assert used == set(Guard) == set(FAILING)


@pytest.mark.parametrize("guard", list(FAILING))
def test_a_guard_that_fails_stops_its_move(guard: Guard) -> None:
    way, attempt, stands, text = FAILING[guard]
    with tempfile.TemporaryDirectory() as folder, opened_desks(Path(folder), text) as desks:
        way(desks)
        before = (desks.case().history, desks.referral().history)
        attempt(desks)
        case, referral = desks.case(), desks.referral()
        if stands == "no line":
            assert (case.history, referral.history) == before
        elif stands == "no answer":
            assert [note.given for note in referral.consents] == [None]
        elif stands == "review due":
            assert (case.review.state, referral.review.state) == ("due", "due")
        else:
            assert f"{case.state}/{referral.state}" == stands
