"""A national system calls the desk with a certificate of its own: a real node, real mutual TLS, real commands.

Whoever may be somebody is shown who he is not: each certificate that a thief of a key could make is tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.agreement import CASE_OPTIONS, EVERY_PURPOSE
from deploy.local import ANALYST, COORDINATOR, CUSTODIAN, LocalFederation
from ledger.reading import LedgerReader
from node.config import NodeHome, load_home
from node.desk.client import DeskClient
from node.officers.connection import load_desk_home
from node.officers.key import OfficerKey, load_key
from symbolon.rpc import certificates
from symbolon.rpc.channel import TlsFiles, open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError, from_rpc_error
from symbolon.rpc.folder import load_authority, write_whole
from symbolon.rpc.identity import Caller, Party, System
from symbolon.v1.cases_pb2 import ListCasesRequest
from symbolon.v1.cases_pb2_grpc import CasesStub
from symbolon.v1.desk_pb2 import HintRequest, StatusRequest
from symbolon.v1.desk_pb2_grpc import DeskStub
from symbolon.v1.directory_pb2 import ListMembersRequest
from symbolon.v1.directory_pb2_grpc import DirectoryStub
from symbolon.v1.mail_pb2 import AcceptRequest
from symbolon.v1.mail_pb2_grpc import MailboxStub
from symbolon.v1.relay_pb2 import AnswerRequest
from symbolon.v1.relay_pb2_grpc import ResponderStub
from symbolon.v1.witness_pb2 import AddCheckpointRequest
from symbolon.v1.witness_pb2_grpc import WitnessStub
from tests.integration.commands import CommandedFederation

pytestmark = pytest.mark.timeout(240)

AGENCY = "AA-ASK"
BORDER = System.named("BORDER-1")
CHECK = ("--document", "passport:IQ:A1234567", "--purpose", EVERY_PURPOSE, *CASE_OPTIONS)
WHY = ("--legal-basis", "article 1", "--case", "1")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    """Run two nodes whose lists are empty: what is asked here is who may ask."""
    agencies = {AGENCY: "Asking", "BB-HOLD": "Holding"}
    with (
        asyncio.Runner() as runner,
        CommandedFederation(tmp_path_factory.mktemp("systems"), agencies) as federation,
    ):
        runner.run(federation.prepare())
        runner.run(federation.start_hub())
        runner.run(federation.start_nodes())
        yield federation


@pytest.fixture
async def border(running: LocalFederation, tmp_path: Path) -> Any:
    """Let a system in, whose folder lies apart from the node's, and give the folder; shut it out at the end."""
    home = await made(running, tmp_path / "border")
    await admitted(running, home)
    yield home
    if BORDER.uri in [one["system"] for one in await listed(running)]:
        await removed(running)


async def made(running: LocalFederation, home: Path, system: System = BORDER) -> Path:
    address = ("--agency", AGENCY, "--address", running.address(AGENCY))
    await running.run("system", "init", system.name, *address, "--home", str(home))
    return home


async def admitted(running: LocalFederation, home: Path) -> dict[str, Any]:
    request = ("--request", str(home / "tls" / "request.csr"))
    return await running.command(AGENCY, "node", "system", "add", BORDER.name, *request, "--user", "o.keeper")


async def removed(running: LocalFederation) -> None:
    await running.command(AGENCY, "node", "system", "remove", BORDER.name, "--user", "o.keeper")


async def listed(running: LocalFederation) -> list[dict[str, Any]]:
    systems: list[dict[str, Any]] = (await running.command(AGENCY, "node", "system", "list"))["systems"]
    return systems


def node(running: LocalFederation) -> NodeHome:
    return load_home(running.home(AGENCY))


def analyst(running: LocalFederation) -> OfficerKey:
    return load_key(running.officer_key(AGENCY))


def calling(running: LocalFederation, tls: TlsFiles) -> AbstractAsyncContextManager[grpc.aio.Channel]:
    return open_channel(running.address(AGENCY), Party.agency(AGENCY), tls)


async def outcome(call: Any) -> ErrorCode | None:
    """Give the error by which a call is refused, or None where it was answered."""
    try:
        await call
    except grpc.RpcError as error:
        return from_rpc_error(error).code
    return None


async def hinted(channel: grpc.aio.Channel, key: OfficerKey) -> ErrorCode | None:
    return await outcome(DeskStub(channel).Hint(HintRequest(), timeout=20, metadata=key.metadata))


def entries(running: LocalFederation, *types: str) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """Give the fields of each entry of these events, and what is personal in it."""
    reader = LedgerReader(node(running).ledger_path)
    return [
        (entry.event.model_dump(), {one.name: one.value for one in reader.openings(entry.number)})
        for entry in reader.entries()
        if entry.event.type in types
    ]


