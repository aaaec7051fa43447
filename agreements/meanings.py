"""What each clause means in one line and which way it tells more: for the difference of versions and the reference.

The lines are for people; nothing is decided by them. A test compares the places with the schema, both ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from agreements.codes import HANDLING_CODES

Way = Literal["higher", "lower", "longer list", "shorter list", "later words", "none", "read"]
"""What tells more: a higher value, a longer list, a word later in its order, none; or people have to read it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A clause in one line, what tells more, and for words their order from the least telling."""

    line: str
    more: Way = "none"
    order: tuple[Any, ...] = ()


MEANINGS: dict[str, Meaning] = {
    "schema": Meaning("version of this table"),
    "id": Meaning("name of the agreement, the same at all parties"),
    "version": Meaning("counts amendments"),
    "supersedes": Meaning("fingerprint of the version before; empty for version 1"),
    "title": Meaning("one line"),
    "legal_basis": Meaning("the treaty, regulation or law it rests on", "read"),
    "purposes": Meaning("a query for another purpose is not put and not answered", "longer list"),
    "person_roles": Meaning("what the person is in the asker's case, and in the holder's", "longer list"),
    "record_categories": Meaning("records of another category are not told of", "longer list"),
    "death_penalty": Meaning(
        "where the asker's law threatens death, or may: tell nothing, only against an assurance, or all the same",
        "later words",
        ("refuse", "assurance", "answer"),
    ),
    "discreet_hits": Meaning(
        "a hit on a record under a discreet check, or that may be under one",
        "later words",
        ("tell_holder_only", "tell_both"),
    ),
    "parties": Meaning("each agency once; one asks and another holds"),
    "parties.agency": Meaning("name as in the certificate, for example `FR-DNMS`", "longer list"),
    "parties.country": Meaning("ISO 3166 code; bars, flags and own nationals are read by it", "read"),
    "parties.roles": Meaning("what the agency does under the agreement", "longer list"),
    "parties.authorities": Meaning("who stands behind the agency", "read"),
    "parties.contact": Meaning("for people of the other parties"),
    "validity.from": Meaning("first day in force, UTC", "lower"),
    "validity.until": Meaning("last day in force, to its end in UTC", "higher"),
    "validity.notice_days": Meaning("days between notice and end, where one party ends it"),
    "validity.after_end": Meaning(
        "what becomes of what was shared", "later words", ("delete", "keep_under_conditions")
    ),
    "offences.categories": Meaning("a question about another offence is not put and not answered", "longer list"),
    "offences.minimum_penalty_months": Meaning("least maximum penalty in the asker's law", "lower"),
    "offences.barred_natures": Meaning("asked or recorded as such: nothing is told", "shorter list"),
    "answer.maximum": Meaning("highest level answered at once", "higher"),
    "answer.hit_score": Meaning("score of the full comparison from which a hit is told", "lower"),
    "answer.reference_score": Meaning("score from which its reference is told; not below `hit_score`", "lower"),
    "answer.bit_budget": Meaning("identifying bits a rule token carries at least; more opens less", "lower"),
    "answer.maximum_candidates": Meaning("records told of at level 2 at most", "higher"),
    "release.maximum": Meaning("highest level after a reasoned request", "higher"),
    "release.core_score": Meaning("score from which core fields are released; not below `reference_score`", "lower"),
    "release.supplementary_score": Meaning("score from which the others are; not below `core_score`", "lower"),
    "release.core_fields": Meaning("fields of level 3", "longer list"),
    "release.supplementary_fields": Meaning("fields that level 4 adds", "longer list"),
    "release.confirmations": Meaning("different officers of the asker who confirm the match", "lower"),
    "release.approval.needed": Meaning("different officers of the holder who approve, none of whom asked", "lower"),
    "release.approval.roles": Meaning("roles in which they may; an auditor approves nothing", "longer list"),
    "release.clock_hours": Meaning("hours to decide a request; the clock pauses while a judge has it"),
    "release.urgent_clock_hours": Meaning("the same for an urgent one; not above `clock_hours`"),
    "quotas.queries_a_day": Meaning("of one asking party at one holder, UTC", "higher"),
    "quotas.queries_a_year": Meaning("of one asking party at one holder, UTC", "higher"),
    "quotas.queries_a_case": Meaning("of one asking party at one holder", "higher"),
    "quotas.requests_a_day": Meaning("of one asking party at one holder, UTC", "higher"),
    "protection.own_nationals": Meaning(
        "highest level for nationals of the holder's country, dual and unknown nationality included", "higher"
    ),
    "protection.minors": Meaning("highest level for minors, and where age is unknown", "higher"),
    "protection.victims": Meaning("highest level for victims, and where it is unknown", "higher"),
    "protection.witnesses": Meaning("highest level for witnesses, and where it is unknown", "higher"),
    "handling.code": Meaning(
        "`H0` any lawful use, `H1` not in court without permission, `H2` not passed on without permission,"
        " `H3` as the caveats say",
        "later words",
        HANDLING_CODES[::-1],
    ),
    "handling.caveats": Meaning("conditions in words, in this order", "shorter list"),
    "handling.onward_transfer": Meaning(
        "to third parties: never, or with the holder's prior consent", "later words", ("never", "with_consent")
    ),
    "handling.change_of_purpose": Meaning(
        "other use: never, or with the holder's prior consent", "later words", ("never", "with_consent")
    ),
    "handling.retention_days": Meaning("days after which what was released is deleted, with a receipt", "higher"),
    "handling.feedback_days": Meaning("days within which the asker reports the use", "higher"),
    "emergency.maximum": Meaning("highest level released where a life is in danger; 0: no emergency path", "higher"),
    "emergency.approval.needed": Meaning("as in `release.approval`", "lower"),
    "emergency.approval.roles": Meaning("as in `release.approval`", "longer list"),
    "emergency.review_days": Meaning("days within which a release in an emergency is reviewed, on each side"),
    "emergency.uses_a_month": Meaning("of one asking party at one holder, UTC", "higher"),
    "joint_team": Meaning("may be left out; with it, only members ask, and only in the team's case", "none"),
    "joint_team.case": Meaning("the one case", "read"),
    "joint_team.members": Meaning(
        "who asks, requests and confirms, each once; who may approve need not be one", "longer list"
    ),
    "joint_team.members.agency": Meaning("one of the parties"),
    "joint_team.members.officer": Meaning("officer's name at that agency's desk"),
}
