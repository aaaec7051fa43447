"""How an agreement stands for one of its parties: in one word for people, and whether to enrol for it. Pure.

Whether a question may be answered is decided by ``agreements.standing`` and ``agreements.decision`` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from agreements.agreement import Agreement
from agreements.force import suspension
from agreements.standing import AgreementSet, Standing


class State(StrEnum):
    """The one word; the first that fits."""

    AWAITING_SIGNATURES = "awaiting signatures"
    AWAITING_ACCEPTANCE = "awaiting acceptance"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ENDED = "ended"
    TO_BEGIN = "to begin"
    IN_FORCE = "in force"
    SUSPENDED = "suspended"


OVER = frozenset({State.SUPERSEDED, State.EXPIRED, State.ENDED})
"""States that an agreement does not come back from."""


@dataclass(frozen=True, slots=True)
class Account:
    """How an agreement stands: ``partners`` are those it binds now, ``unsigned`` those whose signature is missing.

    ``suspensions`` say by whom it is suspended and since when.
    """

    state: State
    partners: tuple[str, ...]
    unsigned: tuple[str, ...]
    suspended_by: tuple[str, ...]
    suspensions: tuple[str, ...]
    ends: dict[str, date]
    superseded_from: date | None


def account(standing: Standing, agency: str, now: datetime) -> Account:
    """Say how an agreement stands for a party at a moment."""
    others = sorted(standing.agreement.party_of.keys() - {agency})
    partners = tuple(other for other in others if standing.in_force(agency, other, now))
    unsigned = tuple(sorted(standing.agreement.party_of.keys() - standing.signed_by))
    return Account(
        _state(standing, agency, now.astimezone(UTC).date(), bool(partners)),
        partners,
        unsigned,
        tuple(sorted(standing.suspended_by)),
        tuple(suspension(standing, party) for party in sorted(standing.suspended_by)),
        dict(sorted(standing.ended.items())),
        standing.superseded_from,
    )


def remarks(found: Account, today: date) -> list[str]:
    """Say what else is to be known of how an agreement stands: signatures missing, suspensions, ends, replacement."""
    said = [f"not signed yet by {party}" for party in found.unsigned]
    said += found.suspensions
    for party, day in found.ends.items():
        said.append(f"ended by {party}: {'last day is' if day >= today else 'its last day was'} {day}")
    if found.superseded_from is not None:
        is_over = found.superseded_from <= today
        said.append(f"replaced by a later version {'since' if is_over else 'from'} {found.superseded_from}")
    return said


def outlook(agreement: Agreement, agreements: AgreementSet, agency: str, now: datetime) -> str:
    """Say what holds of an accepted agreement at this node, and from when: a partner's node has to accept it too."""
    standing = agreements.find(agreement.hash)
    if standing is None:
        return "not to be read here"
    found, validity = account(standing, agency, now), agreement.validity
    before = [one for one in agreements if one.agreement.id == agreement.id and one.superseded_from is not None]
    replaced = [one for one in before if one.agreement.version == agreement.version - 1]
    since = f", in the place of version {agreement.version - 1} from {replaced[0].superseded_from}" if replaced else ""
    if found.state is State.IN_FORCE:
        return f"in force here from now to {validity.until}{since}"
    if found.suspensions:
        return f"not in force, but {' and '.join(found.suspensions)}{since}"
    if found.state is State.TO_BEGIN:
        return f"in force here from {validity.from_day} to {validity.until}{since}"
    return f"{found.state.value}{since}"


def budgets_of(agreements: AgreementSet, holder: str, now: datetime) -> tuple[float, ...]:
    """Give the bit budgets, ascending, for which a holder enrols its list: those of what is accepted and not over.

    One to begin is among them, since enrolling takes its time; one suspended too, since it may come back.
    """
    held = (one for one in agreements if one.accepted and one.agreement.has_role(holder, "holds"))
    lasting = (one.agreement for one in held if account(one, holder, now).state not in OVER)
    return tuple(sorted({agreement.answer.bit_budget for agreement in lasting}))


def _state(standing: Standing, agency: str, today: date, binds: bool) -> State:
    agreement = standing.agreement
    left = agreement.party_of.keys() - {party for party, day in standing.ended.items() if day < today}
    reached = (
        (State.AWAITING_SIGNATURES, not agreement.party_of.keys() <= standing.signed_by),
        (State.AWAITING_ACCEPTANCE, not standing.accepted),
        (State.SUPERSEDED, standing.superseded_from is not None and standing.superseded_from <= today),
        (State.EXPIRED, agreement.validity.until < today),
        (State.ENDED, agency not in left or len(left) == 1),
        (State.TO_BEGIN, today < agreement.validity.from_day),
        (State.IN_FORCE, binds),
    )
    return next((state for state, is_reached in reached if is_reached), State.SUSPENDED)
