"""Making an export of a log for somebody else to check: which fields are opened is written into the log first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from ledger.checkpoints import ledger_origin
from ledger.cosignatures import CosignatureKey, witness_name
from ledger.entries import Statement
from ledger.events import AuditorAccess
from ledger.exporting import House, Scope, export_lines, period, unknown_fields
from ledger.exports import EVERY_FIELD, ExportedAgreement, ExportedWitness
from ledger.log import Ledger
from ledger.notes import VerifierKey
from matching.keys import SigningKey, SigningPublicKey
from symbolon.rpc.errors import ErrorCode, SymbolonError

ALL = "all"
"""Stands for every personal field."""


@dataclass(frozen=True)
class Exported:
    """Whose log is exported: the party, its key if it has one, those whose keys it has pinned, its agreements.

    Without ``signs`` no head is signed over it; ``log`` is the log where the caller has it open.
    """

    party: str
    path: Path
    signing: SigningKey | None
    witnesses: Mapping[str, SigningPublicKey]
    agreements: Callable[[], tuple[ExportedAgreement, ...]]
    signs: bool = True
    log: Ledger | None = None


def export_log(
    house: Exported, days: tuple[date | None, date | None], fields: Collection[str], personal: Mapping[str, str]
) -> tuple[Scope, Iterator[bytes]]:
    """Give which entries are exported, and the lines of the export.

    ``fields`` are opened; ``personal`` says to the log by whom, and why. Raises `SymbolonError` where no entry has
    such a field, and `DamagedLogError`.
    """
    made_at, to_end = datetime.now(UTC), days[1] is None  # before the end of the log is looked up
    for name in unknown_fields(house.path, (name for name in fields if name != ALL)):
        detail = f"--open {name}: no entry of this log has such a personal field"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    scope = Scope(*period(house.path, *days))
    if fields:
        scope = _open(house, scope, frozenset(fields), personal, grows=to_end)
    head = scope.last if house.signs else None
    return scope, export_lines(house.path, scope, replace(_house(house, head, made_at), to_end=to_end))


def _open(house: Exported, scope: Scope, fields: frozenset[str], personal: Mapping[str, str], *, grows: bool) -> Scope:
    """Write into the log who opens what, and give the scope with it; an export up to now has that entry too."""
    if ALL in fields:
        fields = frozenset({EVERY_FIELD})
    access = AuditorAccess(entry=scope.first, last=scope.last, fields=tuple(sorted(fields)))
    with _writing(house) as log:
        (entry,) = log.append(Statement(access, personal))
    return Scope(scope.first, entry.number if grows else scope.last, fields, scope.last)


def _house(house: Exported, head: int | None, made_at: datetime) -> House:
    """Give what the export says of the party; sign the head over the last entry first, where it has a key."""
    origin, key, note = ledger_origin(house.party), "", None
    if house.signing is not None:
        key = str(VerifierKey(origin, house.signing.public_key()))
        if head:
            with _writing(house) as log:
                note = log.sign_head(origin, house.signing, head)
    named = (origin, house.party, key, made_at.isoformat(timespec="seconds"))
    witnesses = tuple(
        ExportedWitness(str(CosignatureKey(witness_name(uri), public)), uri) for uri, public in house.witnesses.items()
    )
    return House(*named, witnesses, house.agreements(), head=note)


@contextmanager
def _writing(house: Exported) -> Iterator[Ledger]:
    if house.log is not None:
        yield house.log
        return
    with Ledger(house.path) as log:
        yield log
