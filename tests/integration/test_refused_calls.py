"""Refused calls are in the log of the server that refused them: at once, with the caller's name, and never many."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from coordinator.custodian.home import CustodianSettings, create_home
from coordinator.custodian.service import custodian_service
from ledger.federation_events import CallRefused, ElementsEvaluated, EpochLive, KeyDescribed
from ledger.log import Ledger
from ledger.reading import LedgerReader
from ledger.refusals import RefusedCalls
from ledger.summing import MOST_KINDS
from matching.oblivious import blind
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.v1.custodian_pb2 import (
    EVALUATION_USE_ENROLMENT,
    EVALUATION_USE_QUERY,
    DescribeKeyRequest,
    EvaluateRequest,
)
from symbolon.v1.custodian_pb2_grpc import CustodianStub
from tests.integration.federation import DevelopmentAuthority, channel_to, refusal, serving
from tests.integration.premises import NOW

LISTED, STRANGER = Party.agency("FR-DNMS"), Party.agency("XX-NONE")
METHOD = "/symbolon.v1.Custodian/Evaluate"


def _events(path: Path) -> list[object]:
    return [entry.event for entry in LedgerReader(path).entries()]


async def test_a_custodian_logs_what_it_evaluated_described_and_refused(
    authority: DevelopmentAuthority, tmp_path: Path
) -> None:
    settings = CustodianSettings(
        name="FIRST", listen="127.0.0.1:0", epoch="1", agencies=(LISTED.name,), query_elements_a_day=3
    )
    home = create_home(tmp_path / "custodian", settings)
    authority.certify_prepared(home.folder, home.party)
    tls = {party: authority.certify(tmp_path / party.name, party) for party in (LISTED, STRANGER)}
    element = blind([b"anything"]).elements[0]

    async def evaluate(channel: grpc.aio.Channel, use: int, count: int) -> None:
        request = EvaluateRequest(epoch="1", use=use, blinded=element * count)  # type: ignore[arg-type]
        await CustodianStub(channel).Evaluate(request, timeout=20)

    async with custodian_service(home, lambda: NOW) as service, serving(service) as address:
        async with channel_to(address, home.party, tls[LISTED]) as channel:
            for _ in range(2):
                shown = await CustodianStub(channel).DescribeKey(DescribeKeyRequest(), timeout=20)
            await evaluate(channel, EVALUATION_USE_QUERY, 2)
            await evaluate(channel, EVALUATION_USE_ENROLMENT, 5)
            async with refusal() as refused:
                await evaluate(channel, EVALUATION_USE_QUERY, 2)
            assert refused().code is ErrorCode.QUOTA_EXHAUSTED
        async with channel_to(address, home.party, tls[STRANGER]) as channel:
            for _ in range(3):
                async with refusal() as refused:
                    await evaluate(channel, EVALUATION_USE_QUERY, 1)
                assert refused().code is ErrorCode.NOT_PERMITTED
        at_once = _events(home.ledger_path)
    method, key = "Custodian/Evaluate", shown.public_key.hex()
    assert at_once == [
        EpochLive(custodian=home.party.uri, epoch="1", public_key=key),
        KeyDescribed(caller=LISTED.uri, epoch="1", public_key=key),
        ElementsEvaluated(caller=LISTED.uri, use="query", epoch="1", elements=2),
        ElementsEvaluated(caller=LISTED.uri, use="enrolment", epoch="1", elements=5),
        CallRefused(caller=LISTED.uri, method=method, reason="quota_exhausted", calls=1),
        CallRefused(caller=STRANGER.uri, method=method, reason="not_permitted", calls=1),
    ]
    assert _events(home.ledger_path)[len(at_once) :] == [
        CallRefused(caller=STRANGER.uri, method=method, reason="not_permitted", calls=2)
    ]


async def test_no_evaluation_leaves_a_custodian_whose_log_is_gone(
    authority: DevelopmentAuthority, tmp_path: Path
) -> None:
    settings = CustodianSettings(name="FIRST", listen="127.0.0.1:0", epoch="1", agencies=(LISTED.name,))
    home = create_home(tmp_path / "custodian", settings)
    authority.certify_prepared(home.folder, home.party)
    tls = authority.certify(tmp_path / LISTED.name, LISTED)
    request = EvaluateRequest(epoch="1", use=EVALUATION_USE_QUERY, blinded=blind([b"anything"]).elements[0])
    async with (
        custodian_service(home, lambda: NOW) as service,
        serving(service) as address,
        channel_to(address, home.party, tls) as channel,
    ):
        await CustodianStub(channel).Evaluate(request, timeout=20)
        home.ledger_path.rename(tmp_path / "away.db")
        async with refusal() as refused:
            await CustodianStub(channel).Evaluate(request, timeout=20)
        assert refused().code is ErrorCode.LOG_NOT_WRITABLE


async def test_a_flood_of_refusals_is_two_entries_and_one_more_for_too_many_kinds(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        refused = RefusedCalls(ledger)
        for _ in range(5_000):
            await refused.note(STRANGER, METHOD, ErrorCode.NOT_PERMITTED)
        await refused.enter()
        assert [entry.event.calls for entry in ledger.entries()] == [1, 4_999]  # type: ignore[union-attr]
        for number in range(MOST_KINDS + 50):
            await refused.note(Party.agency(f"XX-{number}"), METHOD, ErrorCode.NOT_PERMITTED)
        await refused.enter()
        events = [entry.event for entry in ledger.entries(3)]
    assert len(events) == MOST_KINDS + 2
    assert [one.calls for one in events if isinstance(one, CallRefused) and one.reason == "many"] == [1, 49]


async def test_what_is_refused_while_the_log_cannot_be_written_is_entered_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    with Ledger(tmp_path / "ledger.db") as ledger:
        refused = RefusedCalls(ledger)
        with monkeypatch.context() as patched:
            patched.setattr(ledger, "record", full)
            for _ in range(3):
                await refused.note(STRANGER, METHOD, ErrorCode.NOT_PERMITTED)
            await refused.enter()
        assert ledger.count() == 0
        await refused.enter()
        assert [entry.event.calls for entry in ledger.entries()] == [3]  # type: ignore[union-attr]


@pytest.mark.parametrize("code", [ErrorCode.NOT_PERMITTED, ErrorCode.MALFORMED])
async def test_a_server_writes_only_what_its_parts_do_not(tmp_path: Path, code: ErrorCode) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        refused = RefusedCalls(ledger, lambda _, named: named is ErrorCode.NOT_PERMITTED)
        await refused.note(None, METHOD, code)
        assert ledger.count() == (code is ErrorCode.NOT_PERMITTED)
