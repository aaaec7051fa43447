"""The hub's directory over real mutual TLS: whom it lists, what it believes of them and of the custodian."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from coordinator import directory
from coordinator.directory_log import DirectoryLog
from coordinator.federation import FederationWatch
from coordinator.home import CoordinatorHome
from ledger.log import Ledger
from ledger.reading import LedgerReader
from matching.oblivious import generate_key
from symbolon.rpc.errors import ErrorCode, SymbolonError, from_rpc_error
from symbolon.v1.custodian_pb2 import DescribeKeyResponse
from symbolon.v1.directory_pb2 import JoinRequest, MemberEntry
from symbolon.v1.directory_pb2_grpc import DirectoryStub
from tests.integration.federation import DevelopmentAuthority, party_process, refusal
from tests.integration.hub import (
    ASKER,
    CUSTODIAN,
    EPOCH,
    FIRST,
    HUB,
    OUTSIDER,
    SECOND,
    Agency,
    Stage,
    hub,
    hub_home,
    known,
    make_custodian,
    new_query_id,
    running_custodian,
    stage,
)


async def test_a_member_joins_and_is_listed_as_it_signed_itself(authority: DevelopmentAuthority, homes: Path) -> None:
    async with stage(authority, homes) as made:
        second, first = made.agency(FIRST), made.agency(ASKER)
        entries = [second.entry(), first.entry()]
        joined = [await made.join(second, entries[0]), await made.join(first, entries[1])]
        listed = await made.members(first)
    assert joined[0].federation == joined[1].federation == listed.federation
    described = listed.federation
    assert (described.name, described.custodian, described.epoch) == ("Test federation", CUSTODIAN.uri, EPOCH)
    assert len(described.epoch_public_key) == 32
    assert list(listed.entries) == [entries[1], entries[0]], "ordered by URI, not a byte changed"


@pytest.mark.parametrize("method", ["join", "members", "deliver"])
async def test_an_outsider_is_refused_without_telling_why(
    authority: DevelopmentAuthority, homes: Path, method: str
) -> None:
    async with stage(authority, homes) as made:
        outsider, first = made.agency(OUTSIDER), made.agency(FIRST)
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "join": lambda: made.join(outsider),
            "members": lambda: made.members(outsider),
            "deliver": lambda: made.deliver(outsider, outsider.seal(first, new_query_id())),
        }
        async with refusal() as refused:
            await calls[method]()
    assert (refused().code, refused().detail) == (ErrorCode.NOT_PERMITTED, "")


Spoiling = Callable[[Stage, Agency], MemberEntry]


def of_another_member(made: Stage, agency: Agency) -> MemberEntry:
    return made.agency(SECOND).entry()


def saying_another_name(made: Stage, agency: Agency) -> MemberEntry:
    return agency.entry(member=SECOND.uri)


def signed_by_nobody(made: Stage, agency: Agency) -> MemberEntry:
    entry = agency.entry()
    entry.signature = entry.signature[:-1] + bytes([entry.signature[-1] ^ 1])
    return entry


def of_another_authority(made: Stage, agency: Agency) -> MemberEntry:
    other = DevelopmentAuthority.create(made.folder / "other-authority")
    return Agency(agency.party, other.certify(made.folder / "elsewhere", agency.party)).entry()


def changed_after_signing(made: Stage, agency: Agency) -> MemberEntry:
    entry, later = agency.entry(), agency.entry(address="127.0.0.1:1")
    entry.description = later.description
    return entry


def with_a_long_certificate(made: Stage, agency: Agency) -> MemberEntry:
    entry = agency.entry()
    entry.certificate += bytes(8 * 1024)
    return entry


def with_a_long_signature(made: Stage, agency: Agency) -> MemberEntry:
    entry = agency.entry()
    entry.signature += bytes(256)
    return entry


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (with_a_long_certificate, ErrorCode.MALFORMED),
        (with_a_long_signature, ErrorCode.MALFORMED),
        (lambda made, agency: agency.entry(golden_digest="0" * 4096), ErrorCode.MALFORMED),
        (lambda made, agency: agency.entry(display_name="x" * 201), ErrorCode.INVALID_INPUT),
        (lambda made, agency: agency.entry(display_name="right\u202eleft"), ErrorCode.INVALID_INPUT),
        (lambda made, agency: agency.entry(address=f"{'x' * 254}:1"), ErrorCode.INVALID_INPUT),
        (of_another_member, ErrorCode.NOT_PERMITTED),
        (saying_another_name, ErrorCode.NOT_PERMITTED),
        (signed_by_nobody, ErrorCode.NOT_PERMITTED),
        (of_another_authority, ErrorCode.NOT_PERMITTED),
        (changed_after_signing, ErrorCode.NOT_PERMITTED),
        (lambda made, agency: agency.entry(normaliser="0"), ErrorCode.NORMALISER_MISMATCH),
        (lambda made, agency: agency.entry(golden_digest="0"), ErrorCode.NORMALISER_MISMATCH),
        (lambda made, agency: agency.entry(signing_key=bytes(31)), ErrorCode.MALFORMED),
        (lambda made, agency: agency.entry(sealing_key=bytes(31)), ErrorCode.MALFORMED),
        (lambda made, agency: agency.entry(address="unix:/run/else"), ErrorCode.INVALID_INPUT),
        (lambda made, agency: agency.entry(address="no port"), ErrorCode.INVALID_INPUT),
        (lambda made, agency: agency.entry(display_name=""), ErrorCode.INVALID_INPUT),
        (lambda made, agency: agency.entry(display_name="two\nlines"), ErrorCode.INVALID_INPUT),
        (lambda made, agency: agency.entry(issued_at=int(time.time()) + 3600), ErrorCode.INVALID_INPUT),
    ],
)
async def test_an_entry_that_is_not_the_callers_own_and_sound_is_refused(
    authority: DevelopmentAuthority, homes: Path, spoil: Spoiling, code: ErrorCode
) -> None:
    async with stage(authority, homes) as made:
        agency = made.agency(FIRST)
        async with refusal() as refused:
            await made.join(agency, spoil(made, agency))
        assert refused().code is code
        assert not (await made.members(agency)).entries


async def test_what_an_entry_carries_beside_its_parts_is_not_kept(authority: DevelopmentAuthority, homes: Path) -> None:
    async with stage(authority, homes) as made:
        agency = made.agency(FIRST)
        entry = agency.entry()
        unknown = bytes([15 << 3 | 2, 100]) + bytes(100)  # a field 15 of 100 bytes
        await made.join(agency, MemberEntry.FromString(entry.SerializeToString() + unknown))
        (kept,) = (await made.members(agency)).entries
    assert kept.SerializeToString() == entry.SerializeToString()


async def test_a_renewal_must_be_later_and_the_same_again_changes_nothing(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes) as made:
        agency, now = made.agency(FIRST), int(time.time())
        first = agency.entry(issued_at=now - 10)
        renewed = agency.entry(issued_at=now, address="127.0.0.1:2")
        for entry in (first, renewed, renewed, agency.entry(issued_at=now, address="127.0.0.1:2")):
            await made.join(agency, entry)
        for stale in (first, agency.entry(issued_at=now, address="127.0.0.1:3")):
            async with refusal() as refused:
                await made.join(agency, stale)
            assert refused().code is ErrorCode.INVALID_INPUT
        assert list((await made.members(agency)).entries) == [renewed]
    written = logged(made.home)
    assert [event["type"] for event in written[2:]] == ["member_entered", "member_renewed"]
    assert written[3]["signing_fingerprint"] == agency.signing.public_key().fingerprint()
    assert written[3]["description_digest"] == hashlib.sha256(renewed.description).hexdigest()


async def test_who_goes_away_while_his_entry_is_written_leaves_a_directory_that_holds(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes) as made:
        agency, now = made.agency(FIRST), int(time.time())
        first, later = agency.entry(issued_at=now - 10), agency.entry(issued_at=now)
        with closing(sqlite3.connect(made.home.directory_log_path, isolation_level=None)) as busy:
            busy.execute("BEGIN IMMEDIATE")
            async with made.channel(agency) as channel:
                with pytest.raises(grpc.aio.AioRpcError):
                    await DirectoryStub(channel).Join(JoinRequest(entry=first), timeout=0.5)
            busy.execute("ROLLBACK")
        await made.join(agency, later)
    assert [event["type"] for event in logged(made.home)[2:]] == ["member_entered", "member_renewed"]
    async with hub(authority, homes, made.home) as made:
        assert list((await made.members(agency)).entries) == [later]


async def test_a_member_changes_its_entry_so_many_times_a_day_and_no_more(
    authority: DevelopmentAuthority, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "MOST_CHANGES_A_DAY", 2)
    async with stage(authority, homes) as made:
        agency, now = made.agency(FIRST), int(time.time())
        made.ahead = timedelta(days=1) - (made.now() - made.now().replace(hour=1))  # no midnight comes in between
        for place in range(2):
            await made.join(agency, agency.entry(issued_at=now + place))
        async with refusal() as refused:
            await made.join(agency, agency.entry(issued_at=now + 2))
        assert refused().code is ErrorCode.QUOTA_EXHAUSTED
        await made.join(agency, agency.entry(issued_at=now + 1))


def logged(home: CoordinatorHome) -> list[dict[str, Any]]:
    """Give the events of a hub's directory log."""
    return [entry.event.model_dump() for entry in LedgerReader(home.directory_log_path).entries()]


