"""What a person does with an account of his own: enrol, sign in, change it, end sessions.

Why somebody is not let in is for the disclosure log. Outside there is one refusal, after the same work and the same
wait, whether the name is unknown, the password or code wrong, the account locked or the officer disabled.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from ledger.account_events import AccountChanged, AccountEnrolled, AccountLocked, SignedIn, SignedOut, SignInRefused
from ledger.log import Ledger
from node.accounts.attempts import Attempt, Attempts
from node.accounts.authenticator import draw_secret, is_code, step_of
from node.accounts.codes import draw_recovery_codes
from node.accounts.hashing import Queue
from node.accounts.password import check_password, hash_password, is_dated, is_password
from node.accounts.recording import recording, statement
from node.accounts.store import Account, Accounts
from node.officers.register import Officers
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.node")

FIRST_PAUSE = 1.0
"""Seconds after which a first refusal is told, more than the work takes; each further one waits twice as long."""

LONGEST_PAUSE = 8.0
"""Seconds a refusal waits at most."""

MOST_WAITING = 64
"""Refusals that wait at once; one more is told that the node is busy, and not written down. It counts all the same."""


class SignInRefusedError(Exception):
    """Somebody is not let in. It says no more, so that nobody can tell why."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person presents: name, password and a code, from a browser with this cookie of known browsers."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    device: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who was let in: the stamp his session carries, and the cookie of the browser.

    Where an identity provider vouched, there is neither, but the ``subject`` by which it names him.
    """

    officer: str
    stamp: int
    device: str = field(repr=False)
    subject: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What came of looking at a proof: a reason against it, or the account with what is to be used up."""

    reason: str
    account: Account | None
    step: int = 0


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
        self._officers = officers
        self._ledger = ledger
        self._clock = clock
        self._first_pause = first_pause
        self._queues = {known: Queue() for known in (False, True)}
        self._waiting = 0

    async def sign_in(self, proof: Proof) -> Admitted:
        """Let an officer in; raise `SignInRefusedError`, or `SymbolonError` where the node is busy or cannot log."""
        return await self._admit(proof, "code", lambda of: SignedIn(proof=of))

    async def _admit(
        self, proof: Proof, wanted: Literal["code", "password"], event: Callable[[str], SignedIn] | None
    ) -> Admitted:
        began = time.monotonic()
        async with self._queues[self.attempts.is_known(proof.name, proof.device)].turn():
            attempt = await asyncio.to_thread(self.attempts.begin, proof.name, proof.device, self._clock())
            looked = await asyncio.to_thread(self._look, proof, attempt, wanted)
            if not looked.reason and looked.account is not None:
                admitted = await asyncio.to_thread(self._use, proof, looked.account, looked.step, event, attempt)
                if admitted is not None:
                    return admitted
        known = looked.account.name if looked.account else ""
        locks = attempt.locks and bool(known)
        return await self._refuse(began, attempt.failures, looked.reason or "code", known, locks=locks)

    def _look(self, proof: Proof, attempt: Attempt, wanted: Literal["code", "password"]) -> _Looked:
        """Do all that is to be done, whatever comes of it."""
        account = self.accounts.find(proof.name)
        is_theirs = is_password(account.password if account else None, proof.password)
        secret, after = (account.secret, account.step) if account else (None, 0)
        step = step_of(secret, proof.code, self._clock(), after)
        has_code = bool(step) or not is_code(proof.code) or wanted == "password"
        has_roles = bool(self._officers.roles_of(proof.name))
        reasons = {
            "unknown": account is None,
            "locked": attempt.locked or (account is not None and account.locked),
            "not_enrolled": account is not None and not account.enrolled,
            "disabled": not has_roles,
            "password": not is_theirs,
            "code": not has_code,
        }
        return _Looked(next((name for name, holds in reasons.items() if holds), ""), account, step)

    def _use(
        self,
        proof: Proof,
        account: Account,
        step: int,
        event: Callable[[str], SignedIn] | None,
        attempt: Attempt,
    ) -> Admitted | None:
        rehashed = hash_password(proof.password) if is_dated(account.password or "") else None
        if event is not None:
            signed_in = event("authenticator" if step else "recovery_code")
            record = recording(self._ledger, signed_in, account.name)
            if not self.accounts.use(account, proof.code, step, rehashed, record):
                return None
        self.attempts.right(attempt)
        return Admitted(account.name, account.stamp, self.attempts.remember(account.name, proof.device))

    async def _refuse(self, began: float, failures: int, reason: str, known: str, *, locks: bool) -> Admitted:
        """Write the refusal down, wait, and raise; no path of it is quicker than another."""
        if self._waiting >= MOST_WAITING:
            raise SymbolonError(ErrorCode.BUSY)
        self._waiting += 1
        try:
            pause = min(self._first_pause * 2.0 ** min(failures, 10), LONGEST_PAUSE)
            logger.warning("console: somebody was not let in; the refusal waits %.2f s", pause)
            locked = [statement(AccountLocked(cause="failures"), known)] if locks else []
            await self._ledger.record(statement(SignInRefused(reason=reason), known), *locked)
            await asyncio.sleep(max(0.0, began + pause - time.monotonic()))
        finally:
            self._waiting -= 1
        raise SignInRefusedError

    # Enrolment

    async def invited(self, name: str, code: str) -> str:
        """Give the secret for the authenticator of somebody who was invited; raise as `sign_in`.

        It is the same until enrolment has ended, so that a page loaded anew does not void what was scanned.
        """
        began = time.monotonic()
        account = await asyncio.to_thread(self.accounts.find, name)
        if account is None or not account.is_invited_by(code, self._clock()) or not self._officers.roles_of(name):
            await self._refuse(began, 1, "invitation", name if account else "", locks=False)
        return await asyncio.to_thread(self.accounts.show_secret, name, draw_secret(), anew=False)

    async def enrol(
        self, name: str, code: str, password: str, proof: str, device: str = ""
    ) -> tuple[Admitted, list[str]]:
        """Make password and authenticator of an invited person count; give who is signed in, and recovery codes.

        Raises as `invited`, and `SymbolonError` (`INVALID_INPUT`) where the password may not be chosen, or ``proof``
        is no code of the authenticator.
        """
        secret = await self.invited(name, code)
        check_password(password, name, self.agency)
        step = self._proved(secret, proof)
        codes = draw_recovery_codes()
        events = (statement(AccountEnrolled(), name), statement(SignedIn(proof="enrolment"), name))

        def record() -> None:
            self._ledger.append(*events)

        async with self._queues[True].turn():
            hashed = await asyncio.to_thread(hash_password, password)
            stamp = await asyncio.to_thread(self.accounts.enrol, name, code, hashed, step, codes, self._now(), record)
        return Admitted(name, stamp, self.attempts.remember(name, device)), codes

    # Changes by the officer, who proves the password once more

    async def change_password(self, proof: Proof, password: str) -> Admitted:
        """Keep another password; all other sessions end. Raises as `sign_in`, and as `enrol` for the new one."""
        check_password(password, proof.name, self.agency)
        admitted = await self._admit(proof, "password", None)
        async with self._queues[True].turn():
            hashed = await asyncio.to_thread(hash_password, password)
            record = self._changed(proof.name, "password")
            stamp = await asyncio.to_thread(self.accounts.change_password, proof.name, hashed, self._now(), record)
        return Admitted(admitted.officer, stamp, admitted.device)

    async def new_secret(self, proof: Proof) -> str:
        """Give a new secret for an authenticator, which counts once a code of it is proved; raises as `sign_in`."""
        await self._admit(proof, "password", None)
        return await asyncio.to_thread(self.accounts.show_secret, proof.name, draw_secret(), anew=True)

    async def change_authenticator(self, name: str, proof: str) -> None:
        """Let the new secret count; raise `SymbolonError` (`INVALID_INPUT`) where ``proof`` is no code of it."""
        account = await asyncio.to_thread(self.accounts.find, name)
        step = self._proved(account.next_secret if account else None, proof)
        record = self._changed(name, "authenticator")
        await asyncio.to_thread(self.accounts.change_authenticator, name, step, self._now(), record)

    async def shown_secret(self, name: str) -> str:
        """Give the new secret that waits for its proof; empty where there is none."""
        account = await asyncio.to_thread(self.accounts.find, name)
        return account.next_secret or "" if account else ""

    async def new_codes(self, proof: Proof) -> list[str]:
        """Give new recovery codes; those before are void. Raises as `sign_in`."""
        await self._admit(proof, "password", None)
        codes = draw_recovery_codes()
        record = self._changed(proof.name, "recovery_codes")
        await asyncio.to_thread(self.accounts.change_codes, proof.name, codes, record)
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
