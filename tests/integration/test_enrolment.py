"""Enrolment against a real custodian over mutual TLS: complete, incremental, killed, and with a custodian that lies."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from matching import sodium
from matching.lockbox import IndexRow, SizeClass
from matching.oblivious import (
    generate_key,
)
from node.custody import ENROLMENT_CLASSES, CustodianClient, enrolment_elements
from node.enrolment.enrolling import EnrolmentBatch, EnrolmentSettings, count_pending
from node.enrolment.index import EnrolledRecord, IndexStore, Place
from node.enrolment.pepper import check_pepper
from node.records.sqlite import SqliteRecordStore
from node.single_run import only_run
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import custodian_pb2
from tests.forked import Forked
from tests.integration.premises import AGENCY, BUDGET, CUSTODIAN, EPOCH, NOW, Node, Premises, make_premises, row


@pytest.fixture
def place(tmp_path: Path) -> Premises:
    return make_premises(tmp_path, enrolment_elements_a_day=500_000)


@pytest.fixture
def node(place: Premises) -> Iterator[Node]:
    folder = place.folder / "data"
    with SqliteRecordStore(folder / "records.db") as records, IndexStore(folder / "index.db") as index:
        yield Node(place, records, index)


async def test_every_record_is_found_by_a_partner_s_query_and_a_stranger_is_not(place: Premises, node: Node) -> None:
    people = [row(number) for number in range(40)]
    node.load(*people)
    async with place.honest() as address:
        summary = await node.enrol(address)
        assert (summary.records, summary.without_features, summary.batches) == (40, 0, len(node.batches))
        assert summary.tokens == node.index.counts(EPOCH).entries == sum(batch.tokens for batch in node.batches)
        for person in people[::8]:
            assert (str(person["record_id"]), 1) in await node.found_by(address, person)
        assert await node.found_by(address, row(3, names=["Wenceslas Thorvaldsen"], dob=["1931-01-30"])) == set()
    assert node.records.counts().pending == 0


async def test_a_second_enrolment_has_nothing_to_do(place: Premises, node: Node) -> None:
    node.load(*(row(number) for number in range(5)))
    async with place.honest() as address:
        await node.enrol(address)
        again = await node.enrol(address)
    assert (again.records, again.tokens, again.batches) == (0, 0, 0)


async def test_an_edit_that_keeps_its_features_costs_no_evaluation(place: Premises, node: Node) -> None:
    node.load(row(1))
    async with place.honest() as address:
        await node.enrol(address)
        node.load(row(1, addresses=["1, Long Street, Tessa"]))
        edited = await node.enrol(address)
        assert (edited.records, edited.tokens, edited.batches) == (1, 0, 0)
        assert await node.found_by(address, row(1)) == {("X-0001", 2)}


async def test_an_edit_is_found_by_its_former_revision_until_the_new_one_is_enrolled(
    place: Premises, node: Node
) -> None:
    node.load(row(1))
    async with place.honest() as address:
        first = await node.enrol(address)
        node.load(row(1, names=["Ottoline Featherstonehaugh"], aliases=[str(row(1)["names"][0])]))  # type: ignore[index]
        assert await node.found_by(address, row(1)) == {("X-0001", 1)}
        second = await node.enrol(address)
        assert second.tokens > 0
        assert await node.found_by(address, row(1)) == {("X-0001", 2)}
        assert await node.found_by(address, row(1, names=["Ottoline Featherstonehaugh"])) == {("X-0001", 2)}
        assert node.index.counts(EPOCH).entries <= first.tokens + second.tokens
        # A query that looked the entry up just before finds its revision still, and some minutes later it is erased.
        assert node.records.get("X-0001", 1) is not None
        await node.enrol(address, clock=lambda: NOW + timedelta(hours=1))
        assert node.records.get("X-0001", 1) is None


async def test_a_removed_record_is_never_hit_again_and_its_entries_go_with_the_next_enrolment(
    place: Premises, node: Node
) -> None:
    node.load(row(1), row(2))
    async with place.honest() as address:
        await node.enrol(address)
        node.records.remove("X-0001", NOW)
        assert await node.found_by(address, row(1)) == set()
        summary = await node.enrol(address)
        assert (summary.removed, summary.records) == (1, 0)
        assert node.index.counts(EPOCH).records == 1
        assert await node.found_by(address, row(2)) == {("X-0002", 1)}


async def test_records_that_cannot_be_found_blind_are_listed_all_of_them(place: Premises, node: Node) -> None:
    node.load(row(1), {"record_id": "N-1", "names": ["X"]}, {"record_id": "N-2", "names": ["Y"]})
    async with place.honest() as address:
        summary = await node.enrol(address)
        assert (summary.records, summary.without_features) == (3, 2)
        assert summary.unfindable_path is not None
        listed = [json.loads(line)["record_id"] for line in summary.unfindable_path.read_text("utf-8").splitlines()]
        assert listed == ["N-1", "N-2"]
        assert (await node.enrol(address)).without_features == 2


async def test_the_custodian_sees_only_the_sizes_of_classes(place: Premises, node: Node) -> None:
    node.load(*(row(number) for number in range(60)))
    async with place.tampering(lambda evaluated: evaluated) as (address, seen):
        await node.enrol(address)
        node.load(row(0, names=["Selma Ploumanac"]), *(row(number) for number in range(1, 60)))
        await node.enrol(address)
        await node.found_by(address, row(7))
    assert seen.sizes(custodian_pb2.EVALUATION_USE_ENROLMENT) <= set(ENROLMENT_CLASSES)
    assert seen.sizes(custodian_pb2.EVALUATION_USE_QUERY) <= set(SizeClass)
    counted = sum(n for use, n in seen.calls if use == custodian_pb2.EVALUATION_USE_ENROLMENT)
    assert counted == sum(batch.elements for batch in node.batches)


def test_batches_are_of_the_next_class_with_room_for_canaries() -> None:
    assert ENROLMENT_CLASSES == (256, 1024, 4096, 10_064)
    assert [enrolment_elements(inputs) for inputs in (1, 240, 241, 4069, 10_000)] == [256, 256, 1024, 4096, 10_064]


def one_in_ten(evaluated: list[bytes]) -> list[bytes]:
    return [sodium.add(one, one) if place % 10 == 3 else one for place, one in enumerate(evaluated)]


@pytest.mark.parametrize(
    "tamper",
    [
        one_in_ten,
        lambda evaluated: evaluated[::-1],
        lambda evaluated: evaluated[:-1],
        lambda evaluated: [bytes(32)] * len(evaluated),
        lambda evaluated: [b"\xff" * 32] * len(evaluated),
        lambda evaluated: [],
    ],
    ids=["one-in-ten-wrong", "other-order", "too-few", "identity", "no-elements", "nothing"],
)
async def test_nothing_of_a_lying_custodian_is_committed(
    place: Premises, node: Node, tamper: Callable[[list[bytes]], list[bytes]]
) -> None:
    node.load(*(row(number) for number in range(20)))
    async with place.tampering(tamper) as (address, _):
        with pytest.raises(SymbolonError) as caught:
            await node.enrol(address)
    assert caught.value.code is ErrorCode.CUSTODIAN_DISHONEST
    assert node.batches == []
    assert node.index.counts(EPOCH).records == 0
    assert node.records.counts().pending == 20


async def test_another_key_is_noticed_by_the_proof_before_anything_is_enrolled(place: Premises, node: Node) -> None:
    node.load(row(1))
    async with place.tampering(lambda evaluated: evaluated, generate_key()) as (address, seen):
        with pytest.raises(SymbolonError) as caught:
            await node.enrol(address)
        async with node.client(address) as client:
            with pytest.raises(SymbolonError) as queried:
                await client.tokens_for_query([b"input"])
    assert caught.value.code is queried.value.code is ErrorCode.CUSTODIAN_DISHONEST
    assert seen.sizes(custodian_pb2.EVALUATION_USE_ENROLMENT) == set()


async def test_query_tokens_are_those_of_enrolment_in_order_and_of_any_number(place: Premises, node: Node) -> None:
    inputs = [b"input %d" % number for number in range(300)]
    async with place.honest() as address, node.client(address) as client:
        proved = await client.tokens_for_query(inputs)
        assert proved == await client.tokens_for_enrolment(inputs)
        assert proved[:5] == await client.tokens_for_query(inputs[:5])
        assert await client.tokens_for_query([]) == ()
        described = await client.describe_key()
    assert (described.epoch, described.public_key) == (EPOCH, place.key.public_key())


async def test_an_index_of_another_pepper_is_neither_added_to_nor_served_from(place: Premises, node: Node) -> None:
    node.load(row(1))
    check_pepper(node.index, bytes(32), AGENCY.uri)  # an empty index is anybody's
    async with place.honest() as address:
        await node.enrol(address)
        check_pepper(node.index, bytes(32), AGENCY.uri)
        node.settings = replace(node.settings, pepper=b"\x01" * 32)
        node.load(row(2))
        with pytest.raises(SymbolonError, match=r"pepper\.key is not the pepper") as caught:
            await node.enrol(address)
        assert "restore it from its backup" in caught.value.detail
        assert node.index.counts(EPOCH).records == 1
        for pepper, responder in ((b"\x01" * 32, AGENCY.uri), (bytes(32), "symbolon://agency/OTHER")):
            with pytest.raises(SymbolonError):
                check_pepper(node.index, pepper, responder)
        node.index.remove([marker.number for marker in node.index.markers()])
        assert (await node.enrol(address)).records == 2
        check_pepper(node.index, b"\x01" * 32, AGENCY.uri)


async def test_a_used_up_quota_is_told_and_what_was_committed_stays(tmp_path: Path) -> None:
    place = make_premises(tmp_path / "tight", enrolment_elements_a_day=ENROLMENT_CLASSES[0])
    with SqliteRecordStore(tmp_path / "records.db") as records, IndexStore(tmp_path / "index.db") as index:
        node = Node(place, records, index)
        node.load(row(1))
        async with place.honest() as address:
            await node.enrol(address)
            node.load(row(1), row(2))
            with pytest.raises(SymbolonError) as caught:
                await node.enrol(address)
        assert caught.value.code is ErrorCode.QUOTA_EXHAUSTED
        assert "enrolment elements" in caught.value.detail
        assert index.counts(EPOCH).records == 1


async def test_another_epoch_is_refused(place: Premises, node: Node) -> None:
    async with place.honest() as address, open_channel(address, CUSTODIAN, place.tls) as channel:
        client = CustodianClient(channel, "2025", place.key.public_key())
        with pytest.raises(SymbolonError) as caught:
            await client.tokens_for_query([b"input"])
    assert caught.value.code is ErrorCode.EPOCH_MISMATCH


async def test_a_custodian_that_comes_back_is_waited_for_and_one_that_does_not_is_named(
    place: Premises, node: Node, unused_port: int
) -> None:
    node.load(row(1))
    address = f"127.0.0.1:{unused_port}"
    with pytest.raises(SymbolonError) as caught:
        await node.enrol(address)
    assert caught.value.code is ErrorCode.UNREACHABLE
    async with open_channel(address, CUSTODIAN, place.tls) as channel:
        client = CustodianClient(channel, EPOCH, place.key.public_key(), who=f"{CUSTODIAN.uri} at {address}")
        with pytest.raises(SymbolonError, match=f"{CUSTODIAN.uri} at {address}"):
            await client.tokens_for_query([b"input"])
    waiting = asyncio.create_task(node.enrol(address))
    await asyncio.sleep(0.15)
    async with place.honest(address):
        assert (await waiting).records == 1


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def test_a_batch_that_the_log_does_not_take_is_not_committed(place: Premises, node: Node) -> None:
    node.load(row(1))

    async def disk_full(batch: EnrolmentBatch) -> None:
        assert batch.records == 1
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    async with place.honest() as address:
        with pytest.raises(SymbolonError) as caught:
            await node.enrol(address, on_batch=disk_full)
    assert caught.value.code is ErrorCode.LOG_NOT_WRITABLE
    assert node.index.counts(EPOCH).records == 0


async def test_two_enrolments_at_once_are_one_too_many(place: Premises, node: Node) -> None:
    with only_run(place.folder / "data" / "enrolment.lock", "enrolment"), pytest.raises(SymbolonError) as caught:
        await node.enrol("127.0.0.1:1")
    assert caught.value.code is ErrorCode.BUSY


async def test_another_budget_means_enrolling_again_and_a_lost_index_is_noticed(place: Premises, node: Node) -> None:
    node.load(*(row(number) for number in range(6)))
    async with place.honest() as address:
        await node.enrol(address)
        node.settings = EnrolmentSettings(AGENCY.uri, bytes(32), (BUDGET, BUDGET + 6))
        assert count_pending(node.records, node.index, node.profile()) == 6
        both = await node.enrol(address)
        assert both.records == 6
        budgets = {row.reference.budget for number in node.records.states() for row in _entries(node, number.number)}
        assert budgets == {BUDGET, BUDGET + 6}
        node.index.keep_only("another epoch")
        assert count_pending(node.records, node.index, node.profile()) == 6
        assert (await node.enrol(address)).tokens == both.tokens


async def test_what_an_earlier_epoch_left_is_erased_once_all_is_enrolled(place: Premises, node: Node) -> None:
    node.load(*(row(number) for number in range(3)))
    earlier = replace(node.profile(), epoch="an earlier epoch")
    node.index.replace([EnrolledRecord(number, 1, ()) for number in _numbers(node)], earlier)
    async with place.honest() as address:
        await node.enrol(address)
    assert node.index.made_from("an earlier epoch") is None
    assert node.index.counts(EPOCH).records == 3


def _entries(node: Node, number: int) -> list[IndexRow[Place]]:
    return node.index.entries_of(number, EPOCH)


_ENROLMENT = """
import asyncio, sys
from pathlib import Path
from node.custody import CustodianClient
from node.enrolment.enrolling import EnrolmentSettings, enrol
from node.enrolment.index import IndexStore
from node.enrolment.pepper import check_pepper
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.channel import open_channel
from symbolon.rpc.folder import party_tls
from symbolon.rpc.identity import Party
import node.enrolment.enrolling
folder, address, public_key = Path(sys.argv[1]), sys.argv[2], bytes.fromhex(sys.argv[3])
agency = Party.agency("FR-DNMS")
node.enrolment.enrolling.MOST_ENROLMENT_INPUTS = 240
async def main():
    async def on_batch(batch):
        print(batch.records, flush=True)
    with SqliteRecordStore(folder / "data/records.db") as records, IndexStore(folder / "data/index.db") as index:
        async with open_channel(address, Party("custodian", "FIRST"), party_tls(folder / "agency", agency)) as channel:
            client = CustodianClient(channel, "2026", public_key)
            settings = EnrolmentSettings(agency.uri, bytes(32), (22.0,))
            await enrol(records, index, client, settings, folder / "data", on_batch=on_batch)
