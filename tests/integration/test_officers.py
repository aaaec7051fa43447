"""Only an officer with the role asks at a desk: real processes, real keys, and no key anywhere but in its file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from deploy.agreement import CASE_OPTIONS, EVERY_CASE, EVERY_PURPOSE
from deploy.local import ANALYST, LocalFederation
from ledger.reading import LedgerReader
from node.config import NodeHome, load_home
from node.desk.client import DeskClient
from node.desk.room import MOST_OF_OFFICER
from node.officers.key import KEY_ENTRY, NAME_ENTRY, OfficerKey, load_key
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError, from_rpc_error
from symbolon.rpc.server import MESSAGE_SECONDS
from symbolon.v1.batches_pb2 import PrepareBatchRequest
from symbolon.v1.batches_pb2_grpc import BatchesStub
from symbolon.v1.desk_pb2 import QueryRequest
from symbolon.v1.desk_pb2_grpc import DeskStub
from tests.integration.commands import CommandedFederation
from tests.integration.federation import command, environment

pytestmark = pytest.mark.timeout(240)

AGENCY = "AA-ASK"
PERSON = {"names": ["Zhavilto Quorlvex"], "dob": ["1975-03-02"], "nationality": ["MD"]}
OPTIONS = (
    "--name",
    "Zhavilto Quorlvex",
    "--born",
    "1975-03-02",
    "--nationality",
    "MD",
    "--purpose",
    EVERY_PURPOSE,
    *CASE_OPTIONS,
)
SEEN_SECONDS = 2.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    """Run two nodes whose lists are empty: what is asked here is who may ask."""
    with (
        asyncio.Runner() as runner,
        CommandedFederation(
            tmp_path_factory.mktemp("officers"), {AGENCY: "Asking", "BB-HOLD": "Holding"}
        ) as federation,
    ):
        runner.run(federation.prepare())
        runner.run(federation.start_hub())
        runner.run(federation.start_nodes())
        yield federation


async def ask(federation: LocalFederation, key: OfficerKey | None) -> ErrorCode | None:
    """Put a query at the desk; give the error of the desk, or None when the query was put."""
    async with DeskClient(load_home(federation.home(AGENCY)), key) as desk:
        try:
            reasons = {"purpose": EVERY_PURPOSE, "legal_basis": "article 1", "case_reference": "1"}
            async for _ in desk.query(PERSON, **reasons, justification=EVERY_CASE):
                pass
        except SymbolonError as error:
            return error.code
    return None


def refusals(federation: LocalFederation) -> list[tuple[str, dict[str, str]]]:
    """Give the reason and the opened personal fields of each refusal in the log, in order."""
    reader = LedgerReader(load_home(federation.home(AGENCY)).ledger_path)
    return [
        (entry.event.reason, {one.name: one.value for one in reader.openings(entry.number)})
        for entry in reader.entries()
        if entry.event.type == "officer_refused"
    ]


def command_lines() -> set[bytes]:
    """Give the command line of every process of the machine, as anybody on it may read them."""
    lines = set()
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.add(one.read_bytes())
    return lines


async def run(federation: LocalFederation, *arguments: str, **variables: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command(*arguments, "--home", str(federation.home(AGENCY))),
        env=environment() | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, " ".join(output.decode().split())


async def test_an_analyst_asks_and_the_log_names_the_officer_and_not_who_types(running: LocalFederation) -> None:
    key = running.officer_key(AGENCY)
    code, output = await run(
        running, "query", *OPTIONS, "--legal-basis", "article 1", "--case", "1", SYMBOLON_OFFICER_KEY=str(key)
    )
    assert code in (0, ErrorCode.SOME_UNANSWERED.value.exit_code), output
    reader = LedgerReader(load_home(running.home(AGENCY)).ledger_path)
    sent = [entry for entry in reader.entries() if entry.event.type == "query_sent"]
    assert {one.value for one in reader.openings(sent[-1].number) if one.name == "user"} == {ANALYST}


async def test_a_case_is_saved_changed_and_closed_by_command_and_only_by_who_may_query(
    running: LocalFederation,
) -> None:
    def at(key: Path) -> tuple[str, str]:
        return "--officer-key", str(key)

    async def investigation(*arguments: str) -> dict[str, Any]:
        return await running.command(AGENCY, "investigation", *arguments, *at(running.officer_key(AGENCY)))

    stated = ("--case", "2026/300", "--purpose", EVERY_PURPOSE, *CASE_OPTIONS, "--legal-basis")
    saved = await investigation("save", *stated, "article 1")
    changed = await investigation("save", *stated, "article 2", "--change", saved["name"])
    assert (changed["name"], changed["legal_basis"], changed["opened_by"]) == (saved["name"], "article 2", ANALYST)
    assert await investigation("show", saved["name"]) == changed
    assert (await investigation("close", saved["name"]))["closed_at"]
    assert (await investigation("list"))["investigations"] == []
    assert [one["name"] for one in (await investigation("list", "--all"))["investigations"]] == [saved["name"]]
    supervisor = await running.add_officer(AGENCY, "s.pervisor", "supervisor")
    code, _ = await run(running, "investigation", "save", *stated, "article 1", *at(supervisor))
    assert code == ErrorCode.ROLE_MISSING.value.exit_code


async def test_without_a_proof_nobody_asks_and_each_failure_reads_the_same(running: LocalFederation) -> None:
    key = load_key(running.officer_key(AGENCY))
    gone = load_key(await running.add_officer(AGENCY, "d.gone", "analyst"))
    await running.command(AGENCY, "node", "officer", "disable", "d.gone")
    before = len(refusals(running))
    took, seen = {}, set()
    for kind, presented in {
        "none": None,
        "unknown": OfficerKey("c.nobody", key.key),
        "key": OfficerKey(ANALYST, bytes(32)),
        "disabled": gone,
    }.items():
        started = time.monotonic()
        seen.add(await ask(running, presented))
        took[kind] = time.monotonic() - started
    assert seen == {ErrorCode.OFFICER_UNKNOWN}
    assert max(took.values()) - min(took.values()) < SEEN_SECONDS, took
    assert refusals(running)[before:] == [
        ("unknown", {}),
        ("unknown", {}),
        ("key", {"officer": ANALYST}),
        ("disabled", {"officer": "d.gone"}),
    ]


async def test_the_bytes_of_a_refusal_do_not_tell_what_was_wrong(running: LocalFederation) -> None:
    home = load_home(running.home(AGENCY))
    right = load_key(running.officer_key(AGENCY))
    proofs: list[tuple[tuple[str, str | bytes], ...]] = [
        (),
        ((NAME_ENTRY, "n.obody"), (KEY_ENTRY, right.key)),
        ((NAME_ENTRY, ANALYST), (KEY_ENTRY, bytes(32))),
        ((NAME_ENTRY, ANALYST), (KEY_ENTRY, right.key[:31])),
        ((NAME_ENTRY, ANALYST), (KEY_ENTRY, right.key), (NAME_ENTRY, "second")),
        ((NAME_ENTRY, ANALYST.upper()), (KEY_ENTRY, right.key)),
        ((NAME_ENTRY, ANALYST),),
    ]
    told = set()
    async with open_channel(home.settings.address, home.party, home.tls) as channel:
        for proof in proofs:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                async for _ in DeskStub(channel).Query(QueryRequest(), timeout=30, metadata=proof):
                    pass
            told.add((caught.value.code(), caught.value.details(), tuple(caught.value.trailing_metadata() or ())))
    assert len(told) == 1


async def test_a_disabled_officer_is_out_of_a_running_node_and_back_with_a_new_key_only(
    running: LocalFederation, tmp_path: Path
) -> None:
    path = await running.add_officer(AGENCY, "e.leaver", "analyst")
    old, new = load_key(path), tmp_path / "new.key"
    assert await ask(running, old) is None
    await running.command(AGENCY, "node", "officer", "disable", "e.leaver")
    assert await ask(running, old) is ErrorCode.OFFICER_UNKNOWN
    await running.command(AGENCY, "node", "officer", "rotate-key", "e.leaver", "--key-file", str(new))
    assert await ask(running, old) is ErrorCode.OFFICER_UNKNOWN
    assert await ask(running, load_key(new)) is None


async def test_an_officer_without_the_role_is_refused_until_he_has_it(running: LocalFederation) -> None:
    key = load_key(await running.add_officer(AGENCY, "f.judge", "judge", "supervisor"))
    assert await ask(running, key) is ErrorCode.ROLE_MISSING
    assert refusals(running)[-1] == ("role", {"officer": "f.judge"})
    await running.command(AGENCY, "node", "officer", "change", "f.judge", "--role", "analyst")
    assert await ask(running, key) is None


async def test_a_right_key_does_not_wait_for_those_who_fail_in_the_same_name(running: LocalFederation) -> None:
    key = load_key(await running.add_officer(AGENCY, "g.target", "analyst"))
    wrong = OfficerKey("g.target", bytes(32))
    failing = [asyncio.create_task(ask(running, wrong)) for _ in range(30)]
    await asyncio.sleep(1)
    started = time.monotonic()
    assert await ask(running, key) is None
    took = time.monotonic() - started
    codes = await asyncio.gather(*failing)
    assert took < 6
    assert set(codes) == {ErrorCode.OFFICER_UNKNOWN, ErrorCode.BUSY}
    assert refusals(running)[-1] == ("key", {"officer": "g.target"})


async def upload_without_end(home: NodeHome, key: OfficerKey) -> tuple[ErrorCode, float]:
    """Begin to send a list and send no more of it; give how the desk ends that, and after how many seconds."""

    async def parts() -> AsyncIterator[PrepareBatchRequest]:
        yield PrepareBatchRequest()
        await asyncio.sleep(60)

    began = time.monotonic()
    async with open_channel(home.settings.address, home.party, home.tls) as channel:
        try:
            await BatchesStub(channel).PrepareBatch(parts(), timeout=60, metadata=key.metadata)
        except grpc.RpcError as error:
            return from_rpc_error(error).code, time.monotonic() - began
    raise AssertionError("a list without an end was taken")


async def test_uploads_that_send_nothing_leave_room_for_others_and_end(running: LocalFederation) -> None:
    home, key = load_home(running.home(AGENCY)), load_key(running.officer_key(AGENCY))
    other = load_key(await running.add_officer(AGENCY, "h.other", "analyst"))
    hanging = [asyncio.create_task(upload_without_end(home, key)) for _ in range(MOST_OF_OFFICER + 8)]
    await asyncio.wait(hanging, timeout=5)
    assert await ask(running, key) is ErrorCode.BUSY
    assert await ask(running, other) is None
    assert (await running.command(AGENCY, "node", "status"))["member"] == f"symbolon://agency/{AGENCY}"
    ends = await asyncio.gather(*hanging)
    assert Counter(code for code, _ in ends) == {ErrorCode.TIMED_OUT: MOST_OF_OFFICER, ErrorCode.BUSY: 8}
    assert max(seconds for _, seconds in ends) < 3 * MESSAGE_SECONDS
    assert await ask(running, key) is None


async def test_the_state_of_the_node_takes_no_officer(running: LocalFederation) -> None:
    assert (await running.command(AGENCY, "node", "status"))["member"] == f"symbolon://agency/{AGENCY}"


async def test_changes_are_in_the_log_with_names_as_commitments(running: LocalFederation, tmp_path: Path) -> None:
    home = load_home(running.home(AGENCY))
    name, authority = "h.logged", "Unit 7"
    officer = ("node", "officer")
    await running.command(
        AGENCY, *officer, "add", name, *("--role", "judge", "--key-file", str(tmp_path / "1"), "--user", "op")
    )
    await running.command(AGENCY, *officer, "change", name, "--authority", authority, "--user", "op")
    await running.command(AGENCY, *officer, "disable", name, "--user", "op")
    await running.command(AGENCY, *officer, "rotate-key", name, "--key-file", str(tmp_path / "2"), "--user", "op")
    reader = LedgerReader(home.ledger_path)
    last = list(reader.entries())[-4:]
    assert [entry.event.type for entry in last] == [
        "officer_added",
        "officer_changed",
        "officer_disabled",
        "officer_changed",
    ]
    for entry in last:
        assert name not in json.dumps(entry.to_json())
        assert {one.name: one.value for one in reader.openings(entry.number)} == {"officer": name, "user": "op"}
    added, changed, _, rotated = (entry.event.model_dump() for entry in last)
    assert added == {"type": "officer_added", "roles": ("judge",), "authority": ""}
    assert (changed["authority"], changed["new_key"], changed["active"]) == (authority, False, True)
    assert (rotated["authority"], rotated["new_key"], rotated["active"]) == (authority, True, True)


async def test_the_list_tells_who_may_do_what(running: LocalFederation) -> None:
    listed = await running.command(AGENCY, "node", "officer", "list")
    named = {officer["name"]: officer for officer in listed["officers"]}
    assert (named[ANALYST]["roles"], named[ANALYST]["active"]) == (["analyst"], True)
    assert listed["may"]["query"] == ["analyst"]
    assert not any("key" in field for officer in listed["officers"] for field in officer)


async def test_a_refused_command_leaves_no_key_behind(running: LocalFederation, tmp_path: Path) -> None:
    path = tmp_path / "key"
    for arguments in (
        ("add", ANALYST, "--role", "analyst"),
        ("add", "i.new", "--role", "emperor"),
        ("add", "i.new"),
        ("add", "I.New", "--role", "analyst"),
        ("rotate-key", "n.obody"),
    ):
        code, output = await run(running, "node", "officer", *arguments, "--key-file", str(path))
        assert code != 0, output
        assert "What to do:" in output
        assert not path.exists()
    assert await ask(running, load_key(running.officer_key(AGENCY))) is None


async def test_a_query_without_a_key_says_what_to_do(running: LocalFederation) -> None:
    code, output = await run(running, "query", *OPTIONS, "--legal-basis", "article 1", "--case", "1")
    assert code == ErrorCode.INVALID_INPUT.value.exit_code
    assert "symbolon node officer add" in output


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="command lines are read from /proc")
async def test_no_key_is_in_any_file_log_output_or_command_line(running: LocalFederation) -> None:
    """Ask rightly and wrongly while looking at the command line, then search everything that any party keeps."""
    path = running.officer_key(AGENCY)
    key, wrong = load_key(path), OfficerKey(ANALYST, bytes(range(100, 132)))
    asking = asyncio.create_task(
        run(running, "query", *OPTIONS, "--legal-basis", "l", "--case", "1", "--officer-key", str(path))
    )
    lines: set[bytes] = set()
    while not asking.done():
        lines |= await asyncio.to_thread(command_lines)
        await asyncio.sleep(0.02)
    _, output = await asking
    assert any(b"--officer-key" in line and str(path).encode() in line for line in lines)
    assert await ask(running, wrong) is ErrorCode.OFFICER_UNKNOWN
    kept: dict[str, Any] = {str(one): one.read_bytes() for one in running.folder.rglob("*") if one.is_file()}
    held = [name for name, content in kept.items() if key.key.hex().encode() in content]
    assert held == [str(path)]
    logs = b"".join(content for name, content in kept.items() if name.endswith("process.log"))
    assert b"Desk/Query" in logs
    assert ANALYST.encode() not in logs
    for secret in (key.key, wrong.key):
        for form in (secret, secret.hex().encode(), repr(secret).encode()[2:-1]):
            assert not any(form in line for line in lines)
            assert form not in output.encode()
            assert not [name for name, content in kept.items() if form in content and name != str(path)]
