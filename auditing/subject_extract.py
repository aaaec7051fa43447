"""What one person is told of the log: lines by category, and what is withheld on what ground.

The grounds are those of Directive (EU) 2016/680, art. 15(1). What came from a partner, or a partner asked, is told only
after that partner was heard (Reg. (EU) 2018/1862, art. 67(3)); an objection withholds it. The letter
(`auditing.subject_letter`) says the same whether something is withheld or not, and is the same where everything is and
where there is nothing: who reads it learns nothing of what he is not told (art. 15(3)).

A line is made of the event alone: no name of a colleague, no other person, no free text. Of a query of ours it has the
fields that it was put with, which are the person's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from agreements.sentences import Sentence, Value, all_of, said
from auditing.sources import Opened, short
from auditing.subjects import SUBJECT_FIELDS, Search
from auditing.tables import printable
from ledger.case_events import CaseShown, ContentRead, FollowUpEvent
from ledger.entries import Entry

Category = Literal["asked", "answers", "asked_of_us", "silent", "follow_up", "records"]
Ground = Literal["inquiries", "prevention", "public_security", "national_security", "rights_of_others"]

GROUNDS: Mapping[Ground, str] = {
    "inquiries": "to avoid obstructing official or legal inquiries, investigations or procedures (art. 15(1)(a))",
    "prevention": "to avoid prejudicing prevention, detection, investigation, prosecution, penalties (art. 15(1)(b))",
    "public_security": "to protect public security (art. 15(1)(c))",
    "national_security": "to protect national security (art. 15(1)(d))",
    "rights_of_others": "to protect the rights and freedoms of others (art. 15(1)(e))",
}
"""The grounds on which something may be withheld."""

_BY_TYPE: Mapping[str, tuple[Category, Sentence]] = {
    "query_sent": ("asked", said("This agency asked whether you are known to: %(recipients)s.")),
    "query_denied": ("asked", said("A question about you was prepared and not put.")),
    "answer_received": ("answers", said("%(member)s answered: %(outcome)s, at level %(level)s.")),
    "query_received": ("asked_of_us", said("%(sender)s put a question that fitted a record of yours.")),
    "query_opened": ("asked_of_us", said("A record of yours fitted a question.")),
    "query_answered": ("asked_of_us", said("%(sender)s was answered at level %(level)s.")),
    "query_refused": ("asked_of_us", said("%(sender)s was answered with nothing.")),
    "hit_silent": ("silent", said("A record of yours fitted a question of %(sender)s, which was not told.")),
    "record_shown": ("records", said("Your record was looked at in this agency.")),
    "record_removed": ("records", said("Your record was removed.")),
    "record_restored": ("records", said("Your record was let in again.")),
}
_PLACES = re.compile(r"%\((\w+)\)s")
_SECRET = (CaseShown, ContentRead)
"""Looking at a file here is an act of this agency alone; no partner has to be heard on it."""


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One thing the log says about the person. ``partner`` is the owner to be heard, empty where there is none."""

    number: int
    day: date
    category: Category
    partner: str
    purpose: str
    text: Sentence
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
    category, told = _BY_TYPE.get(kind) or ("follow_up", _follow_up(kind))
    own = {name: _read(opened[name]) for name in SUBJECT_FIELDS if name in opened}
    text = replace(
        told, values={name: told.values.get(name) or _value(name, event) for name in _PLACES.findall(told.text)}
    )
    purpose = str(event.get("purpose", ""))
    return ToldLine(entry.number, entry.time.date(), category, _owner(entry, event), purpose, text, own)


def _follow_up(kind: str) -> Sentence:
    return said("%(event)s.", event=Sentence(kind.replace("_", " ").capitalize()))


def _value(name: str, event: Mapping[str, Any]) -> Value:
    """Give a value of an event as a letter has it; what a partner named may hold anything, and is made printable."""
    if name == "recipients":
        return all_of(printable(short(one)) for one in event.get("recipients", ()))
    value = event.get(name, "")
    if name == "outcome":
        return Sentence(printable(str(value).replace("_", " ")))
    return value if isinstance(value, int) else printable(short(str(value)))


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


def _owner(entry: Entry, event: Mapping[str, Any]) -> str:
    if isinstance(entry.event, FollowUpEvent):
        return "" if isinstance(entry.event, _SECRET) else short(entry.event.partner)
    return short(str(event.get("sender") or event.get("member") or ""))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
