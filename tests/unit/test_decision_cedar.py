"""Allow or deny at once, against the same clauses as Cedar policies: equal where everything is known.

Cedar answers allow or deny, so only "level above 0" is compared; it counts no approvals and has no stages, so only the
answer at once is. Each clause is a *forbid* over one *permit*, as a lawyer would write it. Where an attribute is
missing, Cedar skips the policy that reads it and a forbid is lost: `test_where_a_fact_is_missing_cedar_allows` shows it
for each of them, and that the decision here gives level 0. This is why no such engine is in the path of a decision.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import cedarpy
import pytest
from hypothesis import assume, event, given, settings

from agreements.facts import Stage
from agreements.standing import Standing
from tests.unit.agreed import AGREEMENT, ASKED, MATCH, QUOTA, RECORD, STEPS, agreement_like, in_force
from tests.unit.invented_questions import Question, questions
from tests.unit.reference_decision import NATURES, NO_COUNTRY, SAME_COUNTRY

FORBIDS = {
    "distinct": "principal == context.holder",
    "asks": "!principal.asks.contains(resource)",
    "holds": "!context.holder.holds.contains(resource)",
    "known": "resource.hash != context.agreement",
    "signed": "!resource.signed_by.containsAll(resource.parties)",
    "accepted": "!resource.accepted",
    "began": "context.day < resource.from",
    "over": "context.day > resource.until",
    "superseded": "context.day >= resource.superseded_from",
    "suspended": "resource.suspended_by.contains(principal) || resource.suspended_by.contains(context.holder)",
    "ended": "context.day > context.last_day",
    "purposes": "!resource.purposes.contains(context.purpose)",
    "legal_basis": "!context.legal_basis",
    "case": 'context.case == ""',
    "user": 'context.user == ""',
    "offence": "!resource.offences.contains(context.offence)",
    "penalty": "context.penalty_months < resource.minimum_penalty_months",
    "nature": "!context.natures.contains(context.nature) || resource.barred_natures.contains(context.nature)",
    "role": "!resource.person_roles.contains(context.person_role)",
    "death": 'context.death_penalty != "no" && (resource.death_penalty == "refuse"'
    ' || (resource.death_penalty == "assurance" && !context.assurance))',
    "team": "resource.has_team && (context.case != resource.team_case || !resource.members.contains(context.member))",
    "maximum": "resource.answer_maximum == 0",
    "day_quota": "context.queries_today >= resource.queries_a_day || context.queries_today < 0",
    "year_quota": "context.queries_this_year >= resource.queries_a_year || context.queries_this_year < 0",
    "case_quota": "context.queries_in_case >= resource.queries_a_case || context.queries_in_case < 0",
    "category": "!resource.record_categories.contains(context.category)",
    "record_role": "!resource.person_roles.contains(context.record_role)",
    "record_nature": "!context.natures.contains(context.record_nature)"
    " || resource.barred_natures.contains(context.record_nature)",
    "barred": "context.barred.containsAny(principal.names)",
    "sealed": 'context.sealed != "no"',
    "hidden": "context.moment < context.hidden_until",
    "at_most": "context.at_most < 1 || context.at_most > 4",
    "nationals": "resource.own_nationals == 0 && context.nationalities.containsAny(context.holder.national)",
    "minors": 'resource.minors == 0 && context.minor != "no"',
    "victims": 'resource.victims == 0 && (context.victim != "no" || context.record_role == "victim")',
    "witnesses": 'resource.witnesses == 0 && (context.witness != "no" || context.record_role == "witness")',
    "bits": "context.bits < resource.bit_budget",
    "score": "context.score < resource.hit_score || context.score > 1000000",
    "discreet": 'resource.discreet_hits == "tell_holder_only" && context.discreet != "no"',
}
POLICIES = cedarpy.PolicySet.from_str(
    "permit(principal, action, resource);"
    + "".join(f'@id("{name}") forbid(principal, action, resource) when {{ {text} }};' for name, text in FORBIDS.items())
)
FAR_FUTURE = 10**15
RESOURCE = {"type": "Agreement", "id": "it"}


def _agency(name: str) -> dict[str, Any]:
    return {"__entity": {"type": "Agency", "id": name}}


def _spellings(country: str) -> list[str]:
    return [country, *SAME_COUNTRY.get(country, []), *NO_COUNTRY, "unknown"]


def _entities(standing: Standing, agencies: set[str]) -> list[dict[str, Any]]:
    agreement = standing.agreement
    it = {"__entity": RESOURCE}
    entities = []
    for name in sorted(agencies | set(agreement.party_of)):
        party = agreement.party_of.get(name)
        country = party.country if party else "XX"
        short = [word for word in NO_COUNTRY if len(word) <= 3]
        attributes = {
            "asks": [it] if party and "asks" in party.roles else [],
            "holds": [it] if party and "holds" in party.roles else [],
            "names": [name, *SAME_COUNTRY.get(country, []), *short],
            "national": _spellings(country),
        }
        entities.append({"uid": {"type": "Agency", "id": name}, "attrs": attributes, "parents": []})
    return [*entities, {"uid": RESOURCE, "attrs": _clauses(standing), "parents": []}]


def _clauses(standing: Standing) -> dict[str, Any]:
    agreement, team = standing.agreement, standing.agreement.joint_team
    superseded = standing.superseded_from
    return {
        "hash": agreement.hash.hex(),
        "parties": [_agency(name) for name in agreement.party_of],
        "signed_by": [_agency(name) for name in standing.signed_by],
        "accepted": standing.accepted,
        "suspended_by": [_agency(name) for name in standing.suspended_by],
        "superseded_from": FAR_FUTURE if superseded is None else superseded.toordinal(),
        "from": agreement.validity.from_day.toordinal(),
        "until": agreement.validity.until.toordinal(),
        "purposes": sorted(agreement.purposes),
        "offences": sorted(agreement.offences.categories),
        "minimum_penalty_months": agreement.offences.minimum_penalty_months,
        "barred_natures": sorted(agreement.offences.barred_natures),
        "person_roles": sorted(agreement.person_roles),
        "record_categories": sorted(agreement.record_categories),
        "death_penalty": agreement.death_penalty,
        "discreet_hits": agreement.discreet_hits,
        "has_team": team is not None,
        "team_case": team.case if team else "",
        "members": [f"{one.agency} {one.officer}" for one in team.members] if team else [],
        "answer_maximum": agreement.answer.maximum,
        "hit_score": round(agreement.answer.hit_score * 1_000_000),
        "bit_budget": round(agreement.answer.bit_budget * 1000),
        **agreement.quotas.model_dump(exclude={"requests_a_day"}),
        **agreement.protection.model_dump(),
    }


def _context(question: Question) -> dict[str, Any]:
    asked, record, quota, match = question.asked, question.record, question.quota, question.match
    standing = question.standings[0]
    last_days = [standing.ended[name].toordinal() for name in (asked.asker, asked.holder) if name in standing.ended]
    known = {
        "holder": _agency(asked.holder),
        "agreement": asked.agreement_hash.hex(),
        "day": asked.now.astimezone(UTC).toordinal() if asked.now.tzinfo else None,
        "moment": _microseconds(asked.now),
        "last_day": min(last_days, default=FAR_FUTURE),
        "purpose": asked.purpose,
        "legal_basis": asked.legal_basis,
        "case": asked.case.strip(),
        "user": asked.user.strip(),
        "member": f"{asked.asker} {asked.user}",
        "offence": asked.offence,
        "penalty_months": asked.penalty_months,
        "natures": NATURES,
        "nature": asked.nature,
        "person_role": asked.person_role,
        "death_penalty": asked.death_penalty,
        "assurance": asked.assurance,
        "queries_today": quota.queries_today,
        "queries_this_year": quota.queries_this_year,
        "queries_in_case": quota.queries_in_case,
        "category": record.category,
        "record_role": record.person_role,
        "record_nature": record.nature,
        "barred": None if record.barred is None else sorted(record.barred),
        "sealed": record.sealed,
        "hidden_until": 0 if record.hidden_until is None else _microseconds(record.hidden_until),
        "at_most": record.at_most,
        "nationalities": list(record.nationalities) or ["unknown"],
        "minor": record.minor,
        "victim": record.victim,
        "witness": record.witness,
        "discreet": record.discreet,
        "bits": _scaled(match.bits, 1000) if match else None,
        "score": _scaled(match.score, 1_000_000) if match else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _microseconds(moment: datetime) -> int | None:
    return None if moment.tzinfo is None else round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 10**6)


def _scaled(number: float, scale: int) -> int | None:
    return round(number * scale) if math.isfinite(number) else None


def _ask_cedar(question: Question, without: str = "") -> cedarpy.AuthzResult:
    context = {name: value for name, value in _context(question).items() if name != without}
    agencies = {question.asked.asker, question.asked.holder}
    principal = {"type": "Agency", "id": question.asked.asker}
    request = {
        "principal": principal,
        "action": {"type": "Action", "id": "ask"},
        "resource": RESOURCE,
        "context": context,
    }
    return cedarpy.is_authorized(request, POLICIES, _entities(question.standings[0], agencies))


BASE = Question((in_force(AGREEMENT),), ASKED, RECORD, MATCH, Stage.ANSWER, STEPS, QUOTA)


@settings(max_examples=400)
@given(questions())
def test_where_everything_is_known_cedar_allows_exactly_what_is_told(question: Question) -> None:
    question = replace(question, stage=Stage.ANSWER)
    assume(_context(question).keys() == _context(BASE).keys())
    result = _ask_cedar(question)
    assert not result.diagnostics.errors
    event(f"allowed {result.allowed}")
    assert result.allowed == (question.decided().level > 0)


MISSING: dict[str, Question] = {
    "death_penalty": BASE.with_agreement(agreement_like(death_penalty="refuse")).changed(
        "asked", death_penalty="unknown"
    ),
    "penalty_months": BASE.changed("asked", penalty_months=None),
    "queries_today": BASE.changed("quota", queries_today=None),
    "queries_this_year": BASE.changed("quota", queries_this_year=None),
    "queries_in_case": BASE.changed("quota", queries_in_case=None),
    "barred": BASE.changed("record", barred=None),
    "sealed": BASE.changed("record", sealed="unknown"),
    "discreet": BASE.changed("record", discreet="unknown"),
    "witness": BASE.changed("record", witness="unknown"),
    "victim": BASE.changed("record", victim="unknown"),
    "nature": BASE.changed("asked", nature=""),
    "record_nature": BASE.changed("record", nature=""),
    "score": BASE.changed("match", score=math.nan),
    "bits": BASE.changed("match", bits=math.nan),
}


@pytest.mark.parametrize(("fact", "question"), MISSING.items(), ids=MISSING.keys())
def test_where_a_fact_is_missing_cedar_allows(fact: str, question: Question) -> None:
    """The forbid that reads it fails, is skipped, and what it forbade is allowed; the error is in the diagnostics."""
    result = _ask_cedar(question, without=fact)
    assert result.allowed
    assert result.diagnostics.errors
    assert question.decided().level == 0


def test_every_forbid_forbids_something() -> None:
    """Otherwise a policy that never applies would look like one that agrees."""
    forbidding: set[str] = set()

    @settings(max_examples=1500, database=None, derandomize=True)
    @given(questions())
    def look(question: Question) -> None:
        result = _ask_cedar(question)
        forbidding.update(result.diagnostics.reasons if not result.allowed else [])

    look()
    assert len(forbidding) == len(FORBIDS)
