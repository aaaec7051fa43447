"""The gRPC face of a node to the coordinator: decode, call, encode. Nothing is decided here."""

from __future__ import annotations

from typing import Any

import grpc

from node.mail.carrier import Carrier
from node.queries.responding import Responder
from symbolon.v1 import envelope_pb2, mail_pb2, relay_pb2
from symbolon.v1.mail_pb2_grpc import MailboxServicer
from symbolon.v1.relay_pb2_grpc import ResponderServicer

_Context = grpc.aio.ServicerContext[Any, Any]


class NodeResponderServicer(ResponderServicer):
    """Answers the coordinator's deliveries."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    async def Answer(self, request: relay_pb2.AnswerRequest, context: _Context) -> relay_pb2.AnswerResponse:
        """Answer one envelope."""
        reply = await self._responder.answer(request.envelope.query)
        return relay_pb2.AnswerResponse(reply=envelope_pb2.SealedReply(reply=reply))


class NodeMailboxServicer(MailboxServicer):
    """Takes the mailbags that the coordinator brings."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    async def Accept(self, request: mail_pb2.AcceptRequest, context: _Context) -> mail_pb2.AcceptResponse:
        """Take one bag, whatever it is."""
        self._carrier.accept(request.bag)
        return mail_pb2.AcceptResponse()
