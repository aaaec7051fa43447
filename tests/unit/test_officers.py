"""Officers: a name is one person's for ever, a key proves it, a role allows what the table says, no more."""

from __future__ import annotations

import re
import secrets
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from agreements.clauses import OfficerName
from node.officers import register
from node.officers.key import OfficerKey, check_name, load_key, write_key
from node.officers.register import MAY, ROLES, Action, Attempt, Officer, OfficerEntry, Officers, role_needed
from symbolon.rpc.errors import ErrorCode, SymbolonError

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 26, 12, tzinfo=UTC)
NAME = "a.martin"


@pytest.fixture
def officers(tmp_path: Path) -> Iterator[Officers]:
    with Officers(tmp_path / "officers.db") as store:
        yield store


def unrecorded(entry: OfficerEntry) -> None:
    """Stand in for a log where the test is not about it."""


def entered(officers: Officers, *roles: str, name: str = NAME) -> OfficerKey:
    key = OfficerKey.draw(name)
    officers.add(key, roles or ("analyst",), "Unit 3", "operator", NOW, unrecorded)
    return key


# Proof


def test_an_officer_is_who_presents_name_and_key(officers: Officers) -> None:
    key = entered(officers, "analyst", "supervisor")
    assert officers.attempt(NAME, key.key).officer == Officer(NAME, frozenset({"analyst", "supervisor"}))


def test_a_wrong_key_another_s_key_and_an_unknown_name_prove_nobody(officers: Officers) -> None:
    key, other = entered(officers), entered(officers, name="b.other")
    for name, presented in (
        (NAME, other.key),
        (NAME, bytes(32)),
        (NAME, b""),
        (NAME, sha256(key.key).digest()),
        (NAME.upper(), key.key),
        ("c.nobody", key.key),
        ("", key.key),
    ):
        assert officers.attempt(name, presented).officer is None


def test_why_a_proof_fails_is_told_to_the_log_and_names_known_officers_only(officers: Officers) -> None:
    key = entered(officers)
    assert officers.attempt(NAME, bytes(32)) == Attempt(None, "key", NAME)
    assert officers.attempt("c.nobody", key.key) == Attempt(None, "unknown", "")
    officers.disable(NAME, "operator", LATER, unrecorded)
    assert officers.attempt(NAME, key.key) == Attempt(None, "disabled", NAME)


def test_a_disabled_officer_is_out_at_once_also_for_another_process(officers: Officers, tmp_path: Path) -> None:
    key = entered(officers)
    with Officers(tmp_path / "officers.db") as running:
        assert running.attempt(NAME, key.key).officer is not None
        officers.disable(NAME, "operator", LATER, unrecorded)
        assert running.attempt(NAME, key.key).officer is None


def test_where_there_is_no_digest_no_key_fits_it(officers: Officers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "_NOBODY", sha256(b"guessed").digest())
    entered(officers)
    officers.disable(NAME, "operator", LATER, unrecorded)
    assert officers.attempt(NAME, b"guessed").officer is None
    assert officers.attempt("c.nobody", b"guessed").officer is None


def test_a_rotated_key_is_void_and_a_disabled_officer_comes_back_with_a_new_one_only(officers: Officers) -> None:
    old, new = entered(officers), OfficerKey.draw(NAME)
    officers.disable(NAME, "operator", LATER, unrecorded)
    officers.change(NAME, ["supervisor"], None, "operator", LATER, unrecorded)
    assert officers.attempt(NAME, old.key).officer is None
    officers.rotate(new, "operator", LATER, unrecorded)
    assert officers.attempt(NAME, old.key).officer is None
    assert officers.attempt(NAME, new.key).officer == Officer(NAME, frozenset({"supervisor"}))


def test_the_database_holds_no_key_and_is_its_owner_s_alone(officers: Officers, tmp_path: Path) -> None:
    key = entered(officers)
    for path in tmp_path.glob("officers.db*"):
        content = path.read_bytes()
        assert key.key not in content
        assert key.key.hex().encode() not in content
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


