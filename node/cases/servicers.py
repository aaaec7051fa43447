"""The gRPC face of cases: who may take which step, decode, call, encode. Nothing of a case is decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import grpc

from node.cases import asking, holding
from node.cases.correcting import correct
from node.cases.desk import CaseDesk, CaseStep, ReferralStep
from node.cases.leave import answer_consent
from node.cases.reviewing import review
from node.cases.wire import case_listed, case_shown, referral_listed, referral_shown
from node.desk_access import DeskAccess
from node.officers import Action
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import cases_pb2 as wire
from symbolon.v1.cases_pb2_grpc import CasesServicer

_Context = grpc.aio.ServicerContext[Any, Any]

_CASE_STEPS: Mapping[str, tuple[Action, Callable[[Any], CaseStep]]] = {
    "confirm": ("confirm", lambda _: asking.confirm),
    "reject": ("confirm", lambda step: partial(asking.reject, reason=step.words)),
    "request": ("request", lambda step: partial(asking.request, **_follow_up(step))),
    "acknowledge": ("request", lambda step: partial(asking.acknowledge, offer_digest=step.words)),
    "read": ("read_content", lambda _: asking.read),
    "feedback": ("request", lambda step: partial(asking.give_feedback, use=step.use, words=step.words)),
    "dispute": ("request", lambda step: partial(asking.dispute, words=step.words)),
    "delete": ("request", lambda _: asking.delete),
    "ask_leave": (
        "request",
        lambda step: partial(asking.ask_consent, wanted=step.wanted, to=step.to, reason=step.reason),
    ),
    "review": ("review", lambda step: partial(review, result=step.words)),
    "answer": ("request", lambda step: partial(asking.answer, number=step.number, words=step.answer)),
}
"""What each step with a case takes of an officer, and the step itself."""

_REFERRAL_STEPS: Mapping[str, tuple[Action, Callable[[Any], ReferralStep]]] = {
    "approve": ("approve", lambda step: partial(holding.approve, digest=step.words)),
    "confirm_match": ("approve", lambda step: partial(holding.confirm_match, digest=step.words)),
    "decline": ("decline", lambda step: partial(holding.decline, reason=step.words)),
    "judge": ("judge", lambda _: holding.hand_to_judge),
    "resume": ("judge", lambda _: holding.resume),
    "send": ("approve", lambda step: partial(holding.send, digest=step.words)),
    "recall": ("recall", lambda step: partial(holding.recall, reason=step.words)),
    "correct": ("approve", lambda step: partial(correct, digest=step.words)),
    "settle": ("recall", lambda step: partial(holding.settle, words=step.words)),
    "answer_leave": ("approve", lambda step: partial(answer_consent, number=step.number, given=step.given)),
    "review": ("review", lambda step: partial(review, result=step.words)),
    "ask": ("approve", lambda step: partial(holding.ask_about, about=step.about)),
}


CASES_METHODS = tuple(method.name for method in wire.DESCRIPTOR.services_by_name["Cases"].methods)
"""The calls there are, all for this agency's own people."""


class NodeCasesServicer(CasesServicer):
    """Serves this agency's officers."""

    def __init__(self, access: DeskAccess, desk: CaseDesk) -> None:
        self._access = access
        self._desk = desk

    async def ListCases(self, request: wire.ListCasesRequest, context: _Context) -> wire.ListCasesResponse:
        """List the cases the officer may see."""
        officer = await self._access.officer_for("see_cases", context)

        def listed() -> wire.ListCasesResponse:
            scene = self._desk.scene()
            found = self._desk.cases(officer, over_too=request.over_too)
            return wire.ListCasesResponse(cases=[case_listed(line, scene) for line in found])

        return await asyncio.to_thread(listed)

    async def ShowCase(self, request: wire.ShowCaseRequest, context: _Context) -> wire.ShowCaseResponse:
        """Show one case."""
        officer = await self._access.officer_for("see_cases", context)

        def shown() -> wire.ShowCaseResponse:
            case = self._desk.show_case(request.reference, request.member, officer)
            return wire.ShowCaseResponse(case=case_shown(case, self._desk.scene()))

        return await asyncio.to_thread(shown)

    async def ActOnCase(self, request: wire.ActOnCaseRequest, context: _Context) -> wire.ActOnCaseResponse:
        """Take a step with a case; only the step read gives the content."""
        name = _named(request.WhichOneof("step"))
        action, step_of = _CASE_STEPS[name]
        officer = await self._access.officer_for(action, context)

        def acted() -> wire.ActOnCaseResponse:
            step = step_of(getattr(request, name))
            case = self._desk.act_on_case(request.reference, request.member, officer, step)
            shown = case if name == "read" else case.model_copy(update={"content": None})
            return wire.ActOnCaseResponse(case=case_shown(shown, self._desk.scene()))

        return await asyncio.to_thread(acted)

    async def ListReferrals(self, request: wire.ListReferralsRequest, context: _Context) -> wire.ListReferralsResponse:
        """List the referrals the officer may see."""
        officer = await self._access.officer_for("see_referrals", context)

        def listed() -> wire.ListReferralsResponse:
            scene = self._desk.scene()
            found = self._desk.referrals(officer, all_of_them=request.all)
            return wire.ListReferralsResponse(referrals=[referral_listed(line, scene) for line in found])

        return await asyncio.to_thread(listed)

    async def ShowReferral(self, request: wire.ShowReferralRequest, context: _Context) -> wire.ShowReferralResponse:
        """Show one referral, with what the record would give now to an officer who may approve it."""
        officer = await self._access.officer_for("see_referrals", context)

        def shown() -> wire.ShowReferralResponse:
            referral = self._desk.show_referral(request.reference, officer)
            release = self._desk.release_now(referral) if referral.request and officer.may("approve") else None
            return wire.ShowReferralResponse(referral=referral_shown(referral, self._desk.scene(), release))

        return await asyncio.to_thread(shown)

    async def ActOnReferral(self, request: wire.ActOnReferralRequest, context: _Context) -> wire.ActOnReferralResponse:
        """Take a step with a referral."""
        name = _named(request.WhichOneof("step"))
        action = "approve" if name == "see" else _REFERRAL_STEPS[name][0]
        officer = await self._access.officer_for(action, context)

        def acted() -> wire.ActOnReferralResponse:
            if name == "see":
                referral = self._desk.see_silent(request.reference, officer)
            else:
                step = _REFERRAL_STEPS[name][1](getattr(request, name))
                referral = self._desk.act_on_referral(request.reference, officer, step)
            return wire.ActOnReferralResponse(referral=referral_shown(referral, self._desk.scene()))

        return await asyncio.to_thread(acted)


def _named(step: str | None) -> str:
    if step is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "step is required")
    return step


def _follow_up(step: wire.FollowUp) -> dict[str, Any]:
    values: dict[str, Any] = {"facts": step.facts, "urgency": step.urgency or "normal"}
    if step.HasField("emergency"):
        values["emergency"] = {"responsible": step.emergency.responsible, "danger": step.emergency.danger}
    return values
