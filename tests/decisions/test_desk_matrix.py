"""Who may do what at the desk, row by row: each role at each method over real gRPC, and at each page of the console.

A role that may not is refused before anything else is looked at (`ROLE_MISSING`, 403). What a role may is taken, or
fails for another reason: here the requests are empty.
"""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from console.navigation import may_go
from console.pages import PAGES
from console.routing import Page
from deploy.local import LocalFederation
from node.config import load_home
from node.desk.servicers import SERVICES
from node.officers.key import load_key
from node.officers.register import ROLES, Officer
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode, from_rpc_error
from tests.integration.commands import CommandedFederation
from tests.integration.console_node import ConsoleNode, console_node

pytestmark = pytest.mark.timeout(300)

AGENCY = "AA-ASK"
MATRIX = tomllib.loads((Path(__file__).parent / "desk_matrix.toml").read_text(encoding="utf-8"))
NOT_A_ROLE = ("all", "anybody", "anybody of the agency")


def named(role: str) -> str:
    """Name the officer of a role."""
    return f"only.{role.replace('_', '-')}"


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    """Give a federation whose first agency has an officer of each role, and does not run yet."""
    folder = tmp_path_factory.mktemp("matrix")
    with (
        asyncio.Runner() as runner,
        CommandedFederation(folder, {AGENCY: "Asking", "BB-HOLD": "Holding"}) as made,
    ):
        runner.run(made.prepare())
        for role in ROLES:
            runner.run(made.add_officer(AGENCY, named(role), role))
        runner.run(made.start_hub())
        runner.run(made.command(AGENCY, "node", "join"))
        yield made


def methods() -> dict[str, tuple[MethodDescriptor, str]]:
    """Give each row's method, and the step where it has steps."""
    found = {}
    for name, service in SERVICES.items():
        for method in service.methods:
            steps = [one.name for oneof in method.input_type.oneofs if oneof.name == "step" for one in oneof.fields]
            for step in steps or [""]:
                found[f"{name}/{method.name} {step}".strip()] = (method, step)
    return found


def pages() -> dict[str, Page]:
    """Give each row's page."""
    return {f"{page.method} {page.path}": page for page in PAGES}


def test_every_method_and_every_page_has_a_row_and_no_other() -> None:
    assert MATRIX["calls"].keys() == methods().keys()
    assert MATRIX["pages"].keys() == pages().keys()


def test_every_row_names_roles_that_there_are() -> None:
    for row in (*MATRIX["calls"].values(), *MATRIX["pages"].values()):
        assert row in NOT_A_ROLE or (row and set(row) <= set(ROLES))


def test_a_page_is_for_whom_its_action_is() -> None:
    """What the page lets in has to be what its row says; the calls behind it check once more."""
    for row, page in pages().items():
        expected = MATRIX["pages"][row]
        assert (page.audience == "anybody") == (expected == "anybody"), row
        admitted = {role for role in ROLES if may_go(page.audience, Officer("x", frozenset({role})))}
        assert admitted == set(ROLES if expected in NOT_A_ROLE else expected), row


async def refused(method: MethodDescriptor, step: str, service: str, channel: grpc.aio.Channel, key: Any) -> bool:
    """Call a method with an empty request; say whether the roles did not allow it."""
    request = GetMessageClass(method.input_type)()
    if step:
        getattr(request, step).SetInParent()
    kind: Any = channel.unary_stream if method.server_streaming else channel.unary_unary
    call = kind(
        f"/{service}/{method.name}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )(request, timeout=30, metadata=key.metadata)
    try:
        if method.server_streaming:
            async for _ in call:
                pass
        else:
            await call
    except grpc.RpcError as error:
        code = from_rpc_error(error).code
        assert code is not ErrorCode.INTERNAL
        return code is ErrorCode.ROLE_MISSING
    return False


@asynccontextmanager
async def node_of(joined: LocalFederation) -> AsyncIterator[ConsoleNode]:
    async with console_node(load_home(joined.home(AGENCY))) as node:
        yield node


async def test_each_method_is_refused_to_every_role_but_those_of_its_row(joined: LocalFederation) -> None:
    home = load_home(joined.home(AGENCY))
    wrong = []
    async with node_of(joined), open_channel(home.settings.address, home.party, home.tls) as channel:
        for role in ROLES:
            key = load_key(joined.officer_key(AGENCY, named(role)))
            for row, (method, step) in methods().items():
                allowed = MATRIX["calls"][row]
                is_allowed = allowed in NOT_A_ROLE or role in allowed
                service = method.containing_service.full_name
                if await refused(method, step, service, channel, key) == is_allowed:
                    wrong.append(f"{row}: {role}")
    assert wrong == []


async def test_each_page_is_refused_to_every_role_but_those_of_its_row(joined: LocalFederation) -> None:
    wrong = []
    async with node_of(joined) as node:
        for role in ROLES:
            for row, page in pages().items():
                allowed = MATRIX["pages"][row]
                browser = node.browser(named(role))  # of a session of its own: some pages end it
                await browser.get("/")
                path = re.sub(r"\{[^}]+\}", "1", page.path)
                answer = await (browser.send(path) if page.method == "POST" else browser.get(path))
                is_refused = answer.status_code == 403 and ErrorCode.ROLE_MISSING.value.text in unescape(answer.text)
                assert answer.status_code != 500, row
                if is_refused == (allowed in NOT_A_ROLE or role in allowed):
                    wrong.append(f"{row}: {role}: {answer.status_code}")
    assert wrong == []


async def test_nobody_is_let_in_without_signing_in(joined: LocalFederation) -> None:
    async with node_of(joined) as node:
        browser = node.browser()
        for page in PAGES:
            if page.audience == "anybody":
                continue
            path = re.sub(r"\{[^}]+\}", "1", page.path)
            answer = await (browser.send(path) if page.method == "POST" else browser.get(path))
            assert answer.status_code == 303, page
            assert answer.headers["location"].startswith("/sign-in?next="), page