async def test_the_directory_survives_a_restart_without_the_custodian_and_forgets_who_is_no_longer_admitted(
    authority: DevelopmentAuthority, homes: Path
) -> None:
    async with stage(authority, homes) as made:
        home, asker, first = made.home, made.agency(ASKER), made.agency(FIRST)
        await made.join(asker)
        await made.join(first)
        before = await made.members(asker)
    fewer = home.settings.model_copy(update={"agencies": (ASKER.name,)})
    async with hub(authority, homes, CoordinatorHome(home.folder, fewer)) as made:
        after = await made.members(asker)
    assert after.federation == before.federation
    assert list(after.entries) == [before.entries[0]]


async def test_until_the_custodian_was_asked_it_is_said_to_be_unreachable_and_the_hub_recovers_by_itself(
    authority: DevelopmentAuthority, homes: Path, unused_tcp_port: int
) -> None:
    address = f"127.0.0.1:{unused_tcp_port}"
    async with hub(authority, homes, hub_home(authority, homes / "hub", address)) as made:
        asker = made.agency(ASKER)
        for call in (made.members, made.join):
            async with refusal() as refused:
                await call(asker)
            assert refused().code is ErrorCode.UNREACHABLE
            assert CUSTODIAN.uri in refused().detail
        async with running_custodian(make_custodian(authority, homes / "custodian"), address):
            assert (await known(made, asker)).federation.epoch == EPOCH


