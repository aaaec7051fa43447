"""Peers of the retrieval benchmark: every name of the list compared with the name asked for, and logic-v2 behind that.

*Brute force* is rapidfuzz's ``process.extract``: Jaro-Winkler of the sorted words after anyascii, all in C++, of the
names asked for against all names of the list; a record ranks by its best name. *logic-v2* scores the `BLOCKED` best
records of the former, as a screening service does with the candidates of its search engine; its clock includes theirs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from benchmarks.peers import strings
from benchmarks.peers.environment import LOGIC_V2, LOGIC_V2_CUTOFF, Answer, PeerMissingError, ask_peer
from benchmarks.retrieve_figures import Answered, Found
from benchmarks.retrieve_questions import Question
from matching.subject import Subject

BLOCKED = 20
MOST_NAMES_ASKED = 8

BRUTE_FORCE = f"brute force, {strings.ANYASCII}"
BRUTE_FORCE_CUTOFF = strings.CUTOFF


def brute_force(records: Sequence[tuple[str, Subject]], questions: Sequence[Question]) -> Iterator[Answered]:
    """Answer every question by comparing its names with all names of the list."""
    names = [(name, record_id) for record_id, subject in records for name in strings.sorted_anyascii(subject)]
    texts = [name for name, _ in names]
    for question in questions:
        start = time.thread_time()
        best: dict[str, float] = {}
        for name in strings.sorted_anyascii(question.subject)[:MOST_NAMES_ASKED]:
            found = process.extract(name, texts, scorer=JaroWinkler.similarity, limit=5 * BLOCKED)
            for _, score, place in found:
                record_id = names[place][1]
                best[record_id] = max(score, best.get(record_id, 0.0))
        ranked = sorted(best.items(), key=lambda one: (-one[1], one[0]))[:BLOCKED]
        yield Answered(tuple(Found(*one) for one in ranked), 1e3 * (time.thread_time() - start))


def logic_v2(
    records: Sequence[tuple[str, Subject]],
    questions: Sequence[Question],
    blocked: Sequence[Answered],
    python: Path | None,
) -> tuple[str, list[Answered]]:
    """Score the best records of the brute force with logic-v2; give its name and the answers."""
    subjects = dict(records)
    pairs = (
        json.dumps([question.subject.to_row(), subjects[found.record_id].to_row()])
        for question, answered in zip(questions, blocked, strict=True)
        for found in answered.found
    )
    told = ask_peer(LOGIC_V2, pairs, python)
    name = f"{next(told)} over the {BLOCKED} best of the brute force"
    scores = (one for one in told if isinstance(one, Answer))
    answers = []
    for answered in blocked:
        scored = [(found, next(scores, None)) for found in answered.found]
        if any(score is None for _, score in scored):
            raise PeerMissingError("left out: it did not answer every pair")
        ranked = [replace(found, score=score.score) for found, score in scored if score]
        taken = sum(score.microseconds for _, score in scored if score) / 1e3
        ranked.sort(key=lambda found: (-found.score, found.record_id))
        answers.append(Answered(tuple(ranked), answered.milliseconds + taken))
    return name, answers


__all__ = ["BLOCKED", "BRUTE_FORCE", "BRUTE_FORCE_CUTOFF", "LOGIC_V2_CUTOFF", "brute_force", "logic_v2"]
