"""The calls about agreements: read them, see who receives what; and an operator's word on one, with the node's key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial

from agreements.agreement import Agreement
from agreements.difference import differences
from agreements.prose import articles
from agreements.standing import AgreementSet, Standing
from node.agreements import bundles, signing
from node.agreements.book import AgreementBook
from node.agreements.declaring import Make, declare
from node.agreements.signing import Signatory
from node.agreements.state import OVER, account, remarks
from node.officers.permission import Permission
from node.officers.register import Officer
from node.operations.node_calls import checked_reason
from node.operations.receiving import Receiving, RuledRecords, holding, receiving, ruled_records
from node.records.rules import HouseRules
from node.records.store import RecordStore
from node.sentences import sentence_shown, sentences_shown
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import operations_pb2 as wire

KEPT_SECONDS = 60.0
"""Seconds for which the rules of all records, once worked out, are taken again."""


class AgreementCalls:
    """The part of the service Operations that is about agreements."""

    def __init__(
        self,
        permission: Permission,
        book: AgreementBook,
        records: RecordStore,
        house: HouseRules,
        signatory: Callable[[], Signatory],
    ) -> None:
        """Take what checks roles, the parts, the node's rules, and what reads the key that signs when it is needed."""
        self._permission = permission
        self._book = book
        self._records = records
        self._house = house
        self._signatory = signatory
        self._ruling = asyncio.Lock()
        self._ruled: tuple[float, tuple[RuledRecords, ...]] | None = None

    async def list_agreements(self, _: wire.ListAgreementsRequest, officer: Officer) -> wire.ListAgreementsResponse:
        """List the agreements and where each stands."""
        await self._permission.check(officer, "read_agreements", "agreements")

        def listed() -> wire.ListAgreementsResponse:
            now = datetime.now(UTC)
            return wire.ListAgreementsResponse(agreements=[self._listed(one, now) for one in self._book.current()])

        return await asyncio.to_thread(listed)

    async def show_agreement(self, request: wire.ShowAgreementRequest, officer: Officer) -> wire.ShowAgreementResponse:
        """Show one agreement, and who receives what under it."""
        await self._permission.check(officer, "read_agreements", "agreement")
        agreements = await asyncio.to_thread(self._book.current)
        standing = self._found(agreements, request.hash)
        ruled = await self._ruled_records() if standing.accepted else ()
        return await asyncio.to_thread(self._shown, agreements, standing, ruled, officer)

    async def declare_on_agreement(
        self, request: wire.DeclareOnAgreementRequest, officer: Officer
    ) -> wire.DeclareOnAgreementResponse:
        """Suspend, resume or end an agreement, in all its versions; partners are told."""
        await self._permission.check(officer, "operate")
        reason, make = checked_reason(request.reason), _word(request)

        def declared() -> wire.DeclareOnAgreementResponse:
            now = datetime.now(UTC)
            standing = self._found(self._book.current(), request.hash)
            personal = {"reason": reason, "user": officer.name}
            declare(self._book, self._signatory(), standing.agreement.id, make, now, personal)
            after = self._found(self._book.current(), request.hash)
            return wire.DeclareOnAgreementResponse(listed=self._listed(after, now))

        return await asyncio.to_thread(declared)

    def _shown(
        self, agreements: AgreementSet, standing: Standing, ruled: Sequence[RuledRecords], officer: Officer
    ) -> wire.ShowAgreementResponse:
        now, agreement = datetime.now(UTC), standing.agreement
        before = _before(agreements, agreement)
        signatures = bundles.read(self._book.bundle(agreement.hash))[1]
        told = wire.ShowAgreementResponse(
            listed=self._listed(standing, now),
            articles=[
                wire.AgreementArticle(
                    heading=sentence_shown(one.heading),
                    agreed=sentences_shown(one.agreed),
                    practice=sentences_shown(one.practice),
                )
                for one in articles(agreement)
            ],
            signatures=[
                wire.SignatureShown(party=one.declaration.agency, at=int(one.declaration.at.timestamp()))
                for one in signatures
            ],
            legal_basis=agreement.legal_basis,
            document=agreement.canonical,
            may=self._words_allowed(standing, officer, now),
        )
        if before is not None:
            told.compared_with = before.version
            for one in differences(before, agreement):
                told.differences.add(place=one.place, change=sentence_shown(one.change), effect=one.effect)
        if standing.accepted:
            at = _moment(agreement, now)
            told.receiving_at = int(at.timestamp())
            rows = receiving(agreements, agreement, self._book.agency, ruled, at)
            told.receiving.extend(_row(one, with_records=officer.may("operate")) for one in rows)
        return told

    def _found(self, agreements: AgreementSet, agreement_hash: str) -> Standing:
        try:
            standing = agreements.find(bytes.fromhex(agreement_hash))
        except ValueError:
            standing = None
        if standing is None:
            raise SymbolonError(ErrorCode.AGREEMENT_UNKNOWN)
        return standing

    def _listed(self, standing: Standing, now: datetime) -> wire.AgreementListed:
        agreement, found = standing.agreement, account(standing, self._book.agency, now)
        return wire.AgreementListed(
            id=agreement.id,
            version=agreement.version,
            hash=agreement.hash.hex(),
            title=agreement.title,
            state=found.state.value,
            parties=sorted(agreement.party_of),
            in_force_with=found.partners,
            valid_from=agreement.validity.from_day.isoformat(),
            valid_until=agreement.validity.until.isoformat(),
            remarks=remarks(found, now.date()),
        )

    def _words_allowed(self, standing: Standing, officer: Officer, now: datetime) -> list[str]:
        if not officer.may("operate") or not standing.accepted:
            return []
        if account(standing, self._book.agency, now).state in OVER:
            return []
        own = self._book.agency
        words = ["resume"] if own in standing.suspended_by else ["suspend"]
        return words if own in standing.ended else [*words, "terminate"]

    async def _ruled_records(self) -> tuple[RuledRecords, ...]:
        """Give the rules on all records; one caller works them out in a thread while the others wait without one."""
        async with self._ruling:
            moment = time.monotonic()
            if self._ruled is None or moment - self._ruled[0] > KEPT_SECONDS:
                self._ruled = moment, await asyncio.to_thread(self._rule)
            return self._ruled[1]

    def _rule(self) -> tuple[RuledRecords, ...]:
        return ruled_records(self._records.outline_counts(), self._house, datetime.now(UTC))


