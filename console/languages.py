"""The languages of the console: texts, direction, dates and numbers of each.

English is written in the code and the templates; the others lie in ``locale/*.po`` and are read at the start, so that
there is no build step. Another language is another file. Dates and numbers are Babel's (CLDR).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from babel import Locale, dates, lists, numbers
from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LOCALE = Path(__file__).parent / "locale"
COOKIE = "__Host-symbolon-language"


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its BCP 47 code, its name in itself, and its texts."""

    code: str
    texts: Translations

    @property
    def locale(self) -> Locale:
        """Give its locale; English as in most of its countries: the day before the month, 24 hours."""
        return _locale("en_GB" if self.code == "en" else self.code)

    @property
    def name(self) -> str:
        """Give its name in itself."""
        return (self.locale.get_language_name(self.code) or self.code).capitalize()

    @property
    def direction(self) -> str:
        """Give the direction of its script: ltr or rtl."""
        return self.locale.text_direction

    def say(self, text: str) -> str:
        """Translate a text of the console; one without a translation stays English."""
        return str(self.texts.gettext(text)) if text else ""

    def count(self, one: str, many: str, number: int) -> str:
        """Translate a text of the console that has a form for one and others for more."""
        return str(self.texts.ngettext(one, many, number))

    def moment(self, at: datetime) -> str:
        """Write a moment, in UTC, which all agencies share, and say so."""
        return f"{dates.format_datetime(at.astimezone(UTC), 'medium', tzinfo=UTC, locale=self.locale)} UTC"

    def day(self, day: date) -> str:
        """Write a day."""
        return dates.format_date(day, "medium", locale=self.locale)

    def span(self, span: timedelta) -> str:
        """Write a span of time by its largest unit."""
        return dates.format_timedelta(span, locale=self.locale, threshold=1.2)

    def number(self, number: float) -> str:
        """Write a number."""
        return numbers.format_decimal(number, locale=self.locale)

    def list(self, parts: Sequence[str], join: str) -> str:
        """Write several in a row, of which all count (``and``) or any one does (``or``)."""
        return lists.format_list(parts, "or" if join == "or" else "standard", locale=self.locale)


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code)


@cache
def languages() -> Mapping[str, Language]:
    """Give the languages there are, English first."""
    found = {"en": Language("en", Translations())}
    for path in sorted(LOCALE.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.stem)
        compiled = io.BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        found[path.stem] = Language(path.stem, Translations(compiled))
    return found


def language_of(chosen: str, accepted: str) -> Language:
    """Give the language that a person chose, or else the first one the browser asks for that there is."""
    known = languages()
    if chosen in known:
        return known[chosen]
    wanted = [one.split(";")[0].strip() for one in accepted.split(",")][:20]
    code = negotiate_locale([one for one in wanted if one.replace("-", "").isalnum()], known, sep="-") or "en"
    return {one.lower(): language for one, language in known.items()}[code.lower()]  # as asked for, in any letters
