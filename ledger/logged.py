"""What every event of a log is made from: closed, unchangeable, and silent about values that it refuses."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class LoggedEvent(BaseModel):
    """An event; what its class does not list cannot be in an entry. Its validator is built when it is first used."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)
