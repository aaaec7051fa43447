"""Which systems are let in, by which root, and for how long; and what the log has of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ledger.log import Ledger
from ledger.system_events import SystemCalled
from node.operations import premises
from node.operations.troubles import troubles
from node.systems.calls import SystemCalls
from node.systems.clients import NodeClients
from node.systems.register import Systems
from symbolon.rpc import certificates
from symbolon.rpc.certificates import Authority, CertificateError
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import certify_party, create_authority, load_authority, prepare_party
from symbolon.rpc.identity import Caller, IdentityError, Party, System
from symbolon.v1 import operations_pb2 as wire
from tests.unit.test_identity_provider import settled

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGENCY, BORDER, CUSTOMS = Party.agency("FR-DNMS"), System.named("BORDER-1"), System.named("CUSTOMS")


class Recorded:
    """Remembers what was to be written before a change, and fails if it is told to."""

    def __init__(self, fails: bool = False) -> None:
        self.systems: list[tuple[System, bool]] = []
        self._fails = fails

    def __call__(self, system: System, certificate: x509.Certificate | None) -> None:
        if self._fails:
            raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)
        self.systems.append((system, certificate is not None))


class Shown:
    """A call whose TLS connection was made with a certificate."""

    def __init__(self, certificate: x509.Certificate) -> None:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self._peer = {
            "peer_uri": [uri.encode() for uri in names.get_values_for_type(x509.UniformResourceIdentifier)],
            "x509_pem_cert": [certificates.certificate_pem(certificate)],
        }

    def auth_context(self) -> dict[str, list[bytes]]:
        return self._peer


@pytest.fixture
def systems(tmp_path: Path) -> Systems:
    return Systems(tmp_path / "systems", "FR-DNMS")


@pytest.fixture(scope="module")
def federation() -> Authority:
    return certificates.create_authority("Federation", NOW)


@pytest.fixture
def clients(tmp_path: Path, systems: Systems, federation: Authority) -> NodeClients:
    (tmp_path / "authority.pem").write_bytes(certificates.certificate_pem(federation.certificate))
    return NodeClients(tmp_path / "authority.pem", systems, lambda: NOW)


def request_of(system: Caller, key: Any = None) -> bytes:
    return certificates.create_request(system, key or certificates.create_key())


def signed(authority: Authority, named: Caller, now: datetime = NOW) -> Any:
    """Give the call of whoever has a certificate of an authority for whomever it names."""
    issue = certificates.issue_to_system if isinstance(named, System) else certificates.issue
    pem = issue(authority, request_of(named), cast("Any", named), now)
    return Shown(certificates.load_certificate(pem))


def test_a_system_gets_a_certificate_for_a_client_alone_and_no_name_to_be_reached_by(systems: Systems) -> None:
    certificate = systems.add(BORDER, request_of(BORDER), NOW, Recorded())
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.UniformResourceIdentifier("symbolon://system/BORDER-1")]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.not_valid_after_utc == NOW + certificates.CERTIFICATE_LIFETIME
    with pytest.raises(CertificateError, match="no party"):
        certificates.certificate_party(certificate)


def test_an_authority_is_made_once_and_anew_where_its_making_was_interrupted(systems: Systems, tmp_path: Path) -> None:
    first = systems.authority(NOW)
    assert systems.authority(NOW + timedelta(days=1)) == first
    assert (tmp_path / "systems" / "authority.key").stat().st_mode & 0o077 == 0
    systems.authority_path.unlink()
    second = systems.authority(NOW)
    assert second != first
    assert load_authority(tmp_path / "systems").certificate == second
    systems.authority_path.write_bytes(b"-----BEGIN nothing")
    with pytest.raises(SymbolonError, match=r"not an X\.509 certificate"):
        systems.authority(NOW)


@pytest.mark.parametrize("request_pem", [b"", request_of(CUSTOMS), request_of(AGENCY)])
def test_a_request_that_is_not_this_system_s_is_refused_and_leaves_nothing(
    systems: Systems, request_pem: bytes
) -> None:
    recorded = Recorded()
    with pytest.raises(SymbolonError, match="--request"):
        systems.add(BORDER, request_pem, NOW, recorded)
    assert (systems.entries(), recorded.systems) == ([], [])


def test_a_system_is_let_in_by_its_name_and_key_until_the_end_of_what_it_shows(systems: Systems) -> None:
    key, recorded = certificates.create_key(), Recorded()
    old = systems.add(BORDER, request_of(BORDER, key), NOW, recorded)
    other = systems.add(CUSTOMS, request_of(CUSTOMS), NOW, recorded)
    end = old.not_valid_after_utc
    assert systems.lets_in(BORDER, old, NOW)
    assert systems.lets_in(BORDER, old, end)
    assert not systems.lets_in(BORDER, old, end + timedelta(seconds=1))
    assert not systems.lets_in(BORDER, old, NOW - timedelta(hours=1))
    assert not systems.lets_in(BORDER, other, NOW)
    new = systems.add(BORDER, request_of(BORDER, key), NOW + timedelta(days=300), recorded)
    assert systems.lets_in(BORDER, old, end)
    assert systems.lets_in(BORDER, new, end + timedelta(days=1))
    assert not systems.lets_in(BORDER, old, end + timedelta(days=1))
    assert recorded.systems == [(BORDER, True), (CUSTOMS, True), (BORDER, True)]


def test_another_key_under_a_name_takes_a_removal_first(systems: Systems) -> None:
    recorded = Recorded()
    old = systems.add(BORDER, request_of(BORDER), NOW, recorded)
    with pytest.raises(SymbolonError, match="remove it first"):
        systems.add(BORDER, request_of(BORDER), NOW, recorded)
    assert systems.lets_in(BORDER, old, NOW)
    systems.remove(BORDER, recorded)
    new = systems.add(BORDER, request_of(BORDER), NOW, recorded)
    assert (systems.lets_in(BORDER, old, NOW), systems.lets_in(BORDER, new, NOW)) == (False, True)
    assert recorded.systems == [(BORDER, True), (BORDER, False), (BORDER, True)]


def test_what_is_not_in_the_log_is_not_done(systems: Systems) -> None:
    key = certificates.create_key()
    with pytest.raises(SymbolonError):
        systems.add(BORDER, request_of(BORDER, key), NOW, Recorded(fails=True))
    assert systems.entries() == []
    certificate = systems.add(BORDER, request_of(BORDER, key), NOW, Recorded())
    with pytest.raises(SymbolonError):
        systems.remove(BORDER, Recorded(fails=True))
    assert systems.lets_in(BORDER, certificate, NOW)


def test_nobody_is_removed_who_is_not_there(systems: Systems) -> None:
    with pytest.raises(SymbolonError) as refused:
        systems.remove(BORDER, Recorded())
    assert refused.value.code is ErrorCode.NOT_FOUND


def test_a_damaged_file_is_listed_lets_nobody_in_and_takes_a_removal(systems: Systems, tmp_path: Path) -> None:
    key, recorded = certificates.create_key(), Recorded()
    certificate = systems.add(BORDER, request_of(BORDER, key), NOW, recorded)
    (tmp_path / "systems" / "admitted" / "BORDER-1.pem").write_bytes(b"\x00")
    (tmp_path / "systems" / "admitted" / "not a name.pem").write_bytes(certificates.certificate_pem(certificate))
    (shown,) = systems.entries()
    assert (shown.system, shown.certificate) == (BORDER, None)
    assert not systems.lets_in(BORDER, certificate, NOW)
    with pytest.raises(SymbolonError, match="remove it first"):
        systems.add(BORDER, request_of(BORDER, key), NOW, recorded)
    systems.remove(BORDER, recorded)
    assert systems.entries() == []


def test_each_root_names_its_own_kind_and_no_other(clients: NodeClients, tmp_path: Path, federation: Authority) -> None:
    own = load_authority(tmp_path / "systems")
    coordinator = Party("coordinator", "HUB")
    for party in (AGENCY, coordinator):
        assert clients.caller_of(signed(federation, party)) == party
        with pytest.raises(IdentityError):
            clients.caller_of(signed(own, party))
    assert clients.caller_of(signed(own, BORDER)) == BORDER
    with pytest.raises(IdentityError):
        clients.caller_of(signed(federation, BORDER))
    impostor = certificates.create_authority("Systems of FR-DNMS", NOW)  # of the same name, by another key
    with pytest.raises(IdentityError):
        clients.caller_of(signed(impostor, BORDER))


def test_a_connection_without_a_certificate_names_nobody(clients: NodeClients, federation: Authority) -> None:
    call = signed(federation, AGENCY)
    call.auth_context()["x509_pem_cert"] = []
    with pytest.raises(IdentityError):
        clients.caller_of(call)


async def test_a_party_is_the_policy_s_and_a_system_is_looked_up_at_each_call(
    clients: NodeClients, systems: Systems, federation: Authority
) -> None:
    await clients.check(AGENCY, signed(federation, AGENCY))
    call: Any = Shown(systems.add(BORDER, request_of(BORDER), NOW, Recorded()))
    await clients.check(BORDER, call)
    systems.remove(BORDER, Recorded())
    with pytest.raises(SymbolonError) as refused:
        await clients.check(BORDER, call)
    assert (refused.value.code, refused.value.detail) == (ErrorCode.NOT_PERMITTED, "")


def test_a_damaged_root_stops_the_start_with_its_name(systems: Systems, tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_bytes(b"nothing")
    with pytest.raises(SymbolonError, match=r"authority\.pem"):
        NodeClients(tmp_path / "authority.pem", systems)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


async def test_calls_are_entered_once_a_minute_for_each_system_and_officer_and_the_node_s_own_not_at_all(
    clients: NodeClients, tmp_path: Path, federation: Authority, ledger: Ledger
) -> None:
    calls, own = SystemCalls(clients, ledger), load_authority(tmp_path / "systems")
    border, customs = signed(own, BORDER), signed(own, CUSTOMS)
    async with calls.counting():
        for _ in range(5):
            await calls.note(border, "a.martin")
        await calls.note(border, "b.moreau")
        await calls.note(customs, "a.martin")
        await calls.note(customs, "")
        await calls.note(signed(federation, AGENCY), "a.martin")
    told = [
        (entry.event.system, entry.event.calls, {one.name: one.value for one in ledger.openings(entry.number)})
        for entry in ledger.entries()
        if isinstance(entry.event, SystemCalled)
    ]
    assert told == [
        (BORDER.uri, 1, {"user": "a.martin"}),
        (BORDER.uri, 1, {"user": "b.moreau"}),
        (CUSTOMS.uri, 1, {"user": "a.martin"}),
        (CUSTOMS.uri, 1, {}),
        (BORDER.uri, 4, {"user": "a.martin"}),
    ]


def test_the_operator_sees_each_system_with_its_end_and_whose_end_is_near(tmp_path: Path) -> None:
    home = settled(tmp_path)
    create_authority(tmp_path / "federation", "Federation", NOW)
    prepare_party(home.folder, home.party)
    certify_party(home.folder, home.party, tmp_path / "federation", NOW)
    home.systems.add(BORDER, request_of(BORDER), NOW, Recorded())
    home.systems.add(CUSTOMS, request_of(CUSTOMS), NOW - timedelta(days=380), Recorded())
    state = wire.ShowNodeResponse(certificates=premises.certificates(home, NOW))
    shown = [(one.name, one.subject, one.days_left) for one in state.certificates if one.name == "system"]
    assert shown == [("system", BORDER.uri, 397), ("system", CUSTOMS.uri, 17)]
    assert "systems_authority" in [one.name for one in state.certificates]
    said = [one for one in troubles(state, []) if "certificate" in one.what]
    assert [one.what for one in said] == [f"The certificate of {CUSTOMS.uri} ends in 17 days."]
    assert "symbolon node system add" in said[0].way_out