asyncio.run(main())
"""


async def test_killed_at_random_points_every_record_is_enrolled_exactly_once(place: Premises, node: Node) -> None:
    chance = random.Random(11)  # noqa: S311  # the same points in every run
    node.load(*(row(number) for number in range(600)))
    logged = kills = 0
    async with place.honest() as address:
        while True:
            process = Forked(("-c", _ENROLMENT, str(place.folder), address, place.key.public_key().hex()))
            for _ in range(chance.randint(1, 5)):
                logged += int(await asyncio.to_thread(process.stdout.readline) or 0)
            await asyncio.sleep(chance.uniform(0, 0.08))
            process.kill()
            rest, _ = await asyncio.to_thread(process.communicate)
            logged += sum(map(int, rest.split()))
            if process.wait() == 0:
                break
            kills += 1
        killed = {number: len(_entries(node, number)) for number in _numbers(node)}
        assert kills >= 2
        assert count_pending(node.records, node.index, node.profile()) == 0
        assert (await node.enrol(address)).records == 0
        # Only groups in flight at a kill were evaluated again.
        assert 600 <= logged < 600 * 1.8
        node.index.keep_only("another epoch")
        await node.enrol(address)
        assert {number: len(_entries(node, number)) for number in _numbers(node)} == killed


def _numbers(node: Node) -> list[int]:
    return [state.number for state in node.records.states()]
