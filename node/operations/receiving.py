"""Who will really receive what: the decision itself, asked for each partner, purpose and rule on this node's records.

It is no paraphrase of an agreement's text. For every set of rules that records here have, `agreements.decision.decide`
is asked what it would tell of them at once and after a release, for the question that gets most: a perfect match, every
step taken by as many people as are needed, no quota used. So a row says at most; less follows where somebody asks for
less, matches worse, or misses a step. What holds a decision at its level are the rules of its trace that allow no more.

Pure: what records there are, and the moment, come in.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial

from agreements.agreement import Agreement
from agreements.clauses import MAX_LEVEL, ApprovalClause
from agreements.countries import STATELESS
from agreements.decision import Decision, decide
from agreements.facts import Approval, Asked, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.rules import may_be_national
from agreements.standing import AgreementSet
from node.records.rows import RowError, read_outline
from node.records.rules import HouseRules, rules_of

_PERFECT = MatchFacts(score=1.0, bits=64.0)  # as many bits as an agreement may ask for at most
_UNUSED = QuotaUse(0, 0, 0, 0, 0)
_DAY = re.compile(r"(\d{4})-\d\d-\d\d", re.ASCII)
_SURELY_ADULT = 21  # years after the year of birth in which nobody is a minor any more


@dataclass(frozen=True, slots=True)
class Receiving:
    """What a partner gets of so many records for these purposes, at once and after a release."""

    partner: str
    purposes: tuple[str, ...]
    records: int
    at_once: Decision
    released: Decision


@dataclass(frozen=True, slots=True)
class RuledRecords:
    """Rules that so many records have."""

    rules: RecordRules
    records: int


def ruled_records(outlines: Iterable[tuple[str, int]], house: HouseRules, now: datetime) -> tuple[RuledRecords, ...]:
    """Give the rules on all records at a moment, each with how many records it is on.

    ``outlines`` are as `RecordStore.outline_counts` gives them. A damaged row counts as of rules that tell nothing.
    """
    counts: Counter[str] = Counter()
    for outline, records in outlines:
        counts[_alike(outline, now.year)] += records
    return tuple(RuledRecords(_rules(outline, house, now), records) for outline, records in counts.items())


def receiving(
    agreements: AgreementSet, agreement: Agreement, holder: str, records: Sequence[RuledRecords], now: datetime
) -> tuple[Receiving, ...]:
    """Give what each partner that asks gets of this holder's records, most first; alike rows are one."""
    records = _seen_alike(agreement.party_of[holder].country if holder in agreement.party_of else "", records)
    rows = []
    for partner in sorted(agreement.party_of.keys() - {holder}):
        if agreement.has_role(partner, "asks") and agreement.has_role(holder, "holds"):
            rows += _of_partner(agreements, agreement, holder, partner, records, now)
    return tuple(rows)


def _seen_alike(country: str, records: Sequence[RuledRecords]) -> list[RuledRecords]:
    """Give records as one whose rules no decision tells apart: it sees only whether a nationality may be the holder's.

    A list of 100,000 has thousands of nationalities and their pairs, each of which every partner's rows would cost two
    decisions more.
    """
    rules: dict[tuple[object, ...], RecordRules] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for one in records:
        nationalities = () if may_be_national(country, one.rules.nationalities) else (STATELESS,)
        seen = replace(one.rules, nationalities=nationalities)
        key = tuple(_frozen(getattr(seen, part.name)) for part in fields(seen))
        rules.setdefault(key, seen)
        counts[key] += one.records
    return [RuledRecords(rules[key], count) for key, count in counts.items()]


def _frozen(value: object) -> object:
    return frozenset(value.items()) if isinstance(value, Mapping) else value


def holding(decision: Decision) -> tuple[str, ...]:
    """Name the rules that hold a decision at its level: those of its trace that allow no more.

    Nothing holds the highest level; that no match is good for more at once than a hit is no rule of the agreement.
    """
    if decision.level == MAX_LEVEL:
        return ()
    found = tuple(dict.fromkeys(clause for clause, level in decision.caps if level == decision.level))
    return tuple(clause for clause in found if clause != "scores") or found


