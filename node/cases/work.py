"""The work on cases: takes a step for an officer, a message or the clock, and makes it last.

In this order: read the file under the write lock, take the pure step, write its entries into the disclosure log, then
commit the file and its messages together. Whatever is killed in between is taken again, and its entries are not
written twice. What steps there are is decided in ``asking``, ``holding`` and ``sweeping``.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import rfc8785

from agreements.codes import OfficerRole
from agreements.facts import QuotaUse
from agreements.stages import CASES_OVER, REFERRALS_OVER, ReferralState
from agreements.standing import AgreementSet
from ledger.case_events import CaseMessageIgnored, CaseShown
from ledger.entries import Statement
from ledger.log import Ledger
from ledger.referral_events import RequestRefused
from node.cases import asking_mail, holding_mail, store, sweeping
from node.cases.ending import good_until
from node.cases.files import Case, Referral
from node.cases.messages import Message, Request, read_message, write_message
from node.cases.release import Release, release_of
from node.cases.steps import HeldRecord, Scene, Step, partner_of, stated
from node.database import DatabaseFile
from node.mail.store import post
from node.officers import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

ONCE_SECONDS = int(timedelta(days=180).total_seconds())
"""How long an entry is known again, so that a step taken again after a crash does not write it twice."""


MOST_LISTED = 1000
"""Files in a list at most: a list is for people."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long files are kept: hits nobody pursues, and files that are over."""

    unpursued: timedelta = timedelta(days=30)
    closed: timedelta = timedelta(days=365)


KEEPING = Keeping()

CaseStep = Callable[[Case, Officer, Scene], Step[Case]]
ReferralStep = Callable[[Referral, Officer, Scene], Step[Referral]]