async def test_a_system_checks_from_its_own_folder_in_an_officer_s_name(running: LocalFederation, border: Path) -> None:
    """The node runs since before the system was added: nothing was started anew."""
    key = ("--officer-key", str(running.officer_key(AGENCY)))
    unanswered = ErrorCode.SOME_UNANSWERED.value.exit_code  # the holder's list is not enrolled
    told = await running.run("check", *CHECK, *WHY, *key, "--home", str(border), accept=(0, unanswered))
    assert [answer["member"] for answer in told["answers"]] == ["symbolon://agency/BB-HOLD"]
    assert entries(running, "query_sent")[-1][1]["user"] == ANALYST
    called = {"type": "system_called", "system": BORDER.uri, "calls": 1}
    assert (called, {"user": ANALYST}) in entries(running, "system_called")
    assert not (border / "node.toml").exists()
    assert (border / "tls" / "authority.pem").read_bytes() == node(running).tls.authority.read_bytes()


async def test_a_system_without_an_officer_s_proof_opens_nothing(running: LocalFederation, border: Path) -> None:
    async with calling(running, load_desk_home(border).tls) as channel:
        assert await outcome(DeskStub(channel).Hint(HintRequest(), timeout=20)) is ErrorCode.OFFICER_UNKNOWN
        assert await hinted(channel, OfficerKey(ANALYST, bytes(32))) is ErrorCode.OFFICER_UNKNOWN
        listing = CasesStub(channel).ListCases(ListCasesRequest(), timeout=20)
        assert await outcome(listing) is ErrorCode.OFFICER_UNKNOWN
        assert await hinted(channel, analyst(running)) is None
    assert ("", {}) in [(fields["system"] and "", people) for fields, people in entries(running, "system_called")]


async def test_a_system_delivers_nothing_and_is_nobody_in_the_federation(
    running: LocalFederation, border: Path
) -> None:
    tls = load_desk_home(border).tls
    async with calling(running, tls) as channel:
        for call in of_the_coordinator(channel):
            assert await outcome(call) is ErrorCode.NOT_PERMITTED
    assert BORDER.uri in [fields["caller"] for fields, _ in entries(running, "call_refused")]
    hub = Party("coordinator", COORDINATOR)
    async with open_channel(running.address(COORDINATOR), hub, tls) as channel:
        asked = DirectoryStub(channel).ListMembers(ListMembersRequest(), timeout=20)
        assert await outcome(asked) is ErrorCode.UNREACHABLE
    async with open_channel(running.address(CUSTODIAN), Party("custodian", CUSTODIAN), tls) as channel:
        assert await outcome(healthy(channel)) is ErrorCode.UNREACHABLE


def of_the_coordinator(channel: grpc.aio.Channel) -> list[Any]:
    """Give a call of each method by which the coordinator delivers."""
    return [
        ResponderStub(channel).Answer(AnswerRequest(), timeout=20),
        MailboxStub(channel).Accept(AcceptRequest(), timeout=20),
        WitnessStub(channel).AddCheckpoint(AddCheckpointRequest(), timeout=20),
    ]


def healthy(channel: grpc.aio.Channel) -> Any:
    return health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)


def forged(authority_folder: Path, home: Path, named: Caller, trusted: Path) -> TlsFiles:
    """Make what an authority's stolen key can make: a certificate for whomever the thief likes."""
    authority, key, now = load_authority(authority_folder), certificates.create_key(), datetime.now(UTC)
    request = certificates.create_request(named, key)
    issued = (
        certificates.issue_to_system(authority, request, named, now)
        if isinstance(named, System)
        else certificates.issue(authority, request, named, now)
    )
    files = replace(TlsFiles.inside(home / "tls"), authority=trusted)
    write_whole(files.key, certificates.key_pem(key), secret=True)
    write_whole(files.certificate, issued)
    return files


@pytest.mark.parametrize(
    "named",
    [Party.agency(AGENCY), Party.agency("BB-HOLD"), Party("coordinator", COORDINATOR), Party("custodian", CUSTODIAN)],
    ids=lambda named: named.uri,
)
async def test_what_the_systems_authority_says_of_a_party_counts_for_nothing(
    running: LocalFederation, border: Path, tmp_path: Path, named: Party
) -> None:
    """Its key in wrong hands would otherwise be the whole agency, or the coordinator."""
    before = len(entries(running, "call_refused"))
    home = node(running)
    tls = forged(home.folder / "systems", tmp_path / "forged", named, home.tls.authority)
    async with calling(running, tls) as channel:
        status = DeskStub(channel).Status(StatusRequest(), timeout=20)
        for call in (*of_the_coordinator(channel), status, healthy(channel)):
            assert await outcome(call) is ErrorCode.NOT_PERMITTED
        assert await hinted(channel, analyst(running)) is ErrorCode.NOT_PERMITTED
    assert {fields["caller"] for fields, _ in entries(running, "call_refused")[before:]} <= {""}


