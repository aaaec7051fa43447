"""The desk's calls about cases, as a plain object: used by the command line and by whatever an agency builds."""

from __future__ import annotations

from typing import Any

from node.officers.connection import DeskHome, OfficerConnection
from node.officers.token import OfficerProof
from symbolon.v1 import cases_pb2 as wire
from symbolon.v1.cases_pb2_grpc import CasesStub


class CaseClient(OfficerConnection):
    """What an officer does about cases and referrals."""

    def __init__(self, home: DeskHome, officer: OfficerProof) -> None:
        super().__init__(home, officer)
        self._stub = CasesStub(self._channel)

    async def cases(
        self,
        *,
        over_too: bool = False,
        partner: str = "",
        state: str = "",
        case_reference: str = "",
        waiting: int = 0,
    ) -> wire.ListCasesResponse:
        """List the cases this officer may see; each call raises `SymbolonError` as the node states.

        Only those at a partner, in a state, of an own case reference, where these are not empty; with ``waiting`` of
        what waits for this officer the first so many, and every emergency of it.
        """
        wanted = wire.ListCasesRequest(
            over_too=over_too, partner=partner, state=state, case_reference=case_reference, waiting=waiting
        )
        return await self._call(self._stub.ListCases, wanted)

    async def case(self, reference: str, member: str = "") -> wire.CaseShown:
        """Show one case."""
        answer = await self._call(self._stub.ShowCase, wire.ShowCaseRequest(reference=reference, member=member))
        return answer.case

    async def act_on_case(self, reference: str, member: str = "", **step: Any) -> wire.CaseShown:
        """Take one step, named as in ``ActOnCaseRequest``."""
        request = wire.ActOnCaseRequest(reference=reference, member=member, **step)
        return (await self._call(self._stub.ActOnCase, request)).case

    async def cleared(self) -> list[wire.ClearedHit]:
        """List the hits this agency has cleared."""
        return list((await self._call(self._stub.ListCleared, wire.ListClearedRequest())).hits)

    async def take_back_clearing(self, reference: str, partner: str = "") -> None:
        """Take back that a hit is cleared."""
        request = wire.TakeBackClearingRequest(reference=reference, partner=partner)
        await self._call(self._stub.TakeBackClearing, request)

    async def referrals(self, *, all_of_them: bool = False, waiting: int = 0) -> wire.ListReferralsResponse:
        """List the referrals this officer may see; with ``waiting`` as `cases` says."""
        return await self._call(self._stub.ListReferrals, wire.ListReferralsRequest(all=all_of_them, waiting=waiting))

    async def referral(self, reference: str) -> wire.ReferralShown:
        """Show one referral."""
        return (await self._call(self._stub.ShowReferral, wire.ShowReferralRequest(reference=reference))).referral

    async def act_on_referral(self, reference: str, **step: Any) -> wire.ReferralShown:
        """Take one step, named as in ``ActOnReferralRequest``."""
        request = wire.ActOnReferralRequest(reference=reference, **step)
        return (await self._call(self._stub.ActOnReferral, request)).referral
