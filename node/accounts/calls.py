"""What a person does with an account of his own: enrol, sign in, change it, end sessions.

Why somebody is not let in is for the disclosure log. Outside there is one refusal, after the same work and the same
wait, whether the name is unknown, the password or code wrong, the account locked or the officer disabled.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from ledger.account_events import AccountChanged, AccountEnrolled, SignedIn, SignedOut, SignInRefused
from ledger.log import Ledger
from node.accounts.attempts import Attempt, Attempts
from node.accounts.authenticator import draw_secret, is_code, step_of
from node.accounts.codes import draw_recovery_codes
from node.accounts.hashing import Queue
from node.accounts.password import check_password, hash_password, is_dated, is_password
from node.accounts.recording import recording, statement
from node.accounts.refusals import SignInRefusals, SignInRefusedError
from node.accounts.store import Account, Accounts, begin_anew, waits
from node.officers.register import Officers, Standing
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.node")

FIRST_PAUSE = 1.0
"""Seconds from the end of the work, the same for all, to a first refusal; each further one waits twice as long.

What only some refusals take, a line in the log or a code that is used up, is done within.
"""

LONGEST_PAUSE = 8.0
"""Seconds a refusal waits at most."""

MOST_WAITING = 64
"""Refusals that wait at once; one more is told that the node is busy, and not written down. It counts all the same."""


NEXT_SECRET_SECONDS = 600
"""Seconds for which another authenticator that was shown can be proved."""


class UnconfirmedError(SignInRefusedError):
    """Somebody has proved all that he can, and waits for a second officer (`node.accounts.store.waits`)."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person presents: name, password and a code, from a browser with this cookie of known browsers.

    ``address`` is where the browser asks from; what is known of a stranger.
    """

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    device: str = field(default="", repr=False)
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who was let in, and what his session hangs on: it ends as soon as one of the stamps is another.

    ``entry`` is the stamp of his entry in the register, ``proof`` that of his account or, where the provider vouched,
    of his link to a subject. ``device`` is the cookie of the browser, for accounts only.
    """

    officer: str
    entry: int
    proof: int
    device: str = field(default="", repr=False)
    by_provider: bool = False


@dataclass(frozen=True, slots=True)
class _Looked:
    """What came of looking at a proof: a reason against it, or the account with what is to be used up.

    ``at`` is when that was, on the monotonic clock: until then all have waited alike.
    """

    reason: str
    account: Account | None
    standing: Standing | None
    step: int
    at: float


