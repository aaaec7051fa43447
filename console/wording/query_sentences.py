"""What the node says of queries: why a node is not asked, why it gave no answer, what a draft lacks.

`SAID` are the sentences without a value, `PATTERNS` those with one. A test holds both against what the node can say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.wording.texts import text

_NOT_IN_FORCE = text("no agreement with that agency is in force now")

SAID: Sequence[str] = (
    # Why a node is not asked.
    text("no agreement lets this agency ask that one"),
    text("no agreement allows this question"),
    _NOT_IN_FORCE,
    text("no agreement with that agency covers this purpose"),
    text("the purpose is not stated yet"),
    text("the offence is not stated yet"),
    text("the maximum penalty is not stated yet"),
    text("what the person is in the case is not stated yet"),
    text("the agreement does not cover this offence"),
    text("the offence is not punishable severely enough for the agreement"),
    text("the agreement bars offences of this nature, or the nature was not stated"),
    text("the agreement does not cover persons of this role"),
    text("the agreement asks for an assurance that no death penalty is imposed"),
    text("only members of the joint team may ask under the agreement, and in its case"),
    text("the legal basis is missing"),
    text("the case is missing"),
    text("the name of who asks is missing"),
    text("the agreement answers nothing at once"),
    # Why there is no answer.
    text("the coordinator cannot reach this node; put the query again when it is back"),
    text("the node did not answer in time; put the query again"),
    text("the node's answer has not the form of an answer; tell its operator"),
    text("the coordinator knows no such member"),
    text("it is no member of the federation any more"),
    text("taken over from the disclosure log after an interruption"),
    text("the coordinator reports a failure of a kind unknown here"),
    text("the coordinator gave no outcome for this node"),
    text("the node refused the query"),
    text("the node's answer does not verify or is not for this query; a match there is not excluded"),
    text(
        "the node found nothing, but its list is not enrolled whole, it read the justification as none that the"
        " agreement allows, or it could not examine the query: a match there is not excluded; put the query again later"
    ),
    text(
        "the node did not count the query under the agreement: its text of it is another, it has not accepted this"
        " one yet, or it is suspended or over there; or a fault kept it from looking. A match there is not excluded;"
        " compare the fingerprint of the agreement with that agency (symbolon agreement list), and put the query again"
    ),
    text(
        "the node does not disclose at present, because its disclosure log is not witnessed or cannot be written;"
        " nothing was looked up: a match there is not excluded; put the query again later"
    ),
    text(
        "the agreement this node was asked under was suspended, ended or replaced before its answer came, so the answer"
        " was discarded; a match there is not excluded"
    ),
    text(
        "the day's queries of the agreement at this node are used up and nothing was looked up; put the query again"
        " tomorrow (UTC), or have it put under another agreement"
    ),
    text(
        "the queries that the agreement allows in a year or in this case at this node are used up and nothing was"
        " looked up; have the query put under another agreement"
    ),
    text("the check ended before the node answered; a match there is not excluded; put a query, which waits longer"),
    # What a draft lacks.
    text("at least two of given name, family name and birth date are needed, or a document number"),
    text("at least one name is needed, in names or names_original"),
    text("identifies nobody: too short, or what forms are filled with"),
    text("names no country: stateless, a refugee, or not specified"),
    text("a number counts with the country that issued it: add the country"),
    text("lies in the future: correct the year, or leave the date out"),
    text("no list knows a country of that code: correct it, or leave it out"),
    text("is required"),
    text("expected a number of months"),
    text("expected 3 lines of 30 signs, 2 of 36 or 2 of 44: letters, digits and '<'"),
)
"""Sentences of the node without a value, as they are translated."""

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(said, re.DOTALL), english)
    for said, english in (
        (
            r"the agreement (?P<agreement>\S+) does not let this agency ask that one",
            text("the agreement %(agreement)s does not let this agency ask that one"),
        ),
        (
            rf"(?P<reason>{_NOT_IN_FORCE}): (?P<agreement>\S+) v(?P<version>\d+) is (?P<why>.+)",
            text("%(reason)s: %(agreement)s v%(version)s is %(why)s"),
        ),
        (
            r"the coordinator did not deliver: (?P<failure>.+)",
            text("the coordinator did not deliver: %(failure)s"),
        ),
        (r"nothing in it carries (?P<bits>[\d.e+]+) bits", text("nothing in it carries %(bits)s bits")),
        (r"no such member: (?P<members>.+)", text("no such member: %(members)s")),
        (
            r"a name of a query has at most (?P<most>[\d,]+) characters",
            text("a name of a query has at most %(most)s characters"),
        ),
        (r"(?P<field>\w+): a query has at most (?P<most>[\d,]+)", text("%(field)s: a query has at most %(most)s")),
        (r"a query has at most (?P<most>[\d,]+)", text("a query has at most %(most)s")),
        (
            r"(?P<field>\w+) has (?P<size>[\d,]+) bytes of UTF-8, not (?P<least>\d+) to (?P<most>[\d,]+)",
            text("%(field)s has %(size)s bytes of UTF-8, not %(least)s to %(most)s"),
        ),
        (
            r"has (?P<size>[\d,]+) bytes of UTF-8, not (?P<least>\d+) to (?P<most>[\d,]+)",
            text("has %(size)s bytes of UTF-8, not %(least)s to %(most)s"),
        ),
        (
            r"(?P<field>\w+) is not a single line: it holds control characters",
            text("%(field)s is not a single line: it holds control characters"),
        ),
        (
            r"is not a single line: it holds control characters",
            text("is not a single line: it holds control characters"),
        ),
        (
            r"(?P<field>\w+) has characters that UTF-8 cannot carry",
            text("%(field)s has characters that UTF-8 cannot carry"),
        ),
        (r"has characters that UTF-8 cannot carry", text("has characters that UTF-8 cannot carry")),
    )
)
"""As `console.wording.sentences.PATTERNS`."""
