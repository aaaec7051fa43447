"""The dictionary of name forms: for a word in another script, the Latin spellings that a name written so is known by.

It answers two questions that letters cannot: whether a spelling is in use (*Hugh*, *Gheorghe*), and whether a word is
so well known that a spelling which nobody lists for it is doubtful. It holds words of names and never a person's whole
name; words it does not hold are left to the letter tables. ``benchmarks.learning.forms`` makes it, and
``docs/reference/letter-tables.md`` says from what and under which licence.

The file is lines in the order of their bytes: a word as `matching.letters.words.signs` gives it, a tab, its spellings.
It is unpacked when the first word is asked for, 6 MB, and searched as it is; nothing that was asked is remembered.
"""

from __future__ import annotations

import lzma
from bisect import bisect
from functools import cache
from importlib.resources import files
from itertools import pairwise

FORMS_FILE = "name_forms.txt.xz"
"""The dictionary's file; without a name no word is known."""


BLOCK = 2048
"""Bytes of lines that are searched at once."""


def known_forms(word: str) -> tuple[str, ...]:
    """Give the folded Latin spellings of a word given by its signs; none where the dictionary does not have it."""
    blocks, sought = _blocks(), b"\n" + word.encode() + b"\t"
    block = blocks[max(0, bisect(blocks, sought + b"\xff") - 1)]
    begin = block.find(sought)
    if begin < 0:
        return ()
    end = block.find(b"\n", begin + 1)
    return tuple(block[begin + len(sought) : len(block) if end < 0 else end].decode().split(" "))


@cache
def _blocks() -> tuple[bytes, ...]:
    """Unpack the dictionary: every line with a line break before it, in blocks of whole lines."""
    if not FORMS_FILE:
        return (b"",)
    text = lzma.decompress(files("matching.letters").joinpath(FORMS_FILE).read_bytes())
    begins = sorted({max(0, text.rfind(b"\n", 0, place + 1)) for place in range(0, len(text), BLOCK)})
    return tuple(text[begin:end] for begin, end in pairwise([*begins, len(text)]))
