"""The calls about saved cases, as a plain object: used by the command line and by whatever an agency builds."""

from __future__ import annotations

from node.officers.connection import DeskHome, OfficerConnection
from node.officers.token import OfficerProof
from symbolon.v1 import investigations_pb2 as wire
from symbolon.v1.investigations_pb2_grpc import InvestigationsStub


class InvestigationClient(OfficerConnection):
    """What an officer does about saved cases."""

    def __init__(self, home: DeskHome, officer: OfficerProof) -> None:
        super().__init__(home, officer)
        self._stub = InvestigationsStub(self._channel)

    async def save(self, investigation: wire.Investigation) -> wire.Investigation:
        """Open a case, or change the one of its name. Each call raises `SymbolonError` as the node states."""
        request = wire.SaveInvestigationRequest(investigation=investigation)
        return (await self._call(self._stub.SaveInvestigation, request)).investigation

    async def investigations(self, *, closed_too: bool = False) -> list[wire.Investigation]:
        """List the cases, the last changed first."""
        request = wire.ListInvestigationsRequest(closed_too=closed_too)
        return list((await self._call(self._stub.ListInvestigations, request)).investigations)

    async def investigation(self, name: str) -> wire.Investigation:
        """Show one case."""
        request = wire.ShowInvestigationRequest(name=name)
        return (await self._call(self._stub.ShowInvestigation, request)).investigation

    async def close(self, name: str) -> wire.Investigation:
        """Close a case."""
        request = wire.CloseInvestigationRequest(name=name)
        return (await self._call(self._stub.CloseInvestigation, request)).investigation
