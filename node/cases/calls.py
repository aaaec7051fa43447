"""The desk's calls about cases: who may take which step, decode, call, encode. Nothing of a case is decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agreements.stages import CaseState
from node.cases.desk import CaseDesk
from node.cases.desk_steps import CASE_STEPS, REFERRAL_STEPS
from node.cases.files import Case, Referral
from node.cases.listing import Kind, Wanted
from node.cases.urgency import Weighed, most_urgent_first, waiting, weighed_case, weighed_referral
from node.cases.wire import (
    case_listed,
    case_shown,
    cleared_listed,
    referral_listed,
    referral_shown,
)
from node.officers.permission import Permission
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party
from symbolon.v1 import cases_pb2 as wire


class CaseCalls:
    """The service Cases for this agency's officers."""

    def __init__(self, permission: Permission, desk: CaseDesk) -> None:
        """Take what checks roles, and the desk."""
        self._permission = permission
        self._desk = desk

    async def list_cases(self, request: wire.ListCasesRequest, officer: Officer) -> wire.ListCasesResponse:
        """List the cases the officer may see."""
        await self._permission.check(officer, "see_cases", "cases")
        wanted = _wanted(request)

        def listed() -> wire.ListCasesResponse:
            scene = self._desk.scene()
            found = self._desk.cases(officer, over_too=request.over_too, wanted=wanted)
            weighed = most_urgent_first(weighed_case(line, scene, officer) for line in found)
            chosen, waits = _chosen(weighed, request.waiting)
            return wire.ListCasesResponse(cases=map(case_listed, chosen), has_more=found.has_more, waiting=waits)

        return await asyncio.to_thread(listed)

    async def show_case(self, request: wire.ShowCaseRequest, officer: Officer) -> wire.ShowCaseResponse:
        """Show one case."""
        await self._permission.check(officer, "see_cases")

        def shown() -> wire.ShowCaseResponse:
            case = self._desk.show_case(request.reference, request.member, officer)
            return wire.ShowCaseResponse(case=self._case(case, officer))

        return await asyncio.to_thread(shown)

    async def act_on_case(self, request: wire.ActOnCaseRequest, officer: Officer) -> wire.ActOnCaseResponse:
        """Take a step with a case; only the step read gives the content."""
        name = _named(request.WhichOneof("step"))
        desk_step = CASE_STEPS[name]
        await self._permission.check(officer, desk_step.action)

        def acted() -> wire.ActOnCaseResponse:
            step = desk_step.step(getattr(request, name))
            case = self._desk.act_on_case(request.reference, request.member, officer, step)
            shown = case if name == "read" else case.model_copy(update={"content": None})
            return wire.ActOnCaseResponse(case=self._case(shown, officer))

        return await asyncio.to_thread(acted)

    def _case(self, case: Case, officer: Officer) -> wire.CaseShown:
        """Give a case, shown or after a step, beside the others of the same hit."""
        return case_shown(case, self._desk.scene(), officer, self._desk.same_hits(case, officer))

    async def list_cleared(self, _: wire.ListClearedRequest, officer: Officer) -> wire.ListClearedResponse:
        """List the cleared hits the officer may see."""
        await self._permission.check(officer, "see_cases", "cleared")
        found = await asyncio.to_thread(self._desk.cleared, officer)
        return wire.ListClearedResponse(hits=[cleared_listed(one) for one in found])

    async def take_back_clearing(
        self, request: wire.TakeBackClearingRequest, officer: Officer
    ) -> wire.TakeBackClearingResponse:
        """Take back that a hit is cleared."""
        await self._permission.check(officer, "confirm")
        await asyncio.to_thread(self._desk.take_back_clearing, request.reference, request.partner, officer)
        return wire.TakeBackClearingResponse()

    async def list_referrals(self, request: wire.ListReferralsRequest, officer: Officer) -> wire.ListReferralsResponse:
        """List the referrals the officer may see."""
        await self._permission.check(officer, "see_referrals", "referrals")

        def listed() -> wire.ListReferralsResponse:
            scene = self._desk.scene()
            found = self._desk.referrals(officer, all_of_them=request.all)
            weighed = most_urgent_first(weighed_referral(line, scene, officer) for line in found)
            chosen, waits = _chosen(weighed, request.waiting)
            listing = map(referral_listed, chosen)
            return wire.ListReferralsResponse(referrals=listing, has_more=found.has_more, waiting=waits)

        return await asyncio.to_thread(listed)

    async def show_referral(self, request: wire.ShowReferralRequest, officer: Officer) -> wire.ShowReferralResponse:
        """Show one referral; to an officer who may approve it with the record, what it would give now, and what not."""
        await self._permission.check(officer, "see_referrals")

        def shown() -> wire.ShowReferralResponse:
            referral = self._desk.show_referral(request.reference, officer)
            with_record = self._desk.shows_record(referral, officer)
            return wire.ShowReferralResponse(referral=self._referral(referral, officer, with_record=with_record))

        return await asyncio.to_thread(shown)

    async def act_on_referral(self, request: wire.ActOnReferralRequest, officer: Officer) -> wire.ActOnReferralResponse:
        """Take a step with a referral."""
        name = _named(request.WhichOneof("step"))
        desk_step = REFERRAL_STEPS[name]
        await self._permission.check(officer, desk_step.action)

        def acted() -> wire.ActOnReferralResponse:
            if name == "see":  # of a line, which may stand for many
                referral = self._desk.see(request.reference, officer)
            else:
                step = desk_step.step(getattr(request, name))
                referral = self._desk.act_on_referral(request.reference, officer, step)
            return wire.ActOnReferralResponse(referral=self._referral(referral, officer))

        return await asyncio.to_thread(acted)

    def _referral(self, referral: Referral, officer: Officer, *, with_record: bool = False) -> wire.ReferralShown:
        """Give a referral, shown or after a step, with what would be released now for an officer who may approve it.

        The next steps name its digest, so that they are of what stands above them.
        """
        decides = referral.request is not None and self._desk.shows_record(referral, officer)
        release = self._desk.release_now(referral) if decides else None
        return referral_shown(referral, self._desk.scene(), release, officer, with_record=with_record)


def _wanted(request: wire.ListCasesRequest) -> Wanted:
    try:
        member = Party.agency(request.partner).uri if request.partner else ""
    except IdentityError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "partner is no agency's name") from None
    if request.state and request.state not in tuple(CaseState):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "state is none of a case")
    return Wanted(member, request.state, request.case_reference)


def _chosen(lines: Sequence[Weighed[Kind]], most: int) -> tuple[Sequence[Weighed[Kind]], wire.Waiting | None]:
    """Give the whole list, or the first of what waits with how much it is."""
    if not most:
        return lines, None
    found = waiting(lines, most)
    return found.first, wire.Waiting(own=found.own, of_others=found.of_others)


def _named(step: str | None) -> str:
    if step is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "step is required")
    return step
