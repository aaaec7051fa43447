"""The justification of a question: one written form, and what is not exactly that states nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
import rfc8785

from agreements.codes import Known, Nature, Offence, PersonRole
from agreements.facts import Asked
from matching.envelope import BODY_LIMITS
from node.queries.justification import (
    UNSTATED,
    Justification,
    JustificationError,
    asked,
    check_justification,
    read_justification,
)
from symbolon.v1 import desk_pb2

STATED: dict[str, Any] = {
    "offence": "migrant_smuggling",
    "penalty_months": 120,
    "nature": "ordinary",
    "person_role": "suspect",
    "death_penalty": "no",
    "assurance": False,
}
FULL = check_justification(STATED)
TEXT = FULL.to_text()


def test_what_was_stated_arrives_as_stated() -> None:
    assert read_justification(TEXT) == FULL
    assert TEXT.encode() == rfc8785.dumps(json.loads(TEXT))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "null",
        "[]",
        "{}",
        TEXT + " ",
        TEXT.replace(":120", ": 120"),
        TEXT.replace(":120", ":120.0"),
        TEXT.replace(":120", ':"120"'),
        TEXT.replace(":120", ":-1"),
        TEXT.replace("migrant_smuggling", "jaywalking"),
        TEXT.replace('"no"', '"perhaps"'),
        TEXT.replace('"assurance":false', '"assurance":0'),
        TEXT.replace('"assurance":false,', ""),
        TEXT.replace('"assurance":false', '"assurance":false,"assurance":true'),
        TEXT.replace('{"assurance"', '{"also":1,"assurance"'),
        TEXT.replace('"nature"', '"emergency":null,"nature"'),
    ],
)
def test_what_is_missing_changed_or_not_understood_states_nothing(text: str) -> None:
    assert read_justification(text) is UNSTATED


def test_what_is_not_stated_has_the_value_that_tells_least() -> None:
    assert (
        Justification(
            offence="", penalty_months=None, nature="", person_role="", death_penalty="unknown", assurance=False
        )
        == UNSTATED
    )


@pytest.mark.parametrize(
    ("field", "value"), [("offence", "jaywalking"), ("penalty_months", -1), ("death_penalty", "maybe"), ("more", 1)]
)
def test_a_wrong_word_is_named_by_its_field_and_not_repeated(field: str, value: Any) -> None:
    with pytest.raises(JustificationError) as caught:
        check_justification({**STATED, field: value})
    assert caught.value.field in (field, "justification")
    assert str(value) not in str(caught.value) or field == "penalty_months"


def test_whatever_can_be_stated_fits_the_envelope() -> None:
    longest = {
        name: max(get_args(kind), key=len)
        for name, kind in (
            ("offence", Offence),
            ("nature", Nature),
            ("person_role", PersonRole),
            ("death_penalty", Known),
        )
    }
    text = check_justification({**longest, "penalty_months": 1200, "assurance": False}).to_text()
    assert len(text.encode()) <= BODY_LIMITS["justification"]


def test_an_appeal_to_the_emergency_clause_is_no_part_of_a_question() -> None:
    """It belongs to the request after a hit; no answer depends on it, so no holder has to know of it."""
    with pytest.raises(JustificationError):
        check_justification({**STATED, "emergency": {"responsible": "M. Duty", "reason": "a boat adrift"}})
    assert "emergency" not in desk_pb2.QueryRequest.DESCRIPTOR.fields_by_name
    assert 13 not in desk_pb2.QueryRequest.DESCRIPTOR.fields_by_number


def test_both_sides_decide_from_the_same_facts() -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    facts = asked(
        FULL,
        asker="FR-DNMS",
        holder="DE-ZASM",
        agreement_hash=bytes(32),
        purpose="migrant_smuggling",
        user=" a.analyst",
        legal_basis=" ",
        case="2026/117 ",
        now=now,
    )
    assert facts == Asked(
        "FR-DNMS",
        "DE-ZASM",
        bytes(32),
        now,
        purpose="migrant_smuggling",
        user="a.analyst",
        legal_basis=False,
        case="2026/117",
        offence="migrant_smuggling",
        penalty_months=120,
        nature="ordinary",
        person_role="suspect",
        death_penalty="no",
        assurance=False,
    )
