"""The texts of reports, statistics and comparisons, as the console translates them: they are written in `auditing`.

A test holds the tables there against these. Sentences with values in them are patterns (`AUDIT_PATTERNS`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.wording.texts import text

TABLE_TEXTS: frozenset[str] = frozenset(
    {
        # titles
        text("Overview"),
        text("Patterns found"),
        text("Queries"),
        text("Levels"),
        text("Users"),
        text("Open rate"),
        text("Queries by day"),
        text("Queries by hour of the day"),
        text("Times to answer"),
        text("Use of quotas"),
        text("Refusals and failures"),
        text("Denied calls"),
        text("Opened fields"),
        text("What followed hits"),
        text("Duties"),
        text("Entries by event"),
        text("Rules of the patterns"),
        text("What one sent and the other took"),
        text("Queries and matches by day"),
        text("Requests of data subjects by year"),
        text("Queries and matches by month"),
        text("Queries and matches by year"),
        # explanations
        text("Queries to or from each partner count one each."),
        text("A finding is a question to ask, not an answer. The rules, and what they cannot see, are below."),
        text(
            "Queries put (sent) and received, one for each partner asked. Answered: with a word on the "
            "person. Opened: a record of the holder's fits. Told: level 1 or more. Silent: hits the "
            "asker is not told of."
        ),
        text("The level of each answer; level 0 is also where there was none."),
        text("Who put the queries, as far as users are shown; those of partners as the partner names them."),
        text("How many of a partner's queries opened here: it learns nothing of the others, and neither do we."),
        text("Days without a query are left out."),
        text("Over all days."),
        text("The busiest day under each agreement, beside what it allows a day, where its text is at hand."),
        text(
            "Queries and requests refused, and those without a word on the person. Most reasons the asker never learns."
        ),
        text("What our own users and other parties were denied. One entry may stand for many calls of a minute."),
        text("Personal fields opened by auditors and others; * stands for all fields. This report is the next one."),
        text("Events of cases and referrals."),
        text(
            "Content of partners and what is owed for it, whole log up to the end of the period. Late is "
            "told where references are compared and the agreement's text is at hand; a correction counts "
            "from the first content."
        ),
        text("All of the period."),
        text("With the thresholds of this report."),
        text("Requests of data subjects decided, by outcome; small counts as above, and no total."),
        text("Seconds from the entry of the query to that of its answer; quantiles within 5 %."),
        # columns
        text("what"),
        text("count"),
        text("pattern"),
        text("direction"),
        text("who"),
        text("from (UTC)"),
        text("to (UTC)"),
        text("entries"),
        text("partner"),
        text("agreement"),
        text("purpose"),
        text("queries"),
        text("answered"),
        text("opened"),
        text("told"),
        text("silent"),
        text("refused"),
        text("level 0"),
        text("level 1"),
        text("level 2"),
        text("level 3"),
        text("level 4"),
        text("user"),
        text("share %"),
        text("received"),
        text("opened %"),
        text("day (UTC)"),
        text("sent"),
        text("relayed"),
        text("all"),
        text("hour (UTC)"),
        text("answers"),
        text("median s"),
        text("95 % within s"),
        text("longest s"),
        text("agreement hash"),
        text("busiest day"),
        text("allowed a day"),
        text("used %"),
        text("over quota"),
        text("reason"),
        text("fields"),
        text("accesses"),
        text("of them over a range"),
        text("event"),
        text("copies received"),
        text("feedback given"),
        text("copies deleted"),
        text("feedback late"),
        text("deletion late"),
        text("rule"),
        text("what it cannot see"),
        text("found"),
        text("from"),
        text("to"),
        text("matched"),
        text("missing"),
        text("differ"),
        text("not yet"),
        text("ignored"),
        text("day"),
        text("party"),
        text("matches"),
        text("year"),
        text("outcome"),
        text("requests"),
        text("month"),
        # rows
        text("entries in the period"),
        text("findings"),
        text("personal fields erased or not opened"),
        text("persons no longer compared, for want of room"),
        # patterns
        text("Burst"),
        text("One user's share"),
        text("Names or numbers in order"),
        text("Near-identical persons"),
        text("The same person again"),
        text("Hits without follow-up"),
        text("Out of hours"),
        text("Denied calls and refused queries"),
        text("The clock went back"),
    }
)
"""Titles, explanations and columns of tables, and the names of rows and patterns."""

_N = r"[\d,]+"
_T = r"[\d:+ T-]+"

AUDIT_PATTERNS: Sequence[tuple[re.Pattern[str], str]] = (
    (
        re.compile(rf"All (?P<count>{_N}) entries verify, with .*"),
        text("All %(count)s entries verify, with their links, their openings and the tree over them."),
    ),
    (
        re.compile(rf"(?P<count>{_N}) entries, (?P<first>{_N}) to (?P<last>{_N})\."),
        text("%(count)s entries, %(first)s to %(last)s."),
    ),
    (
        re.compile(rf"Entries (?P<first>{_N}) to (?P<last>{_N}), (?P<begin>{_T}) to (?P<end>{_T}) UTC\."),
        text("Entries %(first)s to %(last)s, %(begin)s to %(end)s UTC."),
    ),
    (re.compile(r"Only: (?P<filters>.+)\."), text("Only: %(filters)s.")),
    (
        re.compile(rf"The log has (?P<total>{_N}) entries; the checkpoint is over (?P<size>{_N})\. .*"),
        text("The log has %(total)s entries; the checkpoint is over %(size)s. Entries are missing at its end."),
    ),
    (
        re.compile(rf"The first (?P<size>{_N}) entries are not those under the checkpoint: the log was rewritten\."),
        text("The first %(size)s entries are not those under the checkpoint: the log was rewritten."),
    ),
    (
        re.compile(rf"(?P<count>{_N}) findings?: ask both parties to explain each\."),
        text("Findings: %(count)s. Ask both parties to explain each."),
    ),
    (re.compile(rf"And (?P<count>{_N}) findings? more\."), text("Further findings: %(count)s.")),
    (
        re.compile(r"(?P<party>\S+): speaks of the time from the beginning to (?P<until>\S+)\."),
        text("%(party)s: speaks of the time from the beginning to %(until)s."),
    ),
    (
        re.compile(r"(?P<party>\S+): speaks of the time from (?P<since>\S+) to (?P<until>\S+)\."),
        text("%(party)s: speaks of the time from %(since)s to %(until)s."),
    ),
    (re.compile(r"Not checked: (?P<what>.+)\."), text("Not checked: %(what)s.")),
    (re.compile(r"Not compared: (?P<what>.+)\."), text("Not compared: %(what)s.")),
    (
        re.compile(r"(?P<party>\S+) has no entry that it (?P<deed>.+), which (?P<place>.+) has\."),
        text("%(party)s has no entry that it %(deed)s, which %(place)s has."),
    ),
    (
        re.compile(r"(?P<party>\S+) has no (?P<event>\w+), which follows from (?P<place>.+)\."),
        text("%(party)s has no %(event)s, which follows from %(place)s."),
    ),
    (
        re.compile(rf"(?P<count>{_N}) calls of our own users denied on (?P<day>\S+)"),
        text("%(count)s calls of our own users denied on %(day)s"),
    ),
    (re.compile(rf"(?P<count>{_N}) queries refused on (?P<day>\S+)"), text("%(count)s queries refused on %(day)s")),
    (re.compile(rf"(?P<count>{_N}) calls refused on (?P<day>\S+)"), text("%(count)s calls refused on %(day)s")),
)
"""What the auditor's works say with values in it."""

AUDIT_TEXTS = (
    text("No entry of the log lies in the period."),
    text("Nothing personal was opened: users do not appear, and patterns of users are not sought."),
    text("Users appear by a number, which means something within this report only."),
    text("Users appear by name. Treat this report as personal data."),
    text("Nothing was found: as far as it was checked, what each says it sent the other says it received."),
)
"""What they say as it stands."""
