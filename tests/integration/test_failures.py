"""What an analyst is told when a party is down, slow or lying: an outcome for every node, in time, never a wrong one.

Real processes over real mutual TLS, asked by ``symbolon query --json``. The rule: a node whose word is not known is
never shown as *nothing*; the exit code is then 20, and the others' answers are not touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from coordinator.home import load_home as load_hub_home
from deploy.local import COORDINATOR, CUSTODIAN, EPOCH
from matching.envelope import MAX_SKEW
from matching.errors import ProtocolError, SealError
from node.config import load_home
from node.enrolment.index import IndexStore
from node.queries.recording import ENTRIES_OF_QUERY
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode, from_rpc_error
from symbolon.rpc.identity import Party
from symbolon.v1.envelope_pb2 import Envelope
from symbolon.v1.relay_pb2 import AnswerRequest, AnswerResponse, DeliverResponse, DeliveryFailure
from symbolon.v1.relay_pb2_grpc import ResponderStub
from tests.integration.broken import (
    QUERY_SECONDS,
    SOME_UNANSWERED,
    ask_in_time,
    ask_when_connected,
    assert_unanswered,
    assert_whole,
    entries,
    lie_of,
    listed,
    refusals,
    restart,
)
from tests.integration.crafted import Crafted, crafting
from tests.integration.invented import ASKER, BYSTANDER, HOLDER, Scene, invented_federation
from tests.integration.lying_party import CUSTODIAN_LIES, DIES, NODE_LIES, lying, telling

pytestmark = pytest.mark.timeout(400)

RECORDS = 12


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Run one federation for all tests here; each test leaves it whole."""
    folder = tmp_path_factory.mktemp("failures")
    running = invented_federation(
        folder / "federation", RECORDS, lambda party: lying(folder / party), **{"query-seconds": str(QUERY_SECONDS)}
    )
    with asyncio.Runner() as runner:
        scene = runner.run(running.__aenter__())
        yield scene
        runner.run(running.__aexit__(None, None, None))


@pytest.fixture(autouse=True)
async def _all_running_again(scene: Scene) -> AsyncIterator[None]:
    """Start what a test left dead, so that its failure is its own."""
    yield
    for party, running in list(scene.federation.running.items()):
        if running.process.poll() is not None:
            await restart(scene, party)


# A node is down, slow, or lies.


async def test_a_node_that_is_down_is_unreachable_and_answers_again_when_it_is_back(scene: Scene) -> None:
    scene.federation.running[HOLDER].kill()
    code, outcomes = await ask_in_time(scene)
    assert_unanswered(code, outcomes, HOLDER, "unreachable", "cannot reach")
    assert outcomes[BYSTANDER]["outcome"] == "nothing"
    await restart(scene, HOLDER)
    assert_whole(*await ask_when_connected(scene))


async def test_a_node_that_hangs_has_timed_out_when_the_deadline_comes(scene: Scene) -> None:
    process = scene.federation.running[HOLDER].process
    process.send_signal(signal.SIGSTOP)
    try:
        code, outcomes = await ask_in_time(scene)
    finally:
        process.send_signal(signal.SIGCONT)
    assert_unanswered(code, outcomes, HOLDER, "timed_out", "in time")
    assert outcomes[BYSTANDER]["outcome"] == "nothing"
    assert outcomes[BYSTANDER]["milliseconds"] < outcomes[HOLDER]["milliseconds"]
    assert_whole(*await ask_in_time(scene))


REFUSED = {
    "clock an hour ahead": ErrorCode.ENVELOPE_EXPIRED,
    "other normaliser": ErrorCode.NORMALISER_MISMATCH,
}
EXAMINED_BY_NOBODY = ("cannot read its index", "disk full")

GARBLED = sorted(set(NODE_LIES) - REFUSED.keys() - {"", "dies", "answers as it did before"})


@pytest.mark.parametrize("lie", GARBLED)
async def test_a_node_that_lies_or_is_broken_is_never_taken_to_say_nothing(scene: Scene, lie: str) -> None:
    with telling(lie_of(scene, HOLDER), lie):
        code, outcomes = await ask_in_time(scene)
    assert_unanswered(code, outcomes, HOLDER, "inconclusive" if lie in EXAMINED_BY_NOBODY else "invalid_reply")
    assert outcomes[BYSTANDER]["outcome"] == "nothing"


