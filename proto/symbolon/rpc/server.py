"""The one server builder: mutual TLS, allowlist, deadlines, size limits, health, error catalogue, graceful drain.

The coordinator, the custodian and the nodes are all built by `Service`. A method without a row in the policy stops the
program at start, so that nothing is reachable by oversight. What is logged of a call is its method, peer, duration and
status: never a payload.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from symbolon.rpc.channel import ENVELOPE_LIMIT, TlsFiles
from symbolon.rpc.clients import Clients, Members
from symbolon.rpc.errors import ErrorCode, SymbolonError, to_status
from symbolon.rpc.identity import Caller, IdentityError, Party, System

Admission = Callable[[Party], bool]
"""Says whether an authenticated party may call a method."""

OnRefusal = Callable[[Caller | None, str, ErrorCode], Awaitable[None]]
"""Awaited before a failure is told: the caller, if a certificate that counts names one, the method, the error."""

LONGEST_DEADLINE = 120.0
"""Seconds; a call that would hold a server's resources longer is refused."""

MOST_CALLS = 256
"""Calls under way at a server; one more is refused (`BUSY`) before its message is read."""

MESSAGE_SECONDS = 15.0
"""Seconds in which a call's message comes, or the next part of it; a call that keeps a server waiting ends."""

MOST_STREAMS = 100
"""Calls under way on one connection; one more waits at its caller."""

DRAIN_SECONDS = 5.0
"""Seconds that calls under way get to finish once the server has been told to stop."""

_HEALTH = "/grpc.health.v1.Health/"

logger = logging.getLogger("symbolon.rpc")


@dataclass(frozen=True)
class Policy:
    """Who may call what: full method name (``/symbolon.v1.Relay/Deliver``) to admission rule for parties.

    ``of_systems`` are the methods of the rules that systems may call, too.
    """

    rules: Mapping[str, Admission]
    of_systems: frozenset[str] = frozenset()

    def admits(self, method: str, caller: Caller) -> bool:
        """Say whether ``caller`` may call ``method``; an unlisted method admits nobody."""
        if isinstance(caller, System):
            return method in self.of_systems
        rule = self.rules.get(method)
        return rule is not None and rule(caller)


