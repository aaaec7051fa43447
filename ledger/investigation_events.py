"""The events of the cases that analysts save: who opened, changed, closed which. Names are personal."""

from __future__ import annotations

from typing import Literal

from ledger.logged import LoggedEvent


class InvestigationSaved(LoggedEvent):
    """Node: a case of its own is about to be opened, changed or closed. Personal: the user, the case reference."""

    type: Literal["investigation_saved"] = "investigation_saved"
    what: Literal["opened", "changed", "closed"]
    purpose: str


InvestigationEvent = InvestigationSaved