async def test_a_reply_to_an_earlier_query_is_no_answer(scene: Scene) -> None:
    with telling(lie_of(scene, HOLDER), "answers as it did before"):
        assert_whole(*await ask_in_time(scene))
        code, outcomes = await ask_in_time(scene)
    assert_unanswered(code, outcomes, HOLDER, "invalid_reply", "not for this query")


async def test_a_node_that_dies_over_the_question_is_unreachable(scene: Scene) -> None:
    with telling(lie_of(scene, HOLDER), "dies"):
        code, outcomes = await ask_in_time(scene)
    assert_unanswered(code, outcomes, HOLDER, "unreachable")
    assert scene.federation.running[HOLDER].process.wait(5) == DIES
    await restart(scene, HOLDER)
    assert_whole(*await ask_when_connected(scene))


@pytest.mark.parametrize("lie", sorted(REFUSED))
async def test_a_node_that_cannot_answer_says_so_with_its_reason(scene: Scene, lie: str) -> None:
    before = entries(scene, HOLDER)
    with telling(lie_of(scene, HOLDER), lie):
        code, outcomes = await ask_in_time(scene)
    assert_unanswered(code, outcomes, HOLDER, "refused", REFUSED[lie].value.text, REFUSED[lie].value.way_out)
    assert outcomes[BYSTANDER]["outcome"] == "nothing"
    assert entries(scene, HOLDER) in (before, before + ENTRIES_OF_QUERY)  # none where the log itself cannot be written
    assert_whole(*await ask_in_time(scene))


async def test_a_node_of_another_epoch_refuses_aloud_instead_of_missing_silently(scene: Scene) -> None:
    path = load_home(scene.federation.home(HOLDER)).federation_path
    pinned = path.read_text()
    path.write_text(json.dumps(json.loads(pinned) | {"epoch": "2025-9"}))
    try:
        await restart(scene, HOLDER)
        code, outcomes = await ask_when_connected(scene)
        assert_unanswered(code, outcomes, HOLDER, "refused", "epochs differ", "enrol")
    finally:
        path.write_text(pinned)
        await restart(scene, HOLDER)
    assert_whole(*await ask_when_connected(scene))


async def test_a_node_that_has_not_enrolled_its_list_refuses_aloud_instead_of_missing_everybody(scene: Scene) -> None:
    home = load_home(scene.federation.home(HOLDER))
    with IndexStore(home.index_path) as index:
        profile = index.made_from(EPOCH)
        assert profile is not None
        try:
            _mark(home.index_path, "normaliser", "1-before-the-update")
            code, outcomes = await ask_in_time(scene)
            assert_unanswered(code, outcomes, HOLDER, "refused", "not enrolled")
        finally:
            _mark(home.index_path, "normaliser", profile.normaliser)
        try:
            _mark(home.index_path, "budgets", "[99.0]")
            code, outcomes = await ask_in_time(scene)
            assert_unanswered(code, outcomes, HOLDER, "refused", "not enrolled")
        finally:
            _mark(home.index_path, "budgets", json.dumps(profile.budgets))
    assert_whole(*await ask_in_time(scene))
    home.index_path.rename(home.index_path.with_suffix(".lost"))
    try:
        await restart(scene, HOLDER)
        code, outcomes = await ask_when_connected(scene)
        assert_unanswered(code, outcomes, HOLDER, "refused", "symbolon node enrol")
    finally:
        await scene.federation.command(HOLDER, "node", "enrol")
    assert_whole(*await ask_when_connected(scene))


def _mark(path: Path, column: str, value: str) -> None:
    """Make the whole index seem to be made from something else."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(f"UPDATE marker SET {column} = ?", (value,))  # noqa: S608  # a column of ours
        database.commit()


# The coordinator is down, dies in the middle, or lies.


async def test_a_coordinator_killed_in_the_middle_leaves_the_answers_that_came_and_no_others(scene: Scene) -> None:
    slow = scene.federation.running[BYSTANDER].process
    slow.send_signal(signal.SIGSTOP)
    try:
        asking = asyncio.create_task(ask_in_time(scene))
        await relayed(scene)
        scene.federation.running[COORDINATOR].kill()
        code, outcomes = await asking
    finally:
        slow.send_signal(signal.SIGCONT)
    assert_unanswered(code, outcomes, BYSTANDER, "unreachable", "the coordinator did not deliver")
    assert outcomes[HOLDER]["outcome"] == "hit"
    code, outcomes = await ask_in_time(scene)
    assert {outcome["outcome"] for outcome in outcomes.values()} == {"unreachable"}
    assert (len(outcomes), code) == (2, SOME_UNANSWERED)
    await restart(scene, COORDINATOR)
    assert_whole(*await ask_when_connected(scene))


async def relayed(scene: Scene) -> None:
    """Wait until the asker has written the holder's answer of a query that is still under way."""
    before = entries(scene, ASKER)
    for _ in range(20 * QUERY_SECONDS):
        if entries(scene, ASKER) >= before + 2:  # the query, and the holder's answer
            return
        await asyncio.sleep(0.05)
    raise AssertionError("no answer came")