class _Guard(grpc.aio.ServerInterceptor):
    """Checks caller, allowlist and deadline before a handler runs, and gives errors their public form after."""

    def __init__(self, policy: Policy, clients: Clients, on_refusal: OnRefusal | None) -> None:
        self._policy = policy
        self._clients = clients
        self._on_refusal = on_refusal

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method == f"{_HEALTH}Watch":  # which has no end, and holds a call
            return None
        behaviour = handler.unary_unary or handler.stream_unary or handler.unary_stream
        if behaviour is None:
            raise TypeError(f"{method}: streams in both directions are not served here")
        # Each call is taken as one whose request is a stream: so its caller is known before the request is read.
        in_parts = handler.request_streaming
        made, guarded = (
            (grpc.stream_stream_rpc_method_handler, self._guard_stream(method, behaviour))
            if handler.response_streaming
            else (grpc.stream_unary_rpc_method_handler, self._guard_unary(method, behaviour, in_parts=in_parts))
        )
        return made(guarded, handler.request_deserializer, handler.response_serializer)

    def _guard_unary(self, method: str, behaviour: Any, *, in_parts: bool) -> Any:
        async def guarded(requests: AsyncIterator[Any], context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            async with self._watched(method, context):
                parts = _in_time(requests)  # who reads them bounds what they come to
                return await behaviour(parts if in_parts else await _only(parts), context)

        return guarded

    def _guard_stream(self, method: str, behaviour: Any) -> Any:
        async def guarded(
            requests: AsyncIterator[Any], context: grpc.aio.ServicerContext[Any, Any]
        ) -> AsyncIterator[Any]:
            async with self._watched(method, context):
                request = await _only(_in_time(requests))
                # Closed here and not by the garbage collector: what it has under way ends with the call.
                async with contextlib.aclosing(behaviour(request, context)) as responses:
                    async for response in responses:
                        yield response

        return guarded

    @contextlib.asynccontextmanager
    async def _watched(self, method: str, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[None]:
        started = time.monotonic()
        caller = self._known(context)
        peer = caller.uri if caller else "unknown"
        outcome = "ok"
        failure: SymbolonError | None = None
        try:
            await self._admit(method, caller, context)
            yield
        except SymbolonError as error:
            failure, outcome = error, error.code.code
        except (asyncio.CancelledError, GeneratorExit):
            outcome = "cancelled"
            raise
        except grpc.aio.AbortError:  # told already
            outcome = "aborted"
            raise
        except Exception as error:  # noqa: BLE001  # the last line of defence: nothing internal leaves
            # The type and place go to the own log; the text does not, since it may quote a payload.
            failure, outcome = SymbolonError(ErrorCode.INTERNAL), "internal"
            logger.error("%s failed: %s at %s", method, type(error).__name__, innermost_place(error))
        finally:
            logger.info("%s %s %s %.1f ms", method, peer, outcome, (time.monotonic() - started) * 1000)
        if failure is not None:
            if self._on_refusal is not None:
                await self._on_refusal(caller, method, failure.code)
            await context.abort_with_status(to_status(failure))

    def _known(self, context: grpc.aio.ServicerContext[Any, Any]) -> Caller | None:
        """Give whom the caller's certificate names, or None where it names nobody of ours."""
        try:
            return self._clients.caller_of(context)
        except IdentityError:
            return None

    async def _admit(self, method: str, caller: Caller | None, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        if caller is None:
            raise SymbolonError(ErrorCode.NOT_PERMITTED)
        await self._clients.check(caller, context)
        if method == f"{_HEALTH}Check":  # of whoever is certified, and over at once
            return
        if not self._policy.admits(method, caller):
            raise SymbolonError(ErrorCode.NOT_PERMITTED)
        remaining = context.time_remaining()
        if remaining is None or remaining > LONGEST_DEADLINE:
            raise SymbolonError(ErrorCode.DEADLINE_REQUIRED)


async def _in_time(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """Give the messages of a call as they come; raise `SymbolonError` (`TIMED_OUT`) where one keeps us waiting."""
    while True:
        try:
            async with asyncio.timeout(MESSAGE_SECONDS):
                request = await anext(requests)
        except StopAsyncIteration:
            return
        except TimeoutError:
            detail = f"nothing came for {MESSAGE_SECONDS:.0f} seconds"
            raise SymbolonError(ErrorCode.TIMED_OUT, detail) from None
        yield request


async def _only(requests: AsyncIterator[Any]) -> Any:
    """Give the message of a call that has one; raise `SymbolonError` (`MALFORMED`) where there is none."""
    async for request in requests:
        return request
    raise SymbolonError(ErrorCode.MALFORMED)


def innermost_place(error: BaseException) -> str:
    """Give file and line of the innermost frame: what may be logged of an error whose text may quote a person."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"


class Service:
    """A server of one party. A process calls `serve`; a test may `start` and `stop` it."""

    def __init__(
        self,
        tls: TlsFiles,
        policy: Policy,
        registrations: Iterable[Callable[[grpc.aio.Server], None]],
        *,
        message_limit: int = ENVELOPE_LIMIT,
        on_refusal: OnRefusal | None = None,
        clients: Clients | None = None,
    ) -> None:
        """Prepare the server; each registration adds one servicer. Raises `ValueError` on a method without a rule.

        A request of more bytes than ``message_limit`` is refused unread; a service that takes more than one envelope
        says how much. ``on_refusal`` is told of each call that fails, before its caller is. Without ``clients`` they
        are the federation's parties.
        """
        self._clients = clients or Members(tls)
        self._server = grpc.aio.server(
            interceptors=[_Guard(policy, self._clients, on_refusal)],
            maximum_concurrent_rpcs=MOST_CALLS,
            options=[
                ("grpc.max_receive_message_length", message_limit),
                ("grpc.max_concurrent_streams", MOST_STREAMS),
                ("grpc.so_reuseport", 0),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
            ],
        )
        recorder = _MethodRecorder(self._server)
        for register in registrations:
            register(cast(grpc.aio.Server, recorder))
        unruled = recorder.methods - policy.rules.keys()
        if unruled:
            raise ValueError(f"no allowlist rule for {', '.join(sorted(unruled))}")
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._tls = tls

    async def start(self, address: str) -> int:
        """Listen at ``address`` (host:port, port 0 for any) and give the port; raise `SymbolonError` when taken."""
        credentials = grpc.ssl_server_credentials(
            [(self._tls.key.read_bytes(), self._tls.certificate.read_bytes())],
            root_certificates=self._clients.roots(),
            require_client_auth=True,
        )
        try:
            port = self._server.add_secure_port(address, credentials)
        except RuntimeError:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"cannot listen at {address}") from None
        await self._start_whole()
        await self._health.set("", health_pb2.HealthCheckResponse.SERVING)
        return port

    async def _start_whole(self) -> None:
        """Start also where who waits for it is cancelled meanwhile: what is started by half can never be stopped."""
        starting = asyncio.create_task(self._server.start())
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await starting
            raise

    async def stop(self) -> None:
        """Report not-serving, let calls under way finish for `DRAIN_SECONDS`, then close."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(DRAIN_SECONDS)

    async def serve(self, address: str, announce: Callable[[int], None]) -> None:
        """Listen at ``address``, tell ``announce`` the port once calls are answered, drain on SIGTERM or SIGINT.

        The signals are caught before the announcement, so that whoever waits for it may stop the process at once. It
        is closed however this ends, also in the middle of its start: a server that is dropped while it runs leaves
        calls that nobody answers, and gRPC waits for them without end when the last of its objects goes.
        """
        told = self._told_to_stop()
        try:
            announce(await self.start(address))
            await told.wait()
        finally:
            await self.stop()

    @staticmethod
    def _told_to_stop() -> asyncio.Event:
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told.set)
        return told


class _MethodRecorder:
    """Stands in for the server at registration, to learn which methods are served."""

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server
        self.methods: set[str] = set()

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        self.methods |= {f"/{service}/{name}" for name in handlers}
        self._server.add_registered_method_handlers(service, handlers)