async def test_what_the_federation_s_authority_says_of_a_system_counts_for_nothing(
    running: LocalFederation, border: Path, tmp_path: Path
) -> None:
    """Nobody outside this agency says which its systems are, not even with the key of one that is let in."""
    root = running.folder / "authority"
    tls = forged(root, tmp_path / "forged", BORDER, root / "authority.pem")
    mine = load_desk_home(border).tls
    issued = certificates.issue_to_system(
        load_authority(root), (border / "tls" / "request.csr").read_bytes(), BORDER, datetime.now(UTC)
    )
    write_whole(tmp_path / "own-key.pem", issued)
    for files in (tls, replace(mine, certificate=tmp_path / "own-key.pem")):
        async with calling(running, files) as channel:
            assert await hinted(channel, analyst(running)) is ErrorCode.NOT_PERMITTED
            assert await outcome(healthy(channel)) is ErrorCode.NOT_PERMITTED
        async with open_channel(running.address(COORDINATOR), Party("coordinator", COORDINATOR), files) as channel:
            asked = DirectoryStub(channel).ListMembers(ListMembersRequest(), timeout=20)
            assert await outcome(asked) is ErrorCode.NOT_PERMITTED


async def test_another_node_s_system_is_no_system_here(running: LocalFederation, border: Path, tmp_path: Path) -> None:
    home = await made(running, tmp_path / "theirs")
    request = ("--request", str(home / "tls" / "request.csr"))
    await running.command("BB-HOLD", "node", "system", "add", BORDER.name, *request)
    async with calling(running, load_desk_home(home).tls) as channel:
        assert await hinted(channel, analyst(running)) is ErrorCode.UNREACHABLE


async def test_a_system_of_which_only_the_authority_knows_is_refused(
    running: LocalFederation, border: Path, tmp_path: Path
) -> None:
    """It takes the list too: another name, and the same name with another key."""
    home = node(running)
    for name in (System.named("CUSTOMS"), BORDER):
        tls = forged(home.folder / "systems", tmp_path / name.name, name, home.tls.authority)
        async with calling(running, tls) as channel:
            assert await hinted(channel, analyst(running)) is ErrorCode.NOT_PERMITTED


async def test_a_removed_system_is_out_on_an_open_connection_and_does_not_come_back_by_its_name(
    running: LocalFederation, border: Path, tmp_path: Path
) -> None:
    key = analyst(running)
    async with calling(running, load_desk_home(border).tls) as channel:
        assert await hinted(channel, key) is None
        await removed(running)
        assert await hinted(channel, key) is ErrorCode.NOT_PERMITTED
        assert await outcome(healthy(channel)) is ErrorCode.NOT_PERMITTED
        successor = await made(running, tmp_path / "successor")
        await admitted(running, successor)
        assert await hinted(channel, key) is ErrorCode.NOT_PERMITTED
        async with calling(running, load_desk_home(successor).tls) as other:
            assert await hinted(other, key) is None
    async with DeskClient(load_desk_home(border), key) as desk:
        with pytest.raises(SymbolonError) as refused:
            await desk.status()
    assert refused.value.code is ErrorCode.NOT_PERMITTED


async def test_a_damaged_or_missing_list_lets_nobody_in(running: LocalFederation, border: Path) -> None:
    admitted_file = node(running).folder / "systems" / "admitted" / "BORDER-1.pem"
    whole, key = admitted_file.read_bytes(), analyst(running)
    async with calling(running, load_desk_home(border).tls) as channel:
        for content in (b"", whole[:200], whole.replace(b"A", b"B", 3)):
            admitted_file.write_bytes(content)
            assert await hinted(channel, key) is ErrorCode.NOT_PERMITTED
        admitted_file.unlink()
        admitted_file.parent.rename(admitted_file.parent.with_name("away"))
        assert await hinted(channel, key) is ErrorCode.NOT_PERMITTED
        write_whole(admitted_file, whole)
        assert await hinted(channel, key) is None


async def test_a_renewal_for_the_same_key_interrupts_nothing(running: LocalFederation, border: Path) -> None:
    (before,) = await listed(running)
    async with calling(running, load_desk_home(border).tls) as channel:
        await admitted(running, border)
        assert await hinted(channel, analyst(running)) is None
    (after,) = await listed(running)
    assert before["fingerprint"] != after["fingerprint"]
    async with calling(running, load_desk_home(border).tls) as channel:
        assert await hinted(channel, analyst(running)) is None


async def test_who_let_a_system_in_and_shut_it_out_stands_in_the_log(running: LocalFederation, border: Path) -> None:
    (shown,) = await listed(running)
    await removed(running)
    added, out = entries(running, "system_added", "system_removed")[-2:]
    digest = shown["fingerprint"]
    assert added[0] == {"type": "system_added", "system": BORDER.uri, "certificate_digest": digest}
    assert out[0] == {"type": "system_removed", "system": BORDER.uri}
    assert added[1] == out[1] == {"user": "o.keeper"}


def test_the_authority_s_key_leaves_its_folder_in_nothing_that_is_handed_over(
    running: LocalFederation, border: Path
) -> None:
    secret = node(running).folder / "systems" / "authority.key"
    assert secret.stat().st_mode & 0o077 == 0
    middle = secret.read_bytes().splitlines()[1]
    others = [path for path in running.folder.rglob("*") if path.is_file() and path != secret]
    assert [path for path in (*others, *border.rglob("*.*")) if path.is_file() and middle in path.read_bytes()] == []
