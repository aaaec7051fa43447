"""The events of an agency's own systems: which may call the desk of its node, and in whose names they called it."""

from __future__ import annotations

from typing import Literal

from ledger.case_events import Hex
from ledger.logged import LoggedEvent


class SystemAdded(LoggedEvent):
    """Node: a system is about to be let in, or its certificate to be renewed. Personal: the user who does it."""

    type: Literal["system_added"] = "system_added"
    system: str
    certificate_digest: Hex


class SystemRemoved(LoggedEvent):
    """Node: a system is about to be shut out. Personal: the user who does it."""

    type: Literal["system_removed"] = "system_removed"
    system: str


class SystemCalled(LoggedEvent):
    """Node: a system calls the desk in the name of an officer; the first call is entered before it is let through.

    ``calls`` are one, or those that followed within its minute; ``system`` is empty for those beyond what is told
    apart. Personal: user, the officer; none where the calls proved nobody and were refused.
    """

    type: Literal["system_called"] = "system_called"
    system: str
    calls: int


SystemEvent = SystemAdded | SystemRemoved | SystemCalled
