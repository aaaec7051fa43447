"""Words of closed lists as they stand inside a sentence: in an agreement's text, in a letter (`console.wording.said`).

A test holds the closed lists of the house against this table.
"""

from __future__ import annotations

from console.wording.texts import text

PLAIN_WORDS: frozenset[str] = frozenset(
    {
        # purposes and offences
        text("migrant smuggling"),
        text("trafficking in human beings"),
        text("terrorism"),
        text("organised crime"),
        text("document fraud"),
        text("missing persons"),
        text("participation in a criminal organisation"),
        text("sexual exploitation of children"),
        text("illicit trafficking in drugs"),
        text("illicit trafficking in weapons"),
        text("corruption"),
        text("fraud"),
        text("money laundering"),
        text("counterfeiting currency"),
        text("computer related crime"),
        text("environmental crime"),
        text("murder or grievous bodily injury"),
        text("illicit trade in human organs"),
        text("kidnapping or hostage taking"),
        text("racism and xenophobia"),
        text("organised or armed robbery"),
        text("illicit trafficking in cultural goods"),
        text("swindling"),
        text("racketeering and extortion"),
        text("counterfeiting and product piracy"),
        text("forgery of administrative documents"),
        text("forgery of means of payment"),
        text("illicit trafficking in hormones"),
        text("illicit trafficking in nuclear materials"),
        text("trafficking in stolen vehicles"),
        text("rape"),
        text("arson"),
        text("crimes of the international criminal court"),
        text("unlawful seizure of aircraft or ships"),
        text("sabotage"),
        text("no offence"),
        # natures
        text("ordinary"),
        text("political"),
        text("military"),
        text("religious"),
        text("racial"),
        text("fiscal"),
        # categories of records
        text("arrest"),
        text("missing person"),
        text("vulnerable person"),
        text("judicial procedure"),
        text("discreet check"),
        text("inquiry check"),
        text("specific check"),
        text("unknown wanted person"),
        text("object"),
        text("intelligence"),
        # roles of officers
        text("analyst"),
        text("release officer"),
        text("supervisor"),
        text("legal adviser"),
        text("judge"),
        text("auditor"),
        # fields
        text("category"),
        text("names"),
        text("aliases"),
        text("name parts"),
        text("nationality"),
        text("gender"),
        text("documents"),
        text("phones"),
        text("emails"),
        text("addresses"),
        text("address countries"),
        text("source"),
        text("record category"),
        text("person role"),
        text("reliability"),
        # an event
        text("Content withheld"),
        # outcomes
        text("hit"),
        text("nothing"),
        text("unreachable"),
        text("timed out"),
        text("refused"),
        text("invalid reply"),
        text("not asked"),
        text("inconclusive"),
        text("quota used"),
        text("lapsed"),
    }
)
