"""The events of the federation around the queries: refused calls, replies carried, members, key epochs, evaluations.

None speaks of a person: parties, methods, numbers and public keys are all there is.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.case_events import Hex


class _FederationEvent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CallRefused(_FederationEvent):
    """Any server: calls of a party are refused or fail; the first is entered before it is told.

    ``calls`` are one, or those that followed within its minute. ``caller`` is empty where no certificate of the
    federation names one; ``method`` is empty and ``reason`` is ``many`` for those of kinds beyond what is told apart.
    """

    type: Literal["call_refused"] = "call_refused"
    caller: str
    method: str
    reason: str
    calls: int


class AnswerRelayed(_FederationEvent):
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


class MemberListed(_FederationEvent):
    """Node: a member that was not listed before is about to be known here, with these certified keys."""

    type: Literal["member_listed"] = "member_listed"
    member: str
    signing_fingerprint: Hex
    sealing_fingerprint: Hex


class MemberUnlisted(_FederationEvent):
    """Node: the coordinator lists a member no more; its keys stay pinned."""

    type: Literal["member_unlisted"] = "member_unlisted"
    member: str


class EpochLive(_FederationEvent):
    """Any: a key epoch is about to be used. At a node: from the next start of its server on."""

    type: Literal["epoch_live"] = "epoch_live"
    custodian: str
    epoch: str
    public_key: Hex


class EpochRefused(_FederationEvent):
    """Node: the federation described is refused: its epoch's key is another, or it is no such federation."""

    type: Literal["epoch_refused"] = "epoch_refused"
    epoch: str
    public_key: Hex
    reason: str


class KeyDescribed(_FederationEvent):
    """Custodian: a party is about to be told the live key; once a day (UTC) for each."""

    type: Literal["key_described"] = "key_described"
    caller: str
    epoch: str
    public_key: Hex


class ElementsEvaluated(_FederationEvent):
    """Custodian: evaluated elements are about to leave; ``use`` is ``query`` or ``enrolment``."""

    type: Literal["elements_evaluated"] = "elements_evaluated"
    caller: str
    use: str
    epoch: str
    elements: int


FederationEvent = (
    CallRefused
    | AnswerRelayed
    | MemberListed
    | MemberUnlisted
    | EpochLive
    | EpochRefused
    | KeyDescribed
    | ElementsEvaluated
)
