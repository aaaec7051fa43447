"""A list of invented people, imported into an agency's store as its operator would."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from node.records.importing import import_file
from node.records.sqlite import SqliteRecordStore

PERSON = {"record_id": "r-77", "names": ["Idris MARAN"], "dob": ["1980-05-17"], "nationality": ["SY"]}
NAMESAKE = {"record_id": "r-80", "names": ["Maran, Idris"]}
OTHER = {"record_id": "r-other", "names": ["Selma Other"], "dob": ["1980-05-17"]}


def enter_list(store: SqliteRecordStore, folder: Path, *rows: dict[str, Any]) -> None:
    """Import rows, a record each."""
    path = folder / "list.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    import_file(path, store, folder / "set-aside", datetime.now(UTC))
