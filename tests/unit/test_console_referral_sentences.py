"""Every sentence the node says of a referral is known to the console, so that it can be translated."""

from __future__ import annotations

from collections.abc import Iterator

from agreements.stages import REFERRAL, REVIEW
from console.wording import case_sentences, referral_sentences
from console.wording.sentences import PATTERNS
from node.cases import alerts
from node.cases.store import UNREADABLE

_KNOWN = {*case_sentences.SAID, *referral_sentences.SAID}


def is_known(sentence: str) -> bool:
    return sentence in _KNOWN or any(pattern.fullmatch(sentence) for pattern, _ in PATTERNS)


def _said() -> Iterator[str]:
    yield from (one.words for one in alerts._OF_REQUEST.values())
    yield from alerts._DONE.values()
    yield from (move.guard.value for table in (REFERRAL, REVIEW) for move in table.values() if move.guard)
    yield "nothing is released, though it may be declined: the agreement is not accepted here yet"
    yield "content is kept back although its conditions were acknowledged: in_force, purposes"
    yield "3 times for this case, first on 2026-06-01; the newest is shown"
    yield f"{UNREADABLE}; it stood at requested"


def test_alerts_and_guards_of_referrals_are_known() -> None:
    assert [sentence for sentence in _said() if not is_known(sentence)] == []


def test_nothing_is_told_twice() -> None:
    assert set(case_sentences.SAID) & set(referral_sentences.SAID) == set()
