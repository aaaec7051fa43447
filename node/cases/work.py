"""The work on cases: takes a step for an officer, a message or the clock, and makes it last.

In this order: read the file under the write lock, take the pure step, write its entries into the disclosure log, then
commit the file and its messages together. Whatever is killed in between is taken again, and its entries are not
written twice. What steps there are is decided in ``asking``, ``holding`` and ``sweeping``.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import rfc8785

from agreements.codes import OfficerRole
from agreements.facts import QuotaUse
from agreements.stages import CASES_OVER, REFERRALS_OVER, ReferralState
from agreements.standing import AgreementSet
from ledger.case_events import CaseMessageIgnored, CaseShown, StepRefused, name_case
from ledger.entries import Statement
from ledger.log import Ledger
from ledger.referral_events import RequestRefused
from node.cases import asking_mail, holding_mail, store, sweeping
from node.cases.files import Case, Referral
from node.cases.messages import (
    Acknowledgement,
    ClarificationAnswer,
    ConsentRequest,
    CorrectionReceipt,
    DeletionReceipt,
    Dispute,
    FeedbackGiven,
    Message,
    RecallReceipt,
    Request,
    read_message,
    write_message,
)
from node.cases.release import Release, release_of
from node.cases.steps import HeldRecord, Scene, Step, partner_of, stated
from node.database import DatabaseFile
from node.mail.store import post
from node.officers import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

_TO_HOLDER = (
    Request
    | Acknowledgement
    | FeedbackGiven
    | DeletionReceipt
    | RecallReceipt
    | CorrectionReceipt
    | Dispute
    | ConsentRequest
    | ClarificationAnswer
)
"""Messages that an asker writes to a holder; all others go the other way."""

ONCE_SECONDS = int(timedelta(days=180).total_seconds())
"""How long an entry is known again, so that a step taken again after a crash does not write it twice."""


MOST_LISTED = 1000
"""Files in a list at most: a list is for people."""


_LONGEST_REFERENCE = 100  # characters of what an officer took for one

TOGETHER = 50
"""Files that the clock takes in one commit: it costs as much as one, and nobody waits long for it."""


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
        self._passed = 0

    # For officers

    def cases(self, officer: Officer, *, over_too: bool = False) -> list[Case]:
        """Give the newest cases an officer may see, newest first; those that are over only if wanted."""
        connection = self._file.connection
        scene = self.scene(connection)
        found = store.cases(connection, () if over_too else CASES_OVER, MOST_LISTED)
        return [case for case in found if _may_see(case, officer, scene)]

    def referrals(self, officer: Officer, *, all_of_them: bool = False) -> list[Referral]:
        """Give the newest referrals an officer may see; hits nobody asked about, and what is over, only if wanted."""
        connection = self._file.connection
        scene = self.scene(connection)
        left_out = () if all_of_them else (*REFERRALS_OVER, ReferralState.TOLD)
        found = store.referrals(connection, left_out, MOST_LISTED)
        return [one for one in found if _may_see(one, officer, scene)]

    def show_case(self, reference: str, member: str, officer: Officer) -> Case:
        """Give one case without its content, which is for `read` only; that it was shown is logged first."""
        connection = self._file.connection
        with self._refusing("show", reference, officer):
            case = self._seen(store.case_named(connection, reference, member), officer)
        self._ledger.append(stated(CaseShown, case, {"officer": officer.name}))
        return case.model_copy(update={"content": None})

    def show_referral(self, reference: str, officer: Officer) -> Referral:
        """Give one referral; that it was shown is logged first."""
        with self._refusing("show", reference, officer):
            referral = self._seen(store.referral_named(self._file.connection, reference), officer)
        self._ledger.append(stated(CaseShown, referral, {"officer": officer.name}))
        return referral

    def act_on_case(self, reference: str, member: str, officer: Officer, step: CaseStep) -> Case:
        """Take an officer's step with a case, and give the case after it."""
        with self._file.transaction() as connection:
            with self._refusing(_name_of(step), reference, officer):
                case = self._seen(store.case_named(connection, reference, member), officer)
            with self._refusing(_name_of(step), reference, officer, case):
                taken = step(case, officer, self.scene(connection))
            after = self._settle(connection, case, taken)
        self._forget(case, after)
        return after

    def act_on_referral(self, reference: str, officer: Officer, step: ReferralStep) -> Referral:
        """Take an officer's step with a referral, and give the referral after it."""
        with self._file.transaction() as connection:
            with self._refusing(_name_of(step), reference, officer):
                referral = self._seen(store.referral_named(connection, reference), officer)
            with self._refusing(_name_of(step), reference, officer, referral):
                taken = step(referral, officer, self.scene(connection))
            return self._settle(connection, referral, taken)

    def scene_now(self) -> Scene:
        """Give the scene for showing."""
        return self.scene(self._file.connection)

    def release_now(self, referral: Referral) -> Release:
        """Give what the record would give now if it were approved, for those who decide; and what stands in the way."""
        return release_of(referral, self.scene_now(), referral.approvals)

    # For the mail

    def handle(self, connection: sqlite3.Connection, sender: str, content: bytes) -> None:
        """Take a partner's message, in the transaction in which the mail notes that it came.

        Raises `MessageFormatError` where the content is no message about a case.
        """
        message = read_message(content)
        scene = self.scene(connection)
        if isinstance(message, _TO_HOLDER):
            self._to_holder(connection, sender, message, scene)
        else:
            self._to_asker(connection, sender, message, scene)

    def _to_holder(self, connection: sqlite3.Connection, sender: str, message: Message, scene: Scene) -> None:
        referral = store.find_referral(connection, message.reference)
        if referral is None or Party.agency(referral.asked.asker).uri != sender:
            case = name_case(Party.parse(sender).name, self._own.name, message.reference)
            self._ignore(connection, sender, case, message, holding_mail.answer_unknown(message))
            return
        after = self._settle(connection, referral, holding_mail.take(referral, message, scene))
        if isinstance(message, Request) and referral.request is None and after.state is ReferralState.REQUESTED:
            emergency = message.emergency is not None
            store.count_request(connection, after, _id_of(after, scene), scene.now, emergency=emergency)

    def _to_asker(self, connection: sqlite3.Connection, sender: str, message: Message, scene: Scene) -> None:
        case = store.find_case(connection, sender, message.reference)
        if case is None:
            named = name_case(self._own.name, Party.parse(sender).name, message.reference)
            self._ignore(connection, sender, named, message, asking_mail.answer_unknown(message))
            return
        self._settle(connection, case, asking_mail.take(case, message, scene))

    def _ignore(
        self, connection: sqlite3.Connection, sender: str, case: str, message: Message, answer: Message | None
    ) -> None:
        name = Party.parse(sender).name
        said = {"reference": message.reference}
        event: RequestRefused | CaseMessageIgnored
        if isinstance(message, Request):
            event = RequestRefused(partner=name, agreement_hash="", case=case, reason="unknown")
            said |= holding_mail.said_in(message)
        else:
            event = CaseMessageIgnored(partner=name, agreement_hash="", case=case, kind=message.type)
        self._ledger.append(Statement(event, said))
        if answer is not None:
            self._post(connection, sender, answer)

    # For the clock

    def sweep(self) -> int:
        """Take every step that time takes; give how many. A few files are one commit, so a kill loses nothing."""
        quiet_since = self._clock() - min(self._keeping.unpursued, self._keeping.closed)
        files, self._passed = store.ripe(self._file.connection, quiet_since, self._passed)
        taken = sum(self._sweep(files[first : first + TOGETHER]) for first in range(0, len(files), TOGETHER))
        if taken:
            self._file.shrink_log(0)
        return taken

    def _sweep(self, files: list[Case | Referral]) -> int:
        scene = self.scene_now()
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
            logger.error("time stands still for one case: %s at %s", type(error).__name__, innermost_place(error))
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

    def _settle(self, connection: sqlite3.Connection, before: store.File, step: Step[store.File]) -> store.File:
        """Make a step last: the log first, then the file and its messages, committed by the caller."""
        self._write(step)
        self._keep(connection, before, step)
        return step.file

    def _keep(self, connection: sqlite3.Connection, before: Case | Referral, step: Step[Case | Referral]) -> None:
        if step.file.version > before.version:
            store.save(connection, step.file)
        for message in step.mail:
            self._post(connection, Party.agency(partner_of(step.file)).uri, message)

    def _write(self, *steps: Step[Case | Referral]) -> None:
        """Write the entries of steps, each once, whatever is taken again."""
        until = int(self._clock().timestamp()) + ONCE_SECONDS
        self._ledger.append_once({_digest(step): step.statements for step in steps if step.statements}, until)

    def _post(self, connection: sqlite3.Connection, partner: str, message: Message) -> None:
        now = self._clock()
        post(connection, partner, write_message(message), now, now + sweeping.PATIENCE)

    def _seen(self, file: store.File, officer: Officer) -> store.File:
        if not _may_see(file, officer, self.scene(self._file.connection)):
            raise SymbolonError(ErrorCode.NO_SUCH_CASE)
        return file

    @contextmanager
    def _refusing(
        self, step: str, reference: str, officer: Officer, file: Case | Referral | None = None
    ) -> Iterator[None]:
        """Write down that an officer's step is refused, and why, before the refusal is told."""
        try:
            yield
        except SymbolonError as error:
            self._ledger.append(_refused(step, reference, officer, file, error))
            raise

    def _forget(self, before: Case, after: Case) -> None:
        if before.content is not None and after.content is None:
            self._file.shrink_log()


