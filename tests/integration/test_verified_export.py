"""The logs of a running federation, taken out by the command and checked by the verifier: every decision made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local import COORDINATOR
from tests.forked import run
from tests.integration.invented import ASKER, HOLDER, Scene, asked, invented_federation

pytestmark = pytest.mark.timeout(900)


async def _verified(scene: Scene, party: str) -> tuple[int, dict[str, Any]]:
    """Export a party's log with all fields opened and give what ``symbolon-verify`` says of it."""
    folder = scene.federation.folder
    file, key = folder / f"{party}.export", folder / f"{party}.key"
    key.write_text((await scene.federation.command(party, "audit", "key"))["key"], encoding="utf-8")
    await scene.federation.command(party, "audit", "export", str(file), "--open", "all", "--user", "i.auditor")
    authority = next((folder / "authority").glob("*.pem"))
    arguments = [str(file), "--key", str(key), "--authority", str(authority), "--json"]
    code, output = await run("-m", "verifier", *arguments)
    return code, json.loads(output)


async def test_every_party_s_log_of_real_queries_is_right(tmp_path: Path) -> None:
    async with invented_federation(tmp_path, 4, lambda party: None) as scene:
        for row in (scene.lists[HOLDER][0], scene.stranger):
            await scene.query(asked(row))
        for party in (ASKER, HOLDER, COORDINATOR):
            code, report = await _verified(scene, party)
            assert report["findings"] == []
            assert code == 0
            assert report["checked"]["checkpoints"] >= 1
            unchecked = [one for one in report["not_checked"] if not one.startswith("cosignatures")]
            assert unchecked == []
            if party == ASKER:
                assert report["checked"]["decisions"] == 2 * 2 + 2 * 2, "each query put to two, each answer read"
            if party == HOLDER:
                assert report["checked"]["decisions"] == 1, "of the one query that opened something"
        sent = scene.federation.folder / f"{ASKER}.export"
        assert sent.read_text(encoding="utf-8").count('"type":"witness"') == 3
