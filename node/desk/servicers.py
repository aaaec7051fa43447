"""The gRPC face of the desk: who calls, by certificate and officer's key or token; then the call itself (`calls`).

Every method of the services named here is served by the function of its name, so the wire can do what the desk can do,
and no more. The node's state takes no officer: it names nobody.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from node.desk.calls import Desk
from node.desk.room import Room
from node.officers.access import DeskAccess
from symbolon.rpc.channel import MESSAGE_LIMIT
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import Admission
from symbolon.v1 import audit_pb2, batches_pb2, cases_pb2, desk_pb2, investigations_pb2, operations_pb2, staff_pb2

_Context = grpc.aio.ServicerContext[Any, Any]

SERVICES: Mapping[str, ServiceDescriptor] = {
    name: file.DESCRIPTOR.services_by_name[name]
    for name, file in {
        "Desk": desk_pb2,
        "Cases": cases_pb2,
        "Batches": batches_pb2,
        "Investigations": investigations_pb2,
        "Staff": staff_pb2,
        "Audit": audit_pb2,
        "Operations": operations_pb2,
    }.items()
}
"""The services of the desk, by name."""

_PART_BYTES = 64
"""Bytes that a part counts besides its own, so that empty ones come to an end, too."""

WITHOUT_OFFICER = frozenset({"Status"})
"""Methods that any program of this agency, or system of it, may call."""


def desk_rules(is_own: Admission) -> dict[str, Admission]:
    """Give the rows of the allowlist: this agency's own certificate, for every method of the desk."""
    return {
        f"/{service.full_name}/{method.name}": is_own for service in SERVICES.values() for method in service.methods
    }


def add_desk_to_server(desk: Desk, access: DeskAccess, server: grpc.aio.Server) -> None:
    """Serve every call of the desk; raise `AttributeError` where a method of the wire has no function."""
    parts = {
        "Desk": (desk.queries, desk.status),
        "Cases": (desk.cases,),
        "Batches": (desk.batches,),
        "Investigations": (desk.investigations,),
        "Staff": (desk.staff,),
        "Audit": (desk.audit, desk.audit_works, desk.subjects),
        "Operations": (desk.node, desk.lists, desk.records, desk.agreements),
    }
    room = Room()
    for name, service in SERVICES.items():
        handlers = {
            method.name: _handler(method, _function(method.name, parts[name]), access, room)
            for method in service.methods
        }
        server.add_registered_method_handlers(service.full_name, handlers)


def _function(method: str, parts: tuple[object, ...]) -> Callable[..., Any]:
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", method).lower()
    found = [getattr(part, name) for part in parts if hasattr(part, name)]
    if len(found) != 1:
        raise AttributeError(f"the method {method} needs one function {name}, and has {len(found)}")
    function: Callable[..., Any] = found[0]
    return function


def _handler(method: MethodDescriptor, function: Callable[..., Any], access: DeskAccess, room: Room) -> Any:
    async def unary(request: Any, context: _Context) -> Any:
        if method.name in WITHOUT_OFFICER:
            with room.of_nobody():
                return await function(request)
        async with room.called(access, context) as officer:
            return await function(request, officer)

    async def stream(request: Any, context: _Context) -> AsyncIterator[Any]:
        until = time.monotonic() + context.time_remaining()
        async with room.called(access, context) as officer, aclosing(function(request, officer, until)) as responses:
            async for response in responses:
                await access.check_still(officer, context)
                yield response

    async def joined(parts: AsyncIterator[Any], context: _Context) -> Any:
        async with room.called(access, context) as officer:
            return await function(await _whole(parts), officer)

    made, behaviour = {
        (False, False): (grpc.unary_unary_rpc_method_handler, unary),
        (False, True): (grpc.unary_stream_rpc_method_handler, stream),
        (True, False): (grpc.stream_unary_rpc_method_handler, joined),
    }[method.client_streaming, method.server_streaming]
    return made(
        behaviour,
        request_deserializer=GetMessageClass(method.input_type).FromString,
        response_serializer=GetMessageClass(method.output_type).SerializeToString,
    )


async def _whole(parts: AsyncIterator[Any]) -> Any:
    """Join a request that came in parts; raise `SymbolonError` where there is none, or more than `MESSAGE_LIMIT`."""
    whole: Any = None
    size = 0
    async for part in parts:
        size += part.ByteSize() + _PART_BYTES  # of the part alone: counting the whole each time takes squares
        if size > MESSAGE_LIMIT:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"a request of more than {MESSAGE_LIMIT} bytes")
        if whole is None:
            whole = part
        else:
            whole.MergeFrom(part)
    if whole is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "a request without a message")
    return whole
