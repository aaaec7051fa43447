"""``symbolon node enrol``: have the custodian evaluate what is new in the records, blinded."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.progress import MofNCompleteColumn

from cli.output import HomeOption, JsonOption, UserOption, counted, emit, failing_clearly, login_name
from cli.progress import progress
from ledger.log import Ledger
from node.agreements.state import budgets_of
from node.cases_file import open_book
from node.config import NodeHome, load_home
from node.custody import CustodianClient
from node.directory.membership import Federation, load_federation
from node.enrolment.enrolling import EnrolmentBatch, EnrolmentSettings, EnrolmentSummary
from node.enrolment.enrolling import enrol as enrol_records
from node.enrolment.index import IndexStore
from node.enrolment.recording import batch_enrolled
from node.keys import load_keys
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party


@failing_clearly
def enrol(user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Enrol what is new or changed, so that partners' queries find it. Goes on where it was interrupted."""
    summary = asyncio.run(_enrol(load_home(home), user or login_name(), as_json))
    data = asdict(summary) | {"unfindable_path": str(summary.unfindable_path) if summary.unfindable_path else None}
    emit(data, as_json, lambda: _enrolment_text(summary))


async def _enrol(node: NodeHome, user: str, as_json: bool) -> EnrolmentSummary:
    federation, settings = enrolment_parts(node)
    custodian = Party.parse(federation.custodian)
    with (
        Ledger(node.ledger_path) as ledger,
        SqliteRecordStore(node.records_path) as store,
        IndexStore(node.index_path) as index,
        progress("Enrolling", MofNCompleteColumn(), as_json) as advance,
    ):

        async def on_batch(batch: EnrolmentBatch) -> int:
            return await batch_enrolled(ledger, federation.custodian, federation.epoch, batch, user)

        async with open_channel(federation.custodian_address, custodian, node.tls) as channel:
            public_key = bytes.fromhex(federation.epoch_public_key)
            client = CustodianClient(channel, federation.epoch, public_key, who=federation.custodian_named)
            return await enrol_records(
                store, index, client, settings, node.index_path.parent, on_batch=on_batch, progress=advance
            )


def enrolment_parts(node: NodeHome) -> tuple[Federation, EnrolmentSettings]:
    """Give the pinned federation and what enrolment goes by; raise `SymbolonError` where there is none yet."""
    federation = load_federation(node.federation_path)
    with open_book(node) as book:
        budgets = budgets_of(book.current(), node.party.name, datetime.now(UTC))
    if not budgets:
        detail = "no agreement accepted here lets this node hold: the bit budget stands there"
        raise SymbolonError(ErrorCode.NOT_INITIALISED, detail)
    return federation, EnrolmentSettings(node.party.uri, load_keys(node.keys).pepper, budgets)


def _enrolment_text(summary: EnrolmentSummary) -> str:
    rate = summary.tokens / summary.seconds if summary.seconds else 0.0
    lines = [
        f"{counted(summary.records, 'record')} enrolled with {counted(summary.tokens, 'new token')} in"
        f" {counted(summary.batches, 'batch', 'batches')}, {summary.seconds:.1f} s ({rate:,.0f} tokens/s);"
        f" {summary.removed:,} removed."
    ]
    if summary.unfindable_path:
        lines.append(
            f"{summary.without_features} records say too little to be found blind; they are listed in"
            f" {summary.unfindable_path}."
        )
    return "\n".join(lines)
