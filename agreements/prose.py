"""An agreement as people read it: clause by clause, and what each means in practice.

The text says everything the document says and nothing else; a test looks every clause up in it. Words are plain, and
whatever a node does by itself, as when something is unknown, is said where it matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agreements import prose_words as words
from agreements.agreement import Agreement
from agreements.clauses import ApprovalClause, PartyClause

WIDTH = 100
"""Characters of a line of the text, where words allow."""


@dataclass(frozen=True, slots=True)
class Article:
    """One article: its heading, what is agreed, and what it means in practice."""

    heading: str
    agreed: tuple[str, ...]
    practice: tuple[str, ...] = ()


def render(agreement: Agreement) -> str:
    """Give the agreement as text."""
    head = [
        f"{agreement.title} ({agreement.id}, version {agreement.version})",
        f"Legal basis: {agreement.legal_basis}",
        f"Supersedes: {agreement.supersedes or 'nothing, this is the first version'}",
        f"Fingerprint: {agreement.hash.hex()}",
    ]
    numbered = [_numbered(number, article) for number, article in enumerate(articles(agreement), 1)]
    return "\n".join([*head, *(line for lines in numbered for line in lines)])


def articles(agreement: Agreement) -> tuple[Article, ...]:
    """Give the articles in order."""
    return (
        _parties(agreement),
        _validity(agreement),
        _questions(agreement),
        _persons(agreement),
        _answer(agreement),
        _release(agreement),
        _quotas(agreement),
        _protection(agreement),
        _discreet(agreement),
        _penalty(agreement),
        _handling(agreement),
        _emergency(agreement),
        _team(agreement),
        _always(),
    )


def _numbered(number: int, article: Article) -> list[str]:
    lines = ["", f"{number}. {article.heading}"]
    for sentence in article.agreed:
        lines += words.wrapped(sentence, WIDTH, "   ")
    if article.practice:
        lines.append("   In practice:")
    for sentence in article.practice:
        lines += words.wrapped(f"- {sentence}", WIDTH, "   ", "     ")
    return lines


def _parties(agreement: Agreement) -> Article:
    named = tuple(_party(party) for party in _ordered(agreement))
    return Article("Parties", named, tuple(_sentences(agreement)))


def _ordered(agreement: Agreement) -> list[PartyClause]:
    """Give the parties by name: one fingerprint has one text, however its parties were written down."""
    return sorted(agreement.parties, key=lambda party: party.agency)


def _party(party: PartyClause) -> str:
    does = words.all_of(
        ["may ask"] * ("asks" in party.roles) + ["answers from its own list"] * ("holds" in party.roles)
    )
    authorities = "; ".join(party.authorities)
    return f"{party.agency} ({party.country}) {does}. It acts for: {authorities}. Contact: {party.contact}."


def _sentences(agreement: Agreement) -> Iterable[str]:
    """Give for each who asks one sentence of whom it may ask what, and what these answer."""
    holders = [party.agency for party in _ordered(agreement) if "holds" in party.roles]
    for party in _ordered(agreement):
        asked = [name for name in holders if name != party.agency]
        if "asks" in party.roles and asked:
            who = asked[0] if len(asked) == 1 else "each"
            whom = words.all_of(asked)
            yield f"{party.agency} may ask {whom} about {_subject(agreement)}; {who} {_reply(agreement)}."


def _subject(agreement: Agreement) -> str:
    offences = agreement.offences
    persons = words.any_of(words.PERSONS[role] for role in words.PERSONS if role in agreement.person_roles)
    about = words.any_of(words.plain(one) for one in sorted(offences.categories))
    months = offences.minimum_penalty_months
    punishable = f" punishable by {words.counted(months, 'month')} or more" if months else " of whatever penalty"
    return f"{persons} in cases of {about}{punishable}"


def _reply(agreement: Agreement) -> str:
    release = agreement.release
    if release.maximum == 0:
        return f"answers {words.LEVELS[agreement.answer.maximum]} at once and releases nothing more"
    return (
        f"answers {words.LEVELS[agreement.answer.maximum]} at once, and {words.LEVELS[release.maximum]} after"
        f" {words.people(release.confirmations)} of the asker confirmed the match and"
        f" {words.people(release.approval.needed)} of its own agreed"
    )


def _validity(agreement: Agreement) -> Article:
    clause = agreement.validity
    kept = {"delete": "is deleted, with a receipt", "keep_under_conditions": "is kept, under the same conditions"}
    return Article(
        "Validity and end",
        (
            f"In force from {clause.from_day} to {clause.until}, both days included, in UTC.",
            f"One party may end it with {words.counted(clause.notice_days, 'day')} of notice.",
            f"When the agreement has ended, what was shared {kept[clause.after_end]}.",
        ),
        (
            "It is in force only once every party has signed it and the node itself has checked each signature.",
            "Its validity is looked at when a question comes in, when it is answered and when data is released.",
            "Each party may suspend it by its own word. That holds from the moment a node has the statement, against"
            " that party and for it, also for requests under way; the others go on among themselves.",
            "A later version takes the place of this one on its first day.",
        ),
    )


def _questions(agreement: Agreement) -> Article:
    offences = agreement.offences
    purposes = words.all_of(words.plain(one) for one in sorted(agreement.purposes))
    natures = words.any_of(words.plain(one) for one in sorted(offences.barred_natures))
    return Article(
        "What may be asked",
        (
            f"Purposes: {purposes}.",
            f"Offences: {words.all_of(words.plain(one) for one in sorted(offences.categories))}.",
            "The maximum penalty in the asker's law is "
            f"{words.counted(offences.minimum_penalty_months, 'month')} or more.",
            f"Barred: offences of a {natures} nature." if natures else "No offence is barred for its nature.",
        ),
        (
            "Each question states its purpose, legal basis, case, offence with its penalty and nature, the person's"
            " role and who asks. One that leaves any of these out is not put, and not answered.",
            "The nature is looked at twice: as asked, and as recorded by the holder.",
        ),
    )


def _persons(agreement: Agreement) -> Article:
    persons = words.all_of(words.PERSONS[role] for role in words.PERSONS if role in agreement.person_roles)
    categories = words.all_of(words.plain(one) for one in sorted(agreement.record_categories))
    return Article(
        "Persons and records",
        (
            f"Persons: {persons}.",
            f"Records: {categories}.",
        ),
        (
            "The person has such a role in the asker's case and in the holder's record alike; of any other record,"
            " and of one whose category or role is not known, nothing is told.",
            "A holder may bar countries and agencies from a record, seal or hide it, withhold fields of it, or tell"
            " less of it than is agreed here. To who asks, such a record looks like none.",
        ),
    )


def _answer(agreement: Agreement) -> Article:
    clause = agreement.answer
    return Article(
        "Answer at once",
        (
            f"At most: {words.LEVELS[clause.maximum]}.",
            f"A hit is told from a score of {clause.hit_score:g}, its reference from {clause.reference_score:g}"
            f" (of 1); {words.counted(clause.maximum_candidates, 'record')} at most.",
        ),
        (
            f"A node can open a question only where one of its records shares {clause.bit_budget:g} bits of identifying"
            " information with it; no other node learns about whom it was.",
        ),
    )


def _release(agreement: Agreement) -> Article:
    clause = agreement.release
    return Article(
        "Release after a reasoned request",
        (
            f"At most: {words.LEVELS[clause.maximum]}.",
            f"Core data, from a score of {clause.core_score:g}: {_fields(clause.core_fields)}.",
            f"Supplementary data, from a score of {clause.supplementary_score:g}:"
            f" {_fields(clause.supplementary_fields)}.",
            f"The match is confirmed by {words.people(clause.confirmations)} of the asker.",
            f"The release is approved by {_approval(clause.approval)}.",
            f"The holder decides within {words.counted(clause.clock_hours, 'hour')}, where it is urgent within"
            f" {clause.urgent_clock_hours}; the clock pauses while a judge has the request.",
        ),
        ("Nobody approves twice, and nobody approves who asked, confirmed or requested.",),
    )


def _fields(fields: Iterable[str]) -> str:
    return words.all_of(words.FIELDS.get(one, words.plain(one)) for one in sorted(fields)) or "none"


def _approval(clause: ApprovalClause) -> str:
    roles = words.any_of(words.plain(one) for one in sorted(clause.roles))
    return f"{words.people(clause.needed)} of the holder, each as {roles}"


def _quotas(agreement: Agreement) -> Article:
    clause = agreement.quotas
    return Article(
        "Quotas",
        (
            f"One party may ask one other {clause.queries_a_day} times a day, {clause.queries_a_year} times a year and"
            f" {clause.queries_a_case} times in one case, and may make {clause.requests_a_day} requests a day (UTC).",
        ),
        ("The holder counts. What is above is refused, and the refusal says nothing about records.",),
    )


def _protection(agreement: Agreement) -> Article:
    clause = agreement.protection
    protected = (
        ("nationals of the holder's own country", clause.own_nationals),
        ("minors", clause.minors),
        ("victims", clause.victims),
        ("witnesses", clause.witnesses),
    )
    return Article(
        "Protected persons",
        tuple(f"Of {who}, at most: {words.LEVELS[level]}." for who, level in protected),
        (
            "A person of several nationalities counts as a national of each. Where it is not known whether somebody is"
            " a national, a minor, a victim or a witness, the person is treated as one.",
        ),
    )


def _discreet(agreement: Agreement) -> Article:
    told = {
        "tell_holder_only": "A hit on a record under a discreet check is told to the holder's officer only.",
        "tell_both": "A hit on a record under a discreet check is told to both sides.",
    }
    practice = {
        "tell_holder_only": (
            "Who asked gets the same answer as where there is no record.",
            "Where it is not known whether a record is under one, it is treated as if it were.",
        ),
        "tell_both": ("Who asked gets the answer of any other record.",),
    }
    return Article("Discreet checks", (told[agreement.discreet_hits],), practice[agreement.discreet_hits])


def _penalty(agreement: Agreement) -> Article:
    told = {
        "refuse": "Where the asker's law threatens the death penalty for the offence, nothing is told.",
        "assurance": "Where the asker's law threatens the death penalty for the offence, it is told only against an"
        " assurance in writing that none is imposed.",
        "answer": "A possible death penalty makes no difference.",
    }
    is_read = agreement.death_penalty != "answer"
    unknown = ("Where it is not stated whether that law does, it is treated as if it did.",)
    return Article("Death penalty", (told[agreement.death_penalty],), unknown if is_read else ())


def _handling(agreement: Agreement) -> Article:
    clause = agreement.handling
    return Article(
        "Handling",
        (
            f"Code {clause.code}: {words.CODES[clause.code]}.",
            *(f"Caveat: {caveat}" for caveat in clause.caveats),
            f"Passing on to third parties: {words.CONSENTS[clause.onward_transfer]}.",
            f"Use for another purpose: {words.CONSENTS[clause.change_of_purpose]}.",
            f"What was released is deleted after {words.counted(clause.retention_days, 'day')}, with a receipt.",
            f"The asker reports the use within {words.counted(clause.feedback_days, 'day')}.",
        ),
        ("The holder may add a stricter code and further caveats to a record; the stricter counts.",),
    )


def _emergency(agreement: Agreement) -> Article:
    clause = agreement.emergency
    if clause.maximum == 0 or clause.uses_a_month == 0:
        agreed: Sequence[str] = ("There is no shorter path for emergencies.",)
    else:
        agreed = ()
    return Article(
        "Emergency",
        (
            *agreed,
            f"Where a life is in danger, at most: {words.LEVELS[clause.maximum]}.",
            f"Approved by {_approval(clause.approval)}.",
            f"At most {words.counted(clause.uses_a_month, 'use')} a month by one party at one other. What is released"
            f" so is reviewed on both sides, within {words.counted(clause.review_days, 'day')}.",
        ),
        (
            "The asker describes the danger and names who answers for it. The match need not be confirmed first, and"
            " the clock is the urgent one; all else is as in any other request.",
        ),
    )


def _team(agreement: Agreement) -> Article:
    team = agreement.joint_team
    if team is None:
        return Article("Joint team", ("There is none: each party's officers ask, in any case.",))
    members = words.all_of(f"{one.officer} ({one.agency})" for one in team.members)
    return Article(
        "Joint team",
        (f"Case: {team.case}.", f"Members: {members}."),
        (
            "Only members ask, request and confirm under this agreement, and in this case only. It ends with"
            " article 2.",
            "At the asker only members see what follows a hit. At the holder, whose record it is, those see it too who"
            " may approve under articles 6 and 12; they need not be members.",
        ),
    )


def _always() -> Article:
    return Article(
        "Always",
        (
            "Asker and holder decide each for itself by this text, and the lower of both decisions counts. What is"
            " missing, unknown or contradictory is read as what tells least.",
            "Levels: 0 nothing; 1 hit or no hit; 2 reference, match quality and contact; 3 core data; 4 supplementary"
            " data too.",
        ),
    )
