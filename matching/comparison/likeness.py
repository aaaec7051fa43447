"""How alike two parts of names are: the same, a spelling of the same, written so in another script, shortened, or not.

Two spellings, and two scripts, are set against each other by the letter tables (`matching.letters`): the measure is a
log-likelihood ratio for each letter, and `graded` turns it into the share of a part's bits that the agreement is worth.
Its corners were read off the spellings of one person's names and of strangers' names on the development lists:
under the first, strangers are the likelier; from 2 bits a letter on, the same person is thirty times likelier.

What letters cannot tell is listed: initials, shortened names, customary short forms (`matching.comparison.nicknames`).
Symmetric, and bounded by the length of parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

from rapidfuzz.distance import OSA, JaroWinkler, Postfix, Prefix

from matching.comparison.nicknames import are_forms_of_one
from matching.comparison.pinyin import are_other_syllables, levelled
from matching.letters.agreement import agreement, bits_for, per_letter
from matching.letters.forms import are_two_names
from matching.letters.han import in_one_form
from matching.letters.spellings import far_apart, spelling_bits
from matching.letters.tables import read_table
from matching.phonetics import coarse

Grades = tuple[tuple[float, float], ...]

BEST_SPELLING = 0.98
"""The share of a part's bits that a spelling other than the same is worth at most."""

SPELLING_GRADES = ((0.3, 0.0), (1.2, 0.5), (2.0, 0.85), (3.4, BEST_SPELLING))
WHOLE_GRADES = ((0.3, 0.0), (3.6, BEST_SPELLING))
WRITING_GRADES = ((0.3, 0.0), (1.5, 0.6), (2.2, 0.85), (3.8, BEST_SPELLING))
"""Bits a letter and the share they are worth, for two Latin spellings and for two scripts.

Between two the share grows evenly; under the first there is none.
"""

ONE_SLIP = 0.6
"""The share that one keystroke is worth (a letter too many, too few, another, two exchanged) in a part long enough."""

SHORTEST_WITH_SLIP = 5
WORTH_A_LOOK = 0.6
"""Jaro-Winkler similarity under which two Latin spellings are not measured by letters."""

_WORTH_A_LOOK = {"arabic": 0.5} | dict.fromkeys(("armenian", "bengali", "cyrillic", "devanagari", "georgian"), 0.6)
"""The same for the coarse codes of a romanised part and a Latin one, where a script's romanisation is near enough."""

SHORT_PART = 2
"""Parts up to this long must sound alike in their vowels too: Li is not Lu."""

SHORTEST_SHORTENED = 4
SHORTEST_STEM = 3

UNLISTED_FORM = -2.0
"""Bits against a spelling that the dictionary does not list for a word it has."""

HARDLY_ALIKE = 0.6
"""Share of a likeness under which two spellings that are known as two names are two names."""

_WITHOUT_VOWELS = frozenset({"arabic"})
"""Tables of scripts whose commonest names are romanised by a dictionary with the vowels that are not written."""

_SHCH = re.compile("schtsch|chtch|stsch|szcz")
"""The Cyrillic щ as German, French and Polish write it: more letters than a piece of a table has."""

_VOWEL_CLASSES = str.maketrans("eiyouwa", "iiiuuua", "bcdfghjklmnpqrstvxz0123456789")
_CACHE = 1 << 16

_SYLLABIC = frozenset({"mandarin", "hangul"})
"""Tables of scripts whose names have so few signs that another sign is another name, unless it sounds the same."""

_ALPHABETS = frozenset({"armenian", "cyrillic", "georgian", "greek"})
"""Tables of scripts of which one letter is an initial, although it may be spelt in several Latin letters."""

SHORTEST_OF_SEX, LONG_STEM = 3, 6
_OTHER_SEX = frozenset(
    {
        ("", "a"),
        ("o", "a"),
        ("", "eh"),
        ("", "ah"),
        ("", "ine"),
        ("", "ina"),
        ("an", "na"),
        ("an", "ne"),
    }
    | {("", "ia"), ("y", "ia"), ("i", "ia"), ("y", "iya"), ("", "ya"), ("os", "a"), ("us", "a"), ("os", "ia")}
)
"""What stands at the end of a man's name and of the woman's name that is made of it, after what both share.

A long stem has *-ie*, too (*Frankie* is a Frank), and in *-ko* and *-ka* it is a family name of Belarus, of either sex.
"""

