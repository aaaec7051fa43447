"""A hub that hangs when the asker's view of the directory has grown old, and who is named when one cannot be reached.

Both waits for the hub, for its directory and for its relay, must fit into one query.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from deploy.local import COORDINATOR, CUSTODIAN
from node.queries.asking import relay_seconds
from tests.integration.broken import (
    QUERY_SECONDS,
    ask_in_time,
    ask_when_connected,
    assert_unanswered,
    assert_whole,
    restart,
)
from tests.integration.invented import ASKER, BYSTANDER, HOLDER, invented_federation

pytestmark = pytest.mark.timeout(400)


async def test_a_hub_that_hangs_from_the_directory_on_leaves_an_outcome_for_every_node(tmp_path: Path) -> None:
    settings = {"query-seconds": str(QUERY_SECONDS)}
    async with invented_federation(tmp_path / "federation", 2, lambda party: None, **settings) as scene:
        assert_whole(*await ask_when_connected(scene))
        await restart(scene, ASKER)  # which has to ask for the directory before its first query
        process = scene.federation.running[COORDINATOR].process
        process.send_signal(signal.SIGSTOP)
        try:
            code, outcomes = await ask_in_time(scene)
        finally:
            process.send_signal(signal.SIGCONT)
        for party in (HOLDER, BYSTANDER):
            assert_unanswered(code, outcomes, party, "timed_out", "the coordinator did not deliver")
        assert_whole(*await ask_when_connected(scene))
        scene.federation.running[CUSTODIAN].kill()
        code, outcomes = await ask_in_time(scene)
        named = f"the custodian symbolon://custodian/{CUSTODIAN} at {scene.federation.address(CUSTODIAN)}"
        assert (outcomes["error"]["code"], outcomes["error"]["detail"]) == ("unreachable", named)


@pytest.mark.parametrize(
    ("setting", "remaining", "given"), [(20.0, 30.0, 20.0), (20.0, 18.0, 17.0), (20.0, 0.5, 0.1), (4.0, -1.0, 0.1)]
)
def test_the_relay_ends_before_the_call_it_serves(setting: float, remaining: float, given: float) -> None:
    assert relay_seconds(setting, remaining) == given
