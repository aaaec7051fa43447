"""A key custodian over real mutual TLS: what it evaluates, for whom, how much, and what survives its death."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from coordinator.custodian import evaluation
from coordinator.custodian.evaluation import MOST_ENROLMENT_ELEMENTS, MOST_QUERY_ELEMENTS
from coordinator.custodian.home import CustodianHome, CustodianSettings, create_home, load_key
from coordinator.custodian.service import custodian_service
from coordinator.metering import DailyMeter
from matching import oblivious, sodium
from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.errors import ErrorCode, SymbolonError, from_rpc_error
from symbolon.rpc.identity import Party
from symbolon.v1.custodian_pb2 import (
    EVALUATION_USE_ENROLMENT,
    EVALUATION_USE_QUERY,
    EVALUATION_USE_UNSPECIFIED,
    DescribeKeyRequest,
    DescribeKeyResponse,
    EvaluateRequest,
    EvaluateResponse,
    EvaluationUse,
)
from symbolon.v1.custodian_pb2_grpc import CustodianStub
from tests.integration.federation import (
    DevelopmentAuthority,
    channel_to,
    command,
    environment,
    party_process,
    refusal,
    serving,
)

AGENCY, SECOND, UNLISTED = (Party.agency(name) for name in ("FR-DNMS", "IT-DCPC", "XX-OTHER"))
HUB = Party("coordinator", "HUB")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUERIES, ENROLMENTS = "query elements", "enrolment elements"


@dataclass
class Stage:
    """A custodian that runs in the test's own process, with a clock the test sets."""

    authority: DevelopmentAuthority
    folder: Path
    home: CustodianHome
    meter: DailyMeter
    moment: datetime = NOON
    address: str = ""
    certified: dict[Party, TlsFiles] = field(default_factory=dict)

    def channel(self, party: Party) -> AbstractAsyncContextManager[grpc.aio.Channel]:
        if party not in self.certified:
            self.certified[party] = self.authority.certify(self.folder / party.name, party)
        return channel_to(self.address, self.home.party, self.certified[party])

    def counted(self, agency: Party, kind: str) -> int:
        return self.meter.counted(self.moment, agency.name, kind)


def settings(**changed: Any) -> CustodianSettings:
    values = {"name": "FIRST", "listen": "127.0.0.1:0", "epoch": "2026-1", "agencies": (AGENCY.name, SECOND.name)}
    return CustodianSettings.model_validate(values | changed)


@asynccontextmanager
async def stage(authority: DevelopmentAuthority, folder: Path, **changed: Any) -> AsyncIterator[Stage]:
    home = create_home(folder / "custodian", settings(**changed))
    authority.certify_prepared(home.folder, home.party)
    with DailyMeter(home.meter_path) as meter:
        made = Stage(authority, folder, home, meter)
        async with custodian_service(home, lambda: made.moment) as service, serving(service) as made.address:
            yield made


async def evaluate(
    channel: grpc.aio.Channel,
    blinded: bytes,
    use: EvaluationUse.ValueType = EVALUATION_USE_QUERY,
    epoch: str = "2026-1",
) -> EvaluateResponse:
    request = EvaluateRequest(epoch=epoch, use=use, blinded=blinded)
    return await CustodianStub(channel).Evaluate(request, timeout=20)


async def describe(channel: grpc.aio.Channel) -> DescribeKeyResponse:
    return await CustodianStub(channel).DescribeKey(DescribeKeyRequest(), timeout=5)


def elements(count: int) -> bytes:
    """Give valid blinded elements cheaply: the same one again and again."""
    return oblivious.blind([b"anything"]).elements[0] * count


async def test_a_query_is_evaluated_with_a_proof_for_the_key_described(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes) as made, made.channel(AGENCY) as channel:
        described = await describe(channel)
        batch = oblivious.blind([b"one", b"two"])
        answer = await evaluate(channel, b"".join(batch.elements))
        evaluated = oblivious.Evaluation(oblivious.split_elements(answer.evaluated), answer.proof)
        tokens = oblivious.finalize(batch, evaluated, described.public_key)
        assert (described.epoch, described.suite) == ("2026-1", "ristretto255-SHA512")
        assert described.public_key == load_key(made.home).public_key()
        again = oblivious.blind([b"two"])
        without = await evaluate(channel, again.elements[0], EVALUATION_USE_ENROLMENT)
        assert without.proof == b""
        assert oblivious.finalize_unproved(again, [without.evaluated]) == tokens[1:]
        assert (made.counted(AGENCY, QUERIES), made.counted(AGENCY, ENROLMENTS)) == (2, 1)


