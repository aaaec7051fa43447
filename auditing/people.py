"""How users appear in a report: not at all, by a number that means something within this report only, or by name."""

from __future__ import annotations

from enum import StrEnum

MOST_PEOPLE = 10_000
"""Users that are told apart; all further ones are one, `OTHERS`."""

OTHERS = "(others)"


class Showing(StrEnum):
    """What a report shows of users."""

    NONE = "none"
    PSEUDONYMS = "pseudonyms"
    NAMES = "names"


class People:
    """The users met so far, of this agency (`house` empty) and of its partners."""

    def __init__(self, showing: Showing) -> None:
        """Know nobody yet."""
        self._showing = showing
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def label(self, house: str, user: str) -> str:
        """Give how a user is shown; empty where users are not shown or the name was erased."""
        if not user or self._showing is Showing.NONE:
            return ""
        label = self._known.get((house, user))
        if label is None:
            label = self._meet(house, user)
        return label

    def _meet(self, house: str, user: str) -> str:
        prefix = f"{house} " if house else ""
        if len(self._known) >= MOST_PEOPLE:
            return f"{prefix}{OTHERS}"
        number = self._counts[house] = self._counts.get(house, 0) + 1
        named = user if self._showing is Showing.NAMES else f"#{number}"
        label = self._known[house, user] = f"{prefix}{named}"
        return label
