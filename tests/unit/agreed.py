"""One agreement in force, one question under it and one record: what tests of decisions start from and change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agreements.agreement import Agreement
from agreements.facts import Approval, Asked, MatchFacts, QuotaUse, RecordRules, Steps
from agreements.reading import parse_agreement
from agreements.standing import AgreementSet, Standing
from agreements.template import TEMPLATE

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AGREEMENT = parse_agreement(TEMPLATE)
ASKED = Asked(
    asker="FR-DNMS",
    holder="DE-ZASM",
    agreement_hash=AGREEMENT.hash,
    now=NOW,
    purpose="migrant_smuggling",
    user="a.durand",
    legal_basis=True,
    case="FR-2026-117",
    offence="migrant_smuggling",
    penalty_months=60,
    nature="ordinary",
    person_role="suspect",
    death_penalty="no",
)
RECORD = RecordRules(
    category="arrest",
    person_role="suspect",
    nature="ordinary",
    nationalities=("SY",),
    minor="no",
    victim="no",
    witness="no",
    sealed="no",
    discreet="no",
    barred=frozenset(),
    hidden_until=None,
    action="arrest",
    withheld=frozenset(),
    code="H0",
    at_most=4,
)
MATCH = MatchFacts(score=0.99, bits=30.0)
STEPS = Steps(
    confirmed_by=frozenset({"b.petit"}),
    request_complete=True,
    requested_by="a.durand",
    approvals=(Approval("c.weber", "release_officer"), Approval("d.klein", "supervisor")),
)
QUOTA = QuotaUse(0, 0, 0, 0, 0)


def agreement_like(agreement: Agreement = AGREEMENT, **changes: Any) -> Agreement:
    """Give the agreement with clauses changed; a dict changes fields of a clause."""
    values = agreement.model_dump(by_alias=True)
    for name, value in changes.items():
        values[name] = values[name] | value if isinstance(value, dict) and values[name] is not None else value
    return Agreement.model_validate(values)


def in_force(agreement: Agreement, **changes: Any) -> Standing:
    """Give the agreement signed by all and accepted, or as changed."""
    standing = Standing(agreement, frozenset(agreement.party_of), accepted=True)
    return replace(standing, **changes)


AGREEMENTS = AgreementSet([in_force(AGREEMENT)])
