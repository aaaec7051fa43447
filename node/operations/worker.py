"""The process that imports a list or enrols: ``python -m node.operations.worker``, started by `workshop`.

It reads one line from its standard input, the order and the node's folder as JSON, and writes lines of JSON: how far it
is, and last what came of it. It is killed as an import at the command line may be: what it committed stays, and the
next one goes on behind it. When the node that started it is gone it can write no more, and ends with its next batch.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger.log import Ledger
from node.config import NodeHome, load_home
from node.enrolment.running import enrol_node
from node.operations.spool import Order, Spool
from node.records.doubtful import count_doubtful
from node.records.importing import Replacement, import_file, run_over
from node.records.recording import records_imported
from node.records.sqlite import SqliteRecordStore
from node.records.store import ImportRun
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

_BUSY_SECONDS = 20.0  # for which a process of a node that was killed is waited for
_EVERY_SECONDS = 0.2


def main() -> int:
    """Do what the order says."""
    given = json.loads(sys.stdin.readline())
    try:
        _tell(result=_done(load_home(Path(given["home"])), Order.model_validate(given["order"])))
    except BrokenPipeError:
        return 1
    except SymbolonError as error:
        _tell(error=error.code.code, detail=error.detail)
    except Exception as error:  # noqa: BLE001  # what it is would quote a row: its kind and place are enough
        _tell(error=ErrorCode.INTERNAL.code, detail=f"{type(error).__name__} at {innermost_place(error)}")
    return 0


def _done(home: NodeHome, order: Order) -> dict[str, Any]:
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return _imported(home, order) if order.kind == "import" else asyncio.run(_enrolled(home, order))
        except SymbolonError as error:
            if error.code is not ErrorCode.BUSY or time.monotonic() > until:
                raise
            _tell(waiting=True)  # also says whether anybody still listens
            time.sleep(_EVERY_SECONDS)


def _imported(home: NodeHome, order: Order) -> dict[str, Any]:
    path = Spool(home.uploads_folder).path(order)

    def record(run: ImportRun) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whoever cancels now would write down the same a second time
        with Ledger(home.ledger_path) as ledger:
            records_imported(ledger, run, order.officer)

    with SqliteRecordStore(home.records_path) as store:
        kept = run_over(path, store)
        if kept is not None and kept.ended_at is not None:  # by a process that was killed before it could say so
            absent = store.count_absent(kept.run) if order.whole_list else 0
            removed = kept.run.removed or 0
            doubtful = count_doubtful(store, datetime.now(UTC).date())
            told = {"absent": absent or removed, "removed": removed, "resumed": True, "doubtful": doubtful}
            return told | {"run": kept.run.run_id}
        summary = import_file(
            path,
            store,
            home.rejects_folder,
            datetime.now(UTC),
            row_format=order.row_format,
            replacement=Replacement(order.removals) if order.whole_list else None,
            progress=_Progress().tell,
            record=record,
        )
    return {
        "absent": summary.absent,
        "removed": summary.removed,
        "resumed": summary.resumed,
        "doubtful": summary.doubtful,
        "run": summary.run,
    }


async def _enrolled(home: NodeHome, order: Order) -> dict[str, Any]:
    summary = await enrol_node(home, order.officer, _Progress().tell)
    return {"records": summary.records, "tokens": summary.tokens}


class _Progress:
    def __init__(self) -> None:
        self._told = float("-inf")

    def tell(self, done: int, total: int) -> None:
        if done == total or time.monotonic() - self._told >= _EVERY_SECONDS:
            self._told = time.monotonic()
            _tell(done=done, total=total)


def _tell(**said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
