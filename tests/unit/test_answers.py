"""The content of replies: one encoding, bounded, and never more than the level allows."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import EncodingError
from matching.reply import REPLY_CONTENT_BYTES
from node.cases.messages import RequestsLeft
from node.queries.answers import (
    MOST_CANDIDATES,
    MOST_OF_CONTACT,
    NOTHING,
    Answer,
    Candidate,
    Left,
    decode_answer,
    encode_answer,
)

_lines = st.text(max_size=600).filter(str.isprintable)
_candidates = st.builds(
    Candidate,
    reference=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=16, max_size=16),
    band=st.sampled_from(["strong", "probable", "possible"]),
    reasons=st.lists(_lines, max_size=20).map(tuple),
)


def test_nothing_survives_the_round_trip() -> None:
    assert decode_answer(encode_answer(NOTHING)) == NOTHING


@given(st.lists(_candidates, max_size=MOST_CANDIDATES))
def test_every_answer_fits_a_reply_and_keeps_its_level_and_its_candidates(candidates: list[Candidate]) -> None:
    content = encode_answer(Answer(level=2, candidates=tuple(candidates), contact="desk@agency.example"))
    assert len(content) <= REPLY_CONTENT_BYTES
    decoded = decode_answer(content)
    assert decoded.level == 2
    assert [one.reference for one in decoded.candidates] == [one.reference for one in candidates]


_DAY = RequestsLeft(day=date(2026, 12, 31), requests_today=10**9, emergencies_this_month=10**9)
MOST = Left(today=10**9, this_year=10**9, in_case=10**9, requests=_DAY)


def test_the_largest_answer_there_can_be_tells_of_every_candidate_that_was_noted_as_told() -> None:
    widest = Candidate(reference="A" * 16, band="probable", reasons=("𝔘" * 600,) * 100, code="H3", repeat="f" * 32)
    answer = Answer(
        level=2, candidates=(widest,) * MOST_CANDIDATES, contact="𝔘" * MOST_OF_CONTACT, left=MOST, conclusive=False
    )
    assert len(decode_answer(encode_answer(answer)).candidates) == MOST_CANDIDATES


def _with(**changes: object) -> bytes:
    one = {"reference": "A" * 16, "band": "strong", "reasons": []} | changes
    return json.dumps({"level": 2, "candidates": [one]}).encode()


def test_a_candidate_as_every_holder_makes_it_is_read() -> None:
    assert decode_answer(_with()).candidates == (Candidate(reference="A" * 16, band="strong"),)


def test_reasons_give_way_before_candidates() -> None:
    wordy = tuple(Candidate(reference="R" * 15 + chr(65 + n), band="strong", reasons=("x" * 500,)) for n in range(12))
    decoded = decode_answer(encode_answer(Answer(level=2, candidates=wordy)))
    assert len(decoded.candidates) == 12
    assert decoded.candidates[0].reasons
    assert not decoded.candidates[-1].reasons


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"level":0}x',
        b'{"level":3}',
        b'{"level":-1}',
        b'{"level":0,"name":"x"}',
        json.dumps({"level": 1, "candidates": [{"reference": "A", "band": "strong"}]}).encode(),
        json.dumps({"level": 0, "contact": "desk@agency.example"}).encode(),
        json.dumps({"level": 0, "refusal": "quota"}).encode(),
        json.dumps({"level": 1, "refusal": "quota", "conclusive": False}).encode(),
        json.dumps({"level": 0, "refusal": "record", "conclusive": False}).encode(),
        json.dumps({"level": 0, "left": {"today": -1}}).encode(),
        json.dumps({"level": 2, "contact": "\u001b[2J"}).encode(),
        _with(reference="A" * 15),
        _with(reference="a" * 16),
        _with(reference="A" * 16 + "\n"),
        _with(repeat="f" * 31),
        _with(repeat="F" * 32),
        _with(repeat="f" * 32 + "\n"),
        _with(band="certain"),
        _with(band="strong, he is here"),
        _with(reasons=[""] * 101),
        json.dumps({"level": 2, "candidates": [json.loads(_with())["candidates"][0]] * 21}).encode(),
    ],
)
def test_content_that_is_no_answer_or_above_its_level_is_refused(content: bytes) -> None:
    with pytest.raises(EncodingError):
        decode_answer(content)
