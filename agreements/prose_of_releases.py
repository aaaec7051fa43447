"""The articles on what is released, of whom, under which conditions, and on what holds always (`agreements.prose`)."""

from __future__ import annotations

from collections.abc import Iterable

from agreements import prose_words as words
from agreements.agreement import Agreement
from agreements.clauses import ApprovalClause
from agreements.prose_words import Article
from agreements.sentences import Value, all_of, plural, said


def release(agreement: Agreement) -> Article:
    """Say what is released after a request, and who decides."""
    clause = agreement.release
    return Article(
        said("Release after a reasoned request"),
        (
            words.at_most(clause.maximum),
            said(
                "Core data, from a score of %(score)s: %(fields)s.",
                score=float(clause.core_score),
                fields=_fields(clause.core_fields),
            ),
            said(
                "Supplementary data, from a score of %(score)s: %(fields)s.",
                score=float(clause.supplementary_score),
                fields=_fields(clause.supplementary_fields),
            ),
            said("The match is confirmed by %(officers)s of the asker.", officers=words.people(clause.confirmations)),
            said(
                "The release is approved by %(officers)s of the holder, each as %(roles)s.",
                **_approval(clause.approval),
            ),
            said(
                "The holder decides within %(hours)s, where it is urgent within %(urgent)s; the clock pauses while a"
                " judge has the request.",
                hours=words.hours(clause.clock_hours),
                urgent=words.hours(clause.urgent_clock_hours),
            ),
        ),
        (said("Nobody approves twice, and nobody approves who asked, confirmed or requested."),),
    )


def _fields(fields: Iterable[str]) -> Value:
    named = sorted(fields)
    return all_of(map(words.field_word, named)) if named else said("none")


def _approval(clause: ApprovalClause) -> dict[str, Value]:
    return {"officers": words.people(clause.needed), "roles": words.any_plain(clause.roles)}


def protection(agreement: Agreement) -> Article:
    """Say of whom less is told."""
    clause = agreement.protection
    return Article(
        said("Protected persons"),
        (
            said(
                "Of nationals of the holder's own country, at most: %(level)s.",
                level=words.LEVELS[clause.own_nationals],
            ),
            said("Of minors, at most: %(level)s.", level=words.LEVELS[clause.minors]),
            said("Of victims, at most: %(level)s.", level=words.LEVELS[clause.victims]),
            said("Of witnesses, at most: %(level)s.", level=words.LEVELS[clause.witnesses]),
        ),
        (
            said(
                "A person of several nationalities counts as a national of each. Where it is not known whether somebody"
                " is a national, a minor, a victim or a witness, the person is treated as one."
            ),
        ),
    )


def discreet(agreement: Agreement) -> Article:
    """Say what becomes of hits under a discreet check."""
    told = {
        "tell_holder_only": said("A hit on a record under a discreet check is told to the holder's officer only."),
        "tell_both": said("A hit on a record under a discreet check is told to both sides."),
    }
    practice = {
        "tell_holder_only": (
            said("Who asked gets the same answer as where there is no record."),
            said("Where it is not known whether a record is under one, it is treated as if it were."),
        ),
        "tell_both": (said("Who asked gets the answer of any other record."),),
    }
    return Article(said("Discreet checks"), (told[agreement.discreet_hits],), practice[agreement.discreet_hits])


def penalty(agreement: Agreement) -> Article:
    """Say what a death penalty changes."""
    told = {
        "refuse": said("Where the asker's law threatens the death penalty for the offence, nothing is told."),
        "assurance": said(
            "Where the asker's law threatens the death penalty for the offence, it is told only against an assurance in"
            " writing that none is imposed."
        ),
        "answer": said("A possible death penalty makes no difference."),
    }
    is_read = agreement.death_penalty != "answer"
    unknown = (said("Where it is not stated whether that law does, it is treated as if it did."),)
    return Article(said("Death penalty"), (told[agreement.death_penalty],), unknown if is_read else ())


def handling(agreement: Agreement) -> Article:
    """Say what may be done with what is released."""
    clause = agreement.handling
    return Article(
        said("Handling"),
        (
            said("Code %(code)s: %(meaning)s.", code=clause.code, meaning=words.CODES[clause.code]),
            *(said("Caveat: %(caveat)s", caveat=caveat) for caveat in clause.caveats),
            said("Passing on to third parties: %(when)s.", when=words.CONSENTS[clause.onward_transfer]),
            said("Use for another purpose: %(when)s.", when=words.CONSENTS[clause.change_of_purpose]),
            said(
                "What was released is deleted after %(days)s, with a receipt.", days=words.days(clause.retention_days)
            ),
            said("The asker reports the use within %(days)s.", days=words.days(clause.feedback_days)),
        ),
        (said("The holder may add a stricter code and further caveats to a record; the stricter counts."),),
    )


def emergency(agreement: Agreement) -> Article:
    """Say what is different where a life is in danger."""
    clause = agreement.emergency
    has_none = clause.maximum == 0 or clause.uses_a_month == 0
    return Article(
        said("Emergency"),
        (
            *((said("There is no shorter path for emergencies."),) if has_none else ()),
            said("Where a life is in danger, at most: %(level)s.", level=words.LEVELS[clause.maximum]),
            said("Approved by %(officers)s of the holder, each as %(roles)s.", **_approval(clause.approval)),
            plural(
                "At most %(count)s use a month by one party at one other. What is released so is reviewed on both"
                " sides, within %(days)s.",
                "At most %(count)s uses a month by one party at one other. What is released so is reviewed on both"
                " sides, within %(days)s.",
                clause.uses_a_month,
                days=words.days(clause.review_days),
            ),
        ),
        (
            said(
                "The asker describes the danger and names who answers for it. The match need not be confirmed first,"
                " and the clock is the urgent one; all else is as in any other request."
            ),
        ),
    )


def team(agreement: Agreement) -> Article:
    """Say who is of the joint team."""
    team = agreement.joint_team
    if team is None:
        return Article(said("Joint team"), (said("There is none: each party's officers ask, in any case."),))
    return Article(
        said("Joint team"),
        (
            said("Case: %(case)s.", case=team.case),
            said("Members: %(members)s.", members=all_of(f"{one.officer} ({one.agency})" for one in team.members)),
        ),
        (
            said(
                "Only members ask, request and confirm under this agreement, and in this case only. It ends with"
                " article 2."
            ),
            said(
                "At the asker only members see what follows a hit. At the holder, whose record it is, those see it too"
                " who may approve under articles 6 and 12; they need not be members."
            ),
        ),
    )


def always() -> Article:
    """Say what holds under every agreement."""
    return Article(
        said("Always"),
        (
            said(
                "Asker and holder decide each for itself by this text, and the lower of both decisions counts. What is"
                " missing, unknown or contradictory is read as what tells least."
            ),
            said(
                "Levels: 0 nothing; 1 hit or no hit; 2 reference, match quality and contact; 3 core data;"
                " 4 supplementary data too."
            ),
        ),
    )
