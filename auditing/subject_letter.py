"""The letter to a person who asked what the log says: in sentences that can be worded in any language, and as data.

The letter says the same whether something is withheld or not (`auditing.subject_extract`).
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agreements.sentences import Sentence, said
from auditing.subject_extract import Category, Decision, ToldLine
from auditing.tables import printable

CATEGORIES: Mapping[Category, Sentence] = {
    "asked": said("Questions about you that this agency put, or meant to put, to others:"),
    "answers": said("What other agencies answered:"),
    "asked_of_us": said("Questions of other agencies that fitted a record of yours here, and what they were answered:"),
    "silent": said("Questions that fitted a record of yours here of which the asker was not told:"),
    "follow_up": said("What followed: requests, releases, corrections, deletions:"),
    "records": said("Access to your record by hand:"),
}
"""What each category holds, in the words of the letter."""

FIELDS: Mapping[str, Sentence] = {
    "address_countries": said("countries of addresses"),
    "addresses": said("addresses"),
    "alias_quality": said("kinds of other names"),
    "aliases": said("other names"),
    "category": said("category"),
    "dob": said("birth date"),
    "documents": said("documents"),
    "emails": said("emails"),
    "gender": said("gender"),
    "name_parts": said("parts of the name"),
    "names": said("names"),
    "names_original": said("name in the original script"),
    "nationality": said("nationality"),
    "phones": said("phones"),
    "pob": said("birth place"),
}
"""What a question was put with, in the words of the letter."""

NOTICE = said(
    "The log keeps when, by whom and for what purpose a question was put. What other people wrote or are named in it is"
    " not reproduced. What was erased after its time of retention, or can be found by none of the particulars you gave,"
    " is not in this answer. The law allows that information is left out, and that this is not said (Directive (EU)"
    " 2016/680, art. 15). You may have the supervisory authority examine whether that was lawful (art. 17), lodge a"
    " complaint with it (art. 52), and seek a remedy before a court (art. 54)."
)
"""What every letter says, whatever is told."""

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A line of the letter, however long: what it says, and by how many characters it stands in; may be empty."""

    says: Sentence
    indent: int = 0


_EMPTY = LetterLine(Sentence(""))


def letter_lines(
    party: str, request: str, made: datetime, lines: Iterable[ToldLine], decision: Decision
) -> Iterator[LetterLine]:
    """Give the letter to the person, line by line."""
    told = [line for line in lines if decision.tells(line)]
    yield LetterLine(said("From: %(party)s", party=party))
    yield LetterLine(said("Date: %(day)s", day=made.date()))
    yield _EMPTY
    yield LetterLine(said("Your request %(request)s", request=printable(request)))
    yield _EMPTY
    if not told:
        yield LetterLine(said("The disclosure log of this agency has nothing about you that you can be told."))
        yield _EMPTY
    for category, heading in CATEGORIES.items():
        of_category = [line for line in told if line.category == category]
        if of_category:
            yield LetterLine(heading)
            for line, times in _folded(of_category):
                yield from _written(line, times)
            yield _EMPTY
    yield LetterLine(NOTICE)


def write_letter(party: str, request: str, made: datetime, lines: Iterable[ToldLine], decision: Decision) -> str:
    """Give the letter to the person, in English."""
    return set_letter((str(line.says), line.indent) for line in letter_lines(party, request, made, lines, decision))


def set_letter(lines: Iterable[tuple[str, int]]) -> str:
    """Break the lines of a letter, as worded and with their indents, for a page; a word is never broken."""
    return "\n".join([*(part for text, indent in lines for part in _broken(text, indent)), ""])


def write_data(party: str, request: str, made: datetime, lines: Iterable[ToldLine], decision: Decision) -> str:
    """Give the same as JSON, in English."""
    told = [
        {
            "day": line.day.isoformat(),
            "category": line.category,
            "text": str(line.text),
            "purpose": line.purpose,
            "fields": dict(line.fields),
        }
        for line in lines
        if decision.tells(line)
    ]
    data = {"party": party, "request": request, "made": f"{made:%Y-%m-%d}", "told": told, "notice": str(NOTICE)}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _broken(text: str, indent: int) -> list[str]:
    further = " " * (indent + 4 if indent else 0)
    lines = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [""]


def _folded(lines: Iterable[ToldLine]) -> list[tuple[ToldLine, int]]:
    """Put what reads the same of one day together, where it stands first, with how often: a file is opened often."""
    found: dict[tuple[object, ...], tuple[ToldLine, int]] = {}
    for line in lines:
        reads = (line.day, str(line.text), line.purpose, json.dumps(dict(line.fields), sort_keys=True))
        first, times = found.get(reads, (line, 0))
        found[reads] = first, times + 1
    return list(found.values())


def _written(line: ToldLine, times: int) -> Iterator[LetterLine]:
    if line.purpose:
        purpose = Sentence(printable(line.purpose.replace("_", " ")))
        says = said("%(day)s %(what)s Purpose: %(purpose)s.", day=line.day, what=line.text, purpose=purpose)
    else:
        says = said("%(day)s %(what)s", day=line.day, what=line.text)
    yield LetterLine(said("%(line)s (%(times)s times)", line=says, times=times) if times > 1 else says, 2)
    for name, value in line.fields.items():
        of = name.removeprefix("subject.")
        named = FIELDS.get(of, Sentence(of))
        yield LetterLine(said("%(field)s: %(value)s", field=named, value=printable(_shown(value))), 6)


def _shown(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return "; ".join(" ".join(map(str, one.values())) if isinstance(one, dict) else str(one) for one in values)
