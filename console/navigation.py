"""The parts of the console, in the order of its navigation. Where somebody may not go, he is not sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console.wording.texts import text
from node.officers.register import Action, Officer

Audience = Action | Literal["anybody", "signed_in"]
"""An action of `node.officers.register.MAY`, everybody who is signed in, or anybody at all."""


@dataclass(frozen=True, slots=True)
class Link:
    """A part of the console in its navigation: who may go there, and the letter that goes there after g."""

    path: str
    text: str
    key: str
    audience: Audience = "signed_in"


LINKS: tuple[Link, ...] = (
    Link("/queries", text("Queries"), "q", "query"),
    Link("/investigations", text("Saved cases"), "i", "see_cases"),
    Link("/batches", text("Lists of queries"), "b", "see_batches"),
    Link("/cases", text("Cases"), "c", "see_cases"),
    Link("/referrals", text("Referrals"), "r", "see_referrals"),
    Link("/audit", text("Disclosure log"), "e", "audit"),
    Link("/subject-access", text("Subject access"), "d", "answer_subject"),
    Link("/viewings", text("Who looked"), "v", "see_viewings"),
    Link("/agreements", text("Agreements"), "a", "read_agreements"),
    Link("/node", text("Node"), "n", "operate"),
    Link("/staff", text("Staff"), "p", "vouch"),
)


def may_go(audience: Audience, officer: Officer) -> bool:
    """Say whether an officer is of an audience."""
    if audience == "anybody" or audience == "signed_in":  # noqa: PLR1714  # mypy narrows by this
        return True
    return officer.may(audience)
