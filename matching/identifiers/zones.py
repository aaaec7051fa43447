"""The machine readable zone of passports, cards and visas, after ICAO Doc 9303 (8th edition) parts 3 to 7.

`parse_machine_readable_zone` reads a whole zone, TD1 (3 lines of 30), TD2 and MRV-B (2 of 36), TD3 and MRV-A (2 of
44), and says of every check digit whether it is right; the composite one covers the others. A text that has not exactly
the lines of one of them is none: a sign too many would make another document of it. The zone writes a year with
two digits, so a birth date is every date it can be that does not lie in the future; the day counted as today is a
parameter. Digits that a machine reads as letters (O for 0) are read back where only digits can stand. Not decided here:
whether the document is real, or its holder the person asked for.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from matching.countries import canonical_country
from matching.dates import DateInterval
from matching.identifiers.number import SHORTEST_COMPARED, Identifier

Form = Literal["TD1", "TD2", "TD3", "MRV-A", "MRV-B"]

LONGEST_ZONE = 400
"""Characters of a pasted text that are looked at; a zone has at most 90."""

NUMBER_FIELD = 9
LONGEST_LIFE = 110
"""Years; of two centuries a birth year may lie in, those that would make the holder older are left out."""

_VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
_LINE = re.compile(r"[A-Z0-9<]+", re.ASCII)
_AS_DIGITS = str.maketrans("OQDILZSBG", "000112586")
_FORMS: dict[tuple[int, int], tuple[Form, Form]] = {(3, 30): ("TD1", "TD1"), (2, 36): ("TD2", "MRV-B"),
                                                    (2, 44): ("TD3", "MRV-A")}  # fmt: skip
_LENGTHS = {90: 30, 72: 36, 88: 44}
_FIRST_SIGNS = {"TD1": "ACI", "TD2": "ACI", "TD3": "P", "MRV-A": "V", "MRV-B": "V"}
_KIND_OF_FORM = {"TD1": "national_id", "TD2": "national_id", "TD3": "passport", "MRV-A": "permit", "MRV-B": "permit"}
_COMPOSITE = {"TD1": ((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)), "TD2": ((1, 0, 10), (1, 13, 20), (1, 21, 35)),
              "TD3": ((1, 0, 10), (1, 13, 20), (1, 21, 43))}  # fmt: skip


class ZoneFormatError(ValueError):
    """The text holds no whole machine readable zone. The message never repeats the text: it is a person's."""


@dataclass(frozen=True, slots=True)
class MachineReadableZone:
    """What a zone says. Countries are ISO alpha-2 where they have one; ``checks`` names each check digit's verdict."""

    form: Form
    kind: str
    issuer: str
    number: str
    surname: str
    given_names: str
    nationality: str
    births: tuple[DateInterval, ...]
    sex: Literal["", "M", "F"]
    expiry: str
    optional: str
    checks: tuple[tuple[str, bool], ...]
    names_cut: bool = False
    """Whether the names fill their field to its end, so that they may be cut off (part 3, 4.6)."""

    @property
    def valid(self) -> bool:
        """Say whether every check digit is right."""
        return all(right for _, right in self.checks)

    @property
    def wrong(self) -> tuple[str, ...]:
        """Name the fields whose check digit is wrong, to be read again from the document."""
        return tuple(field for field, right in self.checks if not right)

    def to_row(self) -> dict[str, Any]:
        """Give the row form of the holder (``docs/reference/records.md``), for a query; empty fields left out.

        It is empty where a check digit is wrong: then the zone is to be read again, whatever else it says.
        """
        if not self.valid:
            return {}
        name = f"{self.surname}, {self.given_names}" if self.given_names else self.surname
        parts = {"last": self.surname, "given": self.given_names}
        document = {"type": self.kind, "country": self.issuer, "number": self.number}
        row: dict[str, Any] = {
            "names": [name] if name else [],
            "name_parts": {part: text for part, text in parts.items() if text},
            "dob": [birth.written() for birth in self.births],
            "nationality": [self.nationality] if self.nationality else [],
            "gender": self.sex,
            "documents": [document] if self.number else [],
        }
        return {field: value for field, value in row.items() if value}


