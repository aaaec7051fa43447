"""The rules of a decision, one by one: each gives the highest level it allows, 0 where it lacks what it needs.

No rule reads another, so their order says nothing. Words that are on no list, numbers that are none, texts of blanks
and times without zone are read as what tells least. The table of all rules is in ``docs/reference/agreement.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import get_args

from agreements.agreement import Agreement
from agreements.clauses import AT_ONCE, CORE, MAX_LEVEL, SUPPLEMENTARY, ApprovalClause
from agreements.codes import Nature
from agreements.countries import STATELESS, states_of
from agreements.facts import Asked, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.standing import Standing

Cap = tuple[str, int]
"""A rule, by its clause, and the highest level it allows."""

_Grades = tuple[tuple[float, int], ...]  # least score and the level it gives

_NATURES = frozenset(get_args(Nature))
_LONGEST_CODE = 3  # letters of a country's code; a longer word in a bar is an agency's name


def approvals_given(clause: ApprovalClause, asked: Asked, steps: Steps) -> int:
    """Count the different officers who approved in a role that may, none of whom asked, confirmed or answers for it."""
    responsible = asked.emergency.responsible if asked.emergency is not None else ""
    askers = {_officer(name) for name in (asked.user, steps.requested_by, responsible, *steps.confirmed_by)}
    return len({_officer(one.officer) for one in steps.approvals if one.role in clause.roles} - askers - {""})


def caps_of_question(standing: Standing, asked: Asked, stage: Stage) -> list[Cap]:
    """Give what the agreement's standing and the question as asked allow."""
    agreement = standing.agreement
    offences = agreement.offences
    least = offences.minimum_penalty_months
    return [
        ("parties.distinct", _unless(asked.asker != asked.holder)),
        ("parties.asks", _unless(agreement.has_role(asked.asker, "asks"))),
        ("parties.holds", _unless(agreement.has_role(asked.holder, "holds"))),
        cap_of_standing(standing, asked, stage),
        ("purposes", _unless(asked.purpose in agreement.purposes)),
        ("legal_basis.given", _unless(asked.legal_basis is True)),
        ("case.given", _unless(_is_said(asked.case))),
        ("user.given", _unless(_is_said(asked.user))),
        ("offences.categories", _unless(asked.offence in offences.categories)),
        (
            "offences.minimum_penalty_months",
            _unless(asked.penalty_months is not None and asked.penalty_months >= least),
        ),
        ("offences.barred_natures", _unless(_is_nature_open(agreement, asked.nature))),
        ("person_roles", _unless(asked.person_role in agreement.person_roles)),
        ("death_penalty", _unless(_is_penalty_met(agreement, asked))),
        ("joint_team", _unless(_is_of_team(agreement, asked, asked.user))),
    ]


def cap_of_standing(standing: Standing, asked: Asked, stage: Stage) -> Cap:
    """Give what the agreement's standing allows; to correct what was released it need not be in force any more."""
    if stage == Stage.CORRECTION:
        return ("agreed", _unless(standing.is_complete and asked.now.utcoffset() is not None))
    return ("in_force", _unless(standing.in_force(asked.asker, asked.holder, asked.now)))


def cap_of_answer(agreement: Agreement) -> Cap:
    """Give the highest level answered at once."""
    return ("answer.maximum", agreement.answer.maximum)


def cap_of_release(agreement: Agreement, asked: Asked) -> Cap:
    """Give the highest level released; an appeal to the emergency clause needs a name and the danger described."""
    appeal = asked.emergency
    if appeal is None:
        return ("release.maximum", agreement.release.maximum)
    is_answered_for = _is_said(appeal.responsible) and appeal.described is True
    return ("emergency.maximum", _unless(is_answered_for, agreement.emergency.maximum))


def caps_of_queries(agreement: Agreement, quota: QuotaUse) -> list[Cap]:
    """Give what is left of the quotas for queries."""
    limits = agreement.quotas
    return [
        ("quotas.queries_a_day", _unless(_is_left(quota.queries_today, limits.queries_a_day))),
        ("quotas.queries_a_year", _unless(_is_left(quota.queries_this_year, limits.queries_a_year))),
        ("quotas.queries_a_case", _unless(_is_left(quota.queries_in_case, limits.queries_a_case))),
    ]


def caps_of_requests(agreement: Agreement, asked: Asked, quota: QuotaUse) -> list[Cap]:
    """Give what is left of the quotas for requests."""
    caps = [("quotas.requests_a_day", _unless(_is_left(quota.requests_today, agreement.quotas.requests_a_day)))]
    if asked.emergency is not None:
        left = _is_left(quota.emergencies_this_month, agreement.emergency.uses_a_month)
        caps.append(("emergency.uses_a_month", _unless(left)))
    return caps


