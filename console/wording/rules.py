"""The rules of a decision in plain words: what it means that one stands in the way, or keeps a field back.

A rule that is not here is shown by its name; a test holds the rules of the house against this table. Which article of
the agreement a rule rests on is said by the node (`agreements.articles_of_rules`).
"""

from __future__ import annotations

from collections.abc import Mapping

from console.wording.texts import text

RULES: Mapping[str, str] = {
    "agreement.known": text("The agreement is not among ours."),
    "agreed": text("Not every party has signed the agreement, or this agency has not accepted it."),
    "in_force": text("The agreement is not in force between the two agencies now."),
    "parties.distinct": text("Asker and holder are the same agency."),
    "parties.asks": text("The asking agency may not ask under the agreement."),
    "parties.holds": text("This agency holds no records under the agreement."),
    "purposes": text("The purpose is not one of the agreement."),
    "legal_basis.given": text("No legal basis was stated."),
    "case.given": text("No case was stated."),
    "user.given": text("It was not stated who asks."),
    "offences.categories": text("The offence is not one of the agreement."),
    "offences.minimum_penalty_months": text("The penalty in the asker's law is lower than agreed, or was not stated."),
    "offences.barred_natures": text("The agreement bars offences of this nature, or the nature was not stated."),
    "person_roles": text("The agreement does not cover what the person is in the asker's case."),
    "death_penalty": text("The asker's law threatens the death penalty, or may, without the assurance agreed."),
    "joint_team": text("Who asked is not of the joint team, or the case is not the team's."),
    "joint_team.request": text("Who requested or confirmed is not of the joint team."),
    "record_categories": text("The agreement does not cover records of this category."),
    "record.current": text("The record was removed, or it cannot be read."),
    "record.match_confirmed": text("The record has changed since the hit: compare it again and confirm the match."),
    "record.person_role": text("The agreement does not cover what the person is in this agency's record."),
    "record.nature": text("The agreement bars records of this nature, or the nature is not known."),
    "record.barred": text("The record is barred for the asker's country or agency."),
    "record.sealed": text("The record is sealed, or it is not known whether it is."),
    "record.hidden": text("The record is hidden for the time being."),
    "record.at_most": text("The owner of the record allows no more."),
    "record.withheld": text("The owner of the record, or the house, releases this field to nobody."),
    "protection.own_nationals": text("The person is a national of this agency's country, or may be one."),
    "protection.minors": text("The person is a minor, or may be one."),
    "protection.victims": text("The person is a victim, or may be one."),
    "protection.witnesses": text("The person is a witness, or may be one."),
    "match": text("There is no match to decide on."),
    "scores": text("The match is not good enough for this."),
    "answer.bit_budget": text("Too little identifying information was shared for the hit."),
    "answer.maximum": text("The agreement allows no more at once."),
    "quotas.queries_a_day": text("The queries of the day are used up."),
    "quotas.queries_a_year": text("The queries of the year are used up."),
    "quotas.queries_a_case": text("The queries in this case are used up."),
    "quotas.requests_a_day": text("The requests of the day are used up."),
    "release.maximum": text("The agreement releases no more than this."),
    "release.confirmations": text("Too few officers of the asker have confirmed the match."),
    "release.request": text("There is no complete request, made by a named officer."),
    "release.core_fields": text("The agreement releases this with every release."),
    "release.supplementary_fields": text("The agreement releases this where it allows more than the core."),
    "handling.conditions": text("The agreement sets these conditions; the owner of the record may set stricter ones."),
    "release.fields": text("The agreement does not name this field among those that are released."),
    "release.sent": text("It was not sent before, and now no more can be done than to correct what was."),
    "approval": text("Officers of this agency have still to approve."),
    "emergency.maximum": text("The agreement releases no more in an emergency, or the appeal is incomplete."),
    "emergency.uses_a_month": text("The emergencies of the month are used up."),
    "discreet_hits": text("The record is under a discreet check, or may be: only this agency knows of the hit."),
    "disclosure.stopped": text("This node discloses nothing at present; it goes on by itself when it does again."),
    "handling.onward_transfer": text("The conditions never allow it to be passed on."),
    "handling.change_of_purpose": text("The conditions never allow another purpose."),
    "field.internal": text("It is for this agency alone: no agreement can name it."),
    "action.flag": text("For the asker's country the owner of the record has set another action."),
}
