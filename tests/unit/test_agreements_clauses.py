"""What an agreement's text may say, how its faults are told, and that its canonical form stands still."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest

from agreements.agreement import AgreementFormatError, agreement_errors, parse_agreement
from agreements.prose import render
from agreements.template import TEMPLATE

TEXT = """
schema = 1
id = "gr-de"
version = 3
title = "Ünïted άγρα"
legal_basis = "Article 27"
purposes = ["terrorism", "migrant_smuggling"]
valid_from = 2026-01-01
valid_until = 2026-12-31
bit_budget = 22
maximum_candidates = 5
answer = { maximum = 1, hit_score = 0.5, reference_score = 0.75 }
parties = [
  { agency = "GR-YPAM", roles = ["holds", "asks"], contact = "desk@ypam.example" },
  { agency = "DE-ZASM", roles = ["asks"], contact = "desk@zasm.example" },
]
"""
CANONICAL = (
    '{"answer":{"hit_score":0.5,"maximum":1,"reference_score":0.75},"bit_budget":22,"id":"gr-de",'
    '"legal_basis":"Article 27","maximum_candidates":5,"parties":'
    '[{"agency":"DE-ZASM","contact":"desk@zasm.example","roles":["asks"]},'
    '{"agency":"GR-YPAM","contact":"desk@ypam.example","roles":["asks","holds"]}],'
    '"purposes":["migrant_smuggling","terrorism"],"schema":1,"title":"Ünïted άγρα",'
    '"valid_from":"2026-01-01","valid_until":"2026-12-31","version":3}'
)


def test_the_canonical_form_of_schema_1_stands_still() -> None:
    """Two nodes of different releases must find the same hash, or they no longer mean the same agreement."""
    agreement = parse_agreement(TEXT)
    assert agreement.canonical == CANONICAL.encode()
    assert agreement.hash == hashlib.sha256(CANONICAL.encode()).digest()


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ("version = 1", "version = true", "version", "a whole number without quotes"),
        ("version = 1", 'version = "1"', "version", "a whole number without quotes"),
        ("bit_budget = 22", 'bit_budget = "24"', "bit_budget", "a number without quotes"),
        ("bit_budget = 22", "bit_budget = inf", "bit_budget", "up to 64"),
        ("maximum = 2", "maximum = 1.0", "answer.maximum", "a whole number without quotes"),
        ("hit_score = 0.5", "hit_score = nan", "answer.hit_score", "expected a number"),
        ("2027-12-31", '"2027-12-31"', "valid_until", "a day without quotes"),
        ("2027-12-31", "2027-12-31T00:00:00", "valid_until", "a day without quotes"),
        ("2027-12-31", "20271231", "valid_until", "a day without quotes"),
        ('title = "Ag', 'title = "Fine\\n2. Purposes. All.', "title", "one line"),
        ('title = "Ag', 'title = "\\u202eAg', "title", "one line"),
        ('"desk@dnms.example"', '"  "', "parties.0.contact", "some text"),
        ('id = "fr-de-2026"', 'id = "../x"', "id", "letters, digits"),
        ("purposes =", "purpose =", "purposes", "is missing"),
        ("maximum_candidates = 5", "maximum_candidates = 5\nlevel = 4", "level", "is no clause"),
        ('["migrant_smuggling"]', '["Melanos"]', "purposes.0", "'migrant_smuggling'"),
    ],
)
def test_a_faulty_clause_is_told_with_its_place_and_what_it_wants(old: str, new: str, place: str, reason: str) -> None:
    text = TEMPLATE.replace(old, new, 1)
    assert text != TEMPLATE
    told = {error.place: error.reason for error in agreement_errors(text)}
    assert reason in told[place]


def test_a_text_nested_without_end_is_refused_like_any_other() -> None:
    assert [error.place for error in agreement_errors("x = " + "[" * 100_000)] == ["the file"]


def test_no_fault_quotes_the_text() -> None:
    """An agreement may be confidential; what is told of its faults ends in logs."""
    for line in TEMPLATE.splitlines():
        if '"' in line:
            errors = agreement_errors(TEMPLATE.replace(line, line.replace('"', '"§Melanos\\u0007', 1)))
            assert errors, line
            assert not any("Melanos" in str(error) for error in errors), line


@pytest.mark.parametrize("line", [line for line in TEMPLATE.splitlines() if " = " in line and not line.startswith("#")])
def test_no_clause_may_be_left_out(line: str) -> None:
    with pytest.raises(AgreementFormatError):
        parse_agreement(TEMPLATE.replace(line + "\n", "", 1))


def test_a_time_without_zone_is_in_no_agreement() -> None:
    assert not parse_agreement(TEMPLATE).in_force(datetime(2026, 6, 1))


def test_the_text_for_people_says_every_clause() -> None:
    text = render(parse_agreement(TEXT))
    for said in (
        "Ünïted άγρα (gr-de, version 3)",
        "Article 27",
        "GR-YPAM, DE-ZASM may ask",
        "GR-YPAM answer from their own lists",
        "desk@ypam.example",
        "migrant smuggling, terrorism",
        "2026-01-01 to 2026-12-31",
        "whether there is a hit",
        "0.50",
        "5 candidates",
        "22 bits",
    ):
        assert said in text