def parse_machine_readable_zone(text: str, today: date) -> MachineReadableZone:
    """Read a whole zone; raise `ZoneFormatError` where its lines have no known form."""
    lines = _lines(text)
    forms = _FORMS.get((len(lines), len(lines[0])), ()) if len({len(line) for line in lines}) == 1 else ()
    form = next((form for form in forms if lines[0][0] in _FIRST_SIGNS[form]), None)
    if form is None:
        raise ZoneFormatError("expected 3 lines of 30 signs, 2 of 36 or 2 of 44: letters, digits and '<'")
    return _read_card(lines, today) if form == "TD1" else _read_two_lines(form, lines, today)


def read_machine_readable_zone(text: str) -> Identifier | None:
    """Find a document's number in a pasted zone, or in the one line of it that has the number."""
    if "<" not in text:
        return None
    try:
        zone = parse_machine_readable_zone(text, date.max)
    except ZoneFormatError:
        return _read_line_alone(_lines(text))
    return _identifier(zone.kind, zone.number, zone.issuer, "number" not in zone.wrong)


def machine_readable_check_digit(field: str) -> int:
    """Compute the check digit of a machine readable field (ICAO 9303 part 3, 4.9: weights 7, 3, 1 modulo 10)."""
    return sum(_VALUES[character] * (7, 3, 1)[place % 3] for place, character in enumerate(field)) % 10


def _read_card(lines: Sequence[str], today: date) -> MachineReadableZone:
    first, second, names = lines
    number, optional, right = _number_of_card(first[5:14], first[14], first[15:30])
    birth, expiry = _digits(second[0:6]), _digits(second[8:14])
    checks = (
        ("number", right),
        ("birth date", _agrees(birth, second[6])),
        ("expiry", _agrees(expiry, second[14])),
        ("composite", _composite_agrees("TD1", lines, second[29])),
    )
    country = canonical_country(first[2:5].strip("<"))
    return _zone("TD1", country, number, names, second[15:18], birth, second[7], expiry,
                 _plain(optional + "<" + second[18:29]), checks, today)  # fmt: skip


def _read_two_lines(form: Form, lines: Sequence[str], today: date) -> MachineReadableZone:
    first, second = lines
    number, optional, right = second[0:9].replace("<", ""), second[28:], _agrees(second[0:9], second[9])
    if form == "TD2":
        number, optional, right = _number_of_card(second[0:9], second[9], second[28:35])
    birth, expiry = _digits(second[13:19]), _digits(second[21:27])
    checks = [
        ("number", right),
        ("birth date", _agrees(birth, second[19])),
        ("expiry", _agrees(expiry, second[27])),
    ]
    if form == "TD3":
        optional = second[28:42]
        # ICAO 9303 part 4: an empty personal number may have "<" for its check digit.
        checks.append(("personal number", _agrees(optional, second[42]) or (second[42], _plain(optional)) == ("<", "")))
    if form in _COMPOSITE:
        checks.append(("composite", _composite_agrees(form, lines, second[-1])))
    country = canonical_country(first[2:5].strip("<"))
    return _zone(form, country, number, first[5:], second[10:13], birth, second[20], expiry, _plain(optional),
                 tuple(checks), today)  # fmt: skip


def _zone(form: Form, issuer: str, number: str, names: str, nationality: str, birth: str, sex: str, expiry: str,
          optional: str, checks: tuple[tuple[str, bool], ...], today: date) -> MachineReadableZone:  # fmt: skip
    surname, _, given = names.strip("<").partition("<<")
    return MachineReadableZone(
        form=form,
        kind=_KIND_OF_FORM[form],
        issuer=issuer,
        number=number,
        surname=_plain(surname),
        given_names=_plain(given),
        nationality=canonical_country(nationality.strip("<")),
        births=_births(birth, today),
        sex="M" if sex == "M" else "F" if sex == "F" else "",
        expiry=expiry.replace("<", ""),
        optional=optional,
        checks=checks,
        names_cut=not names.endswith("<"),
    )


