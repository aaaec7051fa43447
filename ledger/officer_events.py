"""The events of a node's officers: who may use its desk, and who was refused. Their names are personal."""

from __future__ import annotations

from typing import Literal

from ledger.logged import LoggedEvent


class OfficerAdded(LoggedEvent):
    """Node: an officer is about to be entered. Personal: the officer, the user who does it."""

    type: Literal["officer_added"] = "officer_added"
    roles: tuple[str, ...]
    authority: str


class OfficerChanged(LoggedEvent):
    """Node: an officer is about to have these roles, this authority, or a new key. Personal: as above."""

    type: Literal["officer_changed"] = "officer_changed"
    roles: tuple[str, ...]
    authority: str
    active: bool
    new_key: bool


class OfficerDisabled(LoggedEvent):
    """Node: an officer is about to be shut out. Personal: as above."""

    type: Literal["officer_disabled"] = "officer_disabled"


class OfficerRefused(LoggedEvent):
    """Node: a call to the desk is refused, for a reason that only this log knows. Personal: the officer, if known."""

    type: Literal["officer_refused"] = "officer_refused"
    reason: str


class OfficerLinked(LoggedEvent):
    """Node: whom the identity provider names by a subject is about to be an officer. Personal: so is the subject."""

    type: Literal["officer_linked"] = "officer_linked"
    issuer: str


class OfficerUnlinked(LoggedEvent):
    """Node: an officer is about to be nobody at the identity provider. Personal: the officer, the user."""

    type: Literal["officer_unlinked"] = "officer_unlinked"


OfficerEvent = OfficerAdded | OfficerChanged | OfficerDisabled | OfficerRefused | OfficerLinked | OfficerUnlinked
