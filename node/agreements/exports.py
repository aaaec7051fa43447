"""The agreements a node keeps, as they go into an export of its log: the text, and the signatures as they came."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import rfc8785

from ledger.exports import ExportedAgreement


def kept_agreements(path: Path) -> tuple[ExportedAgreement, ...]:
    """Give every agreement in a node's database, by its hash; none where there is no database yet.

    Nothing is checked: an agreement that does not hold is what the reader of the export has to see.
    """
    if not path.exists():
        return ()
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'agreement'").fetchone():
            return ()
        rows = connection.execute("SELECT hash, bundle FROM agreement ORDER BY hash").fetchall()
    return tuple(_exported(agreement_hash, bundle) for agreement_hash, bundle in rows)


def _exported(agreement_hash: bytes, bundle: bytes) -> ExportedAgreement:
    values = json.loads(bundle)
    document = rfc8785.dumps(values["agreement"]).decode()
    return ExportedAgreement(agreement_hash.hex(), document, tuple(values["signatures"]))