class AccountCalls:
    """The calls of the console about accounts. All but `Accounts.stamp_of` keep off the event loop."""

    def __init__(
        self,
        accounts: Accounts,
        officers: Officers,
        ledger: Ledger,
        agency: str,
        *,
        clock: Callable[[], float] = time.time,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        """Take what there is; it stays the caller's. ``clock`` gives Unix seconds."""
        self.accounts = accounts
        self.attempts = Attempts(accounts.file)
        self.agency = agency
        self.refusals = SignInRefusals(ledger, locking=True)
        self._officers = officers
        self._ledger = ledger
        self._clock = clock
        self._first_pause = first_pause
        self._queues = {known: Queue() for known in (False, True)}
        self._waiting = 0

    async def sign_in(self, proof: Proof) -> Admitted:
        """Let an officer in; raise `SignInRefusedError`, or `SymbolonError` where the node is busy or cannot log.

        Who has proved all and is not confirmed yet gets `UnconfirmedError`: that he waits tells nobody else anything.
        """
        admitted, _ = await self._admit(proof, "code", lambda of: SignedIn(proof=of))
        return admitted

    async def _admit(
        self, proof: Proof, wanted: Literal["code", "password"], event: Callable[[str], SignedIn] | None
    ) -> tuple[Admitted, Account]:
        """Give who is let in, and his account as it was compared: what is done then has to find it unchanged."""
        is_known = self.attempts.is_known(proof.name, proof.device)
        async with self._queues[is_known].turn("" if is_known else proof.address):
            attempt = await asyncio.to_thread(self.attempts.begin, proof.name, proof.device, self._clock())
            looked = await asyncio.to_thread(self._look, proof, attempt, wanted)
            if not looked.reason and looked.account is not None and looked.standing is not None:
                use = partial(self._use, proof, looked.account, looked.standing, looked.step, event, attempt)
                admitted = await asyncio.to_thread(use)
                if admitted is not None:
                    return admitted, looked.account
        known = looked.account.name if looked.account else ""
        locks = attempt.locks and bool(known)
        raise await self._refused(looked.at, attempt.failures, looked.reason or "code", known, locks=locks)

    def _look(self, proof: Proof, attempt: Attempt, wanted: Literal["code", "password"]) -> _Looked:
        """Do all that is to be done, whatever comes of it."""
        account = self.accounts.find(proof.name)
        is_theirs = is_password(account.password if account else None, proof.password)
        secret, after = (account.secret, account.step) if account else (None, 0)
        step = step_of(secret, proof.code, self._clock(), after)
        has_code = bool(step) or not is_code(proof.code) or wanted == "password"
        standing = self._officers.standing_of(proof.name)
        reasons = {
            "unknown": account is None,
            "locked": attempt.locked or (account is not None and account.locked),
            "not_enrolled": account is not None and not account.enrolled,
            "disabled": standing is None,
            "password": not is_theirs,
            "code": not has_code,
        }
        reason = next((name for name, holds in reasons.items() if holds), "")
        return _Looked(reason, account, standing, step, time.monotonic())

    def _use(
        self,
        proof: Proof,
        account: Account,
        standing: Standing,
        step: int,
        event: Callable[[str], SignedIn] | None,
        attempt: Attempt,
    ) -> Admitted | None:
        is_waiting = waits(account, standing.roles)
        if event is not None:
            signed_in = event("authenticator" if step else "recovery_code")
            told = SignInRefused(reason="unconfirmed") if is_waiting else signed_in
            record = recording(self._ledger, told, account.name)
            rehashed = hash_password(proof.password) if is_dated(account.password or "") else None
            try:
                if not self.accounts.use(account, proof.code, step, rehashed, record):
                    return None
            except SymbolonError:  # he was right, and would be locked out once the log can be written
                self.attempts.right(attempt)
                raise
        self.attempts.right(attempt)
        if is_waiting:
            raise UnconfirmedError
        device = self.attempts.remember(account.name, proof.device)
        return Admitted(account.name, standing.stamp, account.stamp, device)

    async def _refused(
        self, since: float, failures: int, reason: str, known: str, *, locks: bool
    ) -> SignInRefusedError:
        """Write the refusal down, wait, and give what to raise; no path of it is quicker than another.

        ``since`` is when all paths had done the same, on the monotonic clock: waiting begins there, not before, for a
        pause that a queue has used up hides nothing.
        """
        if self._waiting >= MOST_WAITING:
            raise SymbolonError(ErrorCode.BUSY)
        self._waiting += 1
        try:
            pause = min(self._first_pause * 2.0 ** min(failures, 10), LONGEST_PAUSE)
            logger.warning("console: somebody was not let in; the refusal waits %.2f s", pause)
            await self.refusals.note(reason, known, locks=locks)
            await asyncio.sleep(max(0.0, since + pause - time.monotonic()))
        finally:
            self._waiting -= 1
        return SignInRefusedError()

    # Enrolment

    async def invited(self, name: str, code: str) -> str:
        """Give the secret for the authenticator of somebody who was invited; raise as `sign_in`.

        It is the same until enrolment has ended, so that a page loaded anew does not void what was scanned.
        """
        since = time.monotonic()
        account = await asyncio.to_thread(self.accounts.find, name)
        if account is None or not account.is_invited_by(code, self._clock()) or not self._officers.roles_of(name):
            raise await self._refused(since, 1, "invitation", name if account else "", locks=False)
        return await asyncio.to_thread(self.accounts.show_first_secret, name, code, draw_secret())

    async def enrol(
        self, name: str, code: str, password: str, proof: str, device: str = ""
    ) -> tuple[Admitted | None, list[str]]:
        """Make password and authenticator of an invited person count; give who is signed in, and recovery codes.

        Nobody is signed in where a second officer has to confirm it first. Raises as `invited`, and `SymbolonError`
        (`INVALID_INPUT`) where the password may not be chosen, or ``proof`` is no code of the authenticator.
        """
        secret = await self.invited(name, code)
        standing = await asyncio.to_thread(self._officers.standing_of, name)
        account = await asyncio.to_thread(self.accounts.find, name)
        if standing is None or account is None:
            raise SignInRefusedError  # no longer: it was there a moment ago
        is_waiting = waits(account, standing.roles)
        check_password(password, name, self.agency)
        step = self._proved(secret, proof)
        codes = draw_recovery_codes()
        signed_in = [] if is_waiting else [statement(SignedIn(proof="enrolment"), name)]

        def record() -> None:
            self._ledger.append(statement(AccountEnrolled(), name), *signed_in)

        async with self._queues[True].turn():
            hashed = await asyncio.to_thread(hash_password, password)
            stamp = await asyncio.to_thread(self.accounts.enrol, name, code, hashed, step, codes, self._now(), record)
        admitted = Admitted(name, standing.stamp, stamp, self.attempts.remember(name, device))
        return None if is_waiting else admitted, codes

    # Changes by the officer, who proves the password once more. Each finds the account as it was when he did, or is
    # refused: a lock or a reset meanwhile counts for what is under way, too.

    async def change_password(self, proof: Proof, password: str) -> Admitted:
        """Keep another password; all other sessions end. Raises as `sign_in`, and as `enrol` for the new one."""
        check_password(password, proof.name, self.agency)
        admitted, account = await self._admit(proof, "password", None)
        async with self._queues[True].turn():
            hashed = await asyncio.to_thread(hash_password, password)
            record = self._changed(proof.name, "password")
            stamp = await asyncio.to_thread(self.accounts.change_password, account, hashed, self._now(), record)
        return replace(admitted, proof=stamp)

    async def new_secret(self, proof: Proof) -> str:
        """Give a new secret for an authenticator, which counts once a code of it is proved; raises as `sign_in`.

        It is given this once, and can be proved for `NEXT_SECRET_SECONDS`.
        """
        _, account = await self._admit(proof, "password", None)
        secret, until = draw_secret(), int(self._clock()) + NEXT_SECRET_SECONDS
        await asyncio.to_thread(self.accounts.show_next_secret, account, secret, until)
        return secret

    async def change_authenticator(self, name: str, proof: str) -> None:
        """Let the new secret count; raise `SymbolonError` (`INVALID_INPUT`) where ``proof`` is no code of it.

        So it does where there is none that waits for its proof, or no longer.
        """
        account = await asyncio.to_thread(self.accounts.find, name)
        if account is None or account.next_secret is None or account.next_until <= self._clock():
            raise begin_anew()
        step = self._proved(account.next_secret, proof)
        record = self._changed(name, "authenticator")
        await asyncio.to_thread(self.accounts.change_authenticator, account, step, self._now(), record)

    async def new_codes(self, proof: Proof) -> list[str]:
        """Give new recovery codes; those before are void. Raises as `sign_in`."""
        _, account = await self._admit(proof, "password", None)
        codes = draw_recovery_codes()
        record = self._changed(proof.name, "recovery_codes")
        await asyncio.to_thread(self.accounts.change_codes, account, codes, record)
        return codes

    async def sign_out(self, officer: str, what: Literal["this", "another", "all"]) -> None:
        """Write down that an officer ends sessions; ``all`` reaches those of a local account wherever they are."""
        event = SignedOut(what=what)
        has_account = await asyncio.to_thread(self.accounts.find, officer) is not None
        if what == "all" and has_account:
            record = recording(self._ledger, event, officer)
            await asyncio.to_thread(self.accounts.end_sessions, officer, record)
        else:
            await self._ledger.record(statement(event, officer))

    def _changed(self, name: str, what: str) -> Callable[[], None]:
        return recording(self._ledger, AccountChanged(what=what), name, name)

    def _proved(self, secret: str | None, proof: str) -> int:
        step = step_of(secret, proof, self._clock(), 0)
        if not step:
            detail = "the code of the authenticator is not right: check the clock of its device, and type the next code"
            raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
        return step

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