def _of_partner(
    agreements: AgreementSet,
    agreement: Agreement,
    holder: str,
    partner: str,
    records: Sequence[RuledRecords],
    now: datetime,
) -> list[Receiving]:
    by_outcome: dict[tuple[Decision, Decision], Counter[str]] = {}
    for purpose in sorted(agreement.purposes):
        asked = _question(agreement, holder, partner, purpose, now)
        deciding = partial(decide, agreements, asked, match=_PERFECT, quota=_UNUSED)
        steps = _steps(agreement, partner)
        for one in records:
            outcome = (deciding(one.rules), deciding(one.rules, stage=Stage.RELEASE, steps=steps))
            by_outcome.setdefault(_told(outcome), Counter())[purpose] += one.records
    rows = [
        Receiving(partner, purposes, count, *outcome)
        for outcome, counts in by_outcome.items()
        for purposes, count in _alike_purposes(counts)
    ]
    return sorted(
        rows, key=lambda row: (-row.at_once.level, -row.released.level, -len(row.released.fields), -row.records)
    )


def _alike_purposes(counts: Mapping[str, int]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Give the purposes that have one count together."""
    together: dict[int, list[str]] = {}
    for purpose, count in counts.items():
        together.setdefault(count, []).append(purpose)
    for count, purposes in together.items():
        yield tuple(purposes), count


def _told(outcome: tuple[Decision, Decision]) -> tuple[Decision, Decision]:
    """Leave of each trace what holds it at its level: rows that differ in nothing else are one."""
    first, second = (
        Decision(
            one.level,
            one.fields,
            one.maximum_candidates,
            one.conditions,
            tuple((clause, one.level) for clause in holding(one)),
            one.silent,
        )
        for one in outcome
    )
    return first, second


def _question(agreement: Agreement, holder: str, partner: str, purpose: str, now: datetime) -> Asked:
    """Give the question that gets most under an agreement."""
    offences, team = agreement.offences, agreement.joint_team
    natures = ("ordinary", "fiscal", "racial", "religious", "political", "military")
    return Asked(
        asker=partner,
        holder=holder,
        agreement_hash=agreement.hash,
        now=now,
        purpose=purpose,
        user=_officers(agreement, partner)[0],
        legal_basis=True,
        case=team.case if team else "any",
        offence=min(offences.categories, default=""),
        penalty_months=max(offences.minimum_penalty_months, 0),
        nature=next((one for one in natures if one not in offences.barred_natures), ""),
        person_role=min(agreement.person_roles, default=""),
        death_penalty="no",
        assurance=True,
    )


def _steps(agreement: Agreement, partner: str) -> Steps:
    """Give every step taken: by as many as are needed, or in a joint team by as many as it has."""
    askers = _officers(agreement, partner)
    return Steps(
        confirmed_by=frozenset(askers[: max(1, agreement.release.confirmations)]),
        request_complete=True,
        requested_by=askers[0],
        approvals=_approvals(agreement.release.approval),
    )


def _officers(agreement: Agreement, partner: str) -> list[str]:
    if agreement.joint_team is not None:
        return sorted(name for agency, name in agreement.joint_team.officers if agency == partner) or [""]
    return [f"asker.{number}" for number in range(max(1, agreement.release.confirmations))]


def _approvals(clause: ApprovalClause) -> tuple[Approval, ...]:
    role = min(clause.roles, default="")
    return tuple(Approval(f"holder.{number}", role) for number in range(clause.needed))


def _rules(outline: str, house: HouseRules, now: datetime) -> RecordRules:
    try:
        return rules_of(*read_outline(outline), house, now)
    except (RowError, ValueError):
        return RecordRules()


def _alike(outline: str, year: int) -> str:
    """Give one text for outlines of which the rules are the same: of a person surely adult the very day is nothing."""
    try:
        category, births, *rest = json.loads(outline)
        days = [_DAY.fullmatch(one) for one in births or ()]
    except (ValueError, TypeError):
        return ""
    if days and all(day is not None and int(day[1]) < year - _SURELY_ADULT for day in days):
        births = ["1900-01-01"]
    return json.dumps([category, births, *rest])
