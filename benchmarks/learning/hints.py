"""What a learner should know beforehand of scripts with few examples: the usual Latin spellings of each sign, by hand.

Thai after the Royal Thai General System of Transcription (1999) and what people write besides it; a consonant may carry
an unwritten *a* or *o*, and is spoken otherwise at the end of a syllable.
"""

from __future__ import annotations

_THAI = """
ก k g | ข kh k | ค kh k c | ฆ kh k g | ง ng | จ ch j c t | ฉ ch | ช ch t | ซ s z | ฌ ch j | ญ y n | ฎ d t | ฏ t
ฐ th t | ฑ th t d | ฒ th t | ณ n | ด d t | ต t d | ถ th t | ท th t d | ธ th dh t | น n | บ b p | ป p b | ผ ph p
ฝ f | พ ph p b bh | ฟ f ph | ภ ph bh p | ม m | ย y i | ร r n | ฤ ri rue ru r | ล l n | ว w v o u | ศ s t | ษ s t
ส s t | ห h - | ฬ l n | อ - o or aw | ฮ h | ะ a | ั a u | า a ar aa | ำ am um | ิ i - | ี i ee y | ึ ue u eu
ื ue u eu | ุ u oo - | ู u oo | เ e ae ay | แ ae a e | โ o oh | ไ ai i y | ใ ai i
"""
_FEWEST = {"first": 4.0, "other": 2.0, "with vowel": 0.7}


def thai_hints() -> dict[tuple[tuple[str, ...], str], float]:
    """Give for each Thai sign the Latin letters it is written as, with the count they are worth."""
    counts: dict[tuple[tuple[str, ...], str], float] = {}
    for entry in _THAI.replace("\n", "|").split("|"):
        sign, *spellings = entry.split() or [""]
        for place, spelling in enumerate(spellings):
            latin = spelling.strip("-")
            counts[(sign,), latin] = _FEWEST["other" if place else "first"]
            if "ก" <= sign <= "ฮ" and latin:
                counts |= {((sign,), latin + vowel): _FEWEST["with vowel"] for vowel in "ao"}
    return counts
