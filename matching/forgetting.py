"""Forgetting the words of people: the kernel's caches, emptied once a query is over.

Caches make enrolling a list fast, because names repeat. In a process that answers and asks, they would keep words of
the names of everybody who was asked for, long after the query's content has been dropped (threats T16 and T23).
Whoever ends a query calls `forget_words`; enrolment, which reads the agency's own list in a process of its own, does
not.

What this does not do: overwrite memory. Python gives no means to; the freed words stay until their place is used again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from matching import conjunctions, frequency, normalise, phonetics, scripts
from matching.comparison import likeness, name_reading, organisation_alignment, organisation_reading
from matching.letters import words

WORD_CACHES = (
    scripts.romanise,
    normalise._unify,
    phonetics.spelling,
    phonetics.skeleton,
    phonetics.coarse,
    phonetics.sound,
    frequency.code_bits,
    conjunctions._coded,
    likeness._bits_a_letter,
    likeness._liken_words,
    likeness._spelling_bits_a_letter,
    name_reading._read_part,
    name_reading._sounds_and_bits,
    organisation_alignment._levelled,
    organisation_reading._known,
    words._script_of_letter,
)
"""Every function of the kernel that remembers what it was given; a test finds any other."""


@contextmanager
def words_forgotten() -> Iterator[None]:
    """Forget words when the body ends, however it ends."""
    try:
        yield
    finally:
        forget_words()


def forget_words() -> None:
    """Empty all caches of words; safe at any time and from any thread, and only costs computing some words again."""
    for remembered in WORD_CACHES:
        remembered.cache_clear()
