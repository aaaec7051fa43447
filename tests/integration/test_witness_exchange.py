"""Logs witness each other, between real processes over mutual TLS: who cosigns, who catches a fork, who stops.

The holder needs the cosignature of everybody; its hours are seconds here.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local import COORDINATOR, LocalFederation
from ledger.cosigning import ask as ask_witness
from ledger.entries import Statement
from ledger.events import RecordShown
from ledger.exchange import Told
from ledger.log import Ledger
from ledger.reading import LedgerReader
from ledger.witnessing import AddCheckpoint, Refusal
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import party_tls
from symbolon.rpc.identity import Party
from symbolon.v1.witness_pb2_grpc import WitnessStub
from tests.integration.broken import assert_whole, listed, restart
from tests.integration.invented import ASKER, BYSTANDER, HOLDER, Scene
from tests.integration.witnessed import (
    PADDING,
    PARTIES,
    events,
    everybody_but,
    log_of,
    origin_of,
    second_history,
    signing_key,
    sizes,
    until,
    uri_of,
    witness_of,
    witnessed,
    witnessed_federation,
)

pytestmark = pytest.mark.timeout(400)

HUB = Party("coordinator", COORDINATOR)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Run one federation for all tests here; each leaves it whole."""
    running = witnessed_federation(tmp_path_factory.mktemp("witnesses") / "federation")
    with asyncio.Runner() as runner:
        scene = runner.run(running.__aenter__())
        yield scene
        runner.run(running.__aexit__(None, None, None))


def is_witnessed_by_all(scene: Scene, *parties: str, beyond: int = 0) -> bool:
    return all(
        size > beyond and names == everybody_but(party)
        for party, (size, names) in ((one, witnessed(scene, one)) for one in parties)
    )


def last_turn(scene: Scene) -> str:
    turns = events(scene, HOLDER, "disclosure_stopped", "disclosure_resumed")
    return str(turns[-1]["type"]) if turns else ""


async def show(scene: Scene, caller: str, called: str, witness: str, request: bytes) -> Told:
    """Show a request to a party's server as another party."""
    federation = scene.federation
    party, name = (Party.parse(uri_of(one)) for one in (called, caller))
    tls = party_tls(federation.home(caller), name)
    async with open_channel(federation.address(called), party, tls) as channel:
        return await ask_witness(WitnessStub(channel), uri_of(witness), request, "")


def request_of(log: LedgerReader, old: int, size: int) -> bytes:
    note = log.signed_head(size)
    assert note is not None
    return str(AddCheckpoint(old, log.prove_growth(old, size) if old else (), note)).encode()


async def test_every_log_is_cosigned_by_all_others_and_the_operator_and_the_auditor_see_it(scene: Scene) -> None:
    await until(lambda: is_witnessed_by_all(scene, *PARTIES))
    state = await scene.federation.command(HOLDER, "node", "status")
    assert (state["discloses"], state["stopped"], state["contradicting_logs"]) == (True, "", [])
    assert state["witnessed_at"] != "never"
    shown = await scene.federation.command(HOLDER, "audit", "checkpoint", "--witnessed")
    assert all(f"\u2014 {name} " in shown["checkpoint"] for name in everybody_but(HOLDER))
    assert sum(LedgerReader(log_of(scene, one)).verify() for one in PARTIES) > 0


async def test_a_hit_and_its_absence_make_sizes_grow_alike(scene: Scene) -> None:
    """The holder answers with a hit what the bystander answers with nothing, in every interval of some."""
    await until(lambda: is_witnessed_by_all(scene, HOLDER, BYSTANDER))
    before = {party: sizes(scene, party)[-1] for party in (HOLDER, BYSTANDER)}
    for _ in range(3):
        assert_whole(*await scene.query(listed(scene)))
    await until(lambda: all(sizes(scene, party)[-1] >= last + 3 * PADDING for party, last in before.items()))
    grown = {party: [size - last for size in sizes(scene, party) if size > last][:3] for party, last in before.items()}
    assert grown[HOLDER] == grown[BYSTANDER] == [PADDING, 2 * PADDING, 3 * PADDING]


