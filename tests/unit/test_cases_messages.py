"""Messages about cases are closed, have one form, say nothing when shown, and do not let content be guessed early."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest

from agreements.conditions import stricter
from node.cases import asking_mail, holding_mail
from node.cases.messages import (
    MOST_CAVEATS,
    AttachedConditions,
    Content,
    Decline,
    Message,
    MessageFormatError,
    Offer,
    Recall,
    Request,
    digest_of_content,
    read_message,
    write_message,
)
from node.cases.steps import built, check_words
from symbolon.rpc.errors import SymbolonError

REQUEST = Request(
    reference="ABCDEFGHIJKLMNOP",
    confirmed_by=("a.durand",),
    requested_by="a.durand",
    facts="Giorgos Melanos was seen twice",
    offence="migrant_smuggling",
    purpose="migrant_smuggling",
    urgency="normal",
)


def test_a_message_reads_back_as_it_was_written() -> None:
    assert read_message(write_message(REQUEST)) == REQUEST


@pytest.mark.parametrize(
    "change",
    [
        {"type": "order"},
        {"note": "more"},
        {"offence": "witchcraft"},
        {"reference": "../../etc"},
        {"requested_by": "A. Durand\n"},
        {"facts": " "},
    ],
)
def test_what_is_not_in_the_closed_form_is_no_message_and_is_not_quoted(change: dict[str, str]) -> None:
    values = json.loads(write_message(REQUEST)) | change
    with pytest.raises(MessageFormatError) as error:
        read_message(json.dumps(values).encode())
    assert "Melanos" not in str(error.value)
    assert error.value.__cause__ is None


CONDITIONS = AttachedConditions(
    code="H1",
    caveats=tuple(f"caveat {number}" for number in range(MOST_CAVEATS)),
    retention_days=365,
    feedback_days=90,
    review_days=None,
    onward_transfer="with_consent",
    change_of_purpose="never",
)
OFFER = Offer(reference="ABCDEFGHIJKLMNOP", conditions=CONDITIONS, fields=("dob", "names"), content_digest="0" * 64)


def test_as_many_caveats_as_an_agreement_a_record_and_a_house_have_are_a_message() -> None:
    assert read_message(write_message(OFFER)) == OFFER


@pytest.mark.parametrize("place", ["conditions", "fields", "fields twice"])
def test_an_offer_has_no_more_than_there_is_to_offer(place: str) -> None:
    values = json.loads(write_message(OFFER))
    if place == "conditions":
        values["conditions"]["caveats"].append("one more")
    else:
        values["fields"] = ["dob", "dob"] if place == "fields twice" else ["dob"] * 9_000
    with pytest.raises(MessageFormatError):
        read_message(json.dumps(values).encode())


def test_the_caveats_of_an_offer_and_those_of_the_own_agreement_are_kept_together() -> None:
    own = replace(CONDITIONS.read(), caveats=tuple(f"own {number}" for number in range(20)))
    both = AttachedConditions.of(stricter(CONDITIONS.read(), own))
    assert len(both.caveats) == MOST_CAVEATS + 20


def test_bytes_that_are_no_json_are_no_message() -> None:
    with pytest.raises(MessageFormatError):
        read_message(b"\xff\x00")


def test_a_message_shown_in_a_log_or_traceback_says_nothing() -> None:
    assert "Melanos" not in f"{REQUEST!r} {REQUEST}"


def test_all_declines_of_one_reference_are_the_same_bytes() -> None:
    assert write_message(Decline(reference="ABCDEFGHIJKLMNOP")) == write_message(Decline(reference="ABCDEFGHIJKLMNOP"))
    assert "reason" not in Decline.model_fields


def test_the_digest_in_an_offer_depends_on_a_salt_that_comes_with_the_content_only() -> None:
    content = {"dob": ["1984-08-16"]}
    assert digest_of_content("00" * 32, content) != digest_of_content("11" * 32, content)
    assert "salt" in Content.model_fields


def test_every_message_goes_one_way() -> None:
    every = set(get_args(get_args(Message)[0]))
    to_asker = set(asking_mail._TAKEN)
    assert to_asker | set(holding_mail.TAKEN) == every
    assert to_asker.isdisjoint(holding_mail.TAKEN)


def test_a_text_that_is_too_long_is_told_with_its_length_and_the_limit() -> None:
    values = {"reference": "ABCDEFGHIJKLMNOP", "reason": "x" * 4_003}
    with pytest.raises(SymbolonError) as error:
        built(Recall, values)
    assert error.value.detail == "reason: 4,003 characters, and at most 4,000 are taken"
    with pytest.raises(SymbolonError) as error:
        check_words("reason", "x" * 4_001 + "\n")
    assert error.value.detail == "reason: 4,001 characters, and at most 4,000 are taken"