def _word(request: wire.DeclareOnAgreementRequest) -> Make:
    if request.act == "suspend":
        return signing.suspend
    if request.act == "resume":
        return signing.resume
    if request.act != "terminate":
        raise SymbolonError(ErrorCode.INVALID_INPUT, "act: expected suspend, resume or terminate")
    try:
        last_day = date.fromisoformat(request.last_day) if request.last_day else None
    except ValueError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "last_day: expected YYYY-MM-DD") from None
    return partial(signing.terminate, last_day=last_day)


def _before(agreements: AgreementSet, agreement: Agreement) -> Agreement | None:
    """Give the version before, where it is here."""
    earlier = (one.agreement for one in agreements if one.agreement.id == agreement.id)
    older = [one for one in earlier if one.version < agreement.version]
    return max(older, key=lambda one: one.version, default=None)


def _moment(agreement: Agreement, now: datetime) -> datetime:
    """Give the moment that the table is for: now, or the first of the agreement's days where it is to begin."""
    first = datetime.combine(agreement.validity.from_day, datetime.min.time(), UTC)
    return max(now, first)


def _row(one: Receiving, *, with_records: bool) -> wire.ReceivingRow:
    conditions = one.released.conditions or one.at_once.conditions
    return wire.ReceivingRow(
        partner=one.partner,
        purposes=one.purposes,
        records=one.records if with_records else None,
        at_once=one.at_once.level,
        after_release=one.released.level,
        fields=sorted(one.released.fields),
        code=conditions.code if conditions else "",
        caveats=conditions.caveats if conditions else (),
        action=(conditions.action or "") if conditions else "",
        retention_days=conditions.retention_days if conditions else 0,
        capped_at_once=holding(one.at_once),
        capped_after_release=holding(one.released),
        silent=one.at_once.silent or one.released.silent,
    )
