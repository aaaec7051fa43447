"""Chinese names in pinyin, where a letter is another syllable and another syllable another name.

*Fang* and *Fan*, *Xiaoming* and *Xiaoling* are a letter or two apart, as two spellings of one name are in other
languages; but pinyin spells a syllable in one way. A name is taken for pinyin where it has a common Chinese family name
at either end and everything else is one or two syllables of it: *Lin Dan*, not *Ali Hasan* or *Chan Kwok Hung*.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from matching.letters.forms import scripts_written_in
from matching.normalise import word_set

MOST_PARTS = 3
KNOWN_ABROAD = 5
"""Scripts in which the dictionary has a part of two syllables, from which on it is not taken for Chinese."""

_FINALS_BY_INITIALS = {
    "b": "a ai an ang ao ei en eng i ian iao ie in ing o u", "c": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "ch": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
    "d": "a ai an ang ao e ei en eng i ia ian iao ie ing iu ong ou u uan ui un uo", "f": "a an ang ei en eng o ou u",
    "g k h": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "j q x": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "l n": "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan ue un uo v ve yu yue", "l": "ia",
    "m": "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    "p": "a ai an ang ao ei en eng i ian iao ie in ing o ou u", "r": "an ang ao e en eng i ong ou u ua uan ui un uo",
    "s": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "sh": "a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo",
    "t": "a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo", "w": "a ai an ang ei en eng o u",
    "y": "a an ang ao e i in ing o ong ou u uan ue un", "z": "a ai an ang ao e ei en eng i ong ou u uan ui un uo",
    "zh": "a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo", "": "a ai an ang ao e ei en eng er o ou",
}  # fmt: skip
SYLLABLES = frozenset(
    initial + final
    for initials, finals in _FINALS_BY_INITIALS.items()
    for initial, final in product(initials.split() or [""], finals.split())
)
"""Syllables of pinyin without tones; *ü* as *u*, *v* and *yu*."""

FAMILY_NAMES = word_set(
    "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang "
    "han feng deng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu lyu lv ding ren shen "
    "yao fu zhong cui tan liao fan wan jin shi jia xia bai meng qin qiu hou zou xiong xue hao gong shao mao chang "
    "wen kang yan qian tao niu ge ning ling xiang fang nie yin yi gu mei geng tong shu lai zuo ji qi an lei long "
    "duan ou ouyang sima zhuge"
)
"""The commonest Chinese family names in pinyin."""

_NEEDS_APOSTROPHE = "aeo"
"""First letters of a syllable that pinyin sets apart, so that *Tien* is no name of two."""

_U_UMLAUT = re.compile("v|(?<=^[ln])yu")
_ASPIRATED = tuple(
    (re.compile(pattern), unmarked)
    for pattern, unmarked in (
        ("zh|j|q|r(?=[aeiou])", "ch"),
        ("z|c(?!h)", "ts"),
        ("(?<!n)g", "k"),
        ("b", "p"),
        ("d", "t"),
        ("you", "yu"),
        ("ong", "ung"),
        ("ien", "ian"),
    )
)
"""What Wade-Giles parts by an apostrophe alone, which most people leave out, or spells as pinyin another syllable."""


def is_pinyin(parts: Sequence[str]) -> bool:
    """Say whether the folded parts of a name in Latin letters are a Chinese name in pinyin."""
    if not 1 < len(parts) <= MOST_PARTS:
        return False
    return any(
        family in FAMILY_NAMES and _is_given_name("".join(given))
        for family, given in ((parts[0], parts[1:]), (parts[-1], parts[:-1]))
    )


def _is_given_name(letters: str) -> bool:
    return letters in SYLLABLES or any(
        letters[:cut] in SYLLABLES and letters[cut:] in SYLLABLES and letters[cut] not in _NEEDS_APOSTROPHE
        for cut in range(1, len(letters))
    )


def are_other_syllables(one: str, other: str) -> bool:
    """Say whether two different parts of names in pinyin are no spellings of one, in Wade-Giles neither.

    What many scripts have as a name (*Anna*, *Leila*) is no Chinese given name, though it could be spelt in pinyin.
    """
    if any(part not in SYLLABLES and scripts_written_in(part) >= KNOWN_ABROAD for part in (one, other)):
        return False
    return _without_aspirates(levelled(one)) != _without_aspirates(levelled(other))


def _without_aspirates(part: str) -> str:
    for pattern, unmarked in _ASPIRATED:
        part = pattern.sub(unmarked, part)
    return part


def levelled(part: str) -> str:
    """Give a part with *u* for however its *ü* is spelt: *Lyu* and *Lv* are *Lu*."""
    return _U_UMLAUT.sub("u", part)
