"""Every field of a record either leaves as it stands or is named with the rules that keep it here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.cases.withholding import FLAG, INTERNAL, NOT_AGREED, WITHHELD, row_of, withheld_of
from tests.unit.two_desks import ROW, TEXT, TwoDesks, agreement, held, two_desks

WHOLE = ROW | {
    "aliases": ["Yorgos"],
    "gender": "M",
    "emails": ["g@example.org"],
    "addresses": ["Kifisias 1"],
    "documents": [{"type": "passport", "country": "GR", "number": "AE1"}],
}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    yield from two_desks(tmp_path, TEXT)


def reasons(desks: TwoDesks, text: Any = TEXT, **rules: Any) -> dict[str, tuple[str, ...]]:
    """Give why each field stays; check that none is forgotten, and none both stays and leaves."""
    record = held(WHOLE, **rules)
    desks.holder.records["Z-1"] = record
    referral = desks.referral()
    release = desks.holder.desk.release_now(referral)
    withheld = {one.field: one.rules for one in withheld_of(referral, record, release, text)}
    changed = {name for name, why in withheld.items() if why == (FLAG,)}
    assert withheld.keys() | release.content.keys() == row_of(record).keys()
    assert withheld.keys() & release.content.keys() == changed
    assert all(withheld.values())
    return withheld


@pytest.mark.parametrize(
    ("rules", "field", "rule"),
    [
        ({}, "record_id", INTERNAL),
        ({"withheld": frozenset({"emails"})}, "emails", WITHHELD),
        ({"withheld": None}, "names", WITHHELD),
        ({"barred": frozenset({"FR"})}, "names", "record.barred"),
        ({"victim": "yes"}, "names", "protection.victims"),
        ({"at_most": 2}, "dob", "record.at_most"),
        ({"sealed": "yes"}, "names", "record.sealed"),
        ({"discreet": "yes"}, "names", "discreet_hits"),
        ({"action": "arrest", "flags": {"FR": "locate"}}, "action", FLAG),
    ],
)
def test_the_rule_that_keeps_a_field_is_named(desks: TwoDesks, rules: dict[str, Any], field: str, rule: str) -> None:
    desks.to_request()
    assert rule in reasons(desks, **rules)[field]


def test_a_field_the_agreement_does_not_name_says_so(tmp_path: Path) -> None:
    text = agreement(release__core_fields=["names"], release__supplementary_fields=[])
    for desks in two_desks(tmp_path, text):
        desks.to_request()
        assert reasons(desks, text)["dob"] == (NOT_AGREED,)


def test_what_is_allowed_in_part_only_names_what_bars_the_rest(tmp_path: Path) -> None:
    text = agreement(protection__own_nationals=3)
    for desks in two_desks(tmp_path, text):
        desks.to_request()
        withheld = reasons(desks, text, nationalities=("DE",))
        assert withheld["addresses"] == ("protection.own_nationals",)
        assert "names" not in withheld


def test_an_agreement_that_is_not_known_is_the_reason(desks: TwoDesks) -> None:
    desks.to_request()
    desks.holder.agreements = type(desks.holder.agreements)(())
    assert reasons(desks, None)["names"] == ("agreement.known",)
