"""Names as written become folded ASCII parts: one spelling for what differs only in script, accent, case or blanks.

`fold` is the one folding of text in this project. `name_parts` splits a folded name at its blanks and keeps all
of it, particles and titles too, in the order written. `telling_parts` is what the rule tokens are made of: particles,
titles and words of descent are gone, and what is one name however it is written stands as one (*Abd al-Rahman*,
*Abdurrahman*; *Salah al-Din*, *Salahuddin*). Nothing here weighs or compares.

Input is cut at `MOST_CHARACTERS`, so hostile text costs bounded time. What is cached, here and in the codes, are single
words, never a whole name: a query that is dropped leaves nothing behind that names its person.
"""

from __future__ import annotations

import re
import unicodedata

from matching.scripts import romanise

MOST_CHARACTERS = 400
"""Characters of a text that are folded; NFKC may lengthen some, so it is cut before and after."""

MOST_PARTS = 12
"""Parts of one name that are read."""

LONGEST_PART = 24

LONGEST_SYLLABLE = 4
"""Letters of two neighbouring parts up to which they may also be written as one."""

_APOSTROPHES = re.compile("['`´ʻʼʽʹʾʿ‘’‛′＇ʿʾ\"״׳]")
_BLANK = re.compile(r"[^0-9a-z]+")
_FORMAT_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")


def word_set(words: str) -> frozenset[str]:
    """Give the set of the words of a text, so that tables of words stay readable."""
    return frozenset(words.split())


PARTICLES = word_set(
    "al el ul ur as ad an at ash az ud the of da de do dos das del della di du la le las los van von der den ter "
    "y e i bar ou o"
)
DESCENT = word_set("bin ibn ben bn bint binti binte ibnu ould wald walad uld oglu ogly ogli kyzy gizi qizi")
TITLES = word_set(
    "mr mrs ms miss dr prof sir general gen colonel col captain capt major maj lt brig brigadier engineer eng ing "
    "ustad ustadh hon jr sr ii iii phd"
)
_ABD = re.compile(r"^abd[aeiou]{1,2}(?:l|(?=([a-z])\1))?([a-z]{3,})$")
_DIN_LONG = re.compile(r"^([a-z]{2,}?)[aeiou]{1,2}(?:dd|ld|d)(?:i|ee|ie|y)ne?$")
_STEMS = dict.fromkeys(("abd", "abdul", "abdel", "abdal", "abdol", "abdoul", "abdi"), "abdul")
_STEMS |= dict.fromkeys(("abu", "abou", "abo"), "abu") | dict.fromkeys(("umm", "oum"), "umm")
_FAITH = word_set("din deen dine uddin eddine aldin eldin addin udin")
_GOD = word_set("allah ullah llah lah ollah alah elah")
_GOD_AFTER_ABD = word_set("lah llah lla lha alah allah ullah")
_GOD_ENDING = re.compile(r"(?<=[a-z]{3})[aeiou]l{1,2}ah?$")


def fold(text: str) -> str:
    """Fold text to lower-case ASCII words between single blanks; total: every text has a fold, maybe empty."""
    unified = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])[:MOST_CHARACTERS]
    unified = _APOSTROPHES.sub("", _FORMAT_MARKS.sub("", unified))
    if not unified.isascii():
        unified = " ".join(romanise(word) for word in re.split(r"[\s\-‐-―·・,./()]+", unified) if word)
    return _BLANK.sub(" ", _APOSTROPHES.sub("", unified.lower())).strip()


def name_parts(full_name: str) -> tuple[str, ...]:
    """Split a name into its folded parts, all of them, in the order written; at most `MOST_PARTS`."""
    return tuple(part[:LONGEST_PART] for part in fold(full_name).split()[:MOST_PARTS])


def telling_parts(full_name: str) -> tuple[str, ...]:
    """Give the parts that tell people apart, one per name however written, in the order written, none twice."""
    joined = _join(_without(name_parts(full_name), TITLES))
    kept = _without(_without(joined, PARTICLES), DESCENT)
    return tuple(dict.fromkeys(_unify(part) for part in kept))


def readings(parts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Give a name's parts as written and, for each two short ones side by side, with these written as one.

    *Hak Chol*, *Hak-chol* and *Hakchol* are one given name; so are *Wali Jan* and *Walijan*.
    """
    joined = (
        (*parts[:place], parts[place] + parts[place + 1], *parts[place + 2 :])
        for place in range(len(parts) - 1)
        if max(len(parts[place]), len(parts[place + 1])) <= LONGEST_SYLLABLE
    )
    return (parts, *joined)


def _without(parts: tuple[str, ...], words: frozenset[str]) -> tuple[str, ...]:
    """Leave the words out, unless nothing else would be left."""
    return tuple(part for part in parts if part not in words) or parts


def _join(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Join what belongs together: Abd al-X, Abu X, X al-Din, X Allah."""
    joined: list[str] = []
    stem = ""
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        if stem and part in PARTICLES and not is_last:
            continue
        if part in _STEMS and not is_last:
            joined += [stem] if stem else []
            stem = _STEMS[part]
        elif stem and part not in DESCENT:
            joined.append(stem + part)
            stem = ""
        elif joined and not stem and (part in _GOD or part in _FAITH):
            joined = _attach(joined, "ullah" if part in _GOD else "uddin")
        else:
            joined += [stem, part] if stem else [part]
            stem = ""
    return tuple(joined)


def _attach(joined: list[str], ending: str) -> list[str]:
    """Join an ending to the last part that is no particle."""
    while len(joined) > 1 and joined[-1] in PARTICLES:
        joined = joined[:-1]
    return [*joined[:-1], joined[-1] + ending]


def _unify(part: str) -> str:
    """Give one spelling to the Abd-, -uddin and -ullah names."""
    matched = _DIN_LONG.match(part)
    if matched and len(matched[1]) >= 3:
        return matched[1] + "din"
    matched = _ABD.match(part)
    if matched:
        rest = matched[2]
        rest = "ullah" if rest in _GOD_AFTER_ABD else rest
        return "abd" + re.sub(r"(.)\1+", r"\1", rest)
    return _GOD_ENDING.sub("ulah", part)
