"""The entries of the disclosure log in plain words: a sentence for each event, its fields with their names.

A sentence says in the present what its entry was written before. It holds values of the event by the names of its
fields; how a value is written is decided here once. Nothing in an event is personal, so nothing in a sentence is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from console.languages import Language
from console.wording.log_words import LOG_WORDS
from console.wording.texts import text

QUERY_EVENTS = {
    "query_sent": text("A query for %(purpose)s goes to %(recipients)s."),
    "query_denied": text("A query of an own officer to %(recipients)s is not put: %(reason)s."),
    "answer_received": text("%(member)s answered a query: %(outcome)s, level %(level)s."),
    "query_received": text("A query of %(sender)s for %(purpose)s has come, under agreement %(agreement)s."),
    "query_opened": text("A query of %(sender)s opened own records: %(records)s."),
    "query_answered": text("The query of %(sender)s is answered at level %(level)s."),
    "hit_silent": text("Records matched the query of %(sender)s without it being told: %(records)s."),
    "query_refused": text("A query of %(sender)s is answered with nothing: %(reason)s."),
    "query_relayed": text("The coordinator carries a query of %(sender)s to %(recipients)s."),
    "answer_relayed": text("The coordinator carries the answer of %(recipient)s to %(sender)s: %(outcome)s."),
    "batch_started": text("A list is asked, or goes on being asked, for %(purpose)s: rows: %(rows)s."),
    "batch_stopped": text("A list is asked no further for now: %(reason)s. Rows that wait: %(rows)s."),
    "batch_finished": text("Every row of a list has been asked. Rows: %(rows)s; with hits: %(hits)s."),
    "batch_cancelled": text("A list is given up. Rows not asked: %(rows)s."),
    "batch_read": text("What came of a list is shown. Rows: %(rows)s."),
    "batch_erased": text("A list and what came of it are erased. Rows: %(rows)s."),
}

CASE_EVENTS = {
    "hit_confirmed": text("An officer confirms that the match at %(partner)s is the person asked for."),
    "hit_rejected": text("An officer says that the match at %(partner)s is another person."),
    "request_sent": text("A reasoned request goes to %(partner)s."),
    "offer_received": text("%(partner)s offers content under conditions."),
    "conditions_acknowledged": text("An officer takes on the conditions of %(partner)s."),
    "content_received": text("Content of %(partner)s has come and can be read: %(fields)s."),
    "content_read": text("An officer reads content of %(partner)s: %(fields)s."),
    "case_shown": text("An officer sees a case or request with %(partner)s."),
    "decline_received": text("%(partner)s sends nothing more."),
    "state_received": text("%(partner)s says where the request stands: %(state)s."),
    "feedback_sent": text("%(partner)s is told of the use: %(use)s."),
    "content_deleted": text("The copy of what %(partner)s released is erased: %(cause)s."),
    "recall_received": text("%(partner)s recalls what it released; the copy is erased."),
    "correction_received": text("A correction of %(partner)s takes the place of the copy: %(fields)s."),
    "dispute_sent": text("An officer tells %(partner)s that something released seems wrong."),
    "settlement_received": text("%(partner)s has looked again and lets it stand."),
    "consent_asked": text("%(partner)s is asked for leave: %(wanted)s."),
    "consent_received": text("%(partner)s decided on leave: %(wanted)s; given: %(given)s."),
    "clarification_received": text("%(partner)s asks about a request: %(about)s."),
    "clarification_answered": text("An officer answers %(partner)s about a request: %(about)s."),
    "emergency_used": text("The emergency clause is appealed to, with %(partner)s."),
    "emergency_review_overdue": text("The time to review an emergency with %(partner)s has passed."),
    "emergency_reviewed": text("An officer reviewed an emergency with %(partner)s."),
    "case_lapsed": text("A case with %(partner)s lapses: nothing happened for the time set."),
    "case_erased": text("A file with %(partner)s is erased for good."),
    "step_refused": text("A step of an own officer is refused: %(step)s, because %(reason)s."),
    "case_message_ignored": text("A message of %(partner)s is ignored: its case does not allow it."),
    "hit_returned": text("A hit at %(partner)s that was cleared has come again; nobody is bothered."),
    "outcome_seen": text("An officer takes note of what %(partner)s did in a case."),
    "clearing_taken_back": text("An officer takes back that a hit at %(partner)s is cleared."),
}

REFERRAL_EVENTS = {
    "request_received": text("A reasoned request of %(partner)s has come."),
    "request_refused": text("A request of %(partner)s is refused: %(reason)s."),
    "refused_appeal_seen": text("An officer takes note of an appeal of %(partner)s that was over the quota."),
    "request_with_judge": text("A judge has the request of %(partner)s; the clock stands still."),
    "request_resumed": text("The judge has given back the request of %(partner)s."),
    "request_overdue": text("The time to answer the request of %(partner)s has passed."),
    "approval_given": text("An officer approves a release to %(partner)s, as %(role)s."),
    "match_confirmed": text("An officer compared a record that changed after the hit of %(partner)s."),
    "release_offered": text("Conditions are offered to %(partner)s, without content: %(fields)s."),
    "acknowledgement_received": text("%(partner)s has taken on the conditions."),
    "content_sent": text("Content goes to %(partner)s: %(fields)s."),
    "content_withheld": text("What was approved for %(partner)s does not leave."),
    "release_reopened": text("What was offered to %(partner)s has changed and is to be approved again."),
    "request_declined": text("The request of %(partner)s is declined."),
    "feedback_received": text("%(partner)s tells of the use: %(use)s."),
    "deletion_confirmed": text("%(partner)s confirms that it erased its copy: %(cause)s."),
    "recall_sent": text("What %(partner)s was told or given is recalled."),
    "recall_confirmed": text("%(partner)s confirms the recall."),
    "correction_sent": text("A correction goes to %(partner)s: %(fields)s."),
    "correction_confirmed": text("%(partner)s confirms a correction."),
    "dispute_received": text("%(partner)s says that something released seems wrong."),
    "dispute_settled": text("An officer looked at what %(partner)s disputes, and lets it stand."),
    "consent_requested": text("%(partner)s asks for leave: %(wanted)s."),
    "consent_approved": text("An officer approves leave for %(partner)s, as %(role)s: %(wanted)s."),
    "consent_decided": text("Leave for %(partner)s is decided: %(wanted)s; given: %(given)s."),
    "clarification_asked": text("An officer asks %(partner)s about its request: %(about)s."),
    "clarification_read": text("%(partner)s answers about its request: %(about)s."),
    "hit_silent_seen": text("An officer takes note of a hit of which %(partner)s does not know."),
}

AGREEMENT_EVENTS = {
    "agreement_signed": text("Agreement %(agreement)s, version %(version)s, is signed."),
    "agreement_accepted": text("Agreement %(agreement)s, version %(version)s, counts here from now on."),
    "agreement_superseded": text("A later version takes the place of agreement %(agreement)s from %(from_day)s."),
    "agreement_suspended": text("%(party)s suspends agreement %(agreement)s."),
    "agreement_resumed": text("%(party)s takes back its suspension of agreement %(agreement)s."),
    "agreement_ended": text("%(party)s ends agreement %(agreement)s; its last day is %(last_day)s."),
    "agreement_refused": text("An agreement or a statement of %(party)s does not count: %(reason)s."),
}

HOUSE_EVENTS = {
    "mail_relayed": text("The coordinator carries mail of %(sender)s to %(recipient)s."),
    "message_posted": text("A message goes to %(partner)s."),
    "message_accepted": text("A message of %(partner)s has come whole."),
    "message_shown": text("Somebody sees message %(number)s, which was set aside."),
    "message_retried": text("Message %(number)s, which was set aside, is tried again."),
    "message_erased": text("Message %(number)s, which was set aside, is erased."),
    "federation_joined": text("This node joined the federation %(federation)s."),
    "federation_refused": text("The federation is not joined: %(reason)s."),
    "keys_changed": text("The certified keys of %(member)s have changed."),
    "member_listed": text("%(member)s is known here from now on."),
    "member_dropped": text("%(member)s has left the federation and counts no longer."),
    "epoch_live": text("The key of epoch %(epoch)s is in use."),
    "key_described": text("%(caller)s is told the live key."),
    "elements_evaluated": text("Evaluated elements go to %(caller)s: %(elements)s."),
    "directory_disputed": text("This node holds something against the directory: %(kind)s."),
    "directory_accepted": text("A person lets the directory count: %(what)s."),
    "federation_stated": text("The directory states its federation: %(federation)s."),
    "member_entered": text("%(member)s is listed in the directory."),
    "member_renewed": text("%(member)s describes itself anew, with the keys it had."),
    "member_rekeyed": text("%(member)s describes itself anew, with another key."),
    "member_left": text("%(member)s is admitted no longer."),
    "epoch_announced": text("Epoch %(epoch)s is live from now on."),
    "records_imported": text("An import has ended. Added: %(added)s; changed: %(changed)s; removed: %(removed)s."),
    "batch_enrolled": text("Records enter the index: %(records)s."),
    "record_shown": text("An officer sees a record."),
    "records_listed": text("An officer sees a list: %(what)s."),
    "record_removed": text("A record is removed by hand."),
    "record_restored": text("A record removed by hand is let in again."),
    "call_refused": text("Calls of %(caller)s are refused: %(reason)s. Calls: %(calls)s."),
    "officer_added": text("An officer is entered, with the roles %(roles)s."),
    "officer_changed": text("An officer has the roles %(roles)s from now on; active: %(active)s."),
    "officer_disabled": text("An officer is shut out."),
    "officer_linked": text("An officer is known at the identity provider %(issuer)s from now on."),
    "officer_unlinked": text("An officer is known at the identity provider no longer."),
    "officer_refused": text("An officer's call is refused: %(reason)s."),
    "system_added": text("%(system)s may call the desk from now on."),
    "system_removed": text("%(system)s is shut out."),
    "system_called": text("%(system)s calls the desk in an officer's name. Calls: %(calls)s."),
    "account_invited": text("An officer is invited to the console."),
    "account_enrolled": text("An invited officer's password and authenticator count from now on."),
    "account_changed": text("An account changes: %(what)s."),
    "account_locked": text("An account is locked: %(cause)s."),
    "signed_in": text("An officer is let into the console."),
    "sign_in_refused": text("Somebody is not let into the console: %(reason)s. Times: %(times)s."),
    "signed_out": text("An officer signed out."),
    "investigation_saved": text("A saved case of this agency is opened, changed or closed."),
}

LOG_EVENTS = {
    "auditor_access": text("Somebody opens personal fields, from entry %(entry)s: %(fields)s."),
    "audit_viewed": text("An officer looks at: %(view)s."),
    "subject_access_decided": text("A request of a data subject is decided: %(outcome)s."),
    "hold_placed": text("Personal fields that name a value are kept for a review."),
    "hold_lifted": text("Hold %(hold)s ends."),
    "personal_erased": text("Personal fields from before %(before)s are erased. Entries: %(entries)s."),
    "log_padded": text("This entry says nothing; it hides how much is written."),
    "log_contradicted": text("The key of %(origin)s has signed what contradicts its own log."),
    "disclosure_stopped": text("From now on nothing is disclosed: %(reason)s."),
    "disclosure_resumed": text("Disclosure goes on; it had stopped: %(reason)s."),
}

EVENTS: Mapping[str, str] = {
    **QUERY_EVENTS,
    **CASE_EVENTS,
    **REFERRAL_EVENTS,
    **AGREEMENT_EVENTS,
    **HOUSE_EVENTS,
    **LOG_EVENTS,
}
"""The sentence of each event, with the names of its fields where their values stand."""

_PARTY = re.compile(r"symbolon://agency/([A-Z0-9-]+)")
_DIGEST = re.compile(r"[0-9a-f]{32,}")
_NAMED = re.compile(r"([a-z_]+)=(.+)")
"""How a look at the log was narrowed: ``entry=60``."""
_SHOWN_OF_DIGEST = 12
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of an event as it is shown; ``whole`` is what is not shown of it."""

    name: str
    values: tuple[str, ...]
    whole: str = ""


