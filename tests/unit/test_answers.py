"""The content of replies: one encoding, bounded, and never more than the level allows."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import EncodingError
from matching.reply import REPLY_CONTENT_BYTES
from node.answers import NOTHING, Answer, Candidate, decode_answer, encode_answer

_lines = st.text(max_size=600).filter(str.isprintable)
_candidates = st.builds(
    Candidate,
    reference=_lines,
    band=st.sampled_from(["strong", "probable", "possible"]),
    reasons=st.lists(_lines, max_size=20).map(tuple),
)


def test_nothing_survives_the_round_trip() -> None:
    assert decode_answer(encode_answer(NOTHING)) == NOTHING


@given(st.lists(_candidates, max_size=30))
def test_every_answer_fits_a_reply_and_keeps_its_level(candidates: list[Candidate]) -> None:
    content = encode_answer(Answer(level=2, candidates=tuple(candidates), contact="desk@agency.example"))
    assert len(content) <= REPLY_CONTENT_BYTES
    decoded = decode_answer(content)
    assert decoded.level == 2
    told = [candidate.reference for candidate in decoded.candidates]
    assert told == [candidate.reference for candidate in candidates[: len(told)]]


def test_reasons_give_way_before_candidates() -> None:
    wordy = tuple(Candidate(reference=f"R{n}", band="strong", reasons=("x" * 500,)) for n in range(12))
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
        json.dumps({"level": 0, "left_today": -1}).encode(),
        json.dumps({"level": 2, "contact": "\u001b[2J"}).encode(),
    ],
)
def test_content_that_is_no_answer_or_above_its_level_is_refused(content: bytes) -> None:
    with pytest.raises(EncodingError):
        decode_answer(content)
