"""What is said of cases beside the codes of the closed lists: what a state means, each step, each verdict.

A code that has its own word already (`words`) has the list it is of before it here: ``meaning.requested``.
"""

from __future__ import annotations

from collections.abc import Mapping

from console.wording.texts import text

MEANINGS: Mapping[str, str] = {
    "meaning.hit": text("A record at the other agency matches. Nobody here has said yet whether it is the person."),
    "meaning.confirmed": text("It is the person, as officers here have confirmed. More can be asked now."),
    "meaning.rejected": text("It is not the person, as an officer here has said. The case is over."),
    "meaning.requested": text("More was asked. The holder's officers decide."),
    "meaning.offered": text("The holder offers content under conditions. It comes once they are taken on."),
    "meaning.acknowledged": text("The conditions are taken on. The content is on its way."),
    "meaning.readable": text("The content is here and can be read, under the conditions below."),
    "meaning.corrected": text("The holder has corrected the content. What is here is the corrected copy."),
    "meaning.disputed": text("Something in the content seems wrong. The holder was told and looks at it."),
    "meaning.feedback_given": text("The holder was told of the use. The content can still be read."),
    "meaning.deleted": text("The copy is erased, and the holder has the receipt. The case is over."),
    "meaning.declined": text("The holder gives no more, and no reason: it could tell of the record. The case is over."),
    "meaning.recalled": text("The holder has recalled it. The copy is gone: use nothing of it any more."),
    "meaning.lapsed": text("Nothing happened for the time set, so the case is over."),
    "meaning.unreadable": text("The file is damaged. Tell who runs the node."),
    "review.due": text("The use of the emergency clause is to be reviewed."),
    "review.overdue": text("The review of the emergency is overdue."),
    "review.reviewed": text("The use of the emergency clause was reviewed."),
}

STEPS: Mapping[str, str] = {
    "step.confirm": text("Confirm the match"),
    "step.reject": text("Reject the match"),
    "step.request": text("Ask for more"),
    "step.request-emergency": text("Ask for more in an emergency"),
    "step.answer": text("Answer the holder's question"),
    "step.acknowledge": text("Take on the conditions"),
    "step.read": text("Read the content"),
    "step.feedback": text("Tell the holder of the use"),
    "step.dispute": text("Say that something seems wrong"),
    "step.ask_leave-to": text("Ask leave to pass it on"),
    "step.ask_leave-purpose": text("Ask leave for another purpose"),
    "step.delete": text("Erase the copy"),
    "step.see": text("Take note of it"),
    "step.review": text("Review the emergency"),
    "done.confirm": text("Your confirmation is noted."),
    "done.reject": text("The match is rejected, and the case is over."),
    "done.request": text("The request is on its way to the holder."),
    "done.answer": text("The answer is on its way to the holder."),
    "done.acknowledge": text(
        "The conditions are taken on. The content comes by itself: load this page again in some seconds."
    ),
    "done.feedback": text("The holder is told of the use."),
    "done.dispute": text("The holder is told what seems wrong."),
    "done.ask_leave": text("The holder is asked for leave."),
    "done.delete": text("The copy is erased, and the receipt is on its way."),
    "done.see": text("It is taken note of."),
    "done.review": text("The review is noted."),
}

COMPARED: Mapping[str, str] = {
    "verdict.agrees": text("agrees"),
    "verdict.agrees_in_part": text("agrees in part"),
    "verdict.one_side_only": text("on one side only"),
    "verdict.differs": text("differs"),
    "verdict.not_compared": text("not compared"),
    "verdict.with_names": text("compared with the names"),
}

PART_ROLES: Mapping[str, str] = {
    "given name": text("given name"),
    "family name": text("family name"),
    "name part": text("part of the name"),
    "name": text("whole name"),
}

CASE_WORDS: Mapping[str, str] = {
    **MEANINGS,
    **STEPS,
    **COMPARED,
    **PART_ROLES,
}
"""All of them."""
