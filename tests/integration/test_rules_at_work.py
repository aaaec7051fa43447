"""Agreements and rules on records at running nodes: what is changed at one of them holds for the question under way."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agreements.stages import ReferralState
from coordinator.home import load_home as load_hub_home
from deploy.local import COORDINATOR
from ledger.log import Ledger
from node.cases.allowance import last_told
from node.cases_file import open_cases
from node.config import load_home
from tests.integration.invented import ASKER, BYSTANDER, HOLDER, USER, Row, Scene, asked, invented_federation
from tests.unit import kept_files

pytestmark = pytest.mark.timeout(300)

AGREEMENT = "demonstration"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Run one federation for all tests here; each test leaves it whole."""
    folder = tmp_path_factory.mktemp("rules")
    with asyncio.Runner() as runner:
        running = invented_federation(folder / "federation", 4, lambda party: None)
        scene = runner.run(running.__aenter__())
        yield scene
        runner.run(running.__aexit__(None, None, None))


async def _ask(scene: Scene, row: Row) -> dict[str, Any]:
    _, outcomes = await scene.query(asked(row), HOLDER)
    return outcomes[HOLDER]


async def _import(scene: Scene, row: Row) -> None:
    path = scene.federation.folder / "change.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    await scene.federation.command(HOLDER, "node", "import", str(path))


def _relayed(scene: Scene) -> int:
    """Count the queries that the hub has begun to deliver."""
    with Ledger(load_hub_home(scene.federation.home(COORDINATOR)).ledger_path) as ledger:
        return sum(entry.event.type == "query_relayed" for entry in ledger.entries())


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come to it")


async def test_a_hit_is_noted_on_both_sides_and_what_is_left_of_the_quota_is_told(scene: Scene) -> None:
    row = scene.lists[HOLDER][0]
    first, second = await _ask(scene, row), await _ask(scene, row)
    assert (first["outcome"], first["level"]) == ("hit", 2)
    assert first["left_today"] - second["left_today"] == 1
    assert first["left_this_year"] - second["left_this_year"] == first["left_in_case"] - second["left_in_case"] == 1
    references = {one["candidates"][0]["reference"] for one in (first, second)}
    with open_cases(load_home(scene.federation.home(ASKER)).cases_path) as cases:
        noted = [one for one in kept_files.cases(cases.connection) if one.reference in references]
        told_left = last_told(cases.connection, noted[0].member, noted[0].agreement)
    assert told_left is not None  # so that the case shows what may be asked for before anything is
    left = (told_left.requests_today, told_left.emergencies_this_month)
    assert left == (second["requests_left_today"], second["emergencies_left_this_month"])
    with open_cases(load_home(scene.federation.home(HOLDER)).cases_path) as cases:
        told = [one for one in kept_files.referrals(cases.connection) if one.reference in references]
    assert {one.reference for one in noted} == {one.reference for one in told} == references
    assert {one.record_id for one in told} == {row["record_id"]}
    assert {one.asked.user for one in (*noted, *told)} == {USER}
    assert noted[0].asked == told[0].asked


async def test_a_change_of_a_record_s_rules_holds_for_the_next_query_without_enrolment(scene: Scene) -> None:
    row = scene.lists[HOLDER][1]
    assert (await _ask(scene, row))["outcome"] == "hit"
    await _import(scene, {**row, "rules": {"barred": [ASKER]}})
    assert (await _ask(scene, row))["outcome"] == "nothing"
    await _import(scene, {**row, "rules": {"category": "discreet_check"}})
    assert (await _ask(scene, row))["outcome"] == "nothing"
    with open_cases(load_home(scene.federation.home(HOLDER)).cases_path) as cases:
        silent = [one for one in kept_files.referrals(cases.connection) if one.state is ReferralState.SILENT]
    assert [one.record_id for one in silent] == [row["record_id"]]
    await _import(scene, row)
    assert (await _ask(scene, row))["outcome"] == "hit"


async def test_what_is_suspended_while_a_question_is_under_way_is_not_shown(scene: Scene) -> None:
    row, before = scene.lists[HOLDER][2], _relayed(scene)
    process = scene.federation.running[HOLDER].process
    process.send_signal(signal.SIGSTOP)
    try:
        asking = asyncio.create_task(_ask(scene, row))
        await _until(lambda: _relayed(scene) > before)
        await scene.federation.command(ASKER, "agreement", "suspend", AGREEMENT, "--reason", "a test")
    finally:
        process.send_signal(signal.SIGCONT)
    outcome = await asking
    assert (outcome["outcome"], outcome["level"], outcome["candidates"]) == ("lapsed", 0, [])
    assert "suspended, ended or replaced" in outcome["explanation"]
    _, outcomes = await scene.query(asked(row))
    assert [outcomes[one]["outcome"] for one in (BYSTANDER, HOLDER)] == ["not_asked"] * 2
    await scene.federation.command(ASKER, "agreement", "resume", AGREEMENT, "--reason", "a test")
