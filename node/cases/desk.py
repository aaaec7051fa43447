"""What officers do with cases and referrals: list and show what they may see, and take a step.

That a file was shown is in the log before it is. Which roles a step takes is decided in ``desk_steps``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from agreements.stages import CASES_OVER, REFERRALS_OVER, ReferralState
from ledger.case_events import CaseShown, ClearingTakenBack, StepRefused, name_case
from ledger.entries import Statement
from node.cases import holding, listing, store
from node.cases.cleared import Cleared, cleared_as, cleared_hits, take_back
from node.cases.files import Case, Referral
from node.cases.listing import Lines, Wanted
from node.cases.release import Release, release_of
from node.cases.steps import Scene, Step, stated
from node.cases.work import CaseWork
from node.officers.recording import viewed
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError

MOST_LISTED = 1000
"""Lines of a list at most: a list is for people."""

_SHOWN_OF_NAME = 12  # characters of what the log calls a case, as they are shown of any digest

_LONGEST_REFERENCE = 100  # characters of what an officer took for one

CaseStep = Callable[[Case, Officer, Scene], Step[Case]]
ReferralStep = Callable[[Referral, Officer, Scene], Step[Referral]]


class CaseDesk:
    """The desk of one node. Any thread may call."""

    def __init__(self, work: CaseWork) -> None:
        """Take what makes steps last."""
        self._work = work

    def cases(self, officer: Officer, *, over_too: bool = False, wanted: Wanted | None = None) -> Lines[Case]:
        """Give the cases an officer may see, those under way before others, newest first; what is over if wanted."""
        sought = wanted or Wanted()
        left_out = () if over_too or sought.state in CASES_OVER else CASES_OVER
        return listing.cases(self._work.file.connection, left_out, MOST_LISTED, seen_by=_seeing(officer), wanted=sought)

    def referrals(self, officer: Officer, *, all_of_them: bool = False) -> Lines[Referral]:
        """Give referrals like `cases`; hits nobody asked about or that were seen, and what is over, only if wanted."""
        left_out = () if all_of_them else (*REFERRALS_OVER, ReferralState.TOLD, ReferralState.SILENT_SEEN)
        return listing.referrals(self._work.file.connection, left_out, MOST_LISTED, seen_by=_seeing(officer))

    def show_case(self, reference: str, member: str, officer: Officer) -> Case:
        """Give one case without its content, which is for `read` only; that it was shown is logged first."""
        with self._refusing("show", reference, officer):
            case = _seen(store.case_named(self._work.file.connection, reference, member), officer)
        self._note_shown(case, officer)
        return case.model_copy(update={"content": None})

    def same_hits(self, case: Case, officer: Officer) -> list[Case]:
        """Give the other cases of the same hit that an officer may see, without what is in them."""
        return [one for one in listing.same_hits(self._work.file.connection, case) if one.may_be_seen(officer)]

    def show_referral(self, reference: str, officer: Officer) -> Referral:
        """Give one referral; that it was shown is logged first, and that the record is, where that is shown with it."""
        with self._refusing("show", reference, officer):
            referral = _seen(store.referral_named(self._work.file.connection, reference), officer)
        with_record = self.shows_record(referral, officer)
        self._note_shown(referral, officer, record=with_record)
        return referral

    def _note_shown(self, file: Case | Referral, officer: Officer, *, record: bool = False) -> None:
        """Write that a file is about to be shown; what an auditor looks at stands among what auditors looked at."""
        self._work.note(stated(CaseShown, file, {"officer": officer.name}, record=record))
        if officer.may("audit"):
            name = name_case(file.asked.asker, file.asked.holder, file.reference)
            kind = "case" if isinstance(file, Case) else "referral"
            self._work.note(viewed(officer, kind, f"case={name[:_SHOWN_OF_NAME]}"))

    @staticmethod
    def shows_record(referral: Referral, officer: Officer) -> bool:
        """Say whether an officer who looks at a referral sees the record whole: who may approve, until it is over."""
        return officer.may("approve") and not referral.is_over

    def act_on_case(self, reference: str, member: str, officer: Officer, step: CaseStep) -> Case:
        """Take an officer's step with a case, and give the case after it."""
        with self._work.file.transaction() as connection:
            with self._refusing(_name_of(step), reference, officer):
                case = _seen(store.case_named(connection, reference, member), officer)
            with self._refusing(_name_of(step), reference, officer, case):
                taken = step(case, officer, self._work.scene())
            after = self._work.settle(connection, case, taken)
        if (case.content is not None and after.content is None) or after.is_over:
            self._work.file.shrink_log()  # what is forgotten of a person is gone from the disk
        return after

    def act_on_referral(self, reference: str, officer: Officer, step: ReferralStep) -> Referral:
        """Take an officer's step with a referral, and give the referral after it."""
        with self._work.file.transaction() as connection:
            with self._refusing(_name_of(step), reference, officer):
                referral = _seen(store.referral_named(connection, reference), officer)
            with self._refusing(_name_of(step), reference, officer, referral):
                taken = step(referral, officer, self._work.scene())
            after = self._work.settle(connection, referral, taken)
        if after.is_over:
            self._work.file.shrink_log()
        return after

    def see(self, reference: str, officer: Officer) -> Referral:
        """Take note of a refused appeal, or of a silent hit and of those that share its line of the list."""
        with self._work.file.transaction() as connection:
            with self._refusing("see", reference, officer):
                named = _seen(store.referral_named(connection, reference), officer)
            silent, scene = [named, *listing.silent_ones_like(connection, named)], self._work.scene()
            with self._refusing("see", reference, officer, named):
                steps = [holding.see(one, officer, scene) for one in silent]
            self._work.write(*steps)
            for before, step in zip(silent, steps, strict=True):
                self._work.keep(connection, before, step)
            return steps[0].file

    def cleared(self, officer: Officer) -> list[Cleared]:
        """Give the cleared hits an officer may see."""
        found = cleared_hits(self._work.file.connection, MOST_LISTED)
        return [one for one in found if one.may_be_seen(officer.name, audits=officer.may("audit"))]

    def take_back_clearing(self, reference: str, partner: str, officer: Officer) -> None:
        """Take back that a hit is cleared; raise `SymbolonError` (`NO_SUCH_CASE`) where there is no such one."""
        with self._work.file.transaction() as connection:
            found = [one for one in cleared_as(connection, reference) if partner in ("", one.partner)]
            with self._refusing("take_back_clearing", reference, officer):
                if len(found) != 1 or not found[0].may_be_seen(officer.name):
                    raise SymbolonError(ErrorCode.NO_SUCH_CASE)
            (cleared,) = found
            event = ClearingTakenBack(
                partner=cleared.partner,
                agreement_hash=cleared.agreement,
                purpose=cleared.purpose,
                case=name_case(self._work.own.name, cleared.partner, reference),
            )
            said = {"officer": officer.name, "reference": reference, "case_reference": cleared.case_reference}
            self._work.note(Statement(event, said))
            take_back(connection, cleared)

    def scene(self) -> Scene:
        """Give the scene for showing."""
        return self._work.scene()

    def release_now(self, referral: Referral) -> Release:
        """Give what the record would give now if it were approved, for those who decide; and what stands in the way."""
        return release_of(referral, self._work.scene(), referral.approvals)

    @contextmanager
    def _refusing(
        self, step: str, reference: str, officer: Officer, file: Case | Referral | None = None
    ) -> Iterator[None]:
        """Write down that an officer's step is refused, and why, before the refusal is told."""
        try:
            yield
        except SymbolonError as error:
            self._work.note(_refused(step, reference, officer, file, error))
            raise


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


def _seen(file: store.File, officer: Officer) -> store.File:
    if not file.may_be_seen(officer):
        raise SymbolonError(ErrorCode.NO_SUCH_CASE)
    return file


def _seeing(officer: Officer) -> Officer | None:
    """Give as whom an officer sees the files of joint teams; an auditor sees all of them."""
    return None if officer.may("audit") else officer