async def test_a_coordinator_that_hangs_leaves_every_node_timed_out_at_the_deadline(scene: Scene) -> None:
    process = scene.federation.running[COORDINATOR].process
    process.send_signal(signal.SIGSTOP)
    try:
        code, outcomes = await ask_in_time(scene)
    finally:
        process.send_signal(signal.SIGCONT)
    for party in (HOLDER, BYSTANDER):
        assert_unanswered(code, outcomes, party, "timed_out", "the coordinator did not deliver")
    assert_whole(*await ask_when_connected(scene))


@pytest.mark.parametrize(
    ("lie", "outcome"),
    [
        ("swaps the replies", "invalid_reply"),
        ("withholds the outcomes", "unreachable"),
        ("delivers twice", "invalid_reply"),
    ],
)
async def test_a_coordinator_that_lies_makes_no_false_answer(scene: Scene, lie: str, outcome: str) -> None:
    with telling(lie_of(scene, COORDINATOR), lie):
        code, outcomes = await ask_in_time(scene)
    for party in (HOLDER, BYSTANDER):
        assert_unanswered(code, outcomes, party, outcome)


async def test_a_coordinator_that_gives_earlier_replies_makes_no_false_answer(scene: Scene) -> None:
    with telling(lie_of(scene, COORDINATOR), "gives earlier replies"):
        assert_whole(*await ask_in_time(scene))
        code, outcomes = await ask_in_time(scene)
    for party in (HOLDER, BYSTANDER):
        assert_unanswered(code, outcomes, party, "invalid_reply", "not for this query")


async def test_a_coordinator_whose_log_cannot_be_written_delivers_nothing(scene: Scene) -> None:
    before = entries(scene, HOLDER)
    with telling(lie_of(scene, COORDINATOR), "disk full"):
        code, outcomes = await ask_in_time(scene)
    for party in (HOLDER, BYSTANDER):
        assert_unanswered(code, outcomes, party, "refused", ErrorCode.LOG_NOT_WRITABLE.value.text)
    assert entries(scene, HOLDER) == before


# The custodian lies or is down; the asker's own log cannot be written.


@pytest.mark.parametrize("lie", sorted(set(CUSTODIAN_LIES) - {""}))
async def test_a_custodian_that_does_not_evaluate_with_the_pinned_key_ends_the_query_before_it_leaves(
    scene: Scene, lie: str
) -> None:
    before = entries(scene, HOLDER)
    with telling(lie_of(scene, CUSTODIAN), lie):
        code, outcomes = await ask_in_time(scene)
    assert (code, outcomes["error"]["code"], len(outcomes)) == (16, "custodian_dishonest", 1)
    assert entries(scene, HOLDER) == before


async def test_without_the_custodian_the_query_is_not_put_and_says_so(scene: Scene) -> None:
    scene.federation.running[CUSTODIAN].kill()
    code, outcomes = await ask_in_time(scene)
    assert (code, outcomes["error"]["code"], len(outcomes)) == (6, "unreachable", 1)
    await restart(scene, CUSTODIAN)
    assert_whole(*await ask_when_connected(scene))


async def test_an_asker_whose_log_cannot_be_written_asks_nobody(scene: Scene) -> None:
    before = entries(scene, HOLDER)
    with telling(lie_of(scene, ASKER), "disk full"):
        code, outcomes = await ask_in_time(scene)
    assert (code, outcomes["error"]["code"], len(outcomes)) == (19, "log_not_writable", 1)
    assert entries(scene, HOLDER) == before


