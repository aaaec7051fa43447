"""Accounts: that codes count once, that failures are counted whatever happens, that a lock or a reset counts."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.accounts.attempts import LOCK_SECONDS, MOST_FAILURES, WINDOW_SECONDS, Attempts
from node.accounts.authenticator import STEP_SECONDS, address_of, draw_secret, is_code, step_of
from node.accounts.codes import digest_of, draw_code, draw_recovery_codes
from node.accounts.password import hash_password
from node.accounts.refusals import SignInRefusedError
from node.accounts.store import Account, Accounts
from node.officers.register import Role
from symbolon.rpc.errors import ErrorCode, SymbolonError

NOW = 1_800_000_000
AT = datetime.fromtimestamp(NOW, UTC)
NAME, OTHER, GOOD = "a.martin", "b.petit", "quiet harbour nine lamps"
ROLES: tuple[Role, ...] = ("analyst",)


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    with Accounts(tmp_path / "accounts.db") as store:
        yield store


def unrecorded(*_: object) -> None:
    """Stand in for a log where the test is not about it."""


def failing(*_: object) -> None:
    raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)


def enrolled(accounts: Accounts, name: str = NAME) -> Account:
    accounts.invite(name, "code", NOW + 60, "op", AT, unrecorded, reset=True, confirmed=True)
    accounts.show_first_secret(name, "code", draw_secret())
    accounts.enrol(name, "code", hash_password(GOOD), 1, ["one", "two"], AT, unrecorded)
    found = accounts.find(name)
    assert found is not None
    return found


# Codes


def test_a_code_of_an_authenticator_counts_within_one_step_and_never_again() -> None:
    secret = draw_secret()
    step = NOW // STEP_SECONDS
    for drift, counts in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = pyotp.TOTP(secret).at((step + drift) * STEP_SECONDS)
        assert step_of(secret, code, NOW, 0) == (step + drift if counts else 0)
        assert step_of(secret, code, NOW, step + drift) == 0
    assert step_of(None, pyotp.TOTP("A" * 32).at(NOW), NOW, 0) == 0


def test_the_authenticator_is_that_of_rfc_6238() -> None:
    """The vector of appendix B for SHA-1, of which six digits are shown."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of the RFC
    assert step_of(secret, "287082", 59, 0) == 1
    assert step_of(secret, "081804", 1111111109, 0) == 1111111109 // 30


