"""One agency and one custodian on one machine: certified folders, the agency's stores, a custodian that can lie."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coordinator.custodian.home import CustodianHome, CustodianSettings, create_home, load_key
from coordinator.custodian.service import custodian_policy, custodian_service
from matching.features import query_features
from matching.lockbox import LockboxContext, SizeClass, open_lockbox, seal_lockbox
from matching.oblivious import (
    PrivateKey,
    evaluate,
    evaluate_with_proof,
    split_elements,
    token_input,
)
from matching.subject import Subject, parse_subject, subject_part
from node.custody import CustodianClient
from node.enrolment.enrolling import EnrolmentBatch, EnrolmentSettings, EnrolmentSummary, enrol, profile_of
from node.enrolment.index import IndexStore, Profile
from node.records.importing import import_file
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.channel import ELEMENTS_LIMIT, TlsFiles, open_channel
from symbolon.rpc.folder import certify_party, create_authority, party_tls, prepare_party
from symbolon.rpc.identity import Party
from symbolon.rpc.server import Service
from symbolon.v1 import custodian_pb2
from symbolon.v1.custodian_pb2_grpc import CustodianServicer, add_CustodianServicer_to_server

NOW = datetime(2026, 1, 2, tzinfo=UTC)
AGENCY = Party.agency("FR-DNMS")
CUSTODIAN = Party("custodian", "FIRST")
EPOCH = "2026"
BUDGET = 22.0

GIVEN = ("Idris", "Selma", "Tomasz", "Nadia", "Corentin", "Yusra", "Anselm", "Farida")
FAMILY = ("Maranzadeh", "Okonedo", "Wielgosz", "Belkadi", "Lanvollon", "Tserendorj", "Qasimov", "Ploumanac")


def row(number: int, **fields: object) -> dict[str, object]:
    """Invent a person whose name, birth date and nationality are enough for several features."""
    name = f"{GIVEN[number % 8]} {FAMILY[number // 8 % 8]}"
    birth = f"{1950 + number % 50}-{1 + number % 12:02}-{2 + number % 26:02}"
    return {"record_id": f"X-{number:04}", "names": [name], "dob": [birth], "nationality": ["FR"], **fields}


@dataclass
class Seen:
    """What the custodian was asked: the use and the number of elements of each call."""

    calls: list[tuple[int, int]] = field(default_factory=list)

    def sizes(self, use: custodian_pb2.EvaluationUse.ValueType) -> set[int]:
        return {elements for called, elements in self.calls if called == use}


class TamperingCustodian(CustodianServicer):
    """Evaluates like an honest one, then lets ``tamper`` change what it answers."""

    def __init__(self, key: PrivateKey, tamper: Callable[[list[bytes]], list[bytes]], seen: Seen) -> None:
        self._key, self._tamper, self._seen = key, tamper, seen

    async def DescribeKey(  # noqa: N802
        self, request: custodian_pb2.DescribeKeyRequest, context: Any
    ) -> custodian_pb2.DescribeKeyResponse:
        return custodian_pb2.DescribeKeyResponse(
            epoch=EPOCH, public_key=self._key.public_key(), suite="ristretto255-SHA512"
        )

    async def Evaluate(self, request: custodian_pb2.EvaluateRequest, context: Any) -> custodian_pb2.EvaluateResponse:  # noqa: N802
        elements = split_elements(request.blinded)
        self._seen.calls.append((request.use, len(elements)))
        if request.use == custodian_pb2.EVALUATION_USE_QUERY:
            proved = await asyncio.to_thread(evaluate_with_proof, self._key, elements)
            return custodian_pb2.EvaluateResponse(evaluated=b"".join(proved.elements), proof=proved.proof)
        evaluated = list(await asyncio.to_thread(evaluate, self._key, elements))
        return custodian_pb2.EvaluateResponse(evaluated=b"".join(self._tamper(evaluated)))


@dataclass
class Premises:
    """An agency's and a custodian's folders, certified by one authority."""

    folder: Path
    custodian: CustodianHome

    @property
    def tls(self) -> TlsFiles:
        return party_tls(self.folder / "agency", AGENCY)

    @property
    def key(self) -> PrivateKey:
        return load_key(self.custodian)

    @asynccontextmanager
    async def honest(self, address: str = "127.0.0.1:0") -> AsyncIterator[str]:
        async with custodian_service(self.custodian, lambda: NOW) as service:
            port = await service.start(address)
            yield f"127.0.0.1:{port}"
            await service.stop()

    @asynccontextmanager
    async def tampering(
        self, tamper: Callable[[list[bytes]], list[bytes]], key: PrivateKey | None = None
    ) -> AsyncIterator[tuple[str, Seen]]:
        seen = Seen()
        servicer = TamperingCustodian(key or self.key, tamper, seen)
        service = Service(
            self.custodian.tls,
            custodian_policy(self.custodian.settings),
            [lambda server: add_CustodianServicer_to_server(servicer, server)],
            message_limit=ELEMENTS_LIMIT,
        )
        port = await service.start("127.0.0.1:0")
        yield f"127.0.0.1:{port}", seen
        await service.stop()


def make_premises(folder: Path, enrolment_elements_a_day: int) -> Premises:
    now = datetime.now(UTC)
    create_authority(folder / "authority", "Test authority", now)
    settings = CustodianSettings(
        name=CUSTODIAN.name,
        listen="127.0.0.1:0",
        epoch=EPOCH,
        agencies=(AGENCY.name,),
        enrolment_elements_a_day=enrolment_elements_a_day,
    )
    custodian = create_home(folder / "custodian", settings)
    certify_party(folder / "custodian", CUSTODIAN, folder / "authority", now)
    prepare_party(folder / "agency", AGENCY)
    certify_party(folder / "agency", AGENCY, folder / "authority", now)
    return Premises(folder, custodian)


@dataclass
class Node:
    """The stores of one agency and what enrols them."""

    place: Premises
    records: SqliteRecordStore
    index: IndexStore
    batches: list[EnrolmentBatch] = field(default_factory=list)
    settings: EnrolmentSettings = field(default_factory=lambda: EnrolmentSettings(AGENCY.uri, bytes(32), (BUDGET,)))

    def load(self, *rows: dict[str, object]) -> None:
        path = self.place.folder / "list.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        summary = import_file(path, self.records, self.place.folder / "rejects", NOW)
        assert summary.rejected == 0

    async def enrol(self, address: str, **options: Any) -> EnrolmentSummary:
        async def on_batch(batch: EnrolmentBatch) -> None:
            self.batches.append(batch)

        async with self.client(address) as client:
            return await enrol(
                self.records,
                self.index,
                client,
                self.settings,
                self.place.folder / "data",
                **{"on_batch": on_batch, "clock": lambda: NOW, **options},
            )

    @asynccontextmanager
    async def client(self, address: str) -> AsyncIterator[CustodianClient]:
        async with open_channel(address, CUSTODIAN, self.place.tls) as channel:
            yield CustodianClient(channel, EPOCH, self.place.key.public_key(), retry_seconds=(0.1, 0.2, 0.5, 1.0))

    async def found_by(self, address: str, person: dict[str, object]) -> set[tuple[str, int]]:
        """Ask as a partner would: proved tokens, a lockbox, and what this node's index opens of it."""
        subject = self.parse(person)
        features = [feature.canonical() for feature in query_features(subject, BUDGET)]
        async with self.client(address) as client:
            tokens = await client.tokens_for_query([token_input(EPOCH, feature) for feature in features])
        context = LockboxContext(EPOCH, AGENCY.uri, SizeClass.fitting(len(tokens), 10), b"header")
        lockbox = seal_lockbox(tokens, b"payload", context)
        opened = open_lockbox(lockbox, context, self.settings.pepper, lambda all_: self.index.find(all_, EPOCH))
        places = {place for opening in opened.openings for place in opening.references} if opened else set()
        found = set()
        for one in places:
            record = self.records.revision(one.record_number, one.revision)
            if record is not None:
                found.add((record.record_id, one.revision))
        return found

    @staticmethod
    def parse(person: dict[str, object]) -> Subject:
        return parse_subject(subject_part(person))

    def profile(self) -> Profile:
        return profile_of(EPOCH, self.settings)
