"""Opening what is personal in one entry: who looks at it, and why, stands in the log before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ledger.entries import Entry, Opening, Statement, check_opening
from ledger.events import AuditorAccess
from ledger.log import Ledger


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry with its personal fields, and those that are gone: erased, as the log says, or simply not there."""

    entry: Entry
    openings: tuple[Opening, ...] = field(repr=False)
    erased: tuple[str, ...] = ()
    not_there: tuple[str, ...] = ()


def open_entry(
    log: Ledger, number: int, personal: Mapping[str, str], says_erased: Callable[[int], bool] | None = None
) -> OpenedEntry:
    """Open an entry; raise `DamagedLogError` where an opening is not what was committed to.

    ``personal`` is who looks, and why. ``says_erased`` tells whether a later entry says that this one's fields were
    erased; without it the log is looked through.
    """
    entry = next(log.those([number]))
    fields = tuple(opening.name for opening in log.openings(number))
    log.append(Statement(AuditorAccess(entry=number, fields=fields), personal))
    openings = tuple(opening for opening in log.openings(number) if opening.name in fields)
    for opening in openings:
        check_opening(entry, opening)
    gone = tuple(sorted(entry.commitments.keys() - {opening.name for opening in openings}))
    is_erased = bool(gone) and (says_erased or log.says_erased)(number)
    return OpenedEntry(entry, openings, gone if is_erased else (), () if is_erased else gone)
