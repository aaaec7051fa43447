"""The one channel builder: mutual TLS to an *identity*, wherever its address points.

Every call must carry a timeout; the servers refuse calls without one. `answered` awaits a unary call and turns whatever
comes of it into a message or an error of the catalogue.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc

from symbolon.rpc.errors import ErrorCode, SymbolonError, from_rpc_error
from symbolon.rpc.identity import Party

Message = TypeVar("Message")

MESSAGE_LIMIT = 4 * 1024 * 1024
"""Bytes of one message at most, whoever receives it: the 64 envelopes of one query take 3 MiB in the largest class."""

ENVELOPE_LIMIT = 80 * 1024
"""Bytes of a message with one envelope (46 KiB in the largest class), and of anything smaller that a node is asked."""

ELEMENTS_LIMIT = 600 * 1024
"""Bytes of a message with blinded elements: 16,384 of them take 512 KiB."""

REPLY_LIMIT = 16 * 1024
"""Bytes of a message with one sealed reply (5,325)."""

CHANNEL_OPTIONS: tuple[tuple[str, int | str], ...] = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.enable_http_proxy", 0),
)


@dataclass(frozen=True)
class TlsFiles:
    """The three PEM files of a party: federation authority, own certificate, own key."""

    authority: Path
    certificate: Path
    key: Path

    @classmethod
    def inside(cls, folder: Path) -> TlsFiles:
        """Name the files of a party's ``tls`` folder."""
        return cls(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")


def open_channel(address: str, party: Party, tls: TlsFiles, *, message_limit: int = MESSAGE_LIMIT) -> grpc.aio.Channel:
    """Open a channel to ``party`` at ``address`` (host:port); another party answering there fails the handshake.

    An answer of more bytes than ``message_limit`` fails the call.
    """
    credentials = grpc.ssl_channel_credentials(
        root_certificates=tls.authority.read_bytes(),
        private_key=tls.key.read_bytes(),
        certificate_chain=tls.certificate.read_bytes(),
    )
    limit = ("grpc.max_receive_message_length", message_limit)
    options = [*CHANNEL_OPTIONS, limit, ("grpc.ssl_target_name_override", party.dns_name)]
    # With the scheme named, no address a member gives of itself is read as another kind of target (unix:..., xds:...).
    return grpc.aio.secure_channel(f"dns:///{address}", credentials, options=options)


async def answered(call: Awaitable[Message], who: str = "") -> Message:
    """Await a unary call and give its message; raise `SymbolonError` for a refusal, a failed call, or no message.

    ``who`` names the called party, by URI and address, in an error that says nothing more. gRPC gives None, against its
    types, for an answer that is not a message of the agreed form.
    """
    try:
        message: Message | None = await call
    except grpc.RpcError as error:
        failure = from_rpc_error(error)
        raise SymbolonError(failure.code, failure.detail or who) from None
    if message is None:
        raise SymbolonError(ErrorCode.MALFORMED, "the answer is not of the agreed form")
    return message
