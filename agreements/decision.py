"""The decision: at which level a question is answered or a release made, with which fields and under which conditions.

One pure, total function. Every rule gives the highest level it allows, and the lowest of all counts, so the order of
rules does not matter and no rule can open what another closed. A rule that lacks what it needs allows level 0. The
asker's side decides the same question by `decide_asking`, without what only the holder knows, and the lower of both
decisions counts (`minimum`). The trace names each rule with what it allowed, for the log; it holds nothing personal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from agreements.agreement import Agreement
from agreements.clauses import AT_ONCE, CORE, MAX_LEVEL, SUPPLEMENTARY, ApprovalClause
from agreements.codes import HANDLING_CODES, Action, HandlingCode
from agreements.facts import Asked, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.standing import AgreementSet, Standing
from matching.countries import canonical_country

Cap = tuple[str, int]
"""A rule, by its clause, and the highest level it allows."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What binds whoever is told: handling, what is to be done with the person, deletion, feedback, review."""

    code: HandlingCode
    caveats: tuple[str, ...]
    retention_days: int
    feedback_days: int
    action: Action = "none"
    review_days: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The level (0 to 4), the fields that may be released, how many candidates may be told, the conditions, the trace.

    ``silent`` says that there would have been a hit, of which only the holder's officer may know. Level 0 has no
    fields, no candidates and no conditions.
    """

    level: int
    fields: frozenset[str]
    maximum_candidates: int
    conditions: Conditions | None
    caps: tuple[Cap, ...]
    silent: bool = False

    @property
    def trace(self) -> tuple[str, ...]:
        """Give one line for each rule."""
        return tuple(f"{clause}: at most level {level}" for clause, level in self.caps)


def refused(clause: str) -> Decision:
    """Give the decision to tell nothing because of one rule."""
    return Decision(0, frozenset(), 0, None, ((clause, 0),))


def decide(
    agreements: AgreementSet,
    asked: Asked,
    record: RecordRules,
    match: MatchFacts | None,
    stage: Stage = Stage.ANSWER,
    steps: Steps = Steps(),  # noqa: B008  # frozen
    quota: QuotaUse = QuotaUse(),  # noqa: B008  # frozen
) -> Decision:
    """Decide as the holder, under the one agreement the question names by hash."""
    standing = agreements.find(asked.agreement_hash)
    if standing is None:
        return refused("agreement.known")
    agreement = standing.agreement
    caps = _caps_of_question(standing, asked, stage)
    caps += _caps_of_quota(agreement, asked, quota, stage)
    caps += _caps_of_record(agreement, asked, record)
    caps += _caps_of_match(agreement, match, stage)
    if stage is Stage.RELEASE:
        caps += _caps_of_people(agreement, asked, steps)
    would_be = min(level for _, level in caps)
    is_silent = record.discreet != "no" and agreement.discreet_hits == "tell_holder_only"
    caps.append(("discreet_hits", 0 if is_silent else MAX_LEVEL))
    level = 0 if is_silent else would_be
    return _decision(agreement, asked, level, caps, record, is_silent and would_be > 0)


def decide_asking(
    agreements: AgreementSet,
    asked: Asked,
    stage: Stage = Stage.ANSWER,
    steps: Steps = Steps(),  # noqa: B008  # frozen
) -> Decision:
    """Decide as the asker: the same rules without record, match, quota and approvals, which the holder alone knows."""
    standing = agreements.find(asked.agreement_hash)
    if standing is None:
        return refused("agreement.known")
    caps = _caps_of_question(standing, asked, stage)
    if stage is Stage.RELEASE:
        caps += _caps_of_request(standing.agreement, asked, steps)
    level = min(level for _, level in caps)
    return _decision(standing.agreement, asked, level, caps, None, False)


def minimum(one: Decision, other: Decision) -> Decision:
    """Give what both allow: the lower level, the fields of both, the stricter conditions."""
    level = min(one.level, other.level)
    if level == 0 or one.conditions is None or other.conditions is None:
        return Decision(0, frozenset(), 0, None, one.caps + other.caps, one.silent or other.silent)
    return Decision(
        level,
        one.fields & other.fields,
        min(one.maximum_candidates, other.maximum_candidates),
        _stricter(one.conditions, other.conditions),
        one.caps + other.caps,
        one.silent or other.silent,
    )


def approvals_given(clause: ApprovalClause, asked: Asked, steps: Steps) -> int:
    """Count the different officers who approved in a role that may, none of whom asked or confirmed."""
    askers = {asked.user, steps.requested_by, *steps.confirmed_by}
    return len({one.officer for one in steps.approvals if one.officer and one.role in clause.roles} - askers)


def _unless(holds: bool, level: int = MAX_LEVEL) -> int:
    return level if holds else 0


def _caps_of_question(standing: Standing, asked: Asked, stage: Stage) -> list[Cap]:
    agreement = standing.agreement
    offences = agreement.offences
    months = asked.penalty_months
    return [
        ("parties.distinct", _unless(asked.asker != asked.holder)),
        ("parties.asks", _unless(agreement.has_role(asked.asker, "asks"))),
        ("parties.holds", _unless(agreement.has_role(asked.holder, "holds"))),
        ("in_force", _unless(standing.in_force(asked.asker, asked.holder, asked.now))),
        ("purposes", _unless(asked.purpose in agreement.purposes)),
        ("legal_basis.given", _unless(asked.legal_basis)),
        ("case.given", _unless(bool(asked.case))),
        ("user.given", _unless(bool(asked.user))),
        ("offences.categories", _unless(asked.offence in offences.categories)),
        ("offences.minimum_penalty_months", _unless(months is not None and months >= offences.minimum_penalty_months)),
        ("offences.barred_natures", _unless(asked.nature != "" and asked.nature not in offences.barred_natures)),
        ("person_roles", _unless(asked.person_role in agreement.person_roles)),
        ("death_penalty", _unless(_is_penalty_met(agreement, asked))),
        ("joint_team", _unless(_is_of_team(agreement, asked))),
        _cap_of_stage(agreement, asked, stage),
    ]


def _is_penalty_met(agreement: Agreement, asked: Asked) -> bool:
    if agreement.death_penalty == "answer" or asked.death_penalty == "no":
        return True
    return agreement.death_penalty == "assurance" and asked.assurance


def _is_of_team(agreement: Agreement, asked: Asked) -> bool:
    team = agreement.joint_team
    if team is None:
        return True
    members = {(member.agency, member.officer) for member in team.members}
    return asked.case == team.case and (asked.asker, asked.user) in members


def _cap_of_stage(agreement: Agreement, asked: Asked, stage: Stage) -> Cap:
    if stage is Stage.ANSWER:
        return ("answer.maximum", agreement.answer.maximum)
    if asked.emergency is None:
        return ("release.maximum", agreement.release.maximum)
    appeal = asked.emergency
    return ("emergency.maximum", _unless(bool(appeal.responsible) and appeal.described, agreement.emergency.maximum))


def _caps_of_quota(agreement: Agreement, asked: Asked, quota: QuotaUse, stage: Stage) -> list[Cap]:
    limits = agreement.quotas
    if stage is Stage.ANSWER:
        return [
            ("quotas.queries_a_day", _unless(_is_left(quota.queries_today, limits.queries_a_day))),
            ("quotas.queries_a_year", _unless(_is_left(quota.queries_this_year, limits.queries_a_year))),
            ("quotas.queries_a_case", _unless(_is_left(quota.queries_in_case, limits.queries_a_case))),
        ]
    caps = [("quotas.requests_a_day", _unless(_is_left(quota.requests_today, limits.requests_a_day)))]
    if asked.emergency is not None:
        left = _is_left(quota.emergencies_this_month, agreement.emergency.uses_a_month)
        caps.append(("emergency.uses_a_month", _unless(left)))
    return caps


def _is_left(used: int | None, limit: int) -> bool:
    return used is not None and used < limit


def _caps_of_record(agreement: Agreement, asked: Asked, record: RecordRules) -> list[Cap]:
    protection = agreement.protection
    return [
        ("record_categories", _unless(record.category in agreement.record_categories)),
        ("record.person_role", _unless(record.person_role in agreement.person_roles)),
        ("record.nature", _unless(record.nature != "" and record.nature not in agreement.offences.barred_natures)),
        ("record.barred", _unless(not _is_barred(agreement, asked, record))),
        ("record.sealed", _unless(record.sealed == "no")),
        ("record.hidden", _unless(not _is_hidden(record, asked.now))),
        ("record.at_most", max(0, min(MAX_LEVEL, record.at_most))),
        ("protection.own_nationals", _protected(_is_own_national(agreement, asked, record), protection.own_nationals)),
        ("protection.minors", _protected(record.minor != "no", protection.minors)),
        ("protection.victims", _protected(record.victim != "no" or record.person_role == "victim", protection.victims)),
        (
            "protection.witnesses",
            _protected(record.witness != "no" or record.person_role == "witness", protection.witnesses),
        ),
    ]


def _protected(is_protected: bool, level: int) -> int:
    return level if is_protected else MAX_LEVEL


def _is_own_national(agreement: Agreement, asked: Asked, record: RecordRules) -> bool:
    """Say whether the person is a national of the holder's country, one of several included, or may be."""
    holder = agreement.party_of.get(asked.holder)
    countries = {canonical_country(nationality) for nationality in record.nationalities}
    return holder is None or not countries or None in countries or holder.country in countries


