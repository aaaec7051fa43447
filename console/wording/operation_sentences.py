"""Sentences that the node says to its operator, with values in them (`console.wording.sentences`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.wording.texts import pattern, text

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    pattern(english)
    for english in (
        text("A log contradicts what this node cosigned: %(log)s."),
        text("A witness refuses the head of this node's log: %(witness)s."),
        text("A log was not brought here for a day: %(log)s."),
        text("%(number)s records are not enrolled: no query finds them as they are now."),
        text("%(number)s records say too little to be found blind."),
        text("The directory is disputed (%(number)s): nothing new of it counts."),
        text("%(number)s entries of the directory wait for a cosignature."),
        text("%(number)s messages of partners could not be handled."),
        text("The certificate of this node ends in %(days)s days."),
        text("The certificate of the federation's authority ends in %(days)s days."),
        text("The certificate of the console ends in %(days)s days."),
        text("The certificate of the authority for own systems ends in %(days)s days."),
        text("The certificate of %(system)s ends in %(days)s days."),
        text("The certificate of %(system)s is over."),
        text("The disk of the node's data has %(number)s MiB left."),
        text("%(member)s reads names in another way than this node, so neither finds the other's persons."),
        text("not signed yet by %(party)s"),
        text("ended by %(party)s: last day is %(day)s"),
        text("ended by %(party)s: its last day was %(day)s"),
        text("replaced by a later version since %(day)s"),
        text("replaced by a later version from %(day)s"),
        text("%(number)s records are not in the file, not %(other)s: none was removed"),
        text("the notice agreed allows %(day)s at the earliest"),
        text("reason: expected 1 to %(most)s characters"),
    )
)
"""A pattern of what the node says, and the text to translate, with ``%(name)s`` for the group of that name."""

WHOLE: Sequence[str] = (
    text("This node discloses nothing at present."),
    text("Read why under “Log and witnesses” and mend that; it goes on by itself."),
    text("The disclosure log cannot be read."),
    text("Put its file back from a backup: see “Run a node”."),
    text("Nobody has witnessed the log yet."),
    text("It comes by itself once another member or the coordinator runs; where it lasts, check the connection."),
    text("Keep the file witness.db, and tell the auditors of both agencies and the coordinator."),
    text(
        "If the log was put back from a backup, tell that witness's operator; otherwise keep everything"
        " and tell the auditor."
    ),
    text("Ask the operator of that party whether it runs."),
    text("Start an enrolment under “List”."),
    text("Complete them (“Cannot be found blind” lists them), import and enrol, or ask by other channels."),
    text("No agreement is in force: nobody may ask and nothing is answered."),
    text("Sign and accept one: symbolon agreement accept."),
    text("Look at the evidence under “Partners”, compare with the partner by telephone, then settle it."),
    text(
        "Wait for another member to cosign them, or compare fingerprints by telephone and accept them under “Partners”."
    ),
    text("The directory could not be refreshed the last time."),
    text("Check that the coordinator runs and can be reached; what is pinned counts meanwhile."),
    text("Retry them under “Mail”; if that fails, both nodes need the same version."),
    text("Make room; where the log cannot be written, nothing is disclosed."),
    text("Use one version of Symbolon at both, and enrol again."),
    text(
        "Have the authority sign the node's request again, put the certificate in its place and start the node again."
    ),
    text("Ask the federation for its authority's next certificate."),
    text("Put the next certificate and key in tls/console.crt and tls/console.key and start the node again."),
    text("The certificate of this node is over."),
    text("The certificate of the federation's authority is over."),
    text("The certificate of the console is over."),
    text("The certificate of the authority for own systems is over."),
    text("Move the folder systems away, start the node again, and let each system in anew."),
    text("Let the system in again by its request: symbolon node system add."),
    text("an import or enrolment of this node is running"),
    text("say whether the file is JSON lines or CSV"),
    text("choose a file with rows in it"),
    text("tick that this agency is to say so to all parties"),
    text("tick that the record is to be removed"),
    text("tick that the message is to be erased for good"),
    text("say that you compared it with the other side"),
    text("no import and no enrolment is running"),
    text("no agreement accepted here lets this node hold: the bit budget stands there"),
    text("number: there is none so large"),
    text("records to remove: expected a number"),
)
"""Sentences without values: they are translated as they are."""