async def test_without_its_witnesses_a_holder_discloses_nothing_and_goes_on_by_itself(scene: Scene) -> None:
    await until(lambda: is_witnessed_by_all(scene, HOLDER) and last_turn(scene) != "disclosure_stopped")
    scene.federation.running[BYSTANDER].kill()
    await until(lambda: last_turn(scene) == "disclosure_stopped")
    code, outcomes = await scene.query(listed(scene), HOLDER)
    told = outcomes[HOLDER]
    assert (told["outcome"], told["level"], code) == ("inconclusive", 0, ErrorCode.SOME_UNANSWERED.value.exit_code)
    assert "does not disclose at present" in told["explanation"]
    state = await scene.federation.command(HOLDER, "node", "status")
    assert not state["discloses"]
    assert "too few others have cosigned" in state["stopped"]
    assert "nothing is disclosed from now on" in (scene.federation.home(HOLDER) / "process.log").read_text()
    await restart(scene, BYSTANDER)
    await until(lambda: last_turn(scene) == "disclosure_resumed")
    assert_whole(*await scene.query(listed(scene)))
    stopped, resumed = events(scene, HOLDER, "disclosure_stopped", "disclosure_resumed")[-2:]
    assert (stopped["reason"], resumed["reason"]) == ("not_witnessed", "not_witnessed")


async def test_a_coordinator_that_died_takes_up_where_it_was(scene: Scene) -> None:
    await until(lambda: is_witnessed_by_all(scene, *PARTIES))
    scene.federation.running[COORDINATOR].kill()
    sized = {party: sizes(scene, party)[-1] for party in PARTIES}
    await asyncio.sleep(4)  # a round of everybody's comes to nothing
    await restart(scene, COORDINATOR)
    await until(lambda: all(is_witnessed_by_all(scene, party, beyond=sized[party]) for party in PARTIES))
    assert witness_of(scene, COORDINATOR).evidence() == []


async def test_a_request_from_an_old_size_is_told_the_right_one(scene: Scene) -> None:
    await until(lambda: is_witnessed_by_all(scene, ASKER))
    scene.federation.running[ASKER].kill()
    log = LedgerReader(log_of(scene, ASKER))
    size = sizes(scene, ASKER)[-1]
    await show(scene, ASKER, COORDINATOR, COORDINATOR, request_of(log, 0, size))
    told = await show(scene, ASKER, COORDINATOR, COORDINATOR, request_of(log, 0, size))
    assert (told.refusal, told.size) == (Refusal.OUT_OF_DATE, size)
    again = await show(scene, ASKER, COORDINATOR, COORDINATOR, request_of(log, size, size))
    assert again.cosignatures
    await restart(scene, ASKER)


async def test_nobody_is_shown_another_s_log_or_reached_around_the_coordinator(scene: Scene) -> None:
    await until(lambda: is_witnessed_by_all(scene, HOLDER))
    log = LedgerReader(log_of(scene, HOLDER))
    request = request_of(log, 0, sizes(scene, HOLDER)[-1])
    told = await show(scene, ASKER, COORDINATOR, COORDINATOR, request)
    assert told.refusal is Refusal.UNKNOWN_LOG
    for caller in (ASKER, HOLDER):
        with pytest.raises(SymbolonError) as caught:
            await show(scene, caller, BYSTANDER, BYSTANDER, request)
        assert caught.value.code is ErrorCode.NOT_PERMITTED
    told = await show(scene, COORDINATOR, BYSTANDER, ASKER, request)
    assert told.refusal is Refusal.MALFORMED


def written_on(log: Ledger, scene: Scene, party: str) -> int:
    """Write a second history on, and give the size of its signed head."""
    log.append(Statement(RecordShown(), {"record_id": "X", "user": "insider"}))
    log.sign_filled_up(PADDING, origin_of(party), signing_key(scene, party), datetime.now(UTC))
    return log.count()


