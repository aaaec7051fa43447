"""The events of the log about itself: what fills it up, what a witness holds against another log, and the stop rule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from ledger.logged import LoggedEvent

Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]*$")]


class LogPadded(LoggedEvent):
    """Any: says nothing, so that the number of entries says nothing either. ``filler`` is random."""

    type: Literal["log_padded"] = "log_padded"
    filler: Hex


class LogContradicted(LoggedEvent):
    """Any, as a witness: a log's own key has signed what contradicts the state cosigned last; the request is kept."""

    type: Literal["log_contradicted"] = "log_contradicted"
    origin: str
    refusal: Literal["forked", "inconsistent"]
    request_digest: Hex


class DisclosureStopped(LoggedEvent):
    """Node: from now on nothing is disclosed; the log was not witnessed for too long, or cannot be written."""

    type: Literal["disclosure_stopped"] = "disclosure_stopped"
    reason: str


class DisclosureResumed(LoggedEvent):
    """Node: is about to disclose again; why and since when it did not (Unix seconds)."""

    type: Literal["disclosure_resumed"] = "disclosure_resumed"
    reason: str
    since: int


LogEvent = LogPadded | LogContradicted | DisclosureStopped | DisclosureResumed
