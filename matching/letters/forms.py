"""The dictionary of name forms: for a word in another script, the Latin spellings that a name written so is known by.

It answers two questions that letters cannot: whether a spelling is in use (*Hugh*, *Gheorghe*), and whether a word is
so well known that a spelling which nobody lists for it is doubtful. It holds words of names and never a person's whole
name; words it does not hold are left to the letter tables. ``benchmarks.learning.forms`` makes it, and
``docs/reference/letter-tables.md`` says from what and under which licence.

The file is lines in the order of their bytes: a word as `matching.letters.words.signs` gives it, a tab, its spellings.
It is unpacked when the first word is asked for, 6 MB, and searched as it is; nothing that was asked is remembered.

A second file is the first one turned round, for the question that Latin letters cannot answer either: whether two
spellings that look alike (*Hassan*, *Hussein*) are two names. They are where both are written in several scripts, and
in none of them alike. A line of it is a spelling, a tab, the letters of its scripts, a blank, and the numbers of its
words that another spelling shares; 1.5 MB.
"""

from __future__ import annotations

import lzma
from bisect import bisect
from functools import cache
from importlib.resources import files
from itertools import pairwise

FORMS_FILE = "name_forms.txt.xz"
"""The dictionary's file; without a name no word is known."""

LATIN_FILE = "latin_names.txt.xz"
"""The file of Latin spellings; without a name no two of them are known to be two names."""

FEWEST_SCRIPTS = 3
"""Scripts in which both of two spellings are written, and never alike, for them to be two names."""

BLOCK = 2048
"""Bytes of lines that are searched at once."""


def known_forms(word: str) -> tuple[str, ...]:
    """Give the folded Latin spellings of a word given by its signs; none where the dictionary does not have it."""
    return tuple(_line(FORMS_FILE, word))


def are_two_names(one: str, other: str) -> bool:
    """Say whether two folded Latin spellings are known as two names; False where either is hardly known."""
    ours, theirs = _line(LATIN_FILE, one), _line(LATIN_FILE, other)
    if not ours or not theirs or len(set(ours[0]) & set(theirs[0])) < FEWEST_SCRIPTS:
        return False
    return set(ours[1:]).isdisjoint(theirs[1:])


def _line(file: str, word: str) -> list[str]:
    """Give what a file says of a word."""
    blocks, sought = _blocks(file), b"\n" + word.encode() + b"\t"
    block = blocks[max(0, bisect(blocks, sought + b"\xff") - 1)]
    begin = block.find(sought)
    if begin < 0:
        return []
    end = block.find(b"\n", begin + 1)
    return block[begin + len(sought) : len(block) if end < 0 else end].decode().split(" ")


@cache
def _blocks(file: str) -> tuple[bytes, ...]:
    """Unpack a file: every line with a line break before it, in blocks of whole lines."""
    if not file:
        return (b"",)
    text = lzma.decompress(files("matching.letters").joinpath(file).read_bytes())
    begins = sorted({max(0, text.rfind(b"\n", 0, place + 1)) for place in range(0, len(text), BLOCK)})
    return tuple(text[begin:end] for begin, end in pairwise([*begins, len(text)]))
