"""Start a party with the command line as it ships, and keep every message it receives or sends.

``python -m tests.integration.recording_party FILE coordinator serve ...``; `recording` gives this as a launcher of
`deploy.local.LocalFederation`. What is kept is what the party itself holds after TLS: the bytes of each gRPC message,
as server and as client. It is written outside the party's home, so that the home stays what the product left there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import grpc

WORDS_KEPT = "words kept"
"""What stands for the method in the last line of a recording."""

Coder = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a party had it: ``direction`` is *in* or *out*, ``seconds`` its own monotonic clock."""

    direction: str
    method: str
    seconds: float
    data: bytes


def recording(file: Path) -> list[str]:
    """Give the launcher that records into a file."""
    return [sys.executable, "-m", __name__, str(file)]


def read_messages(file: Path) -> list[Message]:
    """Read what was recorded so far, in order."""
    lines = file.read_text().splitlines()
    rows = (json.loads(line) for line in lines)
    return [Message(row["direction"], row["method"], row["seconds"], bytes.fromhex(row["data"])) for row in rows]


class Recorder:
    """Wraps the coders of every method that is served or called."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def install(self) -> None:
        """Record from now on; before any server or channel is made."""
        make_generic: Callable[..., Any] = grpc.method_handlers_generic_handler
        open_channel: Callable[..., Any] = grpc.aio.secure_channel

        def handlers_recorded(service: str, handlers: dict[str, Any]) -> Any:
            # The generated code registers this very dictionary a second time.
            handlers.update({name: self._served(f"{service}/{name}", one) for name, one in handlers.items()})
            return make_generic(service, handlers)

        def channel_recorded(*arguments: Any, **options: Any) -> Any:
            channel = open_channel(*arguments, **options)
            for kind in ("unary_unary", "unary_stream"):
                setattr(channel, kind, self._called(getattr(channel, kind)))
            return channel

        vars(grpc)["method_handlers_generic_handler"] = handlers_recorded
        vars(grpc.aio)["secure_channel"] = channel_recorded

    def _served(self, method: str, handler: Any) -> Any:
        return handler._replace(
            request_deserializer=self._decoder(method, handler.request_deserializer),
            response_serializer=self._encoder(method, handler.response_serializer),
        )

    def _called(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: str, request_serializer: Coder, response_deserializer: Coder, **options: Any) -> Any:
            method = path.removeprefix("/")
            encoder, decoder = self._encoder(method, request_serializer), self._decoder(method, response_deserializer)
            return make(path, request_serializer=encoder, response_deserializer=decoder, **options)

        return call

    def _decoder(self, method: str, decode: Coder) -> Coder:
        def decoding(data: bytes) -> Any:
            self._keep("in", method, data)
            return decode(data)

        return decoding

    def _encoder(self, method: str, encode: Coder) -> Coder:
        def encoding(message: Any) -> bytes:
            data: bytes = encode(message)
            self._keep("out", method, data)
            return data

        return encoding

    def _keep(self, direction: str, method: str, data: bytes) -> None:
        row = {"direction": direction, "method": method, "seconds": time.monotonic(), "data": data.hex()}
        self._out.write(json.dumps(row) + "\n")
        self._out.flush()


def main() -> None:
    """Record into the file named first; the rest of the command line is the product's."""
    with Path(sys.argv.pop(1)).open("a") as out:
        Recorder(out).install()
        from cli.main import main as symbolon  # noqa: PLC0415  # after the recorder

        try:
            symbolon()
        finally:
            _keep_words(out)


def _keep_words(out: TextIO) -> None:
    """Write how many words of names the process still remembers at its end."""
    from matching.forgetting import WORD_CACHES  # noqa: PLC0415  # after the recorder

    words = sum(remembered.cache_info().currsize for remembered in WORD_CACHES)
    row = {"direction": "end", "method": WORDS_KEPT, "seconds": 0.0, "data": str(words).encode().hex()}
    out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