# Names and roles


def test_a_name_is_never_given_twice_not_even_after_it_is_disabled(officers: Officers) -> None:
    key = entered(officers)
    officers.disable(NAME, "operator", LATER, unrecorded)
    with pytest.raises(SymbolonError, match="never given to another person") as caught:
        entered(officers)
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert officers.attempt(NAME, key.key).officer is None


@pytest.mark.parametrize(
    "roles",
    [
        (),
        ("chief",),
        ("analyst", "chief"),
        ("auditor", "analyst"),
        ("Analyst",),
        *(("operator", deciding) for deciding in ("release_officer", "supervisor", "legal_adviser", "judge")),
    ],
)
def test_a_role_that_is_none_an_auditor_with_another_or_an_operator_who_decides_is_refused(
    officers: Officers, roles: tuple[str, ...]
) -> None:
    with pytest.raises(SymbolonError, match="--role"):
        officers.add(OfficerKey.draw(NAME), roles, "", "operator", NOW, unrecorded)
    key = entered(officers)
    with pytest.raises(SymbolonError, match="--role"):
        officers.change(NAME, roles, None, "operator", LATER, unrecorded)
    assert officers.attempt(NAME, key.key).officer == Officer(NAME, frozenset({"analyst"}))


@pytest.mark.parametrize("authority", ["\x1b[2J", "a\nb", "x" * 121, " leading", "[red]"])
def test_an_authority_is_one_line_that_a_terminal_shows(officers: Officers, authority: str) -> None:
    with pytest.raises(SymbolonError, match="--authority"):
        officers.add(OfficerKey.draw(NAME), ["analyst"], authority, "operator", NOW, unrecorded)
    assert officers.entries() == []


@pytest.mark.parametrize(
    "name", ["a.martin", "a", "0-9", "a" * 64, "", "A.Martin", ".a", "a b", "a" * 65, "ä", "a\n", "a.martin\n", "١"]
)
def test_a_name_of_an_officer_is_what_an_agreement_can_name(name: str) -> None:
    try:
        TypeAdapter(OfficerName).validate_python(name)
    except ValidationError:
        with pytest.raises(SymbolonError, match="NAME"):
            check_name(name)
    else:
        check_name(name)


def test_every_action_has_roles_and_every_role_an_action() -> None:
    assert set(MAY) == set(get_args(Action))
    assert all(MAY.values())
    assert frozenset().union(*(MAY[action] for action in MAY if action != "read_agreements")) == set(ROLES)


def test_an_auditor_sees_and_audits_and_does_nothing_and_only_analysts_ask() -> None:
    may = [action for action in MAY if Officer("x", frozenset({"auditor"})).may(action)]
    assert may == ["see_batches", "see_cases", "see_referrals", "audit", "see_viewings", "read_agreements"]
    assert MAY["query"] == MAY["request"] == {"analyst"}
    assert not MAY["approve"] & MAY["query"]


def test_who_asks_sees_nothing_of_the_own_agencys_silent_hits() -> None:
    assert not MAY["see_referrals"] & MAY["query"]
    assert MAY["confirm"] | MAY["request"] | MAY["read_content"] <= MAY["see_cases"]
    assert MAY["approve"] | MAY["decline"] | MAY["judge"] | MAY["recall"] <= MAY["see_referrals"]
    assert MAY["review"] <= MAY["see_cases"] & MAY["see_referrals"]


def test_a_role_of_a_later_version_allows_nothing(officers: Officers, tmp_path: Path) -> None:
    key = entered(officers)
    with closing(sqlite3.connect(tmp_path / "officers.db")) as database:
        database.execute("UPDATE officer SET roles = '[\"emperor\"]'")
        database.commit()
    officer = officers.attempt(NAME, key.key).officer
    assert officer == Officer(NAME, frozenset())
    assert not any(officer.may(action) for action in MAY)


# Changes


