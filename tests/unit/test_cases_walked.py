"""Any officers and any messages in any order, between two desks: content is read only after all that leads to it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from node.cases import asking, holding
from node.cases.clockwork import KEEPING
from node.cases.correcting import correct
from node.cases.leave import answer_consent
from node.cases.messages import digest_of_offer
from node.cases.reviewing import review
from node.cases.sweeping import next_step, woken_by
from node.cases.wakes import wakes
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.kept_files import cases, referrals
from tests.unit.two_desks import (
    ANALYST,
    RELEASE,
    ROW,
    SECOND_ANALYST,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    held,
    officer,
    opened_desks,
)

ASKERS = (ANALYST, SECOND_ANALYST, officer("c.chef", "supervisor"))
HOLDERS = (RELEASE, SUPERVISOR, officer("j.amt", "legal_adviser"), officer(ANALYST.name, "release_officer"))
APPEAL = {"responsible": "c.chef", "danger": "a boat without a pilot"}
EXPECTED = {
    ErrorCode.STEP_NOT_POSSIBLE,
    ErrorCode.NOT_THIS_OFFICER,
    ErrorCode.AGREEMENT_REFUSES,
    ErrorCode.NO_SUCH_CASE,
}
ASKING: dict[str, Callable[[Any], tuple[Any, dict[str, Any]]]] = {
    "confirm": lambda _: (asking.confirm, {}),
    "reject": lambda _: (asking.reject, {"reason": "another"}),
    "request": lambda _: (asking.request, {"facts": "seen twice"}),
    "emergency": lambda _: (asking.request, {"facts": "seen twice", "emergency": APPEAL}),
    "acknowledge": lambda case: (
        asking.acknowledge,
        {"offer_digest": digest_of_offer(case.offer) if case.offer else "0" * 64},
    ),
    "read": lambda _: (asking.read, {}),
    "feedback": lambda _: (asking.give_feedback, {"use": "no_use"}),
    "ask_leave": lambda _: (asking.ask_consent, {"wanted": "onward_transfer", "to": "IT-ALTRA", "reason": "why"}),
    "dispute": lambda _: (asking.dispute, {"words": "another year"}),
    "delete": lambda _: (asking.delete, {}),
    "review": lambda _: (review, {"result": "in order"}),
}
HOLDING: dict[str, tuple[Any, dict[str, Any]]] = {
    "approve": (holding.approve, {}),
    "decline": (holding.decline, {"reason": "a source"}),
    "judge": (holding.hand_to_judge, {}),
    "resume": (holding.resume, {}),
    "send": (holding.send, {}),
    "recall": (holding.recall, {"reason": "a mistake"}),
    "correct": (correct, {}),
    "confirm_match": (holding.confirm_match, {}),
    "leave": (answer_consent, {"number": 1, "given": True}),
    "settle": (holding.settle, {"words": "it stands"}),
}
SPANS = tuple(timedelta(hours=hours) for hours in (0, 1, 47, 24 * 31, 24 * 89, 24 * 91, 24 * 366, 24 * 1000))
ONWARD = {"hit": "confirm", "confirmed": "request", "offered": "acknowledge", "readable": "read"}
"""What an analyst does next, by the state of the case."""


class Walk(RuleBasedStateMachine):
    """Two desks that anybody may do anything at."""

    @initialize()
    def open(self) -> None:
        """Open both desks with a hit between them."""
        self.opened = ExitStack()
        self.looked_at: dict[str, int] = {}
        folder = Path(self.opened.enter_context(tempfile.TemporaryDirectory()))
        self.desks: TwoDesks = self.opened.enter_context(opened_desks(folder, TEXT))

    def teardown(self) -> None:
        """Close both."""
        if hasattr(self, "opened"):
            self.opened.close()

    def _try(self, take: Callable[[], object]) -> None:
        try:
            take()
        except SymbolonError as error:
            assert error.code in EXPECTED, error.code  # noqa: PT017

    @rule(by=st.sampled_from(ASKERS), step=st.sampled_from(tuple(ASKING)))
    def anybody_at_the_asker(self, by: Any, step: str) -> None:
        """Take any step with the case."""
        self._ask(by, step)

    def _ask(self, by: Any, step: str) -> None:

        def take() -> None:
            what, details = ASKING[step](self.desks.case())
            self.desks.ask(what, by=by, **details)

        self._try(take)

    @rule(by=st.sampled_from(HOLDERS), step=st.sampled_from(tuple(HOLDING)))
    def at_the_holder(self, by: Any, step: str) -> None:
        """Take any step with the referral."""
        what, details = HOLDING[step]
        self._try(lambda: self.desks.hold(what, by=by, **details))

    @rule(times=st.integers(2, 8))
    def the_way_goes_on(self, times: int) -> None:
        """Take the steps that lead on, or the walk would seldom come far."""
        for _ in range(times):
            self._go_on()

    def _go_on(self) -> None:
        self.desks.carry()
        with suppress(SymbolonError):
            state = self.desks.case().state
            if state == "requested":
                approved = {deed.officer for deed in self.desks.referral().approvals}
                by = RELEASE if f"DE-ZASM/{RELEASE.name}" not in approved else SUPERVISOR
                self._try(lambda: self.desks.hold(holding.confirm_match, by=by))
                self._try(lambda: self.desks.hold(holding.approve, by=by))
            elif state in ONWARD:
                self._ask(ANALYST, ONWARD[state])

    @rule()
    def mail_is_carried(self) -> None:
        """Carry what was posted."""
        self.desks.carry()

    @rule(hours=st.sampled_from((1, 1, 47, 24 * 40)))
    def time_passes(self, hours: int) -> None:
        """Let time pass at both."""
        self.desks.wait(timedelta(hours=hours))

    @rule(year=st.sampled_from((1984, 1985)), sealed=st.sampled_from(("no", "no", "no", "yes")))
    def the_record_changes(self, year: int, sealed: str) -> None:
        """Change the record, or seal it."""
        self.desks.holder.records["Z-1"] = held(ROW | {"dob": [f"{year}-08-16"]}, sealed=sealed)

    @rule(by=st.sampled_from(((), (), (), ("FR-DNMS",), ("DE-ZASM",))))
    def a_side_suspends(self, by: tuple[str, ...]) -> None:
        """Suspend the agreement, or resume it."""
        self.desks.agree(TEXT, suspended_by=frozenset(by))

    @invariant()
    def content_is_here_only_after_every_step(self) -> None:
        """Read both logs: what had to come before content did, in its order, and by enough people."""
        if not hasattr(self, "desks"):
            return
        asker, holder = self.desks.asker.events(), self.desks.holder.events()
        start = 0
        for place, event in enumerate(holder):
            if event == "content_sent":
                self._check_sent(holder[start:place])
            if event == "correction_sent":
                assert holder[start:place].count("approval_given") >= self._needed()
            if event in ("content_sent", "correction_sent"):
                start = place + 1
        start = 0
        for place, event in enumerate(asker):
            if event == "content_received":
                way = [one for one in asker[start:place] if one in ("offer_received", "conditions_acknowledged")]
                assert way[-2:] == ["offer_received", "conditions_acknowledged"]
                assert "hit_confirmed" in asker[:place] or "emergency_used" in asker[:place]
                start = place + 1

    def _needed(self) -> int:
        return 1 if "emergency_used" in self.desks.holder.events() else 2

    def _check_sent(self, before: list[str]) -> None:
        """Check the way to one sending, from the one before: its own approvals, offer and acknowledgement."""
        last_offer = len(before) - 1 - before[::-1].index("release_offered")
        assert "acknowledgement_received" in before[last_offer:]
        assert before[:last_offer].count("approval_given") >= self._needed()

    @invariant()
    def a_review_follows_a_release(self) -> None:
        """Read both logs: between two reviews content left, and so it did before the first."""
        if not hasattr(self, "desks"):
            return
        released = {"content_sent", "correction_sent", "content_received", "correction_received"}
        for desk in (self.desks.asker, self.desks.holder):
            is_released = False
            for event in desk.events():
                assert event != "emergency_reviewed" or is_released
                is_released = event != "emergency_reviewed" and (is_released or event in released)

    @invariant()
    def a_sweep_finds_whatever_time_does_something_with(self) -> None:
        """Make the step of time of a file that has changed, now and later: where there is one, a sweep comes by."""
        if not hasattr(self, "desks"):
            return
        for desk, files in ((self.desks.asker, cases), (self.desks.holder, referrals)):
            for file in files(desk.file.connection):
                if self.looked_at.get(desk.name) == file.version:
                    continue
                self.looked_at[desk.name] = file.version
                wait, moment = wakes(file)
                for span in SPANS:
                    scene = replace(desk.work.scene(), now=self.desks.clock[0] + span)
                    if next_step(file, scene, KEEPING.unpursued, KEEPING.closed) is not None:
                        assert moment <= woken_by(scene.now, KEEPING.unpursued, KEEPING.closed)[wait]

    @invariant()
    def no_copy_outlasts_its_end(self) -> None:
        """Check that content is there in the states that have it, and in no other."""
        if not hasattr(self, "desks"):
            return
        with suppress(SymbolonError):
            case = self.desks.case()
            has_content = case.state in ("readable", "corrected", "disputed", "feedback_given")
            assert (case.content is not None) == has_content


TestWalk = Walk.TestCase
TestWalk.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
