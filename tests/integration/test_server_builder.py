"""The one server builder, over real mutual TLS on loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local import free_port
from symbolon.rpc import certificates
from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import load_authority, prepare_party, write_whole
from symbolon.rpc.identity import Party
from symbolon.rpc.server import LONGEST_DEADLINE, Policy, Service
from symbolon.v1 import custodian_pb2, relay_pb2
from symbolon.v1.custodian_pb2_grpc import add_CustodianServicer_to_server
from symbolon.v1.relay_pb2_grpc import RelayServicer, RelayStub, add_RelayServicer_to_server
from tests.integration.federation import DevelopmentAuthority, channel_to, refusal, serving
from tests.integration.taught_server import LISTED, SERVER, UNLISTED, Taught, build, calling, evaluate


async def test_a_listed_party_is_answered_and_known_by_its_certificate(
    server_tls: TlsFiles, listed_tls: TlsFiles
) -> None:
    servicer = Taught()
    async with serving(build(server_tls, servicer)) as address, calling(address, listed_tls) as channel:
        assert await evaluate(channel, b"as is") == b"as is"
    assert servicer.callers == [LISTED]


async def test_a_caller_without_certificate_is_refused(server_tls: TlsFiles) -> None:
    servicer = Taught()
    credentials = grpc.ssl_channel_credentials(root_certificates=server_tls.authority.read_bytes())
    options = [("grpc.ssl_target_name_override", SERVER.dns_name)]
    async with (
        serving(build(server_tls, servicer)) as address,
        grpc.aio.secure_channel(address, credentials, options=options) as channel,
        refusal() as refused,
    ):
        await evaluate(channel)
    assert refused().code is ErrorCode.UNREACHABLE
    assert servicer.callers == []


async def test_a_caller_without_tls_is_refused(server_tls: TlsFiles) -> None:
    servicer = Taught()
    async with (
        serving(build(server_tls, servicer)) as address,
        grpc.aio.insecure_channel(address) as channel,
        refusal() as refused,
    ):
        await evaluate(channel)
    assert refused().code is ErrorCode.UNREACHABLE
    assert servicer.callers == []


async def test_a_certificate_of_another_authority_is_refused(
    server_tls: TlsFiles, other_authority: DevelopmentAuthority, homes: Path
) -> None:
    servicer = Taught()
    foreign = replace(other_authority.certify(homes / "foreign", LISTED), authority=server_tls.authority)
    async with (
        serving(build(server_tls, servicer)) as address,
        calling(address, foreign) as channel,
        refusal() as refused,
    ):
        await evaluate(channel)
    assert refused().code is ErrorCode.UNREACHABLE
    assert servicer.callers == []


async def test_an_expired_certificate_is_refused(
    server_tls: TlsFiles, authority: DevelopmentAuthority, homes: Path
) -> None:
    servicer = Taught()
    request = prepare_party(homes / "late", LISTED)
    long_ago = datetime.now(UTC) - certificates.CERTIFICATE_LIFETIME - timedelta(days=1)
    issued = certificates.issue(load_authority(authority.folder), request.read_bytes(), LISTED, long_ago)
    write_whole(homes / "late" / "tls" / "certificate.pem", issued)
    expired = replace(TlsFiles.inside(homes / "late" / "tls"), authority=server_tls.authority)
    async with (
        serving(build(server_tls, servicer)) as address,
        calling(address, expired) as channel,
        refusal() as refused,
    ):
        await evaluate(channel)
    assert refused().code is ErrorCode.UNREACHABLE
    assert servicer.callers == []


async def test_an_unlisted_party_is_refused_without_telling_why(
    server_tls: TlsFiles, authority: DevelopmentAuthority, homes: Path
) -> None:
    servicer = Taught()
    unlisted = authority.certify(homes / "unlisted", UNLISTED)
    async with (
        serving(build(server_tls, servicer)) as address,
        calling(address, unlisted) as channel,
        refusal() as refused,
    ):
        await evaluate(channel)
    assert (refused().code, refused().detail) == (ErrorCode.NOT_PERMITTED, "")
    assert servicer.callers == []


@pytest.mark.parametrize("uris", [[], [LISTED.uri, UNLISTED.uri], ["symbolon://agency/fr-dnms"]])
async def test_a_certificate_that_does_not_name_one_party_is_refused_in_the_same_words(
    server_tls: TlsFiles, authority: DevelopmentAuthority, homes: Path, uris: list[str]
) -> None:
    servicer = Taught()
    odd = certify_uris(authority, homes / "odd", uris)
    async with (
        serving(build(server_tls, servicer)) as address,
        calling(address, odd) as channel,
        refusal() as refused,
    ):
        await evaluate(channel)
    assert (refused().code, refused().detail) == (ErrorCode.NOT_PERMITTED, "")
    assert servicer.callers == []


def certify_uris(authority: DevelopmentAuthority, home: Path, uris: list[str]) -> TlsFiles:
    """Make a certificate that the product's own issuing would refuse."""
    issuer = load_authority(authority.folder)
    key, now = certificates.create_key(), datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri) for uri in uris]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([*names, x509.DNSName("odd.example")]), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    files = TlsFiles.inside(home / "tls")
    write_whole(files.key, certificates.key_pem(key), secret=True)
    write_whole(files.certificate, certificates.certificate_pem(certificate))
    write_whole(files.authority, certificates.certificate_pem(issuer.certificate))
    return files


