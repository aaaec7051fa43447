"""What a node writes into its disclosure log about its officers; an officer's name and the operator's are personal."""

from __future__ import annotations

from ledger.entries import Statement
from ledger.events import AuditViewed
from ledger.log import Ledger
from ledger.officer_events import (
    OfficerAdded,
    OfficerChanged,
    OfficerDisabled,
    OfficerLinked,
    OfficerRefused,
    OfficerUnlinked,
)
from node.officers.register import Officer, OfficerEntry, in_order


def officer_added(ledger: Ledger, entry: OfficerEntry) -> None:
    """Node: before an officer may use the desk."""
    event = OfficerAdded(roles=tuple(in_order(entry.officer.roles)), authority=entry.authority)
    ledger.append(Statement(event, _people(entry)))


def officer_changed(ledger: Ledger, entry: OfficerEntry) -> None:
    """Node: before other roles or another authority count."""
    ledger.append(Statement(_changed(entry, new_key=False), _people(entry)))


def officer_key_rotated(ledger: Ledger, entry: OfficerEntry) -> None:
    """Node: before another key counts."""
    ledger.append(Statement(_changed(entry, new_key=True), _people(entry)))


def officer_disabled(ledger: Ledger, entry: OfficerEntry) -> None:
    """Node: before an officer is shut out."""
    ledger.append(Statement(OfficerDisabled(), _people(entry)))


def officer_linked(ledger: Ledger, name: str, issuer: str, subject: str, user: str) -> None:
    """Node: before a subject of the identity provider counts as an officer."""
    ledger.append(Statement(OfficerLinked(issuer=issuer), {"officer": name, "user": user, "subject": subject}))


def officer_unlinked(ledger: Ledger, name: str, user: str) -> None:
    """Node: before an officer's subject counts no longer."""
    ledger.append(Statement(OfficerUnlinked(), {"officer": name, "user": user}))


async def officer_refused(ledger: Ledger, reason: str, name: str) -> None:
    """Node: before a call to the desk is refused; ``name`` only where there is such an officer."""
    await ledger.record(Statement(OfficerRefused(reason=reason), {"officer": name} if name else {}))


def viewed(officer: Officer, view: str, *filters: str) -> Statement:
    """Node: before an auditor is shown a list or a file; ``filters`` hold nothing personal."""
    return Statement(AuditViewed(view=view, filters=filters), {"user": officer.name})


def _changed(entry: OfficerEntry, *, new_key: bool) -> OfficerChanged:
    roles = tuple(in_order(entry.officer.roles))
    return OfficerChanged(roles=roles, authority=entry.authority, active=entry.active, new_key=new_key)


def _people(entry: OfficerEntry) -> dict[str, str]:
    return {"officer": entry.officer.name, "user": entry.changed_by}
