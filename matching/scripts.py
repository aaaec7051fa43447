"""Scripts other than Latin, read into Latin letters the way official lists write people's names.

This module decides how a word in Arabic, Hebrew, Cyrillic, Greek, Han, Hangul or kana is spelt in ASCII. It does not
weigh, compare or split names beyond what a script leaves unsaid: where the family name ends in a Han or Hangul name,
and where the Arabic article is glued to its word. Arabic and Hebrew do not write short vowels, so what comes out is
mostly consonants; the codes of ``matching.phonetics`` are built so that this does not matter. The commonest given
names are spelt out by a small table of our own making. Everything else goes through ``anyascii``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii

LONGEST_HAN_NAME = 4
"""Han or Hangul characters in one word up to which it is read as family name and given name together."""

_ARABIC_LETTERS = {
    "ا": "a", "آ": "a", "أ": "a", "إ": "i", "ٱ": "a", "ء": "", "ؤ": "u", "ئ": "i", "ب": "b", "پ": "p", "ت": "t",
    "ث": "th", "ج": "j", "چ": "ch", "ح": "h", "خ": "kh", "د": "d", "ذ": "dh", "ر": "r", "ز": "z", "ژ": "zh", "س": "s",
    "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "a", "غ": "gh", "ف": "f", "ق": "q", "ک": "k", "ك": "k",
    "گ": "g", "ل": "l", "م": "m", "ن": "n", "ه": "h", "ھ": "h", "ہ": "h", "ۀ": "h", "ة": "a", "ى": "a", "ں": "n",
    "ٹ": "t", "ڈ": "d", "ڑ": "r", "ے": "e", "ۓ": "e", "ې": "e", "ۍ": "i", "ټ": "t", "ډ": "d", "ړ": "r", "ښ": "sh",
    "ګ": "g", "ڼ": "n", "څ": "ts", "ځ": "dz", "ږ": "zh", "ڭ": "ng", "ێ": "e", "ۆ": "o", "ڵ": "l", "ڕ": "r",
}  # fmt: skip
_ARABIC_YEH, _ARABIC_WAW = "يیۍ", "و"
_ARABIC_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640\u06d6-\u06ed]")
_ARABIC_ARTICLE = re.compile("^(?:ال|لل)(?=..)")

_ARABIC_NAMES = dict(
    pair.split()
    for pair in """
    محمد mohammad|احمد ahmad|أحمد ahmad|محمود mahmoud|علي ali|علی ali|حسين hussein|حسین hussein|حسن hassan
    ابراهيم ibrahim|إبراهيم ibrahim|ابراهیم ibrahim|عمر omar|عثمان othman|خالد khaled|يوسف yousef|یوسف yousef
    موسى musa|موسی musa|عيسى isa|عیسی isa|سليمان suleiman|سلیمان suleiman|داود dawud|داوود dawud|صالح saleh
    سعيد saeed|سعید saeed|مصطفى mustafa|مصطفی mustafa|مرتضى morteza|مرتضی morteza|رضا reza|مهدي mahdi|مهدی mahdi
    عباس abbas|جعفر jafar|كاظم kazem|کاظم kazem|حيدر haidar|حیدر haidar|قاسم qasem|جواد javad|صادق sadeq|فاطمه fatima
    فاطمة fatima|زينب zainab|زینب zainab|مريم maryam|مریم maryam|عائشة aisha|خديجة khadija|امين amin|أمين amin
    امیر amir|أمير amir|امير amir|كريم karim|کریم karim|رحيم rahim|رحیم rahim|رشيد rashid|رشید rashid|حميد hamid
    حمید hamid|مجيد majid|مجید majid|وحيد wahid|ناصر nasser|نصر nasr|جمال jamal|جميل jamil|كمال kamal|کمال kamal
    سالم salem|سليم salim|سلیم salim|سامي sami|طارق tariq|زياد ziad|وليد walid|ولید walid|فيصل faisal|فهد fahd
    سلطان sultan|عادل adel|ماجد majed|هاشم hashem|هشام hisham|بشار bashar|ماهر maher|غازي ghazi|نبيل nabil|نبیل nabil
    بلال bilal|حمزة hamza|حمزه hamza|طلال talal|جابر jaber|صلاح salah|نور nour|فضل fazl|غلام ghulam|گل gul|خان khan
    شاه shah|الله allah|عبد abd|عبدالله abdullah|عبدالرحمن abdulrahman|ابو abu|أبو abu|بن bin|ابن ibn|بنت bint|ام umm
    أم umm|الدين aldin|الدین aldin|دين din|دین din|نصرالله nasrallah|فارس fares|مسعود masoud|محسن mohsen|اكبر akbar
    اکبر akbar|أكبر akbar|اصغر asghar|بهروز behrouz|فرهاد farhad|سعود saud|فرج faraj|مبارك mubarak|شريف sharif
    شریف sharif|منصور mansour|حبيب habib|حبیب habib|لطيف latif|عزيز aziz|عزیز aziz|قادر qader|هادي hadi|هادی hadi
    حاجي haji|حاجی haji|ملا mullah|مولوي mawlawi|شيخ sheikh|سيد sayyid|سید sayyid|إسماعيل ismail|اسماعيل ismail
    اسماعیل ismail|إسحاق ishaq|اسحاق ishaq|يعقوب yaqub|یعقوب yaqub|يحيى yahya|یحیی yahya|زكريا zakaria|إدريس idris
    """.replace("\n", "|").split("|")
    if pair.strip()
)  # fmt: skip

_HEBREW_LATIN = "a b g d h o z h t i k k l m m n n s a p f ts ts k r sh t"
_HEBREW_LETTERS = dict(zip("אבגדהוזחטיכךלמםנןסעפףצץקרשת", _HEBREW_LATIN.split(), strict=True))
_HEBREW_MARKS = re.compile("[\u0591-\u05c7\u05f3\u05f4]")

_GREEK_PAIRS = (("ου", "u"), ("ού", "u"), ("ευ", "ev"), ("εύ", "ev"), ("αυ", "av"), ("αύ", "av"),
                ("μπ", "b"), ("γκ", "g"), ("γγ", "ng"), ("τζ", "tz"), ("χ", "h"), ("υ", "i"), ("ύ", "i"),
                ("η", "i"), ("ή", "i"))  # fmt: skip
_CYRILLIC_LETTERS = {"ь": "", "ъ": "", "ё": "e", "ы": "y", "ј": "j", "ђ": "dj", "ћ": "c", "џ": "dz", "ғ": "g",
                     "қ": "k", "ҳ": "h", "ў": "u", "ҷ": "j", "ӯ": "u", "ӣ": "i", "ө": "o", "ү": "u", "ұ": "u", "ң": "n",
                     "һ": "h", "ә": "a", "і": "i", "ї": "yi", "є": "ye", "ґ": "g", "ѝ": "i", "ќ": "kj", "ѓ": "gj",
                     "љ": "lj", "њ": "nj", "ӏ": "", "э": "e", "й": "y", "х": "kh", "щ": "shch"}  # fmt: skip

_KOREAN_SURNAMES = {
    "김": "kim", "이": "lee", "리": "ri", "박": "park", "최": "choe", "정": "jong", "강": "kang", "조": "jo",
    "윤": "yun",
    "장": "jang", "임": "rim", "림": "rim", "한": "han", "오": "o", "서": "so", "신": "sin", "권": "kwon",
    "황": "hwang", "안": "an",
    "송": "song", "류": "ryu", "유": "yu", "전": "jon", "홍": "hong", "고": "ko", "문": "mun", "양": "yang",
    "손": "son", "배": "pae", "백": "paek", "허": "ho", "노": "no", "로": "ro", "남": "nam", "심": "sim", "하": "ha",
    "곽": "kwak", "성": "song", "차": "cha", "주": "ju", "우": "u", "구": "ku", "라": "ra", "나": "na", "진": "jin",
    "남궁": "namgung", "황보": "hwangbo", "제갈": "jegal", "사공": "sagong", "선우": "sonu", "독고": "tokko",
}  # fmt: skip
_HAN_SURNAMES = frozenset(
    {"欧阳", "歐陽", "司马", "司馬", "诸葛", "諸葛", "上官", "司徒", "东方", "東方", "夏侯", "皇甫", "尉迟", "尉遲",
     "公孙", "公孫", "慕容", "令狐", "长孙", "長孫", "宇文"}
)  # fmt: skip

_SCRIPTS = (
    ("arabic", re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff]")),
    ("hebrew", re.compile("[\u0590-\u05ff]")),
    ("hangul", re.compile("[\uac00-\ud7a3]")),
    ("kana", re.compile("[\u3040-\u30ff]")),
    ("han", re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
    ("cyrillic", re.compile("[\u0400-\u052f]")),
    ("greek", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
)


@lru_cache(maxsize=1 << 15)
def romanise(word: str) -> str:
    """Spell one word (NFKC, no blanks) in ASCII, lower case, possibly as several words."""
    for script, pattern in _SCRIPTS:
        if pattern.search(word):
            return _READERS[script](word)
    return anyascii(word).lower()


def _read_arabic(word: str) -> str:
    bare = _ARABIC_MARKS.sub("", word).replace("\u200c", "").replace("\u200d", "")
    if bare in _ARABIC_NAMES:
        return _ARABIC_NAMES[bare]
    if bare.startswith(("عبدال", "عبدل")) and len(bare) > 6:
        return "abd al " + _read_arabic(bare.removeprefix("عبدال").removeprefix("عبدل"))
    without = _ARABIC_ARTICLE.sub("", bare)
    if without != bare and len(without) > 2:
        return "al " + _read_arabic(without)
    return "".join(_arabic_letter(bare, place) for place in range(len(bare)))


def _arabic_letter(word: str, place: int) -> str:
    letter = word[place]
    if letter in _ARABIC_YEH:
        return "y" if place == 0 else "i"
    if letter in _ARABIC_WAW:
        return "w" if place == 0 or word[place - 1] in "اآ" or word[place + 1 : place + 2] in tuple("اي") else "u"
    return _ARABIC_LETTERS.get(letter) or ("" if letter == "ء" else anyascii(letter).lower())


def _read_hebrew(word: str) -> str:
    bare = _HEBREW_MARKS.sub("", word)
    bare = bare.replace("וו", "w").replace("יי", "י")
    if bare.startswith("ו"):
        bare = "v" + bare[1:]
    if bare.startswith("י"):
        bare = "y" + bare[1:]
    return "".join(_HEBREW_LETTERS.get(letter) or anyascii(letter).lower() for letter in bare)


def split_family_name(word: str) -> tuple[str, str]:
    """Split a Han or Hangul name written as one word after its family name; the given name may be empty."""
    if not 1 < len(word) <= LONGEST_HAN_NAME:
        return word, ""
    if word[:2] in _HAN_SURNAMES or (len(word) > 2 and word[:2] in _KOREAN_SURNAMES):
        return word[:2], word[2:]
    return word[:1], word[1:]


def _read_hangul(word: str) -> str:
    syllables = [letter for letter in word if "\uac00" <= letter <= "\ud7a3"]
    family, given = split_family_name(word)
    surname = _KOREAN_SURNAMES.get(family)
    if surname is None or len(syllables) != len(word):
        return anyascii(word).lower()
    return f"{surname} {anyascii(given).lower()}".strip()


def _read_han(word: str) -> str:
    if len(word) <= 1 or len(word) > LONGEST_HAN_NAME or not word.isalpha():
        return "".join(_pinyin(word)) if len(word) <= LONGEST_HAN_NAME else " ".join(_pinyin(word))
    family, given = split_family_name(word)
    return f"{''.join(_pinyin(family, surname=True))} {''.join(_pinyin(given))}".strip()


def _pinyin(word: str, *, surname: bool = False) -> list[str]:
    if surname and word in _READ_OTHERWISE_AS_SURNAME:
        return [_READ_OTHERWISE_AS_SURNAME[word]]
    # Loading its dictionary takes half a second, which a command that reads no Han name should not wait for.
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    return [anyascii(syllable).lower() for syllable in lazy_pinyin(word, style=Style.NORMAL, v_to_u=False)]


def mandarin_syllables(word: str) -> tuple[str, ...]:
    """Give the commonest toneless pinyin of each Han character of a word; other characters are given in ASCII."""
    return tuple(re.sub("[^a-z]", "", syllable) for syllable in _pinyin(word))


_READ_OTHERWISE_AS_SURNAME = {"曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou",
                              "任": "ren", "朴": "piao", "华": "hua", "盖": "ge", "尉": "yu", "冼": "xian",
                              "翟": "zhai"}  # fmt: skip


def _read_cyrillic(word: str) -> str:
    return anyascii("".join(_CYRILLIC_LETTERS.get(letter, letter) for letter in word.lower())).lower()


def _read_greek(word: str) -> str:
    text = word.lower()
    for pair, latin in _GREEK_PAIRS:
        text = text.replace(pair, latin)
    return anyascii(text).lower()


def _read_kana(word: str) -> str:
    return "".join("".join(_pinyin(letter)) if letter >= "\u3400" else anyascii(letter) for letter in word).lower()


_READERS = {
    "arabic": _read_arabic,
    "hebrew": _read_hebrew,
    "hangul": _read_hangul,
    "han": _read_han,
    "kana": _read_kana,
    "cyrillic": _read_cyrillic,
    "greek": _read_greek,
}
