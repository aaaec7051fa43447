"""When a copy has to go, on its due date and with its agreement, and how long mail about it is good. Pure.

What is only suspended has not ended: nothing is destroyed that may be read again tomorrow, and nobody reads it today.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from agreements.force import suspension
from agreements.standing import Standing
from node.cases.files import Case, Referral
from node.cases.messages import Correction, Message, Offer, Recall
from node.cases.steps import Scene

PATIENCE = timedelta(days=90)
"""After which a request, an offer or an acknowledgement that nothing came of has lapsed; mail expires as late."""


def is_due(case: Case, scene: Scene) -> bool:
    """Say whether the day has come on which the copy is to be deleted."""
    return case.due is not None and scene.now.astimezone(UTC).date() >= case.due


def good_until(message: Message, due: date | None, now: datetime) -> datetime:
    """Say until when a message is sent again and again: what is wrong with a copy, while the copy may be there."""
    patience = now + PATIENCE
    if due is None or not isinstance(message, Recall | Correction | Offer):
        return patience
    return max(patience, datetime.combine(due, time.max, UTC))


def ends_with_deletion(file: Case | Referral, scene: Scene) -> bool:
    """Say whether what was shared is to be deleted because the agreement, or the joint team, has ended."""
    return agreement_ends_with_deletion(file.agreement, file.asked.asker, file.asked.holder, scene)


def agreement_ends_with_deletion(fingerprint: str, asker: str, holder: str, scene: Scene) -> bool:
    """Say it of an agreement as it stands between two agencies.

    One that is not among ours says nothing: an agreement that cannot be read must not destroy what was shared.
    """
    standing = scene.agreements.find(bytes.fromhex(fingerprint))
    if standing is None or standing.agreement.validity.after_end != "delete":
        return False
    # It may be suspended, or begin on a later day.
    later = _later(standing, asker, holder, scene)
    goes_on = any(one.is_complete and not _is_past(one, (asker, holder), scene.now) for one in later)
    return _has_ended(standing, (asker, holder), scene.now) and not goes_on


def suspension_of(file: Case | Referral, scene: Scene) -> str:
    """Say by whom, since when and until when what was shared is suspended; empty where it is not.

    The version that has taken the place of the file's own decides: a suspension of an older one does not bind it.
    """
    known = scene.agreements.find(bytes.fromhex(file.agreement))
    if known is None:
        return "not to be read here: tell who runs the node"
    today = scene.now.astimezone(UTC).date()
    later = _later(known, file.asked.asker, file.asked.holder, scene)
    begun = (one for one in later if one.is_complete and today >= one.agreement.validity.from_day)
    standing = max((known, *begun), key=lambda one: one.agreement.version)
    parties = sorted({file.asked.asker, file.asked.holder} & standing.suspended_by)
    return " and ".join(suspension(standing, party) for party in parties)


def _has_ended(standing: Standing, both: tuple[str, str], now: datetime) -> bool:
    today = now.astimezone(UTC).date()
    if today > standing.agreement.validity.until:
        return True
    return any(today > standing.ended.get(agency, today) for agency in both)


def _later(standing: Standing, asker: str, holder: str, scene: Scene) -> Iterator[Standing]:
    """Give the later versions of an agreement between two agencies."""
    for one in scene.agreements.between(asker, holder):
        if one.agreement.id == standing.agreement.id and one.agreement.version > standing.agreement.version:
            yield one


def _is_past(standing: Standing, both: tuple[str, str], now: datetime) -> bool:
    replaced = standing.superseded_from
    if replaced is not None and now.astimezone(UTC).date() >= replaced:
        return True
    return _has_ended(standing, both, now)
