"""The events of agreements: signed, accepted, superseded, suspended, resumed, ended, and what does not count."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from ledger.logged import LoggedEvent

Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]*$")]


class _AgreementEvent(LoggedEvent):
    """One agreement, and the party that acts.

    ``agreement`` is empty and ``version`` 0 where a partner's statement comes before its agreement.
    """

    agreement: str
    version: int
    agreement_hash: Hex
    party: str


class AgreementSigned(_AgreementEvent):
    """Node: this agency's signature is about to be made. Personal: user."""

    type: Literal["agreement_signed"] = "agreement_signed"


class AgreementAccepted(_AgreementEvent):
    """Node: an agreement signed by all is about to count here. Personal: user."""

    type: Literal["agreement_accepted"] = "agreement_accepted"


class AgreementSuperseded(_AgreementEvent):
    """Node: from a day on a later version takes the place of this one; together with its acceptance."""

    type: Literal["agreement_superseded"] = "agreement_superseded"
    by_hash: Hex
    from_day: str


class _AgreementStatement(_AgreementEvent):
    """What a party has stated about an agreement: ``statement`` is that with its signature and certificate, RFC 8785.

    It is empty in logs of an earlier release.
    """

    statement: str = ""


class AgreementSuspended(_AgreementStatement):
    """Node: a party's suspension is about to count. Personal, if it is our own: user, reason."""

    type: Literal["agreement_suspended"] = "agreement_suspended"


class AgreementResumed(_AgreementStatement):
    """Node: a party is about to take back its own suspension. Personal, if it is our own: user, reason."""

    type: Literal["agreement_resumed"] = "agreement_resumed"


class AgreementEnded(_AgreementStatement):
    """Node: a party's termination is about to count, with the last day it states. Personal as above."""

    type: Literal["agreement_ended"] = "agreement_ended"
    last_day: str


class AgreementRefused(_AgreementEvent):
    """Node: an agreement, or a party's statement about one, does not count; ``reason`` is the error's code.

    ``step`` is ``accept``, ``declare`` or, for a partner's statement, ``hear``. Personal, if it is our own: user, and
    the reason given.
    """

    type: Literal["agreement_refused"] = "agreement_refused"
    step: str
    reason: str


AgreementEvent = (
    AgreementSigned
    | AgreementAccepted
    | AgreementSuperseded
    | AgreementSuspended
    | AgreementResumed
    | AgreementEnded
    | AgreementRefused
)