COMMON_WAY = -4.0
"""Bits (log2 of the share) from which on letters stand for an initial: *Kh*, *H* and *Ch* for the same."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a name, read once.

    ``text`` is the folded part, ``spelt`` its Latin letters with any article joined to it; ``writings`` the signs it
    was read from in another script, by letter table, empty for Latin; ``bits`` those of its spelling and
    ``sound_bits`` of its sound; ``descent`` is 0 for the person where a *bin* follows, 1 for the father, 2 for the
    grandfather, None where the name does not say; ``written`` the word in the other script, for the reader; ``forms``
    the Latin spellings that the dictionary has for it; ``is_pinyin`` says that the whole name is Chinese in pinyin.
    """

    text: str
    spelt: str
    sounds: frozenset[str]
    bits: float
    sound_bits: float
    writings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    role: str = ""
    descent: int | None = None
    written: str = ""
    forms: frozenset[str] = frozenset()
    is_pinyin: bool = False


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two parts agree: the share of the bits that the agreement is worth, the doubt it leaves, the words for it.

    Both are from 0 to 1, but what is known as another name is doubted beyond. What spelling leaves open is in doubt; an
    initial or a short form says less, but is none.
    """

    share: float
    words: str
    doubt: float = 0.0


SAME = Likeness(1.0, "is the same as")
WRITTEN = Likeness(BEST_SPELLING, "is read as", 1.0 - BEST_SPELLING)
OTHER_SPELLING = Likeness(BEST_SPELLING, "is a spelling of", 1.0 - BEST_SPELLING)
KNOWN_FORM = Likeness(BEST_SPELLING, "is known as", 1.0 - BEST_SPELLING)
JOINED = Likeness(0.9, "is written as one with", 0.1)
SHORT_FORM = Likeness(0.7, "is a customary form of", 0.2)
OTHER_FORM = Likeness(BEST_SPELLING, "is the same in older or newer signs as", 1.0 - BEST_SPELLING)
HOMOPHONE = Likeness(0.3, "sounds the same as", 1.1)
OTHER_SEX = Likeness(0.35, "is the form for the other sex of", 0.65)
SHORTENED = Likeness(0.4, "may be short for", 0.3)
INITIAL = Likeness(0.2, "has the initial of")
OTHER_SYLLABLE = Likeness(0.2, "is not the same in pinyin as", 1.4)
OTHER_NAME = Likeness(0.2, "is listed as another name than", 1.4)
SLIPPED = Likeness(ONE_SLIP, "is one slip from", 1.0 - ONE_SLIP)


def liken(one: Part, other: Part) -> Likeness | None:
    """Say how alike two parts are, or None where they are not."""
    if one.writings and other.writings:
        return _liken_native(one, other)
    if one.writings or other.writings:
        return _liken_scripts(one, other)
    if one.text == other.text:
        return SAME
    if one.is_pinyin and other.is_pinyin:
        if levelled(one.text) == levelled(other.text):
            return OTHER_SPELLING
        if are_other_syllables(one.text, other.text) and not are_forms_of_one(one.text, other.text):
            return OTHER_SYLLABLE
    found = _liken_latin(one, other)
    return OTHER_NAME if found is not None and _is_another_name(found, one, other) else found


def _is_another_name(found: Likeness, one: Part, other: Part) -> bool:
    """Say whether two Latin parts, alike by their letters but hardly, are known as two names."""
    if found.share >= HARDLY_ALIKE or found is INITIAL or one.written or other.written:
        return False
    return are_two_names(one.spelt, other.spelt)


def _liken_native(one: Part, other: Part) -> Likeness | None:
    """Liken two parts neither of which is Latin: sign by sign where a sign is a syllable, else as romanised."""
    if one.writings == other.writings:
        return SAME
    table = one.writings[0][0]
    if table == other.writings[0][0] and table in _SYLLABIC:
        return _liken_syllables(one, other)
    if one.text == other.text:
        return SAME
    if _is_letter(one) or _is_letter(other):
        return INITIAL if one.text.startswith(other.text) or other.text.startswith(one.text) else None
    if table != other.writings[0][0] and not one.forms.isdisjoint(other.forms):
        return KNOWN_FORM
    return _liken_latin(one, other)


def _liken_syllables(one: Part, other: Part) -> Likeness | None:
    """Liken two parts of one script in which a sign is a syllable."""
    if in_one_form(one.written) == in_one_form(other.written):
        return OTHER_FORM
    return HOMOPHONE if one.text == other.text and len(one.writings[0][1]) == len(other.writings[0][1]) else None


def _liken_scripts(one: Part, other: Part) -> Likeness | None:
    native, latin = (one, other) if one.writings else (other, one)
    if native.text == latin.text:
        return WRITTEN
    if has_form(native, latin):
        return KNOWN_FORM
    if len(latin.spelt) == 1 or _is_letter(native):
        return INITIAL if _begin_alike(native, latin.spelt) else None
    table = native.writings[0][0]
    if _look(native.text, latin.text) < _WORTH_A_LOOK.get(table, 0.0):
        return None
    letters = _SHCH.sub("shch", latin.spelt) if table == "cyrillic" else latin.spelt
    written = graded(letters_in_common(native, letters), WRITING_GRADES, "can be written")
    # Common names are romanised with their vowels, which the word itself leaves out.
    romanised = _liken_latin(native, latin) if table in _WITHOUT_VOWELS else None
    return max(filter(None, (written, romanised)), key=lambda found: found.share, default=None)


def _is_letter(part: Part) -> bool:
    """Say whether a part is one letter of an alphabet, however many Latin letters spell it (*Yu*, *Shch*)."""
    table, signs = part.writings[0]
    return len(signs) == 1 and table in _ALPHABETS


def _begin_alike(native: Part, latin: str) -> bool:
    """Say whether a part in another script and a Latin one, either of them an initial, begin with one letter."""
    if native.text.startswith(latin) or latin.startswith(native.text):
        return True
    table, signs = native.writings[0]
    ways = read_table(table).pieces.get(signs[0], {}) if table in _ALPHABETS else {}
    return any(
        letters and share >= COMMON_WAY and (letters.startswith(latin) or latin.startswith(letters))
        for letters, share in ways.items()
    )


def has_form(native: Part, latin: Part) -> bool:
    """Say whether the dictionary has the Latin part among the spellings of the part in another script."""
    return not native.forms.isdisjoint((latin.spelt, latin.text))


def _look(romanised: str, latin: str) -> float:
    """Give the better of two quick similarities, of the texts and of their coarse codes."""
    similarity: float = JaroWinkler.similarity(romanised, latin)
    return max(similarity, JaroWinkler.similarity(coarse(romanised), coarse(latin)))


def letters_in_common(native: Part, latin: str) -> float:
    """Give the bits a letter by which the best reading of a part in another script is written so."""
    best = max([_bits_a_letter(table, signs, latin) for table, signs in native.writings])
    return best + UNLISTED_FORM / (len(latin) + 2) if native.forms else best


@lru_cache(maxsize=_CACHE)
def _bits_a_letter(table: str, signs: tuple[str, ...], latin: str) -> float:
    """Measure one word against one other; common words meet each other again and again."""
    at_least = bits_for(WRITING_GRADES[0][0], latin)
    return per_letter(agreement(signs, latin, read_table(table), at_least), latin)


def _liken_latin(one: Part, other: Part) -> Likeness | None:
    short, long = one.text, other.text
    if len(long) < len(short) or (len(long) == len(short) and long < short):
        short, long = long, short
    return _liken_words(short, long, not one.sounds.isdisjoint(other.sounds))


@lru_cache(maxsize=_CACHE)
def _liken_words(short: str, long: str, sounds_alike: bool) -> Likeness | None:
    """Liken two Latin words; the names of one person, and of one list, share many."""
    if short.isdecimal() or long.isdecimal():
        return None
    if len(short) == 1:
        return INITIAL if long.startswith(short) else None
    customary = SHORT_FORM if are_forms_of_one(short, long) else None
    if not sounds_alike and not JaroWinkler.similarity(short, long, score_cutoff=WORTH_A_LOOK):
        return customary
    if len(short) <= SHORT_PART and not (sounds_alike and vowels(short) == vowels(long)):
        return customary
    best = customary
    for found in (_liken_spellings(short, long), _shortening(short, long)):
        if found is not None and (best is None or found.share > best.share):
            best = found
    if best is not None and best.share > OTHER_SEX.share and are_of_two_sexes(short, long):
        return OTHER_SEX
    return best


def _liken_spellings(short: str, long: str) -> Likeness | None:
    likeness = liken_letters(short, long)
    return None if likeness is not None and have_other_stems(short, long) else likeness


def are_of_two_sexes(short: str, long: str) -> bool:
    """Say whether two parts are a name and its form for the other sex: *Mario* and *Maria*, *Farid* and *Farideh*."""
    stem = Prefix.similarity(short, long)
    ends = short[stem:], long[stem:]
    if stem >= LONG_STEM and set(ends) == {"", "ie"}:
        return True
    if stem < SHORTEST_OF_SEX or _OTHER_SEX.isdisjoint((ends, ends[::-1])):
        return False
    return stem < LONG_STEM or set(ends) != {"a", "o"} or short[stem - 1] != "k"


def have_other_stems(one: str, other: str) -> bool:
    """Say whether what is left of two parts without a common beginning and end is long and shares no consonant.

    *Testmann* and *Testberg* are two names however long the beginning they share; spellings keep some consonant.
    """
    begun = Prefix.similarity(one, other)
    one, other = one[begun:], other[begun:]
    ended = Postfix.similarity(one, other)
    one, other = one[: len(one) - ended], other[: len(other) - ended]
    if min(len(one), len(other)) < SHORTEST_STEM:
        return False
    ours, theirs = (set(coarse("a" + rest)[1:]) for rest in (one, other))
    return bool(ours) and bool(theirs) and ours.isdisjoint(theirs)


def liken_letters(one: str, other: str) -> Likeness | None:
    """Say how alike two Latin spellings are by their letters alone."""
    if far_apart(one, other):
        return None
    bits_a_letter = _spelling_bits_a_letter(one, other) if one < other else _spelling_bits_a_letter(other, one)
    return graded(bits_a_letter, SPELLING_GRADES, "is a spelling of")


@lru_cache(maxsize=_CACHE)
def _spelling_bits_a_letter(first: str, second: str) -> float:
    """Measure one spelling against one other."""
    at_least = bits_for(SPELLING_GRADES[0][0], second)
    return per_letter(spelling_bits(first, second, read_table("latin"), at_least), second)


def vowels(text: str) -> str:
    """Give the vowels of a folded text in two classes, front and back, each run of one class once."""
    return "".join(sound for sound, _ in groupby(text.translate(_VOWEL_CLASSES)))


def _shortening(short: str, long: str) -> Likeness | None:
    """Say whether one slip parts them, or one is the beginning of the other."""
    if len(short) >= SHORTEST_WITH_SLIP and OSA.distance(short, long, score_cutoff=1) <= 1:
        return SLIPPED
    if len(short) >= SHORTEST_SHORTENED and long.startswith(short):
        return SHORTENED
    return None


def graded(bits_a_letter: float, grades: Grades, words: str) -> Likeness | None:
    """Grade a measure of letters: None where they speak against likeness, at most `BEST_SPELLING`."""
    if bits_a_letter <= grades[0][0]:
        return None
    for (low, share_low), (high, share_high) in pairwise(grades):
        if bits_a_letter < high:
            share = share_low + (share_high - share_low) * (bits_a_letter - low) / (high - low)
            return Likeness(share, words, 1.0 - share)
    return Likeness(BEST_SPELLING, words, 1.0 - BEST_SPELLING)
