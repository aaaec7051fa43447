"""The node in the witness exchange: whose logs it witnesses, whom it asks about its own, its gRPC face as a witness.

It witnesses the logs of all members in its directory, and the coordinator's, under the keys certified for them there.
"""

from __future__ import annotations

from typing import Any

import grpc

from ledger.checkpoints import ledger_origin
from ledger.cosigning import Cosigner, ask, refusal
from ledger.exchange import Ask
from ledger.notes import VerifierKey
from ledger.witness import Trusted
from ledger.witnessing import Refusal
from matching.keys import SigningPublicKey
from node.config import NodeHome
from node.directory import Directory
from symbolon.v1.witness_pb2 import AddCheckpointRequest, AddCheckpointResponse
from symbolon.v1.witness_pb2_grpc import WitnessServicer, WitnessStub


def witnesses(home: NodeHome, directory: Directory) -> dict[str, SigningPublicKey]:
    """Give the other parties with their certified keys, the coordinator first: it hands requests on."""
    federation = directory.federation
    hub = {home.coordinator.uri: federation.hub_signing} if federation.hub_signing else {}
    members = {uri: one.signing for uri, one in sorted(federation.members.items()) if uri != home.party.uri}
    return hub | members


def witnessed_logs(home: NodeHome, directory: Directory) -> Trusted:
    """Give the keys of the logs that this node witnesses, by origin."""
    named = {ledger_origin(uri): key for uri, key in witnesses(home, directory).items()}
    return {origin: [VerifierKey(origin, key)] for origin, key in named.items()}


def asking_over(hub: grpc.aio.Channel, home: NodeHome) -> Ask:
    """Give the way to the witnesses, which is through the coordinator."""
    stub, named = WitnessStub(hub), f"the coordinator {home.coordinator.uri} at {home.settings.coordinator_address}"
    return lambda witness, content: ask(stub, witness, content, named)


class NodeWitnessServicer(WitnessServicer):
    """Answers requests that the coordinator brings."""

    def __init__(self, home: NodeHome, directory: Directory, cosigner: Cosigner) -> None:
        self._home = home
        self._directory = directory
        self._cosigner = cosigner

    async def AddCheckpoint(  # noqa: N802  # named by the service definition
        self, request: AddCheckpointRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AddCheckpointResponse:
        """Cosign a checkpoint, or say why not."""
        if request.witness != self._home.party.uri:
            return refusal(Refusal.MALFORMED)
        return await self._cosigner.add(request.checkpoint, witnessed_logs(self._home, self._directory))
