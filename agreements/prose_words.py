"""What the text people read is made of: articles, and the words of levels, persons, codes and numbers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agreements.sentences import Sentence, Several, all_of, any_of, plural, said


@dataclass(frozen=True, slots=True)
class Article:
    """One article: its heading, what is agreed, and what it means in practice."""

    heading: Sentence
    agreed: tuple[Sentence, ...]
    practice: tuple[Sentence, ...] = ()


LEVELS: Mapping[int, Sentence] = {
    0: said("nothing"),
    1: said("hit or no hit"),
    2: said("hit or no hit with reference, match quality and contact"),
    3: said("core data"),
    4: said("core and supplementary data"),
}
PERSONS: Mapping[str, Sentence] = {
    "suspect": said("suspects"),
    "convicted": said("convicted persons"),
    "wanted": said("wanted persons"),
    "associate": said("associates"),
    "unknown_wanted": said("unknown wanted persons"),
    "witness": said("witnesses"),
    "victim": said("victims"),
    "missing": said("missing persons"),
    "vulnerable": said("vulnerable persons"),
}
CODES: Mapping[str, Sentence] = {
    "H0": said("any lawful use"),
    "H1": said("not to be used in court without permission"),
    "H2": said("not to be used in court, nor passed on, without permission"),
    "H3": said("as the caveats say, beside all restrictions of H2"),
}
CONSENTS: Mapping[str, Sentence] = {
    "never": said("never"),
    "with_consent": said("only with the holder's prior consent"),
}
FIELDS: Mapping[str, Sentence] = {
    "dob": said("birth date"),
    "pob": said("birth place"),
    "names_original": said("names in their own script"),
    "action": said("action to be taken"),
    "listed_on": said("day of listing"),
    "programs": said("programmes"),
}
_PEOPLE = (
    said("no officer"),
    said("one officer"),
    said("two different officers"),
    said("three different officers"),
    said("four different officers"),
    said("five different officers"),
)


def plain(code: str) -> str:
    """Give a code's word as it is said, in English."""
    return code.replace("_", " ")


def word(code: str) -> Sentence:
    """Give a code's word as it is said."""
    return said(plain(code))


def field_word(name: str) -> Sentence:
    """Give a field's word as it is said."""
    return FIELDS.get(name, word(name))


def all_plain(codes: Iterable[str]) -> Several:
    """Give the words of codes that all count, in their order."""
    return all_of(map(word, sorted(codes)))


def any_plain(codes: Iterable[str]) -> Several:
    """Give the words of codes of which any one counts, in their order."""
    return any_of(map(word, sorted(codes)))


def counted(number: int, what: str) -> str:
    """Give a number of things, in English."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def hours(count: int) -> Sentence:
    """Give a number of hours."""
    return plural("%(count)s hour", "%(count)s hours", count)


def days(count: int) -> Sentence:
    """Give a number of days."""
    return plural("%(count)s day", "%(count)s days", count)


def months(count: int) -> Sentence:
    """Give a number of months."""
    return plural("%(count)s month", "%(count)s months", count)


def people(number: int) -> Sentence:
    """Give a number of officers, who are always different ones."""
    return _PEOPLE[number]


def at_most(level: int) -> Sentence:
    """Say what is told at most."""
    return said("At most: %(level)s.", level=LEVELS[level])


def wrapped(text: str, width: int, indent: str, further: str | None = None) -> list[str]:
    """Break a sentence into lines; a word is never broken, so that a long name can be searched for."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if further is None else further,
        break_long_words=False,
        break_on_hyphens=False,
    )
