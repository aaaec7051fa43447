"""What a learner should know beforehand of scripts with few examples: the usual Latin spellings of each sign, by hand.

Thai after the Royal Thai General System of Transcription (1999) and what people write besides it; a consonant may carry
an unwritten *a* or *o*, and is spoken otherwise at the end of a syllable. Of Tamil, Telugu and a few Cyrillic letters
hardly a pair is found, so what is written here is all that is known of them; a Tamil or Telugu consonant carries an *a*
unless a vowel or the dot follows.
"""

from __future__ import annotations

import unicodedata

_THAI = """
ก k g | ข kh k | ค kh k c | ฆ kh k g | ง ng | จ ch j c t | ฉ ch | ช ch t | ซ s z | ฌ ch j | ญ y n | ฎ d t | ฏ t
ฐ th t | ฑ th t d | ฒ th t | ณ n | ด d t | ต t d | ถ th t | ท th t d | ธ th dh t | น n | บ b p | ป p b | ผ ph p
ฝ f | พ ph p b bh | ฟ f ph | ภ ph bh p | ม m | ย y i | ร r n | ฤ ri rue ru r | ล l n | ว w v o u | ศ s t | ษ s t
ส s t | ห h - | ฬ l n | อ - o or aw | ฮ h | ะ a | ั a u | า a ar aa | ำ am um | ิ i - | ี i ee y | ึ ue u eu
ื ue u eu | ุ u oo - | ู u oo | เ e ae ay | แ ae a e | โ o oh | ไ ai i y | ใ ai i
"""
BY_HAND = {
    "cyrillic": "ѓ gj g dj | ќ kj k c | ѕ dz z",
    "tamil": """
    க k g h | ங ng n | ச s ch c | ஞ gn n nj | ட t d | ண n | த th t d dh | ந n | ப p b | ம m | ய y | ர r | ல l | வ v w
    ழ zh l | ள l | ற r t | ன n | ஜ j | ஷ sh s | ஸ s | ஹ h | ஶ s sh | அ a | ஆ a aa | இ i e | ஈ i ee | உ u | ஊ u oo | எ e
    ஏ e a | ஐ ai | ஒ o | ஓ o | ஔ au | ா a aa | ி i | ீ i ee | ு u | ூ u oo | ெ e | ே e | ை ai | ொ o | ோ o | ௌ au | ் -
    """,
    "telugu": """
    క k | ఖ kh k | గ g | ఘ gh g | చ ch c | ఛ chh ch | జ j | ఝ jh j | ఞ n ny | ట t | ఠ th t | డ d | ఢ dh d | ణ n | త th t
    థ th t | ద d dh | ధ dh d | న n | ప p | ఫ ph f | బ b | భ bh b | మ m | య y | ర r | ఱ r | ల l | ళ l | వ v w
    వు vu o | శ sh s
    ష sh s | స s | హ h | అ a | ఆ a aa | ఇ i | ఈ i ee | ఉ u | ఊ u oo | ఎ e | ఏ e | ఐ ai | ఒ o | ఓ o | ఔ au | ా a aa | ి i
    ీ i ee | ు u | ూ u oo | ృ ru ri r | ె e | ే e | ై ai | ొ o | ో o | ౌ au | ం n m | ః h | ్ -
    """,
}
"""By table, a sign with what it is written as, the most usual first; ``-`` is nothing."""

_OFTEN, _LESS_OFTEN = 4, 2
_FEWEST = {"first": 4.0, "other": 2.0, "with vowel": 0.7}


def by_hand(table: str) -> list[tuple[str, str]]:
    """Give the signs of a table's lines with each spelling, as often as it counts; consonants also with their vowel."""
    pairs: list[tuple[str, str]] = []
    for entry in BY_HAND.get(table, "").replace("\n", "|").split("|"):
        sign, *spellings = entry.split() or [""]
        for place, spelling in enumerate(spellings):
            latin = spelling.strip("-")
            often = _LESS_OFTEN if place else _OFTEN
            pairs += [(sign, latin)] * often
            if table != "cyrillic" and latin and unicodedata.category(sign[-1]) == "Lo" and latin[-1] not in "aeiou":
                pairs += [(sign, latin + "a")] * often
    return pairs


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
