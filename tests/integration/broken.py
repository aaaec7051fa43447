"""Asking a federation in which something is broken, and what may then be shown: used by `test_failures`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ledger.log import Ledger
from node.config import load_home
from symbolon.rpc.errors import ErrorCode
from tests.integration.invented import BYSTANDER, HOLDER, Row, Scene, asked

QUERY_SECONDS = 4
SOME_UNANSWERED = ErrorCode.SOME_UNANSWERED.value.exit_code
LATEST = QUERY_SECONDS + 2
"""Seconds after which every outcome is known: the deadline of the relay, and room for a busy machine."""

HANGS = 60
"""Seconds after which a command hangs, however slowly a busy machine starts it."""

Outcomes = dict[str, dict[str, Any]]


def lie_of(scene: Scene, party: str) -> Path:
    """Name the file that says how a party misbehaves."""
    return scene.federation.folder.parent / party


def listed(scene: Scene) -> Row:
    """Give the person whom the holder lists."""
    return asked(scene.lists[HOLDER][0])


async def ask_in_time(scene: Scene, *to: str) -> tuple[int, Outcomes]:
    """Ask for the listed person; fail if an outcome comes later than the deadline, or the command never ends."""
    async with asyncio.timeout(HANGS):
        code, outcomes = await scene.query(listed(scene), *to)
    assert all(outcome.get("milliseconds", 0) < 1000 * LATEST for outcome in outcomes.values())
    return code, outcomes


async def ask_when_connected(scene: Scene) -> tuple[int, Outcomes]:
    """Ask until every party is connected to again; every attempt before is told as a failure, never as nothing."""
    for _ in range(10):
        code, outcomes = await ask_in_time(scene)
        told = {name: outcome.get("outcome", outcome.get("code")) for name, outcome in outcomes.items()}
        if "unreachable" not in told.values():
            break
        assert code != 0
        assert told.get(HOLDER) != "nothing"
        await asyncio.sleep(0.5)
    return code, outcomes


async def restart(scene: Scene, party: str) -> None:
    """Kill a party as a power cut would, if it still runs, and start it again."""
    running = scene.federation.running.pop(party)
    running.kill()
    running.stop()
    await scene.federation.start(party)


def assert_whole(code: int, outcomes: Outcomes) -> None:
    """Check the answers of a federation in which nothing is wrong."""
    assert (outcomes[HOLDER]["outcome"], outcomes[BYSTANDER]["outcome"], code) == ("hit", "nothing", 0)


def assert_unanswered(code: int, outcomes: Outcomes, party: str, outcome: str, *words: str) -> None:
    """Check that one node's word is unknown, that the analyst is told why, and that no match is excluded."""
    told = outcomes[party]
    assert (told["outcome"], told["level"], told["candidates"], code) == (outcome, 0, [], SOME_UNANSWERED), told
    for word in words:
        assert word in told["explanation"]
    assert told["explanation"]


def refusals(scene: Scene, party: str) -> list[str]:
    """Give the reasons a node wrote into its own log for refusing, in order."""
    with Ledger(load_home(scene.federation.home(party)).ledger_path) as ledger:
        return [entry.event.reason for entry in ledger.entries() if entry.event.type == "query_refused"]


def entries(scene: Scene, party: str) -> int:
    """Count the entries of a node's log."""
    with Ledger(load_home(scene.federation.home(party)).ledger_path) as ledger:
        return ledger.count()
