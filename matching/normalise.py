"""Names as written become folded ASCII parts: one spelling for what differs only in script, accent, case or blanks.

`fold` is the one folding of text in this project. `name_parts` splits a folded name at its blanks and keeps all
of it, particles and titles too, in the order written. `telling_parts` is what the rule tokens are made of: particles,
titles and words of descent are gone, and what is one name however it is written stands as one (*Abd al-Rahman*,
*Abdurrahman*; *Salah al-Din*, *Salahuddin*). Nothing here weighs or compares.

Input is cut at `MOST_CHARACTERS`, so hostile text costs bounded time. What is cached, here and in the codes, are single
words, which in Han and Hangul may be a whole name; `matching.forgetting` empties every cache once a query is over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase, digits
from typing import NamedTuple

from matching.scripts import romanise

MOST_CHARACTERS = 400
"""Characters of a text that are folded; NFKC may lengthen some, so it is cut before and after."""

MOST_PARTS = 12
"""Parts of one name that are read."""

LONGEST_PART = 24

WITHOUT_DESCENT = 2
"""Parts of a name too short to say whose child somebody is: in *Wang Bin* and *Li Di* nothing is a particle."""

LONGEST_SYLLABLE = 4
"""Letters of two neighbouring parts up to which they may also be written as one."""

_APOSTROPHES = re.compile("['`´ʻʼʽʹʾʿ‘’‛′＇ʿʾ\"״׳]")
_ASCII_FOLDED = dict.fromkeys(range(128), " ") | {ord(sign): sign for sign in ascii_lowercase + digits}
_ASCII_FOLDED |= {ord(sign): sign.lower() for sign in ascii_uppercase} | dict.fromkeys(map(ord, "'`\""), "")
_BLANK = re.compile(r"[^0-9a-z]+")
_WORD_ENDS = re.compile(r"[\s\-‐-―·・,./()]+")
_BETWEEN_FOREIGN_WORDS = re.compile("[·・‧•]")
"""Han and kana put dots between the words of a foreign name; each word then is one part."""

_IN_LATIN = re.compile("[a-z\u00c0-\u024f\u1e00-\u1eff]", re.IGNORECASE)
_FORMAT_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")


def word_set(words: str) -> frozenset[str]:
    """Give the set of the words of a text, so that tables of words stay readable."""
    return frozenset(words.split())


PARTICLES = word_set(
    "al el ul ur as ad an at ash az ud the of da de do dos das del della di du la le las los van von der den ter "
    "y e i bar ou o"
)
ARTICLES = word_set("al el ul ur as ad at ash az ud the of")
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
_GOD_ENDING = re.compile(r"(?<=[a-z]{3})(?:[aeou]ll?ah|illah|ull?a|[ao]lla)$")

_SOMALI_NAMES = re.compile(
    "cabd[a-z]*|maxame?d|maxamuud|maxmuud|axmed|xasan|xusee?n|xuseyn|c[iu]smaan|ismaa?ciil|raxmo|faarax|farax|jaamac"
    "|jamac|ciise|cumar|caasha|xirsi|xersi|xaaji|saciid|siciid|cawaale|cigaal|nuux|xaliimo|xaawo"
)
_SOMALI_LETTERS = (
    (re.compile("^c[iu]s(?=m)"), "os"),
    (re.compile("c(?!h)"), ""),
    (re.compile("x"), "h"),
    (re.compile(r"([aeiou])\1"), r"\1"),
)
_NOT_SOMALI = frozenset("pvz")
"""Names by which Somali spelling shows; its letters of the throat (*c*, *x*) and long vowels as others spell them.

A part with a letter that Somali lacks is left as it is.
"""

_OF_NO_NAME = PARTICLES | ARTICLES | DESCENT | TITLES | _STEMS.keys() | _FAITH | _GOD
"""Words for which a name is more than the row of its parts."""


class Token(NamedTuple):
    """A part of a name: its folded text, its letters as spelt in Latin, and the words in another script it comes from.

    ``spelt`` and ``native`` keep what joining takes out of ``text``: the article in *Abd al-Rahman*. One of the two is
    empty; where a word of another script is read as several parts, the last of them holds it.
    """

    text: str
    spelt: str = ""
    native: str = ""


def fold(text: str) -> str:
    """Fold text to lower-case ASCII words between single blanks; total: every text has a fold, maybe empty."""
    if text.isascii():
        return " ".join(_ascii_words(text))
    unified = _unified(text)
    if not unified.isascii():
        unified = " ".join(romanise(word) for word in _WORD_ENDS.split(unified) if word)
    return _folded(unified)


def tokens_of(full_name: str) -> tuple[Token, ...]:
    """Split a name into its parts, all of them, in the order written; at most `MOST_PARTS`."""
    unified = full_name if full_name.isascii() else _unified(full_name)
    if unified.isascii():
        parts = [part[:LONGEST_PART] for part in _ascii_words(unified)[:MOST_PARTS]]
        return _spelt_abroad(list(map(Token, parts, parts)))
    tokens: list[Token] = []
    foreign = _BETWEEN_FOREIGN_WORDS.search(unified)
    for word in _WORD_ENDS.split(unified):
        parts = [part[:LONGEST_PART] for part in _folded(romanise(word)).split()] if word else []
        if _IN_LATIN.search(word):
            tokens += [Token(part, part) for part in parts]
        elif foreign and parts:
            tokens.append(Token("".join(parts)[:LONGEST_PART], "", word))
        elif parts:
            tokens += [*(Token(part) for part in parts[:-1]), Token(parts[-1], "", word)]
    return _spelt_abroad(tokens[:MOST_PARTS])


def name_parts(full_name: str) -> tuple[str, ...]:
    """Give the folded texts of a name's parts, all of them, in the order written; at most `MOST_PARTS`."""
    return tuple(token.text for token in tokens_of(full_name))


