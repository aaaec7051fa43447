"""Whatever is sent to the desk's services, the answer is one of the catalogue and the node goes on.

Every method is called with odd messages by officers who may do everything between them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings

from deploy.local import LocalFederation
from node.config import load_home
from node.desk.servicers import SERVICES
from node.officers.key import OfficerKey, load_key
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode, from_rpc_error
from tests.integration.commands import CommandedFederation
from tests.integration.odd_messages import odd_messages

pytestmark = pytest.mark.timeout(300)

AGENCY, OTHER = "FR-DNMS", "BB-HOLD"
CALLERS = {
    "b.deciding": ("analyst", "supervisor", "release_officer", "legal_adviser", "judge"),
    "c.auditor": ("auditor",),
    "o.keeper": ("operator",),
}
METHODS = [method for service in SERVICES.values() for method in service.methods]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    """Run a node whose officers hold every role between them."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with asyncio.Runner() as runner, CommandedFederation(folder, {AGENCY: "Asking", OTHER: "Holding"}) as made:
        runner.run(made.prepare())
        for name, roles in CALLERS.items():
            runner.run(made.add_officer(AGENCY, name, *roles))
        runner.run(made.start_hub())
        runner.run(made.start_nodes())
        yield made


async def error_of(channel: grpc.aio.Channel, method: MethodDescriptor, request: Message, key: OfficerKey) -> str:
    """Give the code of the catalogue that a call ends with; empty where it is answered.

    A request that may come in parts comes in as many as its first byte says, none among them.
    """
    make: Any = {
        (False, False): channel.unary_unary,
        (False, True): channel.unary_stream,
        (True, False): channel.stream_unary,
    }[method.client_streaming, method.server_streaming]
    parts = [request] * (next(iter(request.SerializeToString()), 0) % 4)
    call = make(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )(iter(parts) if method.client_streaming else request, timeout=30, metadata=key.metadata)
    try:
        if method.server_streaming:
            async for _ in call:
                pass
        else:
            await call
    except grpc.RpcError as error:
        return from_rpc_error(error).code.code
    return ""


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
def test_an_odd_request_is_answered_by_the_catalogue(running: LocalFederation, method: MethodDescriptor) -> None:
    home = load_home(running.home(AGENCY))
    keys = [load_key(running.officer_key(AGENCY, name)) for name in CALLERS]

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(request=odd_messages(method.input_type))
    def send(request: Message) -> None:
        codes = runner.run(ask(request))
        assert ErrorCode.INTERNAL.code not in codes, f"{method.name}: {request!r}"
        assert ErrorCode.TIMED_OUT.code not in codes, f"{method.name}: {request!r}"

    async def ask(request: Message) -> list[str]:
        async with open_channel(home.settings.address, home.party, home.tls) as channel:
            return [await error_of(channel, method, request, key) for key in keys]

    with asyncio.Runner() as runner:
        send()


def test_the_process_log_names_no_failure(running: LocalFederation) -> None:
    log = Path(running.home(AGENCY), "process.log").read_text()
    assert " failed: " not in log
    assert "Traceback" not in log
