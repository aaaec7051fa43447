"""An enrolment of a whole node from its folder: what it goes by, and running it, for the command line and the desk."""

from __future__ import annotations

from datetime import UTC, datetime

from ledger.log import Ledger
from node.agreements.state import budgets_of
from node.cases_file import open_book
from node.config import NodeHome
from node.custody import CustodianClient
from node.directory.membership import Federation, load_federation
from node.enrolment.enrolling import EnrolmentBatch, EnrolmentSettings, EnrolmentSummary, Progress, enrol
from node.enrolment.index import IndexStore
from node.enrolment.recording import batch_enrolled
from node.keys import load_keys
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party


def enrolment_parts(node: NodeHome) -> tuple[Federation, EnrolmentSettings]:
    """Give the pinned federation and what enrolment goes by; raise `SymbolonError` where there is none yet."""
    federation = load_federation(node.federation_path)
    with open_book(node) as book:
        budgets = budgets_of(book.current(), node.party.name, datetime.now(UTC))
    if not budgets:
        detail = "no agreement accepted here lets this node hold: the bit budget stands there"
        raise SymbolonError(ErrorCode.NOT_INITIALISED, detail)
    return federation, EnrolmentSettings(node.party.uri, load_keys(node.keys).pepper, budgets)


async def enrol_node(node: NodeHome, user: str, progress: Progress) -> EnrolmentSummary:
    """Enrol what is new or changed in a node's records, each batch in the log first; raises as `enrol`."""
    federation, settings = enrolment_parts(node)
    custodian = Party.parse(federation.custodian)
    with (
        Ledger(node.ledger_path) as ledger,
        SqliteRecordStore(node.records_path) as store,
        IndexStore(node.index_path) as index,
    ):

        async def on_batch(batch: EnrolmentBatch) -> int:
            return await batch_enrolled(ledger, federation.custodian, federation.epoch, batch, user)

        async with open_channel(federation.custodian_address, custodian, node.tls) as channel:
            public_key = bytes.fromhex(federation.epoch_public_key)
            client = CustodianClient(channel, federation.epoch, public_key, who=federation.custodian_named)
            return await enrol(
                store, index, client, settings, node.index_path.parent, on_batch=on_batch, progress=progress
            )