def telling_tokens(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Give the parts that tell people apart, one per name however written, in the order written."""
    if _OF_NO_NAME.isdisjoint([token.text for token in tokens]):
        return tuple([_unified_token(token) for token in tokens])
    joined = _join(_without(tokens, TITLES))
    if len(joined) == WITHOUT_DESCENT:
        kept = _without(joined, ARTICLES)
    else:
        # A particle that nothing follows is a name (Nguyen Van An), but for an article (Assad, Bashar al).
        last = joined[-1:] if joined and joined[-1].text in PARTICLES - ARTICLES else []
        kept = _without(_without(joined[: len(joined) - len(last)], PARTICLES), DESCENT)
        kept = [*kept, *last]
    return tuple([_unified_token(token) for token in kept])


def _spelt_abroad(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Give the parts of a Somali name as they are spelt outside Somalia: *Maxamed Cali* is *Mahamed Ali*."""
    if not any(_SOMALI_NAMES.fullmatch(token.text) for token in tokens):
        return tuple(tokens)
    return tuple([token._replace(text=_without_throat(token.text)) for token in tokens])


def _without_throat(text: str) -> str:
    if not _NOT_SOMALI.isdisjoint(text):
        return text
    spelt = text
    for letters, usual in _SOMALI_LETTERS:
        spelt = letters.sub(usual, spelt)
    return spelt or text  # an initial


def _unified_token(token: Token) -> Token:
    text = _unify(token.text)
    return token if text == token.text else Token(text, token.spelt, token.native)


def telling_parts(full_name: str) -> tuple[str, ...]:
    """Give the texts of the parts that tell people apart, none twice."""
    return tuple(dict.fromkeys(token.text for token in telling_tokens(tokens_of(full_name))))


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


def _unified(text: str) -> str:
    """Give the text in NFKC, without marks of direction and apostrophes, cut."""
    unified = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])[:MOST_CHARACTERS]
    return _APOSTROPHES.sub("", _FORMAT_MARKS.sub("", unified))


def _ascii_words(text: str) -> list[str]:
    return text[:MOST_CHARACTERS].translate(_ASCII_FOLDED).split()


def _folded(text: str) -> str:
    return _BLANK.sub(" ", _APOSTROPHES.sub("", text.lower())).strip()


def _without(tokens: Sequence[Token], words: frozenset[str]) -> Sequence[Token]:
    """Leave the words out, unless nothing else would be left."""
    return [token for token in tokens if token.text not in words] or tokens


def _join(tokens: Sequence[Token]) -> list[Token]:
    """Join what belongs together: Abd al-X, Abu X, X al-Din, X Allah."""
    joined: list[Token] = []
    stem: Token | None = None
    for place, token in enumerate(tokens):
        is_last = place == len(tokens) - 1
        if stem and token.text in PARTICLES and not is_last:
            stem = _glued(stem, token, stem.text)
        elif token.text in _STEMS and not is_last:
            joined += [stem] if stem else []
            stem = token._replace(text=_STEMS[token.text])
        elif stem and token.text not in DESCENT:
            joined.append(_glued(stem, token, stem.text + token.text))
            stem = None
        elif joined and not stem and (token.text in _GOD or token.text in _FAITH):
            joined = _attach(joined, token, "ullah" if token.text in _GOD else "uddin")
        else:
            joined += [stem, token] if stem else [token]
            stem = None
    return joined


def _attach(joined: list[Token], token: Token, ending: str) -> list[Token]:
    """Join an ending to the last part that is no particle."""
    article = Token("")
    while len(joined) > 1 and joined[-1].text in PARTICLES:
        article = _glued(joined[-1], article, "")
        joined = joined[:-1]
    whole = _glued(_glued(joined[-1], article, ""), token, joined[-1].text + ending)
    return [*joined[:-1], whole]


def _glued(one: Token, other: Token, text: str) -> Token:
    return Token(text, one.spelt + other.spelt, one.native + other.native)


@lru_cache(maxsize=1 << 15)
def _unify(part: str) -> str:
    """Give one spelling to the Abd-, -uddin and -ullah names."""
    if part.endswith(("n", "ne")) and (matched := _DIN_LONG.match(part)) and len(matched[1]) >= 3:
        return matched[1] + "din"
    if part.startswith("abd") and (matched := _ABD.match(part)):
        rest = matched[2]
        rest = "ullah" if rest in _GOD_AFTER_ABD else rest
        return "abd" + re.sub(r"(.)\1+", r"\1", rest)
    return _GOD_ENDING.sub("ulah", part) if part.endswith(("la", "lah")) else part