async def test_enrolment_in_several_slices_keeps_its_order(authority: DevelopmentAuthority, homes: Path) -> None:
    count = evaluation.SLICE_ELEMENTS + 40
    batch = oblivious.blind([str(number).encode() for number in range(count)])
    async with stage(authority, homes) as made, made.channel(AGENCY) as channel:
        answer = await evaluate(channel, b"".join(batch.elements), EVALUATION_USE_ENROLMENT)
        assert oblivious.split_elements(answer.evaluated) == oblivious.evaluate(load_key(made.home), batch.elements)
        assert made.counted(AGENCY, ENROLMENTS) == count


@pytest.mark.parametrize("party", [HUB, UNLISTED, Party("custodian", "FR-DNMS")])
async def test_only_listed_agencies_evaluate(authority: DevelopmentAuthority, homes: Path, party: Party) -> None:
    async with (
        stage(authority, homes) as made,
        made.channel(party) as channel,
        refusal() as refused,
    ):
        await evaluate(channel, elements(1))
    assert (refused().code, refused().detail) == (ErrorCode.NOT_PERMITTED, "")


async def test_a_coordinator_may_read_the_public_key_and_an_unlisted_agency_may_not(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes) as made:
        async with made.channel(HUB) as channel:
            assert (await describe(channel)).epoch == "2026-1"
        async with made.channel(UNLISTED) as channel, refusal() as refused:
            await describe(channel)
    assert refused().code is ErrorCode.NOT_PERMITTED


@pytest.mark.parametrize(
    ("blinded", "use", "epoch", "code"),
    [
        (elements(1), EVALUATION_USE_QUERY, "2025-1", ErrorCode.EPOCH_MISMATCH),
        (elements(1), EVALUATION_USE_QUERY, "", ErrorCode.EPOCH_MISMATCH),
        (elements(1), EVALUATION_USE_UNSPECIFIED, "2026-1", ErrorCode.MALFORMED),
        (b"", EVALUATION_USE_QUERY, "2026-1", ErrorCode.MALFORMED),
        (elements(2)[:-1], EVALUATION_USE_QUERY, "2026-1", ErrorCode.MALFORMED),
        (elements(MOST_QUERY_ELEMENTS + 1), EVALUATION_USE_QUERY, "2026-1", ErrorCode.MALFORMED),
        (elements(MOST_ENROLMENT_ELEMENTS + 1), EVALUATION_USE_ENROLMENT, "2026-1", ErrorCode.MALFORMED),
    ],
    ids=["other-epoch", "no-epoch", "no-use", "nothing", "cut-short", "too-many-of-a-query", "too-many-of-a-list"],
)
async def test_what_cannot_be_evaluated_is_refused_and_not_counted(
    authority: DevelopmentAuthority,
    homes: Path,
    blinded: bytes,
    use: EvaluationUse.ValueType,
    epoch: str,
    code: ErrorCode,
) -> None:
    async with stage(authority, homes) as made:
        async with made.channel(AGENCY) as channel, refusal() as refused:
            await evaluate(channel, blinded, use, epoch)
        assert refused().code is code
        assert (made.counted(AGENCY, QUERIES), made.counted(AGENCY, ENROLMENTS)) == (0, 0)


@pytest.mark.parametrize("element", [sodium.IDENTITY, b"\xff" * 32], ids=["identity", "no-element"])
@pytest.mark.parametrize("use", [EVALUATION_USE_QUERY, EVALUATION_USE_ENROLMENT])
async def test_an_invalid_element_is_refused_and_paid_for(
    authority: DevelopmentAuthority, homes: Path, element: bytes, use: EvaluationUse.ValueType
) -> None:
    async with stage(authority, homes) as made:
        async with made.channel(AGENCY) as channel, refusal() as refused:
            await evaluate(channel, elements(1) + element, use)
        assert refused().code is ErrorCode.MALFORMED
        assert made.counted(AGENCY, QUERIES) + made.counted(AGENCY, ENROLMENTS) == 2