def caps_of_record(agreement: Agreement, asked: Asked, record: RecordRules) -> list[Cap]:
    """Give what the holder's own rules on the record allow."""
    protection = agreement.protection
    is_victim = record.victim != "no" or record.person_role == "victim"
    is_witness = record.witness != "no" or record.person_role == "witness"
    return [
        ("record_categories", _unless(record.category in agreement.record_categories)),
        ("record.person_role", _unless(record.person_role in agreement.person_roles)),
        ("record.nature", _unless(_is_nature_open(agreement, record.nature))),
        ("record.barred", _unless(not _is_barred(agreement, asked, record))),
        ("record.sealed", _unless(record.sealed == "no")),
        ("record.hidden", _unless(not _is_hidden(record, asked.now))),
        ("record.at_most", record.at_most if record.at_most in range(MAX_LEVEL + 1) else 0),
        ("protection.own_nationals", _protected(_is_own_national(agreement, asked, record), protection.own_nationals)),
        ("protection.minors", _protected(record.minor != "no", protection.minors)),
        ("protection.victims", _protected(is_victim, protection.victims)),
        ("protection.witnesses", _protected(is_witness, protection.witnesses)),
    ]


def caps_of_answer_match(agreement: Agreement, match: MatchFacts | None) -> list[Cap]:
    """Give what the match is good for at once."""
    answer = agreement.answer
    return _caps_of_match(agreement, match, ((answer.hit_score, 1), (answer.reference_score, AT_ONCE)))


def caps_of_release_match(agreement: Agreement, match: MatchFacts | None) -> list[Cap]:
    """Give what the match is good for in a release."""
    release = agreement.release
    grades = ((release.core_score, CORE), (release.supplementary_score, SUPPLEMENTARY))
    return _caps_of_match(agreement, match, grades)


def caps_of_request(agreement: Agreement, asked: Asked, steps: Steps) -> list[Cap]:
    """Give what the asker's people did: an emergency, which a named person answers for, waits for no confirmation."""
    confirmed = len({_officer(name) for name in steps.confirmed_by} - {""})
    needed = 0 if asked.emergency is not None else agreement.release.confirmations
    return [
        ("release.confirmations", _unless(confirmed >= needed)),
        ("release.request", _unless(steps.request_complete is True and _is_said(steps.requested_by))),
        ("joint_team.request", _unless(_are_of_team(agreement, asked, steps))),
    ]


def cap_of_approval(agreement: Agreement, asked: Asked, steps: Steps) -> Cap:
    """Give what the holder's people did."""
    clause = agreement.release.approval if asked.emergency is None else agreement.emergency.approval
    return ("approval", _unless(approvals_given(clause, asked, steps) >= clause.needed))


def _unless(holds: bool, level: int = MAX_LEVEL) -> int:
    return level if holds else 0


def _protected(is_protected: bool, level: int) -> int:
    return level if is_protected else MAX_LEVEL


def _is_said(text: str) -> bool:
    return bool(text) and not text.isspace()


def _officer(name: str) -> str:
    """Give one spelling for an officer's name, so that nobody approves twice by a capital letter."""
    return name.strip().casefold()


def _is_nature_open(agreement: Agreement, nature: str) -> bool:
    return nature in _NATURES and nature not in agreement.offences.barred_natures


def _is_penalty_met(agreement: Agreement, asked: Asked) -> bool:
    if agreement.death_penalty == "answer" or asked.death_penalty == "no":
        return True
    return agreement.death_penalty == "assurance" and asked.assurance is True


def _is_of_team(agreement: Agreement, asked: Asked, officer: str) -> bool:
    team = agreement.joint_team
    return team is None or (asked.case == team.case and (asked.asker, officer) in team.officers)


def _are_of_team(agreement: Agreement, asked: Asked, steps: Steps) -> bool:
    return all(_is_of_team(agreement, asked, officer) for officer in (steps.requested_by, *steps.confirmed_by))


def _is_left(used: int | None, limit: int) -> bool:
    return used is not None and 0 <= used < limit


def _is_barred(agreement: Agreement, asked: Asked, record: RecordRules) -> bool:
    asker = agreement.party_of.get(asked.asker)
    if record.barred is None or asker is None:
        return True
    return any(_bars(word, asker.agency, asker.country) for word in record.barred)


def _bars(word: str, agency: str, country: str) -> bool:
    """Say whether a word bars an agency of a country; a short word that is no country's code bars everybody."""
    written = word.strip().upper()
    states = states_of(written)
    return written == agency or country in states or (not states and len(written) <= _LONGEST_CODE)


def _is_hidden(record: RecordRules, now: datetime) -> bool:
    until = record.hidden_until
    if until is None:
        return False
    return until.utcoffset() is None or now.utcoffset() is None or now < until


def _is_own_national(agreement: Agreement, asked: Asked, record: RecordRules) -> bool:
    """Say whether the person is a national of the holder's country, one of several included, or may be."""
    holder = agreement.party_of.get(asked.holder)
    return holder is None or may_be_national(holder.country, record.nationalities)


def may_be_national(country: str, nationalities: Sequence[str]) -> bool:
    """Say whether a person is a national of a country, one of several included, or may be: all a decision sees."""
    return not nationalities or any(_may_be_of(country, nationality) for nationality in nationalities)


def _may_be_of(country: str, nationality: str) -> bool:
    if nationality.strip().upper() == STATELESS:
        return False
    states = states_of(nationality)
    return not states or country in states


def _caps_of_match(agreement: Agreement, match: MatchFacts | None, grades: _Grades) -> list[Cap]:
    # Written so that a number that is none, or lies outside its range, fails every comparison and gives 0.
    if match is None:
        return [("match", 0)]
    level = max((level for least, level in grades if least <= match.score <= 1), default=0)
    return [("answer.bit_budget", _unless(agreement.answer.bit_budget <= match.bits < inf)), ("scores", level)]