def _number_of_card(field: str, digit: str, optional: str) -> tuple[str, str, bool]:
    """Read number, optional data and verdict; a number of more than nine signs goes on behind "<" (parts 5 and 6)."""
    if digit != "<":
        return field.replace("<", ""), optional, _agrees(field, digit)
    rest, _, further = optional.partition("<")
    if len(rest) < 2:
        return field.replace("<", ""), optional, False
    return field + rest[:-1], further, _agrees(field + rest[:-1], rest[-1]) or _agrees(
        field + "<" + rest[:-1], rest[-1]
    )  # fmt: skip


def _births(digits: str, today: date) -> tuple[DateInterval, ...]:
    """Give every interval a birth date of two-digit year may mean; month and day may be unknown ("<<")."""
    if not digits[:2].isdecimal():
        return ()
    month, day = (int(part) if part.isdecimal() else 0 for part in (digits[2:4], digits[4:6]))
    earliest_year = max(1850, today.year - LONGEST_LIFE) if today != date.max else 1900
    years = [century + int(digits[:2]) for century in (1800, 1900, 2000)]
    read = [_interval(year, month, day) for year in years if earliest_year <= year]
    return tuple(birth for birth in read if birth is not None and birth.earliest <= today)


def _interval(year: int, month: int, day: int) -> DateInterval | None:
    try:
        if month and day:
            return DateInterval(date(year, month, day), date(year, month, day))
        if month:
            return DateInterval(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
    except (ValueError, calendar.IllegalMonthError):
        return None
    return DateInterval(date(year, 1, 1), date(year, 12, 31))


def _lines(text: str) -> list[str]:
    """Give the lines of a zone as they were pasted; one run of signs is divided where its length says how."""
    text = text.strip()
    upper = text.upper().replace("«", "<<").replace("‹", "<") if len(text) <= LONGEST_ZONE else ""
    lines = ["".join(line.split()) for line in re.split(r"[\r\n]+|\s{2,}", upper)]
    lines = [line for line in lines if line]
    if len(lines) == 1 and (length := _LENGTHS.get(len(lines[0]))):
        lines = [lines[0][place : place + length] for place in range(0, len(lines[0]), length)]
    return lines if lines and all(_LINE.fullmatch(line) for line in lines) else [""]


def _read_line_alone(lines: Sequence[str]) -> Identifier | None:
    """Read the line that has the number; without the first line of a passport its issuer is not known."""
    for line in lines:
        if len(line) == 44 and line[0] not in "PV":
            return _identifier("passport", line[:9], "", _agrees(line[:9], line[9]))
        if len(line) == 36 and line[0] not in "IACPV":
            return _identifier("national_id", line[:9], "", _agrees(line[:9], line[9]))
        if len(line) == 30 and line[0] in "IAC":
            number, _, right = _number_of_card(line[5:14], line[14], line[15:30])
            return _identifier("national_id", number, canonical_country(line[2:5].strip("<")), right)
    return None


def _identifier(kind: str, number: str, country: str, valid: bool) -> Identifier | None:
    value = number.replace("<", "")
    return Identifier(kind, value, country, valid) if len(value) >= SHORTEST_COMPARED else None


def _composite_agrees(form: str, lines: Sequence[str], digit: str) -> bool:
    return _agrees("".join(lines[line][first:last] for line, first, last in _COMPOSITE[form]), digit)


def _agrees(field: str, digit: str) -> bool:
    return str(machine_readable_check_digit(field)) == digit.translate(_AS_DIGITS)


def _digits(field: str) -> str:
    return field.translate(_AS_DIGITS)


def _plain(field: str) -> str:
    return " ".join(field.replace("<", " ").split())
