"""The events of the console's accounts and sessions: who was let in, and who was not. Names are personal."""

from __future__ import annotations

from typing import Literal

from ledger.logged import LoggedEvent


class AccountInvited(LoggedEvent):
    """Node: an officer is about to be invited to the console; ``anew`` voids the account there was.

    Personal: the officer, the user who does it.
    """

    type: Literal["account_invited"] = "account_invited"
    anew: bool


class AccountEnrolled(LoggedEvent):
    """Node: an invited officer's own password and authenticator are about to count. Personal: the officer."""

    type: Literal["account_enrolled"] = "account_enrolled"


class AccountChanged(LoggedEvent):
    """Node: ``what`` of an account is about to change: password, authenticator, recovery_codes, unlocked, removed,
    confirmed (by a second officer, that it was the officer who enrolled).

    Personal: the officer, the user who does it.
    """

    type: Literal["account_changed"] = "account_changed"
    what: str


class AccountLocked(LoggedEvent):
    """Node: an account is about to be locked, by an operator or for a while by failures (``cause``).

    Personal: the officer; the user, where somebody did it.
    """

    type: Literal["account_locked"] = "account_locked"
    cause: str


class SignedIn(LoggedEvent):
    """Node: an officer is about to be let into the console; ``proof`` is what he proved himself by.

    Personal: the officer.
    """

    type: Literal["signed_in"] = "signed_in"
    proof: str


class SignInRefused(LoggedEvent):
    """Node: somebody is not let in, for a reason that only this log knows. Personal: the officer, if known.

    What anybody may cause without end is entered once a minute with how many ``times`` it was, after the first.
    """

    type: Literal["sign_in_refused"] = "sign_in_refused"
    reason: str
    times: int = 1


class SignedOut(LoggedEvent):
    """Node: an officer ends sessions: this one, another, or all (``what``). Personal: the officer."""

    type: Literal["signed_out"] = "signed_out"
    what: str


AccountEvent = AccountInvited | AccountEnrolled | AccountChanged | AccountLocked | SignedIn | SignInRefused | SignedOut
