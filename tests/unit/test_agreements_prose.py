"""The text people read says every clause, and the difference of two versions says which way each one goes."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from agreements.agreement import Agreement
from agreements.difference import differences
from agreements.meanings import MEANINGS
from agreements.prose import WIDTH, render
from tests.unit.agreed import AGREEMENT, agreement_like
from tests.unit.agreement_page import clauses
from tests.unit.test_agreements import TEAM

PARTIES: list[dict[str, Any]] = AGREEMENT.model_dump(by_alias=True)["parties"]
GREECE = {
    "agency": "GR-YPAM",
    "country": "GR",
    "roles": ["asks"],
    "authorities": ["Borders"],
    "contact": "desk@ypam.example",
}


def _text(agreement: Agreement = AGREEMENT) -> str:
    return re.sub(r"\s+", " ", render(agreement))


def test_what_it_means_in_practice_is_said_for_each_pair() -> None:
    small = agreement_like(
        person_roles=["suspect"],
        offences={"categories": ["migrant_smuggling"]},
        answer={"maximum": 1},
        release={"maximum": 3},
        parties=[PARTIES[0], PARTIES[1] | {"roles": ["holds"]}],
    )
    assert (
        "FR-DNMS may ask DE-ZASM about suspects in cases of migrant smuggling punishable by 12 months or more; DE-ZASM"
        " answers hit or no hit at once, and core data after one officer of the asker confirmed the match and two"
        " different officers of its own agreed." in _text(small)
    )
    assert "DE-ZASM may ask" not in _text(small)
    many = _text(agreement_like(parties=[*PARTIES, GREECE]))
    assert "FR-DNMS may ask DE-ZASM about" in many
    assert "GR-YPAM may ask DE-ZASM and FR-DNMS about" in many
    assert "may ask GR-YPAM" not in many
    assert many == _text(agreement_like(parties=[GREECE, *reversed(PARTIES)])), "one fingerprint, one text"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": "Ünïted άγρα"}, "Ünïted άγρα (fr-de-2026, version 1)"),
        ({"version": 2, "supersedes": "ab" * 32}, "Supersedes: " + "ab" * 32),
        ({"legal_basis": "Article 27"}, "Legal basis: Article 27"),
        ({}, "It acts for: National Office against Migrant Smuggling. Contact: desk@dnms.example."),
        ({}, "DE-ZASM (DE) may ask and answers from its own list"),
        ({}, "In force from 2026-01-01 to 2027-12-31, both days included"),
        ({"validity": {"notice_days": 1}}, "with 1 day of notice"),
        ({"validity": {"after_end": "keep_under_conditions"}}, "what was shared is kept, under the same conditions"),
        ({}, "what was shared is deleted, with a receipt"),
        ({"purposes": ["terrorism", "migrant_smuggling"]}, "Purposes: migrant smuggling and terrorism."),
        ({"offences": {"minimum_penalty_months": 0}}, "of whatever penalty"),
        ({"offences": {"barred_natures": []}}, "No offence is barred for its nature"),
        ({}, "Barred: offences of a military, political, racial or religious nature."),
        ({"record_categories": ["arrest", "object"]}, "Records: arrest and object."),
        ({"person_roles": ["missing", "victim"]}, "Persons: victims and missing persons."),
        ({"answer": {"maximum": 0}}, "answers nothing at once"),
        ({"answer": {"hit_score": 0.25, "reference_score": 0.45}}, "from a score of 0.25, its reference from 0.45"),
        ({"answer": {"bit_budget": 30.5}}, "shares 30.5 bits"),
        ({"answer": {"maximum_candidates": 1}}, "1 record at most"),
        ({"release": {"maximum": 0}}, "at once and releases nothing more"),
        ({"release": {"core_fields": []}}, "Core data, from a score of 0.5: none."),
        ({"release": {"supplementary_fields": ["pob"]}}, "from a score of 0.95: birth place."),
        ({"release": {"confirmations": 3}}, "confirmed by three different officers of the asker"),
        ({}, "approved by two different officers of the holder, each as release officer or supervisor"),
        (
            {"release": {"clock_hours": 99, "urgent_clock_hours": 9}},
            "within 99 hours, where it is urgent within 9 h",
        ),
        ({"quotas": {"queries_a_day": 7}}, "7 queries a day, 50,000 a year and 200 in one case"),
        ({"quotas": {"requests_a_day": 3}}, "and 3 requests a day"),
        ({"protection": {"minors": 0}}, "Of minors, at most: nothing."),
        ({"protection": {"own_nationals": 3}}, "Of nationals of the holder's own country, at most: core data."),
        ({"protection": {"witnesses": 1}}, "Of witnesses, at most: hit or no hit."),
        ({"discreet_hits": "tell_both"}, "is told to both sides"),
        ({}, "is told to the holder's officer only"),
        ({"death_penalty": "refuse"}, "threatens the death penalty for the offence, nothing is told"),
        ({"death_penalty": "answer"}, "A possible death penalty makes no difference"),
        ({}, "only against an assurance in writing"),
        ({"handling": {"code": "H3"}}, "Code H3: as the caveats say"),
        ({"handling": {"caveats": ["Burn after reading."]}}, "Caveat: Burn after reading."),
        ({"handling": {"onward_transfer": "never"}}, "Passing on to third parties: never."),
        ({"handling": {"change_of_purpose": "with_consent"}}, "another purpose: only with the holder's prior consent."),
        ({"handling": {"retention_days": 1}}, "deleted after 1 day, with a receipt"),
        ({"handling": {"feedback_days": 14}}, "reports the use within 14 days"),
        ({"emergency": {"maximum": 0}}, "There is no shorter path for emergencies."),
        ({"emergency": {"uses_a_month": 0}}, "There is no shorter path for emergencies."),
        ({"emergency": {"maximum": 2}}, "Where a life is in danger, at most: hit or no hit with reference"),
        (
            {"emergency": {"review_days": 5, "uses_a_month": 1}},
            "At most 1 use a month by one party at one other. What is released so is reviewed on both",
        ),
        (
            {"emergency": {"approval": {"needed": 1, "roles": ["judge"]}}},
            "Approved by one officer of the holder, each as judge.",
        ),
        ({"joint_team": TEAM}, "Case: JIT-2026-7. Members: a.durand (FR-DNMS) and c.weber (DE-ZASM)."),
        ({}, "There is none: each party's officers ask, in any case."),
        ({}, "Each party may suspend it by its own word."),
    ],
)
def test_every_clause_is_said(changes: dict[str, Any], said: str) -> None:
    agreement = agreement_like(**changes)
    assert said in _text(agreement)
    assert agreement.hash.hex() in _text(agreement)


def test_lines_are_short_enough_to_print() -> None:
    assert max(map(len, render(agreement_like(parties=[*PARTIES, GREECE])).splitlines())) <= WIDTH


def test_every_clause_has_a_meaning_and_every_meaning_a_clause() -> None:
    assert {place for place, _ in clauses()} == set(MEANINGS)


CAVEATS = AGREEMENT.handling.caveats
AMENDED: dict[str, Any] = {"version": 2, "supersedes": AGREEMENT.hash.hex()}
MORE, LESS, NEITHER, READ = "tells more", "tells less", "tells neither more nor less", "has to be read"


@pytest.mark.parametrize(
    ("changes", "place", "change", "effect"),
    [
        (
            {"legal_basis": "Article 1"},
            "legal_basis",
            "Regulation (EU) 2024/982, articles 25 to 28 becomes Article 1",
            READ,
        ),
        ({"title": "New"}, "title", "Agreement on blind queries against migrant smuggling becomes New", NEITHER),
        ({"purposes": ["migrant_smuggling", "terrorism"]}, "purposes", "adds terrorism", MORE),
        ({"purposes": ["terrorism"]}, "purposes", "adds terrorism; removes migrant_smuggling", READ),
        ({"person_roles": ["suspect"]}, "person_roles", "removes associate, convicted and wanted", LESS),
        (
            {"offences": {"barred_natures": ["political"]}},
            "offences.barred_natures",
            "removes military, racial and religious",
            MORE,
        ),
        ({"offences": {"minimum_penalty_months": 24}}, "offences.minimum_penalty_months", "12 becomes 24", LESS),
        ({"offences": {"minimum_penalty_months": 1}}, "offences.minimum_penalty_months", "12 becomes 1", MORE),
        ({"validity": {"until": date(2028, 1, 1)}}, "validity.until", "2027-12-31 becomes 2028-01-01", MORE),
        ({"validity": {"from": date(2026, 2, 1)}}, "validity.from", "2026-01-01 becomes 2026-02-01", LESS),
        (
            {"validity": {"after_end": "keep_under_conditions"}},
            "validity.after_end",
            "delete becomes keep_under_conditions",
            MORE,
        ),
        ({"answer": {"maximum": 1}}, "answer.maximum", "2 becomes 1", LESS),
        ({"answer": {"bit_budget": 21}}, "answer.bit_budget", "22 becomes 21", MORE),
        (
            {"release": {"approval": {"needed": 1, "roles": ["release_officer", "supervisor"]}}},
            "release.approval.needed",
            "2 becomes 1",
            MORE,
        ),
        ({"release": {"clock_hours": 72}}, "release.clock_hours", "48 becomes 72", NEITHER),
        ({"protection": {"victims": 1}}, "protection.victims", "0 becomes 1", MORE),
        ({"death_penalty": "refuse"}, "death_penalty", "assurance becomes refuse", LESS),
        ({"death_penalty": "answer"}, "death_penalty", "assurance becomes answer", MORE),
        ({"discreet_hits": "tell_both"}, "discreet_hits", "tell_holder_only becomes tell_both", MORE),
        ({"handling": {"code": "H2"}}, "handling.code", "H1 becomes H2", LESS),
        ({"handling": {"code": "H0"}}, "handling.code", "H1 becomes H0", MORE),
        ({"handling": {"caveats": [*CAVEATS, "Burn it."]}}, "handling.caveats", "adds Burn it.", LESS),
        ({"handling": {"onward_transfer": "never"}}, "handling.onward_transfer", "with_consent becomes never", LESS),
        ({"joint_team": TEAM}, "joint_team", "added", LESS),
        ({"parties": [*PARTIES, GREECE]}, "parties.GR-YPAM", "added", MORE),
        ({"parties": [PARTIES[0] | {"roles": ["asks"]}, PARTIES[1]]}, "parties.FR-DNMS.roles", "removes holds", LESS),
        (
            {"parties": [PARTIES[0] | {"contact": "x"}, PARTIES[1]]},
            "parties.FR-DNMS.contact",
            "desk@dnms.example becomes x",
            NEITHER,
        ),
    ],
)
def test_a_difference_is_told_with_its_place_and_which_way_it_goes(
    changes: dict[str, Any], place: str, change: str, effect: str
) -> None:
    told = {one.place: one for one in differences(AGREEMENT, agreement_like(**AMENDED, **changes))}
    assert set(told) == {"version", "supersedes", place}
    assert (str(told[place].change), told[place].effect) == (change, effect)
    assert str(told[place]) == f"{place}: {change} ({effect})"


def test_a_text_does_not_differ_from_itself() -> None:
    with_team = agreement_like(joint_team=TEAM)
    assert differences(AGREEMENT, AGREEMENT) == differences(with_team, with_team) == ()


def test_the_way_back_is_the_other_way() -> None:
    opposite = {MORE: LESS, LESS: MORE, NEITHER: NEITHER, READ: READ}
    new = agreement_like(joint_team=TEAM, purposes=["migrant_smuggling", "terrorism"], answer={"maximum": 1})
    there = {one.place: one.effect for one in differences(AGREEMENT, new)}
    back = {one.place: one.effect for one in differences(new, AGREEMENT)}
    assert back == {place: opposite[effect] for place, effect in there.items()}


def test_members_who_come_and_go_are_told() -> None:
    team = TEAM | {"members": [*TEAM["members"], {"agency": "DE-ZASM", "officer": "d.klein"}]}
    told = differences(agreement_like(joint_team=TEAM), agreement_like(joint_team=team))
    assert [str(one) for one in told] == ["joint_team.members: adds DE-ZASM d.klein (tells more)"]