class CaseWork:
    """The cases and referrals of one node. Any thread may call; several processes may share the file."""

    def __init__(
        self,
        own: Party,
        file: DatabaseFile,
        ledger: Ledger,
        agreements: Callable[[], AgreementSet],
        record: Callable[[str, datetime], HeldRecord | None],
        keeping: Keeping = KEEPING,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        roles_of: Callable[[str], frozenset[OfficerRole]] = lambda _: frozenset(),
    ) -> None:
        """Take the parts; ``record`` gives a record of this agency as it stands, with its rules at a moment.

        ``roles_of`` gives the roles an officer has now, none who is not active.
        """
        self._roles_of = roles_of
        self._own = own
        self._file = file
        self._ledger = ledger
        self._agreements = agreements
        self._record = record
        self._keeping = keeping
        self._clock = clock

    # For officers

    def cases(self, officer: Officer, *, over_too: bool = False) -> list[Case]:
        """Give the newest cases an officer may see, newest first; those that are over only if wanted."""
        left_out = () if over_too else CASES_OVER
        return store.cases(self._file.connection, left_out, MOST_LISTED, member=_member(officer))

    def referrals(self, officer: Officer, *, all_of_them: bool = False) -> list[Referral]:
        """Give the newest referrals an officer may see; hits nobody asked about, and what is over, only if wanted."""
        left_out = () if all_of_them else (*REFERRALS_OVER, ReferralState.TOLD)
        return store.referrals(self._file.connection, left_out, MOST_LISTED, member=_member(officer))

    def show_case(self, reference: str, member: str, officer: Officer) -> Case:
        """Give one case without its content, which is for `read` only; that it was shown is logged first."""
        connection = self._file.connection
        case = _seen(store.case_named(connection, reference, member), officer)
        self._ledger.append(stated(CaseShown, case, {"officer": officer.name}))
        return case.model_copy(update={"content": None})

    def show_referral(self, reference: str, officer: Officer) -> Referral:
        """Give one referral; that it was shown is logged first."""
        referral = _seen(store.referral_named(self._file.connection, reference), officer)
        self._ledger.append(stated(CaseShown, referral, {"officer": officer.name}))
        return referral

    def act_on_case(self, reference: str, member: str, officer: Officer, step: CaseStep) -> Case:
        """Take an officer's step with a case, and give the case after it."""
        with self._file.transaction() as connection:
            case = _seen(store.case_named(connection, reference, member), officer)
            after = self._settle(connection, case, step(case, officer, self.scene(connection)))
        self._forget(case, after)
        return after

    def act_on_referral(self, reference: str, officer: Officer, step: ReferralStep) -> Referral:
        """Take an officer's step with a referral, and give the referral after it."""
        with self._file.transaction() as connection:
            referral = _seen(store.referral_named(connection, reference), officer)
            return self._settle(connection, referral, step(referral, officer, self.scene(connection)))

    def scene_now(self) -> Scene:
        """Give the scene for showing."""
        return self.scene(self._file.connection)

    def release_now(self, referral: Referral) -> Release:
        """Give what the record would give now if it were approved, for those who decide; and what stands in the way."""
        return release_of(referral, self.scene_now(), referral.approvals)

    # For the mail

    def handle(self, connection: sqlite3.Connection, sender: str, name: bytes, content: bytes) -> None:
        """Take a partner's message of a name, in the transaction in which the mail notes that it came.

        Raises `MessageFormatError` where the content is no message about a case.
        """
        message = read_message(content)
        scene = self.scene(connection)
        if isinstance(message, holding_mail.TAKEN):
            self._to_holder(connection, sender, name, message, scene)
        else:
            self._to_asker(connection, sender, name, message, scene)

    def _to_holder(
        self, connection: sqlite3.Connection, sender: str, name: bytes, message: Message, scene: Scene
    ) -> None:
        referral = store.find_referral(connection, message.reference)
        if referral is None or Party.agency(referral.asked.asker).uri != sender:
            self._ignore(connection, sender, message, holding_mail.answer_unknown(message))
            return
        after = self._settle(connection, referral, holding_mail.take(referral, message, scene), name)
        if isinstance(message, Request) and referral.request is None and after.state is ReferralState.REQUESTED:
            emergency = message.emergency is not None
            store.count_request(connection, after, _id_of(after, scene), scene.now, emergency=emergency)

    def _to_asker(
        self, connection: sqlite3.Connection, sender: str, name: bytes, message: Message, scene: Scene
    ) -> None:
        case = store.find_case(connection, sender, message.reference)
        if case is None:
            self._ignore(connection, sender, message, asking_mail.answer_unknown(message))
            return
        self._settle(connection, case, asking_mail.take(case, message, scene), name)

    def _ignore(self, connection: sqlite3.Connection, sender: str, message: Message, answer: Message | None) -> None:
        name = Party.parse(sender).name
        event = (
            RequestRefused(partner=name, agreement_hash="", reason="unknown")
            if isinstance(message, Request)
            else CaseMessageIgnored(partner=name, agreement_hash="", kind=message.type)
        )
        self._ledger.append(Statement(event, {"reference": message.reference}))
        if answer is not None:
            self._post(connection, sender, answer)

    # For the clock

    def sweep(self) -> int:
        """Take every step that time takes; give how many. A few files are one commit, so a kill loses nothing."""
        quiet_since = sweeping.quiet_since(self._clock(), self._keeping.unpursued, self._keeping.closed)
        pages = store.ripe(self._file.connection, quiet_since)
        taken = sum(self._sweep(page) for page in pages)
        if taken:
            self._file.shrink_log(0)
        return taken

    def _sweep(self, rows: list[sqlite3.Row]) -> int:
        scene = self.scene_now()
        files = [file for row in rows if (file := _readable(row)) is not None]
        if not any(self._step_of_time(file, scene) for file in files):
            return 0  # as mostly; no write lock for that
        with self._file.transaction() as connection:
            scene = self.scene(connection)
            current = [file for file in (_again(connection, one) for one in files) if file is not None]
            taken = [(file, step) for file in current if (step := self._step_of_time(file, scene)) is not None]
            self._write(*(step for _, step in taken))
            for file, step in taken:
                if step.erases:
                    store.erase(connection, file)
                else:
                    self._keep(connection, file, step)
        return len(taken)

    def _step_of_time(self, file: Case | Referral, scene: Scene) -> Step[Case | Referral] | None:
        try:
            return sweeping.next_step(file, scene, self._keeping.unpursued, self._keeping.closed)
        except Exception as error:  # noqa: BLE001  # one file must not stop the clock of all others
            _complain(error)
            return None

    # For all of them

    def scene(self, connection: sqlite3.Connection) -> Scene:
        """Give the scene of a step now."""
        now = self._clock()

        def used(referral: Referral) -> QuotaUse:
            return store.use_before(connection, referral, _id_of(referral, scene), now)

        scene = Scene(
            self._own.name,
            self._agreements(),
            now,
            lambda record_id: self._record(record_id, now),
            used,
            self._roles_of,
        )
        return scene

    def _settle(
        self, connection: sqlite3.Connection, before: store.File, step: Step[store.File], origin: bytes = b""
    ) -> store.File:
        """Make a step last: the log first, then the file and its messages, committed by the caller."""
        self._write(step, origin=origin)
        self._keep(connection, before, step)
        return step.file

    def _keep(self, connection: sqlite3.Connection, before: Case | Referral, step: Step[Case | Referral]) -> None:
        if step.file.version > before.version:
            store.save(connection, step.file)
        for message in step.mail:
            self._post(connection, Party.agency(partner_of(step.file)).uri, message, step.file.due)

    def _write(self, *steps: Step[Case | Referral], origin: bytes = b"") -> None:
        """Write the entries of steps, each once, whatever is taken again."""
        until = int(self._clock().timestamp()) + ONCE_SECONDS
        self._ledger.append_once({_digest(step, origin): step.statements for step in steps if step.statements}, until)

    def _post(self, connection: sqlite3.Connection, partner: str, message: Message, due: date | None = None) -> None:
        now = self._clock()
        post(connection, partner, write_message(message), now, good_until(message, due, now))

    def _forget(self, before: Case, after: Case) -> None:
        if before.content is not None and after.content is None:
            self._file.shrink_log()