def _is_barred(agreement: Agreement, asked: Asked, record: RecordRules) -> bool:
    asker = agreement.party_of.get(asked.asker)
    if record.barred is None or asker is None:
        return True
    return asker.agency in record.barred or asker.country in record.barred


def _is_hidden(record: RecordRules, now: datetime) -> bool:
    until = record.hidden_until
    if until is None:
        return False
    return until.tzinfo is None or now.tzinfo is None or now < until


def _caps_of_match(agreement: Agreement, match: MatchFacts | None, stage: Stage) -> list[Cap]:
    # Written so that a number that is none fails every comparison and gives 0.
    if match is None:
        return [("match", 0)]
    if stage is Stage.ANSWER:
        answer = agreement.answer
        scores = _level_of_score(match.score, (answer.hit_score, 1), (answer.reference_score, AT_ONCE))
    else:
        release = agreement.release
        scores = _level_of_score(match.score, (release.core_score, CORE), (release.supplementary_score, SUPPLEMENTARY))
    return [("answer.bit_budget", _unless(match.bits >= agreement.answer.bit_budget)), ("scores", scores)]


def _level_of_score(score: float, *grades: tuple[float, int]) -> int:
    return max((level for least, level in grades if score >= least), default=0)


def _caps_of_request(agreement: Agreement, asked: Asked, steps: Steps) -> list[Cap]:
    """Give what the asker's people did: an emergency, which a named person answers for, waits for no confirmation."""
    confirmed = len(steps.confirmed_by - {""})
    needed = 0 if asked.emergency is not None else agreement.release.confirmations
    return [
        ("release.confirmations", _unless(confirmed >= needed)),
        ("release.request", _unless(steps.request_complete and bool(steps.requested_by))),
    ]


