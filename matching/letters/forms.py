"""The dictionary of name forms: for a word in another script, the Latin spellings that a name written so is known by.

It answers two questions that letters cannot: whether a spelling is in use (*Hugh*, *Gheorghe*), and whether a word is
so well known that a spelling which nobody lists for it is doubtful. It holds words of names and never a person's whole
name; words it does not hold are left to the letter tables. ``benchmarks.learning.forms`` makes it, and
``docs/reference/letter-tables.md`` says from what and under which licence.

A line of the file is a word as `matching.letters.words.signs` gives it, a tab, its spellings; unpacked it has 6 MB.

A second file is the first one turned round, for the question that Latin letters cannot answer either: whether two
spellings that look alike (*Hassan*, *Hussein*) are two names. They are where both are written in several scripts, and
in none of them alike. A line of it is a spelling, a tab, the letters of its scripts, a blank, and the numbers of its
words that another spelling shares; 1.5 MB.
"""

from __future__ import annotations

from matching.letters.lines import said_of

FORMS_FILE = "name_forms.txt.xz"
"""The dictionary's file; without a name no word is known."""

LATIN_FILE = "latin_names.txt.xz"
"""The file of Latin spellings; without a name no two of them are known to be two names."""

FEWEST_SCRIPTS = 3
"""Scripts in which both of two spellings are written, and never alike, for them to be two names."""


def known_forms(word: str) -> tuple[str, ...]:
    """Give the folded Latin spellings of a word given by its signs; none where the dictionary does not have it."""
    return tuple(said_of(word, FORMS_FILE))


def scripts_written_in(spelling: str) -> int:
    """Give the number of scripts in which the dictionary has a folded Latin spelling; 0 where they are few."""
    said = said_of(spelling, LATIN_FILE)
    return len(said[0]) if said else 0


def are_two_names(one: str, other: str) -> bool:
    """Say whether two folded Latin spellings are known as two names; False where either is hardly known."""
    ours, theirs = said_of(one, LATIN_FILE), said_of(other, LATIN_FILE)
    if not ours or not theirs or len(set(ours[0]) & set(theirs[0])) < FEWEST_SCRIPTS:
        return False
    return set(ours[1:]).isdisjoint(theirs[1:])
