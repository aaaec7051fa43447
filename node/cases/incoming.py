"""What a partner's message about a case does: the file it is about, the step it leads to, or a line in the log.

A message about nothing this node told, or told somebody else, is answered where one about something would be. So is
one about a file that is damaged, where the partner waits for an answer; a recall erases the file. All others are set
aside by the mail, to be handed over again when the file is repaired.
"""

from __future__ import annotations

import sqlite3

from agreements.stages import ReferralState
from ledger.case_events import CaseMessageIgnored, name_case
from ledger.entries import Statement
from ledger.referral_events import RequestRefused
from node.cases import asking_mail, damaged, holding_mail, requests, store
from node.cases.allowance import note_left
from node.cases.messages import Decline, Message, Recall, Request, StateNotice, read_message
from node.cases.work import CaseWork
from symbolon.rpc.identity import Party


class Incoming:
    """Takes partners' messages for one node."""

    def __init__(self, work: CaseWork) -> None:
        """Take what makes steps last."""
        self._work = work

    def handle(self, connection: sqlite3.Connection, sender: str, name: bytes, content: bytes) -> None:
        """Take a partner's message of a name, in the transaction in which the mail notes that it came.

        Raises `MessageFormatError` where the content is no message about a case.
        """
        message = read_message(content)
        take = self._to_holder if isinstance(message, holding_mail.TAKEN) else self._to_asker
        take(connection, sender, name, message)

    def _to_holder(self, connection: sqlite3.Connection, sender: str, name: bytes, message: Message) -> None:
        answer = holding_mail.answer_unknown(message)
        try:
            referral, reason = store.find_referral(connection, message.reference), "unknown"
        except store.UnreadableFileError:
            if answer is None:
                raise  # it waits for the file to be repaired, and nobody waits for its answer
            referral, reason = None, "unreadable"
        if referral is None or Party.agency(referral.asked.asker).uri != sender:
            case = name_case(Party.parse(sender).name, self._work.own.name, message.reference)
            self._ignore(connection, sender, case, message, answer, reason)
            return
        scene = self._work.scene()
        after = self._work.settle(connection, referral, holding_mail.take(referral, message, scene), name)
        if isinstance(message, Request) and referral.request is None and after.state is ReferralState.REQUESTED:
            emergency = message.emergency is not None
            requests.count_request(connection, after, scene.id_of(after), scene.now, emergency=emergency)

    def _to_asker(self, connection: sqlite3.Connection, sender: str, name: bytes, message: Message) -> None:
        try:
            case = store.find_case(connection, sender, message.reference)
        except store.UnreadableFileError:
            if not isinstance(message, Recall):
                raise  # it waits for the file to be repaired
            file = store.damaged_case(connection, sender, message.reference)
            self._work.end_damaged(connection, file, damaged.recalled(file, message, self._work.scene()), name)
            return
        if case is None:
            named = name_case(self._work.own.name, Party.parse(sender).name, message.reference)
            self._ignore(connection, sender, named, message, asking_mail.answer_unknown(message))
            return
        self._work.settle(connection, case, asking_mail.take(case, message, self._work.scene()), name)
        left = message.over_quota if isinstance(message, Decline) else None
        left = message.left if isinstance(message, StateNotice) else left
        if left is not None:
            note_left(connection, case.member, case.agreement, left)

    def _ignore(
        self,
        connection: sqlite3.Connection,
        sender: str,
        case: str,
        message: Message,
        answer: Message | None,
        reason: str = "unknown",
    ) -> None:
        partner = Party.parse(sender).name
        said = {"reference": message.reference}
        event: RequestRefused | CaseMessageIgnored
        if isinstance(message, Request):
            event = RequestRefused(partner=partner, agreement_hash="", case=case, reason=reason)
            said |= holding_mail.said_in(message)
        else:
            event = CaseMessageIgnored(partner=partner, agreement_hash="", case=case, kind=message.type)
        self._work.note(Statement(event, said))
        if answer is not None:
            self._work.post(connection, sender, answer)
