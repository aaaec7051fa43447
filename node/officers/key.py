"""The key by which an officer proves at the desk who is asking: 32 random bytes, in a file of the officer's own.

The file is one line, ``symbolon-officer-key NAME KEY`` with the key in hexadecimal, and readable by its owner only. It
is written once and never over another file. A call to the desk carries name and key as metadata inside the TLS channel
to the agency's own node, so neither stands in a message, an argument or a variable of the environment.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import read_secret

NAME_ENTRY = "symbolon-officer"
KEY_ENTRY = "symbolon-officer-key-bin"
KEY_BYTES = 32

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)  # agreements.clauses.OfficerName; a test compares
_LINE = re.compile(rf"symbolon-officer-key ({_NAME.pattern}) ([0-9a-f]{{{2 * KEY_BYTES}}})\n?", re.ASCII)


@dataclass(frozen=True, slots=True)
class OfficerKey:
    """An officer's name and key; the key is in no representation of it."""

    name: str
    key: bytes = field(repr=False)

    @classmethod
    def draw(cls, name: str) -> OfficerKey:
        """Draw a new key; raise `SymbolonError` when the name is none."""
        check_name(name)
        return cls(name, secrets.token_bytes(KEY_BYTES))

    @property
    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Give what a call to the desk carries."""
        return ((NAME_ENTRY, self.name), (KEY_ENTRY, self.key))


def check_name(name: str) -> None:
    """Raise `SymbolonError` (`INVALID_INPUT`) unless this may be an officer's name."""
    if _NAME.fullmatch(name) is None:
        detail = "NAME: expected 1 to 64 of a-z, 0-9, dot, hyphen and underscore, a letter or digit first: a.martin"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)


def write_key(path: Path, key: OfficerKey) -> None:
    """Write a key to a new file of mode 0600; raise `SymbolonError` (`INVALID_INPUT`) where there is one already."""
    line = f"symbolon-officer-key {key.name} {key.key.hex()}\n".encode()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # or the file's name could be lost with the power after the officer was entered
        finally:
            os.close(folder)
    except FileExistsError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--key-file: {path} exists: name a new file") from None
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--key-file: {path}: {error.strerror}") from None


def load_key(path: Path | None) -> OfficerKey:
    """Read a key; raise `SymbolonError` (`INVALID_INPUT`) when none is named, or the file is no key or not private."""
    if path is None:
        detail = (
            "--officer-key: name the file of your key, or set SYMBOLON_OFFICER_KEY; the node's operator makes one with"
            " symbolon node officer add"
        )
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    try:
        content = read_secret(path)
    except SymbolonError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--officer-key: {error.detail}") from None
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--officer-key: {path}: {error.strerror}") from None
    matched = _LINE.fullmatch(content.decode("ascii", "replace"))
    if matched is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--officer-key: {path} holds no officer's key")
    return OfficerKey(matched[1], bytes.fromhex(matched[2]))


def presents_key(context: grpc.aio.ServicerContext[Any, Any]) -> bool:
    """Say whether a call carries a name or a key of an officer, of whatever form."""
    return any(key in (NAME_ENTRY, KEY_ENTRY) for key, _ in context.invocation_metadata() or ())


def presented_key(context: grpc.aio.ServicerContext[Any, Any]) -> OfficerKey | None:
    """Give name and key as the caller presents them, or None unless each is there once and of its form."""
    entries = context.invocation_metadata() or ()
    names = [value for key, value in entries if key == NAME_ENTRY]
    keys = [value for key, value in entries if key == KEY_ENTRY]
    if len(names) != 1 or len(keys) != 1 or not isinstance(names[0], str) or not isinstance(keys[0], bytes):
        return None
    if _NAME.fullmatch(names[0]) is None or len(keys[0]) != KEY_BYTES:
        return None
    return OfficerKey(names[0], keys[0])
