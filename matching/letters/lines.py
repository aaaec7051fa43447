"""Packed files of words: lines in the order of their bytes, a word, a tab, and what is said of it, between blanks.

A file is unpacked when the first word is asked for, and searched as it is; nothing that was asked is remembered.
"""

from __future__ import annotations

import lzma
from bisect import bisect
from functools import cache
from importlib.resources import files
from itertools import pairwise

BLOCK = 2048
"""Bytes of lines that are searched at once."""


def said_of(word: str, file: str) -> list[str]:
    """Give what a file of this package says of a word; nothing where it does not have it, or has no name."""
    blocks, sought = _blocks(file), b"\n" + word.encode(errors="surrogatepass") + b"\t"
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
