"""What the node says of cases: alerts, what has to hold, why a step is refused, why a record matches.

`SAID` are the sentences without a value, `PATTERNS` those with one. A test holds both against what the node can say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.wording.texts import text

SAID: Sequence[str] = (
    # Alerts.
    text("a hit: confirm that it is the person asked for, or reject it"),
    text("you have confirmed the match: another officer has to confirm it, too"),
    text("confirmed: ask for more, or leave it"),
    text("conditions are offered: acknowledge them to get the content"),
    text("the holder's time for the request has passed"),
    text("content has come: read it"),
    text("the content was corrected: read it again"),
    text("the holder has recalled it: use nothing of it any more"),
    text("the holder gives no more: take note, and look for another way"),
    text("the holder has settled the dispute: it stands as it was"),
    text("the holder has answered about leave"),
    text("the holder asks about the request"),
    text("feedback is overdue"),
    text("the giver waits for feedback"),
    text("danger to life: the holder has to decide the request"),
    text("danger to life, and you answer for it: the holder has to decide the request"),
    text("review of the emergency: due"),
    text("review of the emergency: overdue"),
    text("the review of the emergency waits for an officer who had no part in it"),
    # Why an agreement has no force.
    text("not to be read here: tell who runs the node"),
    text("not in force: the moment has no zone"),
    text("not accepted here yet"),
    # What has to hold for a step.
    text("another officer; more are needed"),
    text("as many different officers as the agreement asks"),
    text("a reason"),
    text("own decision allows a release"),
    text("own decision allows it; a named person answers"),
    text("exactly the conditions offered; own decision still allows"),
    text("as offered and acknowledged"),
    text("under the offer acknowledged, within its fields"),
    text("the conditions do not bar it"),
    text("it was asked and not answered before"),
    text("nothing happened for the time set"),
    text("the time of the agreement has passed"),
    text("the review days of the agreement have passed"),
    text("an officer who had no part in it"),
    text("the match was confirmed before"),
    text("the match was not confirmed before"),
    # Why a step is refused.
    text("the conditions offered are not those named: show the case and read them again"),
    text("the copy is to be deleted: nobody reads it any more"),
    text("leave is asked for content that is here"),
    text("no such question is open"),
    text("there is nothing that waits for being taken note of"),
    text("this officer has confirmed the match already"),
    text("this officer had a part in the case"),
    text("this officer put the query"),
    text("this officer answered for the emergency"),
    text("who asks does not answer for the emergency: name another officer"),
    text("who answers for the emergency is no active officer here: name one who is"),
    text("several agencies gave this reference: name the agency too"),
    text("tick that you take on exactly these conditions"),
    text("tick that the copy is to be erased"),
    # Why a record matches: features.
    text("name"),
    text("name part"),
    text("category"),
    text("birth date"),
    text("birth place"),
    text("nationality"),
    text("gender"),
    text("address"),
    text("phone number"),
    text("e-mail address"),
    text("further numbers"),
    text("further name parts"),
    text("own name"),
    text("order of names"),
    text("generation"),
    text("shared alias"),
    text("telling word"),
    text("common word"),
    text("other words"),
    text("place"),
    text("number in the name"),
    text("further words"),
    text("legal form"),
    text("passport"),
    text("national identity number"),
    text("tax number"),
    text("registration number"),
    text("driving licence"),
    text("residence permit or visa"),
    text("IMO number"),
    text("name"),
    text("name part"),
    text("IMO company number"),
    text("MMSI"),
    text("call sign"),
    text("aircraft registration"),
    text("aircraft serial number"),
    text("bank account"),
    text("bank code"),
    text("device number"),
    text("subscriber number"),
    text("payment card"),
    text("legal entity identifier"),
    text("vehicle identification number"),
    text("number plate"),
    text("crypto wallet"),
    text("document number"),
    # Why a record matches: what was seen.
    text("the same day"),
    text("the same, though 1 January often stands for the year only"),
    text("day and month agree, birth year differs by one"),
    text("day and month agree, one digit of the year does not"),
    text("the same year, one of them on 1 January"),
    text("day and month swapped"),
    text("the same year and month, one digit of the day differs"),
    text("the same year and month, another day"),
    text("the same year and day, another month"),
    text("the same year, another day and month"),
    text("the same month"),
    text("the same year"),
    text("birth year differs by one"),
    text("the same parts in another order"),
    text("the first given name of one is not that of the other"),
    text("no more than a word or number in common"),
    text("nothing in common"),
    text("no word in common"),
    text("the same country, no other word in common"),
    text("of the same class"),
    text("one side has more words of its own"),
    text("one more number agrees"),
    text("with a check digit on one side"),
    text("letters that look alike"),
    text("two signs exchanged"),
    text("one slip apart"),
    text("shortened on one side"),
    text("without its country code on one side"),
    text("neighbours in a series"),
    # How parts of names answer each other.
    text("is the same as"),
    text("is read as"),
    text("is known as"),
    text("is written as"),
    text("is written as one with"),
    text("is a customary form of"),
    text("sounds the same as"),
    text("sounds like"),
    text("is the form for the other sex of"),
    text("is listed as another name than"),
    text("is not the same in pinyin as"),
    text("is the same in older or newer signs as"),
    text("may be short for"),
    text("has the initial of"),
    text("has the initials of"),
    text("is one slip from"),
    text("is spelt otherwise as"),
    text("is a spelling of"),
    text("is spelt nearly as"),
    text("differs in a vowel from"),
    text("has the consonants of"),
    text("can be written"),
    text("is the noun or adjective of"),
)
"""Sentences of the node without a value, as they are translated."""

_HOW = "|".join(
    sorted(
        (re.escape(one) for one in SAID if re.match("is |sounds |may be |has the |differs in |can be ", one)),
        key=len,
        reverse=True,
    )
)


def _pattern(said: str, english: str) -> tuple[re.Pattern[str], str]:
    return re.compile(said, re.DOTALL), english


PATTERNS: Sequence[tuple[re.Pattern[str], str]] = (
    # Alerts.
    _pattern(
        r"nothing is asked or taken on: the agreement is (?P<why>.+): put the query again under that one",
        text("nothing is asked or taken on: the agreement is %(why)s: put the query again under that one"),
    ),
    _pattern(
        r"nothing is asked or taken on: the agreement is (?P<why>.+)",
        text("nothing is asked or taken on: the agreement is %(why)s"),
    ),
    _pattern(
        r"nobody reads the content meanwhile: the agreement is (?P<why>.+)",
        text("nobody reads the content meanwhile: the agreement is %(why)s"),
    ),
    _pattern(
        r"nobody reads the copy meanwhile: the agreement is (?P<why>.+)",
        text("nobody reads the copy meanwhile: the agreement is %(why)s"),
    ),
    _pattern(
        r"the quota of (?P<number>\d+) requests? a day at the holder is used up: ask again from (?P<day>\S+) 00:00 UTC",
        text("the quota of requests a day (%(number)s) at the holder is used up: ask again from %(day)s 00:00 UTC"),
    ),
    _pattern(
        r"the quota of (?P<number>\d+) emergencys? a month at the holder is used up: ask again from (?P<day>\S+)"
        r" 00:00 UTC",
        text(
            "the quota of emergencies a month (%(number)s) at the holder is used up: ask again from %(day)s 00:00 UTC"
        ),
    ),
    _pattern(
        r"this file cannot be read: tell who runs the node; it stood at (?P<state>.+)",
        text("this file cannot be read: tell who runs the node; it stood at %(state)s"),
    ),
    # Why an agreement has no force.
    _pattern(r"not signed yet by (?P<who>.+)", text("not signed yet by %(who)s")),
    _pattern(r"replaced by a later version since (?P<day>\S+)", text("replaced by a later version since %(day)s")),
    _pattern(r"over: (?P<day>\S+) was its last day", text("over: %(day)s was its last day")),
    _pattern(r"to begin on (?P<day>\S+)", text("to begin on %(day)s")),
    _pattern(
        r"ended by (?P<who>\S+), its last day was (?P<day>\S+)", text("ended by %(who)s, its last day was %(day)s")
    ),
    _pattern(
        r"suspended by (?P<who>\S+) since (?P<since>\S+ \S+) UTC, until (?P=who) resumes it",
        text("suspended by %(who)s since %(since)s UTC, until %(who)s resumes it"),
    ),
    _pattern(
        r"suspended by (?P<who>\S+), until (?P=who) resumes it",
        text("suspended by %(who)s, until %(who)s resumes it"),
    ),
    _pattern(
        r"(?P<one>(?:ended|suspended) by .+) and (?P<other>(?:ended|suspended) by .+)",
        text("%(one)s and %(other)s"),
    ),
    # Why a step is refused.
    _pattern(
        r"(?P<step>[a-z ]+): not possible while the state is (?P<state>[a-z ]+)",
        text("%(step)s: not possible while the state is %(state)s"),
    ),
    _pattern(
        r"there is no content while the state is (?P<state>\w+)",
        text("there is no content while the state is %(state)s"),
    ),
    _pattern(r"a file takes at most (?P<most>[\d,]+) of these", text("a file takes at most %(most)s of these")),
    _pattern(r"(?P<field>\w+) is required", text("%(field)s is required")),
    _pattern(
        r"(?P<field>\w+): (?P<number>[\d,]+) characters, and at most (?P<most>[\d,]+) are taken",
        text("%(field)s: %(number)s characters, and at most %(most)s are taken"),
    ),
    _pattern(r"to: (?P<who>\S+) has it already", text("%(who)s has it already")),
    # Why a record matches.
    _pattern(
        r"(?P<feature>[A-Za-z -]+): (?P<seen>.+) \((?P<points>[+−]\d+\.\d)\)",
        text("%(feature)s: %(seen)s (%(points)s)"),
    ),
    _pattern(r"(?P<feature>[A-Za-z -]+): agrees", text("%(feature)s: agrees")),
    _pattern(r"(?P<feature>[A-Za-z -]+): agrees in part", text("%(feature)s: agrees in part")),
    _pattern(r"(?P<feature>[A-Za-z -]+): on one side only", text("%(feature)s: on one side only")),
    _pattern(r"(?P<feature>[A-Za-z -]+): differs", text("%(feature)s: differs")),
    _pattern(r"(?P<seen>.+) \(approximate\)", text("%(seen)s (approximate)")),
    _pattern(r"(?P<seen>.+), but hardly", text("%(seen)s, but hardly")),
    _pattern(r"(?P<seen>.+), but issued by different countries", text("%(seen)s, but issued by different countries")),
    _pattern(r"(?P<seen>.+), though its country is not known", text("%(seen)s, though its country is not known")),
    _pattern(
        r"(?P<seen>.+); of (?P<document>.+), its check digit is wrong",
        text("%(seen)s; of %(document)s, its check digit is wrong"),
    ),
    _pattern(
        r"(?P<seen>.+), a state that is gone and its successor",
        text("%(seen)s, a state that is gone and its successor"),
    ),
    _pattern(
        r"(?P<seen>.+), the same parts with child and parent exchanged",
        text("%(seen)s, the same parts with child and parent exchanged"),
    ),
    _pattern(
        r"(?P<one>.+) and (?P<other>.+), as many people are called",
        text("%(one)s and %(other)s, as many people are called"),
    ),
    _pattern(r"birth year differs by (?P<years>\d+)", text("birth year differs by %(years)s")),
    _pattern(
        r"day and month agree, birth year differs by (?P<years>\d+)",
        text("day and month agree, birth year differs by %(years)s"),
    ),
    _pattern(r"they overlap within (?P<years>\d+) years", text("they overlap within %(years)s years")),
    _pattern(r"(?P<number>\d+) more numbers agree", text("%(number)s more numbers agree")),
    _pattern(r"(?P<value>.+) on both sides", text("%(value)s on both sides")),
    _pattern(r"(?P<value>.+) on one side only", text("%(value)s on one side only")),
    _pattern(r"(?P<native>\S+) \(read as (?P<latin>[^)]+)\)", text("%(native)s (read as %(latin)s)")),
    _pattern(rf"(?P<one>.+) (?P<how>{_HOW}) (?P<other>.+)", text("%(one)s %(how)s %(other)s")),
    _pattern(r"(?P<one>.+) against (?P<other>.+)", text("%(one)s against %(other)s")),
    _pattern(r"(?P<one>\d[\d/.-]*) and (?P<other>\d[\d/.-]*), (?P<how>.+)", text("%(one)s and %(other)s, %(how)s")),
    _pattern(r"(?P<one>[^ ]+) and (?P<other>[^ ]+), (?P<how>.+)", text("%(one)s and %(other)s, %(how)s")),
    _pattern(r"(?P<one>\d[\d/.-]*), (?P<how>.+)", text("%(one)s, %(how)s")),
)
"""Sentences of the node with values: as they are said, and as they are translated."""