@pytest.mark.parametrize("seconds", [None, LONGEST_DEADLINE * 2])
async def test_a_call_without_a_near_deadline_is_refused(
    server_tls: TlsFiles, listed_tls: TlsFiles, seconds: float | None
) -> None:
    servicer = Taught()
    async with (
        serving(build(server_tls, servicer)) as address,
        calling(address, listed_tls) as channel,
        refusal() as refused,
    ):
        await evaluate(channel, seconds=seconds)
    assert refused().code is ErrorCode.DEADLINE_REQUIRED
    assert servicer.callers == []


async def test_an_oversized_message_is_refused_before_it_is_read(server_tls: TlsFiles, listed_tls: TlsFiles) -> None:
    servicer = Taught()
    service = build(server_tls, servicer, message_limit=10_000)
    async with serving(service) as address, calling(address, listed_tls) as channel:
        async with refusal() as refused:
            await evaluate(channel, bytes(20_000))
        assert refused().code is ErrorCode.MALFORMED
        assert servicer.callers == []
        assert await evaluate(channel, bytes(9_000)) == bytes(9_000)


async def test_the_text_of_an_internal_error_does_not_leave(
    server_tls: TlsFiles, listed_tls: TlsFiles, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(request: Any, context: Any) -> custodian_pb2.EvaluateResponse:
        raise RuntimeError("Ivan Invented, born 1980")

    caplog.set_level(logging.DEBUG, "symbolon")
    async with serving(build(server_tls, Taught(fail))) as address, calling(address, listed_tls) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await evaluate(channel)
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "Invented" not in repr(caught.value) + str(caught.value.trailing_metadata())
    assert "Invented" not in caplog.text
    assert "RuntimeError at test_server_builder.py:" in caplog.text


async def test_an_error_of_the_catalogue_arrives_with_its_detail(server_tls: TlsFiles, listed_tls: TlsFiles) -> None:
    async def refuse(request: Any, context: Any) -> custodian_pb2.EvaluateResponse:
        raise SymbolonError(ErrorCode.EPOCH_MISMATCH, "the live epoch is e2")

    async with (
        serving(build(server_tls, Taught(refuse))) as address,
        calling(address, listed_tls) as channel,
        refusal() as refused,
    ):
        await evaluate(channel)
    assert (refused().code, refused().detail) == (ErrorCode.EPOCH_MISMATCH, "the live epoch is e2")


async def test_draining_lets_a_call_under_way_finish_and_takes_no_new_one(
    server_tls: TlsFiles, listed_tls: TlsFiles
) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def wait(request: Any, context: Any) -> custodian_pb2.EvaluateResponse:
        begun.set()
        await may_end.wait()
        return custodian_pb2.EvaluateResponse(evaluated=b"finished")

    service = build(server_tls, Taught(wait))
    async with serving(service) as address, calling(address, listed_tls) as channel:
        under_way = asyncio.create_task(evaluate(channel))
        await begun.wait()
        stopping = asyncio.create_task(service.stop())
        await asyncio.sleep(0.2)
        async with calling(address, listed_tls) as late, refusal() as refused:
            await evaluate(late)
        may_end.set()
        assert await under_way == b"finished"
        await stopping
    assert refused().code is ErrorCode.UNREACHABLE


async def test_a_method_without_a_rule_stops_the_start(server_tls: TlsFiles) -> None:
    policy = Policy({"/symbolon.v1.Custodian/DescribeKey": lambda party: True})
    with pytest.raises(ValueError, match="Custodian/Evaluate"):
        Service(server_tls, policy, [lambda server: add_CustodianServicer_to_server(Taught(), server)])


async def test_another_party_at_the_address_is_refused(
    authority: DevelopmentAuthority, listed_tls: TlsFiles, homes: Path
) -> None:
    servicer = Taught()
    impostor = authority.certify(homes / "impostor", Party("custodian", "SECOND"))
    async with (
        serving(build(impostor, servicer)) as address,
        calling(address, listed_tls) as channel,
        refusal() as refused,
    ):
        await evaluate(channel)
    assert refused().code is ErrorCode.UNREACHABLE
    assert servicer.callers == []


async def test_an_address_in_use_is_said_clearly(server_tls: TlsFiles) -> None:
    async with serving(build(server_tls, Taught())) as address:
        second = build(server_tls, Taught())
        with pytest.raises(SymbolonError, match="cannot listen at"):
            await second.start(address)
        await second.stop()


@pytest.mark.parametrize("steps", range(8))
async def test_a_server_that_is_cancelled_while_it_starts_is_closed(server_tls: TlsFiles, steps: int) -> None:
    port = free_port()
    serve = asyncio.create_task(build(server_tls, Taught()).serve(f"127.0.0.1:{port}", lambda _: None))
    for _ in range(steps):
        await asyncio.sleep(0)
    serve.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serve
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_health_is_told_to_certified_parties_only(server_tls: TlsFiles, listed_tls: TlsFiles) -> None:
    credentials = grpc.ssl_channel_credentials(root_certificates=server_tls.authority.read_bytes())
    options = [("grpc.ssl_target_name_override", SERVER.dns_name)]
    request = health_pb2.HealthCheckRequest()
    async with serving(build(server_tls, Taught())) as address:
        async with channel_to(address, SERVER, listed_tls) as channel:
            answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        async with grpc.aio.secure_channel(address, credentials, options=options) as channel, refusal() as refused:
            await health_pb2_grpc.HealthStub(channel).Check(request, timeout=5)
        assert refused().code is ErrorCode.UNREACHABLE


class Streaming(RelayServicer):
    """Streams for ever, and notices when it is ended."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def Deliver(self, request: Any, context: Any) -> AsyncIterator[relay_pb2.DeliverResponse]:  # noqa: N802
        try:
            while True:
                yield relay_pb2.DeliverResponse(recipient="one")
                await asyncio.sleep(0.01)
        finally:
            self.ended.set()


async def test_a_stream_ends_when_its_caller_goes_away(server_tls: TlsFiles, listed_tls: TlsFiles) -> None:
    servicer = Streaming()
    policy = Policy({"/symbolon.v1.Relay/Deliver": lambda party: True})
    service = Service(server_tls, policy, [lambda server: add_RelayServicer_to_server(servicer, server)])
    async with serving(service) as address, channel_to(address, SERVER, listed_tls) as channel:
        call = RelayStub(channel).Deliver(relay_pb2.DeliverRequest(), timeout=30)
        await call.read()
        call.cancel()
        await asyncio.wait_for(servicer.ended.wait(), 5)
