"""How a step with a case or a referral is made to last, whoever takes it: an officer, a message, or time.

In this order: read the file under the write lock, take the pure step, write its entries into the disclosure log, then
commit the file and its messages together. Whatever is killed in between is taken again, and its entries are not
written twice. Who takes steps stands beside it: ``desk`` for officers, ``incoming`` for partners' messages,
``clockwork`` for time. What steps there are is decided in ``asking``, ``holding`` and ``sweeping``.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial

import rfc8785

from agreements.facts import QuotaUse
from agreements.stages import CaseState
from agreements.standing import AgreementSet
from ledger.entries import Statement
from ledger.log import Ledger
from node.cases import requests, store
from node.cases.allowance import last_told
from node.cases.cleared import forget_confirmed, note_cleared
from node.cases.damaged import Damaged, End
from node.cases.ending import good_until
from node.cases.files import Case, Referral
from node.cases.messages import Message, write_message
from node.cases.steps import HeldRecord, Scene, Step, partner_of
from node.database import DatabaseFile
from node.mail.store import post
from node.officers.register import Role
from symbolon.rpc.identity import Party
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

ONCE_SECONDS = int(timedelta(days=180).total_seconds())
"""How long an entry is known again, so that a step taken again after a crash does not write it twice."""


class CaseWork:
    """The cases and referrals of one node. Any thread may call; several processes may share the file."""

    def __init__(
        self,
        own: Party,
        file: DatabaseFile,
        ledger: Ledger,
        agreements: Callable[[], AgreementSet],
        record: Callable[[str, datetime], HeldRecord | None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        roles_of: Callable[[str], frozenset[Role]] = lambda _: frozenset(),
        stopped: Callable[[], str] = lambda: "",
    ) -> None:
        """Take the parts; ``record`` gives a record of this agency as it stands, with its rules at a moment.

        One that is damaged is as one that was removed: nothing of it is released.

        ``roles_of`` gives the roles an officer has now, none who is not active; ``stopped`` why nothing may be
        disclosed now.
        """
        self._own = own
        self._file = file
        self._ledger = ledger
        self._agreements = agreements
        self._record = record
        self._clock = clock
        self._roles_of = roles_of
        self._stopped = stopped

    @property
    def own(self) -> Party:
        """Give the party whose cases these are."""
        return self._own

    @property
    def file(self) -> DatabaseFile:
        """Give the database: steps are taken in its transactions."""
        return self._file

    def scene(self) -> Scene:
        """Give the scene of a step now."""
        now = self._clock()

        def used(referral: Referral) -> QuotaUse:
            return requests.use_before(self._file.connection, referral, scene.id_of(referral), now)

        left = cache(partial(last_told, self._file.connection))  # the same for all cases of a list
        scene = Scene(
            self._own.name,
            self._agreements(),
            now,
            lambda record_id: self._record_at(record_id, now),
            used,
            lambda case: left(case.member, case.agreement),
            self._roles_of,
            stopped=self._stopped(),
        )
        return scene

    def _record_at(self, record_id: str, now: datetime) -> HeldRecord | None:
        """Give a record, or None where it is damaged: then nothing of it is released, and its clocks go on."""
        try:
            return self._record(record_id, now)
        except (sqlite3.Error, OSError, MemoryError):  # of the machine, and may pass
            raise
        except Exception as error:  # noqa: BLE001  # whatever a damaged row makes of itself
            # The type and the place only: the text may quote a person's data.
            logger.error("a record is not to be read: %s at %s", type(error).__name__, innermost_place(error))
            return None

    def settle(
        self, connection: sqlite3.Connection, before: store.File, step: Step[store.File], origin: bytes = b""
    ) -> store.File:
        """Make a step last: the log first, then the file and its messages, committed by the caller.

        ``origin`` is the name of the message that it follows.
        """
        self.write(step, origin=origin)
        self.keep(connection, before, step)
        return step.file

    def keep(self, connection: sqlite3.Connection, before: Case | Referral, step: Step[Case | Referral]) -> None:
        """Put what a step leads to in its place, or erase it, and its messages into the outbox."""
        if step.erases:
            store.erase(connection, before)
        elif step.file.state is CaseState.REJECTED and before.state is not CaseState.REJECTED:
            store.save(connection, step.file)
            note_cleared(connection, step.file)
        elif step.file.state is CaseState.CONFIRMED and before.state is CaseState.HIT:
            store.save(connection, step.file)
            forget_confirmed(connection, step.file)
        elif step.file.version > before.version:
            store.save(connection, step.file)
        for message in step.mail:
            self.post(connection, Party.agency(partner_of(step.file)).uri, message, step.file.due)

    def write(self, *steps: Step[Case | Referral], origin: bytes = b"") -> None:
        """Write the entries of steps, each once, whatever is taken again."""
        self._write_once({_digest(_place_of(step), step.statements, origin): step.statements for step in steps})

    def end_damaged(self, connection: sqlite3.Connection, file: Damaged, end: End, origin: bytes = b"") -> None:
        """Make the end of a file that nobody can read last, as `settle` does."""
        place = f"{file.partner}/{file.reference}/{file.opened_at}/{file.version}/ends"
        self._write_once({_digest(place, end.statements, origin): end.statements})
        store.erase_damaged(connection, file)
        for message in end.mail:
            self.post(connection, Party.agency(file.partner).uri, message)

    def _write_once(self, entries: Mapping[bytes, tuple[Statement, ...]]) -> None:
        until = int(self._clock().timestamp()) + ONCE_SECONDS
        self._ledger.append_once({name: entries[name] for name in entries if entries[name]}, until)

    def note(self, statement: Statement) -> None:
        """Write an entry that no step follows from."""
        self._ledger.append(statement)

    def post(self, connection: sqlite3.Connection, partner: str, message: Message, due: date | None = None) -> None:
        """Put a message into the outbox; ``due`` is the day on which the copy it may be about is deleted."""
        now = self._clock()
        post(connection, partner, write_message(message), now, good_until(message, due, now))


def _place_of(step: Step[Case | Referral]) -> str:
    file = step.file
    return f"{partner_of(file)}/{file.reference}/{file.opened_at.isoformat()}/{file.version}"


def _digest(place: str, statements: tuple[Statement, ...], origin: bytes) -> bytes:
    """Name the entries of a step: by its file, the version it leads to, the message it follows, and what they say.

    Two partners may give one reference, and one may give it again once the first file is erased. What a decision was
    made from names the moment, another one when the step is taken again; what came of it is in the entry itself.
    """
    said = [[one.event.model_dump(mode="json"), {**one.personal, "decision": ""}] for one in statements]
    return hashlib.sha256(rfc8785.dumps([f"{place}/{origin.hex()}", said])).digest()
