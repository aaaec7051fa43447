"""Why a form or a row of a list is refused: values that cannot be read, files, lists, terms of a search.

`SAID` are the sentences without a value, `PATTERNS` those with one. Most are said after the field they are about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.wording.texts import text

SAID: Sequence[str] = (
    # A subject, a justification.
    text("is missing"),
    text("must have as many entries as aliases"),
    text("a field the format does not have"),
    text("expected YYYY, YYYY-MM or YYYY-MM-DD, two of them with '/', '~' for approximate"),
    text("the end of the interval lies before its beginning"),
    text("a name without a letter"),
    text("no such day in the calendar"),
    text("expected YYYY, YYYY-MM, YYYY-MM-DD, or another of the forms that lists write dates in"),
    text("longer than a date is written"),
    text("is empty"),
    text("expected a list"),
    text("expected names with their values"),
    text("expected a whole number"),
    text("expected a moment with its time zone, as 2026-11-26T08:00:00Z"),
    text("expected true or false"),
    text("expected a country code of two or three letters"),
    text("cannot be read"),
    # A row of a list, its header, its file.
    text("not JSON"),
    text("not a JSON object"),
    text("not JSON: NaN and Infinity are no values"),
    text("not UTF-8"),
    text("not CSV: a quotation mark in the wrong place, or a cell too long"),
    text("a quotation mark is opened and not closed"),
    text("a control character"),
    text("a field stands there twice"),
    text("stands there twice"),
    text("expected one JSON object"),
    text("expected a text"),
    text("expected type:country:number, several of them joined by |"),
    text("expected part=value, several of them joined by |"),
    text("expected codes of countries, each with an action"),
    text("expected lines of text, without control characters"),
    text("there is none that can be read"),
    text("its columns are separated by tabs: save the list with commas or semicolons"),
    text("column record_id is missing"),
    text("the file is UTF-16: save it as UTF-8"),
    text("the file is compressed: unpack it first"),
    text("the file is a ZIP archive or a spreadsheet: save it as CSV in UTF-8"),
    text("they go with a whole list"),
    text("it is empty"),
    text("no file of rows set aside by that import"),
    text("or it was removed"),
    text("that was removed by hand"),
    # Batches and saved cases.
    text("it has no row"),
    text("choose a file"),
    text("it is asked in the name of another officer"),
    text("the batch is running: cancel it first"),
    text("no row of the batch waits to be asked"),
    text("prepared"),
    text("running"),
    text("stopped"),
    text("finished"),
    text("cancelled"),
    text("it is closed"),
    text("somebody has changed it meanwhile"),
    text("another case has it"),
    # Officers.
    text("analyst"),
    text("release_officer"),
    text("supervisor"),
    text("legal_adviser"),
    text("judge"),
    text("auditor"),
    text("operator"),
    text("none"),
    # Searches and audits.
    text("expected YYYY-MM-DD"),
    text("the first day is after the last"),
    text("expected an agency, or a party's URI"),
    text("no event of this log is called so"),
    text("no entry names it"),
    text("expected 0 to 4"),
    text("expected two logs or more"),
    text("expected the number of an entry"),
    text("say why personal fields are opened"),
    text("other audits are under way: try again when they are over"),
    text("no such work, or it is over for too long"),
    text("the file is too large"),
    text("the file is too large for a checkpoint"),
    text("there is no room for the file on the node's disk"),
    text("no such file was handed over, or too long ago"),
    text("there is no such file"),
    text("there is no letter before the decision"),
    text("say the reference of the request, and whom to look for"),
    text("this is decided already, or not found yet"),
)
"""Sentences of the node without a value, as they are translated."""

FIELDS: Sequence[str] = (
    *("names", "names_original", "aliases", "alias_quality", "name_parts", "dob", "pob", "nationality", "gender"),
    *("documents", "phones", "emails", "addresses", "address_countries", "category", "given_name", "family_name"),
    *("purpose", "legal_basis", "case_reference", "offence", "penalty_months", "nature", "person_role"),
    *("death_penalty", "assurance", "justification", "recipients", "mrz", "subject", "reference", "case"),
    *("record_id", "rules", "programs", "listed_on", "source", "row", "list", "header line", "upload", "removals"),
    *("since", "until", "partner", "type", "agreement", "level", "open", "reason", "text", "last_day", "seconds"),
)
"""What stands before such a sentence: fields as the formats name them, shown by their labels where they have one."""

_ROLE = "analyst|release_officer|supervisor|legal_adviser|judge|auditor|operator"

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(said, re.DOTALL), english)
    for said, english in (
        # A subject, a justification.
        (
            r"the year lies outside (?P<first>\d+)-(?P<last>\d+)",
            text("the year lies outside %(first)s-%(last)s"),
        ),
        (
            r"longer than (?P<most>[\d,]+) characters",
            text("longer than %(most)s characters"),
        ),
        (r"expected a number from (?P<least>[\d,]+) on", text("expected a number from %(least)s on")),
        (r"expected a number up to (?P<most>[\d,]+)", text("expected a number up to %(most)s")),
        (r"expected one of: (?P<words>'.*')", text("expected one of: %(words)s")),
        # A row of a list, its header, its file.
        (r"a field the format does not have \((?P<name>\w+)\)", text("a field the format does not have (%(name)s)")),
        (r"not JSON: an error at character (?P<place>\d+)", text("not JSON: an error at character %(place)s")),
        (
            r"(?P<cells>\d+) cells where the header has (?P<wanted>\d+)",
            text("%(cells)s cells where the header has %(wanted)s"),
        ),
        (r"a NUL character at byte (?P<place>\d+) of the row", text("a NUL character at byte %(place)s of the row")),
        (r"not UTF-8 at byte (?P<place>\d+) of the row", text("not UTF-8 at byte %(place)s of the row")),
        (r"a line longer than (?P<most>[\d,]+) bytes", text("a line longer than %(most)s bytes")),
        (r"column (?P<column>\d+(?: \(\w+\))?) is unknown", text("column %(column)s is unknown")),
        (r"column (?P<column>\w+) stands there twice", text("column %(column)s stands there twice")),
        (r"more than (?P<most>[\d,]+) bytes", text("more than %(most)s bytes")),
        (r"more than (?P<most>[\d,]+) MiB; divide it", text("more than %(most)s MiB; divide it")),
        (r"more than (?P<most>[\d,]+) rows; divide it", text("more than %(most)s rows; divide it")),
        (
            r"expected one line of at most (?P<most>[\d,]+) characters",
            text("expected one line of at most %(most)s characters"),
        ),
        (
            r"the list is larger than (?P<most>[\d,]+) bytes: import it with symbolon node import",
            text("the list is larger than %(most)s bytes: import it with symbolon node import"),
        ),
        (
            r"(?P<number>\d+) rejected rows cannot be told from the absent records, so none was removed:"
            r" mend them and import again",
            text(
                "%(number)s rejected rows cannot be told from the absent records, so none was removed:"
                " mend them and import again"
            ),
        ),
        # Batches and saved cases.
        (
            r"the batch is (?P<state>prepared|running|stopped|finished|cancelled)",
            text("the batch is %(state)s"),
        ),
        (r"at most (?P<most>[\d,]+) cases are open at once", text("at most %(most)s cases are open at once")),
        # Officers.
        (
            rf"it takes the role (?P<role>(?:{_ROLE})(?: or (?:{_ROLE}))*);"
            rf" this officer has (?P<has>(?:{_ROLE}|none)(?: and (?:{_ROLE}))*)",
            text("it takes the role %(role)s; this officer has %(has)s"),
        ),
        (rf"(?P<one>{_ROLE}) or (?P<other>(?:{_ROLE})(?: or (?:{_ROLE}))*)", text("%(one)s or %(other)s")),
        (rf"(?P<one>{_ROLE}) and (?P<other>(?:{_ROLE})(?: and (?:{_ROLE}))*)", text("%(one)s and %(other)s")),
        # Searches and audits.
        (r"at most (?P<most>[\d,]+) characters", text("at most %(most)s characters")),
        (r"at most (?P<most>[\d,]+) fields", text("at most %(most)s fields")),
        (r"at most (?P<most>[\d,]+) particulars", text("at most %(most)s particulars")),
        (r"say why, in at most (?P<most>[\d,]+) characters", text("say why, in at most %(most)s characters")),
        (r"from (?P<least>[\d,]+) to (?P<most>[\d,]+)", text("from %(least)s to %(most)s")),
        (
            r"(?P<number>\d+) files are being handed over already",
            text("%(number)s files are being handed over already"),
        ),
        (
            r"no entry of this log has the personal field (?P<field>'.*')",
            text("no entry of this log has the personal field %(field)s"),
        ),
        (r"the checkpoint cannot be used: (?P<why>.+)", text("the checkpoint cannot be used: %(why)s")),
        (r"the log cannot be read: (?P<why>\w+)", text("the log cannot be read: %(why)s")),
        (r"(?P<why>.+); everything from there on is in doubt", text("%(why)s; everything from there on is in doubt")),
        (r"entry (?P<number>\d+)", text("entry %(number)s")),
        (
            r"--reason: say why something is withheld, for the log",
            text("say why something is withheld, for the log"),
        ),
        (
            r"say whom: --name .*",
            text("say whom: a name with a birth date, a document, a record or a reference"),
        ),
        (r"--name, --document, .*", text("one of the particulars is empty")),
        (r"--born: .*", text("the birth date: expected YYYY-MM-DD")),
        (r"--without: a record .*", text("a record is the person's or is not, not both")),
        (r"--withhold: a category .*", text("a category is told or withheld, not both")),
        (r"--tell or --withhold: not decided: (?P<what>.+)", text("not decided yet: %(what)s")),
        (r"--heard: hear first, or withhold: (?P<what>.+)", text("hear the partner first, or withhold: %(what)s")),
        (r"--withhold: state a ground for (?P<what>.+)", text("state a ground for withholding: %(what)s")),
        # A field, and one of these.
        (rf"(?P<field>(?:{'|'.join(FIELDS)})(?:\.\w+)?): (?P<why>.+)", text("%(field)s: %(why)s")),
        (rf"(?P<field>{'|'.join(FIELDS)}) is required", text("%(field)s is required")),
    )
)
"""As `console.wording.sentences.PATTERNS`."""
