"""``symbolon audit enrolled``: what proves that a record, as it stands, is what the log says was enrolled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.audit_proofs import log_path
from cli.output import HomeOption, JsonOption, UserOption, emit, failing_clearly, login_name
from ledger.events import BatchEnrolled
from ledger.log import Ledger
from ledger.merkle import ProofError
from node.config import NodeHome, load_home
from node.directory.membership import load_federation
from node.enrolment.commitments import leaf_of, leaf_values
from node.enrolment.index import Committed, IndexStore
from node.records.recording import record_shown
from node.records.sqlite import SqliteRecordStore
from node.records.store import StoredRecord
from symbolon.rpc.errors import ErrorCode, SymbolonError


@failing_clearly
def enrolled(
    record_id: Annotated[str, typer.Argument(help="The record's id.")],
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Print what proves, with one entry of the log, that a record was enrolled exactly as it stands.

    The record itself is in it. That it was looked at is written into the log first.
    """
    node = load_home(home)
    log_path(home)
    with Ledger(node.ledger_path) as ledger:
        record_shown(ledger, record_id, user or login_name())
        proof = _proof(node, record_id)
        _check_entry(ledger, proof)
    emit(proof, as_json, lambda: json.dumps(proof, indent=2, ensure_ascii=False))


def _proof(node: NodeHome, record_id: str) -> dict[str, Any]:
    epoch = load_federation(node.federation_path).epoch
    with SqliteRecordStore(node.records_path) as records, IndexStore(node.index_path) as index:
        stored = records.current(record_id)
        found = index.committed(stored.number, epoch) if stored else None
        if stored is None or found is None:
            raise SymbolonError(ErrorCode.NOT_FOUND, f"the record, or a batch that enrolled it in epoch {epoch}")
        lookups = [row.lookup for row in index.entries_of(stored.number, epoch)]
    return _proved(stored, lookups, *found)


def _proved(stored: StoredRecord, lookups: list[bytes], committed: Committed, position: int) -> dict[str, Any]:
    tree = committed.tree
    values = leaf_values(tree.secret, stored.number, stored.revision, stored.record, lookups)
    try:
        tree.check(leaf_of(values), position)
    except ProofError:
        raise _other_than_enrolled(committed.entry) from None
    return {
        "entry": committed.entry,
        "commitment": tree.root.hex(),
        "records": len(tree.leaf_hashes),
        "position": position,
        "leaf": values,
        "path": [one.hex() for one in tree.path(position)],
    }


def _check_entry(ledger: Ledger, proof: dict[str, Any]) -> None:
    number = proof["entry"]
    event = next(ledger.entries(number)).event if 1 <= number <= ledger.count() else None
    committed_to = (event.commitment, event.records) if isinstance(event, BatchEnrolled) else ("", 0)
    if committed_to != (proof["commitment"], proof["records"]):
        raise _other_than_enrolled(number)


def _other_than_enrolled(entry: int) -> SymbolonError:
    detail = f"the record, or its lines of the index, are not what entry {entry} of the log committed to"
    return SymbolonError(ErrorCode.PROOF_REFUSED, detail)
