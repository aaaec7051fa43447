"""The agreement's document: closed, canonical, and named by its hash."""

from __future__ import annotations

import pytest

from agreements.agreement import AgreementFormatError, agreement_errors, parse_agreement
from agreements.prose import render
from agreements.template import TEMPLATE


def test_the_template_is_an_agreement_and_reads_as_text() -> None:
    agreement = parse_agreement(TEMPLATE)
    text = render(agreement)
    for said in ("FR-DNMS, DE-ZASM may ask", "migrant smuggling", "2026-01-01 to 2027-12-31", agreement.hash.hex()):
        assert said in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('["migrant_smuggling"]', '["terrorism", "migrant_smuggling"]'),
        ('roles = ["asks", "holds"]', 'roles = ["holds", "asks"]'),
    ],
)
def test_order_and_layout_do_not_change_the_hash(old: str, new: str) -> None:
    changed = TEMPLATE.replace(old, new)
    again = changed.replace(new, new.replace('", "', '" , "'))
    assert changed != TEMPLATE
    assert parse_agreement(changed).hash == parse_agreement(again + "\n# a comment\n").hash


def test_the_order_of_the_parties_does_not_change_the_hash() -> None:
    head, first, second = TEMPLATE.partition("[[parties]]")[0], *TEMPLATE.split("[[parties]]")[1:]
    swapped = f"{head}[[parties]]{second}\n[[parties]]{first}"
    assert parse_agreement(swapped).hash == parse_agreement(TEMPLATE).hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version = 1", "version = 2"),
        ("maximum = 2", "maximum = 1"),
        ("bit_budget = 22", "bit_budget = 25"),
        ("valid_until = 2027-12-31", "valid_until = 2027-12-30"),
        ('agency = "DE-ZASM"', 'agency = "DE-ZASN"'),
    ],
)
def test_any_clause_changes_the_hash(old: str, new: str) -> None:
    assert parse_agreement(TEMPLATE.replace(old, new, 1)).hash != parse_agreement(TEMPLATE).hash


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("schema = 1", "schema = 2", "schema"),
        ("version = 1", "", "version"),
        ("bit_budget = 22", "bit_budget = 8", "bit_budget"),
        ("bit_budget = 22", "bit_budget = nan", "bit_budget"),
        ("maximum = 2", "maximum = 3", "answer.maximum"),
        ("hit_score = 0.5", "hit_score = 0.9", "answer"),
        ('["migrant_smuggling"]', "[]", "purposes"),
        ('["migrant_smuggling"]', '["curiosity"]', "purposes"),
        ('agency = "FR-DNMS"', 'agency = "FR DNMS"', "parties"),
        ('agency = "FR-DNMS"', 'agency = "DE-ZASM"', "the agreement"),
        ('roles = ["asks", "holds"]', "roles = []", "parties"),
        ("valid_until = 2027-12-31", "valid_until = 2025-12-31", "the agreement"),
        ("maximum_candidates = 5", "maximum_candidates = 5\nallow_everything = true", "allow_everything"),
        ("schema = 1", "schema = ", "the file"),
    ],
)
def test_what_is_missing_unknown_or_contradictory_is_refused_with_its_place(old: str, new: str, place: str) -> None:
    text = TEMPLATE.replace(old, new, 1)
    assert text != TEMPLATE
    with pytest.raises(AgreementFormatError) as caught:
        parse_agreement(text)
    assert caught.value.place.startswith(place)
    assert next(error.place for error in agreement_errors(text)) == caught.value.place


def test_all_errors_are_told_at_once() -> None:
    text = TEMPLATE.replace("version = 1", "version = 0").replace("bit_budget = 22", "bit_budget = 1")
    assert {error.place for error in agreement_errors(text)} == {"version", "bit_budget"}
