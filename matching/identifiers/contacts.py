"""Phone numbers to E.164 and e-mail addresses to one spelling.

A phone number without a country code is read with the countries at hand and, failing those, kept as national digits. In
an e-mail address, small letters and an ASCII domain (IDNA 2008, through email-validator) are one spelling for all. Dots
and tags in the part before the @ are dropped only for providers known to ignore them: elsewhere ``a.b@`` and ``ab@``
may be two people, and `matching.identifiers.relation` calls them near.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from matching.countries import canonical_countries, canonical_country
from matching.identifiers.number import LONGEST_NUMBER, Identifier, canonical_number, is_placeholder
from matching.subject import Subject

SHORTEST_SUBSCRIBER = 8
"""Digits two phone numbers must share at the end to be near, when a country code was left out."""

SHORTEST_INTERNATIONAL = 11
"""Digits that may be a whole international number whose + was left out."""

MOST_REGIONS = 8
"""Countries a phone number without a country code is tried with."""

_DOMAIN_OF = {
    "googlemail.com": "gmail.com", "protonmail.com": "proton.me", "pm.me": "proton.me", "protonmail.ch": "proton.me",
    "ya.ru": "yandex.ru", "yandex.com": "yandex.ru", "yandex.by": "yandex.ru", "yandex.kz": "yandex.ru",
    "yandex.ua": "yandex.ru", "me.com": "icloud.com", "mac.com": "icloud.com",
}  # fmt: skip
"""Domains under which one provider delivers to the same mailbox."""

_IGNORED_SIGNS = {"gmail.com": ".", "proton.me": "._-"}
_TAGGED = frozenset({"gmail.com", "proton.me", "yandex.ru", "icloud.com", "outlook.com", "hotmail.com", "live.com",
                     "fastmail.com"})  # fmt: skip
"""Providers that deliver ``name+tag`` to ``name``."""

_ADDRESS = re.compile(r"[^\s<>@,;:\"()]{1,64}@[^\s<>@,;:\"()]{1,255}")


def regions_of(subject: Subject) -> tuple[str, ...]:
    """Give the countries to read a subject's phones with, nationalities first; at most `MOST_REGIONS`.

    The blind stage, the comparison in clear and the index ask here, so that all three read one number.
    """
    countries = canonical_countries(subject.nationalities) + canonical_countries(subject.address_countries)
    return tuple(dict.fromkeys(countries))[:MOST_REGIONS]


def read_phone(text: str, regions: Iterable[str] = ()) -> Identifier | None:
    """Read a phone number to E.164, trying ``regions`` (ISO codes) where no country code is written."""
    written = re.sub(r"^\s*(tel\w*[.:]*\s*)?\(?00(?=[1-9])", "+", text[:LONGEST_NUMBER], flags=re.IGNORECASE)
    read = _parsed(written, [canonical_country(region) for region in list(regions)[:MOST_REGIONS]])
    digits = "".join(character for character in canonical_number(text) if character.isdigit())
    if not read and len(digits) >= SHORTEST_INTERNATIONAL and (parsed := _parse(f"+{digits}", None)):
        read = [parsed] if phonenumbers.is_valid_number(parsed) else []
    if read:
        # A number that exists in one of the countries is rather that one than one that merely has the length.
        best = next(filter(phonenumbers.is_valid_number, read), read[0])
        value = phonenumbers.format_number(best, phonenumbers.PhoneNumberFormat.E164)
        country = phonenumbers.region_code_for_number(best) or ""
        return None if is_placeholder(digits) else Identifier(
            "phone", value, country, phonenumbers.is_valid_number(best)
        )  # fmt: skip
    if len(digits) < SHORTEST_SUBSCRIBER or is_placeholder(digits):
        return None
    # With a + it names its country itself, so what cannot be read with it is no telephone's number.
    return Identifier("phone", digits, "", False if written.lstrip(" (").startswith("+") else None)


def read_email(text: str) -> Identifier | None:
    """Read an e-mail address: no display name, one spelling; give None where there is no address in the text."""
    found = _ADDRESS.search(unicodedata.normalize("NFKC", text[:400]))
    if found is None:
        return None
    written = found[0].lower().strip(".")
    try:
        checked = validate_email(written, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return Identifier("email", written, "", False)
    return Identifier("email", _one_spelling(checked.local_part, checked.ascii_domain or checked.domain))


def _one_spelling(local: str, domain: str) -> str:
    domain = _DOMAIN_OF.get(domain.lower(), domain.lower())
    if domain in _TAGGED:
        local = local.partition("+")[0] or local
    if signs := _IGNORED_SIGNS.get(domain):
        local = local.translate(dict.fromkeys(map(ord, signs))) or local
    return f"{local.lower()}@{domain}"


def _parsed(text: str, countries: Iterable[str]) -> list[phonenumbers.PhoneNumber]:
    """Give what a number may be: itself where it has a country code, else one for each country it is possible in."""
    if (international := _parse(text, None)) is not None:
        return [international]
    return [parsed for country in countries if (parsed := _parse(text, country)) is not None]


def _parse(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None
