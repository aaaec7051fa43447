"""What an operator is shown of his node: every file there is; and what takes long holds nobody up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from node.auditing.house import INDEX_FILE
from node.config import NodeHome
from node.operations.agreement_calls import AgreementCalls
from node.operations.premises import files


def test_every_database_of_a_node_is_among_its_files(tmp_path: Path) -> None:
    home = NodeHome(tmp_path, cast("Any", None))
    named = [getattr(home, name) for name in dir(NodeHome) if name.endswith("_path")]
    databases = [*(path for path in named if path.suffix == ".db"), home.audit_folder / INDEX_FILE]
    for place, path in enumerate(databases):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 2**place)
        Path(f"{path}-wal").write_bytes(b"x" * 2 ** (place + 20))
    shown = {one.name: one.bytes for one in files(home)}
    assert sum(shown.values()) == sum(2**place + 2 ** (place + 20) for place in range(len(databases)))


class Records:
    """Takes its time to tell how many records there are of each kind."""

    def __init__(self) -> None:
        self.may_tell, self.asked = threading.Event(), 0

    def outline_counts(self) -> Iterator[tuple[str, int]]:
        self.asked += 1
        self.may_tell.wait(20)
        return iter(())


async def test_who_waits_for_the_rules_on_all_records_holds_no_thread() -> None:
    records = Records()
    calls = AgreementCalls(*cast("Any", (None, None, records, None, None)))
    waiting = [asyncio.create_task(calls._ruled_records()) for _ in range(100)]
    await asyncio.sleep(0.1)
    assert await asyncio.wait_for(asyncio.to_thread(lambda: "at once"), 5) == "at once"
    records.may_tell.set()
    assert await asyncio.gather(*waiting) == [()] * 100
    assert records.asked == 1
