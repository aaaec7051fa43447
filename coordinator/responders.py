"""Reaching the members' nodes: one channel each, kept open, and one attempt an envelope with a clear outcome.

A failure says what happened on the way and nothing of what a node knows. Calls under way at one node are bounded; those
that wait for their turn wait on their own deadline, so a slow node costs its own outcomes only.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import grpc

from coordinator.entries import Entry
from matching.reply import REPLY_BYTES
from symbolon.rpc.channel import REPLY_LIMIT, TlsFiles, answered, open_channel
from symbolon.rpc.errors import ErrorCode, stated_error
from symbolon.v1.envelope_pb2 import Envelope
from symbolon.v1.mail_pb2 import AcceptRequest
from symbolon.v1.mail_pb2_grpc import MailboxStub
from symbolon.v1.relay_pb2 import AnswerRequest, DeliverResponse, DeliveryFailure
from symbolon.v1.relay_pb2_grpc import ResponderStub
from symbolon.v1.witness_pb2 import AddCheckpointRequest, AddCheckpointResponse
from symbolon.v1.witness_pb2_grpc import WitnessStub

MOST_AT_ONE_NODE = 32
"""Envelopes under way at one node."""

_CLOSING_SECONDS = 60.0  # calls under way over a channel that was replaced may finish


@dataclass
class _Line:
    """The way to one node: its address, channel and turns."""

    address: str
    channel: grpc.aio.Channel
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONE_NODE))


class Responders:
    """Delivers to members over cached channels."""

    def __init__(self, tls: TlsFiles) -> None:
        """Take the hub's own certificate and key."""
        self._tls = tls
        self._lines: dict[str, _Line] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def deliver(self, entry: Entry, envelope: bytes, seconds: float) -> DeliverResponse:
        """Bring one envelope to a member's node and give its outcome within the time."""
        try:
            async with asyncio.timeout(seconds) as limit:
                line = self._line(entry)
                async with line.turns:
                    rest = (limit.when() or 0) - asyncio.get_running_loop().time()
                    request = AnswerRequest(envelope=Envelope(query=envelope))
                    answer = await ResponderStub(line.channel).Answer(request, timeout=rest)
        except TimeoutError:
            return failed(entry.member.uri, DeliveryFailure.DELIVERY_FAILURE_TIMED_OUT)
        except grpc.aio.AioRpcError as error:
            return failed(entry.member.uri, *classify(error))
        # gRPC gives None, against its types, for an answer that is no message at all.
        if answer is None or len(answer.reply.reply) != REPLY_BYTES:
            return failed(entry.member.uri, DeliveryFailure.DELIVERY_FAILURE_INVALID_REPLY)
        return DeliverResponse(recipient=entry.member.uri, reply=answer.reply)

    async def hand_on(self, entry: Entry, bag: bytes, seconds: float) -> DeliveryFailure.ValueType | None:
        """Bring one mailbag to a member's node, beside its envelopes; give the failure, or None."""
        request = AcceptRequest(bag=bag)
        try:
            answer = await MailboxStub(self._line(entry).channel).Accept(request, timeout=seconds)
        except grpc.aio.AioRpcError as error:
            return classify(error)[0]
        return None if answer is not None else DeliveryFailure.DELIVERY_FAILURE_INVALID_REPLY

    async def add_checkpoint(self, entry: Entry, content: bytes, seconds: float) -> AddCheckpointResponse:
        """Ask a member's node to witness a checkpoint; raise `SymbolonError` when there is no answer."""
        request = AddCheckpointRequest(witness=entry.member.uri, checkpoint=content)
        return await answered(
            WitnessStub(self._line(entry).channel).AddCheckpoint(request, timeout=seconds), entry.member.uri
        )

    async def close(self) -> None:
        """Close all channels."""
        for line in self._lines.values():
            await line.channel.close()
        self._lines.clear()
        await asyncio.gather(*self._closing)

    def _line(self, entry: Entry) -> _Line:
        line = self._lines.get(entry.member.uri)
        if line is None or line.address != entry.address:
            if line is not None:
                closing = asyncio.create_task(line.channel.close(_CLOSING_SECONDS))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
            line = _Line(entry.address, open_channel(entry.address, entry.member, self._tls, message_limit=REPLY_LIMIT))
            self._lines[entry.member.uri] = line
        return line


def failed(recipient: str, failure: DeliveryFailure.ValueType, error_code: str = "") -> DeliverResponse:
    """Say that there is no reply, and why."""
    return DeliverResponse(recipient=recipient, failure=failure, error_code=error_code)


def classify(error: grpc.aio.AioRpcError) -> tuple[DeliveryFailure.ValueType, str]:
    """Give the failure a call ended in, and the catalogue's code where the node stated one."""
    stated = stated_error(error)
    if stated is not None:
        return DeliveryFailure.DELIVERY_FAILURE_REFUSED, stated.code.code
    return _TRANSPORT.get(error.code(), (DeliveryFailure.DELIVERY_FAILURE_INVALID_REPLY, ""))


# What is missing here (too large an answer, one that is not decodable, a status out of place) is an invalid reply.
_TRANSPORT = {
    grpc.StatusCode.UNAVAILABLE: (DeliveryFailure.DELIVERY_FAILURE_UNREACHABLE, ""),
    grpc.StatusCode.CANCELLED: (DeliveryFailure.DELIVERY_FAILURE_UNREACHABLE, ""),
    grpc.StatusCode.DEADLINE_EXCEEDED: (DeliveryFailure.DELIVERY_FAILURE_TIMED_OUT, ""),
    grpc.StatusCode.PERMISSION_DENIED: (DeliveryFailure.DELIVERY_FAILURE_REFUSED, ErrorCode.NOT_PERMITTED.code),
    grpc.StatusCode.UNIMPLEMENTED: (DeliveryFailure.DELIVERY_FAILURE_REFUSED, ErrorCode.MALFORMED.code),
}
