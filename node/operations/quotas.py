"""How much of each agreement's quotas is used: by partners at this node, and by this agency at partners.

What partners use is counted here; what this agency uses is counted there, and known as they last said it: of the
requests. Cases are counted without their references, which the table does not hold.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

from agreements.agreement import Agreement
from agreements.standing import AgreementSet
from node.agreements.state import OVER, account
from node.cases.allowance import allowance, last_told
from node.cases.requests import use_today
from symbolon.rpc.identity import Party
from symbolon.v1 import operations_pb2 as wire


def quotas(
    connection: sqlite3.Connection, agreements: AgreementSet, own: str, now: datetime
) -> wire.ListQuotasResponse:
    """Give the quotas of all agreements that are accepted and not over."""
    told = wire.ListQuotasResponse()
    for standing in agreements:
        if not standing.accepted or account(standing, own, now).state in OVER:
            continue
        agreement = standing.agreement
        for partner in sorted(agreement.party_of.keys() - {own}):
            if agreement.has_role(partner, "asks") and agreement.has_role(own, "holds"):
                told.quotas.extend(_given(connection, agreement, partner, now))
                told.cases.append(_cases(connection, agreement, partner))
            if agreement.has_role(own, "asks") and agreement.has_role(partner, "holds"):
                told.quotas.extend(_received(connection, agreement, partner, now))
    return told


def _given(
    connection: sqlite3.Connection, agreement: Agreement, partner: str, now: datetime
) -> Iterator[wire.QuotaShown]:
    day, limits = now.astimezone(UTC).date().isoformat(), agreement.quotas
    requests = use_today(connection, partner, agreement.id, now)
    for kind, used, limit in (
        ("queries_a_day", _used(connection, agreement, partner, "day", day), limits.queries_a_day),
        ("queries_a_year", _used(connection, agreement, partner, "year", day[:4]), limits.queries_a_year),
        ("requests_a_day", requests.requests_today or 0, limits.requests_a_day),
        ("emergencies_a_month", requests.emergencies_this_month or 0, agreement.emergency.uses_a_month),
    ):
        yield wire.QuotaShown(agreement=agreement.id, side="given", partner=partner, kind=kind, used=used, limit=limit)


def _received(
    connection: sqlite3.Connection, agreement: Agreement, partner: str, now: datetime
) -> Iterator[wire.QuotaShown]:
    told = last_told(connection, Party.agency(partner).uri, agreement.hash.hex())
    left = allowance(told, agreement, now)
    if left is None:
        return
    for kind, unused, limit in (
        ("requests_a_day", left.requests, left.requests_a_day),
        ("emergencies_a_month", left.emergencies, left.emergencies_a_month),
    ):
        used = max(0, limit - unused)
        yield wire.QuotaShown(
            agreement=agreement.id, side="received", partner=partner, kind=kind, used=used, limit=limit
        )


def _used(connection: sqlite3.Connection, agreement: Agreement, partner: str, kind: str, span: str) -> int:
    row = connection.execute(
        "SELECT used FROM quota WHERE agreement = ? AND asker = ? AND kind = ? AND span = ?",
        (agreement.id, partner, kind, span),
    ).fetchone()
    return int(row["used"]) if row else 0


def _cases(connection: sqlite3.Connection, agreement: Agreement, partner: str) -> wire.CaseQuota:
    row = connection.execute(
        "SELECT count(*) AS cases, coalesce(max(used), 0) AS most FROM quota"
        " WHERE agreement = ? AND asker = ? AND kind = 'case'",
        (agreement.id, partner),
    ).fetchone()
    limit = agreement.quotas.queries_a_case
    return wire.CaseQuota(agreement=agreement.id, partner=partner, cases=row["cases"], most=row["most"], limit=limit)
