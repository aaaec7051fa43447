"""The events of a batch: a list of persons asked about under one justification. They count; each row has its own."""

from __future__ import annotations

from typing import Literal

from ledger.logged import LoggedEvent


class BatchStarted(LoggedEvent):
    """Asker: a list is about to be asked, or goes on being asked; ``rows`` are those that wait.

    Personal: the officer who started it (``user``), legal basis, case reference.
    """

    type: Literal["batch_started"] = "batch_started"
    batch: str
    purpose: str
    rows: int


class BatchStopped(LoggedEvent):
    """Asker: a list is asked no further for now, for a reason; ``rows`` are those that wait. Personal: ``user``."""

    type: Literal["batch_stopped"] = "batch_stopped"
    batch: str
    reason: str
    rows: int


class BatchFinished(LoggedEvent):
    """Asker: every row of a list has been asked; ``hits`` are rows with one not cleared before. Personal: ``user``."""

    type: Literal["batch_finished"] = "batch_finished"
    batch: str
    rows: int
    hits: int


class BatchCancelled(LoggedEvent):
    """Asker: a list is about to be given up; ``rows`` were asked of nobody. Personal: the officer (``user``)."""

    type: Literal["batch_cancelled"] = "batch_cancelled"
    batch: str
    rows: int


class BatchRead(LoggedEvent):
    """Asker: what came of ``rows`` rows of a list is about to be shown. Personal: to whom (``user``)."""

    type: Literal["batch_read"] = "batch_read"
    batch: str
    rows: int


class BatchErased(LoggedEvent):
    """Asker: a list and what came of it is about to be erased. Personal: by whom (``user``), if anybody."""

    type: Literal["batch_erased"] = "batch_erased"
    batch: str
    rows: int


BatchEvent = BatchStarted | BatchStopped | BatchFinished | BatchCancelled | BatchRead | BatchErased
