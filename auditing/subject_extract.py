"""What one person is told of the log: lines by category, what is withheld and on what ground, and the letter.

The grounds are those of Directive (EU) 2016/680, art. 15(1). What came from a partner, or a partner asked, is told only
after that partner was heard (Reg. (EU) 2018/1862, art. 67(3)); an objection withholds it. The letter says the same
whether something is withheld or not, and is the same where everything is and where there is nothing: who reads it
learns nothing of what he is not told (art. 15(3)).

A line is made of the event alone: no name of a colleague, no other person, no free text. Of a query of ours it has the
fields that it was put with, which are the person's own.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from auditing.sources import Opened, short
from auditing.subjects import SUBJECT_FIELDS, Search
from auditing.tables import printable
from ledger.case_events import CaseShown, ContentRead, FollowUpEvent
from ledger.entries import Entry

Category = Literal["asked", "answers", "asked_of_us", "silent", "follow_up", "records"]
Ground = Literal["inquiries", "prevention", "public_security", "national_security", "rights_of_others"]

CATEGORIES: Mapping[Category, str] = {
    "asked": "questions about you that this agency put, or meant to put, to others",
    "answers": "what other agencies answered",
    "asked_of_us": "questions of other agencies that fitted a record of yours here, and what they were answered",
    "silent": "questions that fitted a record of yours here of which the asker was not told",
    "follow_up": "what followed: requests, releases, corrections, deletions",
    "records": "access to your record by hand",
}
"""What each category holds, in the words of the letter."""

GROUNDS: Mapping[Ground, str] = {
    "inquiries": "to avoid obstructing official or legal inquiries, investigations or procedures (art. 15(1)(a))",
    "prevention": "to avoid prejudicing prevention, detection, investigation, prosecution, penalties (art. 15(1)(b))",
    "public_security": "to protect public security (art. 15(1)(c))",
    "national_security": "to protect national security (art. 15(1)(d))",
    "rights_of_others": "to protect the rights and freedoms of others (art. 15(1)(e))",
}
"""The grounds on which something may be withheld."""

_BY_TYPE: Mapping[str, tuple[Category, str]] = {
    "query_sent": ("asked", "This agency asked whether you are known to: {recipients}."),
    "query_denied": ("asked", "A question about you was prepared and not put."),
    "answer_received": ("answers", "{member} answered: {outcome}, at level {level}."),
    "query_received": ("asked_of_us", "{sender} put a question that fitted a record of yours."),
    "query_opened": ("asked_of_us", "A record of yours fitted a question."),
    "query_answered": ("asked_of_us", "{sender} was answered at level {level}."),
    "query_refused": ("asked_of_us", "{sender} was answered with nothing."),
    "hit_silent": ("silent", "A record of yours fitted a question of {sender}, which was not told."),
    "record_shown": ("records", "Your record was looked at in this agency."),
    "record_removed": ("records", "Your record was removed."),
    "record_restored": ("records", "Your record was let in again."),
}
_SECRET = (CaseShown, ContentRead)
"""Looking at a file here is an act of this agency alone; no partner has to be heard on it."""

_WIDTH = 100
_FIELDS = {
    "address_countries": "countries of addresses",
    "alias_quality": "kinds of other names",
    "aliases": "other names",
    "dob": "birth date",
    "name_parts": "parts of the name",
    "names_original": "name in the original script",
    "pob": "birth place",
}

NOTICE = (
    "The log keeps when, by whom and for what purpose a question was put. What other people wrote or are named in it is"
    " not reproduced. What was erased after its time of retention, or can be found by none of the particulars you gave,"
    " is not in this answer. The law allows that information is left out, and that this is not said (Directive (EU)"
    " 2016/680, art. 15). You may have the supervisory authority examine whether that was lawful (art. 17), lodge a"
    " complaint with it (art. 52), and seek a remedy before a court (art. 54)."
)
"""What every letter says, whatever is told."""


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One thing the log says about the person. ``partner`` is the owner to be heard, empty where there is none."""

    number: int
    day: date
    category: Category
    partner: str
    purpose: str
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the officer decided: categories told; categories or partners withheld, on what ground; what owners said.

    What is not decided is not told.
    """

    told: frozenset[str] = frozenset()
    withheld: Mapping[str, Ground] = field(default_factory=dict)
    heard: Mapping[str, bool] = field(default_factory=dict)
    refused: Ground | None = None

    def tells(self, line: ToldLine) -> bool:
        """Say whether a line is told."""
        if self.refused or line.category not in self.told or line.partner in self.withheld:
            return False
        return not line.partner or self.heard.get(line.partner, False)

    def undecided(self, lines: Iterable[ToldLine]) -> set[str]:
        """Give the categories of which it is not said whether they are told."""
        if self.refused:
            return set()
        found: set[str] = {line.category for line in lines}
        return found - self.told - self.withheld.keys()

    def unheard(self, lines: Iterable[ToldLine]) -> set[str]:
        """Give the partners who have to be heard before what concerns them is told."""
        if self.refused:
            return set()
        owners = {line.partner for line in lines if line.partner and line.category in self.told}
        return {one for one in owners if one not in self.heard and one not in self.withheld}

    def unfounded(self, lines: Iterable[ToldLine]) -> set[str]:
        """Give the partners who objected and for whom no ground is stated."""
        objecting = {name for name, agrees in self.heard.items() if not agrees}
        return {line.partner for line in lines if line.partner in objecting and line.partner not in self.withheld}


def read_line(one: Opened) -> ToldLine:
    """Give what an entry says about the person, once it is known to be about him."""
    entry, opened = one
    event = entry.event.model_dump(mode="json")
    kind: str = event["type"]
    category, sentence = _BY_TYPE.get(kind, ("follow_up", f"{kind.replace('_', ' ').capitalize()}."))
    known = {name: short(str(event.get(name, ""))) for name in ("member", "sender", "outcome", "level")}
    known["recipients"] = ", ".join(map(short, event.get("recipients", ())))
    own = {name: _read(opened[name]) for name in SUBJECT_FIELDS if name in opened}
    text = printable(sentence.format(**known))
    return ToldLine(
        entry.number, entry.time.date(), category, _owner(entry, known), str(event.get("purpose", "")), text, own
    )


def read_lines(entries: Iterable[Opened], search: Search) -> list[ToldLine]:
    """Give the lines of a second reading; the owner of an envelope owns every entry on it."""
    lines = []
    owners: dict[str, str] = {}
    for one in entries:
        if search.is_about(one):
            line, envelope = read_line(one), str(getattr(one[0].event, "envelope_digest", ""))
            owner = line.partner or owners.get(envelope, "")
            if envelope:
                owners[envelope] = owner
            lines.append(replace(line, partner=owner))
    return lines


def outcome(lines: Iterable[ToldLine], decision: Decision) -> Literal["given", "partly", "refused", "nothing"]:
    """Name what is decided: all is given, some, none of it, or there is nothing."""
    told = [decision.tells(line) for line in lines]
    if not told:
        return "refused" if decision.refused else "nothing"
    return "given" if all(told) else "partly" if any(told) else "refused"


def write_letter(party: str, request: str, made: datetime, lines: Iterable[ToldLine], decision: Decision) -> str:
    """Give the letter to the person."""
    told = [line for line in lines if decision.tells(line)]
    text = [party, f"{made:%Y-%m-%d}", "", f"Your request {printable(request)}", ""]
    if not told:
        text += ["The disclosure log of this agency has nothing about you that you can be told.", ""]
    for category, heading in CATEGORIES.items():
        of_category = [line for line in told if line.category == category]
        if of_category:
            text += [f"{heading[0].upper()}{heading[1:]}:", *map(_written, of_category), ""]
    return "\n".join([*text, textwrap.fill(NOTICE, _WIDTH), ""])


def write_data(party: str, request: str, made: datetime, lines: Iterable[ToldLine], decision: Decision) -> str:
    """Give the same as JSON."""
    told = [
        {
            "day": line.day.isoformat(),
            "category": line.category,
            "text": line.text,
            "purpose": line.purpose,
            "fields": dict(line.fields),
        }
        for line in lines
        if decision.tells(line)
    ]
    data = {"party": party, "request": request, "made": f"{made:%Y-%m-%d}", "told": told, "notice": NOTICE}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _written(line: ToldLine) -> str:
    purpose = f" Purpose: {line.purpose.replace('_', ' ')}." if line.purpose else ""
    named = {name.removeprefix("subject."): value for name, value in line.fields.items()}
    fields = [f"      {_FIELDS.get(name, name)}: {_shown(value)}" for name, value in named.items()]
    return printable_lines([f"  {line.day} {line.text}{purpose}", *fields])


def printable_lines(lines: Iterable[str]) -> str:
    """Join lines, each made printable."""
    return "\n".join(map(printable, lines))


def _shown(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return "; ".join(" ".join(map(str, one.values())) if isinstance(one, dict) else str(one) for one in values)


def _owner(entry: Entry, known: Mapping[str, str]) -> str:
    event = entry.event
    if isinstance(event, FollowUpEvent):
        return "" if isinstance(event, _SECRET) else short(event.partner)
    return known["sender"] or known["member"]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