async def test_quotas_are_apart_for_use_agency_and_utc_day(authority: DevelopmentAuthority, homes: Path) -> None:
    changed = {
        "query_elements_a_day": 10,
        "enrolment_elements_a_day": 20,
        "query_elements_of": {SECOND.name: 3},
        "enrolment_elements_of": {SECOND.name: 0},
    }
    async with (
        stage(authority, homes, **changed) as made,
        made.channel(AGENCY) as first,
        made.channel(SECOND) as second,
    ):
        await evaluate(first, elements(7))
        async with refusal() as refused:
            await evaluate(first, elements(4))
        assert (refused().code, refused().detail) == (ErrorCode.QUOTA_EXHAUSTED, "query elements, 10 a day")
        await evaluate(first, elements(3))
        await evaluate(first, elements(20), EVALUATION_USE_ENROLMENT)
        await evaluate(second, elements(3))
        async with refusal() as refused:
            await evaluate(second, elements(1), EVALUATION_USE_ENROLMENT)
        assert refused().code is ErrorCode.QUOTA_EXHAUSTED
        made.moment = NOON.replace(hour=23, minute=59).astimezone(UTC)
        async with refusal() as refused:
            await evaluate(first, elements(1))
        made.moment += timedelta(minutes=1)
        await evaluate(first, elements(10))


async def test_calls_at_the_same_time_do_not_overdraw_a_quota(authority: DevelopmentAuthority, homes: Path) -> None:
    async def one(channel: grpc.aio.Channel) -> ErrorCode | None:
        try:
            await evaluate(channel, elements(10))
        except grpc.aio.AioRpcError as error:
            return from_rpc_error(error).code
        return None

    async with stage(authority, homes, query_elements_a_day=105) as made, made.channel(AGENCY) as channel:
        outcomes = await asyncio.gather(*(one(channel) for _ in range(25)))
        assert outcomes.count(None) == 10
        assert outcomes.count(ErrorCode.QUOTA_EXHAUSTED) == 15
        assert made.counted(AGENCY, QUERIES) == 100


async def test_more_calls_than_may_wait_are_refused_and_not_counted(
    authority: DevelopmentAuthority, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "MOST_WAITING", 1)
    async with stage(authority, homes) as made, made.channel(AGENCY) as channel:
        calls = [evaluate(channel, elements(3_000), EVALUATION_USE_ENROLMENT) for _ in range(5)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        refused = [from_rpc_error(one).code for one in outcomes if isinstance(one, grpc.aio.AioRpcError)]
        assert refused == [ErrorCode.BUSY] * 3
        assert made.counted(AGENCY, ENROLMENTS) == 6_000


@pytest.mark.parametrize("use", [EVALUATION_USE_QUERY, EVALUATION_USE_ENROLMENT])
async def test_an_agency_cannot_fill_the_custodian(
    authority: DevelopmentAuthority, homes: Path, monkeypatch: pytest.MonkeyPatch, use: EvaluationUse.ValueType
) -> None:
    monkeypatch.setattr(evaluation, "MOST_QUERIES_OF_ONE_AGENCY", 2)
    monkeypatch.setattr(evaluation, "MOST_ENROLMENTS_OF_ONE_AGENCY", 2)
    may_end = threading.Event()

    def held(work: Callable[..., Any]) -> Callable[..., Any]:
        def waiting(*arguments: Any) -> Any:
            assert may_end.wait(10)
            return work(*arguments)

        return waiting

    for name in ("evaluate", "evaluate_with_proof"):
        monkeypatch.setattr(evaluation, name, held(getattr(evaluation, name)))
    async with stage(authority, homes) as made, made.channel(AGENCY) as first, made.channel(SECOND) as second:
        calls = [asyncio.create_task(evaluate(first, elements(1), use)) for _ in range(5)]
        async with asyncio.timeout(10):
            while sum(call.done() for call in calls) < 3:  # noqa: ASYNC110  # a task has no event for this
                await asyncio.sleep(0.01)
        failures = [call.exception() for call in calls if call.done()]
        assert [from_rpc_error(one).code for one in failures if isinstance(one, grpc.RpcError)] == [ErrorCode.BUSY] * 3
        other = asyncio.create_task(evaluate(second, elements(1), use))
        await asyncio.sleep(0.1)
        may_end.set()
        assert (await other).evaluated
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(one, EvaluateResponse) for one in outcomes) == 2


