"""What becomes of a file whose document is damaged, by its columns alone: nobody can read it, and time goes on.

Until its time has come it stays as it is, to be repaired. Then it ends: a copy is erased with its receipt, a partner
that waits is declined, and the file goes. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from agreements.stages import REFERRAL, ReferralEvent, ReferralState, allows
from ledger.case_events import CaseErased, ContentDeleted, RecallReceived, name_case
from ledger.entries import Statement
from ledger.referral_events import RequestDeclined
from node.cases.ending import PATIENCE, agreement_ends_with_deletion
from node.cases.messages import Decline, DeletionReceipt, Message, Recall, RecallReceipt
from node.cases.steps import Scene
from node.cases.wakes import Wait

REASON = "the file is damaged and cannot be read"


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that nobody can read, as its columns have it; ``due`` is the day of a copy that was released."""

    is_case: bool
    reference: str
    partner: str
    agreement: str
    state: str
    version: int
    waits: str
    opened_at: str
    since: datetime
    due: date | None


@dataclass(frozen=True, slots=True)
class End:
    """What the log gets before the file goes, and what the partner is told."""

    statements: tuple[Statement, ...]
    mail: tuple[Message, ...] = ()


def end(file: Damaged, scene: Scene) -> End | None:
    """Give the end of a file that a sweep has come upon, or None while its time has not come."""
    if file.is_case and file.due is not None:
        return _end_of_copy(file, scene, file.due)
    if file.due is not None and scene.now.astimezone(UTC).date() <= file.due:
        return None  # a copy is there, and may have to be recalled once this can be read
    if file.waits == Wait.ALWAYS and scene.now < file.since + PATIENCE:
        return None
    if not file.is_case and allows(REFERRAL, ReferralState(file.state), ReferralEvent.DECLINE):
        declined = _stated(RequestDeclined, file, scene, {"reason": REASON}, trace=())
        return End((declined, _stated(CaseErased, file, scene)), (Decline(reference=file.reference),))
    return End((_stated(CaseErased, file, scene),))


def recalled(file: Damaged, recall: Recall, scene: Scene) -> End:
    """Give the end of a case that its holder recalls: whatever is in it goes, and the holder gets its receipt."""
    statements = [_stated(RecallReceived, file, scene, {"reason": recall.reason})]
    if file.due is not None:
        statements.append(_stated(ContentDeleted, file, scene, cause="recalled"))
    return End((*statements, _stated(CaseErased, file, scene)), (RecallReceipt(reference=file.reference),))


def _end_of_copy(file: Damaged, scene: Scene, due: date) -> End | None:
    if scene.now.astimezone(UTC).date() >= due:
        cause = "due"
    elif agreement_ends_with_deletion(file.agreement, scene.own, file.partner, scene):
        cause = "agreement_ended"
    else:
        return None
    deleted = _stated(ContentDeleted, file, scene, cause=cause)
    receipt = DeletionReceipt.model_validate({"reference": file.reference, "cause": cause})
    return End((deleted, _stated(CaseErased, file, scene)), (receipt,))


def _stated(
    event: Callable[..., Any], file: Damaged, scene: Scene, personal: dict[str, str] | None = None, **fields: Any
) -> Statement:
    asker, holder = (scene.own, file.partner) if file.is_case else (file.partner, scene.own)
    case = name_case(asker, holder, file.reference)
    made = event(partner=file.partner, agreement_hash=file.agreement, case=case, **fields)
    return Statement(made, {"reference": file.reference} | (personal or {}))
