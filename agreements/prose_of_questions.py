"""The articles on who may ask what, how much, and what is answered at once (`agreements.prose`)."""

from __future__ import annotations

from collections.abc import Iterable

from agreements import prose_words as words
from agreements.agreement import Agreement
from agreements.clauses import PartyClause
from agreements.prose_words import Article
from agreements.sentences import Sentence, Value, all_of, any_of, plural, said


def parties(agreement: Agreement) -> Article:
    """Say who is party, and who may ask whom what."""
    named = tuple(_party(party) for party in _ordered(agreement))
    return Article(said("Parties"), named, tuple(_pairs(agreement)))


def _ordered(agreement: Agreement) -> list[PartyClause]:
    """Give the parties by name: one fingerprint has one text, however its parties were written down."""
    return sorted(agreement.parties, key=lambda party: party.agency)


def _party(party: PartyClause) -> Sentence:
    values: dict[str, Value] = {
        "agency": party.agency,
        "country": party.country,
        "authorities": "; ".join(party.authorities),
        "contact": party.contact,
    }
    if party.roles == {"asks", "holds"}:
        return said(
            "%(agency)s (%(country)s) may ask and answers from its own list. It acts for: %(authorities)s."
            " Contact: %(contact)s.",
            **values,
        )
    if "asks" in party.roles:
        return said("%(agency)s (%(country)s) may ask. It acts for: %(authorities)s. Contact: %(contact)s.", **values)
    return said(
        "%(agency)s (%(country)s) answers from its own list. It acts for: %(authorities)s. Contact: %(contact)s.",
        **values,
    )


def _pairs(agreement: Agreement) -> Iterable[Sentence]:
    """Give for each who asks one sentence of whom it may ask what, and what these answer."""
    holders = [party.agency for party in _ordered(agreement) if "holds" in party.roles]
    for party in _ordered(agreement):
        asked = [name for name in holders if name != party.agency]
        if "asks" in party.roles and asked:
            yield said(
                "%(asker)s may ask %(holders)s about %(subject)s; %(reply)s.",
                asker=party.agency,
                holders=all_of(asked),
                subject=_subject(agreement),
                reply=_reply(agreement, asked[0] if len(asked) == 1 else said("each")),
            )


def _subject(agreement: Agreement) -> Sentence:
    offences = agreement.offences
    values: dict[str, Value] = {
        "persons": any_of(_persons_named(agreement)),
        "offences": words.any_plain(offences.categories),
    }
    months = offences.minimum_penalty_months
    if not months:
        return said("%(persons)s in cases of %(offences)s of whatever penalty", **values)
    return said(
        "%(persons)s in cases of %(offences)s punishable by %(months)s or more", months=words.months(months), **values
    )


def _persons_named(agreement: Agreement) -> list[Sentence]:
    return [words.PERSONS[role] for role in words.PERSONS if role in agreement.person_roles]


def _reply(agreement: Agreement, who: Value) -> Sentence:
    release, level = agreement.release, words.LEVELS[agreement.answer.maximum]
    if release.maximum == 0:
        return said("%(who)s answers %(level)s at once and releases nothing more", who=who, level=level)
    return said(
        "%(who)s answers %(level)s at once, and %(more)s after %(confirming)s of the asker confirmed the match and"
        " %(approving)s of its own agreed",
        who=who,
        level=level,
        more=words.LEVELS[release.maximum],
        confirming=words.people(release.confirmations),
        approving=words.people(release.approval.needed),
    )


def validity(agreement: Agreement) -> Article:
    """Say from when to when it holds, and what ends it."""
    clause = agreement.validity
    kept = {
        "delete": said("When the agreement has ended, what was shared is deleted, with a receipt."),
        "keep_under_conditions": said(
            "When the agreement has ended, what was shared is kept, under the same conditions."
        ),
    }
    return Article(
        said("Validity and end"),
        (
            said(
                "In force from %(first)s to %(last)s, both days included, in UTC.",
                first=clause.from_day,
                last=clause.until,
            ),
            said("One party may end it with %(days)s of notice.", days=words.days(clause.notice_days)),
            kept[clause.after_end],
        ),
        (
            said("It is in force only once every party has signed it and the node itself has checked each signature."),
            said("Its validity is looked at when a question comes in, when it is answered and when data is released."),
            said(
                "Each party may suspend it by its own word. That holds from the moment a node has the statement,"
                " against that party and for it, also for requests under way; the others go on among themselves."
            ),
            said("A later version takes the place of this one on its first day."),
        ),
    )


def questions(agreement: Agreement) -> Article:
    """Say what may be asked."""
    offences = agreement.offences
    return Article(
        said("What may be asked"),
        (
            said("Purposes: %(purposes)s.", purposes=words.all_plain(agreement.purposes)),
            said("Offences: %(offences)s.", offences=words.all_plain(offences.categories)),
            said(
                "The maximum penalty in the asker's law is %(months)s or more.",
                months=words.months(offences.minimum_penalty_months),
            ),
            said(
                "Barred: offences of a %(natures)s nature.",
                natures=words.any_plain(offences.barred_natures),
            )
            if offences.barred_natures
            else said("No offence is barred for its nature."),
        ),
        (
            said(
                "Each question states its purpose, legal basis, case, offence with its penalty and nature, the"
                " person's role and who asks. One that leaves any of these out is not put, and not answered."
            ),
            said("The nature is looked at twice: as asked, and as recorded by the holder."),
        ),
    )


def persons(agreement: Agreement) -> Article:
    """Say about whom, and of which records."""
    return Article(
        said("Persons and records"),
        (
            said("Persons: %(persons)s.", persons=all_of(_persons_named(agreement))),
            said("Records: %(categories)s.", categories=words.all_plain(agreement.record_categories)),
        ),
        (
            said(
                "The person has such a role in the asker's case and in the holder's record alike; of any other record,"
                " and of one whose category or role is not known, nothing is told."
            ),
            said(
                "A holder may bar countries and agencies from a record, seal or hide it, withhold fields of it, or"
                " tell less of it than is agreed here. To who asks, such a record looks like none."
            ),
        ),
    )


def answer(agreement: Agreement) -> Article:
    """Say what is answered at once."""
    clause = agreement.answer
    return Article(
        said("Answer at once"),
        (
            words.at_most(clause.maximum),
            plural(
                "A hit is told from a score of %(hit)s, its reference from %(reference)s (of 1); %(count)s record at"
                " most.",
                "A hit is told from a score of %(hit)s, its reference from %(reference)s (of 1); %(count)s records at"
                " most.",
                clause.maximum_candidates,
                hit=float(clause.hit_score),
                reference=float(clause.reference_score),
            ),
        ),
        (
            said(
                "A node can open a question only where one of its records shares %(bits)s bits of identifying"
                " information with it; no other node learns about whom it was.",
                bits=float(clause.bit_budget),
            ),
        ),
    )


def quotas(agreement: Agreement) -> Article:
    """Say how much may be asked."""
    clause = agreement.quotas
    return Article(
        said("Quotas"),
        (
            said(
                "What one party may ask one other, at most: %(day)s queries a day, %(year)s a year and %(case)s in one"
                " case, and %(requests)s requests a day (UTC).",
                day=clause.queries_a_day,
                year=clause.queries_a_year,
                case=clause.queries_a_case,
                requests=clause.requests_a_day,
            ),
        ),
        (said("The holder counts. What is above is refused, and the refusal says nothing about records."),),
    )