def _seen(file: store.File, officer: Officer) -> store.File:
    if not file.may_be_seen(officer):
        raise SymbolonError(ErrorCode.NO_SUCH_CASE)
    return file


def _member(officer: Officer) -> str | None:
    """Give as whom an officer sees the files of joint teams; an auditor sees all of them."""
    return None if officer.may("audit") else officer.name


def _readable(row: sqlite3.Row) -> Case | Referral | None:
    try:
        return store.read_ripe(row)
    except ValueError as error:
        _complain(error)
        return None


def _complain(error: Exception) -> None:
    """Name the type and the place only: the text may quote a person's data."""
    logger.error("time stands still for one case: %s at %s", type(error).__name__, innermost_place(error))


def _again(connection: sqlite3.Connection, file: Case | Referral) -> Case | Referral | None:
    """Read a file once more, now that the write lock is held."""
    if isinstance(file, Case):
        return store.find_case(connection, file.member, file.reference)
    return store.find_referral(connection, file.reference)


def _digest(step: Step[Case | Referral], origin: bytes) -> bytes:
    """Name the entries of a step: by its file, the version it leads to, the message it follows, and what they say."""
    place = f"{step.file.reference}/{step.file.version}/{origin.hex()}"
    said = [[one.event.model_dump(mode="json"), dict(one.personal)] for one in step.statements]
    return hashlib.sha256(rfc8785.dumps([place, said])).digest()


def _id_of(referral: Referral, scene: Scene) -> str:
    agreement = scene.agreement(referral.agreement)
    return agreement.id if agreement else ""
