"""The calls of the service ``Investigations``: an analyst saves and closes cases; whoever sees cases reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import get_args

from agreements.codes import Purpose
from ledger.entries import Statement
from ledger.investigation_events import InvestigationSaved
from ledger.log import Ledger
from matching.envelope import check_stated
from matching.errors import FieldError
from node.investigations.store import InvestigationStore, Saved, new_name
from node.officers.permission import Permission
from node.officers.register import Officer
from node.queries.justification import JustificationError, check_justification
from node.queries.plan import ALWAYS_STATED
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import investigations_pb2 as wire


class InvestigationCalls:
    """The calls; each raises `SymbolonError`: `ROLE_MISSING`, `NOT_FOUND`, `INVALID_INPUT`."""

    def __init__(
        self,
        permission: Permission,
        store: InvestigationStore,
        ledger: Ledger,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take what there is; it stays the caller's."""
        self._permission = permission
        self._store = store
        self._ledger = ledger
        self._clock = clock

    async def save_investigation(
        self, request: wire.SaveInvestigationRequest, officer: Officer
    ) -> wire.SaveInvestigationResponse:
        """Open a case, or change an open one."""
        await self._permission.check(officer, "query")

        def saved() -> Saved:
            asked, now = request.investigation, self._clock()
            record = partial(self._record, "changed" if asked.name else "opened")
            return self._store.save(asked.name, lambda before: _checked(asked, before, officer.name, now), now, record)

        return wire.SaveInvestigationResponse(investigation=_shown(await asyncio.to_thread(saved)))

    async def list_investigations(
        self, request: wire.ListInvestigationsRequest, officer: Officer
    ) -> wire.ListInvestigationsResponse:
        """List the cases."""
        await self._permission.check(officer, "see_cases", "investigations")
        found = await asyncio.to_thread(self._store.all, self._clock(), closed_too=request.closed_too)
        return wire.ListInvestigationsResponse(investigations=map(_shown, found))

    async def show_investigation(
        self, request: wire.ShowInvestigationRequest, officer: Officer
    ) -> wire.ShowInvestigationResponse:
        """Show one case."""
        await self._permission.check(officer, "see_cases", "investigation")
        found = await asyncio.to_thread(self._store.named, request.name)
        return wire.ShowInvestigationResponse(investigation=_shown(found))

    async def close_investigation(
        self, request: wire.CloseInvestigationRequest, officer: Officer
    ) -> wire.CloseInvestigationResponse:
        """Close a case."""
        await self._permission.check(officer, "query")

        def closed() -> Saved:
            now = self._clock()
            change = partial(_closed, officer.name, now)
            return self._store.save(request.name, change, now, partial(self._record, "closed"))

        return wire.CloseInvestigationResponse(investigation=_shown(await asyncio.to_thread(closed)))

    def _record(self, what: str, saved: Saved) -> None:
        event = InvestigationSaved.model_validate({"what": what, "purpose": saved.purpose})
        personal = {"user": saved.changed_by, "case_reference": saved.case_reference}
        self._ledger.append(Statement(event, personal))


def _checked(asked: wire.Investigation, before: Saved | None, by: str, now: datetime) -> Saved:
    """Check what a case states, as strictly as a query's; raise `SymbolonError` naming the field.

    Likewise where somebody has changed the case since it was shown to who changes it now.
    """
    if before is not None and asked.changed_at not in (0, int(before.changed_at.timestamp())):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "case: somebody has changed it meanwhile")
    if asked.purpose not in get_args(Purpose):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "purpose is required")
    stated: dict[str, object] = {
        "offence": asked.offence,
        "penalty_months": asked.penalty_months if asked.HasField("penalty_months") else None,
        "nature": asked.nature,
        "person_role": asked.person_role,
        "death_penalty": asked.death_penalty or "unknown",
        "assurance": asked.assurance,
    }
    reference, basis = asked.case_reference.strip(), asked.legal_basis.strip()
    try:
        justification = check_justification(stated)
        for name, value in (("case_reference", reference), ("legal_basis", basis)):
            check_stated(name, value)
    except (JustificationError, FieldError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    for name in ALWAYS_STATED:
        if getattr(justification, name) in ("", None):
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{name} is required")
    return Saved(
        name=before.name if before else new_name(),
        case_reference=reference,
        purpose=asked.purpose,
        legal_basis=basis,
        justification=justification,
        opened_by=before.opened_by if before else by,
        opened_at=before.opened_at if before else now,
        changed_by=by,
        changed_at=now,
    )


def _closed(by: str, now: datetime, before: Saved | None) -> Saved:
    if before is None:
        raise SymbolonError(ErrorCode.NOT_FOUND)
    return before.model_copy(update={"closed_at": now, "changed_at": now, "changed_by": by})


def _shown(saved: Saved) -> wire.Investigation:
    return wire.Investigation(
        name=saved.name,
        case_reference=saved.case_reference,
        purpose=saved.purpose,
        legal_basis=saved.legal_basis,
        **saved.justification.model_dump(exclude_none=True),
        opened_by=saved.opened_by,
        opened_at=int(saved.opened_at.timestamp()),
        changed_by=saved.changed_by,
        changed_at=int(saved.changed_at.timestamp()),
        closed_at=int(saved.closed_at.timestamp()) if saved.closed_at else 0,
    )
