"""What a decision is made from: the question, the record's own rules, the match, the people who acted, what was used.

Every field that a rule reads is either given or has the value that tells least, so that forgetting one never opens
anything. None of these prints what it holds, which is about persons. What follows is in ``agreements.decision``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from agreements.codes import Action, HandlingCode, Known

FOREVER = datetime.max.replace(tzinfo=UTC)
"""Until when a record is hidden of which nothing is said."""


class Stage(StrEnum):
    """What is decided: the answer at once, the release after a reasoned request, or what only corrects a release.

    A correction is decided as a release is, but for the agreement's force: what was released under it stays accurate.
    """

    ANSWER = "answer"
    RELEASE = "release"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, repr=False)
class Emergency:
    """An appeal to the emergency clause: who answers for it by name, and whether the danger was described."""

    responsible: str = ""
    described: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A question as its asker states it, and the moment at which it is decided.

    Agencies are names, ``agreement_hash`` has 32 bytes, ``case`` is the asker's reference, ``offence``, ``nature`` and
    ``person_role`` are words of ``agreements.codes``, ``penalty_months`` the maximum penalty in the asker's law,
    ``death_penalty`` whether that law threatens it for this offence, ``assurance`` whether it is excluded in writing.
    """

    asker: str
    holder: str
    agreement_hash: bytes
    now: datetime
    purpose: str = ""
    user: str = ""
    legal_basis: bool = False
    case: str = ""
    offence: str = ""
    penalty_months: int | None = None
    nature: str = ""
    person_role: str = ""
    death_penalty: Known = "unknown"
    assurance: bool = False
    emergency: Emergency | None = None


@dataclass(frozen=True, slots=True, repr=False)
class RecordRules:
    """The holder's own rules on one record; a default is always the one that tells least.

    ``barred`` are countries and agencies that learn nothing of it, ``hidden_until`` a time before which nobody does
    (None: it is not hidden), ``flags`` maps a country to the fallback for ``action`` there, ``withheld`` are fields
    never released of it (None: not known, so none is released), ``code`` and ``caveats`` add to the agreement's,
    ``at_most`` is the owner's own bound on the level.
    """

    category: str = ""
    person_role: str = ""
    nature: str = ""
    nationalities: tuple[str, ...] = ()
    minor: Known = "unknown"
    victim: Known = "unknown"
    witness: Known = "unknown"
    sealed: Known = "unknown"
    discreet: Known = "unknown"
    barred: frozenset[str] | None = None
    hidden_until: datetime | None = FOREVER
    action: Action = "none"
    flags: Mapping[str, Action] = field(default_factory=dict)
    withheld: frozenset[str] | None = None
    code: HandlingCode = "H3"
    caveats: tuple[str, ...] = ()
    at_most: int = 0


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """The match: score of the full comparison (0 to 1), bits of the rule token that opened."""

    score: float
    bits: float


@dataclass(frozen=True, slots=True, repr=False)
class Approval:
    """One officer's approval at the holder, with the role it was given in."""

    officer: str
    role: str


@dataclass(frozen=True, slots=True, repr=False)
class Steps:
    """What people did before a release: who confirmed the match, whether the request is complete, who approved it.

    ``requested_by`` and the names in ``confirmed_by`` are the asker's officers; none of them approves.
    """

    confirmed_by: frozenset[str] = frozenset()
    request_complete: bool = False
    requested_by: str = ""
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """What the asker has used at the holder before this question, or None where it is not known."""

    queries_today: int | None = None
    queries_this_year: int | None = None
    queries_in_case: int | None = None
    requests_today: int | None = None
    emergencies_this_month: int | None = None
