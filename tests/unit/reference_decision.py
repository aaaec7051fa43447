# ruff: noqa: PLR0911, PLR0912, SIM102, SIM110  # literal on purpose: one sentence of the page, one if
"""The decision once more, slowly and literally, from ``docs/reference/agreement.md``: what the laws compare with.

Written from the page's text, not from ``agreements.rules``, and sharing no code with it beyond the types of the facts
and of the document. It gives level, fields, silence and candidates; it gives no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from agreements.facts import Asked, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.standing import Standing

NATURES = ["ordinary", "political", "military", "religious", "racial", "fiscal"]
FIELDS = [
    "category", "names", "aliases", "names_original", "name_parts", "dob", "pob", "nationality", "gender",
    "documents", "phones", "emails", "addresses", "address_countries", "programs", "listed_on", "source",
    "record_category", "person_role", "action", "reliability",
]  # fmt: skip
SAME_COUNTRY = {
    "FR": ["FR", "FRA"],
    "DE": ["DE", "DEU", "D"],
    "GR": ["GR", "GRC", "EL"],
    "SY": ["SY", "SYR"],
    "HR": ["HR", "HRV", "YUG"],
}
"""The spellings of countries that the laws draw from; of a state that is gone, under its successor."""

NO_COUNTRY = ["", "XXX", "QQQ", "Syrian"]
"""What the laws draw as unknown countries."""


@dataclass(frozen=True)
class Outcome:
    """What is decided."""

    level: int
    fields: frozenset[str] = frozenset()
    silent: bool = False
    candidates: int = 0


def decide_slowly(
    standings: list[Standing],
    asked: Asked,
    record: RecordRules,
    match: MatchFacts | None,
    stage: Stage,
    steps: Steps,
    quota: QuotaUse,
) -> Outcome:
    """Decide as the holder."""
    named = [one for one in standings if one.agreement.hash == asked.agreement_hash]
    if len(named) != 1:
        return Outcome(0)
    standing = named[0]
    agreement = standing.agreement
    if not _question_is_covered(standing, asked, stage):
        return Outcome(0)
    if not _record_may_be_told(agreement, asked, record):
        return Outcome(0)
    if match is None or not agreement.answer.bit_budget <= match.bits or match.bits == float("inf"):
        return Outcome(0)
    if not 0 <= match.score <= 1:
        return Outcome(0)
    if stage is Stage.ANSWER:
        level = _answer_level(agreement, asked, match, quota)
    else:
        level = _release_level(agreement, asked, match, steps, quota)
    for ceiling in _ceilings(agreement, asked, record):
        level = min(level, ceiling)
    if level == 0:
        return Outcome(0)
    if record.discreet != "no":
        if agreement.discreet_hits == "tell_holder_only":
            return Outcome(0, silent=True)
    return Outcome(
        level,
        _released(agreement, level, record),
        candidates=agreement.answer.maximum_candidates if level >= 2 else 0,
    )


def _question_is_covered(standing: Standing, asked: Asked, stage: Stage) -> bool:
    agreement = standing.agreement
    if asked.asker == asked.holder:
        return False
    asker = holder = None
    for party in agreement.parties:
        if party.agency == asked.asker:
            asker = party
        if party.agency == asked.holder:
            holder = party
    if asker is None or holder is None or "asks" not in asker.roles or "holds" not in holder.roles:
        return False
    if stage is Stage.CORRECTION:
        if not _is_agreed(standing) or asked.now.tzinfo is None:
            return False
    elif not _is_in_force(standing, asked):
        return False
    if asked.purpose not in agreement.purposes:
        return False
    if asked.legal_basis is not True or asked.case.strip() == "" or asked.user.strip() == "":
        return False
    if asked.offence not in agreement.offences.categories:
        return False
    if asked.penalty_months is None or asked.penalty_months < agreement.offences.minimum_penalty_months:
        return False
    if asked.nature not in NATURES or asked.nature in agreement.offences.barred_natures:
        return False
    if asked.person_role not in agreement.person_roles:
        return False
    if asked.death_penalty != "no":
        if agreement.death_penalty == "refuse":
            return False
        if agreement.death_penalty == "assurance" and not asked.assurance:
            return False
    if agreement.joint_team is not None:
        if asked.case != agreement.joint_team.case or not _is_member(agreement, asked.asker, asked.user):
            return False
    return True


def _is_member(agreement: Any, agency: str, officer: str) -> bool:
    for member in agreement.joint_team.members:
        if member.agency == agency and member.officer == officer:
            return True
    return False


def _is_agreed(standing: Standing) -> bool:
    if not standing.accepted:
        return False
    for party in standing.agreement.parties:
        if party.agency not in standing.signed_by:
            return False
    return True


def _is_in_force(standing: Standing, asked: Asked) -> bool:
    agreement = standing.agreement
    if not _is_agreed(standing):
        return False
    if asked.now.tzinfo is None:
        return False
    offset = asked.now.utcoffset() or timedelta(0)
    day = (asked.now.replace(tzinfo=UTC) - offset).date()
    if day < agreement.validity.from_day or day > agreement.validity.until:
        return False
    if standing.superseded_from is not None and day >= standing.superseded_from:
        return False
    for agency in (asked.asker, asked.holder):
        if agency in standing.suspended_by:
            return False
        if agency in standing.ended and day > standing.ended[agency]:
            return False
    return True


def _record_may_be_told(agreement: Any, asked: Asked, record: RecordRules) -> bool:
    if record.category not in agreement.record_categories or record.person_role not in agreement.person_roles:
        return False
    if record.nature not in NATURES or record.nature in agreement.offences.barred_natures:
        return False
    if record.barred is None or record.sealed != "no":
        return False
    country = next(party.country for party in agreement.parties if party.agency == asked.asker)
    for word in record.barred:
        if word in NO_COUNTRY and len(word) <= 3:
            return False
        if word == asked.asker or word in SAME_COUNTRY[country]:
            return False
    if record.hidden_until is not None:
        if record.hidden_until.tzinfo is None or record.hidden_until > asked.now:
            return False
    return True


def _ceilings(agreement: Any, asked: Asked, record: RecordRules) -> list[int]:
    ceilings = [record.at_most if record.at_most in (0, 1, 2, 3, 4) else 0]
    country = next(party.country for party in agreement.parties if party.agency == asked.holder)
    if record.nationalities == ():
        ceilings.append(agreement.protection.own_nationals)
    for nationality in record.nationalities:
        if nationality in SAME_COUNTRY[country] or nationality in NO_COUNTRY:
            ceilings.append(agreement.protection.own_nationals)
    if record.minor != "no":
        ceilings.append(agreement.protection.minors)
    if record.victim != "no" or record.person_role == "victim":
        ceilings.append(agreement.protection.victims)
    if record.witness != "no" or record.person_role == "witness":
        ceilings.append(agreement.protection.witnesses)
    return ceilings


def _answer_level(agreement: Any, asked: Asked, match: MatchFacts, quota: QuotaUse) -> int:
    if quota.queries_today is None or not 0 <= quota.queries_today < agreement.quotas.queries_a_day:
        return 0
    if quota.queries_this_year is None or not 0 <= quota.queries_this_year < agreement.quotas.queries_a_year:
        return 0
    if quota.queries_in_case is None or not 0 <= quota.queries_in_case < agreement.quotas.queries_a_case:
        return 0
    level = 0
    if match.score >= agreement.answer.hit_score:
        level = 1
    if match.score >= agreement.answer.reference_score:
        level = 2
    return level if level < agreement.answer.maximum else int(agreement.answer.maximum)


def _release_level(agreement: Any, asked: Asked, match: MatchFacts, steps: Steps, quota: QuotaUse) -> int:
    release = agreement.release
    if quota.requests_today is None or not 0 <= quota.requests_today < agreement.quotas.requests_a_day:
        return 0
    if not steps.request_complete or steps.requested_by.strip() == "":
        return 0
    if agreement.joint_team is not None:
        for officer in [steps.requested_by, *steps.confirmed_by]:
            if not _is_member(agreement, asked.asker, officer):
                return 0
    if asked.emergency is None:
        highest, approval = release.maximum, release.approval
        if len(_different(steps.confirmed_by)) < release.confirmations:
            return 0
    else:
        highest, approval = agreement.emergency.maximum, agreement.emergency.approval
        if asked.emergency.responsible.strip() == "" or not asked.emergency.described:
            return 0
        used = quota.emergencies_this_month
        if used is None or not 0 <= used < agreement.emergency.uses_a_month:
            return 0
    if _approvals(approval, asked, steps) < approval.needed:
        return 0
    level = 0
    if match.score >= release.core_score:
        level = 3
    if match.score >= release.supplementary_score:
        level = 4
    return level if level < highest else int(highest)


def _different(names: Any) -> set[str]:
    return {name.strip().lower() for name in names if name.strip() != ""}


def _approvals(clause: Any, asked: Asked, steps: Steps) -> int:
    approved = []
    for one in steps.approvals:
        name = one.officer.strip().lower()
        if one.role not in clause.roles or name == "" or name in approved:
            continue
        if name in _different([asked.user, steps.requested_by, *steps.confirmed_by]):
            continue
        if asked.emergency is not None and name == asked.emergency.responsible.strip().lower():
            continue
        approved.append(name)
    return len(approved)


def _released(agreement: Any, level: int, record: RecordRules) -> frozenset[str]:
    if record.withheld is None:
        return frozenset()
    for word in record.withheld:
        if word not in FIELDS:
            return frozenset()
    released = set()
    if level >= 3:
        released |= set(agreement.release.core_fields)
    if level == 4:
        released |= set(agreement.release.supplementary_fields)
    return frozenset(released - set(record.withheld))