async def test_a_second_history_is_caught_by_the_coordinator_before_any_member_sees_it(
    scene: Scene, tmp_path: Path
) -> None:
    """The insider has the log, the key and the certificate of the asking agency, and the coordinator is honest."""
    await until(lambda: is_witnessed_by_all(scene, ASKER))
    scene.federation.running[ASKER].kill()
    with second_history(scene, ASKER, tmp_path / "one") as one, second_history(scene, ASKER, tmp_path / "two") as two:
        seen = one.count() // PADDING * PADDING
        size = written_on(one, scene, ASKER)
        assert written_on(two, scene, ASKER) == size
        told = await show(scene, ASKER, COORDINATOR, COORDINATOR, request_of(one, seen, size))
        assert told.cosignatures, told
        told = await show(scene, ASKER, COORDINATOR, BYSTANDER, request_of(two, seen, size))
        assert told.refusal is Refusal.FORKED
        later = written_on(two, scene, ASKER)
        told = await show(scene, ASKER, COORDINATOR, BYSTANDER, request_of(two, seen, later))
        assert told.refusal is Refusal.OUT_OF_DATE  # not what the coordinator has cosigned: not handed on
        told = await show(scene, ASKER, COORDINATOR, COORDINATOR, request_of(two, size, later))
        assert told.refusal is Refusal.INCONSISTENT
    kept = {evidence.refusal for evidence in witness_of(scene, COORDINATOR).evidence()}
    assert kept == {Refusal.FORKED, Refusal.INCONSISTENT}
    assert witness_of(scene, BYSTANDER).evidence() == []
    assert {one["origin"] for one in events(scene, COORDINATOR, "log_contradicted")} == {origin_of(ASKER)}
    await restart(scene, ASKER)  # whose own log nobody cosigns any more; it witnesses those of others


async def test_with_the_coordinator_in_league_a_member_catches_what_contradicts_what_it_cosigned(
    scene: Scene, tmp_path: Path
) -> None:
    """The insider brings the second history to the members with the coordinator's own certificate."""
    await until(lambda: is_witnessed_by_all(scene, HOLDER))
    scene.federation.running[HOLDER].kill()
    with second_history(scene, HOLDER, tmp_path / "one") as one, second_history(scene, HOLDER, tmp_path / "two") as two:
        seen = one.count() // PADDING * PADDING
        size = written_on(one, scene, HOLDER)
        assert written_on(two, scene, HOLDER) == size
        told = await show(scene, COORDINATOR, BYSTANDER, BYSTANDER, request_of(one, seen, size))
        assert told.cosignatures, told
        told = await show(scene, COORDINATOR, BYSTANDER, BYSTANDER, request_of(two, size, size))
        assert told.refusal is Refusal.FORKED
    state = await scene.federation.command(BYSTANDER, "node", "status")
    assert state["contradicting_logs"] == [f"{origin_of(HOLDER)}: forked"]
    assert events(scene, BYSTANDER, "log_contradicted")[0]["refusal"] == "forked"
    log = (scene.federation.home(BYSTANDER) / "process.log").read_text()
    assert f"{origin_of(HOLDER)} is forked" in log


def _mounted(folder: Path, size: str) -> bool:
    kept = shutil.move(folder, folder.with_name("kept"))
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    mounted = shutil.which("mount") is not None and subprocess.run(mount, check=False).returncode == 0
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    return mounted


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=False, stderr=subprocess.DEVNULL)


async def test_a_holder_whose_disk_is_full_discloses_nothing_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    """A real file system of 64 MiB under the holder's data; first too little room, then none."""
    data = tmp_path / "federation" / HOLDER / "data"

    def mount(_: LocalFederation) -> None:
        if not _mounted(data, "64m"):
            pytest.skip("a file system cannot be mounted here")

    try:
        async with witnessed_federation(tmp_path / "federation", mount) as scene:
            await until(lambda: is_witnessed_by_all(scene, HOLDER))
            assert_whole(*await scene.query(listed(scene)))
            ballast = data / "ballast"
            for left in (8 * 1024 * 1024, 0):
                free = shutil.disk_usage(data).free
                with suppress(OSError):  # the node may have taken the rest in between
                    ballast.write_bytes(bytes(max(free - left, 0)))
                code, outcomes = await scene.query(listed(scene), HOLDER)
                assert (outcomes[HOLDER]["outcome"], outcomes[HOLDER]["level"]) == ("inconclusive", 0)
                assert "does not disclose at present" in outcomes[HOLDER]["explanation"]
                assert code == ErrorCode.SOME_UNANSWERED.value.exit_code
                ballast.unlink()
                await asyncio.sleep(6)
                assert_whole(*await scene.query(listed(scene)))
            assert LedgerReader(log_of(scene, HOLDER)).verify() > 0
    finally:
        _unmount(data)
