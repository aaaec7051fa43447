"""A party's folder: files whole, secrets closed, certificates the party's own."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from symbolon.rpc.certificates import CertificateError, load_key
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import (
    BUSY_SECONDS,
    certify_party,
    create_authority,
    open_database,
    party_tls,
    prepare_party,
    read_secret,
    write_whole,
)
from symbolon.rpc.identity import Party

NOW = datetime.now(UTC)
AGENCY, OTHER = Party.agency("FR-DNMS"), Party.agency("IT-DCPC")


def code_of(caught: pytest.ExceptionInfo[SymbolonError]) -> ErrorCode:
    return caught.value.code


def test_a_file_is_written_whole_with_its_mode(tmp_path: Path) -> None:
    open_file, secret = tmp_path / "a" / "b" / "open", tmp_path / "secret"
    write_whole(open_file, b"1")
    write_whole(secret, b"2", secret=True)
    assert (open_file.read_bytes(), open_file.stat().st_mode & 0o777) == (b"1", 0o644)
    assert (secret.read_bytes(), secret.stat().st_mode & 0o777) == (b"2", 0o600)
    assert read_secret(secret) == b"2"


def test_a_write_that_fails_leaves_the_old_content_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_overwriting_a_secret_never_opens_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    replace = os.replace

    def watched(source: str, target: Path) -> None:
        modes.append(os.stat(source).st_mode & 0o777)
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    write_whole(tmp_path / "secret", b"1", secret=True)
    assert modes == [0o600]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_secret_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "secret"
    write_whole(secret, b"1", secret=True)
    secret.chmod(mode)
    with pytest.raises(SymbolonError, match="chmod 600") as caught:
        read_secret(secret)
    assert code_of(caught) is ErrorCode.INVALID_INPUT


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SymbolonError, match="pepper") as caught:
        read_secret(tmp_path / "pepper")
    assert code_of(caught) is ErrorCode.NOT_INITIALISED


def test_an_authority_is_made_once(tmp_path: Path) -> None:
    create_authority(tmp_path, "One", NOW)
    key = (tmp_path / "authority.key").read_bytes()
    with pytest.raises(SymbolonError) as caught:
        create_authority(tmp_path, "Two", NOW)
    assert code_of(caught) is ErrorCode.ALREADY_INITIALISED
    assert (tmp_path / "authority.key").read_bytes() == key
    assert (tmp_path / "authority.key").stat().st_mode & 0o777 == 0o600


def test_a_folder_without_authority_certifies_nobody(tmp_path: Path) -> None:
    prepare_party(tmp_path / "party", AGENCY)
    with pytest.raises(SymbolonError) as caught:
        certify_party(tmp_path / "party", AGENCY, tmp_path, NOW)
    assert code_of(caught) is ErrorCode.NOT_INITIALISED


def test_a_certified_party_finds_its_files(tmp_path: Path) -> None:
    create_authority(tmp_path / "authority", "One", NOW)
    home = tmp_path / "party"
    prepare_party(home, AGENCY)
    with pytest.raises(SymbolonError, match=r"request\.csr") as caught:
        party_tls(home, AGENCY)
    assert code_of(caught) is ErrorCode.NOT_INITIALISED
    certify_party(home, AGENCY, tmp_path / "authority", NOW)
    files = party_tls(home, AGENCY)
    assert files.key.read_bytes().startswith(b"-----BEGIN PRIVATE KEY")
    assert files.authority.read_bytes() == (tmp_path / "authority" / "authority.pem").read_bytes()


def test_a_certificate_of_another_party_is_not_used(tmp_path: Path) -> None:
    create_authority(tmp_path / "authority", "One", NOW)
    for party in (AGENCY, OTHER):
        prepare_party(tmp_path / party.name, party)
        certify_party(tmp_path / party.name, party, tmp_path / "authority", NOW)
    with pytest.raises(CertificateError):
        certify_party(tmp_path / OTHER.name, AGENCY, tmp_path / "authority", NOW)
    mixed = (tmp_path / OTHER.name / "tls" / "certificate.pem").read_bytes()
    write_whole(tmp_path / AGENCY.name / "tls" / "certificate.pem", mixed)
    with pytest.raises(SymbolonError, match="is for symbolon://agency/IT-DCPC") as caught:
        party_tls(tmp_path / AGENCY.name, AGENCY)
    assert code_of(caught) is ErrorCode.INVALID_INPUT


def test_a_certificate_for_a_former_key_is_not_used(tmp_path: Path) -> None:
    create_authority(tmp_path / "authority", "One", NOW)
    prepare_party(tmp_path / "home", AGENCY)
    certify_party(tmp_path / "home", AGENCY, tmp_path / "authority", NOW)
    (tmp_path / "home" / "tls" / "key.pem").unlink()
    prepare_party(tmp_path / "home", AGENCY)
    with pytest.raises(SymbolonError, match="another key") as caught:
        party_tls(tmp_path / "home", AGENCY)
    assert code_of(caught) is ErrorCode.INVALID_INPUT


def test_preparing_again_keeps_the_key_and_asks_for_it_again(tmp_path: Path) -> None:
    """A certificate may be on its way for it."""
    create_authority(tmp_path / "authority", "One", NOW)
    home = tmp_path / "home"
    prepare_party(home, AGENCY)
    key = (home / "tls" / "key.pem").read_bytes()
    certify_party(home, AGENCY, tmp_path / "authority", NOW)
    (home / "tls" / "request.csr").unlink()
    request = x509.load_pem_x509_csr(prepare_party(home, AGENCY).read_bytes())
    assert (home / "tls" / "key.pem").read_bytes() == key
    assert request.public_key() == load_key(key).public_key()
    assert party_tls(home, AGENCY)


def test_a_damaged_key_is_not_replaced_behind_the_operators_back(tmp_path: Path) -> None:
    prepare_party(tmp_path, AGENCY)
    write_whole(tmp_path / "tls" / "key.pem", b"nothing", secret=True)
    with pytest.raises(SymbolonError, match=r"key\.pem") as caught:
        prepare_party(tmp_path, AGENCY)
    assert code_of(caught) is ErrorCode.INVALID_INPUT


def test_a_database_is_closed_to_others_and_waits_for_another_process(tmp_path: Path) -> None:
    path = tmp_path / "data" / "a.db"
    previous = os.umask(0)
    try:
        with closing(open_database(path, "CREATE TABLE IF NOT EXISTS one (two INTEGER) STRICT")) as database:
            database.execute("INSERT INTO one VALUES (1)")
            files = sorted(path.parent.iterdir())
            assert [file.name for file in files] == ["a.db", "a.db-shm", "a.db-wal"]
            assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
            assert database.execute("PRAGMA busy_timeout").fetchone() == (BUSY_SECONDS * 1000,)
            assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    finally:
        os.umask(previous)


def test_a_damaged_certificate_is_named(tmp_path: Path) -> None:
    create_authority(tmp_path / "authority", "One", NOW)
    prepare_party(tmp_path / "home", AGENCY)
    certify_party(tmp_path / "home", AGENCY, tmp_path / "authority", NOW)
    write_whole(tmp_path / "home" / "tls" / "certificate.pem", b"nothing")
    with pytest.raises(SymbolonError, match=r"certificate\.pem"):
        party_tls(tmp_path / "home", AGENCY)
