"""What a node has open while it serves: keys, stores, the log, the channels to hub and custodian.

Everything is opened in one order and closed in the other. What is built on it (answers, the desk, mail) takes these
parts and owns none of them.
"""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass

import grpc

from ledger.log import Ledger
from node.accounts.store import Accounts
from node.agreements.book import AgreementBook
from node.agreements.signing import book_of
from node.cases_file import open_cases
from node.config import NodeHome
from node.custody import CustodianClient
from node.database import DatabaseFile
from node.directory.recording import directory_news, epoch_live
from node.directory.review import News
from node.directory.view import Directory
from node.enrolment.index import IndexStore
from node.enrolment.pepper import check_pepper
from node.keys import NodeKeys, load_keys
from node.officers.register import Officers
from node.records.rules import HouseRules
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.channel import open_channel
from symbolon.rpc.identity import Party

logger = logging.getLogger("symbolon.node")


@dataclass(frozen=True, slots=True)
class Holdings:
    """The parts; any of them may be used until the stack they were opened on is closed."""

    home: NodeHome
    keys: NodeKeys
    house: HouseRules
    ledger: Ledger
    records: SqliteRecordStore
    index: IndexStore
    officers: Officers
    accounts: Accounts
    cases: DatabaseFile
    agreements: AgreementBook
    hub: grpc.aio.Channel
    directory: Directory
    custodian: CustodianClient


async def open_holdings(home: NodeHome, stack: AsyncExitStack) -> Holdings:
    """Open all of it; raise `SymbolonError` when something is missing or does not fit."""
    keys = load_keys(home.keys)
    house = _house_rules(home)
    ledger = stack.enter_context(Ledger(home.ledger_path, whole=True))
    records = stack.enter_context(SqliteRecordStore(home.records_path))
    index = stack.enter_context(IndexStore(home.index_path))
    officers = stack.enter_context(Officers(home.officers_path))
    accounts = stack.enter_context(Accounts(home.accounts_path))
    cases = open_cases(home.cases_path)
    stack.callback(cases.close)
    agreements = book_of(home, cases, ledger)
    check_pepper(index, keys.pepper, home.party.uri)
    hub = await stack.enter_async_context(open_channel(home.settings.coordinator_address, home.coordinator, home.tls))

    async def report(news: News) -> None:
        await directory_news(ledger, news)

    directory = Directory(home, hub, report)
    epoch_live(ledger, directory.federation)
    custodian = await _open_custodian(home, directory, stack)
    return Holdings(
        home, keys, house, ledger, records, index, officers, accounts, cases, agreements, hub, directory, custodian
    )


async def _open_custodian(home: NodeHome, directory: Directory, stack: AsyncExitStack) -> CustodianClient:
    federation = directory.federation
    party = Party.parse(federation.custodian)
    channel = await stack.enter_async_context(open_channel(federation.custodian_address, party, home.tls))
    public_key = bytes.fromhex(federation.epoch_public_key)
    return CustodianClient(channel, federation.epoch, public_key, who=federation.custodian_named)


def _house_rules(home: NodeHome) -> HouseRules:
    """Read ``rules.toml``, and say what is not said in it: records that do not say it either are told to nobody."""
    house = HouseRules.of(home.rules_path)
    if house.unsaid:
        logger.warning(
            "%s does not say %s: records that do not say it themselves are told to nobody",
            home.rules_path.name,
            ", ".join(house.unsaid),
        )
    return house