def _caps_of_people(agreement: Agreement, asked: Asked, steps: Steps) -> list[Cap]:
    clause = agreement.release.approval if asked.emergency is None else agreement.emergency.approval
    approved = approvals_given(clause, asked, steps) >= clause.needed
    return [*_caps_of_request(agreement, asked, steps), ("approval", _unless(approved))]


def _decision(
    agreement: Agreement, asked: Asked, level: int, caps: list[Cap], record: RecordRules | None, is_silent: bool
) -> Decision:
    if level == 0:
        return Decision(0, frozenset(), 0, None, tuple(caps), is_silent)
    return Decision(
        level,
        _fields(agreement, level, record),
        agreement.answer.maximum_candidates if level >= AT_ONCE else 0,
        _conditions(agreement, asked, record),
        tuple(caps),
    )


def _fields(agreement: Agreement, level: int, record: RecordRules | None) -> frozenset[str]:
    release = agreement.release
    fields: frozenset[str] = frozenset()
    if level >= CORE:
        fields |= release.core_fields
    if level >= SUPPLEMENTARY:
        fields |= release.supplementary_fields
    return fields - record.withheld if record is not None else fields


def _conditions(agreement: Agreement, asked: Asked, record: RecordRules | None) -> Conditions:
    handling = agreement.handling
    own = Conditions(
        code=handling.code,
        caveats=handling.caveats,
        retention_days=handling.retention_days,
        feedback_days=handling.feedback_days,
        review_days=agreement.emergency.review_days if asked.emergency is not None else None,
    )
    if record is None:
        return own
    asker = agreement.party_of.get(asked.asker)
    action = record.flags.get(asker.country, record.action) if asker else "none"
    of_record = replace(own, code=record.code, caveats=record.caveats, action=action)
    return _stricter(own, of_record)


def _stricter(one: Conditions, other: Conditions) -> Conditions:
    """Give conditions that keep both: the higher code, all caveats, the shorter times."""
    reviews = [days for days in (one.review_days, other.review_days) if days is not None]
    return Conditions(
        code=HANDLING_CODES[max(HANDLING_CODES.index(one.code), HANDLING_CODES.index(other.code))],
        caveats=tuple(dict.fromkeys(one.caveats + other.caveats)),
        retention_days=min(one.retention_days, other.retention_days),
        feedback_days=min(one.feedback_days, other.feedback_days),
        action=one.action if one.action != "none" else other.action,
        review_days=min(reviews, default=None),
    )