async def test_killed_under_load_it_has_counted_all_it_answered(authority: DevelopmentAuthority, homes: Path) -> None:
    limit, batch = 6_000, elements(8)
    home = create_home(homes / "custodian", settings(query_elements_a_day=limit))
    authority.certify_prepared(home.folder, home.party)
    tls = authority.certify(homes / "agency", AGENCY)
    answered = 0
    under_load = asyncio.Event()

    async def ask_for_ever(channel: grpc.aio.Channel, asked: bytes) -> ErrorCode:
        nonlocal answered
        while True:
            try:
                await evaluate(channel, asked)
            except grpc.aio.AioRpcError as error:
                return from_rpc_error(error).code
            answered += len(asked) // 32
            if answered > limit / 4:
                under_load.set()

    days = {datetime.now(UTC)}
    async with party_process("custodian", home.folder) as running, channel_to(running.address, home.party, tls) as one:
        asking = [asyncio.create_task(ask_for_ever(one, batch)) for _ in range(12)]
        await asyncio.wait_for(under_load.wait(), 30)
        running.kill()
        await asyncio.gather(*asking)
        assert await running.ended() == -9
    days.add(datetime.now(UTC))
    before_kill = answered
    counted = count(home, days)
    assert 0 < before_kill <= counted <= limit

    async with party_process("custodian", home.folder) as running, channel_to(running.address, home.party, tls) as one:
        assert await asyncio.wait_for(ask_for_ever(one, elements(250)), 30) is ErrorCode.QUOTA_EXHAUSTED
        assert await running.stop() == 0
    if len({day.date() for day in days | {datetime.now(UTC)}}) == 1:  # at midnight a new quota would begin
        assert answered <= limit
        assert answered - before_kill == (limit - counted) // 250 * 250


def count(home: CustodianHome, moments: set[datetime]) -> int:
    days = {moment.replace(hour=0, minute=0, second=0, microsecond=0) for moment in moments}
    with DailyMeter(home.meter_path) as meter:
        return sum(meter.counted(day, AGENCY.name, QUERIES) for day in days)


async def test_the_process_does_not_serve_without_its_key_and_certificate(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    home = create_home(homes / "custodian", settings())
    assert (await serve_and_fail(home))["code"] == "not_initialised"
    authority.certify_prepared(home.folder, home.party)
    home.key_path.chmod(0o640)
    assert (await serve_and_fail(home))["code"] == "invalid_input"
    home.key_path.chmod(0o600)
    home.key_path.write_bytes(bytes(32))
    assert "damaged" in (await serve_and_fail(home))["detail"]
    home.key_path.unlink()
    assert (await serve_and_fail(home))["code"] == "not_initialised"


async def serve_and_fail(home: CustodianHome) -> dict[str, Any]:
    """Run ``serve`` in this very process up to its refusal, and give the error."""
    with pytest.raises(SymbolonError) as refused:
        async with custodian_service(home, lambda: NOON):
            pass
    return {"code": refused.value.code.code, "detail": refused.value.detail}


def test_a_second_init_keeps_the_key(homes: Path) -> None:
    home = create_home(homes / "custodian", settings())
    key = home.key_path.read_bytes()
    with pytest.raises(SymbolonError) as refused:
        create_home(home.folder, settings())
    assert refused.value.code is ErrorCode.ALREADY_INITIALISED
    assert home.key_path.read_bytes() == key
    (home.folder / "custodian.toml").unlink()
    create_home(home.folder, settings())
    assert home.key_path.read_bytes() == key


def test_secrets_are_readable_by_their_owner_only(homes: Path) -> None:
    home = create_home(homes / "custodian", settings())
    with DailyMeter(home.meter_path):
        for secret in (home.key_path, home.folder / "tls" / "key.pem", home.meter_path):
            assert secret.stat().st_mode & 0o777 == 0o600


def test_the_command_tells_in_json_what_is_missing(homes: Path) -> None:
    create_home(homes / "custodian", settings())
    arguments = command("custodian", "serve", "--home", str(homes / "custodian"), "--json")
    ended = subprocess.run(
        arguments, env=environment() | {"COLUMNS": "80"}, capture_output=True, check=False, text=True
    )
    assert ended.returncode == ErrorCode.NOT_INITIALISED.value.exit_code, ended.stderr
    assert '"code":"not_initialised"' in ended.stdout
    assert os.fspath(homes) in ended.stdout
