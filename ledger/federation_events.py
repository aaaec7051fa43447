"""The events around the queries: refused calls, replies carried, members, key epochs, evaluations, and the erasure of
what is personal in the log itself.

None speaks of a person in clear: parties, methods, numbers and public keys are all there is.
"""

from __future__ import annotations

from typing import Literal

from ledger.case_events import Hex
from ledger.logged import LoggedEvent


class CallRefused(LoggedEvent):
    """Any server: calls of a party are refused or fail; the first is entered before it is told.

    ``calls`` are one, or those that followed within its minute. ``caller`` is empty where no certificate of the
    federation names one; ``method`` is empty and ``reason`` is ``many`` for those of kinds beyond what is told apart.
    """

    type: Literal["call_refused"] = "call_refused"
    caller: str
    method: str
    reason: str
    calls: int


class AnswerRelayed(LoggedEvent):
    """Coordinator: the outcome of one envelope is about to be told to its asker; ``outcome`` is what the wire calls it.

    The coordinator cannot read the agreement's hash: ``agreement`` is its name.
    """

    type: Literal["answer_relayed"] = "answer_relayed"
    query_id: Hex
    digest: Hex
    sender: str
    recipient: str
    purpose: str
    agreement: str
    outcome: str
    milliseconds: int


class MemberListed(LoggedEvent):
    """Node: a member that was not listed before is about to be known here, with these certified keys."""

    type: Literal["member_listed"] = "member_listed"
    member: str
    signing_fingerprint: Hex
    sealing_fingerprint: Hex


class EpochLive(LoggedEvent):
    """Node, custodian: a server is about to use the key of an epoch, at each of its starts."""

    type: Literal["epoch_live"] = "epoch_live"
    custodian: str
    epoch: str
    public_key: Hex


class FederationRefused(LoggedEvent):
    """Node: the federation is not joined, or not again; ``reason`` is the error's code. Personal: user."""

    type: Literal["federation_refused"] = "federation_refused"
    reason: str


class KeyDescribed(LoggedEvent):
    """Custodian: a party is about to be told the live key; once a day (UTC) for each."""

    type: Literal["key_described"] = "key_described"
    caller: str
    epoch: str
    public_key: Hex


class ElementsEvaluated(LoggedEvent):
    """Custodian: evaluated elements are about to leave; ``use`` is ``query`` or ``enrolment``."""

    type: Literal["elements_evaluated"] = "elements_evaluated"
    caller: str
    use: str
    epoch: str
    elements: int


class HoldPlaced(LoggedEvent):
    """Any: personal fields of all entries that name a value are about to be kept, whatever their age.

    Personal: user, value, reason. The number of this entry names the hold.
    """

    type: Literal["hold_placed"] = "hold_placed"


class HoldLifted(LoggedEvent):
    """Any: a hold is about to end. Personal: user, reason."""

    type: Literal["hold_lifted"] = "hold_lifted"
    hold: int


class PersonalErased(LoggedEvent):
    """Any: the personal fields of entries from before a moment are erased in the same commit; held ones stay.

    ``entries`` of those from ``first`` to ``last`` had any.
    """

    type: Literal["personal_erased"] = "personal_erased"
    before: str
    first: int
    last: int
    entries: int
    fields: int


FederationEvent = (
    CallRefused
    | AnswerRelayed
    | MemberListed
    | EpochLive
    | FederationRefused
    | KeyDescribed
    | ElementsEvaluated
    | HoldPlaced
    | HoldLifted
    | PersonalErased
)