async def test_a_changed_key_within_an_epoch_is_refused_loudly_also_after_a_restart(
    authority: DevelopmentAuthority, homes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(authority, homes) as made:
        home, asker = made.home, made.agency(ASKER)
        pinned = (await made.members(asker)).federation.epoch_public_key
    async with running_custodian(make_custodian(authority, homes / "impostor")) as address:
        moved = home.settings.model_copy(update={"custodian_address": address})
        async with hub(authority, homes, CoordinatorHome(home.folder, moved)) as made:
            await refused_with(ErrorCode.KEY_CHANGED, made.members, asker)
            async with refusal() as refused:
                await made.join(asker)
    assert refused().code is ErrorCode.KEY_CHANGED
    assert [record for record in caplog.records if record.levelno == logging.CRITICAL and EPOCH in record.message]
    announced = [event for event in logged(home) if event["type"] == "epoch_announced"]
    assert [(event["epoch"], event["public_key"]) for event in announced] == [(EPOCH, pinned.hex())]
    for path in (home.directory_path, home.directory_log_path):
        assert path.stat().st_mode & 0o777 == 0o600


async def refused_with(code: ErrorCode, call: Callable[[Agency], Awaitable[object]], agency: Agency) -> None:
    """Wait until a call is refused so."""
    async with asyncio.timeout(10):
        while True:
            try:
                await call(agency)
            except grpc.aio.AioRpcError as error:
                if from_rpc_error(error).code is code:
                    return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "changed", [{"suite": "P256-SHA256"}, {"epoch": ""}, {"public_key": bytes(32)}, {"public_key": b"short"}]
)
async def test_a_key_that_cannot_be_one_is_not_believed_and_a_new_epoch_is(
    authority: DevelopmentAuthority, homes: Path, changed: dict[str, Any]
) -> None:
    values: dict[str, Any] = {"suite": "ristretto255-SHA512", "epoch": EPOCH, "public_key": generate_key().public_key()}
    following = values | {"epoch": "2027-1", "public_key": generate_key().public_key()}
    home = hub_home(authority, homes / "hub", "127.0.0.1:1")
    with Ledger(home.directory_log_path) as ledger:
        watch = FederationWatch(home, DirectoryLog(ledger, HUB.uri, home.signing_key()), "1")
        with pytest.raises(SymbolonError) as refused:
            await watch.take(DescribeKeyResponse(**(values | changed)))
        assert refused.value.code is ErrorCode.MALFORMED
        for shown in (values, following):
            await watch.take(DescribeKeyResponse(**shown))
            assert watch.describe().epoch == shown["epoch"]
            assert watch.describe().epoch_public_key == shown["public_key"]
    with Ledger(home.directory_log_path) as ledger:
        log = DirectoryLog(ledger, HUB.uri, home.signing_key())
        assert FederationWatch(home, log, "1").describe().epoch == "2027-1"


async def test_the_process_drains_on_sigterm_and_logs_no_payload(authority: DevelopmentAuthority, homes: Path) -> None:
    async with running_custodian(make_custodian(authority, homes / "custodian")) as address:
        home = hub_home(authority, homes / "hub", address)
        async with party_process("coordinator", home.folder) as running:
            assert running.party == HUB.uri
            made = Stage(authority, homes, AsyncExitStack(), home, address=running.address)
            asker = made.agency(ASKER)
            await known(made, asker)
            await made.join(asker)
            assert await running.stop() == 0
    log = (home.folder / "process.log").read_text()
    assert f"/symbolon.v1.Directory/Join {ASKER.uri} ok" in log
    assert "Agency FR-DNMS" not in log
