"""Two Latin spellings of one name measured by Latin's own letter table, quicker than by trying all ways of writing.

Most spellings that are worth a measure differ in a letter here and there. There the letters of both answer each other
as the fewest edits say (Levenshtein, by rapidfuzz), and only where to cut them into pieces of the table is sought.
Everything else goes through `matching.letters.agreement`, whose measure this is: where the cut along the edits misses
a better way of writing, it gives less, seldom and little. `far_apart` says of most unlike words that they are, for
next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rapidfuzz.distance import Levenshtein

from matching.letters.agreement import (
    BEGIN,
    END,
    IMPOSSIBLE,
    LATIN_ADDED,
    LATIN_ADDED_VOWEL,
    SIGN_LEFT_OUT,
    SIGN_REPLACED,
    VOWELS,
    LetterTable,
    agreement,
    random_bits,
)
from matching.phonetics import coarse, spelling

NOTHING: Mapping[str, float] = {}

NEAR_ENOUGH = 1.1
"""Similarity by edits of two spellings, of the same levelled and of their coarse codes, added up, of near ones."""

NEVER_NEAR = 0.2
"""The similarity of two spellings by itself under which no likeness of codes makes them near."""

MOST_EDITS = 2
BETWEEN_EDITS = 2
"""Edits of two spellings that are measured along them, and letters from one to the next."""

Columns = list[tuple[str, str]]
"""The letters of two words that answer each other; one of a pair may be empty."""


def far_apart(one: str, other: str) -> bool:
    """Say whether two words are so unlike that no table would call them spellings of one name."""
    similarity: float = Levenshtein.normalized_similarity(one, other)
    if similarity < NEVER_NEAR:
        return True
    similarity += Levenshtein.normalized_similarity(spelling(one), spelling(other))
    if similarity >= NEAR_ENOUGH:
        return False
    return similarity + Levenshtein.normalized_similarity(coarse(one), coarse(other)) < NEAR_ENOUGH


def spelling_bits(one: str, other: str, table: LetterTable, at_least: float) -> float:
    """Give the bits by which ``one`` is likelier spelt ``other`` than by chance, or any number under ``at_least``."""
    columns = _columns(one, other)
    if columns is None:
        return agreement(one, other, table, at_least)
    return random_bits(other, table) + max([_best_cut(each, table) for each in (columns, *_turned(columns))])


def _columns(one: str, other: str) -> Columns | None:
    """Set letters beside each other by the fewest edits; None where these are not single letters far from another."""
    columns: Columns = []
    between = BETWEEN_EDITS
    if Levenshtein.distance(one, other, score_cutoff=MOST_EDITS) > MOST_EDITS:
        return None
    for edit in Levenshtein.opcodes(one, other):
        start, other_start = edit.src_start, edit.dest_start
        ours, theirs = one[start : edit.src_end], other[other_start : edit.dest_end]
        if edit.tag == "equal":
            columns += zip(ours, ours, strict=True)
            between = len(ours)
            continue
        if between < BETWEEN_EDITS or max(len(ours), len(theirs)) > 1:
            return None
        if edit.tag == "replace" and (_stands_beside(one, start) or _stands_beside(other, other_start)):
            return None
        columns.append((ours, theirs))
        between = 0
    return columns


def _stands_beside(word: str, place: int) -> bool:
    """Say whether a letter stands beside the same letter: then it is not said which of the two was replaced."""
    return word[place] in word[max(0, place - 1) : place] + word[place + 1 : place + 2]


def _turned(columns: Columns) -> Iterator[Columns]:
    """Where one of two equal letters is too many, give the columns with the other of them too many."""
    for place, (one, other) in enumerate(columns):
        if one and other:
            continue
        for here in (place - 1, place):
            pair = columns[max(0, here) : here + 2]
            if len(pair) == 2 and {*pair[0], *pair[1]} == {one or other, ""}:
                yield [*columns[:here], pair[1], pair[0], *columns[here + 2 :]]


def _best_cut(columns: Columns, table: LetterTable) -> float:
    """Give log2 of the likeliest way to cut the columns into pieces of the table, of three columns at most."""
    pieces, silent = table.pieces, table.silent
    best, before, earlier = 0.0, 0.0, IMPOSSIBLE
    last_sign, last_letter, former_sign, former_letter = BEGIN, "", "", ""
    for sign, letter in (*columns, (END, "")):
        if not sign:
            found = best + (LATIN_ADDED_VOWEL if letter in VOWELS else LATIN_ADDED)
        elif not letter:
            found = best + max(SIGN_LEFT_OUT, silent.get(sign, SIGN_LEFT_OUT))
        else:
            found = best + max(SIGN_REPLACED, pieces.get(sign, NOTHING).get(letter, SIGN_REPLACED))
        signs, letters = last_sign + sign, last_letter + letter
        share = pieces.get(signs, NOTHING).get(letters)
        if share is not None and before + share > found:
            found = before + share
        if not (sign and last_sign and former_sign):
            share = pieces.get(former_sign + signs, NOTHING).get(former_letter + letters)
            if share is not None and earlier + share > found:
                found = earlier + share
        best, before, earlier = found, best, before
        last_sign, last_letter, former_sign, former_letter = sign, letter, last_sign, last_letter
    return best
