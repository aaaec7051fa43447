"""Faults of an agreement's text: told all at once, each with its place and the way out, and none quotes the text."""

from __future__ import annotations

import pytest

from agreements.reading import (
    LONGEST_TEXT,
    AgreementFormatError,
    agreement_errors,
    format_of,
    parse_agreement,
    read_canonical,
)
from agreements.template import TEMPLATE

TEAM = """[joint_team]
case = "JIT-1"
members = [{ agency = "FR-DNMS", officer = "a.durand" }, { agency = "%s", officer = "%s" }]
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ("schema = 2", "schema = 1", "schema", "expected 2"),
        ("version = 1", "version = true", "version", "a whole number without quotes"),
        ("version = 1", 'version = "1"', "version", "a whole number without quotes"),
        ("version = 1", "version = 0", "version", "from 1 on"),
        ("version = 1", "version = 1000001", "version", "up to 1000000"),
        ("version = 1", "version = 2", "the agreement", "names the fingerprint before it"),
        ('supersedes = ""', f'supersedes = "{"0" * 64}"', "the agreement", "version 1 supersedes nothing"),
        ('supersedes = ""', 'supersedes = "abc"', "supersedes", "of the form"),
        ("bit_budget = 22", 'bit_budget = "24"', "answer.bit_budget", "a number without quotes"),
        ("bit_budget = 22", "bit_budget = inf", "answer.bit_budget", "up to 64"),
        ("bit_budget = 22", "bit_budget = nan", "answer.bit_budget", "expected a number"),
        ("bit_budget = 22", "bit_budget = 8", "answer.bit_budget", "from 16"),
        ("maximum = 2 ", "maximum = 1.0 ", "answer.maximum", "a whole number without quotes"),
        ("maximum = 2 ", "maximum = 3 ", "answer.maximum", "up to 2"),
        ("maximum = 4 ", "maximum = 5 ", "release.maximum", "up to 4"),
        ("hit_score = 0.5", "hit_score = nan", "answer.hit_score", "expected a number"),
        ("hit_score = 0.5", "hit_score = 0", "answer.hit_score", "above 0"),
        ("hit_score = 0.5", "hit_score = 1", "answer.hit_score", "below 1"),
        ("hit_score = 0.5", "hit_score = 0.9", "answer", "must not be below hit_score"),
        ("reference_score = 0.5", "reference_score = 0.6", "the agreement", "core_score must not be below"),
        ("core_score = 0.5", "core_score = 0.96", "release", "must not be below core_score"),
        ("urgent_clock_hours = 8", "urgent_clock_hours = 49", "release", "must not exceed clock_hours"),
        ('"release_officer", "supervisor"', '"auditor"', "release.approval", "an auditor approves nothing"),
        ("until = 2027-12-31", 'until = "2027-12-31"', "validity.until", "a day without quotes"),
        ("until = 2027-12-31", "until = 2027-12-31T00:00:00", "validity.until", "a day without quotes"),
        ("until = 2027-12-31", "until = 20271231", "validity.until", "a day without quotes"),
        ("until = 2027-12-31", "until = 2025-12-31", "validity", "lies before from"),
        ('title = "Ag', 'title = "Fine\\n2. Purposes. All.', "title", "one line"),
        ('title = "Ag', 'title = "\\u202eAg', "title", "one line"),
        ('title = "Ag', f'title = "{"x" * 400}', "title", "400 characters at most"),
        ('"desk@dnms.example"', '"  "', "parties.0.contact", "some text"),
        ('id = "fr-de-2026"', 'id = "../x"', "id", "of the form"),
        ('agency = "FR-DNMS"', 'agency = "FR DNMS"', "parties.0.agency", "as certified"),
        ('agency = "FR-DNMS"', 'agency = "DE-ZASM"', "the agreement", "named twice"),
        ('country = "FR"', 'country = "fr"', "parties.0.country", "of the form"),
        ('country = "FR"', 'country = "UK"', "parties.0.country", "ISO 3166"),
        ('country = "FR"', 'country = "EU"', "parties.0.country", "ISO 3166"),
        ('country = "FR"', 'country = "QQ"', "parties.0.country", "ISO 3166"),
        ('roles = ["asks", "holds"]', "roles = []", "parties.0.roles", "1 or more"),
        ('roles = ["asks", "holds"]', 'roles = ["watches"]', "parties.0.roles.0", "'asks' or 'holds'"),
        ('purposes = ["migrant_smuggling"]', "purposes = []", "purposes", "1 or more"),
        ('purposes = ["migrant_smuggling"]', 'purposes = ["Melanos"]', "purposes.0", "'migrant_smuggling'"),
        ('purposes = ["migrant_smuggling"]', 'purposes = "terrorism"', "purposes", "expected a list"),
        ("purposes =", "purpose =", "purposes", "symbolon agreement new"),
        ("purposes =", "purpose =", "purpose", "is no clause of schema 2"),
        ("maximum_candidates = 5", "maximum_candidates = 5\nlevel = 4", "answer.level", "is no clause"),
        ("[quotas]", "[[quotas]]", "quotas", "a clause with its fields"),
        ("# A joint", TEAM % ("GR-YPAM", "x") + "# ", "the agreement", "is no party"),
        ("# A joint", TEAM % ("FR-DNMS", "a.durand") + "# ", "joint_team", "named twice"),
        ("# A joint", TEAM % ("DE-ZASM", "A Durand") + "# ", "joint_team.members.1.officer", "of the form"),
    ],
)
def test_a_faulty_clause_is_told_with_its_place_and_what_it_wants(old: str, new: str, place: str, reason: str) -> None:
    text = TEMPLATE.replace(old, new, 1)
    assert text != TEMPLATE
    told = {error.place: error.reason for error in agreement_errors(text)}
    assert reason in told[place]
    with pytest.raises(AgreementFormatError):
        parse_agreement(text)


def test_an_agreement_under_which_nobody_can_ask_is_refused() -> None:
    text = TEMPLATE.replace('roles = ["asks", "holds"]', 'roles = ["asks"]')
    assert [error.reason for error in agreement_errors(text)] == ["parties: nobody asks another who holds"]
    one = TEMPLATE.replace('roles = ["asks", "holds"]', 'roles = ["asks"]', 1)
    other = one.replace('roles = ["asks", "holds"]', 'roles = ["holds"]', 1)
    assert agreement_errors(one) == agreement_errors(other) == []


def test_all_errors_are_told_at_once() -> None:
    text = TEMPLATE.replace("version = 1", "version = 0").replace("bit_budget = 22", "bit_budget = 1")
    assert {error.place for error in agreement_errors(text)} == {"version", "answer.bit_budget"}


@pytest.mark.parametrize(
    ("text", "written_as", "place", "reason"),
    [
        ("schema = ", "toml", "end of document", "is not TOML here"),
        ("a = 1\nb = 2\nMelanos = §", "toml", "line 3", "is not TOML here"),
        ('"Melanos" = 1\n"Melanos" = 2', "toml", "end of document", "is not TOML here"),
        ("x = " + "[" * 100_000, "toml", "the file", "is nested too deep"),
        ("x: " + "[" * 20_000, "yaml", "the file", "is nested too deep"),
        ("a: 1\nb: [", "yaml", "line 2", "is not YAML here"),
        ("a: 1\na: 2", "yaml", "line 1", "a key stands twice"),
        ("a: &x 1\nb: *x", "yaml", "line 2", "an alias (*) is not read"),
        ("a: 1\nb: !!python/name:os.system", "yaml", "line 2", "a tag (!) is not read"),
        ("a: !!set {x}", "yaml", "line 1", "a tag (!) is not read"),
        ("a:\n  <<: {b: 1}", "yaml", "line 2", "a merge (<<) is not read"),
        ("a: 2027-02-30", "yaml", "the file", "a day or number that is none"),
        ("a: 1\n---\nb: 2", "yaml", "line 2", "is not YAML here"),
        ("a: \u0007", "yaml", "the file", "is not YAML here"),
        ("", "yaml", "the agreement", "a clause with its fields"),
        ("- 1", "yaml", "the agreement", "a clause with its fields"),
        ("1: 2", "yaml", "1", "should be strings"),
        ("#" * (LONGEST_TEXT + 1), "toml", "the file", "longer than"),
    ],
)
def test_a_text_that_cannot_be_read_is_told_with_its_line(text: str, written_as: str, place: str, reason: str) -> None:
    errors = {error.place: error.reason for error in agreement_errors(text, written_as)}  # type: ignore[arg-type]
    assert reason in errors[place]
    assert "Melanos" not in str(errors)


def test_norway_needs_quotes_in_yaml_and_is_told_so() -> None:
    errors = agreement_errors("parties: [{country: NO}]", "yaml")
    assert ("parties.0.country", "expected text in quotes") in {(error.place, error.reason) for error in errors}


def test_the_format_follows_from_the_name() -> None:
    assert [format_of(name) for name in ("a.yaml", "a.yml", "a.toml", "yaml")] == ["yaml", "yaml", "toml", "toml"]


@pytest.mark.parametrize("values", [None, [], "x", {"validity": 1}, {"validity": {"from": "2026-13-01"}}, {1: 2}])
def test_what_is_no_canonical_form_is_refused(values: object) -> None:
    with pytest.raises(AgreementFormatError):
        read_canonical(values)