def test_a_change_keeps_what_it_does_not_name_and_says_who_and_when(officers: Officers) -> None:
    key = entered(officers)
    officers.change(NAME, None, "Unit 4", "second", LATER, unrecorded)
    (entry,) = officers.entries()
    assert (entry.officer, entry.authority, entry.active) == (Officer(NAME, frozenset({"analyst"})), "Unit 4", True)
    assert (entry.created_by, entry.created_at, entry.changed_by, entry.changed_at) == (
        "operator",
        NOW,
        "second",
        LATER,
    )
    assert officers.attempt(NAME, key.key).officer is not None


def test_what_cannot_be_recorded_is_not_done(officers: Officers) -> None:
    def unwritable(entry: OfficerEntry) -> None:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    key, new = entered(officers), OfficerKey.draw(NAME)
    before = officers.entries()
    changes: list[Callable[[], object]] = [
        lambda: officers.add(OfficerKey.draw("b.other"), ["analyst"], "", "operator", LATER, unwritable),
        lambda: officers.change(NAME, ["supervisor"], None, "operator", LATER, unwritable),
        lambda: officers.rotate(new, "operator", LATER, unwritable),
        lambda: officers.disable(NAME, "operator", LATER, unwritable),
    ]
    for change in changes:
        with pytest.raises(SymbolonError) as caught:
            change()
        assert caught.value.code is ErrorCode.LOG_NOT_WRITABLE
        assert officers.entries() == before
    assert officers.attempt(NAME, key.key).officer is not None


def test_nobody_can_be_changed_who_was_never_entered(officers: Officers) -> None:
    changes: list[Callable[[], object]] = [
        lambda: officers.change(NAME, ["analyst"], None, "operator", NOW, unrecorded),
        lambda: officers.rotate(OfficerKey.draw(NAME), "operator", NOW, unrecorded),
        lambda: officers.disable(NAME, "operator", NOW, unrecorded),
    ]
    for change in changes:
        with pytest.raises(SymbolonError) as caught:
            change()
        assert caught.value.code is ErrorCode.NOT_FOUND
    assert officers.entries() == []


# The file


def test_a_key_comes_back_from_its_file_which_is_private_and_never_overwritten(tmp_path: Path) -> None:
    key, path = OfficerKey.draw(NAME), tmp_path / "key"
    write_key(path, key)
    assert load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(SymbolonError, match="exists"):
        write_key(path, OfficerKey.draw(NAME))
    assert load_key(path) == key


def test_a_key_is_in_no_representation() -> None:
    key = OfficerKey(NAME, bytes(range(32)))
    assert repr(key) == "OfficerKey(name='a.martin')"


@pytest.mark.parametrize(
    "content",
    ["", "a.martin", "symbolon-officer-key a.martin " + "0" * 63, "symbolon-officer-key A " + "0" * 64, "\xff" * 9],
)
def test_a_file_that_is_no_key_is_named_and_not_quoted(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content, encoding="latin-1")
    path.chmod(0o600)
    with pytest.raises(SymbolonError, match="holds no officer's key") as caught:
        load_key(path)
    assert "0000" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_that_others_can_read_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_key(path, OfficerKey.draw(NAME))
    path.chmod(0o640)
    with pytest.raises(SymbolonError, match=r"readable by others: chmod 600"):
        load_key(path)


def test_a_missing_key_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SymbolonError, match="symbolon node officer add"):
        load_key(None)
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(SymbolonError, match=f"--officer-key: {re.escape(str(path))}") as caught:
            load_key(path)
        assert caught.value.code is ErrorCode.INVALID_INPUT


def test_two_keys_are_never_alike() -> None:
    assert len({OfficerKey.draw(NAME).key for _ in range(50)} | {secrets.token_bytes(32)}) == 51


def test_a_role_that_is_missing_is_named_with_the_officers_own_and_nobody_elses() -> None:
    officer = Officer("a.martin", frozenset({"analyst"}))
    told = role_needed(MAY["recall"], officer)
    assert told == "it takes the role release_officer or supervisor; this officer has analyst"
    assert role_needed({"judge"}, Officer("b.none", frozenset())).endswith("this officer has none")
