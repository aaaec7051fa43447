"""The events of access by data subjects: what was decided on a request, so that refusals are documented and counted."""

from __future__ import annotations

from typing import Literal

from ledger.logged import LoggedEvent


class SubjectAccessDecided(LoggedEvent):
    """Any: what the log says about one person is about to be given, or not. Personal: user, request, reason.

    ``withheld`` has each category or partner withheld with its ground (``answers=prevention``), ``heard`` each partner
    whose entries are concerned with what it said (``symbolon://agency/GR-YPAM=agrees``), ``entries`` how many are told.
    """

    type: Literal["subject_access_decided"] = "subject_access_decided"
    outcome: Literal["given", "partly", "refused", "nothing"]
    entries: int
    withheld: tuple[str, ...]
    heard: tuple[str, ...]