async def test_an_answer_that_cannot_be_logged_is_not_shown(scene: Scene) -> None:
    with telling(lie_of(scene, ASKER), "disk full in the middle"):
        code, outcomes = await ask_in_time(scene)
    assert (code, outcomes["error"]["code"], len(outcomes)) == (19, "log_not_writable", 1)
    assert_whole(*await ask_in_time(scene))


# An asker or a hub misuses an envelope.


async def test_an_envelope_sent_again_is_answered_to_nobody_also_after_a_power_cut(scene: Scene) -> None:
    async with crafting(scene) as asker:
        crafted = asker.craft(HOLDER, listed(scene))
        assert asker.read(crafted, await asker.ask(crafted)).level == 2
        with pytest.raises(SealError):
            asker.read(crafted, await asker.ask(crafted))
        await restart(scene, HOLDER)
        async with as_hub(scene) as node:
            answer = await node.Answer(request(crafted), timeout=5)
        with pytest.raises(SealError):
            asker.read(crafted, delivery_of(answer))
    assert refusals(scene, HOLDER)[-2:] == ["replayed", "replayed"]
    assert_whole(*await ask_when_connected(scene))


@contextlib.asynccontextmanager
async def as_hub(scene: Scene) -> AsyncIterator[Any]:
    """Call the holder's node as the hub, with the hub's own certificate."""
    home = load_home(scene.federation.home(HOLDER))
    tls = load_hub_home(scene.federation.home(COORDINATOR)).tls
    async with open_channel(home.settings.address, Party.agency(HOLDER), tls) as channel:
        yield ResponderStub(channel)


def request(crafted: Crafted) -> AnswerRequest:
    """Put an envelope into a request."""
    return AnswerRequest(envelope=Envelope(query=crafted.query.to_bytes()))


def delivery_of(answer: AnswerResponse) -> DeliverResponse:
    """Give a node's answer as the hub would pass it on."""
    return DeliverResponse(recipient=Party.agency(HOLDER).uri, reply=answer.reply)


async def refused(scene: Scene, crafted: Crafted) -> ErrorCode:
    """Deliver straight to the node, past the hub's own checks, and give the code it refuses with."""
    async with as_hub(scene) as node:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await node.Answer(request(crafted), timeout=5)
    return from_rpc_error(caught.value).code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"issued_at": -400, "expires_at": -MAX_SKEW - 1}, ErrorCode.ENVELOPE_EXPIRED),
        ({"issued_at": MAX_SKEW + 60, "expires_at": MAX_SKEW + 90}, ErrorCode.ENVELOPE_EXPIRED),
        ({"epoch": "2025-9"}, ErrorCode.EPOCH_MISMATCH),
        ({"normaliser_version": "1-other"}, ErrorCode.NORMALISER_MISMATCH),
    ],
    ids=["expired", "from the future", "another epoch", "another normaliser"],
)
async def test_what_the_public_header_decides_is_refused_aloud(
    scene: Scene, changed: dict[str, Any], code: ErrorCode
) -> None:
    now = int(time.time())
    absolute: dict[str, Any] = {
        name: now + value if isinstance(value, int) else value for name, value in changed.items()
    }
    async with crafting(scene) as asker:
        crafted = asker.craft(HOLDER, listed(scene), **absolute)
        assert await refused(scene, crafted) == code
        if code is ErrorCode.ENVELOPE_EXPIRED:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await asker.ask(crafted)
            assert from_rpc_error(caught.value).code is code
        else:
            delivery = await asker.ask(crafted)
            assert delivery.failure == DeliveryFailure.DELIVERY_FAILURE_REFUSED
            assert delivery.error_code == code.code


async def test_bytes_that_are_no_envelope_get_a_reply_of_the_same_size_that_nobody_can_read(scene: Scene) -> None:
    async with crafting(scene) as asker, as_hub(scene) as node:
        crafted = asker.craft(HOLDER, listed(scene))
        honest = await node.Answer(request(crafted), timeout=5)
        for received in (b"", b"\0" * 100, crafted.query.to_bytes()[:-1], crafted.query.to_bytes() + b"\0"):
            garbled = await node.Answer(AnswerRequest(envelope=Envelope(query=received)), timeout=5)
            assert len(garbled.SerializeToString()) == len(honest.SerializeToString())
            with pytest.raises(ProtocolError):
                asker.read(crafted, delivery_of(garbled))
    assert refusals(scene, HOLDER)[-4:] == ["malformed_envelope"] * 4
