"""What an auditor is shown of the desk beside the log: each list is in the log before it, a colleague's is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ledger.log import Ledger
from node.batches.calls import BatchCalls
from node.investigations.calls import InvestigationCalls
from node.officers.permission import Permission
from node.officers.register import Officer
from node.operations.agreement_calls import AgreementCalls
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import batches_pb2, investigations_pb2, operations_pb2
from tests.unit.two_desks import SUPERVISOR, officer

AUDITOR = officer("p.pruefer", "auditor")
Listing = Callable[[Ledger, Officer], Awaitable[Any]]


def _empty(*_: object, **__: object) -> list[Any]:
    return []


def _investigations(ledger: Ledger, by: Officer) -> Awaitable[Any]:
    calls = InvestigationCalls(Permission(ledger), cast("Any", SimpleNamespace(all=_empty)), ledger)
    return calls.list_investigations(investigations_pb2.ListInvestigationsRequest(), by)


def _batches(ledger: Ledger, by: Officer) -> Awaitable[Any]:
    parts = SimpleNamespace(store=SimpleNamespace(all=_empty), means=SimpleNamespace(asker=None, ledger=ledger))
    calls = BatchCalls(Permission(ledger), cast("Any", parts), cast("Any", None), most=1)
    return calls.list_batches(batches_pb2.ListBatchesRequest(), by)


def _agreements(ledger: Ledger, by: Officer) -> Awaitable[Any]:
    book = cast("Any", SimpleNamespace(current=_empty))
    none = cast("Any", None)
    calls = AgreementCalls(Permission(ledger), book, none, none, none)
    return calls.list_agreements(operations_pb2.ListAgreementsRequest(), by)


LISTS: dict[str, Listing] = {"investigations": _investigations, "batches": _batches, "agreements": _agreements}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_in_the_log_before_an_auditor_is_shown_it(ledger: Ledger, name: str) -> None:
    await LISTS[name](ledger, SUPERVISOR)
    assert ledger.count() == 0
    await LISTS[name](ledger, AUDITOR)
    (entry,) = ledger.entries()
    assert (entry.event.type, getattr(entry.event, "view", "")) == ("audit_viewed", name)
    assert [(one.name, one.value) for one in ledger.openings(1)] == [("user", "p.pruefer")]


@pytest.mark.parametrize("name", LISTS)
async def test_where_that_cannot_be_written_no_list_is_shown(ledger: Ledger, name: str) -> None:
    ledger.close()
    with pytest.raises(SymbolonError) as refused:
        await LISTS[name](ledger, AUDITOR)
    assert refused.value.code is ErrorCode.LOG_NOT_WRITABLE
