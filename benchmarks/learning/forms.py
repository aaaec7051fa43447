"""Make the dictionary of name forms: ``python -m benchmarks.learning.forms PERSONS_FILE``.

``PERSONS_FILE`` is ``rigour/data/names/persons.txt`` of the package rigour 1.8.2, a wheel without compiled parts
(``pip download --no-deps rigour==1.8.2``; the licence of the package is MIT). A line of it holds the forms of one
given or family name in all languages and the item of Wikidata (CC0) that they were taken from.

Kept are words of the scripts that have a letter table, with the Latin spellings in one line with them. Left out are
forms of several words, and Latin forms that only inflect another one (Czech *-ová*, Latvian *-s*).

The file of Latin spellings is the dictionary turned round, of those written in `FEWEST_SCRIPTS` scripts at least.
"""

from __future__ import annotations

import lzma
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import ascii_lowercase

from matching.letters.forms import FEWEST_SCRIPTS, FORMS_FILE, LATIN_FILE
from matching.letters.tables import TABLES_OF_SCRIPT
from matching.letters.words import script_of, signs
from matching.normalise import fold

TARGET = Path(__file__).parents[2] / "matching" / "letters"

_INFLECTED = ("ova", "s")
_ARABIC_ARTICLE = "ال"
_LATIN_ARTICLES = ("al", "el", "ul")
_SHORTEST_WITHOUT_ARTICLE = 3


def dictionary(lines: Iterable[str]) -> dict[str, list[str]]:
    """Give, for each word by its signs, the Latin spellings that stand in one line with it."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        forms = [unicodedata.normalize("NFKC", form) for form in line.rpartition(" => ")[0].split(", ")]
        words = [form.lower() for form in forms if form and " " not in form]
        spellings = _without_inflected({_spelling(word) for word in words if script_of(word) == "latin"})
        for word, script in ((word, script_of(word)) for word in words):
            key = "".join(signs(word, script)) if script != "latin" and script in TABLES_OF_SCRIPT else ""
            if key and spellings:
                found[key] |= spellings | _without_article(key, spellings)
    return {word: sorted(spellings) for word, spellings in found.items()}


def turned_round(forms: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Give, for each Latin spelling of several scripts, their letters and the numbers of its words that others share.

    The letter of a script is its place among the scripts, the number of a word its place among the words.
    """
    scripts = {word: script_of(word) for word in forms}
    letters = dict(zip(sorted({*scripts.values()}), ascii_lowercase, strict=False))
    words: dict[str, list[str]] = defaultdict(list)
    for word in sorted(forms):
        for spelling in forms[word]:
            words[spelling].append(word)
    written_in = {spelling: "".join(sorted({letters[scripts[word]] for word in words[spelling]})) for spelling in words}
    kept = [spelling for spelling in sorted(words) if len(written_in[spelling]) >= FEWEST_SCRIPTS]
    shared = Counter(word for spelling in kept for word in words[spelling])
    numbers = {word: number for number, word in enumerate(word for word in sorted(shared) if shared[word] > 1)}
    return {
        spelling: [written_in[spelling], *(str(numbers[word]) for word in words[spelling] if word in numbers)]
        for spelling in kept
    }


def write(lines: Mapping[str, Iterable[str]], target: Path) -> int:
    """Write a file of words and what is said of each, and give its bytes."""
    packed = lzma.compress(
        b"".join(sorted(f"\n{word}\t{' '.join(said)}".encode() for word, said in lines.items())),
        preset=9 | lzma.PRESET_EXTREME,
    )
    target.write_bytes(packed)
    return len(packed)


def _spelling(word: str) -> str:
    return fold(word).replace(" ", "")


def _without_inflected(spellings: set[str]) -> set[str]:
    return {
        one for one in spellings if one and not any(one.removesuffix(end) in spellings - {one} for end in _INFLECTED)
    }


def _without_article(key: str, spellings: set[str]) -> set[str]:
    if not key.startswith(_ARABIC_ARTICLE):
        return set()
    bare = (one[2:] for one in spellings if one.startswith(_LATIN_ARTICLES))
    return {one for one in bare if len(one) >= _SHORTEST_WITHOUT_ARTICLE}


def main(arguments: list[str]) -> None:
    """Write the dictionary from the file named."""
    (file,) = arguments
    with Path(file).open(encoding="utf-8") as lines:
        forms = dictionary(lines)
    size = write(forms, TARGET / FORMS_FILE) + write(turned_round(forms), TARGET / LATIN_FILE)
    print(f"{len(forms)} words, {sum(map(len, forms.values()))} spellings, {size / 1024:.0f} KiB", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