def _again(connection: sqlite3.Connection, file: Case | Referral) -> Case | Referral | None:
    """Read a file once more, now that the write lock is held."""
    if isinstance(file, Case):
        return store.find_case(connection, file.member, file.reference)
    return store.find_referral(connection, file.reference)


def _digest(step: Step[Case | Referral]) -> bytes:
    """Name the entries of a step: by its file, the version it leads to, and what they say."""
    place = f"{step.file.reference}/{step.file.version}"
    said = [[one.event.model_dump(mode="json"), dict(one.personal)] for one in step.statements]
    return hashlib.sha256(rfc8785.dumps([place, said])).digest()


def _refused(
    step: str, reference: str, officer: Officer, file: Case | Referral | None, error: SymbolonError
) -> Statement:
    said = {"officer": officer.name}
    if error.code is ErrorCode.AGREEMENT_REFUSES:
        said["rules"] = error.detail
    if file is not None:
        return stated(StepRefused, file, said, step=step, reason=error.code.code)
    event = StepRefused(partner="", agreement_hash="", step=step, reason=error.code.code)
    return Statement(event, said | {"reference": reference[:_LONGEST_REFERENCE]})


def _name_of(step: CaseStep | ReferralStep) -> str:
    """Name a step by its function, with or without its arguments."""
    named = step.func if isinstance(step, partial) else step
    return str(getattr(named, "__name__", type(named).__name__))


def _id_of(referral: Referral, scene: Scene) -> str:
    agreement = scene.agreement(referral.agreement)
    return agreement.id if agreement else ""


def _may_see(file: Case | Referral, officer: Officer, scene: Scene) -> bool:
    """Say whether an officer may see a file: what is a joint team's, only its members of this agency."""
    if "auditor" in officer.roles:
        return True
    agreement = scene.agreement(file.agreement)
    if agreement is None:  # one that does not verify: nobody could say whose file it is
        return False
    if agreement.joint_team is None:
        return True
    return (scene.own, officer.name) in agreement.joint_team.officers