@given(st.text(max_size=40))
def test_anything_may_be_typed_as_a_code(typed: str) -> None:
    assert step_of("A" * 32, typed, NOW, 0) in (0, *range(NOW // 30 - 1, NOW // 30 + 2))
    assert len(digest_of(typed)) == 32
    assert is_code(typed) in (True, False)


def test_codes_are_many_long_and_read_however_they_are_typed() -> None:
    codes = draw_recovery_codes()
    assert len(set(codes)) == 10
    assert {len(code.replace("-", "")) for code in codes} == {16}
    assert digest_of(codes[0]) == digest_of(f" {codes[0].upper().replace('-', ' ')} ")
    assert draw_code(20) != draw_code(20)


def test_the_address_of_a_secret_names_officer_and_agency() -> None:
    assert address_of("A" * 32, NAME, "FR-DNMS").startswith("otpauth://totp/Symbolon%20FR-DNMS:a.martin?secret=AAAA")


# The store


def test_the_file_is_readable_by_its_owner_only_and_holds_no_password_or_code(tmp_path: Path) -> None:
    code = draw_code(20)
    with Accounts(tmp_path / "accounts.db") as accounts:
        accounts.invite(NAME, code, NOW + 60, "op", AT, unrecorded, reset=True, confirmed=True)
        enrolled(accounts)
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert code.encode() not in content
    assert code.replace("-", "").encode() not in content
    assert GOOD.encode() not in content


def test_what_is_not_recorded_is_not_done(accounts: Accounts) -> None:
    account = enrolled(accounts)
    accounts.show_next_secret(account, "A" * 32, NOW + 60)
    pending = accounts.find(NAME)
    assert pending is not None
    for act in (
        lambda: accounts.invite(NAME, "x", NOW, "op", AT, failing, reset=True, confirmed=True),
        lambda: accounts.lock(NAME, "op", AT, failing),
        lambda: accounts.unlock(NAME, "op", AT, failing),
        lambda: accounts.remove(NAME, failing),
        lambda: accounts.use(account, "one", 0, None, failing),
        lambda: accounts.change_password(account, "x", AT, failing),
        lambda: accounts.change_codes(account, [], failing),
        lambda: accounts.change_authenticator(pending, 5, AT, failing),
        lambda: accounts.end_sessions(NAME, failing),
    ):
        with pytest.raises(SymbolonError):
            act()
    assert accounts.find(NAME) == pending
    assert accounts.codes_left(NAME) == 2


def test_another_authenticator_counts_once_however_often_it_is_finished(accounts: Accounts) -> None:
    account = enrolled(accounts)
    accounts.show_next_secret(account, "A" * 32, NOW + 60)
    pending = accounts.find(NAME)
    assert pending is not None
    accounts.change_authenticator(pending, 5, AT, unrecorded)
    with pytest.raises(SymbolonError, match="begin anew"):
        accounts.change_authenticator(pending, 6, AT, unrecorded)
    changed = accounts.find(NAME)
    assert changed is not None
    assert (changed.secret, changed.next_secret, changed.step) == ("A" * 32, None, 5)


def test_a_step_and_a_recovery_code_are_used_up_once_however_many_try_at_once(accounts: Accounts) -> None:
    account = enrolled(accounts)
    with ThreadPoolExecutor(8) as many:
        steps = list(many.map(lambda _: accounts.use(account, "", 7, None, unrecorded), range(16)))
        codes = list(many.map(lambda _: accounts.use(account, "one", 0, None, unrecorded), range(16)))
    assert (steps.count(True), codes.count(True)) == (1, 1)
    assert accounts.codes_left(NAME) == 1


def test_a_proof_counts_only_for_the_account_it_was_compared_with(accounts: Accounts) -> None:
    account = enrolled(accounts)
    accounts.lock(NAME, "op", AT, unrecorded)
    assert not accounts.use(account, "one", 0, None, unrecorded)
    accounts.unlock(NAME, "op", AT, unrecorded)
    assert not accounts.use(account, "one", 0, None, unrecorded)


@pytest.mark.parametrize("meanwhile", ["invite", "lock", "lock unlock", "end_sessions", "change_password", "remove"])
def test_what_was_proved_before_a_lock_or_a_reset_changes_nothing_after_it(accounts: Accounts, meanwhile: str) -> None:
    account = enrolled(accounts)
    acts: dict[str, Callable[[], object]] = {
        "invite": lambda: accounts.invite(NAME, "other", NOW + 60, "op", AT, unrecorded, reset=True, confirmed=False),
        "lock": lambda: accounts.lock(NAME, "op", AT, unrecorded),
        "unlock": lambda: accounts.unlock(NAME, "op", AT, unrecorded),
        "end_sessions": lambda: accounts.end_sessions(NAME, unrecorded),
        "change_password": lambda: accounts.change_password(account, "x", AT, unrecorded),
        "remove": lambda: accounts.remove(NAME, unrecorded),
    }
    for act in meanwhile.split():
        acts[act]()
    now = accounts.find(NAME)
    with pytest.raises(SignInRefusedError):
        accounts.change_password(account, "y", AT, failing)
    with pytest.raises(SignInRefusedError):
        accounts.change_codes(account, ["three"], failing)
    with pytest.raises(SignInRefusedError):
        accounts.show_next_secret(account, "A" * 32, NOW + 60)
    assert accounts.find(NAME) == now


def test_a_secret_that_was_shown_goes_with_the_session_it_was_shown_in(accounts: Accounts) -> None:
    ends: list[Callable[[Account], object]] = [
        lambda _: accounts.lock(NAME, "op", AT, unrecorded),
        lambda _: accounts.end_sessions(NAME, unrecorded),
        lambda account: accounts.change_password(account, "x", AT, unrecorded),
    ]
    for end in ends:
        account = enrolled(accounts)
        accounts.show_next_secret(account, "A" * 32, NOW + 60)
        pending = accounts.find(NAME)
        assert pending is not None
        end(account)
        with pytest.raises(SymbolonError, match="begin anew"):
            accounts.change_authenticator(pending, 5, AT, unrecorded)


def test_no_session_counts_for_an_account_without_an_authenticator_or_that_waits(accounts: Accounts) -> None:
    accounts.invite(NAME, "code", NOW + 60, "op", AT, unrecorded, reset=True, confirmed=False)
    accounts.enrol(NAME, "code", "x", 1, [], AT, unrecorded)
    assert accounts.stamp_of(NAME, ["analyst"]) == 0
    accounts.invite(NAME, "code", NOW + 60, "op", AT, unrecorded, reset=True, confirmed=False)
    accounts.show_first_secret(NAME, "code", draw_secret())
    accounts.enrol(NAME, "code", "x", 1, [], AT, unrecorded)
    assert accounts.stamp_of(NAME, ["supervisor"]) == 0
    assert accounts.stamp_of(NAME, ["analyst"])


def test_a_first_secret_is_shown_for_the_invitation_of_now_only(accounts: Accounts) -> None:
    enrolled(accounts)
    for code in ("code", "other"):
        with pytest.raises(SignInRefusedError):
            accounts.show_first_secret(NAME, code, draw_secret())


def test_an_invitation_counts_once_until_it_lapses_and_not_while_locked(accounts: Accounts) -> None:
    def invited() -> Account:
        accounts.invite(NAME, "code", NOW + 60, "op", AT, unrecorded, reset=True, confirmed=True)
        found = accounts.find(NAME)
        assert found is not None
        return found

    assert invited().is_invited_by("CODE", NOW + 59)
    assert not invited().is_invited_by("code", NOW + 60)
    assert not invited().is_invited_by("other", NOW)
    accounts.lock(NAME, "op", AT, unrecorded)
    locked = accounts.find(NAME)
    assert locked is not None
    assert not locked.is_invited_by("code", NOW)
    enrolled(accounts)
    with pytest.raises(SymbolonError):
        accounts.enrol(NAME, "code", "x", 1, [], AT, unrecorded)


def test_the_stamp_changes_with_whatever_is_to_end_sessions(accounts: Accounts) -> None:
    account = enrolled(accounts)
    seen = [accounts.stamp_of(NAME, ROLES)]
    accounts.change_password(account, "x", AT, unrecorded)
    seen.append(accounts.stamp_of(NAME, ROLES))
    accounts.end_sessions(NAME, unrecorded)
    seen.append(accounts.stamp_of(NAME, ROLES))
    accounts.lock(NAME, "op", AT, unrecorded)
    assert accounts.stamp_of(NAME, ROLES) == 0
    accounts.unlock(NAME, "op", AT, unrecorded)
    seen.append(accounts.stamp_of(NAME, ROLES))
    accounts.remove(NAME, unrecorded)
    assert accounts.stamp_of(NAME, ROLES) == 0
    enrolled(accounts)
    seen.append(accounts.stamp_of(NAME, ROLES))
    assert len(set(seen)) == len(seen)
    assert 0 not in seen


def test_no_representation_holds_what_lets_somebody_in(accounts: Accounts) -> None:
    account = enrolled(accounts)
    assert account.secret
    assert account.secret not in repr(account)
    assert "argon2" not in repr(account)


# Failures


def fail(attempts: Attempts, times: int, now: int = NOW, name: str = NAME, cookie: str = "") -> list[bool]:
    return [attempts.begin(name, cookie, now).locked for _ in range(times)]


def test_a_name_is_locked_after_ten_failures_for_fifteen_minutes(accounts: Accounts) -> None:
    attempts = Attempts(accounts.file)
    assert fail(attempts, MOST_FAILURES + 1) == [False] * MOST_FAILURES + [True]
    assert attempts.locked_until(NAME, NOW) == NOW + LOCK_SECONDS
    assert fail(attempts, 1, NOW + LOCK_SECONDS - 1) == [True]
    assert fail(attempts, 1, NOW + LOCK_SECONDS) == [False]
    assert fail(attempts, 1, name=OTHER) == [False]


def test_failures_count_for_fifteen_minutes(accounts: Accounts) -> None:
    attempts = Attempts(accounts.file)
    fail(attempts, MOST_FAILURES - 1)
    assert attempts.begin(NAME, "", NOW + WINDOW_SECONDS - 1).failures == MOST_FAILURES - 1
    assert attempts.begin(OTHER, "", NOW + WINDOW_SECONDS).failures == 0


def test_names_that_do_not_exist_are_counted_alike_and_none_is_kept(tmp_path: Path) -> None:
    typed = "my secret password"  # in the field of the name, as it happens
    with Accounts(tmp_path / "accounts.db") as accounts:
        attempts = Attempts(accounts.file)
        assert fail(attempts, MOST_FAILURES + 1, name=typed)[-1]
        assert typed.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_many_attempts_at_once_are_no_more_tries(accounts: Accounts) -> None:
    attempts = Attempts(accounts.file)
    with ThreadPoolExecutor(8) as many:
        let_through = [one.locked for one in many.map(lambda _: attempts.begin(NAME, "", NOW), range(40))].count(False)
    assert let_through == MOST_FAILURES


def test_failures_and_known_browsers_survive_a_restart(tmp_path: Path) -> None:
    with Accounts(tmp_path / "accounts.db") as accounts:
        attempts = Attempts(accounts.file)
        cookie = attempts.remember(NAME, "")
        fail(attempts, MOST_FAILURES)
    with Accounts(tmp_path / "accounts.db") as accounts:
        attempts = Attempts(accounts.file)
        assert fail(attempts, 1) == [True]
        assert fail(attempts, 1, cookie=cookie) == [False]


def test_a_right_attempt_is_taken_back_with_the_lock_it_made(accounts: Accounts) -> None:
    attempts = Attempts(accounts.file)
    fail(attempts, MOST_FAILURES - 1)
    for _ in range(3):
        attempt = attempts.begin(NAME, "", NOW)
        assert (attempt.locked, attempt.locks) == (False, True)
        attempts.right(attempt)


def test_a_known_browser_keeps_its_own_count_for_its_own_officers(accounts: Accounts) -> None:
    attempts = Attempts(accounts.file)
    cookie = attempts.remember(OTHER, attempts.remember(NAME, ""))
    assert attempts.remember(NAME, cookie) == cookie
    assert fail(attempts, MOST_FAILURES + 1)[-1]
    assert fail(attempts, MOST_FAILURES + 1, cookie=cookie) == [False] * MOST_FAILURES + [True]
    assert fail(attempts, 1, name=OTHER, cookie=cookie) == [False]
    assert not attempts.is_known("c.third", cookie)
    assert NAME not in cookie


def test_no_cookie_but_ours_makes_a_browser_known(accounts: Accounts) -> None:
    attempts = Attempts(accounts.file)
    ours = attempts.remember(NAME, "")

    @given(st.text(max_size=200) | st.integers(0, len(ours) - 1).map(lambda at: f"{ours[:at]}x{ours[at + 1 :]}"))
    def is_unknown(cookie: str) -> None:
        assert not attempts.is_known(NAME, cookie)

    is_unknown()
    assert attempts.is_known(NAME, ours)


def test_an_operator_s_unlocking_forgives(accounts: Accounts) -> None:
    attempts = Attempts(accounts.file)
    fail(attempts, MOST_FAILURES)
    attempts.forgive(NAME)
    assert attempts.begin(NAME, "", NOW).failures == 0