def told(kind: str, event: Mapping[str, Any], language: Language) -> str:
    """Give the sentence of an event; of one that has none, its name."""
    sentence = EVENTS.get(kind)
    if sentence is None:
        return word(kind, language)
    return language.say(sentence) % _Written(event, language)


def fields(event: Mapping[str, Any], language: Language) -> Iterator[Shown]:
    """Give the fields of an event that say something."""
    for name, value in event.items():
        values = value if isinstance(value, list) else [value]
        if values and values != [""]:
            digests = [one for one in values if isinstance(one, str) and _DIGEST.fullmatch(one)]
            yield Shown(name, tuple(_value(one, language) for one in values), " ".join(digests))


def word(code: str, language: Language) -> str:
    """Give a code as people read it."""
    return language.say(LOG_WORDS.get(code, code.replace("_", " ")))


class _Written(dict[str, str]):
    """The values of an event as a sentence takes them."""

    def __init__(self, event: Mapping[str, Any], language: Language) -> None:
        super().__init__()
        self._event = event
        self._language = language

    def __missing__(self, name: str) -> str:
        value = self._event.get(name, "")
        values = value if isinstance(value, list) else [value]
        return ", ".join(_value(one, self._language) for one in values) or _NOTHING


def _value(value: Any, language: Language) -> str:
    if isinstance(value, bool):
        return word("yes" if value else "no", language)
    if isinstance(value, int):
        return language.number(value)
    written = str(value)
    agency = _PARTY.fullmatch(written)
    if agency:
        return agency[1]
    if _DIGEST.fullmatch(written):
        return f"{written[:_SHOWN_OF_DIGEST]}…"
    if named := _NAMED.fullmatch(written):
        return f"{word(named[1], language)}: {_value(named[2], language)}"
    is_code = written in LOG_WORDS or re.fullmatch(r"[a-z]+(_[a-z]+)*", written)
    return word(written, language) if is_code else written or _NOTHING
