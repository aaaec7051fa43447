"""Envelopes made by hand with a member's real keys, and delivered through the real hub: what an asker could send.

Honest ones are what `node.queries.asking` makes; the others deviate in one way each. Tokens come from the
custodian's key, which the test holds, and are those that the custodian would have given.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import grpc

from agreements.agreement import Agreement
from coordinator.custodian.home import load_home as load_custodian_home
from coordinator.custodian.home import load_key
from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import CUSTODIAN, EPOCH
from matching.envelope import QUERY_ID_BYTES, QueryBody, QueryHeader, SealedQuery, seal_query
from matching.features import own_normaliser, query_features
from matching.keys import SealingKey
from matching.lockbox import SizeClass, seal_lockbox
from matching.oblivious import PrivateKey, blind, evaluate, finalize_unproved, token_input
from matching.reply import open_reply
from matching.subject import parse_subject
from node.cases_file import open_book
from node.config import NodeHome, load_home
from node.directory.membership import Federation, load_federation
from node.keys import NodeKeys, load_keys
from node.queries.answers import Answer, decode_answer
from node.queries.examination import write_payload
from symbolon.rpc.channel import open_channel
from symbolon.v1.envelope_pb2 import Envelope
from symbolon.v1.relay_pb2 import DeliverRequest, DeliverResponse
from symbolon.v1.relay_pb2_grpc import RelayStub
from tests.integration.invented import ASKER, CASE, LEGAL_BASIS, USER, Row, Scene

OTHER_PURPOSE = "border_inspections"[: len(EVERY_PURPOSE)]
"""Covered by no agreement, and as long as the one that is, so that it makes no envelope longer."""


@dataclass(frozen=True)
class Crafted:
    """An envelope and the key that opens its reply."""

    query: SealedQuery
    reply_key: SealingKey


@dataclass
class CraftingAsker:
    """The asking member: its keys, what it has pinned, and the custodian's key."""

    home: NodeHome
    keys: NodeKeys
    federation: Federation
    agreement: Agreement
    custodian_key: PrivateKey
    channel: grpc.aio.Channel
    _tokens: dict[str, tuple[bytes, ...]] = field(default_factory=dict)

    def tokens(self, row: Row) -> tuple[bytes, ...]:
        """Give the tokens of a query about a person; those of one asked about again are remembered."""
        budget = self.agreement.answer.bit_budget
        known = f"{budget} {sorted(row.items())}"
        if known not in self._tokens:
            self._tokens[known] = self._evaluated(row, budget)
        return self._tokens[known]

    def _evaluated(self, row: Row, budget: float) -> tuple[bytes, ...]:
        features = query_features(parse_subject(row), budget)
        batch = blind([token_input(EPOCH, feature.canonical()) for feature in features])
        return finalize_unproved(batch, evaluate(self.custodian_key, batch.elements))

    def craft(self, to: str, row: Row, *, payload: Row | None = None, spoil: bool = False, **changed: Any) -> Crafted:
        """Seal a query about a person to an agency.

        ``payload`` puts another person beside the tokens, ``spoil`` breaks the lockbox, ``changed`` are header fields.
        """
        member = self.federation.members[f"symbolon://agency/{to}"]
        tokens, content = self.tokens(row), write_payload(parse_subject(payload or row))
        now = int(time.time())
        header = QueryHeader(
            query_id=secrets.token_bytes(QUERY_ID_BYTES),
            sender=self.home.party.uri,
            recipient=member.uri,
            epoch=EPOCH,
            normaliser_version=own_normaliser(),
            agreement_id=self.agreement.id,
            purpose=EVERY_PURPOSE,
            issued_at=now,
            expires_at=now + 60,
            size=SizeClass.fitting(len(tokens), len(content)),
        )
        header = replace(header, **changed)
        lockbox = seal_lockbox(tokens, content, header.lockbox_context())
        lockbox = bytes(len(lockbox)) if spoil else lockbox
        reply_key = SealingKey.generate()
        body = QueryBody(
            reply_key.public_key(), EVERY_CASE.to_text(), LEGAL_BASIS, CASE, USER, self.agreement.hash, lockbox
        )
        return Crafted(seal_query(header, body, member.sealing, self.keys.signing), reply_key)

    async def deliver(self, *queries: SealedQuery) -> list[DeliverResponse]:
        """Deliver through the hub and give all outcomes."""
        request = DeliverRequest(envelopes=[Envelope(query=query.to_bytes()) for query in queries])
        return [outcome async for outcome in RelayStub(self.channel).Deliver(request, timeout=15)]

    async def ask(self, crafted: Crafted) -> DeliverResponse:
        """Deliver one envelope and give its outcome."""
        return (await self.deliver(crafted.query))[0]

    def read(self, crafted: Crafted, delivery: DeliverResponse) -> Answer:
        """Open a reply; raise `ProtocolError` where it is not for this query, or sealed to nobody."""
        signing = self.federation.members[delivery.recipient].signing
        content = open_reply(delivery.reply.reply, crafted.reply_key, crafted.query.reply_context(), signing)
        return decode_answer(content)


@contextlib.asynccontextmanager
async def crafting(
    scene: Scene, agency: str = ASKER, agreement: Agreement | None = None
) -> AsyncIterator[CraftingAsker]:
    """Act as a member of a running federation, over its own certificate, under its one agreement or another."""
    home = load_home(scene.federation.home(agency))
    federation = load_federation(home.federation_path)
    if agreement is None:
        with open_book(home) as book:
            (agreement,) = (one.agreement for one in book.current())
    async with open_channel(home.settings.coordinator_address, home.coordinator, home.tls) as channel:
        yield CraftingAsker(home, load_keys(home.keys), federation, agreement, custodian_key(scene), channel)


def custodian_key(scene: Scene) -> PrivateKey:
    """Read the key that decides every token, as a custodian's operator could."""
    return load_key(load_custodian_home(scene.federation.home(CUSTODIAN)))
