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
from functools import cache
from importlib.resources import files

FORMS_FILE = "name_forms.txt.xz"
"""The dictionary's file; without a name no word is known."""


def known_forms(word: str) -> tuple[str, ...]:
    """Give the folded Latin spellings of a word given by its signs; none where the dictionary does not have it."""
    text, sought = _lines(), b"\n" + word.encode() + b"\t"
    low, high = 0, len(text)
    while low < high:
        # The line that begins at or before the middle is compared; both bounds stay at beginnings of lines.
        begin = text.rfind(b"\n", low, (low + high) // 2 + 1)
        begin = low if begin < 0 else begin
        end = text.find(b"\n", begin + 1)
        line = text[begin : len(text) if end < 0 else end]
        if line.startswith(sought):
            return tuple(line[len(sought) :].decode().split(" "))
        if line < sought:
            low = begin + len(line)
        else:
            high = begin
    return ()


@cache
def _lines() -> bytes:
    """Unpack the dictionary: every line with a line break before it."""
    if not FORMS_FILE:
        return b""
    return lzma.decompress(files("matching.letters").joinpath(FORMS_FILE).read_bytes())
