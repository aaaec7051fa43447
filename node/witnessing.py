"""The node in the witness exchange: whose logs it witnesses, whom it asks about its own, its gRPC face as a witness.

It witnesses the logs of all members in its directory, and the coordinator's two, under the keys certified for them.
Of the coordinator's directory it cosigns nothing but what it uses itself.
"""

from __future__ import annotations

from typing import Any

import grpc

from ledger.checkpoints import ledger_origin, parse_checkpoint
from ledger.cosigning import Cosigner, ask, refusal
from ledger.directory import directory_origin
from ledger.exchange import Ask
from ledger.notes import MalformedNoteError, VerifierKey
from ledger.witness import MOST_REQUEST_BYTES, Trusted
from ledger.witnessing import Refusal, WitnessRefusalError, parse_request
from matching.keys import SigningPublicKey
from node.config import NodeHome
from node.directory.view import Directory
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
    if hub := directory.federation.hub_signing:
        named[directory_origin(home.coordinator.uri)] = hub
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
        refused = await self._refused_by_the_copy(request.checkpoint)
        return refused or await self._cosigner.add(request.checkpoint, witnessed_logs(self._home, self._directory))

    async def _refused_by_the_copy(self, content: bytes) -> AddCheckpointResponse | None:
        """Refuse a head of the directory that is not one of the directory which this node uses."""
        try:
            checkpoint = parse_checkpoint(parse_request(content[: MOST_REQUEST_BYTES + 1]).note.text)
        except (WitnessRefusalError, MalformedNoteError):
            return None  # what is wrong with it, the cosigner says
        if checkpoint.origin != directory_origin(self._home.coordinator.uri):
            return None
        reason = await self._directory.check_head(checkpoint.head)
        return refusal(reason) if reason else None
