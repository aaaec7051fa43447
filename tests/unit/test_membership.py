"""What the coordinator says of members is believed only as far as their certificates vouch for it (T26)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matching.features import own_normaliser
from matching.keys import SigningKey
from node.config import NodeHome, checked_settings
from node.directory.membership import (
    Federation,
    key_changes,
    load_federation,
    own_entry,
    pin,
    save_federation,
    verify_entry,
)
from node.keys import NodeKeys, create_keys, load_keys
from symbolon.rpc import certificates
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import certify_party, create_authority, prepare_party
from symbolon.v1.directory_pb2 import FederationDescription, MemberDescription

HUB_KEY = SigningKey.generate().public_key()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    create_authority(tmp_path / "authority", "Test Authority", NOW)
    return tmp_path / "authority"


def _home(folder: Path, agency: str, authority: Path) -> NodeHome:
    settings = checked_settings(
        agency=agency,
        display_name="An agency",
        listen="127.0.0.1:1",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:2",
        contact="desk@agency.example",
        declared_records=100,
    )
    home = NodeHome(folder, settings)
    prepare_party(folder, home.party)
    certify_party(folder, home.party, authority, NOW)
    return home


@pytest.fixture
def home(tmp_path: Path, authority: Path) -> NodeHome:
    return _home(tmp_path / "node", "FR-DNMS", authority)


@pytest.fixture
def keys(home: NodeHome) -> NodeKeys:
    return create_keys(home.keys)


def _description(**changes: object) -> FederationDescription:
    described = FederationDescription(
        name="Test",
        custodian="symbolon://custodian/FIRST",
        custodian_address="127.0.0.1:3",
        epoch="2026-1",
        epoch_public_key=bytes(32),
        normaliser=own_normaliser(),
    )
    for name, value in changes.items():
        setattr(described, name, value)
    return described


def test_an_entry_signed_by_its_own_certificate_is_believed(home: NodeHome, keys: NodeKeys) -> None:
    member = verify_entry(own_entry(home, keys, NOW), load_certificate(home.tls.authority.read_bytes()), NOW)
    assert member.uri == "symbolon://agency/FR-DNMS"
    assert member.signing == keys.signing.public_key()
    assert member.sealing == keys.sealing.public_key()


def test_a_key_put_in_by_the_coordinator_is_refused(home: NodeHome, keys: NodeKeys) -> None:
    entry = own_entry(home, keys, NOW)
    description = MemberDescription.FromString(entry.description)
    description.signing_key = bytes(31) + b"\x01"
    entry.description = description.SerializeToString()
    with pytest.raises(SymbolonError) as caught:
        verify_entry(entry, load_certificate(home.tls.authority.read_bytes()), NOW)
    assert caught.value.code is ErrorCode.KEY_CHANGED


@pytest.mark.parametrize("name", ["Two\nlines", "\x1b[2J", "\u202eturned", ""])
def test_a_name_that_no_terminal_should_see_is_not_believed(home: NodeHome, keys: NodeKeys, name: str) -> None:
    with pytest.raises(SymbolonError, match="display_name"):
        checked_settings(**(home.settings.model_dump() | {"display_name": name}))
    named = NodeHome(home.folder, home.settings.model_copy(update={"display_name": name}))
    with pytest.raises(SymbolonError) as caught:
        verify_entry(own_entry(named, keys, NOW), load_certificate(home.tls.authority.read_bytes()), NOW)
    assert caught.value.code is ErrorCode.KEY_CHANGED


def test_the_digest_over_golden_rows_is_pinned_with_the_member(home: NodeHome, keys: NodeKeys) -> None:
    authority = load_certificate(home.tls.authority.read_bytes())
    member = verify_entry(own_entry(home, keys, NOW), authority, NOW)
    assert member.normalises_alike
    assert not member.model_copy(update={"golden_digest": "00" * 32}).normalises_alike
    assert not member.model_copy(update={"normaliser": "other"}).normalises_alike


def test_a_member_cannot_describe_another(tmp_path: Path, home: NodeHome, keys: NodeKeys, authority: Path) -> None:
    other = _home(tmp_path / "other", "DE-ZASM", authority)
    entry = own_entry(home, keys, NOW)
    statement = entry.description
    entry.certificate = certificates.certificate_der(load_certificate(other.tls.certificate.read_bytes()))
    entry.signature = certificates.sign_statement(certificates.load_key(other.tls.key.read_bytes()), statement)
    with pytest.raises(SymbolonError) as caught:
        verify_entry(entry, load_certificate(home.tls.authority.read_bytes()), NOW)
    assert caught.value.code is ErrorCode.KEY_CHANGED


def test_a_certificate_of_another_authority_or_past_its_end_vouches_for_nobody(
    tmp_path: Path, home: NodeHome, keys: NodeKeys
) -> None:
    entry = own_entry(home, keys, NOW)
    stranger = certificates.create_authority("Other", NOW).certificate
    with pytest.raises(SymbolonError):
        verify_entry(entry, stranger, NOW)
    late = NOW + certificates.CERTIFICATE_LIFETIME + timedelta(days=1)
    with pytest.raises(SymbolonError):
        verify_entry(entry, load_certificate(home.tls.authority.read_bytes()), late)


def test_another_key_of_a_member_is_reported_and_a_renewal_is_not(
    home: NodeHome, keys: NodeKeys, tmp_path: Path
) -> None:
    authority = load_certificate(home.tls.authority.read_bytes())
    later = NOW + timedelta(seconds=1)
    old = verify_entry(own_entry(home, keys, NOW), authority, NOW)
    renewed = verify_entry(own_entry(home, keys, later), authority, later)
    rekeyed = verify_entry(own_entry(home, create_keys(tmp_path / "renewed"), later), authority, later)
    known = pin(None, _description(), {old.uri: old}, HUB_KEY)
    assert key_changes(known, {old.uri: renewed}) == ()
    assert key_changes(None, {old.uri: old}) == (), "at a first look nobody is new"
    (change,) = key_changes(known, {old.uri: rekeyed})
    assert (change.member, change.signing_fingerprint, change.is_new) == (old.uri, rekeyed.signing.fingerprint(), False)
    (listed,) = key_changes(pin(None, _description(), {}, HUB_KEY), {old.uri: old})
    assert listed.is_new


def test_another_public_key_within_one_epoch_is_refused_and_a_new_epoch_taken() -> None:
    known = pin(None, _description(), {}, HUB_KEY)
    with pytest.raises(SymbolonError) as caught:
        pin(known, _description(epoch_public_key=b"\x01" * 32), {}, HUB_KEY)
    assert caught.value.code is ErrorCode.KEY_CHANGED
    renewed = pin(known, _description(epoch="2027-1", epoch_public_key=b"\x01" * 32), {}, HUB_KEY)
    assert renewed.epoch == "2027-1"


def test_a_federation_with_another_normaliser_is_refused_aloud() -> None:
    with pytest.raises(SymbolonError) as caught:
        pin(None, _description(normaliser="something-else"), {}, HUB_KEY)
    assert caught.value.code is ErrorCode.NORMALISER_MISMATCH


def test_what_is_pinned_survives_the_file_and_damage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "federation.json"
    with pytest.raises(SymbolonError) as caught:
        load_federation(path)
    assert caught.value.code is ErrorCode.NOT_JOINED
    federation: Federation = pin(None, _description(), {}, HUB_KEY)
    save_federation(path, federation)
    assert load_federation(path) == federation
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(SymbolonError) as caught:
        load_federation(path)
    assert caught.value.code is ErrorCode.INVALID_INPUT


def test_secrets_are_never_overwritten_and_refused_when_readable_by_others(home: NodeHome, keys: NodeKeys) -> None:
    assert load_keys(home.keys) == keys
    with pytest.raises(SymbolonError):
        create_keys(home.keys)
    (home.keys / "pepper.key").chmod(0o644)
    with pytest.raises(SymbolonError, match="readable by others"):
        load_keys(home.keys)


def test_secrets_do_not_show_in_reprs(keys: NodeKeys) -> None:
    assert keys.pepper.hex() not in repr(keys)
    assert repr(keys.pepper) not in repr(replace(keys))
